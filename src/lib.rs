//! x
#![no_std]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod close;
mod config;
mod connection;
mod error;
pub mod frame;
mod input;
pub mod mask;
mod message;
pub mod utf8;

pub use close::CloseCode;
pub use config::Config;
pub use connection::{Connection, Event, Outcome, Prepared, Receiver, Reply, Role, Sender, State, Transport};
pub use error::{SendError, Violation};
pub use input::Input;
pub use message::{Chunk, Kind, Message, MessageBuf};

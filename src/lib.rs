//! The WebSocket protocol (RFC 6455) without IO: bytes in, events out, bytes out.
//!
//! `sansws` is for WebSocket what `rustls` is for TLS. Sockets, threads, timers and runtimes stay with
//! whoever links it; the core is a state machine that any of them can drive.
//!
//! ```text
//! socket -> your &mut [u8] -> Input -> Connection::receive_message -> Event<Message>
//!                                          \-- replies --> your Vec<u8> -> socket
//! Message / ping / close -> Connection::send ------------> your Vec<u8> -> socket
//! ```
//!
//! # Doctrine
//!
//! 1. **You own both buffers.** The core holds no read buffer and no write queue.
//! 2. **Every input byte is consumed.** When a receive function returns `None`, the input is empty: there is
//!    nothing to keep, to move or to hand in again.
//! 3. **The peer's mistakes are events; your mistakes are errors.** A violation appends the right Close frame
//!    to the output and yields [`Event::Failed`]; from then on input is swallowed. [`SendError`] is only for
//!    misuse, or for a connection that is closed already.
//! 4. **Whatever must be sent is appended to the output by the call that caused it**: Pongs, answers to a
//!    Close, the Close of a failure. Write the output after each turn and nothing can be forgotten.
//! 5. **Time and randomness are arguments.** There is no clock and no global generator in the core.
//!
//! # The loop
//!
//! This is an echo server over any blocking socket, after its handshake. The [README] has the same for event loops,
//! step by step.
//!
//! ```
//! # use sansws::*;
//! # use std::io::{Read, Write};
//! # fn serve(socket: &mut std::net::TcpStream, mut conn: Connection) -> std::io::Result<Option<Outcome>> {
//! let (mut buf, mut store, mut out) = (vec![0; 16 * 1024], MessageBuf::new(), Vec::new());
//! let mut is_shut = false;
//! while conn.transport() != Transport::Close {
//!     let n = socket.read(&mut buf)?;
//!     let mut input = Input::new(&mut buf[..n]);
//!     while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
//!         if let Event::Data(message) = event {
//!             // The event borrows buf or store, never conn. An error says that we have closed: read on.
//!             let _ = conn.send(message, &mut out);
//!         }
//!     }
//!     while !out.is_empty() {
//!         socket.write_all(&out)?;
//!         out.clear();
//!         conn.resume(&mut out);
//!     }
//!     if n == 0 {
//!         conn.receive_eof(&out);
//!     }
//!     if conn.transport() == Transport::HalfClose && !is_shut {
//!         socket.shutdown(std::net::Shutdown::Write)?;
//!         is_shut = true;
//!     }
//! }
//! Ok(conn.outcome())
//! # }
//! ```
//!
//! [README]: https://docs.rs/crate/sansws/latest
//!
//! # Where to look
//!
//! [`Connection`] is the core. [`handshake`] makes one out of HTTP, on both sides. [`timer`] has keepalive and
//! deadlines over your clock. `stream` is all of it over a blocking socket. [`frame`], [`mask`], [`utf8`] and
//! [`close`] are the layers below, each usable alone.
//!
//! # Features
//!
//! - `std` (default): the `stream` module and `entropy`. Without it the crate needs `alloc` only.
//! - `simdutf8`: validates text with SIMD instructions.
//! - `deflate`: compression, for connections that agree to it. Needs `std`.

#![no_std]
#![deny(missing_docs, unsafe_code)]
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod close;
mod config;
mod connection;
#[cfg(feature = "deflate")]
pub mod deflate;
mod error;
pub mod frame;
pub mod handshake;
mod input;
pub mod mask;
mod message;
#[cfg(feature = "std")]
pub mod stream;
pub mod timer;
pub mod utf8;

pub use close::CloseCode;
pub use config::Config;
pub use connection::{Connection, Event, Outcome, Prepared, Receiver, Reply, Role, Sender, State, Transport};
pub use error::{SendError, Violation};
pub use input::Input;
pub use message::{Chunk, Kind, Message, MessageBuf};

/// Random bytes from the operating system: the 16 of a handshake's nonce, the 32 of a client's seed.
///
/// # Errors
///
/// The operating system has none, which must end the attempt to connect (RFC 6455 10.3).
///
/// ```
/// let seed: [u8; 32] = sansws::entropy()?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[cfg(feature = "std")]
pub fn entropy<const N: usize>() -> std::io::Result<[u8; N]> {
    use rand::TryRng as _;

    let mut bytes = [0; N];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).map_err(std::io::Error::other)?;
    Ok(bytes)
}

/// The code in the README is compiled, too.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;

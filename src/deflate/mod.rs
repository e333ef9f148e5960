//! Compression: permessage-deflate (RFC 7692), with the feature `deflate`.
//!
//! A connection compresses if both sides agree to it in the handshake:
//! [`Accept::deflate`](crate::handshake::server::Accept::deflate) in a server,
//! [`Request::deflate`](crate::handshake::client::Request::deflate) in a client. Compressed messages are received like
//! any others; [`send_compressed`](crate::Connection::send_compressed) sends them, and
//! [`send`](crate::Connection::send) sends a message as it is, at any time.
//!
//! ```
//! use sansws::deflate::{Config as Deflate, Deflater};
//! use sansws::handshake::{client, server};
//! use sansws::{Config, Event, Input, Message, MessageBuf};
//!
//! let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
//! let request = client::Request::new("ws://example.com/".parse()?).deflate(Deflate::new());
//! let mut handshake = client::Handshake::start(&request, [1; 16], &mut to_server)?;
//! let request =
//!     server::Handshake::new().receive(&mut Input::new(&mut to_server), &mut to_client).expect("all of it")?;
//! let accept = server::Accept::new().deflate(Deflate::new());
//! let mut server = request.accept(&accept, Config::new(), &mut to_client)?;
//! let response = handshake.receive(&mut Input::new(&mut to_client)).expect("all of it")?;
//! let mut client = response.finish(Config::new(), [2; 32])?;
//! assert!(server.deflate().is_some() && client.deflate() == server.deflate());
//!
//! // A deflater and a message buffer are enough for a whole thread.
//! let (mut deflater, mut store, mut out) = (Deflater::new(), MessageBuf::new(), Vec::new());
//! let text = "the same again and again, ".repeat(100);
//! client.send_compressed(&text, &mut deflater, &mut out)?;
//! assert!(out.len() < 100);
//! let event = server.receive_message(&mut Input::new(&mut out), &mut store, &mut to_client);
//! assert_eq!(event, Some(Event::Data(Message::Text(&text))));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Memory
//!
//! The engines are large, and yours: a [`Deflater`] for sending, and in a [`MessageBuf`](crate::MessageBuf) what it
//! decompresses with. Both serve any number of connections, one after the other, so a thread needs one of each; a
//! `MessageBuf` only stays with a connection while a message is unfinished there.
//!
//! | | bytes |
//! |---|---|
//! | a connection that agreed to compression and has not used it | 0 |
//! | without context takeover, between messages | 0 |
//! | with context takeover, for each direction that was used | 2^bits at most, 32 KiB for 15 bits |
//! | a `MessageBuf`, from the first compressed message on | 48 KiB more |
//! | a `Deflater`, for each size of window in use | 372 KiB at 15 bits, 246 KiB at 9; at memory level 1 261 and 135 |
//!
//! With context takeover an engine that served another connection in between is loaded with up to 32 KiB again: for a
//! `MessageBuf` that takes about a microsecond, for a `Deflater` some tens. Give busy connections their own.
//!
//! # Limits
//!
//! [`max_message`](crate::Config::max_message) counts decompressed bytes, and holds while they come: no message takes
//! more memory than a plain one, however small it was on its way.

mod compress;
mod config;
mod direction;
mod history;
mod inbound;
mod inflate;
mod inflater;
mod outbound;
mod params;

pub use compress::Deflater;
pub use config::Config;
pub use inflater::Inflater;
pub use params::Agreed;

pub(crate) use history::History;
pub(crate) use inbound::Inbound;
pub(crate) use inflate::Unpacker;
pub(crate) use outbound::Outbound;
pub(crate) use params::{Side, is_deflate};

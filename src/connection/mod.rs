//! A connection after its handshake: both directions, the closing handshake and how it all ended.

mod prepared;
mod receive;
mod reply;
mod send;
mod whole;

use alloc::vec::Vec;

pub use prepared::Prepared;
pub use receive::Receiver;
pub use reply::Reply;
pub use send::Sender;

use crate::close::CloseCode;
use crate::config::Config;
#[cfg(feature = "deflate")]
use crate::deflate::{Agreed, Deflater, Inflater};
use crate::error::{SendError, Violation};
use crate::frame::FrameHeader;
use crate::input::Input;
use crate::message::{Chunk, Kind, Message, MessageBuf};
use crate::utf8::Validator;

/// Which end of the connection this is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Receives masked frames, sends them plain and closes TCP first.
    Server,
    /// Masks what it sends. The 32 bytes seed its generator of masking keys: take them from the operating
    /// system, anew for each connection, or an attacker may guess the keys (RFC 6455 5.3, 10.3).
    Client([u8; 32]),
}

impl core::fmt::Debug for Role {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // The seed is a secret.
        f.write_str(if *self == Self::Server { "Server" } else { "Client" })
    }
}

/// What was received. `D` is a [`Chunk`] or a [`Message`], and borrows the read buffer or the message
/// buffer, never the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Event<D> {
    /// Data of a message.
    Data(D),
    /// A Ping; its payload is in [`Connection::control_payload`]. The Pong has been appended to the output,
    /// unless [`Config::auto_pong`] is off, the output is over its limit or a Close was sent.
    Ping,
    /// A Pong; its payload is in [`Connection::control_payload`].
    Pong,
    /// The peer's Close: the last event. The reason is in [`Connection::close_reason`]. The answer has been
    /// appended to the output, unless [`Config::auto_close`] is off or this side closed first.
    Close(Option<CloseCode>),
    /// The peer broke a rule: the last event. The Close that says so has been appended to the output, unless one
    /// was sent before.
    Failed(Violation),
}

/// How far a connection is; the numbers are those of the browser's `readyState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// Messages go both ways.
    Open = 1,
    /// A Close was sent or received, or the connection failed.
    Closing = 2,
    /// The transport has ended; [`Connection::outcome`] tells how.
    Closed = 3,
}

/// What to do with the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Transport {
    /// Keep it open both ways.
    Open,
    /// Once the output has been written, shut down writing, once; go on reading into `receive` until EOF or the close deadline, then close.
    ///
    /// Closing at once, with input unread, resets the connection and may destroy the Close on its way. Shutting
    /// down again in every turn makes some event loops spin.
    HalfClose,
    /// Once the output has been written, read into `receive` until EOF: the server closes first (RFC 6455 7.1.1).
    AwaitEof,
    /// Write what the socket still takes and close it, though output may be left.
    Close,
}

/// How a connection ended (RFC 6455 7.1.4 to 7.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The code of the first Close received, 1005 if it had none, 1006 if no Close was received; its reason is
    /// in [`Connection::close_reason`]. What this side sent when it failed is [`Violation::close_code`].
    pub code: CloseCode,
    /// Both Closes were exchanged, the own one was written, and then the transport ended or was given up.
    pub was_clean: bool,
    /// Why this side failed the connection, if it did.
    pub violation: Option<Violation>,
}

/// A WebSocket connection, either role, from the end of the handshake to the end of the transport.
///
/// Bytes from the socket go into [`receive_message`](Self::receive_message) or [`receive`](Self::receive);
/// whatever has to be sent is appended to `out`, a queue of whole frames that the caller writes and empties.
///
/// ```
/// use sansws::{Config, Connection, Event, Input, Message, MessageBuf, Role, Transport};
///
/// let mut conn = Connection::new(Role::Server, Config::default());
/// let (mut store, mut out) = (MessageBuf::new(), Vec::new());
///
/// // What a client sent: "Hello", masked (RFC 6455 5.7).
/// let mut buf = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
/// let mut input = Input::new(&mut buf);
/// while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
///     if let Event::Data(message) = event {
///         conn.send(message, &mut out)?;
///     }
/// }
/// assert_eq!(out, b"\x81\x05Hello");
/// assert_eq!(conn.transport(), Transport::Open);
/// # Ok::<(), sansws::SendError>(())
/// ```
#[derive(Debug)]
pub struct Connection {
    receiver: Receiver,
    sender: Sender,
}

impl Connection {
    /// A connection whose handshake is done. The handshake types return one with what was agreed.
    pub fn new(role: Role, config: Config) -> Self {
        Self { receiver: Receiver::new(role, &config), sender: Sender::new(role, &config) }
    }

    /// Receives the next chunk of a message, or a control frame; `None` when all input has been taken.
    ///
    /// For messages that need not be held whole. Replies are appended to `out`.
    #[inline]
    pub fn receive<'b>(&mut self, input: &mut Input<'b>, out: &mut Vec<u8>) -> Option<Event<Chunk<'b>>> {
        self.listen();
        match self.receiver.whole(input) {
            Some(part) => match part.into_chunk(&mut Validator::new()) {
                Ok(chunk) => Some(Event::Data(chunk)),
                Err(violation) => Some(self.refuse(violation, input, out)),
            },
            None => Some(self.next_chunk(input, out)?),
        }
    }

    /// Receives the next whole message, or a control frame; `None` when all input has been taken.
    ///
    /// A message that lies whole in the input is lent from there; any other is put together in `store`,
    /// which has to be the same until the message is complete. Replies are appended to `out`.
    #[inline]
    pub fn receive_message<'b: 'm, 'm>(
        &mut self,
        input: &mut Input<'b>,
        store: &'m mut MessageBuf,
        out: &mut Vec<u8>,
    ) -> Option<Event<Message<'m>>> {
        self.listen();
        store.recycle();
        match self.receiver.whole(input) {
            Some(part) => match part.into_message() {
                Ok(message) => Some(Event::Data(message)),
                Err(violation) => Some(self.refuse(violation, input, out)),
            },
            // Taken apart and put together again: returned as it comes, every event would go through memory.
            None => Some(self.next_message(input, store, out)?),
        }
    }

    /// Where to read the rest of a large message, so that it need not be copied: straight behind what `store` has of it.
    ///
    /// Empty whenever the next bytes are not payload of an unfinished message in `store`: then read into a buffer of
    /// your own and call [`receive_message`](Self::receive_message). Otherwise read as much as you like and call
    /// [`fill`](Self::fill) before anything else. The space grows with what was received, from 4 KiB on.
    ///
    /// ```
    /// use sansws::{Config, Connection, Event, Input, Message, MessageBuf, Role};
    ///
    /// let mut conn = Connection::new(Role::Client([7; 32]), Config::default());
    /// let (mut store, mut out) = (MessageBuf::new(), Vec::new());
    /// let mut buf = *b"\x81\x05Hel"; // a first read, in which the message begins
    /// assert!(conn.receive_message(&mut Input::new(&mut buf), &mut store, &mut out).is_none());
    ///
    /// let space = conn.space(&mut store);
    /// assert_eq!(space.len(), 2);
    /// space.copy_from_slice(b"lo"); // socket.read(space)
    /// let event = conn.fill(2, &mut store, &mut out);
    /// assert_eq!(event, Some(Event::Data(Message::Text("Hello"))));
    /// ```
    pub fn space<'m>(&mut self, store: &'m mut MessageBuf) -> &'m mut [u8] {
        self.listen();
        self.receiver.space(store)
    }

    /// Receives the first `count` bytes of the [`space`](Self::space): the message, if that was the rest of it.
    ///
    /// A count beyond the space fails the connection with [`Violation::Internal`].
    pub fn fill<'m>(
        &mut self,
        count: usize,
        store: &'m mut MessageBuf,
        out: &mut Vec<u8>,
    ) -> Option<Event<Message<'m>>> {
        self.listen();
        let event = self.receiver.next_filled(count, store)?;
        self.respond(&event, out);
        Some(event)
    }

    /// Reports that the peer will send nothing more, or that the transport was lost.
    ///
    /// Try once to write the output first: if some is left `unwritten`, the Close in it has not reached the
    /// peer and the end is not clean. From here on [`state`](Self::state) is [`State::Closed`] and
    /// [`transport`](Self::transport) is [`Transport::Close`].
    pub fn receive_eof(&mut self, unwritten: &[u8]) {
        self.receiver.stop();
        self.sender.abort(unwritten);
    }

    /// Appends a message as one frame.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] after a Close was sent or the connection failed or ended;
    /// [`SendError::MessageOpen`] inside a fragmented message. Nothing was appended then.
    #[inline(always)]
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.sender.send(message, out)
    }

    /// Appends a fragment of a message; see [`Sender::send_fragment`].
    ///
    /// # Errors
    ///
    /// Those of [`Sender::send_fragment`].
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        payload: &[u8],
        last: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sender.send_fragment(kind, payload, last, out)
    }

    /// Appends a message that was framed once for many connections; see [`Prepared`].
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_prepared(&mut self, prepared: &Prepared, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.sender.send_prepared(prepared, out)
    }

    /// The header of the next frame of data; see [`Sender::header`].
    ///
    /// # Errors
    ///
    /// Those of [`Sender::header`].
    #[inline(always)]
    pub fn header(&mut self, kind: Kind, length: u64, last: bool) -> Result<FrameHeader, SendError> {
        self.sender.header(kind, length, last)
    }

    /// Appends a Ping with up to 125 bytes of payload (RFC 6455 5.5.2).
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], [`SendError::ControlTooLong`].
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.sender.ping(payload, out)
    }

    /// Appends a Pong that nobody asked for, with up to 125 bytes of payload (RFC 6455 5.5.3).
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], [`SendError::ControlTooLong`].
    pub fn pong(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.sender.pong(payload, out)
    }

    /// Answers the Ping just received, for [`Config::auto_pong`] switched off. Call it before more input is
    /// received; the limit on unwritten replies holds here too.
    pub fn answer_ping(&mut self, out: &mut Vec<u8>) {
        self.sender.answer_ping(self.receiver.control_payload(), out);
    }

    /// Starts or answers the closing handshake; see [`Sender::close`].
    ///
    /// # Errors
    ///
    /// Those of [`Sender::close`]. Nothing has changed then.
    pub fn close(
        &mut self,
        code: Option<CloseCode>,
        reason: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sender.close(code, reason, out)
    }

    /// Fails the connection as if the peer had broken a rule: the application's veto; see [`Sender::fail`].
    ///
    /// # Errors
    ///
    /// Those of [`Sender::fail`]. Nothing has changed then.
    pub fn fail(&mut self, code: CloseCode, reason: &str, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.sender.fail(code, reason, out)
    }

    /// Appends a Pong that was held back, if there is room now. Call it after a write that emptied `out`, and
    /// write again if it has appended something.
    pub fn resume(&mut self, out: &mut Vec<u8>) {
        self.sender.resume(out);
    }

    /// Appends a message as one frame, compressed if that was agreed to and is of use; see
    /// [`Sender::send_compressed`].
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    #[cfg(feature = "deflate")]
    pub fn send_compressed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
        deflater: &mut Deflater,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sender.send_compressed(message, deflater, out)
    }

    /// Appends a fragment of a message, compressed if that was agreed to; see [`Sender::send_fragment_compressed`].
    ///
    /// # Errors
    ///
    /// Those of [`Sender::send_fragment`].
    #[cfg(feature = "deflate")]
    pub fn send_fragment_compressed(
        &mut self,
        kind: Kind,
        payload: &[u8],
        last: bool,
        deflater: &mut Deflater,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        self.sender.send_fragment_compressed(kind, payload, last, deflater, out)
    }

    /// What was agreed on compression, if anything was.
    #[cfg(feature = "deflate")]
    pub fn deflate(&self) -> Option<Agreed> {
        let (peer, own) = (self.receiver.peer_side()?, self.sender.own_side()?);
        let (server, client) = if self.sender.is_client() { (peer, own) } else { (own, peer) };
        Some(Agreed::of(server, client))
    }

    /// Decompresses what [`receive`](Self::receive) hands out of compressed messages, under the limit of this
    /// connection on messages; `None` if no compression was agreed to. With context takeover one has to see all
    /// compressed messages of the connection, so do not use [`receive_message`](Self::receive_message) besides.
    #[cfg(feature = "deflate")]
    pub fn inflater(&self) -> Option<Inflater> {
        self.receiver.inflater()
    }

    /// Open, closing or closed.
    pub fn state(&self) -> State {
        self.sender.state()
    }

    /// What to do with the socket.
    pub fn transport(&self) -> Transport {
        self.sender.transport()
    }

    /// Why this side failed the connection, if it did; known before the transport ends.
    pub fn violation(&self) -> Option<Violation> {
        self.sender.violation()
    }

    /// How the connection ended; `None` before [`receive_eof`](Self::receive_eof) or an expired deadline.
    pub fn outcome(&self) -> Option<Outcome> {
        self.sender.outcome()
    }

    /// The payload of the last Ping or Pong, until more input is received; up to 125 bytes.
    pub fn control_payload(&self) -> &[u8] {
        self.receiver.control_payload()
    }

    /// The reason in the peer's Close; empty before it, or if there was none (RFC 6455 7.1.6).
    pub fn close_reason(&self) -> &str {
        self.receiver.close_reason()
    }

    /// The sending half, for [`Timers::poll`](crate::timer::Timers::poll).
    pub fn sender(&mut self) -> &mut Sender {
        &mut self.sender
    }

    /// Takes the connection apart for two tasks: the [`Receiver`] hands out [`Reply`] values that have to
    /// reach [`Sender::apply`].
    pub fn split(self) -> (Receiver, Sender) {
        (self.receiver, self.sender)
    }

    /// 7.1.7: after failing, no further input is processed.
    #[inline]
    fn listen(&mut self) {
        if self.sender.is_over() {
            self.receiver.stop();
        }
    }

    #[inline(never)]
    fn next_chunk<'b>(&mut self, input: &mut Input<'b>, out: &mut Vec<u8>) -> Option<Event<Chunk<'b>>> {
        let event = self.receiver.next_chunk(input)?;
        self.respond(&event, out);
        Some(event)
    }

    #[inline(never)]
    fn next_message<'b: 'm, 'm>(
        &mut self,
        input: &mut Input<'b>,
        store: &'m mut MessageBuf,
        out: &mut Vec<u8>,
    ) -> Option<Event<Message<'m>>> {
        let event = self.receiver.next_message(input, store)?;
        self.respond(&event, out);
        Some(event)
    }

    #[cold]
    fn refuse<D>(&mut self, violation: Violation, input: &mut Input<'_>, out: &mut Vec<u8>) -> Event<D> {
        let event = self.receiver.fail(violation, input);
        self.respond(&event, out);
        event
    }

    fn respond<D>(&mut self, event: &Event<D>, out: &mut Vec<u8>) {
        match event {
            Event::Data(_) | Event::Pong => {}
            Event::Ping => self.sender.ping_received(self.receiver.control_payload(), out),
            Event::Close(code) => self.sender.close_received(*code, out),
            Event::Failed(violation) => self.sender.fail_by(*violation, out),
        }
    }
}

//! The receiving half: frames into events.

mod direct;
mod frames;

#[cfg(feature = "deflate")]
use alloc::boxed::Box;

use super::reply::Reply;
use super::{Event, Role, whole};
use crate::close::MAX_CONTROL_PAYLOAD;
use crate::config::Config;
#[cfg(feature = "deflate")]
use crate::deflate::{History, Inbound, Inflater, Side};
use crate::error::Violation;
use crate::frame::Opcode;
use crate::input::Input;
use crate::mask::MaskingKey;
use crate::message::{Chunk, Kind, Message, MessageBuf, Part};
use crate::utf8::Validator;

/// The receiving half of a connection: from [`Connection::split`](super::Connection::split).
///
/// It cannot send, so it hands out what has to be sent as a [`Reply`] beside the event.
///
/// ```
/// use sansws::{Config, Connection, Event, Input, MessageBuf, Role};
///
/// let (mut receiver, mut sender) = Connection::new(Role::Server, Config::default()).split();
/// let mut buf = *b"\x89\x80\x01\x02\x03\x04"; // an empty Ping
/// let (mut input, mut store, mut out) = (Input::new(&mut buf), MessageBuf::new(), Vec::new());
/// while let Some((event, reply)) = receiver.receive_message(&mut input, &mut store) {
///     assert_eq!(event, Event::Ping);
///     if let Some(reply) = reply {
///         sender.apply(reply, &mut out); // in the task that sends
///     }
/// }
/// assert_eq!(out, b"\x8a\x00");
/// ```
#[derive(Debug)]
pub struct Receiver {
    max_frame: u64,
    max_message: u64,
    max_fragments: u32,
    masked: bool,
    /// Nothing more is processed: the peer's Close, a failure or EOF came.
    stopped: bool,
    /// A frame begins that nothing from before has a say in: a whole message may go the short way.
    at_rest: bool,

    /// The beginning of a header, or a control payload; never both.
    spill: [u8; MAX_CONTROL_PAYLOAD],
    header_len: u8,
    control_len: u8,
    /// The spill holds the body of the peer's Close.
    closed: bool,

    /// The frame that is being received, if its header is complete.
    opcode: Option<Opcode>,
    fin: bool,
    key: MaskingKey,
    frame_left: u64,

    /// The message that is being received: between its first header and its last byte.
    message: Option<Kind>,
    /// Where its parts go, once one has gone there.
    goes_to: Option<Destination>,
    fragments: u32,
    /// The lengths of its frames so far, added up.
    announced: u64,
    validator: Validator,
    #[cfg(feature = "deflate")]
    inbound: Inbound,
    /// What compressed messages may refer to.
    #[cfg(feature = "deflate")]
    history: Option<Box<History>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Destination {
    Chunks,
    MessageBuf,
}

impl Receiver {
    pub(super) fn new(role: Role, config: &Config) -> Self {
        Self {
            max_frame: config.max_frame,
            max_message: config.max_message,
            max_fragments: config.max_fragments,
            // 5.1: only clients mask.
            masked: role == Role::Server,
            stopped: false,
            at_rest: false,
            spill: [0; MAX_CONTROL_PAYLOAD],
            header_len: 0,
            control_len: 0,
            closed: false,
            opcode: None,
            fin: false,
            key: MaskingKey::default(),
            frame_left: 0,
            message: None,
            goes_to: None,
            fragments: 0,
            announced: 0,
            validator: Validator::new(),
            #[cfg(feature = "deflate")]
            inbound: Inbound::new(role, config),
            #[cfg(feature = "deflate")]
            history: None,
        }
    }

    /// As [`Connection::receive`](super::Connection::receive), with the reply to pass on.
    pub fn receive<'b>(&mut self, input: &mut Input<'b>) -> Option<(Event<Chunk<'b>>, Option<Reply>)> {
        if let Some(part) = self.whole(input) {
            return Some(match part.into_chunk(&mut Validator::new()) {
                Ok(chunk) => (Event::Data(chunk), None),
                Err(violation) => self.refuse(violation, input),
            });
        }
        let event = self.next_chunk(input)?;
        let reply = Reply::to(&event, self.control_payload());
        Some((event, reply))
    }

    /// As [`Connection::receive_message`](super::Connection::receive_message), with the reply to pass on.
    pub fn receive_message<'b: 'm, 'm>(
        &mut self,
        input: &mut Input<'b>,
        store: &'m mut MessageBuf,
    ) -> Option<(Event<Message<'m>>, Option<Reply>)> {
        store.recycle();
        if let Some(part) = self.whole(input) {
            return Some(match part.into_message() {
                Ok(message) => (Event::Data(message), None),
                Err(violation) => self.refuse(violation, input),
            });
        }
        let event = self.next_message(input, store)?;
        let reply = Reply::to(&event, self.control_payload());
        Some((event, reply))
    }

    /// Reports the end of the input; the reply tells the sender.
    pub fn receive_eof(&mut self) -> Reply {
        self.stop();
        Reply::EOF
    }

    /// Swallows all further input. After [`Sender::fail`](super::Sender::fail) in another task.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.at_rest = false;
    }

    /// The payload of the last Ping or Pong, until more input is received; up to 125 bytes.
    #[inline]
    pub fn control_payload(&self) -> &[u8] {
        // An unfinished payload is still masked.
        let is_unfinished = self.opcode.is_some_and(Opcode::is_control);
        if self.closed || is_unfinished { &[] } else { &self.spill[..usize::from(self.control_len)] }
    }

    /// The reason in the peer's Close; empty before it, or if there was none (RFC 6455 7.1.6).
    pub fn close_reason(&self) -> &str {
        let body = &self.spill[..usize::from(self.control_len)];
        // It was found to be UTF-8 when the Close came.
        if self.closed {
            body.get(2..).and_then(|reason| core::str::from_utf8(reason).ok()).unwrap_or("")
        } else {
            ""
        }
    }

    /// A message that may go the short way.
    #[inline]
    pub(super) fn whole<'b>(&mut self, input: &mut Input<'b>) -> Option<Part<'b>> {
        let limit = self.max_frame.min(self.max_message);
        match (self.at_rest, self.masked) {
            (false, _) => None,
            (true, true) => whole::take::<true>(input, limit),
            (true, false) => whole::take::<false>(input, limit),
        }
    }

    /// As [`Connection::inflater`](super::Connection::inflater).
    #[cfg(feature = "deflate")]
    pub fn inflater(&self) -> Option<Inflater> {
        self.inbound.inflater(self.max_message)
    }

    /// What was agreed on for the peer's messages.
    #[cfg(feature = "deflate")]
    pub(super) fn peer_side(&self) -> Option<Side> {
        self.inbound.side()
    }

    pub(super) fn next_chunk<'b>(&mut self, input: &mut Input<'b>) -> Option<Event<Chunk<'b>>> {
        let part = match self.step(input, Destination::Chunks)? {
            Ok(part) => part,
            Err(control) => return Some(control),
        };
        if part.is_first {
            self.validator = Validator::new();
        }
        #[cfg(feature = "deflate")]
        self.inbound.note_chunk(&part);
        Some(match part.into_chunk(&mut self.validator) {
            Ok(chunk) => Event::Data(chunk),
            Err(violation) => self.fail(violation, input),
        })
    }

    pub(super) fn next_message<'b: 'm, 'm>(
        &mut self,
        input: &mut Input<'b>,
        store: &'m mut MessageBuf,
    ) -> Option<Event<Message<'m>>> {
        loop {
            let step = self.step(input, Destination::MessageBuf);
            if self.stopped && self.goes_to == Some(Destination::MessageBuf) {
                // The rest of this message will never come.
                self.goes_to = None;
                store.clear();
            }
            let part = match step? {
                Ok(part) => part,
                Err(control) => return Some(control),
            };
            let Part { kind, is_first, is_last, .. } = part;
            let message = if is_first && is_last && !part.compressed {
                part.into_message()
            } else {
                match self.store(part, store) {
                    Ok(()) if is_last => store.deliver(kind),
                    Ok(()) => continue,
                    Err(violation) => {
                        // On `Internal` the buffer may hold another connection's message.
                        self.goes_to = (violation != Violation::Internal).then_some(Destination::MessageBuf);
                        Err(violation)
                    }
                }
            };
            return Some(match message {
                Ok(message) => Event::Data(message),
                Err(violation) => self.fail(violation, input),
            });
        }
    }

    /// Puts a part of a message to those before.
    fn store(&mut self, part: Part<'_>, store: &mut MessageBuf) -> Result<(), Violation> {
        #[cfg(feature = "deflate")]
        if part.compressed {
            return self.inbound.unpack(&mut self.history, part, store, self.max_message);
        }
        store.append(part, self.max_message)
    }

    /// Takes input up to the next thing to tell: a part of a message, still masked, or any other event.
    fn step<'b, D>(
        &mut self,
        input: &mut Input<'b>,
        destination: Destination,
    ) -> Option<Result<Part<'b>, Event<D>>> {
        let step = self.long_step(input, destination);
        self.settle();
        step
    }

    /// Finds out whether the next message may go the short way.
    fn settle(&mut self) {
        self.at_rest = !self.stopped
            && self.message.is_none()
            && self.opcode.is_none()
            && self.header_len == 0
            && self.control_len == 0
            && self.max_fragments > 0;
    }

    fn long_step<'b, D>(
        &mut self,
        input: &mut Input<'b>,
        destination: Destination,
    ) -> Option<Result<Part<'b>, Event<D>>> {
        loop {
            // 1.4, 7.1.7: what follows a Close or a failure is not looked at.
            if self.stopped {
                input.swallow();
                return None;
            }
            let opcode = match self.opcode {
                Some(opcode) => opcode,
                None => match self.begin_frame(input) {
                    Ok(opcode) => opcode?,
                    Err(violation) => return Some(Err(self.fail(violation, input))),
                },
            };
            if opcode.is_control() {
                return self.control(opcode, input).map(Err);
            }

            let offset = self.announced - self.frame_left;
            let bytes = input.take(usize::try_from(self.frame_left).unwrap_or(usize::MAX));
            self.frame_left -= bytes.len() as u64;
            if self.frame_left == 0 {
                self.opcode = None;
            } else if bytes.is_empty() {
                return None;
            }
            let is_last = self.fin && self.frame_left == 0;
            if bytes.is_empty() && !is_last {
                // 5.4: an empty fragment adds nothing, but it has opened or continued the message.
                continue;
            }
            let is_first = self.goes_to.is_none();
            // A frame of data has a message, and a message is put together in one place.
            let (Some(kind), true) = (self.message, is_first || self.goes_to == Some(destination)) else {
                return Some(Err(self.fail(Violation::Internal, input)));
            };
            if is_last {
                (self.message, self.goes_to) = (None, None);
            } else {
                self.goes_to = Some(destination);
            }
            let key = self.masked.then_some(self.key);
            self.key.turn(bytes.len());
            let compressed = self.is_compressed();
            return Some(Ok(Part { bytes, key, kind, offset, is_first, is_last, compressed }));
        }
    }

    /// Whether the message that is open is compressed.
    fn is_compressed(&self) -> bool {
        #[cfg(feature = "deflate")]
        return self.inbound.is_compressed();
        #[cfg(not(feature = "deflate"))]
        return false;
    }

    #[cold]
    fn refuse<D>(&mut self, violation: Violation, input: &mut Input<'_>) -> (Event<D>, Option<Reply>) {
        let event = self.fail(violation, input);
        let reply = Reply::to(&event, &[]);
        (event, reply)
    }

    #[cold]
    pub(super) fn fail<D>(&mut self, violation: Violation, input: &mut Input<'_>) -> Event<D> {
        self.stop();
        self.control_len = 0;
        input.swallow();
        Event::Failed(violation)
    }
}

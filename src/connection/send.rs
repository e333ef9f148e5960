//! The sending half: messages into frames, the closing handshake, and what became of the connection.

#[cfg(feature = "deflate")]
mod compressed;
mod ending;

use alloc::boxed::Box;
use alloc::vec::Vec;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::Role;
use super::prepared::Prepared;
use super::reply::{Answer, Control, Reply};
use crate::close::{CloseCode, MAX_CONTROL_PAYLOAD};
use crate::config::Config;
#[cfg(feature = "deflate")]
use crate::deflate::{History, Outbound};
use crate::error::{SendError, Violation};
use crate::frame::{self, FrameHeader, Header, MAX_PAYLOAD, Opcode};
use crate::mask::MaskingKey;
use crate::message::{Kind, Message};
use crate::utf8::Validator;

/// The sending half of a connection: from [`Connection::split`](super::Connection::split), or lent by
/// [`Connection::sender`](super::Connection::sender).
///
/// Every call appends whole frames to `out`. None appends anything when it returns an error.
///
/// ```
/// use sansws::{CloseCode, Config, Connection, Role, State};
///
/// let (_, mut sender) = Connection::new(Role::Server, Config::default()).split();
/// let mut out = Vec::new();
/// sender.send("hi", &mut out)?;
/// sender.close(Some(CloseCode::NORMAL), "bye", &mut out)?;
/// assert_eq!(out, b"\x81\x02hi\x88\x05\x03\xe8bye");
/// assert_eq!(sender.state(), State::Closing);
/// # Ok::<(), sansws::SendError>(())
/// ```
#[derive(Debug)]
pub struct Sender {
    /// What most servers never need.
    rare: Option<Box<Rare>>,
    reply_backlog: u32,
    auto_pong: bool,
    auto_close: bool,

    /// The fragmented message that is being sent.
    fragmented: Option<Fragmented>,
    #[cfg(feature = "deflate")]
    outbound: Outbound,

    own_close: bool,
    peer_close: Option<Option<CloseCode>>,
    violation: Option<Violation>,
    /// The transport has ended; whether everything had been written by then.
    ended: Option<bool>,
}

#[derive(Debug, Default)]
struct Rare {
    /// Draws the masking keys: in clients only.
    keys: Option<StdRng>,
    /// The newest Pong, held back while `out` is over the limit.
    held_pong: Option<Control>,
    /// What compressed messages may refer to.
    #[cfg(feature = "deflate")]
    history: Option<Box<History>>,
}

#[derive(Clone, Copy, Debug)]
enum Fragmented {
    /// Text that may be cut inside code points, validated across its fragments.
    Text(Validator),
    /// Text that the caller writes past the core, so that nothing is known of it.
    UnseenText,
    Binary,
}

impl Sender {
    pub(super) fn new(role: Role, config: &Config) -> Self {
        Self {
            rare: match role {
                Role::Server => None,
                Role::Client(seed) => {
                    Some(Box::new(Rare { keys: Some(StdRng::from_seed(seed)), ..Rare::default() }))
                }
            },
            reply_backlog: u32::try_from(config.reply_backlog).unwrap_or(u32::MAX),
            auto_pong: config.auto_pong,
            auto_close: config.auto_close,
            fragmented: None,
            #[cfg(feature = "deflate")]
            outbound: Outbound::new(role, config),
            own_close: false,
            peer_close: None,
            violation: None,
            ended: None,
        }
    }

    /// Does what an event or EOF calls for.
    pub fn apply(&mut self, reply: Reply, out: &mut Vec<u8>) {
        match reply.0 {
            Answer::Ping(payload) => self.ping_received(payload.as_bytes(), out),
            Answer::Close(code) => self.close_received(code, out),
            Answer::Fail(violation) => self.fail_by(violation, out),
            Answer::Eof => self.abort(out),
        }
    }

    /// Appends a message as one frame.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], [`SendError::MessageOpen`].
    #[inline(always)]
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>, out: &mut Vec<u8>) -> Result<(), SendError> {
        let message = message.into();
        let (opcode, payload) = (message.kind().opcode(), message.as_bytes());
        if self.rare.is_none() && self.check_whole().is_ok() {
            // Most servers, most of the time.
            frame::append(true, opcode, None, payload, out);
            return Ok(());
        }
        self.send_whole(opcode, payload, out)
    }

    /// Appends a fragment of a message: for messages whose length or content is not known at once.
    ///
    /// The first call begins a message of `kind`, each further one continues it, the one with `last` ends it;
    /// fragments may be empty. Text may be cut anywhere, but has to be UTF-8 when put together. Control
    /// frames may go in between.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`]; [`SendError::KindChanged`]; [`SendError::InvalidUtf8`], with which the message
    /// stays open as it was before the call.
    ///
    /// ```
    /// use sansws::{Config, Connection, Kind, Role};
    ///
    /// let mut conn = Connection::new(Role::Server, Config::default());
    /// let mut out = Vec::new();
    /// conn.send_fragment(Kind::Text, b"Hel", false, &mut out)?;
    /// conn.send_fragment(Kind::Text, b"lo", true, &mut out)?;
    /// assert_eq!(out, b"\x01\x03Hel\x80\x02lo");
    /// # Ok::<(), sansws::SendError>(())
    /// ```
    pub fn send_fragment(
        &mut self,
        kind: Kind,
        payload: &[u8],
        last: bool,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let opcode = self.check_fragment(kind)?;
        self.check_plain()?;
        self.note_fragment(kind, payload, last)?;
        self.resume(out);
        self.append(opcode, last, payload, out);
        Ok(())
    }

    /// Looks at the next fragment of a message, and remembers that it is open or ended.
    fn note_fragment(&mut self, kind: Kind, payload: &[u8], last: bool) -> Result<(), SendError> {
        let mut fragmented = self.fragmented.unwrap_or(match kind {
            Kind::Text => Fragmented::Text(Validator::new()),
            Kind::Binary => Fragmented::Binary,
        });
        if let Fragmented::Text(validator) = &mut fragmented {
            // 5.6: the message as a whole is UTF-8, a fragment need not be.
            validator.push(payload).map_err(|_| SendError::InvalidUtf8)?;
            if last && !validator.is_complete() {
                return Err(SendError::InvalidUtf8);
            }
        }
        self.fragmented = if last { None } else { Some(fragmented) };
        Ok(())
    }

    /// The header of the next frame of data, for a payload of `length` bytes that the caller writes from
    /// where it lies, after `out`, the header, and [`FrameHeader::mask`] in a client.
    ///
    /// As [`send_fragment`](Self::send_fragment) it begins, continues or, with `last`, ends a message; a
    /// message in one frame has `last` set at once. The payload of text has to be UTF-8, unseen by the core.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], [`SendError::KindChanged`], [`SendError::FrameTooBig`].
    #[inline(always)]
    pub fn header(&mut self, kind: Kind, length: u64, last: bool) -> Result<FrameHeader, SendError> {
        let opcode = match self.check_header(kind, length) {
            Ok(opcode) => opcode,
            Err(error) => return Err(in_one_piece(error)),
        };
        self.fragmented = match kind {
            _ if last => None,
            Kind::Text => Some(Fragmented::UnseenText),
            Kind::Binary => Some(Fragmented::Binary),
        };
        Ok(Header { fin: last, opcode, key: self.next_key(), payload_len: length }.encode())
    }

    /// Appends a message that was framed before; a client masks it with a key of its own.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], [`SendError::MessageOpen`].
    pub fn send_prepared(&mut self, prepared: &Prepared, out: &mut Vec<u8>) -> Result<(), SendError> {
        self.check_whole()?;
        self.resume(out);
        #[cfg(feature = "deflate")]
        if self.send_prepared_compressed(prepared, out) {
            return Ok(());
        }
        if self.is_client() {
            self.append(prepared.kind.opcode(), true, prepared.payload(), out);
        } else {
            out.extend_from_slice(prepared.as_bytes());
        }
        Ok(())
    }

    /// Appends a Ping with up to 125 bytes of payload (RFC 6455 5.5.2).
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], [`SendError::ControlTooLong`].
    pub fn ping(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.send_control(Opcode::Ping, payload, out)
    }

    /// Appends a Pong that nobody asked for, with up to 125 bytes of payload (RFC 6455 5.5.3).
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`], [`SendError::ControlTooLong`].
    pub fn pong(&mut self, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.send_control(Opcode::Pong, payload, out)
    }

    /// Appends a Pong that was held back, if there is room now. Every other call does so, too.
    #[inline]
    pub fn resume(&mut self, out: &mut Vec<u8>) {
        if self.rare.as_ref().is_some_and(|rare| rare.held_pong.is_some()) {
            self.resume_pong(out);
        }
    }

    pub(super) fn ping_received(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        if self.auto_pong {
            self.answer_ping(payload, out);
        }
    }

    pub(super) fn answer_ping(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        // 5.5.2 would have a Ping answered after the own Close, 1.4 has nothing follow it; all peers agree
        // with 1.4.
        if self.check_open().is_err() || self.peer_close.is_some() {
            return;
        }
        self.resume(out);
        if self.has_room(out) {
            self.append(Opcode::Pong, true, payload, out);
        } else {
            // 5.5.3: only the newest Ping needs its Pong.
            self.rare.get_or_insert_default().held_pong = Some(Control::new(payload));
        }
    }

    #[cold]
    fn resume_pong(&mut self, out: &mut Vec<u8>) {
        if self.has_room(out) {
            if let Some(pong) = self.rare.as_mut().and_then(|rare| rare.held_pong.take()) {
                self.append(Opcode::Pong, true, pong.as_bytes(), out);
            }
        }
    }

    fn drop_pong(&mut self) {
        if let Some(rare) = &mut self.rare {
            rare.held_pong = None;
        }
    }

    fn has_room(&self, out: &[u8]) -> bool {
        out.len() <= self.reply_backlog as usize
    }

    fn send_control(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.check_open()?;
        if payload.len() > MAX_CONTROL_PAYLOAD {
            return Err(SendError::ControlTooLong { length: payload.len() });
        }
        self.resume(out);
        self.append(opcode, true, payload, out);
        Ok(())
    }

    // A function of its own, with all that a message needs, so that it costs one call.
    #[inline(never)]
    fn send_whole(&mut self, opcode: Opcode, payload: &[u8], out: &mut Vec<u8>) -> Result<(), SendError> {
        self.check_whole()?;
        self.resume(out);
        self.append(opcode, true, payload, out);
        Ok(())
    }

    #[inline]
    fn check_open(&self) -> Result<(), SendError> {
        // Who has failed has sent a Close, too.
        if self.own_close || self.ended.is_some() { Err(SendError::Closed) } else { Ok(()) }
    }

    #[inline]
    fn check_whole(&self) -> Result<(), SendError> {
        self.check_open()?;
        if self.fragmented.is_some() { Err(SendError::MessageOpen) } else { Ok(()) }
    }

    /// The opcode of the next fragment.
    #[inline]
    fn check_fragment(&self, kind: Kind) -> Result<Opcode, SendError> {
        self.check_open()?;
        match (self.fragmented, kind) {
            (None, _) => Ok(kind.opcode()),
            (Some(Fragmented::Binary), Kind::Text) => Err(SendError::KindChanged),
            (Some(Fragmented::Text(_) | Fragmented::UnseenText), Kind::Binary) => Err(SendError::KindChanged),
            (Some(_), _) => Ok(Opcode::Continuation),
        }
    }

    #[inline]
    fn check_header(&self, kind: Kind, length: u64) -> Result<Opcode, SendError> {
        let opcode = self.check_fragment(kind)?;
        self.check_plain()?;
        if length > MAX_PAYLOAD { Err(SendError::FrameTooBig { length }) } else { Ok(opcode) }
    }

    /// Inside a message that was begun compressed nothing goes as it is.
    #[inline]
    fn check_plain(&self) -> Result<(), SendError> {
        #[cfg(feature = "deflate")]
        if self.fragmented.is_some() && self.outbound.is_open() {
            return Err(SendError::Compressed);
        }
        Ok(())
    }

    #[inline]
    fn append(&mut self, opcode: Opcode, fin: bool, payload: &[u8], out: &mut Vec<u8>) {
        let key = self.next_key();
        frame::append(fin, opcode, key, payload, out);
    }

    /// 5.3: a fresh key for every frame, control frames and fragments too.
    #[inline(always)]
    fn next_key(&mut self) -> Option<MaskingKey> {
        self.rare.as_mut()?.next_key()
    }

    #[inline]
    pub(super) fn is_client(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.keys.is_some())
    }
}

impl Rare {
    fn next_key(&mut self) -> Option<MaskingKey> {
        Some(MaskingKey::new(self.keys.as_mut()?.next_u32().to_le_bytes()))
    }
}

/// Hides how an error is made. In a `Result` a [`FrameHeader`] lies where an error would, and the compiler stores it in
/// the pieces that it sees errors made in: to read them together waits until all stores before have reached the cache,
/// 10 ns behind a message of 1 KiB.
#[cold]
#[inline(never)]
fn in_one_piece(error: SendError) -> SendError {
    error
}

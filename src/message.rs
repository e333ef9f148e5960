//! Whole messages: lent from the read buffer, or put together from fragments and reads.

#[cfg(feature = "deflate")]
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "deflate")]
use crate::deflate::{History, Unpacker};
use crate::error::Violation;
use crate::frame::Opcode;
use crate::mask::MaskingKey;
use crate::utf8::{Piece, Text, Validator};

/// The two kinds of data (RFC 6455 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

impl Kind {
    /// The opcode of a frame that begins a message of this kind.
    #[inline]
    pub(crate) const fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::Text,
            Self::Binary => Opcode::Binary,
        }
    }
}

/// A message, received or to be sent.
///
/// ```
/// use sansws::Message;
///
/// assert_eq!(Message::from("hi"), Message::Text("hi"));
/// assert_eq!(Message::Text("hi").as_bytes(), b"hi");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'m> {
    /// A text message, valid UTF-8.
    Text(&'m str),
    /// A binary message.
    Binary(&'m [u8]),
}

impl<'m> Message<'m> {
    /// Text or binary.
    #[inline]
    pub const fn kind(self) -> Kind {
        match self {
            Self::Text(_) => Kind::Text,
            Self::Binary(_) => Kind::Binary,
        }
    }

    /// The payload of either kind.
    #[inline]
    pub const fn as_bytes(self) -> &'m [u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

impl<'m> From<&'m str> for Message<'m> {
    fn from(text: &'m str) -> Self {
        Self::Text(text)
    }
}

impl<'m> From<&'m [u8]> for Message<'m> {
    fn from(bytes: &'m [u8]) -> Self {
        Self::Binary(bytes)
    }
}

impl<'m> From<&'m String> for Message<'m> {
    fn from(text: &'m String) -> Self {
        Self::Text(text)
    }
}

impl<'m> From<&'m Vec<u8>> for Message<'m> {
    fn from(bytes: &'m Vec<u8>) -> Self {
        Self::Binary(bytes)
    }
}

impl<'m, const N: usize> From<&'m [u8; N]> for Message<'m> {
    fn from(bytes: &'m [u8; N]) -> Self {
        Self::Binary(bytes)
    }
}

/// Where a message that comes in several fragments or reads is put together.
///
/// One serves one connection for as long as a message is unfinished; between messages it is empty and may
/// serve another; [`clear`](Self::clear) it if a connection is lost inside a message.
///
/// It grows with the bytes received, never because a header promised them, to at most twice what a message needs,
/// and gives back what exceeds [`with_keep`](Self::with_keep) at the first call after the message was delivered.
/// A message that lies whole in the read buffer never touches it, unless it is compressed: then it takes 48 KiB more
/// to decompress with, for any number of connections, and gives them back if it is to keep less than that.
///
/// ```
/// use sansws::MessageBuf;
///
/// let store = MessageBuf::new();
/// assert_eq!(store.capacity(), 0);
/// ```
#[derive(Debug)]
pub struct MessageBuf {
    text: Text,
    keep: usize,
    delivered: bool,
    #[cfg(feature = "deflate")]
    unpacker: Option<Box<Unpacker>>,
}

impl MessageBuf {
    /// An empty buffer that keeps up to 64 KiB between messages. It allocates nothing yet.
    pub const fn new() -> Self {
        Self::with_keep(64 << 10)
    }

    /// An empty buffer that keeps up to `bytes` bytes of memory between messages.
    pub const fn with_keep(bytes: usize) -> Self {
        Self {
            text: Text::new(),
            keep: bytes,
            delivered: false,
            #[cfg(feature = "deflate")]
            unpacker: None,
        }
    }

    /// Whether no unfinished message lies here.
    pub fn is_empty(&self) -> bool {
        self.delivered || self.text.bytes().is_empty() && !self.is_unpacking()
    }

    /// Forgets an unfinished message, so that the buffer may serve another connection, and gives back memory
    /// beyond what it keeps. The receiver does so itself when a connection fails or is closed inside a message.
    pub fn clear(&mut self) {
        self.delivered = false;
        self.text.clear(self.keep);
        #[cfg(feature = "deflate")]
        if self.keep < Unpacker::MEMORY {
            self.unpacker = None;
        } else if let Some(unpacker) = &mut self.unpacker {
            unpacker.clear();
        }
    }

    /// The memory held in bytes, without what it decompresses with.
    pub fn capacity(&self) -> usize {
        self.text.capacity()
    }

    /// Whether a compressed message is unfinished here.
    fn is_unpacking(&self) -> bool {
        #[cfg(feature = "deflate")]
        let is_unpacking = self.unpacker.as_ref().is_some_and(|unpacker| unpacker.is_open());
        #[cfg(not(feature = "deflate"))]
        let is_unpacking = false;
        is_unpacking
    }

    /// Forgets the message delivered last.
    #[inline]
    pub(crate) fn recycle(&mut self) {
        if self.delivered {
            self.clear();
        }
    }

    /// Adds a piece of a message that began in an earlier piece or goes on in a later one.
    pub(crate) fn append(&mut self, part: Part<'_>, max_message: u64) -> Result<(), Violation> {
        let held = self.text.bytes().len();
        // Another buffer than the one that took the beginning would deliver a message with a hole.
        if part.offset != held as u64 || self.is_unpacking() {
            return Err(Violation::Internal);
        }
        make_room(&mut self.text, part.bytes.len(), max_message)?;
        let mut key = part.key;
        match part.kind {
            Kind::Binary => self.text.append_binary(part.bytes, &mut key),
            Kind::Text => {
                self.text.append_text(part.bytes, &mut key).map_err(|_| Violation::InvalidUtf8)?;
            }
        }
        Ok(())
    }

    /// Adds what a piece of a compressed message says; `history` is what messages may refer to, if they may.
    #[cfg(feature = "deflate")]
    pub(crate) fn unpack(
        &mut self,
        part: Part<'_>,
        history: Option<&mut History>,
        max_message: u64,
    ) -> Result<(), Violation> {
        let unpacker = self.unpacker.get_or_insert_with(Unpacker::new);
        unpacker.unpack(part, &mut self.text, history, max_message)
    }

    /// Room to read into behind the `received` bytes of a message, for up to `left` more: for as many as there are, or
    /// `least`, so that what a header promises reserves nothing. Empty if they are not here.
    pub(crate) fn space(&mut self, received: u64, left: u64, least: usize, max_message: u64) -> &mut [u8] {
        let held = self.text.bytes().len();
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(held.max(least));
        if self.delivered || received != held as u64 || make_room(&mut self.text, most, max_message).is_err()
        {
            return &mut [];
        }
        let room = usize::try_from(left).unwrap_or(usize::MAX).min(self.text.capacity() - held);
        self.text.space(room)
    }

    /// Takes `count` bytes that were read into the space.
    pub(crate) fn fill(
        &mut self,
        count: usize,
        kind: Kind,
        key: &mut Option<MaskingKey>,
    ) -> Result<(), Violation> {
        match kind {
            Kind::Binary => self.text.fill_binary(count, key),
            Kind::Text => self.text.fill_text(count, key).map_err(|_| Violation::InvalidUtf8)?,
        }
        Ok(())
    }

    /// Lends the finished message.
    pub(crate) fn deliver(&mut self, kind: Kind) -> Result<Message<'_>, Violation> {
        self.delivered = true;
        match kind {
            Kind::Binary => Ok(Message::Binary(self.text.bytes())),
            // The text ended inside a code point.
            Kind::Text => self.text.as_str().map(Message::Text).ok_or(Violation::InvalidUtf8),
        }
    }
}

impl Default for MessageBuf {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes room for more bytes of a message, at most for twice as many as it has.
pub(crate) fn make_room(text: &mut Text, more: usize, max_message: u64) -> Result<(), Violation> {
    let need = text.bytes().len().checked_add(more).ok_or(Violation::Internal)?;
    if need > text.capacity() {
        let doubled = (2 * text.capacity() as u64).min(max_message);
        let capacity = usize::try_from(doubled).unwrap_or(need).max(need);
        if !text.grow_to(capacity) {
            return Err(Violation::Internal);
        }
    }
    Ok(())
}

/// A piece of a message as it lies in the read buffer, still masked.
pub(crate) struct Part<'b> {
    pub(crate) bytes: &'b mut [u8],
    pub(crate) key: Option<MaskingKey>,
    pub(crate) kind: Kind,
    /// How many bytes of the message came before.
    pub(crate) offset: u64,
    pub(crate) is_first: bool,
    pub(crate) is_last: bool,
    /// The message is compressed.
    pub(crate) compressed: bool,
}

impl<'b> Part<'b> {
    /// Turns the piece that is a whole message into it, where it lies.
    #[inline]
    pub(crate) fn into_message(mut self) -> Result<Message<'b>, Violation> {
        match self.kind {
            Kind::Binary => Ok(Message::Binary(Piece::binary(self.bytes, &mut self.key).into_bytes())),
            Kind::Text => match Piece::whole_text(self.bytes, self.key) {
                Ok(text) => Ok(Message::Text(text)),
                Err(_) => Err(Violation::InvalidUtf8),
            },
        }
    }

    /// Unmasks the piece where it lies; `validator` is that of the message.
    pub(crate) fn into_chunk(mut self, validator: &mut Validator) -> Result<Chunk<'b>, Violation> {
        let Self { kind, is_first, is_last, compressed, .. } = self;
        let piece = match kind {
            // 7692 6.1: only the decompressed text is UTF-8.
            Kind::Text if compressed => Piece::binary(self.bytes, &mut self.key),
            Kind::Binary => Piece::binary(self.bytes, &mut self.key),
            Kind::Text => Piece::text(self.bytes, &mut self.key, validator)
                .ok()
                .filter(|_| !is_last || validator.is_complete())
                .ok_or(Violation::InvalidUtf8)?,
        };
        Ok(Chunk { piece, kind, is_first, is_last, compressed })
    }
}

/// A piece of a message, as much of it as came in one read: for messages that need not be held whole.
///
/// Text is valid up to the last byte of each chunk, but a chunk may begin or end inside a code point. Chunks of
/// compressed messages are as they came, compressed.
#[derive(Debug)]
pub struct Chunk<'b> {
    piece: Piece<'b>,
    kind: Kind,
    is_first: bool,
    is_last: bool,
    compressed: bool,
}

impl<'b> Chunk<'b> {
    /// Text or binary.
    #[inline]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether the message begins here.
    #[inline]
    pub const fn is_first(&self) -> bool {
        self.is_first
    }

    /// Whether the message ends here. A chunk that only says so may be empty.
    #[inline]
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    /// Whether the message is compressed, which never is the case unless the connection agreed to it.
    ///
    /// The bytes are still compressed then: decompress them with `Connection::inflater`, or receive whole messages.
    #[inline]
    pub const fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// The payload.
    #[inline]
    pub fn bytes(&self) -> &[u8] {
        self.piece.bytes()
    }

    /// The payload for as long as the read buffer is lent; the caller may change it there.
    #[inline]
    pub fn into_bytes(self) -> &'b mut [u8] {
        self.piece.into_bytes()
    }

    /// The payload as text, if it is text, not compressed, and begins and ends between code points.
    #[inline]
    pub fn as_str(&self) -> Option<&str> {
        self.piece.as_str()
    }
}

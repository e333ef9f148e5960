//! Messages framed once for many connections.

use alloc::vec::Vec;

use crate::frame::{FrameHeader, Header};
use crate::message::{Kind, Message};

/// A message framed once, to be sent over any number of connections.
///
/// For servers that broadcast: [`as_bytes`](Self::as_bytes) is the whole frame, which may also be written
/// as it is, without a copy into `out`, to a connection in which no message is half sent.
///
/// ```
/// use sansws::{Config, Connection, Prepared, Role};
///
/// let news = Prepared::new("news");
/// let mut out = Vec::new();
/// for _ in 0..2 {
///     let mut conn = Connection::new(Role::Server, Config::default());
///     conn.send_prepared(&news, &mut out)?;
/// }
/// assert_eq!(out, b"\x81\x04news\x81\x04news");
/// # Ok::<(), sansws::SendError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Prepared {
    frame: Vec<u8>,
    header_len: u8,
    pub(super) kind: Kind,
    #[cfg(feature = "deflate")]
    compressed: Option<Compressed>,
}

/// The same message once more.
#[cfg(feature = "deflate")]
#[derive(Clone, Debug)]
struct Compressed {
    frame: Vec<u8>,
    header_len: u8,
    window_bits: u8,
}

impl Prepared {
    /// Frames a message as a server sends it.
    pub fn new<'m>(message: impl Into<Message<'m>>) -> Self {
        let message = message.into();
        let (kind, payload) = (message.kind(), message.as_bytes());
        let header = header(kind, payload);
        let frame = [header.as_bytes(), payload].concat();
        Self {
            frame,
            header_len: header.as_bytes().len() as u8,
            kind,
            #[cfg(feature = "deflate")]
            compressed: None,
        }
    }

    /// Frames a message and compresses it, once for all connections with a window of at least `window_bits` bits, 9 to
    /// 15, for this side's messages: 15 is what those have that agreed to nothing else. The others get it as it is,
    /// and so do all if it is too short for the deflater or does not get smaller.
    ///
    /// It refers to no earlier message, and so goes to connections with and without context takeover.
    ///
    /// ```
    /// use sansws::deflate::{Agreed, Deflater};
    /// use sansws::{Config, Connection, Prepared, Role};
    ///
    /// let news = Prepared::compressed("news ".repeat(100).as_str(), 15, &mut Deflater::new());
    /// let (mut compressed, mut plain) = (Vec::new(), Vec::new());
    /// Connection::new(Role::Server, Config::new().deflate(Agreed::new())).send_prepared(&news, &mut compressed)?;
    /// Connection::new(Role::Server, Config::new()).send_prepared(&news, &mut plain)?;
    /// assert!(compressed.len() < 30 && plain.len() > 500);
    /// # Ok::<(), sansws::SendError>(())
    /// ```
    #[cfg(feature = "deflate")]
    pub fn compressed<'m>(
        message: impl Into<Message<'m>>,
        window_bits: u8,
        deflater: &mut crate::deflate::Deflater,
    ) -> Self {
        let mut prepared = Self::new(message);
        let (window_bits, mut payload) = (window_bits.clamp(9, 15), Vec::new());
        if deflater.wants(prepared.payload())
            && deflater.message(prepared.payload(), window_bits, None, &mut payload)
        {
            let mut header = header(prepared.kind, &payload);
            header.mark_compressed();
            let frame = [header.as_bytes(), &payload[..]].concat();
            let header_len = header.as_bytes().len() as u8;
            prepared.compressed = Some(Compressed { frame, header_len, window_bits });
        }
        prepared
    }

    /// The frame, the payload and the window that it needs, if it was compressed.
    #[cfg(feature = "deflate")]
    pub(super) fn compressed_parts(&self) -> Option<(&[u8], &[u8], u8)> {
        let Compressed { frame, header_len, window_bits } = self.compressed.as_ref()?;
        Some((frame, &frame[usize::from(*header_len)..], *window_bits))
    }

    /// The frame as a server sends it, not compressed.
    pub fn as_bytes(&self) -> &[u8] {
        &self.frame
    }

    /// The payload alone, not compressed.
    pub fn payload(&self) -> &[u8] {
        &self.frame[usize::from(self.header_len)..]
    }
}

fn header(kind: Kind, payload: &[u8]) -> FrameHeader {
    Header { fin: true, opcode: kind.opcode(), key: None, payload_len: payload.len() as u64 }.encode()
}

//! Messages framed once for many connections.

use alloc::vec::Vec;

use crate::frame::Header;
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
}

impl Prepared {
    /// Frames a message as a server sends it.
    pub fn new<'m>(message: impl Into<Message<'m>>) -> Self {
        let message = message.into();
        let (kind, payload) = (message.kind(), message.as_bytes());
        let header =
            Header { fin: true, opcode: kind.opcode(), key: None, payload_len: payload.len() as u64 }
                .encode();
        let frame = [header.as_bytes(), payload].concat();
        Self { frame, header_len: header.as_bytes().len() as u8, kind }
    }

    /// The frame as a server sends it.
    pub fn as_bytes(&self) -> &[u8] {
        &self.frame
    }

    /// The payload alone.
    pub fn payload(&self) -> &[u8] {
        &self.frame[usize::from(self.header_len)..]
    }
}

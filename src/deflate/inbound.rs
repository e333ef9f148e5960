//! What a receiver knows of compression.

use alloc::boxed::Box;

use super::history::History;
use super::inflate::Inflater;
use super::params::{Agreed, Side};
use crate::config::Config;
use crate::connection::Role;
use crate::error::Violation;
use crate::frame::COMPRESSED;
use crate::message::{MessageBuf, Part};

/// Which messages are compressed, and what they may refer to.
#[derive(Debug)]
pub(crate) struct Inbound {
    agreed: Option<Agreed>,
    /// The peer is the server.
    from_server: bool,
    /// The header that is being received begins a compressed message.
    begins: bool,
    /// The message that is open is compressed.
    compressed: bool,
    /// A compressed message was handed out in chunks, so that the history has a hole.
    missed: bool,
    /// With context takeover, from the first compressed message on.
    history: Option<Box<History>>,
}

impl Inbound {
    pub(crate) fn new(role: Role, config: &Config) -> Self {
        Self {
            agreed: config.deflate,
            from_server: role != Role::Server,
            begins: false,
            compressed: false,
            missed: false,
            history: None,
        }
    }

    pub(crate) fn agreed(&self) -> Option<Agreed> {
        self.agreed
    }

    pub(crate) fn inflater(&self, max_message: u64) -> Option<Inflater> {
        Some(Inflater::new(self.side()?, max_message))
    }

    /// Looks at the first byte of a header, and takes the bit off that says that a compressed message begins. Anywhere
    /// else than on the first frame of a message it is left, for the header to be refused (RFC 7692 6.1).
    ///
    /// Returns the limit on the lengths of frames: those of a compressed message tell nothing of its own.
    pub(crate) fn judge_first(
        &mut self,
        header: &mut [u8],
        seen: usize,
        in_message: bool,
        max_message: u64,
    ) -> u64 {
        if let (0, Some(first), Some(_)) = (seen, header.first_mut(), self.agreed) {
            let is_data = matches!(*first & 0x0f, 1 | 2);
            self.begins = is_data && !in_message && *first & COMPRESSED != 0;
            if self.begins {
                *first &= !COMPRESSED;
            }
        }
        if self.begins || in_message && self.compressed { u64::MAX } else { max_message }
    }

    pub(crate) fn begin_message(&mut self) {
        self.compressed = self.begins;
    }

    pub(crate) fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// Notes that a part goes out as it came.
    pub(crate) fn note_chunk(&mut self, part: &Part<'_>) {
        self.missed |= part.compressed;
    }

    /// Decompresses a part into the store.
    pub(crate) fn unpack(
        &mut self,
        part: Part<'_>,
        store: &mut MessageBuf,
        max_message: u64,
    ) -> Result<(), Violation> {
        let side = self.side().ok_or(Violation::Internal)?;
        if !side.takeover {
            return store.unpack(part, None, max_message);
        }
        if self.missed {
            return Err(Violation::Internal);
        }
        let history = self.history.get_or_insert_with(|| Box::new(History::new(side.bits)));
        store.unpack(part, Some(history), max_message)
    }

    fn side(&self) -> Option<Side> {
        Some(self.agreed?.side(self.from_server))
    }
}

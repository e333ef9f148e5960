//! What a receiver knows of compression.

use alloc::boxed::Box;

use super::direction::Direction;
use super::history::History;
use super::inflater::Inflater;
use super::params::Side;
use crate::config::Config;
use crate::connection::Role;
use crate::error::Violation;
use crate::frame::COMPRESSED;
use crate::message::{MessageBuf, Part};

/// Which messages are compressed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Inbound(Direction);

impl Inbound {
    pub(crate) fn new(role: Role, config: &Config) -> Self {
        Self(Direction::new(config.deflate.map(|agreed| agreed.side(role != Role::Server))))
    }

    pub(crate) fn side(self) -> Option<Side> {
        self.0.side()
    }

    pub(crate) fn inflater(self, max_message: u64) -> Option<Inflater> {
        Some(Inflater::new(self.side()?, max_message))
    }

    /// Takes the bit off a header that says that a compressed message begins, and tells whether it was there. Anywhere
    /// else than on the first frame of a message it is left, for the header to be refused (RFC 7692 6.1).
    pub(crate) fn take_mark(self, header: &mut [u8], in_message: bool) -> bool {
        match header.first_mut() {
            Some(first) if self.side().is_some() && !in_message && matches!(*first & 0x4f, 0x41 | 0x42) => {
                *first &= !COMPRESSED;
                true
            }
            _ => false,
        }
    }

    pub(crate) fn begin_message(&mut self, compressed: bool) {
        self.0.set_open(compressed);
    }

    pub(crate) fn is_compressed(self) -> bool {
        self.0.is_open()
    }

    /// Notes that a part goes out as it came, which leaves a hole in the history.
    pub(crate) fn note_chunk(&mut self, part: &Part<'_>) {
        if part.compressed {
            self.0.set_missed();
        }
    }

    /// Decompresses a part into the store. With context takeover there is a history from the first one on.
    pub(crate) fn unpack(
        self,
        history: &mut Option<Box<History>>,
        part: Part<'_>,
        store: &mut MessageBuf,
        max_message: u64,
    ) -> Result<(), Violation> {
        let side = self.side().ok_or(Violation::Internal)?;
        if !side.takeover {
            return store.unpack(part, None, max_message);
        }
        if self.0.has_missed() {
            return Err(Violation::Internal);
        }
        let history = history.get_or_insert_with(|| Box::new(History::new(side.bits)));
        store.unpack(part, Some(history), max_message)
    }
}

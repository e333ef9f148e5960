//! What a sender knows of compression.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::compress::Deflater;
use super::history::History;
use super::params::{Agreed, Side};
use crate::config::Config;
use crate::connection::Role;

/// What the messages of this side may refer to.
#[derive(Debug)]
pub(crate) struct Outbound {
    agreed: Option<Agreed>,
    is_server: bool,
    /// The fragmented message that is open is compressed.
    is_open: bool,
    /// With context takeover from the first compressed message on, without it inside a fragmented message.
    history: Option<Box<History>>,
}

impl Outbound {
    pub(crate) fn new(role: Role, config: &Config) -> Self {
        Self { agreed: config.deflate, is_server: role == Role::Server, is_open: false, history: None }
    }

    /// The window to compress with, if there is one: D-WB8, one of 8 bits cannot be kept to.
    fn side(&self) -> Option<Side> {
        self.agreed.map(|agreed| agreed.side(self.is_server)).filter(|side| side.can_compress())
    }

    /// Decides on a fragmented message that begins.
    pub(crate) fn begin(&mut self) {
        self.is_open = self.side().is_some();
    }

    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// Appends a whole message to `out`; false if it is to be sent as it is.
    pub(crate) fn message(&mut self, plain: &[u8], deflater: &mut Deflater, out: &mut Vec<u8>) -> bool {
        let Some(side) = self.side().filter(|_| deflater.wants(plain)) else { return false };
        let history = if side.takeover { Some(&mut **self.history_of(side)) } else { None };
        deflater.message(plain, side.bits, history, out)
    }

    /// Appends a fragment to `out`; false if that failed for good.
    pub(crate) fn fragment(
        &mut self,
        plain: &[u8],
        last: bool,
        deflater: &mut Deflater,
        out: &mut Vec<u8>,
    ) -> bool {
        let Some(side) = self.side() else { return false };
        let is_done = deflater.fragment(plain, last, side.bits, self.history_of(side), out);
        if last && !side.takeover {
            self.history = None;
        }
        self.is_open = !last;
        is_done
    }

    /// Whether a message may be sent that was compressed by itself for a window of `bits`; it becomes a part of what
    /// later ones may refer to.
    pub(crate) fn takes(&mut self, plain: &[u8], bits: u8) -> bool {
        let Some(side) = self.side().filter(|side| side.bits >= bits) else { return false };
        !side.takeover || self.history_of(side).append(plain)
    }

    fn history_of(&mut self, side: Side) -> &mut Box<History> {
        self.history.get_or_insert_with(|| Box::new(History::new(side.bits)))
    }
}

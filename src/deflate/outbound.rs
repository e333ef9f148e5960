//! What a sender knows of compression.

use super::direction::Direction;
use super::params::Side;
use crate::config::Config;
use crate::connection::Role;

/// What holds for the messages of this side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outbound(Direction);

impl Outbound {
    pub(crate) fn new(role: Role, config: &Config) -> Self {
        Self(Direction::new(config.deflate.map(|agreed| agreed.side(role == Role::Server))))
    }

    pub(crate) fn side(self) -> Option<Side> {
        self.0.side()
    }

    /// The same, if there is a window to compress with: D-WB8, one of 8 bits cannot be kept to.
    pub(crate) fn window(self) -> Option<Side> {
        self.side().filter(|side| side.can_compress())
    }

    /// Decides on a fragmented message that begins.
    pub(crate) fn begin(&mut self) {
        self.0.set_open(self.window().is_some());
    }

    /// Whether the fragmented message that is open, if one is, is compressed.
    pub(crate) fn is_open(self) -> bool {
        self.0.is_open()
    }

    /// The fragmented message has ended.
    pub(crate) fn end(&mut self) {
        self.0.set_open(false);
    }
}

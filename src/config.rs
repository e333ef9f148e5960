//! What a connection allows and does by itself.

/// The limits and switches of a connection.
///
/// All limits are inclusive and count bytes of payload. A limit is judged as soon as the length bytes of a
/// frame are there, and no memory is reserved because a header promised something.
///
/// ```
/// use sansws::Config;
///
/// let config = Config::new().max_message(1024 * 1024).auto_pong(false);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    pub(crate) max_frame: u64,
    pub(crate) max_message: u64,
    pub(crate) max_fragments: u32,
    pub(crate) reply_backlog: usize,
    pub(crate) auto_pong: bool,
    pub(crate) auto_close: bool,
    #[cfg(feature = "deflate")]
    pub(crate) deflate: Option<crate::deflate::Agreed>,
}

impl Config {
    /// The default limits, and every switch on.
    pub const fn new() -> Self {
        Self {
            max_frame: 16 << 20,
            max_message: 64 << 20,
            max_fragments: 1 << 20,
            reply_backlog: 64 << 10,
            auto_pong: true,
            auto_close: true,
            #[cfg(feature = "deflate")]
            deflate: None,
        }
    }

    /// The longest payload of one frame in bytes; 16 MiB unless set. Beyond it: 1009 (RFC 6455 10.4).
    #[must_use]
    pub const fn max_frame(mut self, bytes: u64) -> Self {
        self.max_frame = bytes;
        self
    }

    /// The longest message in bytes, over all its fragments; 64 MiB unless set. Beyond it: 1009. A compressed
    /// message counts as decompressed, and in chunks, as they come still compressed, not at all.
    ///
    /// It holds for messages received in chunks, too: for transfers of any length set it to [`u64::MAX`], and
    /// [`max_fragments`](Self::max_fragments) to [`u32::MAX`].
    #[must_use]
    pub const fn max_message(mut self, bytes: u64) -> Self {
        self.max_message = bytes;
        self
    }

    /// The greatest number of frames in a message, empty ones counted; 2^20 unless set. Beyond it: 1008.
    #[must_use]
    pub const fn max_fragments(mut self, frames: u32) -> Self {
        self.max_fragments = frames;
        self
    }

    /// How many unwritten bytes `out` may hold for an automatic Pong to be appended; 64 KiB unless set.
    ///
    /// With more than that only the newest Pong is kept, and appended when there is room (RFC 6455 5.5.3):
    /// a flood of Pings from a peer that does not read costs no memory.
    #[must_use]
    pub const fn reply_backlog(mut self, bytes: usize) -> Self {
        self.reply_backlog = bytes;
        self
    }

    /// Whether Pings are answered by the core; on unless set. Off:
    /// [`answer_ping`](crate::Connection::answer_ping).
    #[must_use]
    pub const fn auto_pong(mut self, on: bool) -> Self {
        self.auto_pong = on;
        self
    }

    /// Whether the peer's Close is answered by the core; on unless set. Off:
    /// [`close`](crate::Connection::close), after whatever else is to be sent (RFC 6455 5.5.1).
    #[must_use]
    pub const fn auto_close(mut self, on: bool) -> Self {
        self.auto_close = on;
        self
    }

    /// What was agreed on compression, for a connection after a handshake of your own; none unless set. The
    /// handshakes of this crate put in what they agree to.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub const fn deflate(mut self, agreed: crate::deflate::Agreed) -> Self {
        self.deflate = Some(agreed);
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

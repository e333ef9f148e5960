//! Compressing (RFC 7692 7.2.1).

use alloc::vec::Vec;
use core::fmt;

use zlib_rs::{Deflate, DeflateConfig, DeflateFlush};

use super::history::{History, Seen};

/// 7.2.1: how a flush ends, and what is taken off at the end of a message.
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Bytes of output that room is made for at a time.
const BLOCK: usize = 16 * 1024;

/// What messages are compressed with: [`Connection::send_compressed`](crate::Connection::send_compressed).
///
/// It is yours, and one is enough for all connections of a thread: what a connection has to remember is kept with the
/// connection. With context takeover it pays to have connections that talk much use a deflater of their own: one
/// that has worked for another connection in between has to read up to 32 KiB again, which takes about as long as
/// compressing a few KiB.
///
/// It allocates nothing before the first message, and then for each size of window that is asked for: from 246 KiB
/// for 9 bits to 372 KiB for 15 at the default memory level.
///
/// Compressed text tells by its length what it has in common with what was compressed before: send secrets beside
/// what an attacker may choose with [`Connection::send`](crate::Connection::send), uncompressed.
///
/// ```
/// use sansws::deflate::{Agreed, Deflater};
/// use sansws::{Config, Connection, Role};
///
/// let mut deflater = Deflater::new();
/// let mut conn = Connection::new(Role::Server, Config::new().deflate(Agreed::new()));
/// let mut out = Vec::new();
/// let text = "a".repeat(1000);
/// conn.send_compressed(&text, &mut deflater, &mut out)?;
/// assert!(out.len() < 20);
/// # Ok::<(), sansws::SendError>(())
/// ```
pub struct Deflater {
    engines: Vec<Engine>,
    level: u8,
    memory_level: u8,
    threshold: usize,
    only_if_smaller: bool,
}

impl Deflater {
    /// A deflater with level 6 and memory level 8, for messages from 64 bytes on that get smaller.
    pub const fn new() -> Self {
        Self { engines: Vec::new(), level: 6, memory_level: 8, threshold: 64, only_if_smaller: true }
    }

    /// How hard to try, 0 (not at all) to 9; 6 unless set. 1 is several times as fast. Drops what was allocated.
    #[must_use]
    pub fn level(mut self, level: u8) -> Self {
        self.level = level.min(9);
        self.engines.clear();
        self
    }

    /// How much memory to use, 1 to 9; 8 unless set. At 1 it is 110 KiB less. Drops what was allocated.
    #[must_use]
    pub fn memory_level(mut self, level: u8) -> Self {
        self.memory_level = level.clamp(1, 9);
        self.engines.clear();
        self
    }

    /// The length in bytes from which on messages are compressed; 64 unless set. Fragments have no threshold.
    #[must_use]
    pub const fn threshold(mut self, bytes: usize) -> Self {
        self.threshold = bytes;
        self
    }

    /// Whether a message that does not get smaller is sent as it is; on unless set.
    #[must_use]
    pub const fn only_if_smaller(mut self, on: bool) -> Self {
        self.only_if_smaller = on;
        self
    }

    /// Whether a message is long enough.
    pub(crate) fn wants(&self, plain: &[u8]) -> bool {
        plain.len() >= self.threshold
    }

    /// Appends a whole message to `out`, compressed for a window of `bits`. With a history it may refer to what was
    /// sent before, and is added to it. False if it is better sent as it is: nothing has changed then.
    pub(crate) fn message(
        &mut self,
        plain: &[u8],
        bits: u8,
        history: Option<&mut History>,
        out: &mut Vec<u8>,
    ) -> bool {
        let most = if self.only_if_smaller { plain.len().saturating_sub(1) } else { usize::MAX };
        let start = out.len();
        let engine = self.engine(bits);
        engine.begin(history.as_deref());
        // An engine that has worked for nothing, or failed, is loaded anew from the history: nothing enters the
        // window that is not sent (7.2.3.2).
        let flush = if history.is_some() { DeflateFlush::SyncFlush } else { DeflateFlush::FullFlush };
        let is_done = engine.run(plain, flush, most.saturating_add(TAIL.len()), out).is_some();
        if is_done {
            // A full flush is as good as a reset, and costs less.
            engine.is_new = history.is_none();
            cut_tail(start, out);
        }
        if !is_done || out.len() - start > most {
            out.truncate(start);
            return false;
        }
        if let Some(history) = history {
            if history.append(plain) {
                engine.seen.set(history);
            } else {
                out.truncate(start);
                return false;
            }
        }
        true
    }

    /// Appends a fragment to `out`, which may refer to the history and is added to it; false if that failed, after
    /// which the message cannot go on.
    pub(crate) fn fragment(
        &mut self,
        plain: &[u8],
        last: bool,
        bits: u8,
        history: &mut History,
        out: &mut Vec<u8>,
    ) -> bool {
        let start = out.len();
        let mut is_done = true;
        if !plain.is_empty() {
            let engine = self.engine(bits);
            engine.begin(Some(history));
            is_done = engine.run(plain, DeflateFlush::SyncFlush, usize::MAX, out).is_some()
                && history.append(plain);
            engine.seen.set(history);
        }
        if last {
            cut_tail(start, out);
        }
        is_done
    }

    fn engine(&mut self, bits: u8) -> &mut Engine {
        let index = self.engines.iter().position(|engine| engine.bits == bits).unwrap_or_else(|| {
            self.engines.push(Engine::new(self.level, self.memory_level, bits));
            self.engines.len() - 1
        });
        &mut self.engines[index]
    }
}

impl Default for Deflater {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest is bytes of messages.
        f.debug_struct("Deflater")
            .field("level", &self.level)
            .field("memory_level", &self.memory_level)
            .field("threshold", &self.threshold)
            .field("only_if_smaller", &self.only_if_smaller)
            .finish_non_exhaustive()
    }
}

/// 7.2.1, 7.2.3.6: the end of a message goes without the tail, and is never empty.
fn cut_tail(start: usize, out: &mut Vec<u8>) {
    if out[start..].ends_with(&TAIL) {
        out.truncate(out.len() - TAIL.len());
    } else {
        // Nothing was to be flushed: the header of an empty stored block.
        out.push(0);
    }
}

/// An encoder for one size of window.
struct Engine {
    deflate: Deflate,
    bits: u8,
    seen: Seen,
    /// Nothing has gone through it since it was made, reset, or flushed in full.
    is_new: bool,
}

impl Engine {
    fn new(level: u8, memory_level: u8, bits: u8) -> Self {
        let deflate = Deflate::new_with_config(DeflateConfig {
            level: i32::from(level),
            // Negative: no header around the data.
            window_bits: -i32::from(bits),
            mem_level: i32::from(memory_level),
            ..DeflateConfig::default()
        });
        Self { deflate, bits, seen: Seen::default(), is_new: true }
    }

    /// Makes ready for a message, behind a history if there is context takeover.
    fn begin(&mut self, history: Option<&History>) {
        if !history.is_some_and(|history| self.seen.is(history)) {
            if !self.is_new {
                self.deflate.reset();
            }
            for part in history.map_or([&[][..], &[]], History::parts) {
                if !part.is_empty() {
                    // It fails only in the middle of a message.
                    let _ = self.deflate.set_dictionary(part);
                }
            }
        }
        self.seen.forget();
        self.is_new = false;
    }

    /// Compresses and flushes, so that the output ends between two bytes; `None` beyond `most` bytes of output.
    fn run(&mut self, plain: &[u8], flush: DeflateFlush, most: usize, out: &mut Vec<u8>) -> Option<()> {
        let (begun, mut rest) = (out.len(), plain);
        loop {
            let start = out.len();
            let room = (most - (start - begun)).min(BLOCK);
            if room == 0 {
                return None;
            }
            out.resize(start + room, 0);
            let before = (self.deflate.total_in(), self.deflate.total_out());
            let result = self.deflate.compress(rest, &mut out[start..], flush);
            let made = (self.deflate.total_out() - before.1) as usize;
            rest = &rest[(self.deflate.total_in() - before.0) as usize..];
            out.truncate(start + made);
            result.ok()?;
            if made < room && rest.is_empty() {
                return Some(());
            }
        }
    }
}

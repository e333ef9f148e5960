//! Decompressing (RFC 7692 7.2.2).

use alloc::boxed::Box;
use core::fmt;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::history::{History, Seen};
use crate::error::Violation;
use crate::message::{Kind, Part, make_room};
use crate::utf8::Text;

/// The least and the most room in bytes that is made at a time for what comes out: in few large pieces it comes fastest.
const ROOM: core::ops::RangeInclusive<usize> = 2048..=64 * 1024;

/// How many times its length compressed data is taken to have once it is decompressed. Most has less.
const RATIO: usize = 8;

/// 7.2.2: what the sender has taken off, behind the header of an empty stored block. The byte after it is not to be
/// taken; as a part of a stored block's length it would be wrong.
const TAIL: [u8; 5] = [0x00, 0x00, 0xff, 0xff, 0x5a];

/// The most bytes of a compressed message that is put together with its end: what a step costs is little beside more.
const SHORT: usize = 1024;

/// Bytes behind a short message: its end, and any others, for with fewer than 15 left the decoder is slow.
const PADDED: usize = TAIL.len() + 19;

/// A decoder that serves any connection, one message after the other.
///
/// It always takes a window of 32 KiB, of which a smaller one is a part: what matters is what it is loaded with.
pub(super) struct Engine {
    inflate: Inflate,
    seen: Seen,
    /// Nothing has gone through it since it was made or reset.
    is_new: bool,
    /// The last byte taken was the end of a block that said it was the last.
    ended: bool,
}

/// What one call has done.
pub(super) struct Step {
    pub(super) taken: usize,
    pub(super) made: usize,
    /// A block that says it is the last has ended: load the engine again, for others may come.
    pub(super) ended: bool,
    /// What comes next is malformed. What was made before it counts: bytes that come one by one show it first.
    pub(super) failed: bool,
}

impl Engine {
    pub(super) fn new() -> Self {
        Self { inflate: Inflate::new(false, 15), seen: Seen::default(), is_new: true, ended: false }
    }

    /// Makes ready for a message, behind a history if there is context takeover.
    pub(super) fn begin(&mut self, history: Option<&History>) {
        // The block that ended the message before may have been a last one, behind which nothing comes from here.
        if history.is_some_and(|history| self.seen.is(history))
            && self.run(&[], &mut [0; 1], InflateFlush::NoFlush).ended
        {
            self.seen.forget();
        }
        self.ready(history);
    }

    fn ready(&mut self, history: Option<&History>) {
        if !history.is_some_and(|history| self.seen.is(history)) {
            self.load(history.map_or([&[], &[]], History::parts));
        }
        self.seen.forget();
        self.ended = false;
    }

    /// Begins anew, behind these bytes.
    pub(super) fn load<const N: usize>(&mut self, past: [&[u8]; N]) {
        if !self.is_new {
            self.inflate.reset(false);
            self.is_new = true;
        }
        for part in past.into_iter().filter(|part| !part.is_empty()) {
            // Without a header around the data any bytes may be what it refers to.
            let _ = self.inflate.set_dictionary(part);
            self.is_new = false;
        }
    }

    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        self.is_new = false;
        let step = self.run(input, output, InflateFlush::NoFlush);
        // 7.2.3.4: what follows begins at a byte, and may look back behind the end.
        self.ended = step.ended || self.ended && step.taken == 0;
        step
    }

    /// Decompresses a whole message of `length` bytes, behind which its end and some bytes more follow in `input`, in a
    /// step for each block. `None` if it is not as most are, or fills `output`: begin again and go step by step, for
    /// what came out may be made of more than the message.
    fn message(
        &mut self,
        input: &[u8],
        length: usize,
        output: &mut [u8],
        history: Option<&History>,
    ) -> Option<usize> {
        self.ready(history);
        self.is_new = false;
        let (mut taken, mut made) = (0, 0);
        while taken <= length && made < output.len() {
            let step = self.run(&input[taken..], &mut output[made..], InflateFlush::Block);
            (taken, made) = (taken + step.taken, made + step.made);
            // Otherwise it stops only where a block ends: there is more input, and room.
            let is_whole = if step.ended { taken == length } else { taken == length + 4 && step.made == 0 };
            if is_whole || step.failed || step.ended {
                return (is_whole && !step.failed).then_some(made);
            }
        }
        None
    }

    /// Adds what the sender has taken off. Then the decoder has to be between two blocks and two bytes, with
    /// nothing half done, or the message was cut off.
    pub(super) fn finish(&mut self) -> Result<(), Violation> {
        // After a last block all is said already. Strictly a byte is missing then, but senders that use such blocks do
        // not add it.
        if self.ended {
            return Ok(());
        }
        self.is_new = false;
        // Asked to, it stops at the end of a block, so it leaves the last byte alone.
        let step = self.run(&TAIL, &mut [0; 1], InflateFlush::Block);
        if step.failed || step.taken != 4 || step.made > 0 { Err(Violation::InvalidDeflate) } else { Ok(()) }
    }

    /// Another message may follow the one that has ended, which was added to the history.
    pub(super) fn follow(&mut self, history: &History) {
        self.seen.set(history);
    }

    fn run(&mut self, input: &[u8], output: &mut [u8], flush: InflateFlush) -> Step {
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, output, flush);
        Step {
            taken: (self.inflate.total_in() - before.0) as usize,
            made: (self.inflate.total_out() - before.1) as usize,
            ended: status == Ok(Status::StreamEnd),
            failed: status.is_err(),
        }
    }
}

/// What a message buffer decompresses with.
pub(crate) struct Unpacker {
    engine: Engine,
    /// The bytes taken so far of the message that is open.
    taken: Option<u64>,
    /// A short message with its end.
    packed: [u8; SHORT + PADDED],
}

impl Unpacker {
    /// The memory that one holds in bytes, about.
    pub(crate) const MEMORY: usize = 48 * 1024;

    pub(crate) fn new() -> Box<Self> {
        Box::new(Self { engine: Engine::new(), taken: None, packed: [0; SHORT + PADDED] })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.taken.is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.taken = None;
    }

    /// Appends what a piece of a compressed message says to `text`, and the message, if it ends, to the history.
    pub(crate) fn unpack(
        &mut self,
        mut piece: Part<'_>,
        text: &mut Text,
        history: Option<&mut History>,
        max_message: u64,
    ) -> Result<(), Violation> {
        let past = Past { history: history.as_deref(), max_message };
        let begins = piece.offset == 0 && self.taken.is_none() && text.bytes().is_empty();
        if !(begins && piece.is_last && self.unpack_short(&piece, text, past)?) {
            if let Some(key) = &mut piece.key {
                key.apply(piece.bytes);
            }
            if begins {
                self.engine.begin(past.history);
                self.taken = Some(0);
            }
            self.unpack_some(&piece, text, past)?;
            if !piece.is_last {
                return Ok(());
            }
            self.taken = None;
            self.engine.finish()?;
        }
        if let Some(history) = history {
            if !history.append(text.bytes()) {
                return Err(Violation::Internal);
            }
            self.engine.follow(history);
        }
        Ok(())
    }

    /// Takes the short way with a short message; false if there is none.
    fn unpack_short(&mut self, piece: &Part<'_>, text: &mut Text, past: Past<'_>) -> Result<bool, Violation> {
        let length = piece.bytes.len();
        if !(1..=SHORT).contains(&length) {
            return Ok(false);
        }
        let packed = &mut self.packed[..length + PADDED];
        match piece.key {
            Some(mut key) => key.apply_over(piece.bytes, packed),
            None => packed[..length].copy_from_slice(piece.bytes),
        }
        packed[length..length + TAIL.len()].copy_from_slice(&TAIL);
        let room = make_space(length, text, past.max_message)?;
        let made = self.engine.message(packed, length, text.space(room), past.history);
        made.map_or(Ok(false), |made| fill(made, piece.kind, text).map(|()| true))
    }

    fn unpack_some(&mut self, piece: &Part<'_>, text: &mut Text, past: Past<'_>) -> Result<(), Violation> {
        // Another buffer than the one that took the beginning.
        if self.taken != Some(piece.offset) {
            return Err(Violation::Internal);
        }
        self.taken = Some(piece.offset + piece.bytes.len() as u64);
        let mut rest = &piece.bytes[..];
        loop {
            let room = make_space(rest.len(), text, past.max_message)?;
            let step = if room > 0 {
                let step = self.engine.step(rest, text.space(room));
                fill(step.made, piece.kind, text)?;
                step
            } else {
                // All that is allowed is there: whether a byte more comes.
                let step = self.engine.step(rest, &mut [0; 1]);
                if step.made > 0 {
                    let length = past.max_message.saturating_add(1);
                    return Err(Violation::MessageTooBig { length, limit: past.max_message });
                }
                step
            };
            if step.failed {
                return Err(Violation::InvalidDeflate);
            }
            rest = &rest[step.taken..];
            if step.ended {
                let [older, newer] = past.history.map_or([&[][..], &[]], History::parts);
                self.engine.load([older, newer, text.bytes()]);
            } else if rest.is_empty() && step.made < room.max(1) {
                return Ok(());
            }
        }
    }
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest is bytes of messages.
        f.debug_struct("Unpacker").field("taken", &self.taken).finish_non_exhaustive()
    }
}

/// Makes room for what comes out of so many bytes, up to the limit, and tells how much there is.
fn make_space(packed: usize, text: &mut Text, max_message: u64) -> Result<usize, Violation> {
    let left = max_message - text.bytes().len() as u64;
    let room = packed.saturating_mul(RATIO).clamp(*ROOM.start(), *ROOM.end());
    // Memory that is there anyway spares a second step for the end.
    let room = room.max(text.capacity() - text.bytes().len());
    let room = usize::try_from(left).unwrap_or(usize::MAX).min(room);
    make_room(text, room, max_message)?;
    Ok(room)
}

/// Takes what was made from the beginning of the space.
fn fill(made: usize, kind: Kind, text: &mut Text) -> Result<(), Violation> {
    match kind {
        Kind::Binary => text.fill_binary(made, &mut None),
        Kind::Text => text.fill_text(made, &mut None).map_err(|_| Violation::InvalidUtf8)?,
    }
    Ok(())
}

/// What a message may refer to, and how long it may be.
#[derive(Clone, Copy)]
struct Past<'h> {
    history: Option<&'h History>,
    max_message: u64,
}

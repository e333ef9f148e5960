//! Decompressing (RFC 7692 7.2.2).

use alloc::boxed::Box;
use core::fmt;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::history::{History, Seen};
use super::params::Side;
use crate::error::Violation;
use crate::message::{Kind, make_room};
use crate::utf8::Text;

/// The least and the most room in bytes that is made at a time for what comes out: in few large pieces it comes fastest.
const ROOM: core::ops::RangeInclusive<usize> = 2048..=64 * 1024;

/// How many times its length compressed data is taken to have once it is decompressed. Most has less.
const RATIO: usize = 8;

/// 7.2.2: what the sender has taken off, behind the header of an empty stored block. The byte after it is not to be
/// taken; as a part of a stored block's length it would be wrong.
const TAIL: [u8; 5] = [0x00, 0x00, 0xff, 0xff, 0x5a];

/// A decoder that serves any connection, one message after the other.
///
/// It always takes a window of 32 KiB, of which a smaller one is a part: what matters is what it is loaded with.
struct Engine {
    inflate: Inflate,
    seen: Seen,
    /// Nothing has gone through it since it was made or reset.
    is_new: bool,
    /// The last byte taken was the end of a block that said it was the last.
    ended: bool,
}

/// What one call has done.
struct Step {
    taken: usize,
    made: usize,
    /// A block that says it is the last has ended: load the engine again, for others may come.
    ended: bool,
}

impl Engine {
    fn new() -> Self {
        Self { inflate: Inflate::new(false, 15), seen: Seen::default(), is_new: true, ended: false }
    }

    /// Makes ready for a message, behind a history if there is context takeover.
    fn begin(&mut self, history: Option<&History>) {
        if !history.is_some_and(|history| self.seen.is(history)) {
            self.load(history.map_or([&[], &[]], History::parts));
        }
        self.seen.forget();
        self.ended = false;
    }

    /// Begins anew, behind these bytes.
    fn load<const N: usize>(&mut self, past: [&[u8]; N]) {
        if !self.is_new {
            self.inflate.reset(false);
            self.is_new = true;
        }
        for part in past {
            // Without a header around the data any bytes may be what it refers to.
            let _ = self.inflate.set_dictionary(part);
            self.is_new &= part.is_empty();
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Violation> {
        self.is_new = false;
        let step = self.run(input, output, InflateFlush::NoFlush)?;
        // 7.2.3.4: what follows begins at a byte, and may look back behind the end.
        self.ended = step.ended || self.ended && step.taken == 0;
        Ok(step)
    }

    /// Adds what the sender has taken off. Then the decoder has to be between two blocks and two bytes, with
    /// nothing half done, or the message was cut off.
    fn finish(&mut self) -> Result<(), Violation> {
        // All is said already. Strictly a byte is missing then, but senders that use such blocks do not add it.
        if self.ended {
            return Ok(());
        }
        self.is_new = false;
        // Asked to, it stops at the end of a block, so it leaves the last byte alone.
        let step = self.run(&TAIL, &mut [0; 1], InflateFlush::Block)?;
        if step.taken == 4 && step.made == 0 && !step.ended { Ok(()) } else { Err(Violation::InvalidDeflate) }
    }

    fn run(&mut self, input: &[u8], output: &mut [u8], flush: InflateFlush) -> Result<Step, Violation> {
        let before = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(input, output, flush).map_err(|_| Violation::InvalidDeflate)?;
        Ok(Step {
            taken: (self.inflate.total_in() - before.0) as usize,
            made: (self.inflate.total_out() - before.1) as usize,
            ended: status == Status::StreamEnd,
        })
    }
}

/// What a message buffer decompresses with.
pub(crate) struct Unpacker {
    engine: Engine,
    /// The bytes taken so far of the message that is open.
    taken: Option<u64>,
}

impl Unpacker {
    /// The memory that one holds in bytes, about.
    pub(crate) const MEMORY: usize = 48 * 1024;

    pub(crate) fn new() -> Box<Self> {
        Box::new(Self { engine: Engine::new(), taken: None })
    }

    pub(crate) fn is_open(&self) -> bool {
        self.taken.is_some()
    }

    pub(crate) fn clear(&mut self) {
        self.taken = None;
    }

    /// Appends what a piece of a message says to `text`; `offset` counts the bytes of the message before it.
    pub(crate) fn unpack(
        &mut self,
        piece: &Packed<'_>,
        text: &mut Text,
        past: Past<'_>,
    ) -> Result<(), Violation> {
        if piece.offset == 0 && self.taken.is_none() && text.bytes().is_empty() {
            self.engine.begin(past.history);
            self.taken = Some(0);
        }
        // Another buffer than the one that took the beginning.
        if self.taken != Some(piece.offset) {
            return Err(Violation::Internal);
        }
        self.taken = Some(piece.offset + piece.bytes.len() as u64);
        let mut rest = piece.bytes;
        loop {
            let left = past.max_message - text.bytes().len() as u64;
            let room = rest.len().saturating_mul(RATIO).clamp(*ROOM.start(), *ROOM.end());
            let room = usize::try_from(left).unwrap_or(usize::MAX).min(room);
            let step = if room > 0 {
                make_room(text, room, past.max_message)?;
                let step = self.engine.step(rest, text.space(room))?;
                match piece.kind {
                    Kind::Binary => text.fill_binary(step.made, &mut None),
                    Kind::Text => {
                        text.fill_text(step.made, &mut None).map_err(|_| Violation::InvalidUtf8)?;
                    }
                }
                step
            } else {
                // All that is allowed is there: whether a byte more comes.
                let step = self.engine.step(rest, &mut [0; 1])?;
                if step.made > 0 {
                    let length = past.max_message.saturating_add(1);
                    return Err(Violation::MessageTooBig { length, limit: past.max_message });
                }
                step
            };
            rest = &rest[step.taken..];
            if step.ended {
                let [older, newer] = past.history.map_or([&[][..], &[]], History::parts);
                self.engine.load([older, newer, text.bytes()]);
            } else if rest.is_empty() && step.made < room.max(1) {
                return Ok(());
            }
        }
    }

    /// Ends the message, and adds it to the history.
    pub(crate) fn finish(&mut self, text: &Text, history: Option<&mut History>) -> Result<(), Violation> {
        self.taken = None;
        self.engine.finish()?;
        if let Some(history) = history {
            if !history.append(text.bytes()) {
                return Err(Violation::Internal);
            }
            self.engine.seen.set(history);
        }
        Ok(())
    }
}

impl fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The rest is bytes of messages.
        f.debug_struct("Unpacker").field("taken", &self.taken).finish_non_exhaustive()
    }
}

/// A piece of a message, unmasked and still compressed.
pub(crate) struct Packed<'b> {
    pub(crate) bytes: &'b [u8],
    pub(crate) kind: Kind,
    /// How many bytes of the message came before.
    pub(crate) offset: u64,
}

/// What a message may refer to, and how long it may be.
#[derive(Clone, Copy)]
pub(crate) struct Past<'h> {
    pub(crate) history: Option<&'h History>,
    pub(crate) max_message: u64,
}

/// Decompresses the messages of one connection piece by piece, for those who receive them in chunks:
/// [`Connection::inflater`](crate::Connection::inflater).
///
/// It holds about 100 KiB from the first compressed message on. It has to see every compressed message of the
/// connection, and only these. That text is UTF-8 is left to [`utf8::Validator`](crate::utf8::Validator).
///
/// ```
/// use sansws::deflate::Agreed;
/// use sansws::{Config, Connection, Event, Input, Role};
///
/// let mut conn = Connection::new(Role::Client([7; 32]), Config::new().deflate(Agreed::new()));
/// let mut inflater = conn.inflater().expect("compression was agreed to");
/// let (mut buf, mut out, mut plain) = ([0; 4096], Vec::new(), Vec::<u8>::new());
/// let mut bytes = *b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00";
/// let mut input = Input::new(&mut bytes);
/// while let Some(event) = conn.receive(&mut input, &mut out) {
///     let Event::Data(chunk) = event else { continue };
///     if !chunk.is_compressed() {
///         plain.extend(chunk.bytes());
///         continue;
///     }
///     let mut rest = chunk.bytes();
///     loop {
///         match inflater.inflate(&mut rest, chunk.is_last(), &mut buf) {
///             Ok(0) => break,
///             Ok(count) => plain.extend(&buf[..count]),
///             Err(violation) => {
///                 let _ = conn.fail(violation.close_code(), "", &mut out);
///                 break;
///             }
///         }
///     }
/// }
/// assert_eq!(plain, b"Hello");
/// ```
pub struct Inflater {
    engine: Option<Box<Engine>>,
    history: History,
    takeover: bool,
    max_message: u64,
    /// The bytes made so far of the message that is open.
    made: Option<u64>,
    failed: bool,
}

impl Inflater {
    pub(crate) fn new(side: Side, max_message: u64) -> Self {
        Self {
            engine: None,
            // As large as the engine's window, for blocks that say they are the last.
            history: History::new(15),
            takeover: side.takeover,
            max_message,
            made: None,
            failed: false,
        }
    }

    /// Decompresses from `input`, from which it removes what it has taken, into `output`, and returns the number of
    /// bytes made. 0 says that nothing more is to be had from this input: if `is_last`, the message is complete.
    ///
    /// `is_last` is for the input that ends the message, and has to be the same until 0 comes; `output` must not
    /// be empty.
    ///
    /// # Errors
    ///
    /// [`Violation::InvalidDeflate`]; [`Violation::MessageTooBig`] if the message exceeds
    /// [`Config::max_message`](crate::Config::max_message) of the connection. Fail the connection with
    /// [`Violation::close_code`]; any further call is an error, too.
    pub fn inflate(
        &mut self,
        input: &mut &[u8],
        is_last: bool,
        output: &mut [u8],
    ) -> Result<usize, Violation> {
        if self.failed {
            return Err(Violation::InvalidDeflate);
        }
        self.failed = true;
        let made = self.inflate_some(input, is_last, output)?;
        self.failed = false;
        Ok(made)
    }

    fn inflate_some(
        &mut self,
        input: &mut &[u8],
        is_last: bool,
        output: &mut [u8],
    ) -> Result<usize, Violation> {
        let engine = self.engine.get_or_insert_with(|| Box::new(Engine::new()));
        if self.made.is_none() {
            if !self.takeover {
                self.history.clear();
            }
            engine.begin(self.takeover.then_some(&self.history));
        }
        let before = self.made.unwrap_or(0);
        let left = self.max_message - before;
        let room = usize::try_from(left.saturating_add(1)).unwrap_or(usize::MAX).min(output.len());
        loop {
            let step = engine.step(input, &mut output[..room])?;
            *input = &input[step.taken..];
            let made = before + step.made as u64;
            if made > self.max_message {
                return Err(Violation::MessageTooBig { length: made, limit: self.max_message });
            }
            self.made = Some(made);
            if !self.history.append(&output[..step.made]) {
                return Err(Violation::Internal);
            }
            if step.ended {
                engine.load(self.history.parts());
            }
            if step.made > 0 {
                return Ok(step.made);
            }
            if step.taken == 0 || input.is_empty() && !step.ended {
                break;
            }
        }
        if is_last && input.is_empty() {
            engine.finish()?;
            engine.seen.set(&self.history);
            self.made = None;
        }
        Ok(0)
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater").field("made", &self.made).finish_non_exhaustive()
    }
}

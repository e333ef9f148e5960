//! Decompressing for those who receive messages in chunks.

use alloc::boxed::Box;
use core::fmt;

use super::history::History;
use super::inflate::Engine;
use super::params::Side;
use crate::error::Violation;

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
        let (made, is_malformed) = self.inflate_some(input, is_last, output)?;
        // What was made before it is good; the next call tells.
        self.failed = is_malformed;
        Ok(made)
    }

    fn inflate_some(
        &mut self,
        input: &mut &[u8],
        is_last: bool,
        output: &mut [u8],
    ) -> Result<(usize, bool), Violation> {
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
            let step = engine.step(input, &mut output[..room]);
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
                return Ok((step.made, step.failed));
            }
            if step.failed {
                return Err(Violation::InvalidDeflate);
            }
            if !step.ended && (step.taken == 0 || input.is_empty()) {
                break;
            }
        }
        if is_last && input.is_empty() {
            engine.finish()?;
            if self.takeover {
                engine.follow(&self.history);
            }
            self.made = None;
        }
        Ok((0, false))
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater").field("made", &self.made).finish_non_exhaustive()
    }
}

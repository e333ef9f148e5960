//! What a frame means to the one who receives it, rule by rule in the order of the frame's bytes, and with which of
//! them it is known.

use sansws::{CloseCode, Violation};

use crate::common::Got;
use crate::wire::{Frame, shortest};

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub frame: u64,
    pub message: u64,
    pub fragments: u32,
}

pub struct Reader {
    pub is_server: bool,
    pub limits: Limits,
    pub open: Option<Open>,
    /// Nothing that comes has a meaning any more.
    pub stopped: bool,
}

/// A message whose last frame has not come.
pub struct Open {
    pub is_text: bool,
    pub bytes: Vec<u8>,
    pub frames: u32,
}

impl Reader {
    /// What is told of the frame, and after how many of its bytes: at most one thing.
    pub fn read(&mut self, frame: &Frame) -> Option<(usize, Got)> {
        if self.stopped {
            return None;
        }
        let told = match self.judge(frame) {
            Ok(()) if frame.is_control() => self.control(frame),
            Ok(()) => self.data(frame),
            Err((at, violation)) => Some((at, Got::Failed(violation))),
        };
        self.stopped = matches!(told, Some((_, Got::Failed(_) | Got::Close(..))));
        told
    }

    /// What is wrong with the header, and with which byte of it.
    fn judge(&self, frame: &Frame) -> Result<(), (usize, Violation)> {
        let Frame { fin, rsv, opcode, length, .. } = *frame;
        let is_control = frame.is_control();
        let held = self.open.as_ref().map_or(0, |open| open.bytes.len() as u64);
        let frames = self.open.as_ref().map_or(0, |open| open.frames);
        let (first, second, length_end, header_end) = (1, 2, frame.length_end(), frame.header_end());
        let Limits { frame: max_frame, message: max_message, fragments: max_fragments } = self.limits;
        let rules = [
            (rsv != 0, first, Violation::ReservedBits(rsv)),
            (![0, 1, 2, 8, 9, 10].contains(&opcode), first, Violation::ReservedOpcode(opcode)),
            (is_control && !fin, first, Violation::FragmentedControl),
            (opcode == 0 && self.open.is_none(), first, Violation::StrayContinuation),
            ((opcode == 1 || opcode == 2) && self.open.is_some(), first, Violation::InterleavedMessage),
            (self.is_server && frame.key.is_none(), second, Violation::NotMasked),
            (!self.is_server && frame.key.is_some(), second, Violation::Masked),
            (is_control && frame.form != crate::wire::Form::Seven, second, Violation::LongControl),
            (length >= 1 << 63, length_end, Violation::LengthOverflow),
            (frame.form != shortest(length), length_end, Violation::LengthNotMinimal(length)),
            (
                !is_control && length > max_frame,
                length_end,
                Violation::FrameTooBig { length, limit: max_frame },
            ),
            (
                !is_control && held.saturating_add(length) > max_message,
                length_end,
                Violation::MessageTooBig { length: held.saturating_add(length), limit: max_message },
            ),
            (
                !is_control && frames + 1 > max_fragments,
                header_end,
                Violation::TooManyFragments { limit: max_fragments },
            ),
        ];
        rules
            .into_iter()
            .find(|(broken, ..)| *broken)
            .map_or(Ok(()), |(_, at, violation)| Err((at, violation)))
    }

    fn data(&mut self, frame: &Frame) -> Option<(usize, Got)> {
        let fresh = Open { is_text: frame.opcode == 1, bytes: Vec::new(), frames: 0 };
        let mut open = self.open.take().unwrap_or(fresh);
        let held = open.bytes.len();
        open.bytes.extend(&frame.payload);
        open.frames += 1;
        let is_whole = frame.fin && frame.length == frame.payload.len() as u64;
        let invalid = Got::Failed(Violation::InvalidUtf8);
        if open.is_text {
            if let Some(bad) = first_bad_byte(&open.bytes) {
                return Some((frame.header_end() + bad + 1 - held, invalid));
            }
        }
        if !is_whole {
            self.open = Some(open);
            return None;
        }
        let message = match String::from_utf8(open.bytes) {
            Ok(text) if open.is_text => Got::Text(text),
            Ok(text) => Got::Binary(text.into_bytes()),
            Err(_) if open.is_text => invalid,
            Err(error) => Got::Binary(error.into_bytes()),
        };
        Some((frame.end(), message))
    }

    fn control(&mut self, frame: &Frame) -> Option<(usize, Got)> {
        if frame.length > frame.payload.len() as u64 {
            return None;
        }
        let told = match frame.opcode {
            9 => Got::Ping(frame.payload.clone()),
            10 => Got::Pong(frame.payload.clone()),
            _ => close(&frame.payload),
        };
        Some((frame.end(), told))
    }
}

/// RFC 6455 5.5.1 and 7.4.
fn close(body: &[u8]) -> Got {
    match body {
        [] => Got::Close(None, String::new()),
        [_] => Got::Failed(Violation::CloseBody),
        [high, low, reason @ ..] => {
            let code = u16::from(*high) * 256 + u16::from(*low);
            match String::from_utf8(reason.into()) {
                _ if !is_on_the_wire(code) => Got::Failed(Violation::CloseCode(CloseCode(code))),
                Err(_) => Got::Failed(Violation::CloseReason),
                Ok(reason) => Got::Close(Some(code), reason),
            }
        }
    }
}

/// 7.4.1 and the registry: 1004 has no meaning yet, 1005, 1006 and 1015 are never sent, 1016 to 2999 are not assigned.
pub fn is_on_the_wire(code: u16) -> bool {
    match code {
        1004 | 1005 | 1006 | 1015 => false,
        1000..1016 | 3000..5000 => true,
        _ => false,
    }
}

/// The byte with which there is no more hope for the text to be UTF-8.
pub fn first_bad_byte(bytes: &[u8]) -> Option<usize> {
    let good = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
    let is_hopeless = |end: &usize| {
        std::str::from_utf8(&bytes[good..=*end]).is_err_and(|error| error.error_len().is_some())
    };
    (good..bytes.len()).find(is_hopeless)
}

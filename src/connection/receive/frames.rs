//! The frames of a receiver, one after the other: headers and control frames.

use super::Receiver;
use crate::close;
use crate::connection::Event;
use crate::error::Violation;
#[cfg(feature = "deflate")]
use crate::frame::COMPRESSED;
use crate::frame::{Expect, Header, MAX_HEADER, Opcode};
use crate::input::Input;
use crate::message::Kind;

impl Receiver {
    /// Reads a header and sets up its frame; `None` asks for more input.
    pub(super) fn begin_frame(&mut self, input: &mut Input<'_>) -> Result<Option<Opcode>, Violation> {
        if input.is_empty() {
            return Ok(None);
        }
        self.control_len = 0;
        let Some(header) = self.header(input)? else { return Ok(None) };
        let Header { fin, opcode, key, payload_len } = header;
        match opcode {
            Opcode::Text => self.begin_message(Kind::Text),
            Opcode::Binary => self.begin_message(Kind::Binary),
            _ => {}
        }
        if !opcode.is_control() {
            self.fragments = self.fragments.saturating_add(1);
            if self.fragments > self.max_fragments {
                return Err(Violation::TooManyFragments { limit: self.max_fragments });
            }
            // No overflow: the sum was found to be within the limit.
            self.announced += payload_len;
            self.fin = fin;
        }
        self.opcode = Some(opcode);
        self.key = key.unwrap_or_default();
        self.frame_left = payload_len;
        Ok(Some(opcode))
    }

    fn begin_message(&mut self, kind: Kind) {
        self.message = Some(kind);
        self.fragments = 0;
        self.announced = 0;
    }

    /// Takes a header from the input, behind what the spill holds of it; an unfinished one goes there.
    fn header(&mut self, input: &mut Input<'_>) -> Result<Option<Header>, Violation> {
        let spilled = usize::from(self.header_len);
        let peeked = input.rest().len().min(MAX_HEADER - spilled);
        let bytes = &mut self.spill[..spilled + peeked];
        bytes[spilled..].copy_from_slice(&input.rest()[..peeked]);
        #[cfg(feature = "deflate")]
        let begins_compressed = self.inbound.take_mark(bytes, self.message.is_some());
        #[cfg(feature = "deflate")]
        let max_message = match (begins_compressed, self.message) {
            (false, None) => self.max_message,
            (false, Some(_)) if !self.inbound.is_compressed() => self.max_message,
            // The length of compressed bytes tells nothing of the message's.
            _ => u64::MAX,
        };
        #[cfg(not(feature = "deflate"))]
        let max_message = self.max_message;
        let expect = Expect {
            masked: self.masked,
            open_message: self.message.map(|_| self.announced),
            max_frame: self.max_frame,
            max_message,
        };
        match Header::decode(bytes, expect)? {
            Some((header, size)) => {
                input.take(size - spilled);
                self.header_len = 0;
                #[cfg(feature = "deflate")]
                if matches!(header.opcode, Opcode::Text | Opcode::Binary) {
                    self.inbound.begin_message(begins_compressed);
                }
                Ok(Some(header))
            }
            None => {
                #[cfg(feature = "deflate")]
                if begins_compressed {
                    bytes[0] |= COMPRESSED;
                }
                input.take(peeked);
                self.header_len += peeked as u8;
                Ok(None)
            }
        }
    }

    /// Takes the payload of a control frame; `None` asks for more input.
    pub(super) fn control<D>(&mut self, opcode: Opcode, input: &mut Input<'_>) -> Option<Event<D>> {
        // At most 125 bytes are left: the header was judged.
        let taken = input.take(self.frame_left as usize);
        let start = usize::from(self.control_len);
        self.spill[start..start + taken.len()].copy_from_slice(taken);
        self.control_len += taken.len() as u8;
        self.frame_left -= taken.len() as u64;
        if self.frame_left > 0 {
            return None;
        }
        self.opcode = None;
        let payload = &mut self.spill[..usize::from(self.control_len)];
        if self.masked {
            self.key.apply(payload);
        }
        Some(match opcode {
            Opcode::Ping => Event::Ping,
            Opcode::Pong => Event::Pong,
            _ => match close::decode_body(payload) {
                Ok(code) => {
                    self.closed = true;
                    self.stop();
                    input.swallow();
                    Event::Close(code)
                }
                Err(violation) => self.fail(violation, input),
            },
        })
    }
}

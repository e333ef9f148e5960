//! One frame header: its rules, reading it and writing it (RFC 6455 5.2).

use alloc::vec::Vec;
use core::fmt;

use crate::close::MAX_CONTROL_PAYLOAD;
use crate::error::Violation;
use crate::mask::MaskingKey;

/// The longest header in bytes: two, a 64-bit length and a masking key.
pub const MAX_HEADER: usize = 14;

/// The longest payload that a header can announce in bytes (RFC 6455 5.2: 63 bits).
pub const MAX_PAYLOAD: u64 = u64::MAX >> 1;

/// RSV1 in the first byte of a header: a compressed message begins (RFC 7692 6).
#[cfg(feature = "deflate")]
pub(crate) const COMPRESSED: u8 = 0x40;

/// What a frame is (RFC 6455 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Opcode {
    /// Goes on with the message that an earlier frame began.
    Continuation = 0,
    /// Begins a text message.
    Text = 1,
    /// Begins a binary message.
    Binary = 2,
    /// Begins or answers the closing handshake.
    Close = 8,
    /// Asks for a Pong.
    Ping = 9,
    /// Answers a Ping, or comes unasked.
    Pong = 10,
}

impl Opcode {
    /// Whether frames of this kind are control frames: short, whole, and allowed between fragments.
    #[inline]
    pub const fn is_control(self) -> bool {
        self as u8 >= 8
    }

    /// The opcode in the low four bits of a header's first byte.
    #[inline]
    const fn from_bits(first: u8) -> Option<Self> {
        Some(match first & 0x0f {
            0 => Self::Continuation,
            1 => Self::Text,
            2 => Self::Binary,
            8 => Self::Close,
            9 => Self::Ping,
            10 => Self::Pong,
            _ => return None,
        })
    }
}

/// What a receiver knows before a header arrives, and judges it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Frames must be masked (a server receives) or must not be (a client receives): RFC 6455 5.1.
    pub masked: bool,
    /// The bytes so far of the fragmented message that is open and has to be continued (RFC 6455 5.4).
    pub open_message: Option<u64>,
    /// The longest payload of one data frame in bytes (RFC 6455 10.4).
    pub max_frame: u64,
    /// The longest message in bytes, over all its frames.
    pub max_message: u64,
}

impl Expect {
    /// 10.4: limits are judged when the length is there, before a byte of the payload.
    fn judge_length(&self, length: u64) -> Result<(), Violation> {
        if length > self.max_frame {
            return Err(Violation::FrameTooBig { length, limit: self.max_frame });
        }
        let received = self.open_message.unwrap_or(0);
        if length > self.max_message.saturating_sub(received) {
            let length = received.saturating_add(length);
            return Err(Violation::MessageTooBig { length, limit: self.max_message });
        }
        Ok(())
    }
}

/// A frame header as received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// FIN: the frame is the last of its message.
    pub fin: bool,
    /// What the frame is.
    pub opcode: Opcode,
    /// The key to unmask the payload with.
    pub key: Option<MaskingKey>,
    /// The number of payload bytes that follow.
    pub payload_len: u64,
}

impl Header {
    /// Reads a header from the first bytes of a frame and returns it with its own length in bytes.
    ///
    /// `Ok(None)` asks for more bytes. Each rule is judged as soon as the byte it is about is there, in the
    /// order of the bytes, so that the verdict does not depend on how they arrive.
    ///
    /// # Errors
    ///
    /// The [`Violation`] that the header is, long before any payload: reserved bits and opcodes, a
    /// fragmented or long control frame, a stray or missing continuation, the wrong mask bit, a length that
    /// is not minimal, needs 64 bits or goes beyond a limit.
    ///
    /// ```
    /// use sansws::frame::{Expect, Header, Opcode};
    ///
    /// let expect = Expect { masked: false, open_message: None, max_frame: 1024, max_message: 4096 };
    /// let (header, size) = Header::decode(b"\x81\x05Hello", expect)?.expect("two bytes are enough here");
    /// assert_eq!((header.opcode, header.fin, header.payload_len, size), (Opcode::Text, true, 5, 2));
    /// # Ok::<(), sansws::Violation>(())
    /// ```
    pub fn decode(bytes: &[u8], expect: Expect) -> Result<Option<(Self, usize)>, Violation> {
        let [first, rest @ ..] = bytes else { return Ok(None) };
        let fin = first & 0x80 != 0;
        // 5.2: without an extension that gives them a meaning, these bits are zero.
        if first & 0x70 != 0 {
            return Err(Violation::ReservedBits(first >> 4 & 7));
        }
        let opcode = Opcode::from_bits(*first).ok_or(Violation::ReservedOpcode(first & 0x0f))?;
        match opcode {
            // 5.4, 5.5: control frames are not fragmented.
            _ if opcode.is_control() && !fin => return Err(Violation::FragmentedControl),
            Opcode::Continuation if expect.open_message.is_none() => {
                return Err(Violation::StrayContinuation);
            }
            Opcode::Text | Opcode::Binary if expect.open_message.is_some() => {
                return Err(Violation::InterleavedMessage);
            }
            _ => {}
        }

        let [second, rest @ ..] = rest else { return Ok(None) };
        // 5.1: a server fails on a frame that is not masked, a client on one that is.
        let masked = second & 0x80 != 0;
        if masked != expect.masked {
            return Err(if masked { Violation::Masked } else { Violation::NotMasked });
        }
        let short = second & 0x7f;
        // 5.5: a length of 126 or 127 only announces a longer one.
        if opcode.is_control() && usize::from(short) > MAX_CONTROL_PAYLOAD {
            return Err(Violation::LongControl);
        }

        let (payload_len, least, rest) = match short {
            126 => {
                let Some((length, rest)) = rest.split_first_chunk() else { return Ok(None) };
                (u64::from(u16::from_be_bytes(*length)), 126, rest)
            }
            127 => {
                let Some((length, rest)) = rest.split_first_chunk() else { return Ok(None) };
                (u64::from_be_bytes(*length), 1 << 16, rest)
            }
            short => (u64::from(short), 0, rest),
        };
        if payload_len > MAX_PAYLOAD {
            return Err(Violation::LengthOverflow);
        }
        // 5.2: the minimal number of bytes MUST be used to encode the length.
        if payload_len < least {
            return Err(Violation::LengthNotMinimal(payload_len));
        }
        if !opcode.is_control() {
            expect.judge_length(payload_len)?;
        }

        let (key, rest) = match (masked, rest.split_first_chunk()) {
            (false, _) => (None, rest),
            (true, Some((key, rest))) => (Some(MaskingKey::new(*key)), rest),
            (true, None) => return Ok(None),
        };
        Ok(Some((Self { fin, opcode, key, payload_len }, bytes.len() - rest.len())))
    }

    /// Writes the header in its shortest form.
    ///
    /// `payload_len` is at most [`MAX_PAYLOAD`]; bits beyond are dropped.
    ///
    /// ```
    /// use sansws::frame::{Header, Opcode};
    ///
    /// let header = Header { fin: true, opcode: Opcode::Binary, key: None, payload_len: 126 };
    /// assert_eq!(header.encode().as_bytes(), [0x82, 0x7e, 0x00, 0x7e]);
    /// ```
    #[inline]
    pub fn encode(&self) -> FrameHeader {
        let first = u64::from(u8::from(self.fin) << 7 | self.opcode as u8);
        // Three choices without a branch: one `match` costs a client 0.7 ns.
        let mask_bit = u64::from(self.key.is_some()) << 15;
        let key = self.key.map_or(0, |key| u64::from(u32::from_le_bytes(key.to_bytes())));
        let key_length = if self.key.is_some() { 4 } else { 0 };
        // The first byte of the header is the lowest.
        let (low, high, length) = match self.payload_len {
            short @ 0..=125 => (short << 8 | key << 16, 0, 2),
            medium @ 126..=0xffff => {
                (126 << 8 | u64::from((medium as u16).swap_bytes()) << 16 | key << 32, 0, 4)
            }
            long => {
                let long = (long & MAX_PAYLOAD).swap_bytes();
                (127 << 8 | long << 16, long >> 48 | key << 16, 10)
            }
        };
        let bits = u128::from(high) << 64 | u128::from(first | mask_bit | low);
        FrameHeader { bytes: bits.to_le_bytes(), length: length + key_length, key: self.key }
    }
}

/// Appends a frame, masked if there is a key: what [`Header::encode`] does, written out for speed.
#[inline(always)]
pub(crate) fn append(fin: bool, opcode: Opcode, key: Option<MaskingKey>, payload: &[u8], out: &mut Vec<u8>) {
    let first = u8::from(fin) << 7 | opcode as u8;
    let mask = u8::from(key.is_some()) << 7;
    let length = payload.len();
    out.reserve(MAX_HEADER + length);
    match length {
        0..=125 => out.extend_from_slice(&[first, mask | length as u8]),
        126..=0xffff => {
            let [high, low] = (length as u16).to_be_bytes();
            out.extend_from_slice(&[first, mask | 126, high, low]);
        }
        _ => {
            out.extend_from_slice(&[first, mask | 127]);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    match key {
        None => out.extend_from_slice(payload),
        Some(mut key) => {
            out.extend_from_slice(&key.to_bytes());
            key.apply_to(payload, out);
        }
    }
}

/// A frame header ready to be written, with the key that the payload after it has to be masked with.
///
/// For sending a payload from where it lies, with one vectored write:
///
/// ```
/// use sansws::{Config, Connection, Kind, Role};
///
/// let mut conn = Connection::new(Role::Server, Config::default());
/// let header = conn.header(Kind::Binary, 3, true)?;
/// // socket.write_vectored(&[IoSlice::new(header.as_bytes()), IoSlice::new(payload)])
/// assert_eq!(header.as_bytes(), [0x82, 0x03]);
/// # Ok::<(), sansws::SendError>(())
/// ```
#[derive(Clone, Copy)]
pub struct FrameHeader {
    /// Two words, of which the longest header takes 14 bytes: see `in_one_piece` in `connection::send`.
    bytes: [u8; 16],
    length: usize,
    key: Option<MaskingKey>,
}

impl FrameHeader {
    /// The bytes to write before the payload: 2 to 14.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Masks the payload in place, or does nothing in a server. Call it on every piece in order.
    #[inline]
    pub fn mask(&mut self, payload: &mut [u8]) {
        if let Some(key) = &mut self.key {
            key.apply(payload);
        }
    }

    /// Says that a message begins here that is compressed (RFC 7692 6).
    #[cfg(feature = "deflate")]
    pub(crate) fn mark_compressed(&mut self) {
        self.bytes[0] |= COMPRESSED;
    }
}

impl fmt::Debug for FrameHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("FrameHeader").field(&self.as_bytes()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Expect =
        Expect { masked: true, open_message: None, max_frame: u64::MAX, max_message: u64::MAX };

    /// 6455-5.2-9 to 5.2-16, 6455-5.2-20: every form decodes to itself, from every prefix on it needs more.
    #[test]
    fn every_form_of_header_round_trips() {
        let keys = [None, Some(MaskingKey::new([0; 4])), Some(MaskingKey::new([1, 2, 3, 4]))];
        for payload_len in [0, 1, 125, 126, 127, 128, 65535, 65536, 65537, u64::from(u32::MAX), MAX_PAYLOAD] {
            for key in keys {
                for (opcode, fin, open_message) in [
                    (Opcode::Text, true, None),
                    (Opcode::Binary, false, None),
                    (Opcode::Continuation, true, Some(0)),
                ] {
                    let header = Header { fin, opcode, key, payload_len };
                    let encoded = header.encode();
                    let bytes = encoded.as_bytes();
                    let expect = Expect { masked: key.is_some(), open_message, ..ANY };
                    assert_eq!(Header::decode(bytes, expect), Ok(Some((header, bytes.len()))));
                    for cut in 0..bytes.len() {
                        assert_eq!(
                            Header::decode(&bytes[..cut], expect),
                            Ok(None),
                            "{bytes:x?} cut at {cut}"
                        );
                    }
                }
            }
        }
    }

    /// 6455-5.2-19: the first two bytes are judged alone.
    #[test]
    fn header_rules_need_no_payload() {
        let cases: [(&[u8], Violation); 9] = [
            (b"\x91", Violation::ReservedBits(1)),
            (b"\xc1", Violation::ReservedBits(4)),
            (b"\x83", Violation::ReservedOpcode(3)),
            (b"\x8f", Violation::ReservedOpcode(15)),
            (b"\x09", Violation::FragmentedControl),
            (b"\x80", Violation::StrayContinuation),
            (b"\x81\x05", Violation::NotMasked),
            (b"\x89\xfe", Violation::LongControl),
            (b"\x82\xff\x80\0\0\0\0\0\0\0", Violation::LengthOverflow),
        ];
        for (bytes, violation) in cases {
            assert_eq!(Header::decode(bytes, ANY), Err(violation), "{bytes:x?}");
        }
    }
}

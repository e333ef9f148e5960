//! The short way that nearly all messages take: one frame, all of it in the input, nothing unusual about it.

use crate::input::Input;
use crate::mask::MaskingKey;
use crate::message::{Kind, Part};

/// Takes a whole message in one frame, with a payload of at most `limit` bytes, from where a frame begins.
///
/// Nothing is judged: what is not plainly right stays in the input, for the long way to tell what it is.
#[inline(always)]
pub(super) fn take<'b, const MASKED: bool>(input: &mut Input<'b>, limit: u64) -> Option<Part<'b>> {
    let bytes = input.rest();
    let [first, second, ..] = *bytes else { return None };
    let kind = match first {
        0x81 => Kind::Text,
        0x82 => Kind::Binary,
        _ => return None,
    };
    // The wrong mask bit makes this 128 or more.
    let (length, at) = match second ^ (u8::from(MASKED) << 7) {
        short @ ..126 => (u16::from(short), 2),
        126 => match *bytes {
            // 5.2: shorter ones do not need the longer form.
            [_, _, high, low, ..] if high > 0 || low >= 126 => (u16::from_be_bytes([high, low]), 4),
            _ => return None,
        },
        _ => return None,
    };
    let start = at + if MASKED { 4 } else { 0 };
    let end = start + usize::from(length);
    if u64::from(length) > limit || end > bytes.len() {
        return None;
    }
    let (header, bytes) = input.take(end).split_at_mut(start);
    let key = match *header {
        [.., a, b, c, d] if MASKED => Some(MaskingKey::new([a, b, c, d])),
        _ => None,
    };
    Some(Part { bytes, key, kind, offset: 0, is_first: true, is_last: true, compressed: false })
}

//! The kernels: xor with a turned key, and tell whether all plain bytes are ASCII.
//!
//! Safe code over arrays of fixed size, which compilers turn into vector instructions of whatever width the
//! function may use that these are inlined into.

use super::span::Span;

/// Up to here a span is `short`.
pub(super) const SHORT: usize = 128;

/// How much of a long span is done at a time: as many vectors as keep a core's ports busy.
const BLOCK: usize = 128;

/// From here on what is written is aligned to cache lines.
const ALIGNED_FROM: usize = 512;

const LINE: usize = 64;

/// Masks up to [`SHORT`] bytes and tells whether the results are ASCII: without a loop, two blocks that overlap.
#[inline(always)]
pub(super) fn short(mut span: impl Span, key: u32) -> bool {
    match span.len() {
        16..=32 => ends::<16>(&mut span, key),
        8..=15 => ends::<8>(&mut span, key),
        33..=64 => ends::<32>(&mut span, key),
        65.. => ends::<64>(&mut span, key),
        4..=7 => ends::<4>(&mut span, key),
        _ => tiny(&mut span, key),
    }
}

/// Masks more than [`SHORT`] bytes; if `CHECK`, tells whether the results are ASCII.
#[inline(always)]
pub(super) fn long<const CHECK: bool>(mut span: impl Span, key: u32) -> bool {
    let length = span.len();
    let (Some(head), Some(tail)) = (span.first::<LINE>(), span.last::<BLOCK>()) else { return true };
    let (head, tail) = (xor(head, key), xor(tail, turned(key, length)));
    let mut seen = [0; 32];
    let skip = if length < ALIGNED_FROM { 0 } else { LINE - span.address() % LINE };
    let middle_key = turned(key, skip);
    span.blocks(skip, |block: [u8; BLOCK]| {
        let plain = xor(block, middle_key);
        if CHECK {
            gather(&mut seen, plain);
        }
        plain
    });
    if CHECK {
        gather(&mut seen, head);
        gather(&mut seen, tail);
    }
    span.set_first(head);
    span.set_last(tail);
    is_ascii(seen)
}

/// Masks `N` to `2 * N` bytes; `N` is a multiple of four.
#[inline(always)]
fn ends<const N: usize>(span: &mut impl Span, key: u32) -> bool {
    let (Some(head), Some(tail)) = (span.first::<N>(), span.last::<N>()) else { return true };
    let (head, tail) = (xor(head, key), xor(tail, turned(key, span.len())));
    span.set_first(head);
    span.set_last(tail);
    is_ascii(head) & is_ascii(tail)
}

/// Masks up to three bytes.
#[inline(always)]
fn tiny(span: &mut impl Span, key: u32) -> bool {
    let [first, second, ..] = key.to_le_bytes();
    let last = (turned(key, span.len()) >> 24) as u8;
    let Some([end]) = span.last() else { return true };
    let plain_end = end ^ last;
    if let Some([a, b]) = span.first() {
        let plain = [a ^ first, b ^ second];
        span.set_first(plain);
        span.set_last([plain_end]);
        return is_ascii(plain) & plain_end.is_ascii();
    }
    span.set_last([plain_end]);
    plain_end.is_ascii()
}

/// The key for the byte after `count` bytes.
#[inline(always)]
pub(super) fn turned(key: u32, count: usize) -> u32 {
    // Only the count modulo four matters: 8 bits a byte.
    key.rotate_right(8 * (count % 4) as u32)
}

#[inline(always)]
fn xor<const N: usize>(mut block: [u8; N], key: u32) -> [u8; N] {
    for lane in block.chunks_exact_mut(4) {
        if let Ok(lane) = <&mut [u8; 4]>::try_from(lane) {
            *lane = (u32::from_le_bytes(*lane) ^ key).to_le_bytes();
        }
    }
    block
}

/// Ors all bytes of the block into `seen`.
#[inline(always)]
fn gather<const N: usize>(seen: &mut [u8; 32], block: [u8; N]) {
    for part in block.chunks_exact(32) {
        for (seen, byte) in seen.iter_mut().zip(part) {
            *seen |= byte;
        }
    }
}

#[inline(always)]
fn is_ascii<const N: usize>(block: [u8; N]) -> bool {
    // No early way out, so that it is one instruction or two for a vector.
    block.iter().fold(true, |ascii, byte| ascii & byte.is_ascii())
}

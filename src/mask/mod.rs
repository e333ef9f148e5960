//! Masking and unmasking payloads (RFC 6455 5.3).
//!
//! A client xors every payload byte with one of the four bytes of a key that it picks anew for each frame.
//! The operation is its own inverse, so the same call masks and unmasks.

mod kernel;
mod span;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use self::span::{Copying, InPlace, Span};

/// A masking key, together with how far it has been turned.
///
/// A payload may be masked in any number of pieces: [`apply`](Self::apply) leaves the key turned so that it
/// fits the byte after the ones just done.
///
/// ```
/// use sansws::mask::MaskingKey;
///
/// // RFC 6455 5.7, a masked text frame that says "Hello".
/// let mut payload = *b"\x7f\x9f\x4d\x51\x58";
/// let mut key = MaskingKey::new([0x37, 0xfa, 0x21, 0x3d]);
/// let (head, tail) = payload.split_at_mut(3);
/// key.apply(head);
/// key.apply(tail);
/// assert_eq!(&payload, b"Hello");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MaskingKey(
    /// The key for the next payload byte in the lowest byte, little-endian: turning it is a rotation.
    u32,
);

impl MaskingKey {
    /// The key with these four bytes, in wire order.
    #[inline]
    pub const fn new(bytes: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(bytes))
    }

    /// The four key bytes in wire order, beginning with the one for the next payload byte.
    #[inline]
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// Xors `payload` with the key in place and turns the key by the payload's length.
    #[inline]
    pub fn apply(&mut self, payload: &mut [u8]) {
        let length = payload.len();
        run::<false>(InPlace(payload), self.0);
        self.turn(length);
    }

    /// Appends `payload`, xored with the key, to `out` in one pass and turns the key by the payload's length.
    ///
    /// ```
    /// use sansws::mask::MaskingKey;
    ///
    /// let mut out = b"\x81\x85\x37\xfa\x21\x3d".to_vec();
    /// MaskingKey::new([0x37, 0xfa, 0x21, 0x3d]).apply_to(b"Hello", &mut out);
    /// assert_eq!(out, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    /// ```
    #[inline]
    pub fn apply_to(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        append::<false>(payload, out, self.0);
        self.turn(payload.len());
    }

    /// As [`apply`](Self::apply), and tells whether the result is ASCII.
    #[inline]
    pub(crate) fn apply_checked(&mut self, payload: &mut [u8]) -> bool {
        let length = payload.len();
        let is_ascii = run::<true>(InPlace(payload), self.0);
        self.turn(length);
        is_ascii
    }

    /// As [`apply_to`](Self::apply_to), and tells whether the result is ASCII.
    #[inline]
    pub(crate) fn apply_to_checked(&mut self, payload: &[u8], out: &mut Vec<u8>) -> bool {
        let is_ascii = append::<true>(payload, out, self.0);
        self.turn(payload.len());
        is_ascii
    }

    /// Turns the key past `count` payload bytes that are masked elsewhere.
    #[inline]
    pub fn turn(&mut self, count: usize) {
        self.0 = kernel::turned(self.0, count);
    }
}

#[inline(always)]
#[allow(unsafe_code)]
fn append<const CHECK: bool>(payload: &[u8], out: &mut Vec<u8>, key: u32) -> bool {
    out.reserve(payload.len());
    let to = out.spare_capacity_mut().get_mut(..payload.len());
    let Some(span) = to.and_then(|to| Copying::new(payload, to)) else { return true };
    let is_ascii = run::<CHECK>(span, key);
    // SAFETY: `run` has written every byte of its span, and those are the `payload.len()` bytes behind `out`,
    // within its capacity.
    unsafe { out.set_len(out.len() + payload.len()) };
    is_ascii
}

/// Short payloads are most of all messages: they are done where the call is, before anything is looked up.
#[inline(always)]
fn run<const CHECK: bool>(span: impl Span, key: u32) -> bool {
    if span.len() <= kernel::SHORT { kernel::short(span, key) } else { long::<CHECK>(span, key) }
}

/// Takes the widest kernel that the processor has.
#[inline(never)]
fn long<const CHECK: bool>(span: impl Span, key: u32) -> bool {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        #[allow(unsafe_code)]
        // SAFETY: the processor has AVX2.
        return unsafe { avx2::<CHECK>(span, key) };
    }
    portable::<CHECK>(span, key)
}

/// Vectors of the target's baseline: SSE2 on x86-64, NEON on AArch64.
fn portable<const CHECK: bool>(span: impl Span, key: u32) -> bool {
    kernel::long::<CHECK>(span, key)
}

/// The same code in vectors of 32 bytes.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
#[allow(unsafe_code)]
unsafe fn avx2<const CHECK: bool>(span: impl Span, key: u32) -> bool {
    kernel::long::<CHECK>(span, key)
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn has_avx2() -> bool {
    #[cfg(feature = "std")]
    return std::is_x86_feature_detected!("avx2");
    // Without `std` nobody knows but the compiler.
    #[cfg(not(feature = "std"))]
    return cfg!(target_feature = "avx2");
}

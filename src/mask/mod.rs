//! Masking and unmasking payloads (RFC 6455 5.3).
//!
//! A client xors every payload byte with one of the four bytes of a key that it picks anew for each frame.
//! The operation is its own inverse, so the same call masks and unmasks.

mod kernel;
#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
mod neon;
pub(crate) mod run;
#[cfg(test)]
mod tests;
mod vector;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub(crate) mod x86;

use alloc::vec::Vec;

/// A masking key, together with how far it has been turned.
///
/// A payload may be masked in any number of pieces: [`apply`](Self::apply) and [`apply_to`](Self::apply_to) leave the
/// key turned so that it fits the byte after the ones just done.
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
    #[inline(always)]
    pub fn apply(&mut self, payload: &mut [u8]) {
        run::in_place::<false>(payload, self.0);
        self.turn(payload.len());
    }

    /// Appends `payload`, xored with the key, to `out` in one pass and turns the key by the payload's length.
    ///
    /// ```
    /// use sansws::mask::MaskingKey;
    ///
    /// let mut frame = b"\x81\x85\x37\xfa\x21\x3d".to_vec();
    /// MaskingKey::new([0x37, 0xfa, 0x21, 0x3d]).apply_to(b"Hello", &mut frame);
    /// assert_eq!(frame, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    /// ```
    #[inline(always)]
    pub fn apply_to(&mut self, payload: &[u8], out: &mut Vec<u8>) {
        run::append::<false>(payload, out, self.0);
        self.turn(payload.len());
    }

    /// As [`apply`](Self::apply), and tells whether the result is all ASCII.
    #[inline(always)]
    pub(crate) fn apply_checked(&mut self, payload: &mut [u8]) -> bool {
        let is_ascii = run::in_place::<true>(payload, self.0);
        self.turn(payload.len());
        is_ascii
    }

    /// As [`apply_to`](Self::apply_to), and tells whether the result is all ASCII.
    #[inline(always)]
    pub(crate) fn apply_to_checked(&mut self, payload: &[u8], out: &mut Vec<u8>) -> bool {
        let is_ascii = run::append::<true>(payload, out, self.0);
        self.turn(payload.len());
        is_ascii
    }

    /// Writes `payload`, xored with the key, over the beginning of `target`, which is at least as long.
    #[inline(always)]
    pub(crate) fn apply_over(&mut self, payload: &[u8], target: &mut [u8]) {
        run::over::<false>(payload, target, self.0);
        self.turn(payload.len());
    }

    /// As [`apply_over`](Self::apply_over), and tells whether the result is all ASCII.
    #[inline(always)]
    pub(crate) fn apply_over_checked(&mut self, payload: &[u8], target: &mut [u8]) -> bool {
        let is_ascii = run::over::<true>(payload, target, self.0);
        self.turn(payload.len());
        is_ascii
    }

    /// Turns the key past `count` payload bytes that are masked elsewhere.
    #[inline]
    pub fn turn(&mut self, count: usize) {
        self.0 = kernel::turned(self.0, count);
    }
}

//! Masking and unmasking payloads (RFC 6455 5.3).
//!
//! A client xors every payload byte with one of the four bytes of a key that it picks anew for each frame.
//! The operation is its own inverse, so the same call masks and unmasks.

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
        apply(payload, self.0);
        self.turn(payload.len());
    }

    /// Turns the key past `count` payload bytes that are masked elsewhere.
    #[inline]
    pub fn turn(&mut self, count: usize) {
        // Only the count modulo four matters: 8 bits a byte.
        self.0 = self.0.rotate_right(8 * (count % 4) as u32);
    }
}

/// The portable kernel: whole 32-byte blocks in words, which compilers turn into vector instructions.
fn apply(payload: &mut [u8], key: u32) {
    let word = (u64::from(key) << 32 | u64::from(key)).to_le();
    let mut blocks = payload.chunks_exact_mut(32);
    for block in &mut blocks {
        for lane in block.chunks_exact_mut(8) {
            xor_word(lane, word);
        }
    }
    let mut words = blocks.into_remainder().chunks_exact_mut(8);
    for lane in &mut words {
        xor_word(lane, word);
    }
    // Blocks and words are multiples of four bytes, so the key has not turned.
    for (byte, key) in words.into_remainder().iter_mut().zip(key.to_le_bytes().into_iter().cycle()) {
        *byte ^= key;
    }
}

#[inline(always)]
fn xor_word(lane: &mut [u8], word: u64) {
    // `lane` is 8 bytes long at both call sites; on any other length nothing would be right, nor unsafe.
    if let Ok(bytes) = <&mut [u8; 8]>::try_from(lane) {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn naive(payload: &mut [u8], key: [u8; 4], phase: usize) {
        for (index, byte) in payload.iter_mut().enumerate() {
            *byte ^= key[(index + phase) % 4];
        }
    }

    /// 6455-5.3-5, 6455-5.3-8: every length to 515, at every offset to 63, at every turn of the key.
    #[test]
    fn agrees_with_the_naive_loop() {
        let key = [0x11, 0x52, 0xa3, 0xf4];
        let source: Vec<u8> = (0..600u32).map(|n| (n * 7 + n / 256) as u8).collect();
        for length in 0..=515 {
            for offset in 0..64 {
                for phase in 0..4 {
                    let mut ours = source.clone();
                    let mut theirs = source.clone();
                    let mut turned = MaskingKey::new(key);
                    turned.apply(&mut [0; 3][..phase]);
                    turned.apply(&mut ours[offset..offset + length]);
                    naive(&mut theirs[offset..offset + length], key, phase);
                    assert_eq!(ours, theirs, "length {length}, offset {offset}, phase {phase}");
                    assert_eq!(turned.to_bytes()[0], key[(phase + length) % 4]);
                }
            }
        }
    }

    /// 6455-5.3-6: the key keeps its place however the payload is cut.
    #[test]
    fn pieces_make_the_whole() {
        for piece in 1..40 {
            let mut whole: Vec<u8> = (0..1000u32).map(|n| n as u8).collect();
            let mut pieces = whole.clone();
            MaskingKey::new([1, 2, 3, 4]).apply(&mut whole);
            let mut key = MaskingKey::new([1, 2, 3, 4]);
            pieces.chunks_mut(piece).for_each(|chunk| key.apply(chunk));
            assert_eq!(whole, pieces, "piece {piece}");
        }
    }
}

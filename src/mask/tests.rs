use std::vec::Vec;

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

//! What the processor allows: plain load-xor-store loops, with no protocol around them.

use std::arch::is_x86_feature_detected;

/// Xors all bytes with the key, whose lowest byte is for the first of them.
pub type Xor = fn(&mut [u8], u32);

/// The best of them for whole reads.
pub fn best() -> Xor {
    if is_x86_feature_detected!("avx512bw") {
        // SAFETY: the processor has it.
        |bytes, key| unsafe { avx512_aligned(bytes, key) }
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has it.
        |bytes, key| unsafe { avx2(bytes, key) }
    } else {
        words
    }
}

/// Xors while copying; the slices are equally long.
pub fn copy_xor(from: &[u8], to: &mut [u8], key: u32) {
    if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has it.
        unsafe { copy_xor_avx2(from, to, key) }
    } else {
        to.copy_from_slice(from);
        words(to, key);
    }
}

/// In words of 8 bytes, of which the compiler makes vectors.
#[inline]
pub fn words(bytes: &mut [u8], key: u32) {
    let wide = u64::from(key) << 32 | u64::from(key);
    let (words, rest) = bytes.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_le_bytes(*word) ^ wide).to_le_bytes();
    }
    tail(rest, key);
}

fn tail(bytes: &mut [u8], key: u32) {
    for (byte, key) in bytes.iter_mut().zip(key.to_le_bytes().into_iter().cycle()) {
        *byte ^= key;
    }
}

/// In vectors of 32 bytes, four at a time.
///
/// # Safety
///
/// The processor has AVX2.
#[target_feature(enable = "avx2")]
pub fn avx2(bytes: &mut [u8], key: u32) {
    use std::arch::x86_64::*;

    let wide = _mm256_set1_epi32(key.cast_signed());
    let (blocks, rest) = bytes.as_chunks_mut::<128>();
    for block in blocks {
        for vector in block.as_chunks_mut::<32>().0 {
            // SAFETY: a vector is 32 bytes, and the instructions ask for no alignment.
            unsafe {
                let at = vector.as_mut_ptr().cast();
                _mm256_storeu_si256(at, _mm256_xor_si256(_mm256_loadu_si256(at), wide));
            }
        }
    }
    let (vectors, rest) = rest.as_chunks_mut::<32>();
    for vector in vectors {
        // SAFETY: as above.
        unsafe {
            let at = vector.as_mut_ptr().cast();
            _mm256_storeu_si256(at, _mm256_xor_si256(_mm256_loadu_si256(at), wide));
        }
    }
    words(rest, key);
}

/// In vectors of 64 bytes, four at a time; the tail masked.
///
/// # Safety
///
/// The processor has AVX-512 F and BW.
#[target_feature(enable = "avx512f,avx512bw")]
pub fn avx512(bytes: &mut [u8], key: u32) {
    use std::arch::x86_64::*;

    let wide = _mm512_set1_epi32(key.cast_signed());
    let (blocks, rest) = bytes.as_chunks_mut::<256>();
    for block in blocks {
        for vector in block.as_chunks_mut::<64>().0 {
            // SAFETY: a vector is 64 bytes, and the instructions ask for no alignment.
            unsafe {
                let at = vector.as_mut_ptr().cast();
                _mm512_storeu_si512(at, _mm512_xor_si512(_mm512_loadu_si512(at), wide));
            }
        }
    }
    let (vectors, rest) = rest.as_chunks_mut::<64>();
    for vector in vectors {
        // SAFETY: as above.
        unsafe {
            let at = vector.as_mut_ptr().cast();
            _mm512_storeu_si512(at, _mm512_xor_si512(_mm512_loadu_si512(at), wide));
        }
    }
    if !rest.is_empty() {
        let lanes = (1u64 << rest.len()) - 1;
        // SAFETY: only as many lanes are loaded and stored as there are bytes left.
        unsafe {
            let at = rest.as_mut_ptr().cast();
            let vector = _mm512_maskz_loadu_epi8(lanes, at);
            _mm512_mask_storeu_epi8(at, lanes, _mm512_xor_si512(vector, wide));
        }
    }
}

/// The same from the first multiple of 64 on.
///
/// # Safety
///
/// The processor has AVX-512 F and BW.
#[target_feature(enable = "avx512f,avx512bw")]
pub fn avx512_aligned(bytes: &mut [u8], key: u32) {
    let head = bytes.as_ptr().align_offset(64).min(bytes.len());
    let (head, aligned) = bytes.split_at_mut(head);
    let turned = key.rotate_right(8 * (head.len() % 4) as u32);
    avx512(head, key);
    avx512(aligned, turned);
}

#[target_feature(enable = "avx2")]
fn copy_xor_avx2(from: &[u8], to: &mut [u8], key: u32) {
    use std::arch::x86_64::*;

    assert_eq!(from.len(), to.len());
    let wide = _mm256_set1_epi32(key.cast_signed());
    let (sources, from_rest) = from.as_chunks::<32>();
    let (targets, to_rest) = to.as_chunks_mut::<32>();
    for (source, target) in sources.iter().zip(targets) {
        // SAFETY: both are 32 bytes, and the instructions ask for no alignment.
        unsafe {
            let vector = _mm256_loadu_si256(source.as_ptr().cast());
            _mm256_storeu_si256(target.as_mut_ptr().cast(), _mm256_xor_si256(vector, wide));
        }
    }
    to_rest.copy_from_slice(from_rest);
    tail(to_rest, key);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_agree() {
        let key = 0x1234_5678;
        for length in 0..700 {
            for offset in 0..3 {
                let source: Vec<u8> = (0..length + offset).map(|n| n as u8).collect();
                let mut expected = source.clone();
                tail(&mut expected[offset..], key);
                let check = |name: &str, xor: &dyn Fn(&mut [u8], u32)| {
                    let mut bytes = source.clone();
                    xor(&mut bytes[offset..], key);
                    assert_eq!(bytes, expected, "{name}, {length} bytes at {offset}");
                };
                check("words", &words);
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has it.
                    check("avx2", &|bytes, key| unsafe { avx2(bytes, key) });
                }
                if is_x86_feature_detected!("avx512bw") {
                    // SAFETY: the processor has it.
                    check("avx512", &|bytes, key| unsafe { avx512(bytes, key) });
                    // SAFETY: the processor has it.
                    check("avx512_aligned", &|bytes, key| unsafe { avx512_aligned(bytes, key) });
                }
                let mut copy = vec![0; length];
                copy_xor(&source[offset..], &mut copy, key);
                assert_eq!(copy, expected[offset..]);
            }
        }
    }
}

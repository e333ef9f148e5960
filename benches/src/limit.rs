//! Load, xor, store, and nothing else: no turned key, no short forms. What no kernel can be faster than, at sizes that
//! are not short.

/// Masks with the key as it is.
pub type Loop = fn(&mut [u8], u32);

/// The widest that this processor has; `None` if it has none of these.
pub fn loops() -> Vec<(&'static str, Loop)> {
    #[allow(unused_mut)]
    let mut loops: Vec<(&'static str, Loop)> = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has it.
            loops.push(("limit AVX2", |bytes, key| unsafe { x86::avx2(bytes, key) }));
        }
        if is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512bw") {
            // SAFETY: the processor has it.
            loops.push(("limit AVX-512", |bytes, key| unsafe { x86::avx512(bytes, key, false) }));
            // SAFETY: the processor has it.
            loops.push(("limit AVX-512 aligned", |bytes, key| unsafe { x86::avx512(bytes, key, true) }));
        }
    }
    loops
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    /// # Safety
    ///
    /// The processor has AVX2.
    #[target_feature(enable = "avx2")]
    pub(super) unsafe fn avx2(bytes: &mut [u8], key: u32) {
        let wide = _mm256_set1_epi32(key as i32);
        let mut blocks = bytes.chunks_exact_mut(128);
        for block in &mut blocks {
            let at = block.as_mut_ptr().cast::<__m256i>();
            // SAFETY: 128 bytes are four vectors.
            unsafe {
                let a = _mm256_xor_si256(_mm256_loadu_si256(at), wide);
                let b = _mm256_xor_si256(_mm256_loadu_si256(at.add(1)), wide);
                let c = _mm256_xor_si256(_mm256_loadu_si256(at.add(2)), wide);
                let d = _mm256_xor_si256(_mm256_loadu_si256(at.add(3)), wide);
                _mm256_storeu_si256(at, a);
                _mm256_storeu_si256(at.add(1), b);
                _mm256_storeu_si256(at.add(2), c);
                _mm256_storeu_si256(at.add(3), d);
            }
        }
        let mut vectors = blocks.into_remainder().chunks_exact_mut(32);
        for vector in &mut vectors {
            let at = vector.as_mut_ptr().cast();
            // SAFETY: 32 bytes are a vector.
            unsafe { _mm256_storeu_si256(at, _mm256_xor_si256(_mm256_loadu_si256(at), wide)) };
        }
        let mut words = vectors.into_remainder().chunks_exact_mut(8);
        let long = u64::from(key) << 32 | u64::from(key);
        for word in &mut words {
            let at = word.as_mut_ptr().cast::<u64>();
            // SAFETY: eight bytes are a word.
            unsafe { at.write_unaligned(at.read_unaligned() ^ long) };
        }
        for (byte, key) in words.into_remainder().iter_mut().zip(key.to_le_bytes()) {
            *byte ^= key;
        }
    }

    /// # Safety
    ///
    /// The processor has AVX-512F and BW.
    #[target_feature(enable = "avx512f,avx512bw")]
    pub(super) unsafe fn avx512(bytes: &mut [u8], key: u32, align: bool) {
        let wide = _mm512_set1_epi32(key as i32);
        let head = if align { bytes.as_ptr().align_offset(64).min(bytes.len()) } else { 0 };
        let (head, rest) = bytes.split_at_mut(head);
        // SAFETY: as the caller has promised.
        unsafe { masked(head, wide) };
        let mut blocks = rest.chunks_exact_mut(256);
        for block in &mut blocks {
            let at = block.as_mut_ptr().cast::<__m512i>();
            // SAFETY: 256 bytes are four vectors.
            unsafe {
                let a = _mm512_xor_si512(_mm512_loadu_si512(at), wide);
                let b = _mm512_xor_si512(_mm512_loadu_si512(at.add(1)), wide);
                let c = _mm512_xor_si512(_mm512_loadu_si512(at.add(2)), wide);
                let d = _mm512_xor_si512(_mm512_loadu_si512(at.add(3)), wide);
                _mm512_storeu_si512(at, a);
                _mm512_storeu_si512(at.add(1), b);
                _mm512_storeu_si512(at.add(2), c);
                _mm512_storeu_si512(at.add(3), d);
            }
        }
        let mut vectors = blocks.into_remainder().chunks_exact_mut(64);
        for vector in &mut vectors {
            let at = vector.as_mut_ptr().cast::<__m512i>();
            // SAFETY: 64 bytes are a vector.
            unsafe { _mm512_storeu_si512(at, _mm512_xor_si512(_mm512_loadu_si512(at), wide)) };
        }
        // SAFETY: as the caller has promised.
        unsafe { masked(vectors.into_remainder(), wide) };
    }

    /// Fewer bytes than a vector.
    ///
    /// # Safety
    ///
    /// The processor has AVX-512F and BW.
    #[target_feature(enable = "avx512f,avx512bw")]
    unsafe fn masked(bytes: &mut [u8], wide: __m512i) {
        if bytes.is_empty() {
            return;
        }
        let lanes = (1u64 << bytes.len()) - 1;
        let at = bytes.as_mut_ptr().cast::<i8>();
        // SAFETY: only the lanes of `bytes` are touched.
        unsafe {
            let loaded = _mm512_maskz_loadu_epi8(lanes, at);
            _mm512_mask_storeu_epi8(at, lanes, _mm512_xor_si512(loaded, wide));
        }
    }
}

//! x86-64: SSE2, which all have, AVX2 and, from Rust 1.89 on, AVX-512.
#![allow(unsafe_code)]
// `avx512` is what the build script sets if the compiler is new enough.
#![cfg_attr(avx512, allow(clippy::incompatible_msrv))]

use core::arch::x86_64::*;
use core::sync::atomic::{AtomicU8, Ordering};

use super::kernel;
use super::vector::Vector;

pub(super) type Baseline = __m128i;

macro_rules! vector {
    ($vector:ty, $splat:ident, $load:ident, $store:ident, $xor:ident, $or:ident, $high_bits:ident) => {
        impl Vector for $vector {
            #[inline(always)]
            unsafe fn splat(key: u32) -> Self {
                // SAFETY: as the caller has promised.
                unsafe { $splat(key as i32) }
            }

            #[inline(always)]
            unsafe fn load(from: *const u8) -> Self {
                // SAFETY: as the caller has promised.
                unsafe { $load(from.cast()) }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut u8) {
                // SAFETY: as the caller has promised.
                unsafe { $store(to.cast(), self) }
            }

            #[inline(always)]
            unsafe fn xor(self, other: Self) -> Self {
                // SAFETY: as the caller has promised.
                unsafe { $xor(self, other) }
            }

            #[inline(always)]
            unsafe fn or(self, other: Self) -> Self {
                // SAFETY: as the caller has promised.
                unsafe { $or(self, other) }
            }

            #[inline(always)]
            unsafe fn is_ascii(self) -> bool {
                // SAFETY: as the caller has promised.
                unsafe { $high_bits(self) == 0 }
            }
        }
    };
}

#[rustfmt::skip]
vector!(__m128i, _mm_set1_epi32, _mm_loadu_si128, _mm_storeu_si128, _mm_xor_si128, _mm_or_si128, _mm_movemask_epi8);
#[rustfmt::skip]
vector!(__m256i, _mm256_set1_epi32, _mm256_loadu_si256, _mm256_storeu_si256, _mm256_xor_si256, _mm256_or_si256, _mm256_movemask_epi8);
#[cfg(avx512)]
#[rustfmt::skip]
vector!(__m512i, _mm512_set1_epi32, _mm512_loadu_si512, _mm512_storeu_si512, _mm512_xor_si512, _mm512_or_si512, _mm512_movepi8_mask);

/// The size in bytes of the widest vectors that the processor has.
#[inline(always)]
pub(super) fn width() -> u8 {
    // What the compiler knows need not be looked up.
    if cfg!(any(not(feature = "std"), all(avx512, target_feature = "avx512vbmi2"))) {
        return ask();
    }
    match WIDTH.load(Ordering::Relaxed) {
        0 => remember(),
        width => width,
    }
}

/// 0 until the processor was asked. The standard library remembers, too, but one byte is looked up faster.
static WIDTH: AtomicU8 = AtomicU8::new(0);

#[cold]
#[inline(never)]
fn remember() -> u8 {
    let width = ask();
    WIDTH.store(width, Ordering::Relaxed);
    width
}

#[inline(always)]
fn ask() -> u8 {
    #[cfg(avx512)]
    if has_avx512() {
        return 64;
    }
    if has_avx2() { 32 } else { 16 }
}

/// Whether the processor has it. Without the standard library only the compiler can know.
macro_rules! has {
    ($feature:tt) => {{
        #[cfg(feature = "std")]
        let has = std::is_x86_feature_detected!($feature);
        #[cfg(not(feature = "std"))]
        let has = cfg!(target_feature = $feature);
        has
    }};
}

#[inline(always)]
pub(crate) fn has_avx2() -> bool {
    has!("avx2")
}

/// Asks for an extension that came after the processors which slow down for vectors of 64 bytes, and which brings all
/// that is needed with it.
#[cfg(avx512)]
#[inline(always)]
pub(crate) fn has_avx512() -> bool {
    has!("avx512vbmi2")
}

/// # Safety
///
/// As [`kernel`] has it, and the processor [`has_avx2`].
#[target_feature(enable = "avx2")]
pub(crate) unsafe fn avx2<const CHECK: bool, const IN_PLACE: bool>(
    from: *const u8,
    to: *mut u8,
    length: usize,
    key: u32,
) -> bool {
    // SAFETY: as the caller has promised.
    unsafe { kernel::long::<__m256i, 4, CHECK, IN_PLACE>(from, to, length, key) }
}

/// # Safety
///
/// As [`kernel`] has it, and the processor [`has_avx512`].
#[cfg(avx512)]
#[target_feature(enable = "avx512vbmi2")]
pub(crate) unsafe fn avx512<const CHECK: bool, const IN_PLACE: bool>(
    from: *const u8,
    to: *mut u8,
    length: usize,
    key: u32,
) -> bool {
    // SAFETY: as the caller has promised.
    unsafe {
        if length <= 4 * size_of::<__m512i>() {
            kernel::ends::<__m512i, 2>(from, to, length, key)
        } else {
            kernel::long::<__m512i, 4, CHECK, IN_PLACE>(from, to, length, key)
        }
    }
}

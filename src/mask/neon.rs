//! AArch64: NEON, which all have.
#![allow(unsafe_code)]

use core::arch::aarch64::*;

use super::vector::Vector;

pub(super) type Baseline = uint8x16_t;

impl Vector for uint8x16_t {
    #[inline(always)]
    unsafe fn splat(key: u32) -> Self {
        // SAFETY: as the caller has promised.
        unsafe { vreinterpretq_u8_u32(vdupq_n_u32(key)) }
    }

    #[inline(always)]
    unsafe fn load(from: *const u8) -> Self {
        // SAFETY: as the caller has promised.
        unsafe { vld1q_u8(from) }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut u8) {
        // SAFETY: as the caller has promised.
        unsafe { vst1q_u8(to, self) }
    }

    #[inline(always)]
    unsafe fn xor(self, other: Self) -> Self {
        // SAFETY: as the caller has promised.
        unsafe { veorq_u8(self, other) }
    }

    #[inline(always)]
    unsafe fn or(self, other: Self) -> Self {
        // SAFETY: as the caller has promised.
        unsafe { vorrq_u8(self, other) }
    }

    #[inline(always)]
    unsafe fn is_ascii(self) -> bool {
        // SAFETY: as the caller has promised.
        unsafe { vmaxvq_u8(self) < 0x80 }
    }
}

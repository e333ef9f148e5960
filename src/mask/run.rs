//! Slices to kernels: which one for which length and processor.

use alloc::vec::Vec;

use super::kernel::{self, Baseline, SHORT};
use super::vector::Vector;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
use super::x86;

/// Masks `payload` in place; if `CHECK`, tells whether the result is all ASCII.
#[allow(unsafe_code)]
#[inline(always)]
pub(super) fn in_place<const CHECK: bool>(payload: &mut [u8], key: u32) -> bool {
    let bytes = payload.as_mut_ptr();
    // SAFETY: all of `payload` is readable and writable.
    unsafe { run::<CHECK, true>(bytes, bytes, payload.len(), key) }
}

/// Appends `payload`, masked, to `out`; if `CHECK`, tells whether the result is all ASCII.
#[allow(unsafe_code)]
#[inline(always)]
pub(super) fn append<const CHECK: bool>(payload: &[u8], out: &mut Vec<u8>, key: u32) -> bool {
    out.reserve(payload.len());
    let space = out.spare_capacity_mut().as_mut_ptr().cast();
    // SAFETY: `payload` is readable, and `space` is writable for its length; they do not overlap, as `out` is borrowed
    // mutably. A kernel writes all of its `length` bytes, so they are initialised then.
    unsafe {
        let is_ascii = run::<CHECK, false>(payload.as_ptr(), space, payload.len(), key);
        out.set_len(out.len() + payload.len());
        is_ascii
    }
}

/// Writes `payload`, masked, to the beginning of `target`, as far as there is room; if `CHECK`, tells whether the result
/// is all ASCII.
#[allow(unsafe_code)]
#[inline(always)]
pub(super) fn over<const CHECK: bool>(payload: &[u8], target: &mut [u8], key: u32) -> bool {
    let length = payload.len().min(target.len());
    // SAFETY: `length` bytes are readable in `payload` and writable in `target`; they do not overlap, as `target` is
    // borrowed mutably.
    unsafe { run::<CHECK, false>(payload.as_ptr(), target.as_mut_ptr(), length, key) }
}

/// Most messages are short: they are done where the call is, before anything is looked up.
///
/// # Safety
///
/// As [`kernel`] has it.
#[allow(unsafe_code)]
#[inline(always)]
pub(super) unsafe fn run<const CHECK: bool, const IN_PLACE: bool>(
    from: *const u8,
    to: *mut u8,
    length: usize,
    key: u32,
) -> bool {
    // SAFETY: as the caller has promised.
    unsafe {
        if length <= SHORT {
            kernel::short(from, to, length, key)
        } else {
            long::<CHECK, IN_PLACE>(from, to, length, key)
        }
    }
}

/// Takes the widest vectors that the processor has.
///
/// # Safety
///
/// As [`kernel`] has it, for more than [`SHORT`] bytes.
#[allow(unsafe_code)]
#[inline(never)]
unsafe fn long<const CHECK: bool, const IN_PLACE: bool>(
    from: *const u8,
    to: *mut u8,
    length: usize,
    key: u32,
) -> bool {
    // SAFETY: as the caller has promised; the processor was asked.
    unsafe {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        match x86::width() {
            #[cfg(avx512)]
            64 => return x86::avx512::<CHECK, IN_PLACE>(from, to, length, key),
            32 => return x86::avx2::<CHECK, IN_PLACE>(from, to, length, key),
            _ => {}
        }
        baseline::<CHECK, IN_PLACE>(from, to, length, key)
    }
}

/// For every processor of the target.
///
/// # Safety
///
/// As [`long`].
// A function of its own, so that `long` is a look-up and a jump.
#[allow(unsafe_code)]
#[inline(never)]
pub(crate) unsafe fn baseline<const CHECK: bool, const IN_PLACE: bool>(
    from: *const u8,
    to: *mut u8,
    length: usize,
    key: u32,
) -> bool {
    // SAFETY: as the caller has promised.
    unsafe { kernel::long::<Baseline, { 64 / Baseline::SIZE }, CHECK, IN_PLACE>(from, to, length, key) }
}

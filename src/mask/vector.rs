//! What the kernels compute with: as many bytes as the processor takes at once.
#![allow(unsafe_code)]

/// `SIZE` bytes, a multiple of four, that lie anywhere.
///
/// # Safety
///
/// Of all functions: the processor has the instructions of this type.
pub(super) trait Vector: Copy {
    const SIZE: usize = size_of::<Self>();

    /// The four bytes of a key over and over, the lowest first.
    unsafe fn splat(key: u32) -> Self;

    /// # Safety
    ///
    /// And `SIZE` bytes are readable at `from`.
    unsafe fn load(from: *const u8) -> Self;

    /// # Safety
    ///
    /// And `SIZE` bytes are writable at `to`.
    unsafe fn store(self, to: *mut u8);

    unsafe fn xor(self, other: Self) -> Self;

    unsafe fn or(self, other: Self) -> Self;

    /// Whether no byte has its highest bit set.
    unsafe fn is_ascii(self) -> bool;
}

macro_rules! word {
    ($word:ty, $every_four_bytes:expr) => {
        impl Vector for $word {
            #[inline(always)]
            unsafe fn splat(key: u32) -> Self {
                (Self::from(key) * $every_four_bytes).to_le()
            }

            #[inline(always)]
            unsafe fn load(from: *const u8) -> Self {
                // SAFETY: as the caller has promised.
                unsafe { from.cast::<Self>().read_unaligned() }
            }

            #[inline(always)]
            unsafe fn store(self, to: *mut u8) {
                // SAFETY: as the caller has promised.
                unsafe { to.cast::<Self>().write_unaligned(self) }
            }

            #[inline(always)]
            unsafe fn xor(self, other: Self) -> Self {
                self ^ other
            }

            #[inline(always)]
            unsafe fn or(self, other: Self) -> Self {
                self | other
            }

            #[inline(always)]
            unsafe fn is_ascii(self) -> bool {
                self & (Self::MAX / 0xff * 0x80) == 0
            }
        }
    };
}

word!(u32, 1);
word!(u64, 0x1_0000_0001);

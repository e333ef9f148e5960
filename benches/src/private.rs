//! The private parts of sansws, made public for the benches.

use crate::mask::{MaskingKey, run};
use crate::utf8::{Piece, Text};

/// Source, destination, length and key.
pub type Kernel = unsafe fn(*const u8, *mut u8, usize, u32) -> bool;

/// The kernels that this processor has, in place, for more than 128 bytes.
pub fn kernels() -> Vec<(&'static str, Kernel)> {
    #[allow(unused_mut)]
    let mut kernels: Vec<(&str, Kernel)> = vec![("kernel baseline", run::baseline::<false, true>)];
    #[cfg(target_arch = "x86_64")]
    if crate::mask::x86::has_avx2() {
        kernels.push(("kernel AVX2", crate::mask::x86::avx2::<false, true>));
        kernels.push(("kernel AVX2, checked", crate::mask::x86::avx2::<true, true>));
    }
    #[cfg(all(target_arch = "x86_64", avx512))]
    if crate::mask::x86::has_avx512() {
        kernels.push(("kernel AVX-512", crate::mask::x86::avx512::<false, true>));
        kernels.push(("kernel AVX-512, checked", crate::mask::x86::avx512::<true, true>));
    }
    kernels
}

#[inline(always)]
pub fn apply_checked(mut key: MaskingKey, payload: &mut [u8]) -> bool {
    key.apply_checked(payload)
}

/// A text message that lies whole in the read buffer.
#[inline(always)]
pub fn text(payload: &mut [u8], key: MaskingKey) -> Option<&str> {
    Piece::whole_text(payload, Some(key)).ok()
}

/// A message that is put together.
pub struct Parts(Text);

impl Parts {
    pub fn with_capacity(size: usize) -> Self {
        let mut text = Text::new();
        assert!(text.grow_to(size));
        Self(text)
    }

    pub fn clear(&mut self) {
        self.0.clear(usize::MAX);
    }

    pub fn text(&mut self, part: &[u8], key: MaskingKey) {
        assert!(self.0.append_text(part, &mut Some(key)).is_ok());
    }

    pub fn binary(&mut self, part: &[u8], key: MaskingKey) {
        self.0.append_binary(part, &mut Some(key));
    }
}

//! One contract for all kernels: that of the naive loop, and not a byte beside what they are given.
#![allow(unsafe_code)]

use std::vec;
use std::vec::Vec;

use super::*;

/// Lengths, offsets and turns of the key at which each kernel is tried.
const LENGTHS: std::ops::RangeInclusive<usize> = 0..=515;
const LONG_LENGTHS: [usize; 6] = [4031, 4095, 4096, 4097, 65536, 65599];
const OFFSETS: usize = 64;
const KEY: [u8; 4] = [0x11, 0x52, 0x23, 0x74];

/// A kernel in one of its forms.
struct Form {
    name: &'static str,
    checks: bool,
    in_place: bool,
    /// The shortest length that it takes.
    least: usize,
    kernel: unsafe fn(*const u8, *mut u8, usize, u32) -> bool,
}

/// All that this processor has, in all forms.
fn forms() -> Vec<Form> {
    let mut forms = Vec::new();
    macro_rules! add {
        ($name:literal, $least:expr, $($kernel:tt)+) => {
            for (checks, in_place, kernel) in [
                (false, true, $($kernel)+::<false, true> as _),
                (false, false, $($kernel)+::<false, false> as _),
                (true, true, $($kernel)+::<true, true> as _),
                (true, false, $($kernel)+::<true, false> as _),
            ] {
                forms.push(Form { name: $name, checks, in_place, least: $least, kernel });
            }
        };
    }
    add!("as used", 0, run::run);
    add!("words", kernel::SHORT + 1, words);
    add!("baseline", kernel::SHORT + 1, run::baseline);
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    if x86::has_avx2() {
        add!("AVX2", kernel::SHORT + 1, x86::avx2);
    }
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2", avx512))]
    if x86::has_avx512() {
        add!("AVX-512", kernel::SHORT + 1, x86::avx512);
    }
    forms
}

/// What targets without vectors of their own here use.
unsafe fn words<const CHECK: bool, const IN_PLACE: bool>(
    from: *const u8,
    to: *mut u8,
    length: usize,
    key: u32,
) -> bool {
    // SAFETY: as the caller has promised; every processor has words.
    unsafe { kernel::long::<u64, 8, CHECK, IN_PLACE>(from, to, length, key) }
}

impl Form {
    /// Masks `bytes`, by way of `other` unless in place.
    fn mask(&self, bytes: &mut [u8], other: &mut [u8], key: u32) -> bool {
        let (bytes_at, length) = (bytes.as_mut_ptr(), bytes.len());
        let from = if self.in_place {
            bytes_at
        } else {
            other.copy_from_slice(bytes);
            bytes.fill(0xee);
            other.as_mut_ptr()
        };
        // SAFETY: both have `length` bytes, and `forms` has only what the processor has.
        unsafe { (self.kernel)(from, bytes_at, length, key) }
    }

    fn takes(&self, length: usize) -> bool {
        length >= self.least
    }
}

fn naive(payload: &mut [u8], key: [u8; 4], phase: usize) {
    for (index, byte) in payload.iter_mut().enumerate() {
        *byte ^= key[(index + phase) % 4];
    }
}

fn sample(length: usize) -> Vec<u8> {
    (0..length).map(|n| (n * 7 + n / 256) as u8).collect()
}

/// 6455-5.3-5, 6455-5.3-8: every kernel, length, offset and turn of the key.
#[test]
fn agrees_with_the_naive_loop() {
    let forms = forms();
    for length in LENGTHS.chain(LONG_LENGTHS) {
        let source = sample(length);
        let mut expected = vec![0xdd; length + 2 * OFFSETS];
        let (mut room, mut other) = (expected.clone(), expected.clone());
        // Beyond the first lengths nothing new happens at the ends.
        let step = if LENGTHS.contains(&length) { 1 } else { 21 };
        for phase in 0..4 {
            let key = kernel::turned(u32::from_le_bytes(KEY), phase);
            let mut masked = source.clone();
            naive(&mut masked, KEY, phase);
            let is_ascii = masked.is_ascii();
            for offset in (0..OFFSETS).step_by(step) {
                let place = offset..offset + length;
                expected.fill(0xdd);
                expected[place.clone()].copy_from_slice(&masked);
                for form in forms.iter().filter(|form| form.takes(length)) {
                    room.fill(0xdd);
                    room[place.clone()].copy_from_slice(&source);
                    let answer = form.mask(&mut room[place.clone()], &mut other[place.clone()], key);
                    let Form { name, checks, in_place, .. } = form;
                    assert!(
                        room == expected && (!checks || answer == is_ascii),
                        "{name}, checks: {checks}, in place: {in_place}, {length} bytes at {offset}, phase {phase}"
                    );
                }
            }
        }
    }
}

/// One byte that is not ASCII is seen wherever it is.
#[test]
fn checks_see_every_byte() {
    for form in forms().iter().filter(|form| form.checks) {
        for length in LENGTHS.filter(|length| form.takes(*length)) {
            let mut masked = vec![b'a'; length];
            naive(&mut masked, KEY, 0);
            let key = u32::from_le_bytes(KEY);
            let (mut bytes, mut other) = (masked.clone(), masked.clone());
            assert!(form.mask(&mut bytes, &mut other, key), "{}, {length} bytes", form.name);
            for at in 0..length {
                bytes.copy_from_slice(&masked);
                bytes[at] ^= 0x80;
                assert!(!form.mask(&mut bytes, &mut other, key), "{}, byte {at} of {length}", form.name);
            }
        }
    }
}

/// 6455-5.3-6: the key keeps its place however the payload is cut, in place and appended.
#[test]
fn pieces_make_the_whole() {
    for piece in 1..300 {
        let source = sample(1000);
        let mut whole = source.clone();
        MaskingKey::new([1, 2, 3, 4]).apply(&mut whole);
        let (mut in_place, mut appended) = (source.clone(), Vec::new());
        let mut key = MaskingKey::new([1, 2, 3, 4]);
        in_place.chunks_mut(piece).for_each(|chunk| key.apply(chunk));
        let mut key = MaskingKey::new([1, 2, 3, 4]);
        source.chunks(piece).for_each(|chunk| key.apply_to(chunk, &mut appended));
        assert!(whole == in_place && whole == appended, "piece {piece}");
        assert_eq!(key.to_bytes()[0], 1 + (source.len() % 4) as u8);
    }
}

/// No kernel touches a page that is not its own: payloads right behind and right before inaccessible ones.
#[cfg(unix)]
#[test]
fn stays_within_its_bytes() {
    let (mut room, mut other) = (pages::Fenced::new(), pages::Fenced::new());
    let key = u32::from_le_bytes(KEY);
    for form in forms() {
        for length in LENGTHS.chain([4095, 4096]).filter(|length| form.takes(*length)) {
            let source = sample(length);
            let mut expected = source.clone();
            naive(&mut expected, KEY, 0);
            for at_end in [false, true] {
                let (room, other) = (room.bytes(length, at_end), other.bytes(length, at_end));
                room.copy_from_slice(&source);
                form.mask(room, other, key);
                assert!(room == expected, "{}, {length} bytes", form.name);
            }
        }
    }
}

#[cfg(unix)]
mod pages {
    use core::ptr;
    use core::slice;

    use rustix::mm::{self, MapFlags, MprotectFlags, ProtFlags};

    /// More than the pages of any system.
    const PAGE: usize = 64 << 10;

    /// Memory between two places that end the process when they are touched.
    pub(super) struct Fenced(*mut u8);

    impl Fenced {
        pub(super) fn new() -> Self {
            // SAFETY: a new mapping that nothing else uses; its first and last third are closed.
            unsafe {
                let start =
                    mm::mmap_anonymous(ptr::null_mut(), 3 * PAGE, ProtFlags::empty(), MapFlags::PRIVATE)
                        .unwrap();
                let middle = start.cast::<u8>().add(PAGE);
                mm::mprotect(middle.cast(), PAGE, MprotectFlags::READ | MprotectFlags::WRITE).unwrap();
                Self(middle)
            }
        }

        /// The first or the last `length` bytes.
        pub(super) fn bytes(&mut self, length: usize, at_end: bool) -> &mut [u8] {
            let start = if at_end { PAGE - length } else { 0 };
            // SAFETY: within the open third, and borrowed from `self`.
            unsafe { slice::from_raw_parts_mut(self.0.add(start), length) }
        }
    }

    impl Drop for Fenced {
        fn drop(&mut self) {
            // SAFETY: the mapping that `new` made; no slice of it is left.
            unsafe { mm::munmap(self.0.sub(PAGE).cast(), 3 * PAGE).unwrap() };
        }
    }
}

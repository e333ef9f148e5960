//! The kernels: xor with a turned key, and tell whether the result is all ASCII.
//!
//! They read at `from` and write at `to`. What does not fill a block is not done byte by byte: the last block ends
//! with the last byte and overlaps the one before. Blocks that overlap are read before either is written.
//!
//! # Safety
//!
//! Of all functions: `length` bytes are readable at `from` and writable at `to`, which are the same place or do not
//! overlap, and the processor has the instructions of the vectors named. All `length` bytes at `to` are written, and
//! nothing beyond them is touched.
#![allow(unsafe_code)]

use super::vector::Vector;

#[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
pub(super) use super::neon::Baseline;
/// Vectors that every processor of the target has.
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
pub(super) use super::x86::Baseline;
#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", target_endian = "little", target_feature = "neon")
)))]
pub(super) type Baseline = u64;

/// The most bytes that [`short`] takes.
pub(super) const SHORT: usize = 128;

/// Masks up to [`SHORT`] bytes.
#[inline(always)]
pub(super) unsafe fn short(from: *const u8, to: *mut u8, length: usize, key: u32) -> bool {
    // SAFETY: as the caller has promised; each arm has the lengths that its function takes.
    unsafe {
        match length {
            16..=32 => ends::<Baseline, { 16 / Baseline::SIZE }>(from, to, length, key),
            8..=15 => ends::<u64, 1>(from, to, length, key),
            33..=64 => ends::<Baseline, { 32 / Baseline::SIZE }>(from, to, length, key),
            65.. => ends::<Baseline, { 64 / Baseline::SIZE }>(from, to, length, key),
            4..=7 => ends::<u32, 1>(from, to, length, key),
            1..=3 => tiny(from, to, length, key),
            0 => true,
        }
    }
}

/// Masks more than [`SHORT`] bytes and at least `N` vectors. Without `CHECK` the answer means nothing; with `IN_PLACE`
/// only `to` is used, because one address costs less than two.
#[inline(always)]
pub(super) unsafe fn long<V: Vector, const N: usize, const CHECK: bool, const IN_PLACE: bool>(
    from: *const u8,
    to: *mut u8,
    length: usize,
    key: u32,
) -> bool {
    let block_size = N * V::SIZE;
    // SAFETY: a block begins before `last`, so it ends before `length`; one vector fits in at the beginning.
    unsafe {
        if length <= 2 * block_size {
            return ends::<V, N>(from, to, length, key);
        }
        let last = length - block_size;
        let head = V::load(from).xor(V::splat(key));
        let tail = read::<V, N>(from.add(last), V::splat(turned(key, last)));
        // A header always misaligns what is behind it, and a store that touches two cache lines costs double.
        let skip = V::SIZE - to as usize % V::SIZE;
        let key = V::splat(turned(key, skip));
        let (mut source, mut target, end) = (from.add(skip), to.add(skip), to.add(last));
        let mut seen = head;
        while target < end {
            let block = read::<V, N>(if IN_PLACE { target } else { source }, key);
            if CHECK {
                seen = seen.or(merged(block));
            }
            write(block, target);
            source = source.add(block_size);
            target = target.add(block_size);
        }
        head.store(to);
        write(tail, to.add(last));
        CHECK && seen.or(merged(tail)).is_ascii()
    }
}

/// Masks `N` to `2 * N` vectors.
#[inline(always)]
pub(super) unsafe fn ends<V: Vector, const N: usize>(
    from: *const u8,
    to: *mut u8,
    length: usize,
    key: u32,
) -> bool {
    // SAFETY: `N` vectors fit in at the beginning and, from `last` on, at the end.
    unsafe {
        let last = length - N * V::SIZE;
        let head = read::<V, N>(from, V::splat(key));
        let tail = read::<V, N>(from.add(last), V::splat(turned(key, last)));
        write(head, to);
        write(tail, to.add(last));
        merged(head).or(merged(tail)).is_ascii()
    }
}

/// Masks one to three bytes: the first, the middle one and the last, some of which are the same.
#[inline(always)]
unsafe fn tiny(from: *const u8, to: *mut u8, length: usize, key: u32) -> bool {
    let (middle, last) = (length / 2, length - 1);
    // SAFETY: all three are within `length`.
    unsafe {
        let a = *from ^ key as u8;
        let b = *from.add(middle) ^ turned(key, middle) as u8;
        let c = *from.add(last) ^ turned(key, last) as u8;
        to.write(a);
        to.add(middle).write(b);
        to.add(last).write(c);
        (a | b | c).is_ascii()
    }
}

/// The key for the byte after `count` bytes.
#[inline(always)]
pub(super) fn turned(key: u32, count: usize) -> u32 {
    // Only the count modulo four matters: 8 bits a byte.
    key.rotate_right(8 * (count % 4) as u32)
}

/// `N` vectors, xored.
#[inline(always)]
unsafe fn read<V: Vector, const N: usize>(from: *const u8, key: V) -> [V; N] {
    let mut block = [key; N];
    for (index, vector) in block.iter_mut().enumerate() {
        // SAFETY: as the caller has promised.
        *vector = unsafe { V::load(from.add(index * V::SIZE)).xor(key) };
    }
    block
}

#[inline(always)]
unsafe fn write<V: Vector, const N: usize>(block: [V; N], to: *mut u8) {
    for (index, vector) in block.into_iter().enumerate() {
        // SAFETY: as the caller has promised.
        unsafe { vector.store(to.add(index * V::SIZE)) };
    }
}

/// All vectors of a block, ored.
#[inline(always)]
unsafe fn merged<V: Vector, const N: usize>(block: [V; N]) -> V {
    let mut all = block[0];
    for vector in block {
        // SAFETY: as the caller has promised.
        all = unsafe { all.or(vector) };
    }
    all
}

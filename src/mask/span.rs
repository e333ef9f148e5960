//! What a kernel reads and where it writes: in place, from one place to another, or nowhere.

use core::mem::MaybeUninit;

/// Bytes to be masked and the place for the result, of the same length.
///
/// Kernels are written once over this. A block is read before it is written, in place too, so that two
/// blocks that overlap are both read first and both written then.
pub(super) trait Span {
    fn len(&self) -> usize;

    /// Where the first result goes: kernels align what they write.
    fn address(&self) -> usize;

    /// The first `N` bytes; `None` if there are fewer.
    fn first<const N: usize>(&self) -> Option<[u8; N]>;

    /// The last `N` bytes; `None` if there are fewer.
    fn last<const N: usize>(&self) -> Option<[u8; N]>;

    /// Writes the first `N` results.
    fn set_first<const N: usize>(&mut self, block: [u8; N]);

    /// Writes the last `N` results.
    fn set_last<const N: usize>(&mut self, block: [u8; N]);

    /// Changes block after block, from `skip` on, as long as a byte is left behind the block: the last `N` bytes
    /// or fewer are for [`set_last`](Self::set_last).
    fn blocks<const N: usize>(&mut self, skip: usize, change: impl FnMut([u8; N]) -> [u8; N]);
}

/// Both are the same bytes.
pub(super) struct InPlace<'a>(pub(super) &'a mut [u8]);

impl Span for InPlace<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.0.len()
    }

    #[inline(always)]
    fn address(&self) -> usize {
        self.0.as_ptr() as usize
    }

    #[inline(always)]
    fn first<const N: usize>(&self) -> Option<[u8; N]> {
        self.0.first_chunk().copied()
    }

    #[inline(always)]
    fn last<const N: usize>(&self) -> Option<[u8; N]> {
        self.0.last_chunk().copied()
    }

    #[inline(always)]
    fn set_first<const N: usize>(&mut self, block: [u8; N]) {
        if let Some(place) = self.0.first_chunk_mut() {
            *place = block;
        }
    }

    #[inline(always)]
    fn set_last<const N: usize>(&mut self, block: [u8; N]) {
        if let Some(place) = self.0.last_chunk_mut() {
            *place = block;
        }
    }

    #[inline(always)]
    fn blocks<const N: usize>(&mut self, skip: usize, mut change: impl FnMut([u8; N]) -> [u8; N]) {
        let [middle @ .., _] = &mut *self.0 else { return };
        let Some(middle) = middle.get_mut(skip..) else { return };
        for place in middle.chunks_exact_mut(N) {
            if let Ok(block) = <&mut [u8; N]>::try_from(place) {
                *block = change(*block);
            }
        }
    }
}

/// From one place to another, whose bytes may be uninitialised; afterwards all of them are.
pub(super) struct Copying<'a> {
    from: &'a [u8],
    to: &'a mut [MaybeUninit<u8>],
}

impl<'a> Copying<'a> {
    /// `None` if the lengths differ.
    #[inline(always)]
    pub(super) fn new(from: &'a [u8], to: &'a mut [MaybeUninit<u8>]) -> Option<Self> {
        if from.len() == to.len() { Some(Self { from, to }) } else { None }
    }
}

impl Span for Copying<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.from.len()
    }

    #[inline(always)]
    fn address(&self) -> usize {
        self.to.as_ptr() as usize
    }

    #[inline(always)]
    fn first<const N: usize>(&self) -> Option<[u8; N]> {
        self.from.first_chunk().copied()
    }

    #[inline(always)]
    fn last<const N: usize>(&self) -> Option<[u8; N]> {
        self.from.last_chunk().copied()
    }

    #[inline(always)]
    fn set_first<const N: usize>(&mut self, block: [u8; N]) {
        if let Some(place) = self.to.first_chunk_mut() {
            *place = block.map(MaybeUninit::new);
        }
    }

    #[inline(always)]
    fn set_last<const N: usize>(&mut self, block: [u8; N]) {
        if let Some(place) = self.to.last_chunk_mut() {
            *place = block.map(MaybeUninit::new);
        }
    }

    #[inline(always)]
    fn blocks<const N: usize>(&mut self, skip: usize, mut change: impl FnMut([u8; N]) -> [u8; N]) {
        let ([from @ .., _], [to @ .., _]) = (self.from, &mut *self.to) else { return };
        let (Some(from), Some(to)) = (from.get(skip..), to.get_mut(skip..)) else { return };
        for (block, place) in from.chunks_exact(N).zip(to.chunks_exact_mut(N)) {
            if let (Ok(block), Ok(place)) = (<&[u8; N]>::try_from(block), <&mut [_; N]>::try_from(place)) {
                *place = change(*block).map(MaybeUninit::new);
            }
        }
    }
}

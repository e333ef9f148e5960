//! What one side of a connection remembers of its messages.

use alloc::sync::Arc;
use alloc::vec::Vec;

/// The last bytes of one side's compressed messages, as many as its window has.
///
/// It is all that a connection keeps for context takeover. Engines, which are large, belong to the caller and are
/// loaded with it when they worked for another connection in between.
#[derive(Debug)]
pub(crate) struct History {
    /// Grows to the size of the window, and is a ring from then on.
    ring: Vec<u8>,
    /// Where the ring goes on, and begins.
    next: usize,
    window: usize,
    /// All bytes ever appended: with the owner it tells whether an engine is up to date.
    total: u64,
    owner: Arc<()>,
}

impl History {
    /// A history for a window of 2^`bits` bytes, of which none is allocated yet.
    pub(crate) fn new(bits: u8) -> Self {
        Self { ring: Vec::new(), next: 0, window: 1 << bits, total: 0, owner: Arc::new(()) }
    }

    /// Adds the plain bytes of a message; false if memory is not to be had.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> bool {
        self.total += bytes.len() as u64;
        let bytes = &bytes[bytes.len().saturating_sub(self.window)..];
        let (grown, wrapped) = bytes.split_at(bytes.len().min(self.window - self.ring.len()));
        if !self.grow(grown.len()) {
            return false;
        }
        self.ring.extend_from_slice(grown);
        let (first, second) = wrapped.split_at(wrapped.len().min(self.window - self.next));
        self.ring[self.next..self.next + first.len()].copy_from_slice(first);
        self.ring[..second.len()].copy_from_slice(second);
        self.next = (self.next + wrapped.len()) & (self.window - 1);
        true
    }

    /// Forgets all bytes, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.ring.clear();
        self.next = 0;
        // Whoever has seen the bytes before is not up to date.
        self.total += 1;
    }

    /// The bytes in order: the older part and the newer one.
    pub(crate) fn parts(&self) -> [&[u8]; 2] {
        let (newer, older) = self.ring.split_at(self.next);
        [older, newer]
    }

    fn grow(&mut self, more: usize) -> bool {
        let need = self.ring.len() + more;
        if need <= self.ring.capacity() {
            return true;
        }
        let capacity = (2 * self.ring.capacity()).min(self.window).max(need);
        self.ring.try_reserve_exact(capacity - self.ring.len()).is_ok()
    }
}

/// Which history an engine has seen, and up to where.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Held on to, so that no other history can be taken for this one.
    owner: Option<Arc<()>>,
    /// `None`: the engine is in the middle of a message, or of no use for the next one.
    total: Option<u64>,
}

impl Seen {
    /// Whether the engine may go on with a message behind this history.
    pub(crate) fn is(&self, history: &History) -> bool {
        self.total == Some(history.total)
            && self.owner.as_ref().is_some_and(|owner| Arc::ptr_eq(owner, &history.owner))
    }

    pub(crate) fn set(&mut self, history: &History) {
        self.total = Some(history.total);
        if !self.owner.as_ref().is_some_and(|owner| Arc::ptr_eq(owner, &history.owner)) {
            self.owner = Some(Arc::clone(&history.owner));
        }
    }

    pub(crate) fn forget(&mut self) {
        self.total = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However the bytes come, the last ones are there in order, and no more memory than for them.
    #[test]
    fn the_last_bytes_stay() {
        let source: Vec<u8> = (0..5000u32).map(|n| (n % 251) as u8).collect();
        for piece in [1, 7, 100, 255, 256, 257, 1000, 5000] {
            let mut history = History::new(8);
            let mut done = 0;
            for piece in source.chunks(piece) {
                assert!(history.append(piece));
                done += piece.len();
                let expected = &source[done.saturating_sub(256)..done];
                assert_eq!(history.parts().concat(), expected);
                assert!(history.ring.capacity() <= 256);
            }
        }
    }

    /// An engine is up to date only for the same history at the same place.
    #[test]
    fn engines_know_what_they_have_seen() {
        let (mut one, mut other, mut seen) = (History::new(15), History::new(15), Seen::default());
        assert!(!seen.is(&one));
        one.append(b"abc");
        other.append(b"abc");
        seen.set(&one);
        assert!(seen.is(&one) && !seen.is(&other));
        one.append(b"d");
        assert!(!seen.is(&one));
        seen.set(&one);
        seen.forget();
        assert!(!seen.is(&one));
    }
}

//! What a flood costs: an allocator that counts for each thread, and a connection to flood.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use sansws::{Config, Connection, Event, Input, MessageBuf, Role, Violation};

/// The memory that some work took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    /// How often memory was asked for.
    pub(crate) allocations: usize,
    /// All bytes asked for, added up.
    pub(crate) asked: usize,
    /// The bytes that growing has moved, at most.
    pub(crate) moved: usize,
    /// The most bytes held at a time, above what was held before.
    pub(crate) most: isize,
    /// The bytes held at the end, above what was held before.
    pub(crate) held: isize,
}

thread_local! {
    static COST: Cell<Cost> = const { Cell::new(Cost { allocations: 0, asked: 0, moved: 0, most: 0, held: 0 }) };
}

struct Counting;

fn count(asked: usize, given_back: usize, moved: usize) {
    // Not there any more while the thread ends.
    let _ = COST.try_with(|cell| {
        let mut cost = cell.get();
        cost.allocations += usize::from(asked > 0);
        cost.asked += asked;
        cost.moved += moved;
        cost.held += asked as isize - given_back as isize;
        cost.most = cost.most.max(cost.held);
        cell.set(cost);
    });
}

#[allow(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0, 0);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, layout.size(), 0);
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size, layout.size(), layout.size().min(size));
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Does the work and tells what it took; not to be nested.
pub(crate) fn measure<R>(work: impl FnOnce() -> R) -> (R, Cost) {
    COST.set(Cost::default());
    let result = work();
    (result, COST.get())
}

/// A connection that bytes are poured into. Apart from it nothing allocates.
pub(crate) struct Flood {
    pub(crate) conn: Connection,
    pub(crate) store: MessageBuf,
    pub(crate) out: Vec<u8>,
    pub(crate) events: usize,
    pub(crate) failed: Option<Violation>,
    buffer: Vec<u8>,
}

impl Flood {
    pub(crate) fn new(role: Role, config: Config) -> Self {
        let conn = Connection::new(role, config);
        let (out, buffer) = (Vec::with_capacity(256), vec![0; 1 << 16]);
        Self { conn, store: MessageBuf::new(), out, events: 0, failed: None, buffer }
    }

    /// Lends `bytes` in pieces. Each has to be taken at once, and is gone when the next one comes: no byte can be
    /// looked at again from there.
    pub(crate) fn feed(&mut self, bytes: &[u8], piece: usize) {
        for piece in bytes.chunks(piece.clamp(1, self.buffer.len())) {
            let buffer = &mut self.buffer[..piece.len()];
            buffer.copy_from_slice(piece);
            let mut input = Input::new(buffer);
            while let Some(event) = self.conn.receive_message(&mut input, &mut self.store, &mut self.out) {
                self.events += 1;
                if let Event::Failed(violation) = event {
                    assert_eq!(self.failed, None, "a second failure");
                    self.failed = Some(violation);
                }
            }
            assert!(input.is_empty(), "input was left");
            buffer.fill(0xaa);
        }
    }
}

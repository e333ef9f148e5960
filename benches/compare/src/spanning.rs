//! Large messages that span reads of 64 KiB, put together in the message buffer. The read itself is left out: every
//! read brings the same bytes, as if into a read buffer that stays in the cache.

use std::hint::black_box;

use sansws::{Config, Connection, Event, Input, MessageBuf, Role};

use crate::limits;
use crate::memory::READ;
use crate::race::{Contestant, Pace, race};
use crate::row::Class;
use crate::wire::{self, Content};

const BLOCK: usize = 16 << 10;

pub fn measure(pace: Pace) {
    let size = 1 << 20;
    let mut contestants = vec![sansws(size, size)];
    contestants.extend(floors(size));
    race("spanning", size, 0, contestants, pace);

    // With nothing kept: the buffer grows from nothing each time.
    let most = if pace.quick { 64 << 20 } else { 1 << 30 };
    let sizes = (20..).map(|power| 1 << power).take_while(|size| *size <= most);
    for size in sizes.step_by(2) {
        race("growing", size, 0, vec![sansws(size, 0), fresh_floor(size)], pace);
    }
}

fn sansws(size: usize, keep: usize) -> Contestant {
    let mut first = Vec::new();
    wire::header(Content::Binary, size, Some([1, 2, 3, 4]), &mut first);
    let total = first.len() + size;
    first.resize(READ, 0);
    let mut buf = vec![0; READ];
    let config = Config::new().max_frame(size as u64).max_message(size as u64);
    let mut conn = Connection::new(Role::Server, config);
    let (mut store, mut out) = (MessageBuf::with_keep(keep), Vec::new());
    Contestant::new("sansws", Class::Sansws, 1, move || {
        let mut left = total;
        while left > 0 {
            let bytes = if left == total { &mut first } else { &mut buf };
            let bytes = &mut bytes[..left.min(READ)];
            left -= bytes.len();
            let mut input = Input::new(black_box(bytes));
            match conn.receive_message(&mut input, &mut store, &mut out) {
                None => {}
                Some(Event::Data(message)) => {
                    assert_eq!((black_box(message).as_bytes().len(), left), (size, 0));
                }
                other => panic!("{other:?}"),
            }
        }
        // Gives back what it does not keep.
        store.clear();
    })
}

/// The ways to do it, into memory that is there.
fn floors(size: usize) -> Vec<Contestant> {
    let xor = limits::best();
    vec![
        floor("floor: memcpy and xor in place, by block", size, move |from, to| {
            for (from, to) in from.chunks_mut(BLOCK).zip(to.chunks_mut(BLOCK)) {
                to.copy_from_slice(from);
                xor(to, 0x1234_5678);
            }
        }),
        floor("floor: xor in the read buffer and memcpy, by block", size, move |from, to| {
            for (from, to) in from.chunks_mut(BLOCK).zip(to.chunks_mut(BLOCK)) {
                xor(from, 0x1234_5678);
                to.copy_from_slice(from);
            }
        }),
        floor("floor: xor while copying", size, |from, to| limits::copy_xor(from, to, 0x1234_5678)),
    ]
}

fn floor(name: &str, size: usize, unmask: impl Fn(&mut [u8], &mut [u8]) + 'static) -> Contestant {
    let (mut buf, mut message) = (vec![0; READ], vec![0; size]);
    Contestant::new(name, Class::Floor, 1, move || {
        for piece in message.chunks_mut(READ) {
            let from = black_box(&mut buf);
            unmask(&mut from[..piece.len()], piece);
        }
        black_box(&mut message);
    })
}

/// The memory is got anew each time, all of it at once, as if the length were known and trusted.
fn fresh_floor(size: usize) -> Contestant {
    let (mut buf, xor) = (vec![0; READ], limits::best());
    Contestant::new("floor: allocate once, memcpy and xor in place", Class::Floor, 1, move || {
        let mut message = Vec::with_capacity(size);
        while message.len() < size {
            let (start, from) = (message.len(), black_box(&mut buf));
            for from in from[..READ.min(size - start)].chunks(BLOCK) {
                let start = message.len();
                message.extend_from_slice(from);
                xor(&mut message[start..], 0x1234_5678);
            }
        }
        black_box(message);
    })
}

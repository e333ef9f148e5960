//! Bytes out of messages, binary: each written to a stream at once, or appended to a buffer of the caller.

use std::cell::RefCell;
use std::hint::black_box;
use std::io::Write;

use fastrand::Rng;

use crate::limits;
use crate::memory::{Memory, last_written};
use crate::peers;
use crate::race::{Contestant, Pace, race};
use crate::row::Class;
use crate::wire::{self, Content, Role, unframe};

pub const SIZES: [usize; 4] = [16, 125, 1 << 10, 64 << 10];

/// The floors' masking key, the first byte lowest.
const KEY: u32 = 0x1234_5678;

/// When a buffer is full.
const FULL: usize = 256 << 10;

/// What has to be sent.
#[derive(Clone, Copy)]
pub struct Job {
    pub role: Role,
    pub size: usize,
}

impl Job {
    pub fn payload(self) -> Vec<u8> {
        wire::payload(Content::Binary, self.size, &mut Rng::with_seed(1))
    }

    /// How many messages a pass sends.
    fn count(self) -> usize {
        (FULL / self.size).min(256)
    }

    /// The header of such a frame, with a key for the client.
    fn header(self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let key = (self.role == Role::Client).then_some(KEY.to_le_bytes());
        wire::header(Content::Binary, self.size, key, &mut bytes);
        bytes
    }
}

/// A buffer that can begin anew.
pub trait Buffer: Default + 'static {
    fn bytes(&self) -> &[u8];
    fn clear(&mut self);

    /// Puts the buffer that all of this type share in the place of this one, or back. Nothing where only one contestant
    /// has such a buffer.
    fn swap(&mut self) {}
}

thread_local! {
    /// Where memory lies makes a difference of a tenth, so all that want a `Vec` write to the same one.
    static SHARED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Buffer for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn clear(&mut self) {
        self.clear();
    }

    fn swap(&mut self) {
        SHARED.with_borrow_mut(|shared| std::mem::swap(self, shared));
    }
}

impl Buffer for bytes::BytesMut {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn clear(&mut self) {
        self.clear();
    }
}

pub fn measure(pace: Pace) {
    for role in [Role::Client, Role::Server] {
        for size in SIZES {
            let job = Job { role, size };
            let mut contestants = vec![written_floor(job)];
            contestants.extend(peers::writers(&job));
            race(&format!("write {role:?}").to_lowercase(), size, 0, contestants, pace);
            let mut contestants = vec![appended_floor(job)];
            contestants.extend(peers::appenders(&job));
            race(&format!("append {role:?}").to_lowercase(), size, 0, contestants, pace);
        }
    }
}

/// Tries out a function that sends so many messages over a [`Memory`] of its own, and makes a contestant of
/// another one like it.
pub fn writer<F: FnMut(usize) + 'static>(name: &str, job: &Job, make: impl Fn() -> F) -> Contestant {
    make()(1);
    assert_eq!(unframe(job.role, &last_written()), job.payload(), "{name} is wrong");
    let (mut send, count) = (make(), job.count());
    Contestant::new(name, class(name), count, move || send(count))
}

/// Tries out a function that appends one message, and makes a contestant of another one like it.
pub fn appender<B: Buffer, F: FnMut(&mut B) + 'static>(
    name: &str,
    job: &Job,
    make: impl Fn() -> F,
) -> Contestant {
    let most = job.size + 14;
    let mut buffer = B::default();
    append(1, most, &mut buffer, &mut make());
    assert_eq!(unframe(job.role, buffer.bytes()), job.payload(), "{name} is wrong");
    let (mut function, count) = (make(), job.count());
    Contestant::new(name, class(name), count, move || {
        buffer.swap();
        append(count, most, &mut buffer, &mut function);
        buffer.swap();
    })
}

/// The one place where the function is called, so that it may become a part of the loop.
#[inline(never)]
fn append<B: Buffer>(count: usize, most: usize, buffer: &mut B, function: &mut impl FnMut(&mut B)) {
    for _ in 0..count {
        if buffer.bytes().len() + most > FULL {
            buffer.clear();
        }
        function(black_box(buffer));
    }
}

fn class(name: &str) -> Class {
    match name {
        name if name.starts_with("sansws") => Class::Sansws,
        name if name.starts_with("floor") => Class::Floor,
        _ => Class::Peer,
    }
}

fn written_floor(job: Job) -> Contestant {
    let (header, payload, count) = (job.header(), job.payload(), job.count());
    let mut stream = Memory::cyclic(&[]);
    Contestant::new("floor: header and memcpy", Class::Floor, count, move || {
        for _ in 0..count {
            stream.write_all(black_box(&header)).unwrap();
            stream.write_all(black_box(&payload)).unwrap();
        }
    })
}

fn appended_floor(job: Job) -> Contestant {
    let role = job.role;
    let name =
        if role == Role::Client { "floor: header, memcpy and xor" } else { "floor: header and memcpy" };
    appender(name, &job, || {
        let (header, payload, xor) = (job.header(), job.payload(), limits::best());
        move |out: &mut Vec<u8>| {
            out.reserve(header.len() + payload.len());
            out.extend_from_slice(black_box(&header));
            let start = out.len();
            out.extend_from_slice(black_box(&payload));
            if role == Role::Client {
                xor(&mut out[start..], KEY);
            }
        }
    })
}

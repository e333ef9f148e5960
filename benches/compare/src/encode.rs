//! Bytes out of messages, binary: each written to a stream at once, or appended to a buffer of the caller.

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
        let key = (self.role == Role::Client).then_some([1, 2, 3, 4]);
        wire::header(Content::Binary, self.size, key, &mut bytes);
        bytes
    }
}

/// A buffer that can begin anew.
pub trait Buffer: Default + 'static {
    fn bytes(&self) -> &[u8];
    fn clear(&mut self);
}

impl Buffer for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }

    fn clear(&mut self) {
        self.clear();
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
    let mut buffer = B::default();
    make()(&mut buffer);
    assert_eq!(unframe(job.role, buffer.bytes()), job.payload(), "{name} is wrong");
    let (mut append, count, most) = (make(), job.count(), job.size + 14);
    Contestant::new(name, class(name), count, move || {
        for _ in 0..count {
            if buffer.bytes().len() + most > FULL {
                buffer.clear();
            }
            append(black_box(&mut buffer));
        }
    })
}

fn class(name: &str) -> Class {
    if name.starts_with("sansws") { Class::Sansws } else { Class::Peer }
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
    let (header, payload, count, role) = (job.header(), job.payload(), job.count(), job.role);
    let (mut out, xor) = (Vec::new(), limits::best());
    let name =
        if role == Role::Client { "floor: header, memcpy and xor" } else { "floor: header and memcpy" };
    Contestant::new(name, Class::Floor, count, move || {
        for _ in 0..count {
            let frame = header.len() + payload.len();
            if out.len() + frame > FULL {
                out.clear();
            }
            out.reserve(frame);
            out.extend_from_slice(black_box(&header));
            let start = out.len();
            out.extend_from_slice(black_box(&payload));
            if role == Role::Client {
                xor(&mut out[start..], 0x1234_5678);
            }
            black_box(&mut out);
        }
    })
}

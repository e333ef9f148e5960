//! Messages of JSON with permessage-deflate, received and sent by a server, beside the library alone that sansws
//! compresses with.

use std::hint::black_box;
use std::sync::Arc;

use fastrand::Rng;
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush};

use crate::memory::last_written;
use crate::peers;
use crate::race::{Contestant, Pace, race};
use crate::row::Class;
use crate::wire::{self, Content, Role, Wire};

pub const SIZES: [usize; 2] = [1 << 10, 64 << 10];

/// What all are set to; the window has 15 bits, the memory level is 8.
pub const LEVEL: u8 = 6;

/// How a flush ends, which is not sent (RFC 7692 7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xff, 0xff];

/// Bytes of messages in a pass.
const PASS: usize = 256 << 10;

/// The name of the library in its rows.
pub const FLOOR: &str = "floor: zlib-rs alone";

pub fn measure(pace: Pace) {
    for takeover in [true, false] {
        for size in SIZES {
            let messages: Vec<_> = json(size);
            for content in [Content::Binary, Content::Text] {
                let job = Arc::new(Inflating::new(takeover, content, &messages));
                let mut contestants = vec![inflate(&job)];
                contestants.extend(peers::inflaters(&job));
                race(&inflate_table(takeover, content), size, 0, contestants, pace);
            }
            let job = Arc::new(Deflating { takeover, messages });
            let mut contestants = vec![deflate(&job)];
            contestants.extend(peers::deflaters(&job));
            race(&deflate_table(takeover), size, 0, contestants, pace);
        }
    }
}

/// The names of the tables.
pub fn inflate_table(takeover: bool, content: Content) -> String {
    format!("inflate {content:?}{}", context(takeover)).to_lowercase()
}

pub fn deflate_table(takeover: bool) -> String {
    format!("deflate{}", context(takeover))
}

fn context(takeover: bool) -> &'static str {
    if takeover { " with context takeover" } else { " without context takeover" }
}

/// What a client sent.
pub struct Inflating {
    pub takeover: bool,
    /// Frames with compressed messages, and the messages.
    pub wire: Arc<Wire>,
    /// The compressed messages, each with what a receiver adds.
    tailed: Vec<Vec<u8>>,
}

impl Inflating {
    fn new(takeover: bool, content: Content, messages: &[Vec<u8>]) -> Self {
        let mut rng = Rng::with_seed(3);
        let (mut engine, mut bytes, mut tailed) = (engine(), Vec::new(), Vec::new());
        for message in messages {
            let mut packed = vec![0; message.len() + 1024];
            let length = pack(&mut engine, takeover, message, &mut packed);
            packed.truncate(length);
            let start = bytes.len();
            wire::frame(content, &packed[..length - 4], Some(rng.u32(..).to_le_bytes()), &mut bytes);
            bytes[start] |= 0x40;
            tailed.push(packed);
        }
        let wire = Wire { role: Role::Server, content, bytes, messages: messages.to_vec() };
        Self { takeover, wire: Arc::new(wire), tailed }
    }
}

/// A frame with a message of 1 KiB, as a client sends it first; with context takeover or without makes no difference.
pub fn sent() -> Vec<u8> {
    let first = &json(1 << 10)[..1];
    let job = Inflating::new(true, Content::Binary, first);
    Arc::into_inner(job.wire).expect("its own").bytes
}

/// What a server has to send.
pub struct Deflating {
    pub takeover: bool,
    pub messages: Vec<Vec<u8>>,
}

/// Tries out a function that sends these binary messages over a [`Memory`](crate::memory::Memory) of its own, and makes
/// a contestant of another one like it.
pub fn writer<F: FnMut() + 'static>(name: &str, job: &Deflating, make: impl Fn() -> F) -> Contestant {
    let mut send = make();
    // Twice, for what is left over between two passes.
    send();
    send();
    drop(send);
    check(name, job, &last_written());
    let class = if name.starts_with("sansws") { Class::Sansws } else { Class::Peer };
    Contestant::new(name, class, job.messages.len(), make())
}

fn check(name: &str, job: &Deflating, mut bytes: &[u8]) {
    let mut inflate = Inflate::new(false, 15);
    let mut length = 0;
    for message in job.messages.iter().chain(&job.messages) {
        assert_eq!(bytes[0], 0xc2, "{name} does not compress");
        let (payload, rest) = wire::split_off(bytes);
        length += payload.len();
        let mut packed = payload.to_vec();
        packed.extend_from_slice(&TAIL);
        if !job.takeover {
            inflate.reset(false);
        }
        let (mut plain, before) = (vec![0; message.len() + 1], inflate.total_out());
        inflate.decompress(&packed, &mut plain, InflateFlush::SyncFlush).expect("deflate");
        plain.truncate((inflate.total_out() - before) as usize);
        assert!(plain == *message, "{name} is wrong");
        bytes = rest;
    }
    assert!(bytes.is_empty());
    eprintln!("{name}: {length} bytes for {}", 2 * job.messages.iter().map(Vec::len).sum::<usize>());
}

fn inflate(job: &Arc<Inflating>) -> Contestant {
    let job = job.clone();
    let mut inflate = Inflate::new(false, 15);
    let mut plain = vec![0; job.wire.messages[0].len() + 1024];
    Contestant::new(FLOOR, Class::Floor, job.tailed.len(), move || {
        for (packed, message) in job.tailed.iter().zip(&job.wire.messages) {
            if !job.takeover {
                inflate.reset(false);
            }
            let before = inflate.total_out();
            inflate.decompress(black_box(packed), &mut plain, InflateFlush::SyncFlush).expect("deflate");
            assert_eq!((inflate.total_out() - before) as usize, message.len());
            black_box(&mut plain);
        }
    })
}

fn deflate(job: &Arc<Deflating>) -> Contestant {
    let job = job.clone();
    let (mut engine, mut packed) = (engine(), vec![0; job.messages[0].len() + 1024]);
    Contestant::new(FLOOR, Class::Floor, job.messages.len(), move || {
        for message in &job.messages {
            let length = pack(&mut engine, job.takeover, black_box(message), &mut packed);
            black_box(&mut packed[..length]);
        }
    })
}

fn engine() -> Deflate {
    let level = i32::from(LEVEL);
    Deflate::new_with_config(DeflateConfig {
        level,
        window_bits: -15,
        mem_level: 8,
        ..DeflateConfig::default()
    })
}

fn pack(engine: &mut Deflate, takeover: bool, message: &[u8], packed: &mut [u8]) -> usize {
    if !takeover {
        engine.reset();
    }
    let before = engine.total_out();
    engine.compress(message, packed, DeflateFlush::SyncFlush).expect("room");
    let length = (engine.total_out() - before) as usize;
    assert!(packed[..length].ends_with(&TAIL));
    length
}

/// Different messages, each an array of records as a market or a chat would send them, of exactly this size.
pub fn json(size: usize) -> Vec<Vec<u8>> {
    const WORDS: [&str; 12] = [
        "order",
        "filled",
        "pending",
        "limit",
        "market",
        "cancelled",
        "price",
        "update",
        "trade",
        "quote",
        "open",
        "closed",
    ];
    let mut rng = Rng::with_seed(size as u64);
    let mut id = 100_000;
    let message = |_| {
        let mut text = String::from("[");
        loop {
            id += rng.u32(1..9);
            let (word, other) = (WORDS[rng.usize(..WORDS.len())], WORDS[rng.usize(..WORDS.len())]);
            let record = format!(
                r#"{{"id":{id},"type":"{word}","user":"user-{:04x}","price":{}.{:02},"amount":{},"note":"{other} {word}","live":{}}},"#,
                rng.u16(..),
                rng.u32(10..9000),
                rng.u8(..100),
                rng.u32(1..500),
                rng.bool(),
            );
            if text.len() + record.len() + 3 > size {
                break;
            }
            text += &record;
        }
        // What is left is a string.
        let left = size - text.len() - 3;
        text.push('"');
        text.extend((0..left).map(|_| rng.lowercase()));
        text += "\"]";
        assert!(text.len() == size && serde_json::from_str::<serde_json::Value>(&text).is_ok());
        text.into_bytes()
    };
    (0..PASS / size).map(message).collect()
}

//! Messages out of bytes: all that arrives is read in pieces of 64 KiB at most, and each message looked at.

use std::hint::black_box;
use std::sync::Arc;

use crate::limits;
use crate::memory::READ;
use crate::peers;
use crate::race::{Contestant, Pace, race};
use crate::row::Class;
use crate::wire::{Content, Role, Wire};

pub const SIZES: [usize; 6] = [16, 125, 1 << 10, 16 << 10, 64 << 10, 1 << 20];

/// Takes messages.
pub trait Sink {
    fn message(&mut self, payload: &[u8]);
}

/// Receives the whole wire, once for each pass.
pub trait Decode {
    fn pass<S: Sink>(&mut self, sink: &mut S);
}

pub fn measure(pace: Pace) {
    for role in [Role::Server, Role::Client] {
        for content in [Content::Binary, Content::Text, Content::Mixed] {
            if content == Content::Mixed && role == Role::Client {
                continue;
            }
            for size in SIZES {
                let wire = Arc::new(Wire::new(role, content, size));
                let mut contestants = floors(&wire, READ);
                contestants.extend(peers::decoders(&wire));
                race(&table(role, content, READ), size, 0, contestants, pace);
                if !pace.quick && role == Role::Server {
                    // A smaller buffer stays in the first cache.
                    let mut contestants = floors(&wire, 16 << 10);
                    contestants.push(peers::sansws::decoder(&wire, 16 << 10));
                    contestants.push(peers::tungstenite::buffered_decoder(&wire, 16 << 10));
                    race(&table(role, content, 16 << 10), size, 0, contestants, pace);
                }
            }
        }
    }
}

/// The name of the table.
pub fn table(role: Role, content: Content, read: usize) -> String {
    format!("decode {role:?} {content:?} {} KiB reads", read >> 10).to_lowercase().replace("kib", "KiB")
}

/// Tries a decoder out, and makes a contestant of it.
pub fn contestant(name: &str, wire: &Arc<Wire>, mut decoder: impl Decode + 'static) -> Contestant {
    // Twice, for what is left over between two passes.
    let mut check = Check { name, messages: wire.messages.iter().chain(&wire.messages) };
    decoder.pass(&mut check);
    decoder.pass(&mut check);
    assert!(check.messages.next().is_none(), "{name} lost messages");

    let (count, bytes) = (wire.messages.len(), wire.messages.iter().map(Vec::len).sum());
    let class = if name.starts_with("sansws") { Class::Sansws } else { Class::Peer };
    Contestant::new(name, class, count, move || {
        let mut tally = Tally { count: 0, bytes: 0 };
        decoder.pass(&mut tally);
        assert_eq!((tally.count, tally.bytes), (count, bytes));
    })
}

fn floors(wire: &Arc<Wire>, read: usize) -> Vec<Contestant> {
    let count = wire.messages.len();
    let (copied, xored, joined) = (wire.clone(), wire.clone(), wire.clone());
    let (mut buf, mut other) = (vec![0; read], vec![0; read]);
    let xor = limits::best();
    let frame = wire.bytes.len() / count;
    let mut whole = vec![0; frame];
    let mut floors = vec![
        Contestant::new("floor: memcpy", Class::Floor, count, move || {
            for piece in copied.bytes.chunks(read) {
                buf[..piece.len()].copy_from_slice(piece);
                black_box(&mut buf);
            }
        }),
        Contestant::new("floor: memcpy and xor in place", Class::Floor, count, move || {
            for piece in xored.bytes.chunks(read) {
                let buf = &mut other[..piece.len()];
                buf.copy_from_slice(piece);
                xor(black_box(&mut *buf), 0x1234_5678);
                black_box(buf);
            }
        }),
    ];
    if frame > read {
        // The others stay in the one read buffer. A message is more memory, and not in the nearest cache.
        floors.push(Contestant::new("floor: the same, put together", Class::Floor, count, move || {
            for message in joined.bytes.chunks(frame) {
                for (piece, place) in message.chunks(read).zip(whole.chunks_mut(read)) {
                    place.copy_from_slice(piece);
                    xor(black_box(&mut *place), 0x1234_5678);
                }
                black_box(&mut whole);
            }
        }));
    }
    floors
}

struct Tally {
    count: usize,
    bytes: usize,
}

impl Sink for Tally {
    #[inline]
    fn message(&mut self, payload: &[u8]) {
        self.count += 1;
        self.bytes += black_box(payload).len();
    }
}

struct Check<'a, M> {
    name: &'a str,
    messages: M,
}

impl<'a, M: Iterator<Item = &'a Vec<u8>>> Sink for Check<'_, M> {
    fn message(&mut self, payload: &[u8]) {
        assert!(self.messages.next().is_some_and(|message| message == payload), "{} is wrong", self.name);
    }
}

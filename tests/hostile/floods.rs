//! Much of what is cheap to send: Pings, Pongs, Closes, fragments, single bytes.

use sansws::{Config, Connection, Event, Input, Kind, MessageBuf, Role, Violation};

use crate::common::{CLIENT, ROLES, frame, frames, sent};
use crate::counting::{Flood, measure};

/// How many single bytes a message is made of: the 64 MiB of the default limit with optimisation, without it they
/// take about a minute.
const MANY: usize = if cfg!(debug_assertions) { 4 << 20 } else { 64 << 20 };

const NO_COUNT: Config = Config::new().max_fragments(u32::MAX);

/// V2, V55: a hundred thousand Pings from a peer that reads nothing: the output stays below its limit, and so does
/// the memory; then the newest Pong goes out, alone.
#[test]
pub(crate) fn v2_v55_cve_2020_35896_ping_flood() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        let pings = frame(role, 0x89, &[7; 125]).repeat(1000);
        let ((), cost) = measure(|| (0..100).for_each(|_| flood.feed(&pings, usize::MAX)));
        assert_eq!((flood.failed, flood.events), (None, 100_000));
        assert!(flood.out.len() < (64 << 10) + 131, "{}", flood.out.len());
        // The output, doubled in its growth, and one Pong.
        assert!(cost.most < 3 * (64 << 10), "{cost:?}");
        flood.feed(&frame(role, 0x89, b"newest"), usize::MAX);
        flood.out.clear();
        flood.conn.resume(&mut flood.out);
        assert_eq!(sent(role, &flood.out), [(0x8a, b"newest".to_vec())]);
    }
}

/// V54: with the output blocked every call takes its input or returns, and none waits for room.
#[test]
pub(crate) fn v54_cve_2025_5399_blocked_output_makes_progress() {
    for role in ROLES {
        let mut conn = Connection::new(role, Config::new().reply_backlog(1));
        let (mut store, mut out) = (MessageBuf::new(), vec![]);
        conn.send("blocks", &mut out).expect("open");
        let blocked = out.clone();
        for n in 0..1000_u32 {
            let mut ping = frame(role, 0x89, &n.to_be_bytes());
            let mut input = Input::new(&mut ping);
            assert_eq!(conn.receive_message(&mut input, &mut store, &mut out), Some(Event::Ping));
            assert_eq!(conn.receive_message(&mut input, &mut store, &mut out), None);
            conn.resume(&mut out);
            assert!(input.is_empty() && out == blocked);
        }
    }
}

/// V15, 5.1-12: a million empty fragments: no memory at all, and an end after the number that is allowed.
#[test]
pub(crate) fn v15_cve_2026_48779_empty_fragments() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        let many = frame(role, 0x00, b"").repeat(1 << 10);
        let ((), cost) = measure(|| {
            flood.feed(&frame(role, 0x01, b""), usize::MAX);
            (0..1 << 10).for_each(|_| flood.feed(&many, usize::MAX));
        });
        assert_eq!(flood.failed, Some(Violation::TooManyFragments { limit: 1 << 20 }));
        assert_eq!(sent(role, &flood.out)[0].1[..2], 1008_u16.to_be_bytes());
        // The two frames that were made here.
        assert!(cost.most < 64 && flood.store.capacity() == 0, "{cost:?}");
    }
    // Two hundred thousand below the limit are a message.
    let mut flood = Flood::new(Role::Server, Config::default());
    flood.feed(b"\x01\x80\0\0\0\0", usize::MAX);
    flood.feed(&b"\x00\x80\0\0\0\0".repeat(200_000), usize::MAX);
    assert_eq!((flood.failed, flood.events, flood.store.capacity()), (None, 0, 0));
    flood.feed(b"\x80\x80\0\0\0\0", usize::MAX);
    assert_eq!((flood.failed, flood.events), (None, 1));
}

/// V37, 5.1-24: a frame of 4 MiB in reads of one byte: a buffer that doubles, and nothing for each read.
#[test]
pub(crate) fn v37_one_byte_reads() {
    let mut flood = Flood::new(CLIENT, NO_COUNT);
    let length = 4 << 20;
    let bytes = frame(CLIENT, 0x81, &vec![b'x'; length]);
    let ((), cost) = measure(|| flood.feed(&bytes[..bytes.len() - 1], 1));
    assert_eq!((flood.failed, flood.events), (None, 0));
    assert!(cost.allocations <= 24 && cost.most <= 2 * length as isize, "{cost:?}");
    flood.feed(&bytes[bytes.len() - 1..], 1);
    assert_eq!(flood.events, 1);
}

/// 5.1-24: a message in fragments of one byte, text and binary: each byte is copied in once, and growing moves at
/// most two more for it.
#[test]
pub(crate) fn c5_1_24_one_byte_fragments() {
    for (role, kind, per_read) in [(CLIENT, 0x02, 1 << 14), (Role::Server, 0x01, 1 << 13)] {
        let mut flood = Flood::new(role, NO_COUNT.max_message(MANY as u64));
        let many = frame(role, 0x00, b"x").repeat(per_read);
        let first = frame(role, kind, b"x");
        let ((), cost) = measure(|| {
            flood.feed(&first, usize::MAX);
            (0..MANY / per_read - 1).for_each(|_| flood.feed(&many, usize::MAX));
            let one = many.len() / per_read;
            flood.feed(&many[..one * (per_read - 2)], usize::MAX);
        });
        assert_eq!((flood.failed, flood.events), (None, 0));
        assert_eq!(flood.store.capacity(), MANY, "no more than the limit allows to come");
        assert!(MANY + cost.moved <= 3 * MANY && cost.allocations <= 30, "{cost:?}");
        flood.feed(&frame(role, 0x80, b"x"), usize::MAX);
        assert_eq!((flood.failed, flood.events), (None, 1));
    }
}

/// 5.1-24: code points of four bytes, a byte at a time, each in a fragment of its own: what is cut waits in the
/// validator, and is never validated again from the start.
#[test]
pub(crate) fn c5_1_24_text_in_single_bytes() {
    let mut flood = Flood::new(CLIENT, NO_COUNT);
    let crab: Vec<u8> = "🦀".bytes().flat_map(|byte| [0x00, 0x01, byte]).collect();
    let many = crab.repeat(1 << 10);
    let ((), cost) = measure(|| {
        flood.feed(&[0x01, 0x00], 1);
        (0..1 << 6).for_each(|_| flood.feed(&many, 1));
    });
    assert_eq!((flood.failed, flood.events), (None, 0));
    assert!(cost.moved <= 2 << 18 && cost.most <= 2 << 18, "{cost:?}");
    flood.feed(&[0x80, 0x00], 1);
    assert_eq!((flood.failed, flood.events), (None, 1));
}

/// V57, V75: frames below the limit of a frame, without end: the limit of the message holds for their sum.
#[test]
pub(crate) fn v57_v75_cve_2025_32049_unbounded_reassembly() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::new().max_message(1 << 20));
        let more = frame(role, 0x00, &[0xee; 65535]);
        let ((), cost) = measure(|| {
            flood.feed(&frame(role, 0x02, b""), usize::MAX);
            (0..100).for_each(|_| flood.feed(&more, usize::MAX));
        });
        let (length, limit) = (17 * 65535, 1 << 20);
        assert_eq!(flood.failed, Some(Violation::MessageTooBig { length, limit }));
        assert!(cost.most <= (1 << 20) + 64, "{cost:?}");
        assert_eq!(sent(role, &flood.out)[0].1[..2], 1009_u16.to_be_bytes());
    }
}

/// 5.1-19: Pings while a large message of our own goes out in fragments: each Pong comes at once, between two of
/// them.
#[test]
pub(crate) fn c5_1_19_pongs_between_own_fragments() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        for n in 0..10_u8 {
            let (out, piece) = (&mut flood.out, [n; 1000]);
            flood.conn.send_fragment(Kind::Binary, &piece, n == 9, out).expect("open");
            flood.feed(&frame(role, 0x89, &[n]), usize::MAX);
        }
        let frames = sent(role, &flood.out);
        assert_eq!(frames.len(), 20);
        for (n, pair) in frames.chunks(2).enumerate() {
            assert_eq!(pair[0].1, vec![n as u8; 1000]);
            assert_eq!(pair[1], (0x8a, vec![n as u8]));
        }
    }
}

/// 5.1-20: Pongs that nobody asked for: no answer and no memory.
#[test]
pub(crate) fn c5_1_20_pong_flood() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        let pongs = frames(role, &[(0x8a, &[7; 125]), (0x8a, b"")]).repeat(100);
        let ((), cost) = measure(|| (0..1000).for_each(|_| flood.feed(&pongs, usize::MAX)));
        assert_eq!((flood.failed, flood.events, flood.out.len()), (None, 200_000, 0));
        assert_eq!(cost.allocations, 0);
    }
}

/// Closes without end, and closing again and again: one of each is seen and sent, without memory for the others.
#[test]
pub(crate) fn close_flood() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        let closes = frame(role, 0x88, b"\x03\xe8bye").repeat(5000);
        let ((), cost) = measure(|| {
            for _ in 0..20 {
                flood.feed(&closes, usize::MAX);
                flood.conn.close(None, "", &mut flood.out).expect("does nothing");
            }
        });
        assert_eq!((flood.failed, flood.events, cost.allocations), (None, 1, 0));
        assert_eq!(sent(role, &flood.out), [(0x88, b"\x03\xe8".to_vec())]);
        assert_eq!(flood.conn.close_reason(), "bye");
    }
}

/// After a failure the peer may send what it likes: it is swallowed, not looked at, and not kept.
#[test]
pub(crate) fn flood_after_a_failure() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        flood.feed(&frame(role, 0x83, b""), usize::MAX);
        let more = frames(role, &[(0x82, &[1; 1000]), (0x89, b"p"), (0x88, b"")]).repeat(50);
        let ((), cost) = measure(|| (0..200).for_each(|_| flood.feed(&more, 999)));
        assert_eq!((flood.events, cost.allocations), (1, 0));
        assert_eq!(sent(role, &flood.out).len(), 1);
    }
}

/// 5.1-23: after a large message the memory is given back by the next call, which every loop makes.
#[test]
pub(crate) fn c5_1_23_memory_is_given_back() {
    for role in ROLES {
        for first in [0x81, 0x82] {
            let mut flood = Flood::new(role, Config::default());
            let bytes = frame(role, first, &vec![b'x'; 16 << 20]);
            let ((), cost) = measure(|| flood.feed(&bytes, usize::MAX));
            assert_eq!((flood.failed, flood.events), (None, 1));
            assert!(cost.most >= 16 << 20 && cost.held <= 64 << 10, "{cost:?}");
            assert!(flood.store.is_empty() && flood.store.capacity() <= 64 << 10);
        }
    }
}

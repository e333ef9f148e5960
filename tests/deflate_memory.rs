//! What compression costs in memory, every allocation counted, and that no peer can make it more.

#[path = "hostile/counting.rs"]
mod counting;
mod deflate_common;

use counting::{Cost, Flood, measure};
use deflate_common::*;
use sansws::deflate::{Agreed, Deflater};
use sansws::{CloseCode, Connection, Input, MessageBuf, Prepared, Role, Violation};

const KIB: isize = 1024;

/// What a message buffer takes to decompress with, as its documentation says.
const INFLATER: isize = 48 * KIB;

/// What a connection holds beside a history: its box, the box of the sender's rare things, the owner's mark.
const BOXES: isize = 700;

/// One compressed frame as a client sends it, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(0x80 | length as u8),
        length @ 126..=65535 => {
            bytes.push(0xfe);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(0xff);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
    bytes.extend(payload);
    bytes
}

fn receive(conn: &mut Connection, store: &mut MessageBuf, bytes: &mut [u8], out: &mut Vec<u8>) -> usize {
    let (mut input, mut events) = (Input::new(bytes), 0);
    while conn.receive_message(&mut input, store, out).is_some() {
        events += 1;
    }
    events
}

/// Connections that agreed to compression, buffers and deflaters hold nothing until they are used, nor does a plain
/// message make them.
#[test]
fn nothing_before_the_first_message() {
    let mut out = Vec::with_capacity(1000);
    let mut bytes = frame(0x81, b"plain");
    let (_held, cost) = measure(|| {
        let mut conn = Connection::new(Role::Server, config(Agreed::new()));
        let (mut store, mut deflater) = (MessageBuf::new(), Deflater::new());
        receive(&mut conn, &mut store, &mut bytes, &mut out);
        conn.send("plain", &mut out).expect("open");
        conn.send_compressed("too short", &mut deflater, &mut out).expect("open");
        (conn, store, deflater)
    });
    assert_eq!(cost.allocations, 0);
    assert!(size_of::<Connection>() <= 248, "{}", size_of::<Connection>());
}

/// What each set of parameters costs a connection, in each direction, once it has sent and received much more than the
/// window; the buffer and the deflater are shared and counted for themselves.
#[test]
fn what_a_connection_holds() {
    for takeover in [true, false] {
        for bits in 9..=15u8 {
            let agreed = both(takeover, bits);
            let (mut deflater, mut store) = (Deflater::new(), MessageBuf::new());
            let mut out = Vec::with_capacity(1 << 17);
            let text = json(10_000, 1);
            let message = frame(0xc1, &packed(text.as_bytes()));
            let mut buffer = vec![0; message.len()];
            // The engines, which all connections share, are made by another one.
            let ((), engines) = measure(|| {
                let mut other = Connection::new(Role::Server, config(agreed));
                other.send_compressed(&text, &mut deflater, &mut out).expect("open");
                buffer.copy_from_slice(&message);
                receive(&mut other, &mut store, &mut buffer, &mut out);
            });
            let mut conn = Connection::new(Role::Server, config(agreed));
            let ((), received) = measure(|| {
                for _ in 0..10 {
                    buffer.copy_from_slice(&message);
                    assert_eq!(receive(&mut conn, &mut store, &mut buffer, &mut out), 1);
                }
            });
            let ((), sent) = measure(|| {
                for _ in 0..10 {
                    out.clear();
                    conn.send_compressed(&text, &mut deflater, &mut out).expect("open");
                }
            });
            println!(
                "takeover {takeover}, {bits} bits: {} received, {} sent, {} engines",
                received.held, sent.held, engines.held
            );
            let most = if takeover { (1 << bits) + BOXES } else { 0 };
            assert!(received.held <= most && sent.held <= most, "{received:?} {sent:?}");
            assert_eq!(received.held > 1 << bits, takeover);
            assert_eq!(sent.held > 1 << bits, takeover);
            assert!(engines.held < INFLATER + 11 * KIB + 380 * KIB, "{engines:?}");
            // Nothing more is asked for from now on.
            let ((), cost) = measure(|| {
                for _ in 0..10 {
                    out.clear();
                    buffer.copy_from_slice(&message);
                    receive(&mut conn, &mut store, &mut buffer, &mut out);
                    conn.send_compressed(&text, &mut deflater, &mut out).expect("open");
                }
            });
            assert_eq!(cost.allocations, 0, "{cost:?}");
        }
    }
}

/// A history grows with what was said, not at once to the size of the window.
#[test]
fn a_history_grows_with_use() {
    let mut store = MessageBuf::new();
    let mut out = Vec::with_capacity(1000);
    let hello = frame(0xc1, HELLO);
    let mut other = Connection::new(Role::Server, config(Agreed::new()));
    let mut bytes = hello.clone();
    receive(&mut other, &mut store, &mut bytes, &mut out);
    let mut conn = Connection::new(Role::Server, config(Agreed::new()));
    bytes.copy_from_slice(&hello);
    let (_, cost) = measure(|| receive(&mut conn, &mut store, &mut bytes, &mut out));
    println!("after five bytes: {}", cost.held);
    assert!(cost.held < 150, "{cost:?}");
}

/// What the engines take, alone, for each size of window and memory level.
#[test]
fn what_engines_hold() {
    for (bits, memory_level, least, most) in
        [(15, 8, 360, 373), (15, 1, 250, 262), (12, 8, 250, 261), (9, 8, 240, 247), (9, 1, 130, 136)]
    {
        let text = json(10_000, 1);
        let mut deflater = Deflater::new().memory_level(memory_level);
        let mut out = Vec::with_capacity(1 << 16);
        let mut conn = Connection::new(Role::Server, config(both(false, bits)));
        let ((), cost) = measure(|| conn.send_compressed(&text, &mut deflater, &mut out).expect("open"));
        println!("deflater for {bits} bits, memory level {memory_level}: {}", cost.held);
        assert!((least * KIB..most * KIB).contains(&cost.held), "{cost:?}");
    }
    let mut store = MessageBuf::new();
    let mut out = Vec::with_capacity(1000);
    let mut conn = Connection::new(Role::Server, config(both(false, 15)));
    let mut bytes = frame(0xc1, HELLO);
    let (_, cost) = measure(|| receive(&mut conn, &mut store, &mut bytes, &mut out));
    let held = cost.held - store.capacity() as isize;
    println!("inflater: {held}");
    assert!((46 * KIB..INFLATER).contains(&held), "{cost:?}");
}

/// A buffer that is to keep less than it takes to decompress gives that back, too.
#[test]
fn buffers_give_back_what_they_are_not_to_keep() {
    let mut out = Vec::with_capacity(1000);
    for (keep, is_kept) in [(0, false), (40 << 10, false), (48 << 10, true)] {
        let mut store = MessageBuf::with_keep(keep);
        let mut conn = Connection::new(Role::Server, config(both(false, 15)));
        let mut bytes = frame(0xc1, HELLO);
        let (_, cost) = measure(|| {
            receive(&mut conn, &mut store, &mut bytes, &mut out);
            store.clear();
        });
        assert_eq!(cost.held > 4 * KIB, is_kept, "{cost:?}");
    }
}

/// Bombs: a thousand bytes for one, whole, in fragments, in many messages, and those that look back: 1009, and no more
/// memory than for a plain message of the same limit. V17, CVE-2026-1526, V29, V34, V77.
#[test]
fn bombs() {
    const LIMIT: isize = 64 * KIB;
    let zeros = packed(&vec![0; 4 << 20]);
    assert!(zeros.len() < 4200);
    let fits = packed(&vec![0; LIMIT as usize]);
    let mut fixed = Bits::default();
    fixed.block(false, 1).literal(0);
    for _ in 0..20_000 {
        fixed.run();
    }
    let fixed = fixed.end().message();
    let pieces = |bytes: &[u8], size: usize| {
        let mut all = Vec::new();
        for (index, piece) in bytes.chunks(size).enumerate() {
            let fin = if (index + 1) * size >= bytes.len() { 0x80 } else { 0 };
            all.extend(frame(if index == 0 { 0x42 } else { 0 } | fin, piece));
        }
        all
    };
    let floods = [
        ("one frame", frame(0xc2, &zeros)),
        ("one frame of fixed codes", frame(0xc2, &fixed)),
        ("as text", frame(0xc1, &zeros)),
        ("many fragments", pieces(&zeros, 1)),
        ("fragments", pieces(&zeros, 100)),
        ("after many messages that fit", [frame(0xc2, &fits).repeat(20), frame(0xc2, &zeros)].concat()),
        (
            "behind endless empty blocks",
            frame(0xc2, &[b"\x00\x00\x00\xff\xff".repeat(3000), zeros.clone()].concat()),
        ),
        ("behind endless last blocks", frame(0xc2, &[b"\x03\x00".repeat(10_000), zeros.clone()].concat())),
        (
            "over and over",
            frame(0xc2, &[&fits[..fits.len() - 1], b"\x00\x00\x00\xff\xff"].concat().repeat(50)),
        ),
    ];
    for takeover in [true, false] {
        for (name, bytes) in &floods {
            for piece in [1 << 16, 1000, 7] {
                let config = config(both(takeover, 15)).max_message(LIMIT as u64);
                let mut flood = Flood::new(Role::Server, config);
                let ((), cost) = measure(|| flood.feed(bytes, piece));
                let limit = LIMIT as u64;
                assert_eq!(
                    flood.failed,
                    Some(Violation::MessageTooBig { length: limit + 1, limit }),
                    "{name}"
                );
                assert_eq!(flood.failed.map(Violation::close_code), Some(CloseCode::TOO_BIG));
                // Growing a buffer may hold the old and the new one.
                let history = if takeover { 33 * KIB } else { 0 };
                assert!(cost.most <= 2 * LIMIT + INFLATER + history, "{name}: {cost:?}");
                assert!(cost.allocations < 40, "{name}: {cost:?}");
            }
        }
    }
}

/// The same piece by piece: an inflater hands out no more than allowed, and holds the same all the time.
#[test]
fn bombs_in_chunks() {
    let zeros = packed(&vec![0; 4 << 20]);
    let conn = Connection::new(Role::Server, config(Agreed::new()).max_message(100_000));
    let mut buf = vec![0xaa; 10_000];
    let (made, cost) = measure(|| {
        let mut inflater = conn.inflater().expect("agreed");
        let (mut rest, mut made) = (&zeros[..], 0);
        let failed = loop {
            match inflater.inflate(&mut rest, true, &mut buf) {
                Ok(0) => break None,
                Ok(count) => {
                    assert!(buf[..count].iter().all(|byte| *byte == 0));
                    made += count;
                }
                Err(violation) => break Some(violation),
            }
        };
        assert_eq!(failed, Some(Violation::MessageTooBig { length: 100_001, limit: 100_000 }));
        made
    });
    assert!(made <= 100_000, "{made}");
    assert!(cost.most < 110 * KIB, "{cost:?}");
}

/// Broadcasts cost the connections nothing without context takeover.
#[test]
fn broadcasts_cost_nothing() {
    let prepared = Prepared::compressed(&json(2000, 1), 15, &mut Deflater::new());
    let mut out = Vec::with_capacity(10_000);
    let mut conn = Connection::new(Role::Server, config(both(false, 15)));
    let (result, cost) = measure(|| conn.send_prepared(&prepared, &mut out));
    assert_eq!((result, cost.allocations), (Ok(()), 0));
}

/// A stream of fragments needs its history while it lasts, also without context takeover.
#[test]
fn streams_give_back_their_history() {
    let (mut deflater, mut out) = (Deflater::new(), Vec::with_capacity(1 << 20));
    let line = json(1000, 1);
    let mut conn = Connection::new(Role::Server, config(both(false, 15)));
    let mut send = |conn: &mut Connection, last| {
        conn.send_fragment_compressed(sansws::Kind::Text, line.as_bytes(), last, &mut deflater, &mut out)
            .expect("open");
    };
    send(&mut conn, true);
    let ((), open): ((), Cost) = measure(|| (0..100).for_each(|_| send(&mut conn, false)));
    assert!((32 * KIB..33 * KIB).contains(&open.held), "{open:?}");
    let ((), ended) = measure(|| send(&mut conn, true));
    assert!(ended.held <= -32 * KIB, "{ended:?}");
}

/// A peer that sends nothing but tiny messages makes nothing grow.
#[test]
fn tiny_messages() {
    let bytes =
        [frame(0xc1, b"\x00"), frame(0xc1, HELLO), frame(0xc1, b"\x03\x00"), frame(0x81, b"plain")].concat();
    for takeover in [true, false] {
        let mut flood = Flood::new(Role::Server, config(both(takeover, 15)));
        flood.feed(&bytes, 1000);
        let ((), cost) = measure(|| (0..5000).for_each(|_| flood.feed(&bytes, 1000)));
        assert_eq!(flood.events, 4 * 5001);
        assert!(cost.held <= if takeover { 32 * KIB } else { 0 }, "{cost:?}");
        assert!(cost.allocations < 20, "{cost:?}");
    }
}

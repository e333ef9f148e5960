//! Sending compressed messages (RFC 7692 6.1, 7.2.1): requirements group 17c, and both directions together.

mod common;
mod deflate_common;

use common::*;
use deflate_common::*;
use proptest::prelude::*;
use sansws::deflate::{Agreed, Deflater};
use sansws::{Config, Connection, Kind, Message, Prepared, Role, SendError};

fn conn(role: Role, agreed: Agreed) -> Connection {
    Connection::new(role, config(agreed))
}

/// The frames that sending leads to, in both roles.
fn expect_sent(agreed: Agreed, send: impl Fn(&mut Connection, &mut Vec<u8>), expected: &[(u8, &[u8])]) {
    for role in ROLES {
        let mut out = Vec::new();
        send(&mut conn(role, agreed), &mut out);
        let frames = sent_compressed(role, &out);
        let frames: Vec<(u8, &[u8])> = frames.iter().map(|(first, payload)| (*first, &payload[..])).collect();
        assert_eq!(frames, expected, "{role:?}");
    }
}

/// 7692-7.2.1-1 to 7692-7.2.1-3, 7692-7.2.1-9 to 7692-7.2.1-12, 7692-6.1-1, 7692-6.1-6, 6455-6.1-7: a message twice,
/// byte for byte as the RFC has it, with and without context takeover.
#[test]
fn the_examples_of_the_rfc() {
    let twice = |conn: &mut Connection, out: &mut Vec<u8>| {
        let mut deflater = eager();
        conn.send_compressed("Hello", &mut deflater, out).expect("open");
        conn.send_compressed(&b"Hello"[..], &mut deflater, out).expect("open");
    };
    expect_sent(both(true, 15), twice, &[(0xc1, HELLO), (0xc2, HELLO_AGAIN)]);
    expect_sent(both(false, 15), twice, &[(0xc1, HELLO), (0xc2, HELLO)]);
    expect_sent(Agreed::new(), twice, &[(0xc1, HELLO), (0xc2, HELLO_AGAIN)]);
    // Each direction for itself.
    let half = Agreed::new().server_no_context_takeover(true);
    for (role, second) in [(ROLES[0], HELLO), (ROLES[1], HELLO_AGAIN)] {
        let mut out = Vec::new();
        twice(&mut conn(role, half), &mut out);
        assert_eq!(sent_compressed(role, &out)[1].1, second);
    }
}

/// 7692-7.2.3.6-1: messages of nothing are a byte.
#[test]
fn empty_messages() {
    let empty = |conn: &mut Connection, out: &mut Vec<u8>| {
        let mut deflater = eager();
        for text in ["", "", "Hello", "", "Hello"] {
            conn.send_compressed(text, &mut deflater, out).expect("open");
        }
    };
    let expected: &[(u8, &[u8])] =
        &[(0xc1, b"\x00"), (0xc1, b"\x00"), (0xc1, HELLO), (0xc1, b"\x00"), (0xc1, HELLO_AGAIN)];
    expect_sent(both(true, 15), empty, expected);
    let expected: &[(u8, &[u8])] =
        &[(0xc1, b"\x00"), (0xc1, b"\x00"), (0xc1, HELLO), (0xc1, b"\x00"), (0xc1, HELLO)];
    expect_sent(both(false, 15), empty, expected);
    // By default they go as they are.
    let plain = |conn: &mut Connection, out: &mut Vec<u8>| {
        conn.send_compressed("", &mut Deflater::new(), out).expect("open");
    };
    expect_sent(both(true, 15), plain, &[(0x81, b"")]);
}

/// 7692-7.2.1-4, 7692-7.2.1-5, 7692-6.1-3, 7692-6.1-2: the bit on the first fragment only, the four bytes off the last
/// only, control frames as they are.
#[test]
fn fragments() {
    let send = |conn: &mut Connection, out: &mut Vec<u8>| {
        let mut deflater = eager();
        conn.send_fragment_compressed(Kind::Text, b"He", false, &mut deflater, out).expect("open");
        conn.ping(b"He", out).expect("open");
        conn.send_fragment_compressed(Kind::Text, b"", false, &mut deflater, out).expect("open");
        conn.send_fragment_compressed(Kind::Text, b"llo", true, &mut deflater, out).expect("open");
        conn.pong(b"llo", out).expect("open");
        conn.send_fragment_compressed(Kind::Binary, b"", false, &mut deflater, out).expect("open");
        conn.send_fragment_compressed(Kind::Binary, b"", true, &mut deflater, out).expect("open");
        conn.close(None, "", out).expect("open");
    };
    for takeover in [true, false] {
        for role in ROLES {
            let mut out = Vec::new();
            send(&mut conn(role, both(takeover, 15)), &mut out);
            let frames = sent_compressed(role, &out);
            let firsts: Vec<u8> = frames.iter().map(|(first, _)| *first).collect();
            assert_eq!(firsts, [0x41, 0x89, 0x00, 0x80, 0x8a, 0x42, 0x80, 0x88]);
            assert!(frames[0].1.ends_with(&TAIL) && !frames[3].1.ends_with(&TAIL));
            assert_eq!(
                (&frames[2].1[..], &frames[5].1[..], &frames[6].1[..]),
                (&b""[..], &b""[..], &b"\x00"[..])
            );
            let message = [&frames[0].1[..], &frames[3].1].concat();
            let trace = trace(&message, b"").expect("lawful");
            assert_eq!((&trace.plain[..], trace.lasts), (&b"Hello"[..], 0));
        }
    }
}

/// A stream of fragments of any length, with a deflater that serves others in between: each fragment can be
/// decompressed when it comes, and each may refer to those before.
#[test]
fn streams_of_unknown_length() {
    for takeover in [true, false] {
        for shared in [true, false] {
            let (mut deflater, mut other) = (Deflater::new(), conn(ROLES[0], both(true, 15)));
            let mut sender = Run::new(ROLES[0], config(both(takeover, 12)));
            let mut receiver = Run::new(ROLES[1], config(both(takeover, 12)));
            for message in 0..3 {
                let (mut all, mut sizes) = (String::new(), Vec::new());
                for part in 0..20 {
                    let line = json(300, 9);
                    all += &line;
                    let out = &mut sender.out;
                    let last = part == 19;
                    sender
                        .conn
                        .send_fragment_compressed(Kind::Text, line.as_bytes(), last, &mut deflater, out)
                        .expect("open");
                    sizes.push(out.len());
                    if shared {
                        let mut out = Vec::new();
                        other.send_compressed(&json(500, part), &mut deflater, &mut out).expect("open");
                    }
                    receiver.feed(Api::Messages, &std::mem::take(out));
                }
                assert_eq!(receiver.got[message], text(&all));
                assert!(sizes[1..].iter().all(|size| *size < 30), "{sizes:?}");
                assert_eq!(sizes[0] < 30, takeover && message > 0, "{sizes:?}");
            }
        }
    }
}

/// 7692-6-4, 7692-7.2.1-15 to 7692-7.2.1-17, 7692-8-1, D-RAW: a choice for every message, and nothing that was not sent
/// compressed is ever referred to.
#[test]
fn compressed_or_not() {
    let noise = noise(1000, 1);
    for role in ROLES {
        let mut deflater = Deflater::new();
        let mut sender = Run::new(role, config(both(true, 15)));
        let other = if role == Role::Server { CLIENT } else { Role::Server };
        let mut receiver = Run::new(other, config(both(true, 15)));
        let hello = json(200, 1);
        let mut expected = Vec::new();
        for round in 0..4 {
            let (conn, out) = (&mut sender.conn, &mut sender.out);
            // Too short, not smaller, not wanted, compressed; and again with what was not sent so.
            conn.send_compressed("short", &mut deflater, out).expect("open");
            conn.send_compressed(&noise[..], &mut deflater, out).expect("open");
            conn.send("never compressed", out).expect("open");
            conn.send_compressed(&hello, &mut deflater, out).expect("open");
            conn.send_compressed(&[&noise[..], &noise].concat()[..], &mut deflater, out).expect("open");
            let frames = sent_compressed(role, out);
            let firsts: Vec<u8> = frames.iter().map(|(first, _)| *first).collect();
            // From the second round on the noise is known from what was compressed.
            let noisy = if round == 0 { 0x82 } else { 0xc2 };
            assert_eq!(firsts, [0x81, noisy, 0x81, 0xc1, 0xc2]);
            receiver.feed(Api::Messages, &std::mem::take(out));
            expected.extend([
                text("short"),
                binary(&noise),
                text("never compressed"),
                text(&hello),
                binary(&[&noise[..], &noise].concat()),
            ]);
            assert_eq!(receiver.got, expected);
        }
    }
}

/// The settings of a deflater.
#[test]
fn thresholds_and_levels() {
    let long = json(5000, 2);
    let size = |mut deflater: Deflater, text: &str| {
        let mut out = Vec::new();
        conn(ROLES[0], both(false, 15)).send_compressed(text, &mut deflater, &mut out).expect("open");
        (out[0] == 0xc1, out.len())
    };
    assert_eq!(size(Deflater::new(), &"a".repeat(63)), (false, 65));
    assert!(size(Deflater::new(), &"a".repeat(64)).0);
    assert!(size(Deflater::new().threshold(0), &"a".repeat(10)).0);
    assert!(!size(Deflater::new().threshold(5001), &long).0);
    assert!(!size(Deflater::new().threshold(0), "x").0, "not smaller");
    assert!(size(Deflater::new().threshold(0).only_if_smaller(false), "x").0);
    let sizes: Vec<usize> = (0..=10).map(|level| size(eager().level(level), &long).1).collect();
    assert!(sizes[0] > 5000 && sizes[1] < 3000 && sizes[9] <= sizes[1] && sizes[9] == sizes[10], "{sizes:?}");
    for memory in 0..=10 {
        assert!(size(eager().memory_level(memory), &long).1 < 3000);
    }
}

/// 7692-7.2.1-8, 7692-7.2.1-13, 7692-7.2.1-14, 7692-7.2.1-6, 7692-7.2.1-7: no reference is longer than the window agreed
/// to, in either role, at any level; no block says that it is the last.
#[test]
fn windows_are_kept() {
    let messages: Vec<Vec<u8>> = (0..6)
        .map(|n| match n {
            0 => [noise(600, 7), noise(600, 7)].concat(),
            1 | 2 => noise(40_000, 8),
            3 => json(30_000, n).into(),
            4 => vec![b'z'; 100_000],
            _ => [noise(600, 7), noise(300, 9), noise(600, 7)].concat(),
        })
        .collect();
    for bits in 9..=15 {
        for takeover in [true, false] {
            for level in [0, 1, 2, 3, 6, 9] {
                if level != 6 && (10..15).contains(&bits) {
                    continue;
                }
                for role in ROLES {
                    let (mut conn, mut deflater) = (conn(role, both(takeover, bits)), eager().level(level));
                    let mut past = Vec::new();
                    for message in &messages {
                        let mut out = Vec::new();
                        conn.send_compressed(&message[..], &mut deflater, &mut out).expect("open");
                        let (first, payload) = sent_compressed(role, &out).remove(0);
                        assert_eq!(first, 0xc2);
                        let trace = trace(&payload, if takeover { &past } else { b"" }).expect("lawful");
                        assert!(trace.plain == *message, "level {level}, {bits} bits");
                        assert!(trace.farthest <= 1 << bits, "{} for {bits} bits", trace.farthest);
                        assert_eq!(trace.lasts, 0);
                        past.extend(message);
                    }
                }
            }
        }
    }
}

/// 7692-WB8-1, 7692-WB8-2, D-WB8: who may only look back 256 bytes sends everything as it is.
#[test]
fn a_window_of_8_bits() {
    for role in ROLES {
        let (mut conn, mut deflater, mut out) = (conn(role, both(true, 8)), eager(), Vec::new());
        conn.send_compressed(&json(1000, 1), &mut deflater, &mut out).expect("open");
        conn.send_fragment_compressed(Kind::Text, b"a", false, &mut deflater, &mut out).expect("open");
        conn.send_fragment_compressed(Kind::Text, b"b", true, &mut deflater, &mut out).expect("open");
        conn.send_prepared(&Prepared::compressed(&json(1000, 1), 9, &mut deflater), &mut out).expect("open");
        let firsts: Vec<u8> = sent_compressed(role, &out).iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x81, 0x01, 0x80, 0x81]);
    }
}

/// 6455-9.1-7, 7692-6.1-2: without an agreement nothing is ever compressed.
#[test]
fn nothing_without_an_agreement() {
    for role in ROLES {
        let (mut conn, mut deflater, mut out) = (Connection::new(role, Config::new()), eager(), Vec::new());
        conn.send_compressed(&json(1000, 1), &mut deflater, &mut out).expect("open");
        conn.send_fragment_compressed(Kind::Text, b"a", false, &mut deflater, &mut out).expect("open");
        conn.send_fragment(Kind::Text, b"b", true, &mut out).expect("open");
        conn.send_prepared(&Prepared::compressed(&json(1000, 1), 15, &mut deflater), &mut out).expect("open");
        let firsts: Vec<u8> = sent_compressed(role, &out).iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x81, 0x01, 0x80, 0x81]);
    }
}

/// A broadcast is compressed once, and goes to connections of all kinds, where later messages refer to it.
#[test]
fn broadcasts() {
    let mut deflater = Deflater::new();
    let news = json(2000, 4);
    let prepared = Prepared::compressed(&news, 12, &mut deflater);
    assert_eq!(prepared.payload(), news.as_bytes());
    assert!(prepared.as_bytes().ends_with(news.as_bytes()), "as it is, for any connection");
    for role in ROLES {
        for (agreed, compressed) in [
            (Some(both(true, 15)), true),
            (Some(both(true, 12)), true),
            (Some(both(false, 12)), true),
            (Some(both(true, 11)), false),
            (None, false),
        ] {
            let config = agreed.map_or(Config::new(), config);
            let other = if role == Role::Server { CLIENT } else { Role::Server };
            let (mut sender, mut receiver) = (Run::new(role, config), Run::new(other, config));
            let out = &mut sender.out;
            sender.conn.send_compressed(&json(100, 1), &mut deflater, out).expect("open");
            let before = out.len();
            sender.conn.send_prepared(&prepared, out).expect("open");
            assert_eq!(out.len() - before < 1500, compressed);
            let before = out.len();
            sender.conn.send_compressed(&news, &mut deflater, out).expect("open");
            let is_known = compressed && agreed.is_some_and(|agreed| agreed.server_takes_over());
            assert_eq!(out.len() - before < 100, is_known, "{agreed:?}");
            receiver.feed(Api::Messages, &sender.out);
            assert_eq!(receiver.got, [text(&json(100, 1)), text(&news), text(&news)]);
        }
    }
    // Not worth it: as it is.
    let noise = noise(1000, 2);
    for prepared in
        [Prepared::compressed(&noise, 15, &mut deflater), Prepared::compressed(b"ab", 15, &mut deflater)]
    {
        let mut out = Vec::new();
        conn(ROLES[0], Agreed::new()).send_prepared(&prepared, &mut out).expect("open");
        assert_eq!(out, prepared.as_bytes());
    }
}

/// Errors have appended and changed nothing.
#[test]
fn errors_change_nothing() {
    for role in ROLES {
        let (mut conn, mut deflater, mut out) = (conn(role, Agreed::new()), eager(), Vec::new());
        conn.send_fragment_compressed(Kind::Text, "ü".as_bytes(), false, &mut deflater, &mut out)
            .expect("open");
        let before = out.clone();
        let refused = [
            (conn.send_compressed("a", &mut deflater, &mut out), SendError::MessageOpen),
            (
                conn.send_prepared(&Prepared::compressed("a", 15, &mut deflater), &mut out),
                SendError::MessageOpen,
            ),
            (conn.send_fragment(Kind::Text, b"a", false, &mut out), SendError::Compressed),
            (conn.header(Kind::Text, 1, false).map(drop), SendError::Compressed),
            (conn.send_fragment(Kind::Binary, b"a", false, &mut out), SendError::KindChanged),
            (
                conn.send_fragment_compressed(Kind::Binary, b"a", false, &mut deflater, &mut out),
                SendError::KindChanged,
            ),
            (
                conn.send_fragment_compressed(Kind::Text, b"\xff", false, &mut deflater, &mut out),
                SendError::InvalidUtf8,
            ),
            (
                conn.send_fragment_compressed(Kind::Text, b"\xce", true, &mut deflater, &mut out),
                SendError::InvalidUtf8,
            ),
        ];
        for (result, error) in refused {
            assert_eq!(result, Err(error));
        }
        assert_eq!(out, before);
        // A message that was begun as it is goes on so, by either call.
        conn.send_fragment_compressed(Kind::Text, b"!", true, &mut deflater, &mut out).expect("open");
        conn.send_fragment(Kind::Text, b"a", false, &mut out).expect("open");
        conn.send_fragment_compressed(Kind::Text, b"b", false, &mut deflater, &mut out).expect("open");
        conn.send_fragment(Kind::Text, b"c", true, &mut out).expect("open");
        conn.close(None, "", &mut out).expect("open");
        let before = out.clone();
        assert_eq!(conn.send_compressed("a", &mut deflater, &mut out), Err(SendError::Closed));
        assert_eq!(
            conn.send_fragment_compressed(Kind::Text, b"a", true, &mut deflater, &mut out),
            Err(SendError::Closed)
        );
        assert_eq!(out, before);
        let frames = sent_compressed(role, &out);
        let firsts: Vec<u8> = frames.iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x41, 0x80, 0x01, 0x00, 0x80, 0x88]);
        assert_eq!(
            trace(&[&frames[0].1[..], &frames[1].1].concat(), b"").expect("lawful").plain,
            "ü!".as_bytes()
        );
    }
}

/// 6455-5.3-9: what is masked is what was compressed, with a new key for each frame.
#[test]
fn compressed_payloads_are_masked() {
    let (mut conn, mut out) = (conn(CLIENT, both(false, 15)), Vec::new());
    let mut deflater = eager();
    conn.send_compressed("Hello", &mut deflater, &mut out).expect("open");
    conn.send_compressed("Hello", &mut deflater, &mut out).expect("open");
    assert_eq!(out.len(), 2 * (6 + HELLO.len()));
    let (one, two) = out.split_at(6 + HELLO.len());
    assert_ne!(one[2..6], two[2..6]);
    for frame in [one, two] {
        let unmasked: Vec<u8> =
            frame[6..].iter().zip(frame[2..6].iter().cycle()).map(|(a, b)| a ^ b).collect();
        assert_eq!(unmasked, HELLO);
    }
}

/// 6455-9-3, 7692-5-14, 7692-7.1.1.1-8, 7692-7.3-1: two identical messages, and some more, in each of the 16
/// combinations of parameters, in both directions, every deflater and every buffer shared.
#[test]
fn sixteen_combinations() {
    let (mut deflater, mut store) = (Deflater::new().threshold(0), sansws::MessageBuf::new());
    for combination in 0..16 {
        let on = |bit: u32| combination >> bit & 1 == 1;
        let mut agreed = Agreed::new().server_no_context_takeover(on(0)).client_no_context_takeover(on(1));
        if on(2) {
            agreed = agreed.server_max_window_bits(9);
        }
        if on(3) {
            agreed = agreed.client_max_window_bits(10);
        }
        for (from, to) in [(ROLES[0], ROLES[1]), (ROLES[1], ROLES[0])] {
            let mut sender = Run::new(from, config(agreed));
            for api in [Api::Messages, Api::Chunks] {
                let mut sender_again = Run::new(from, config(agreed));
                std::mem::swap(&mut sender, &mut sender_again);
                let mut receiver = Run::new(to, config(agreed));
                std::mem::swap(&mut receiver.store, &mut store);
                let mut sizes = Vec::new();
                for seed in [1, 1, 1, 2, 1] {
                    let message = json(400, seed);
                    let before = sender.out.len();
                    sender.conn.send_compressed(&message, &mut deflater, &mut sender.out).expect("open");
                    sizes.push(sender.out.len() - before);
                    let bytes = sender.out.split_off(before);
                    receiver.feed(api, &bytes);
                    assert_eq!(receiver.got.last(), Some(&text(&message)), "{agreed:?}");
                }
                assert_eq!(receiver.got.len(), 5);
                let takeover = if from == Role::Server {
                    agreed.server_takes_over()
                } else {
                    agreed.client_takes_over()
                };
                let bits = if from == Role::Server { agreed.server_bits() } else { agreed.client_bits() };
                // The smallest window does not reach back to the message before.
                if bits > 9 {
                    assert_eq!(sizes[1] < 30, takeover, "{agreed:?} {sizes:?}");
                }
                std::mem::swap(&mut receiver.store, &mut store);
            }
        }
    }
}

/// Something an application does with compression.
#[derive(Clone, Debug)]
enum Deed {
    Send { compressed: bool, kind: Kind, length: usize, seed: u32, deflater: usize },
    Stream { kind: Kind, lengths: Vec<usize>, deflater: usize },
    Prepared { length: usize, bits: u8, deflater: usize },
    Ping,
    Write(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let kind = || prop_oneof![Just(Kind::Text), Just(Kind::Binary)];
    let length = || prop_oneof![4 => 0usize..400, 1 => prop::sample::select(vec![125, 126, 3000, 20_000, 40_000, 70_000])];
    prop_oneof![
        4 => (any::<bool>(), kind(), length(), 0u32..4, 0usize..3)
            .prop_map(|(compressed, kind, length, seed, deflater)| Deed::Send { compressed, kind, length, seed, deflater }),
        1 => (kind(), prop::collection::vec(0usize..600, 1..5), 0usize..3)
            .prop_map(|(kind, lengths, deflater)| Deed::Stream { kind, lengths, deflater }),
        1 => (length(), 9u8..=15, 0usize..3).prop_map(|(length, bits, deflater)| Deed::Prepared { length, bits, deflater }),
        1 => Just(Deed::Ping),
        3 => (1usize..4000).prop_map(Deed::Write),
    ]
}

fn agreement() -> impl Strategy<Value = Agreed> {
    (any::<bool>(), any::<bool>(), 8u8..=15, 8u8..=15).prop_map(
        |(server, client, server_bits, client_bits)| {
            Agreed::new()
                .server_no_context_takeover(server)
                .client_no_context_takeover(client)
                .server_max_window_bits(server_bits)
                .client_max_window_bits(client_bits)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// whatever was agreed to, however messages are sent, with deflaters that serve both sides and settings that
    /// differ, and however the bytes are cut: every message arrives unchanged and in order.
    #[test]
    fn what_is_sent_is_received(
        agreed in agreement(),
        deeds in prop::collection::vec((any::<bool>(), deed()), 1..40),
        chunks in any::<bool>(),
        share in any::<bool>(),
    ) {
        let api = if chunks { Api::Chunks } else { Api::Messages };
        let mut deflaters = [Deflater::new(), eager().level(1).memory_level(1), Deflater::new().threshold(0).level(9)];
        let mut sides = [Run::new(ROLES[0], config(agreed)), Run::new(ROLES[1], config(agreed))];
        let mut expected = [Vec::new(), Vec::new()];
        let mut shared = sansws::MessageBuf::new();
        let message = |kind: Kind, length: usize, seed: u32| match kind {
            Kind::Text => json(length, seed).into_bytes(),
            Kind::Binary => noise(length, seed),
        };
        let mut write = |sides: &mut [Run; 2], from: usize, count: usize| {
            let count = count.min(sides[from].out.len());
            let bytes: Vec<u8> = sides[from].out.drain(..count).collect();
            let to = &mut sides[1 - from];
            // A buffer between two messages may serve anybody.
            let swap = share && to.store.is_empty() && shared.is_empty();
            if swap {
                std::mem::swap(&mut to.store, &mut shared);
            }
            to.feed(api, &bytes);
        };
        for (is_client, deed) in deeds {
            let side = usize::from(is_client);
            let Run { conn, out, .. } = &mut sides[side];
            match deed {
                Deed::Send { compressed, kind, length, seed, deflater } => {
                    let bytes = message(kind, length, seed);
                    let message = match kind {
                        Kind::Text => Message::Text(std::str::from_utf8(&bytes).expect("ASCII")),
                        Kind::Binary => Message::Binary(&bytes),
                    };
                    if compressed {
                        conn.send_compressed(message, &mut deflaters[deflater], out).expect("open");
                    } else {
                        conn.send(message, out).expect("open");
                    }
                    expected[1 - side].push(match message {
                        Message::Text(message) => text(message),
                        Message::Binary(message) => binary(message),
                    });
                }
                Deed::Stream { kind, lengths, deflater } => {
                    let mut all = Vec::new();
                    for (index, length) in lengths.iter().enumerate() {
                        let bytes = message(kind, *length, 1);
                        let last = index + 1 == lengths.len();
                        conn.send_fragment_compressed(kind, &bytes, last, &mut deflaters[deflater], out).expect("open");
                        all.extend(bytes);
                    }
                    expected[1 - side].push(match kind {
                        Kind::Text => text(std::str::from_utf8(&all).expect("ASCII")),
                        Kind::Binary => binary(&all),
                    });
                }
                Deed::Prepared { length, bits, deflater } => {
                    let message = json(length, 2);
                    let prepared = Prepared::compressed(&message, bits, &mut deflaters[deflater]);
                    conn.send_prepared(&prepared, out).expect("open");
                    expected[1 - side].push(text(&message));
                }
                Deed::Ping => {
                    conn.ping(b"ping", out).expect("open");
                    expected[1 - side].push(ping(b"ping"));
                }
                Deed::Write(count) => write(&mut sides, side, count),
            }
        }
        while sides.iter().any(|side| !side.out.is_empty()) {
            write(&mut sides, 0, 5000);
            write(&mut sides, 1, 5000);
        }
        for (side, expected) in sides.iter().zip(&expected) {
            let data: Vec<&Got> = side.got.iter().filter(|got| !matches!(got, Got::Pong(_))).collect();
            prop_assert!(data.iter().copied().eq(expected), "{agreed:?}");
        }
    }

    /// any bytes as a compressed message, alone or behind another, however they are cut: no panic, the same events
    /// both ways, and the same as the slow decoder has where it accepts them.
    #[test]
    fn any_bytes_are_taken(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        is_damaged in any::<bool>(),
        cut in 1usize..60,
    ) {
        let mut bytes = bytes;
        if is_damaged {
            bytes = packed(json(600, 3).as_bytes());
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        let mut all = frame(ROLES[0], 0xc2, HELLO);
        for (index, part) in bytes.chunks(cut).enumerate() {
            let fin = if (index + 1) * cut >= bytes.len() { 0x80 } else { 0 };
            all.extend(frame(ROLES[0], if index == 0 { 0x42 } else { 0 } | fin, part));
        }
        let mut gots = Vec::new();
        for (api, step) in [(Api::Messages, all.len()), (Api::Messages, cut), (Api::Chunks, 1)] {
            let mut run = Run::new(ROLES[0], config(Agreed::new()).max_message(100_000));
            all.chunks(step).for_each(|piece| run.feed(api, piece));
            gots.push(run.got);
        }
        prop_assert_eq!(&gots[0], &gots[1]);
        prop_assert_eq!(&gots[0], &gots[2]);
        if let Some(Got::Binary(message)) = gots[0].get(1) {
            if let Some(trace) = trace(&bytes, b"Hello") {
                prop_assert_eq!(&trace.plain, message);
            }
        }
    }
}

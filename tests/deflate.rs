//! Receiving compressed messages (RFC 7692 6.2, 7.2.2): requirements groups 17b and 17d.

mod common;
mod deflate_common;

use common::*;
use deflate_common::*;
use sansws::deflate::Agreed;
use sansws::{Config, Violation};

/// The events that frames lead to with compression agreed to, in every way and in both roles.
fn expect_with(agreed: Agreed, input: &[(u8, &[u8])], events: &[Got]) {
    for role in ROLES {
        every_way(role, config(agreed), &frames(role, input), |run| {
            assert_eq!(run.got, events, "{role:?} {input:x?}");
        });
    }
}

fn expect_plain(input: &[(u8, &[u8])], events: &[Got]) {
    expect_with(Agreed::new(), input, events);
}

fn expect_failed(input: &[(u8, &[u8])], events: &[Got], violation: Violation) {
    for role in ROLES {
        expect_failure(role, config(Agreed::new()), &frames(role, input), events, violation);
    }
}

/// 7692-6-2, 7692-6-3, 7692-6.1-1, 7692-6.1-6, 7692-6.2-2, 7692-7.2.2-1, 7692-7.2.2-8: the examples of 7.2.3.
#[test]
fn the_examples_of_the_rfc() {
    type Case<'c> = (&'c str, &'c [(u8, &'c [u8])]);
    let cases: &[Case<'_>] = &[
        ("7.2.3.1", &[(0xc1, HELLO)]),
        ("7.2.3.1, fragmented", &[(0x41, b"\xf2\x48\xcd"), (0x80, b"\xc9\xc9\x07\x00")]),
        ("7.2.3.3, stored", &[(0xc1, b"\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00")]),
        ("7.2.3.4, last block", &[(0xc1, b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00")]),
        ("7.2.3.5, two blocks", &[(0xc1, b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")]),
        ("not compressed", &[(0x81, b"Hello")]),
        ("not compressed, fragmented", &[(0x01, b"He"), (0x80, b"llo")]),
    ];
    for (name, input) in cases {
        println!("{name}");
        expect_plain(input, &[text("Hello")]);
    }
    expect_plain(&[(0xc2, HELLO)], &[binary(b"Hello")]);
}

/// 7692-6.2-1, 7692-6.2-3, 7692-6-1, V39: cut into fragments anywhere, empty ones among them, with control frames
/// between, which are never compressed.
#[test]
fn fragments_and_control_frames_between() {
    for cut in 0..=HELLO.len() {
        let (first, second) = HELLO.split_at(cut);
        expect_plain(&[(0x41, first), (0x80, second)], &[text("Hello")]);
        expect_plain(
            &[(0x41, first), (0x89, b"p"), (0x00, b""), (0x8a, b"\xf2\x48"), (0x80, second)],
            &[ping(b"p"), pong(b"\xf2\x48"), text("Hello")],
        );
    }
    expect_plain(&[(0x41, b""), (0x00, HELLO), (0x80, b"")], &[text("Hello")]);
}

/// 7692-7.2.2-2 to 7692-7.2.2-5, 7692-7.2.1-15: what a message may refer to, as each side agreed for itself, and plain
/// messages between.
#[test]
fn context_takeover() {
    let new = Agreed::new();
    let hello = [text("Hello"), text("Hello")];
    expect_with(new, &[(0xc1, HELLO), (0xc1, HELLO_AGAIN)], &hello);
    let mixed = [(0xc1, HELLO), (0x81, &b"xyz"[..]), (0xc1, HELLO_AGAIN)];
    expect_with(new, &mixed, &[text("Hello"), text("xyz"), text("Hello")]);
    // One direction alone: a server listens to the client's, a client to the server's.
    for (role, other) in
        [(ROLES[0], new.server_no_context_takeover(true)), (ROLES[1], new.client_no_context_takeover(true))]
    {
        let bytes = frames(role, &[(0xc1, HELLO), (0xc1, HELLO_AGAIN)]);
        every_way(role, config(other), &bytes, |run| assert_eq!(run.got, hello));
    }
    for (role, own) in
        [(ROLES[0], new.client_no_context_takeover(true)), (ROLES[1], new.server_no_context_takeover(true))]
    {
        let bytes = frames(role, &[(0xc1, HELLO), (0xc1, HELLO)]);
        every_way(role, config(own), &bytes, |run| assert_eq!(run.got, hello));
        // What it has forgotten cannot be referred to.
        let bytes = frames(role, &[(0xc1, HELLO), (0xc1, HELLO_AGAIN)]);
        expect_failure(role, config(own), &bytes, &[text("Hello")], Violation::InvalidDeflate);
    }
}

/// 7692-7.2.2-9, 7692-7.2.2-10, 7692-7.2.1-7: blocks that say they are the last, one after the other, in the middle of
/// fragments, without the byte that should follow; what they hold can be referred to from then on.
#[test]
fn last_blocks() {
    let last = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
    let bare = &last[..7];
    expect_plain(&[(0xc1, last), (0xc1, HELLO_AGAIN)], &[text("Hello"), text("Hello")]);
    expect_plain(&[(0xc1, bare), (0xc1, HELLO_AGAIN)], &[text("Hello"), text("Hello")]);
    expect_plain(&[(0xc1, &[bare, HELLO].concat())], &[text("HelloHello")]);
    // Senders that put a whole stream for each fragment, and refer to the one before.
    let second = &[bare, HELLO_AGAIN].concat()[..];
    expect_plain(&[(0xc1, second), (0xc1, HELLO_AGAIN)], &[text("HelloHello"), text("Hello")]);
    expect_plain(&[(0x41, bare), (0x80, HELLO_AGAIN)], &[text("HelloHello")]);
    expect_plain(&[(0xc1, HELLO), (0xc1, second)], &[text("Hello"), text("HelloHello")]);
    expect_plain(&[(0x41, bare), (0x89, b""), (0x80, b"")], &[ping(b""), text("Hello")]);
    // Fixed, stored and fixed, all of them last.
    let mut bits = Bits::default();
    bits.block(true, 1).literal(b'a').end().align().stored(true, b"bc").align();
    let three = bits.block(true, 1).three_from(3).end().align().message();
    expect_plain(&[(0xc1, &three)], &[text("abcabc")]);
    expect_with(both(false, 15), &[(0xc1, &three)], &[text("abcabc")]);
    // The empty block at the end of a message may be a last one, four bytes of it taken off or not. Found by fuzzing.
    let ended = &[&HELLO[..6], b"\x04"].concat()[..];
    expect_plain(
        &[(0xc1, ended), (0xc1, HELLO_AGAIN), (0xc1, ended)],
        &[text("Hello"), text("Hello"), text("Hello")],
    );
    let ended = &[ended, &TAIL].concat()[..];
    expect_plain(&[(0xc1, ended), (0xc1, HELLO_AGAIN)], &[text("Hello"), text("Hello")]);
    for agreed in [both(true, 15), both(false, 15)] {
        for role in ROLES {
            let bytes = frames(role, &[(0xc1, &HELLO[..6]), (0xc1, b"")]);
            expect_failure(role, config(agreed), &bytes, &[], Violation::InvalidDeflate);
            let bytes = frames(role, &[(0xc1, ended), (0xc1, b"")]);
            expect_failure(role, config(agreed), &bytes, &[text("Hello")], Violation::InvalidDeflate);
        }
    }
    // Without takeover nothing of the message before is there, last block or not.
    let bytes = frames(ROLES[0], &[(0xc1, bare), (0xc1, HELLO_AGAIN)]);
    expect_failure(ROLES[0], config(both(false, 15)), &bytes, &[text("Hello")], Violation::InvalidDeflate);
}

/// 7692-7.2.3.6-1: messages of nothing.
#[test]
fn empty_messages() {
    expect_plain(&[(0xc1, b"\x00"), (0xc1, b"\x00"), (0xc2, b"\x00")], &[text(""), text(""), binary(b"")]);
    expect_plain(&[(0x41, b""), (0x80, b"\x00")], &[text("")]);
    expect_plain(&[(0x41, b"\x00"), (0x80, b"")], &[text("")]);
    expect_plain(&[(0xc1, b"\x02\x00"), (0x81, b"")], &[text(""), text("")]);
    expect_plain(
        &[(0xc1, HELLO), (0xc1, b"\x00"), (0xc1, HELLO_AGAIN)],
        &[text("Hello"), text(""), text("Hello")],
    );
    // D-EMPTYPMD, 7692-7.2.2-13: the four bytes alone are not a block.
    expect_failed(&[(0xc1, b"")], &[], Violation::InvalidDeflate);
    expect_failed(&[(0x41, b""), (0x00, b""), (0x80, b"")], &[], Violation::InvalidDeflate);
    expect_failed(&[(0xc1, HELLO), (0xc1, b"")], &[text("Hello")], Violation::InvalidDeflate);
}

/// 7692-7.2.2-11, 7692-7.2.2-16, D-INFL: what is no DEFLATE.
#[test]
fn malformed() {
    let mut bits = Bits::default();
    let far = bits.block(false, 1).literal(b'a').three_from(2).end().message();
    let mut bits = Bits::default();
    let no_symbol = bits.block(false, 1).code(0xc6, 8).end().message();
    let mut bits = Bits::default();
    let no_distance = bits.block(false, 1).literal(b'a').code(1, 7).code(30, 5).end().message();
    let cases: &[(&str, &[u8])] = &[
        ("block type 3", b"\x06"),
        ("block type 3, last", b"\x07"),
        ("LEN and NLEN", b"\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00"),
        ("too many codes", b"\xfd\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("code lengths that are no code", b"\x04\x00\xff\xff\xff\xff\xff\xff\xff"),
        ("a distance beyond the beginning", &far),
        ("literal 286", &no_symbol),
        ("distance 30", &no_distance),
        ("garbage", b"\xde\xad\xbe\xef\xde\xad\xbe\xef"),
        ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"),
        ("zlib", b"\x78\x9c\xf3\x48\xcd\xc9\xc9\x07\x00\x05\x8c\x01\xf5"),
    ];
    for (name, bytes) in cases {
        println!("{name}");
        assert!(trace(bytes, b"").is_none());
        expect_failed(&[(0xc2, bytes)], &[], Violation::InvalidDeflate);
    }
    // The bytes behind it are not looked at: fail early, inside a frame too.
    let bytes = frame(ROLES[0], 0xc2, &[&b"\x06"[..], &[0; 1000]].concat());
    let mut run = Run::new(ROLES[0], config(Agreed::new()));
    run.feed(Api::Messages, &bytes[..20]);
    assert_eq!(run.got, [failed(Violation::InvalidDeflate)]);
    expect_failed(&[(0xc1, b"\x06"), (0xc1, HELLO)], &[], Violation::InvalidDeflate);
}

/// What comes first is told first, however the bytes come: text that is no UTF-8 or a byte too many before what is no
/// DEFLATE. Found by fuzzing.
#[test]
fn the_first_mistake_counts() {
    let broken = |bytes: &[u8]| {
        let mut bits = Bits::default();
        bits.block(false, 1);
        bytes.iter().for_each(|byte| {
            bits.literal(*byte);
        });
        // A distance that is none.
        bits.code(1, 7).code(30, 5).end().message()
    };
    for role in ROLES {
        let bytes = frame(role, 0xc1, &broken(b"abc\xff"));
        expect_failure(role, config(Agreed::new()), &bytes, &[], Violation::InvalidUtf8);
        let bytes = frame(role, 0xc1, &broken(b"abc"));
        expect_failure(role, config(Agreed::new()), &bytes, &[], Violation::InvalidDeflate);
        expect_failure(role, config(Agreed::new()).max_message(3), &bytes, &[], Violation::InvalidDeflate);
        let limit = config(Agreed::new()).max_message(2);
        expect_failure(role, limit, &bytes, &[], Violation::MessageTooBig { length: 3, limit: 2 });
    }
}

/// 7692-7.2.2-12, D-TRUNC: a message that ends anywhere but where it has to.
#[test]
fn cut_off() {
    let dynamic = packed(json(2000, 1).as_bytes());
    assert!(trace(&dynamic, b"").expect("lawful").blocks[2] > 0);
    let two = b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00";
    for whole in [HELLO, two, &stored(b"some bytes"), &fixed("Füße".as_bytes()), &dynamic] {
        let meant = trace(whole, b"").expect("lawful").plain;
        for length in 0..whole.len() {
            let cut = &whole[..length];
            // Four bytes short of a stored block the four bytes would become data: no sender's meaning.
            if let Some(trace) = trace(cut, b"").filter(|trace| meant.starts_with(&trace.plain)) {
                // It says less than it was meant to, but is whole.
                let bytes = frame(ROLES[1], 0xc2, cut);
                let mut run = Run::new(ROLES[1], config(Agreed::new()));
                run.feed(Api::Messages, &bytes);
                assert_eq!(run.got, [binary(&trace.plain)]);
                continue;
            }
            for api in [Api::Messages, Api::Chunks] {
                for messages in [&[cut][..], &[HELLO, cut]] {
                    let mut run = Run::new(ROLES[1], config(Agreed::new()));
                    messages.iter().for_each(|message| run.feed(api, &frame(ROLES[1], 0xc2, message)));
                    assert_eq!(
                        run.got.last(),
                        Some(&failed(Violation::InvalidDeflate)),
                        "{length} {whole:x?}"
                    );
                    assert_eq!(run.got.len(), messages.len());
                }
            }
        }
    }
    // "Heh" for those who do not look.
    expect_failed(&[(0xc1, b"\xf2\x48\xcd")], &[], Violation::InvalidDeflate);
    expect_failed(&[(0xc1, HELLO), (0xc1, b"\xf2\x00")], &[text("Hello")], Violation::InvalidDeflate);
    // With the four bytes that should have been taken off, the rest is a stored block of 65535 bytes.
    expect_plain(&[(0xc1, &[HELLO, &TAIL, b"\x00"].concat())], &[text("Hello")]);
    expect_failed(&[(0xc1, &[HELLO, &TAIL].concat())], &[], Violation::InvalidDeflate);
}

/// 7692-6.1-4, 7692-6.1-5, 6455-5.2-4: reserved bits where they do not belong, judged at the header.
#[test]
fn reserved_bits() {
    let rsv1 = Violation::ReservedBits(4);
    for first in [0xc9, 0xca, 0xc8] {
        expect_failed(&[(first, b"")], &[], rsv1);
        expect_failed(&[(0x41, b"\xf2"), (first, b"")], &[], rsv1);
    }
    let cases: &[&[(u8, &[u8])]] = &[
        &[(0x41, b"\xf2\x48\xcd"), (0xc0, b"\xc9\xc9\x07\x00")],
        &[(0x41, b"\xf2\x48\xcd"), (0x40, b"\xc9"), (0x80, b"\xc9\x07\x00")],
        &[(0x01, b"He"), (0xc0, b"llo")],
        &[(0x41, b""), (0xc0, HELLO)],
        &[(0x01, b""), (0xc0, HELLO)],
        &[(0xc0, HELLO)],
        &[(0x41, b"\xf2"), (0xc1, HELLO)],
    ];
    for input in cases {
        expect_failed(input, &[], rsv1);
    }
    for (first, bits) in [(0xa1, 2), (0x91, 1), (0xe1, 2), (0xd1, 1), (0xf1, 3), (0xb2, 3)] {
        expect_failed(&[(first, HELLO)], &[], Violation::ReservedBits(bits));
        let mut run = Run::new(ROLES[0], config(Agreed::new()));
        run.feed(Api::Messages, &[first]);
        assert_eq!(run.got, [failed(Violation::ReservedBits(bits))], "at the first byte");
    }
    expect_failed(&[(0xc3, HELLO)], &[], Violation::ReservedBits(4));
    // 7692-5-12: without an agreement there is no such bit.
    for role in ROLES {
        expect_failure(role, Config::new(), &frame(role, 0xc1, HELLO), &[], rsv1);
    }
}

/// 7692-6.1-7, 7692-6.1-8, D-FAILFAST: text is UTF-8 once it is decompressed, and fails as early as the bytes allow.
#[test]
fn text_is_utf8_once_decompressed() {
    expect_failed(&[(0xc1, b"\xfa\x0f\x00")], &[], Violation::InvalidUtf8);
    expect_plain(&[(0xc2, b"\xfa\x0f\x00")], &[binary(b"\xff")]);
    // Bytes that are no UTF-8 may say what is.
    let greek = packed("κόσμε".as_bytes());
    for cut in 0..greek.len() {
        expect_plain(&[(0x41, &greek[..cut]), (0x80, &greek[cut..])], &[text("κόσμε")]);
    }
    expect_failed(&[(0xc1, &fixed(b"\xce"))], &[], Violation::InvalidUtf8);
    expect_failed(&[(0xc1, &fixed(b"\xf4\x90"))], &[], Violation::InvalidUtf8);
    // Before the message ends, and before its frame does.
    for bytes in [
        frame(ROLES[0], 0x41, b"\xfa\x0f\x00\x00\x00\xff\xff"),
        frame(ROLES[0], 0xc1, &[&b"\xfa\x0f\x00"[..], &[0; 90]].concat()),
    ] {
        let mut run = Run::new(ROLES[0], config(Agreed::new()));
        run.feed(Api::Messages, &bytes[..9]);
        assert_eq!(run.got, [failed(Violation::InvalidUtf8)]);
    }
}

/// 7692-7.2.2-6, 7692-7.2.2-7, 7692-WB8-3, 7692-7.1.2.1-8, 7692-7.1.2.2-9: how far a message may look back, within and
/// beyond the window agreed to.
#[test]
fn windows() {
    let past = noise(40_000, 3);
    for bits in 8..=15 {
        let window = 1usize << bits;
        for distance in [1, window - 1, window] {
            // Within a message and behind another one.
            let mut one = Bits::default();
            past.chunks(60_000).for_each(|part| {
                one.stored(false, part);
            });
            let one = one.block(false, 1).three_from(distance as u32).end().message();
            let three: Vec<u8> = (0..3).map(|n| past[past.len() - distance + n % distance]).collect();
            let mut two = Bits::default();
            let two = two.block(false, 1).three_from(distance as u32).end().message();
            for role in ROLES {
                for api in [Api::Messages, Api::Chunks] {
                    let mut run = Run::new(role, config(both(true, bits)));
                    run.feed(api, &frame(role, 0xc2, &one));
                    assert_eq!(run.got, [binary(&[&past[..], &three].concat())]);
                    let mut run = Run::new(role, config(both(true, bits)));
                    run.feed(api, &frame(role, 0xc2, &stored(&past)));
                    run.feed(api, &frame(role, 0xc2, &two));
                    assert_eq!(run.got[1], binary(&three));
                }
            }
        }
        // 7692-7.2.2-15: beyond it is either refused or what the sender meant, never anything else.
        if bits < 15 {
            let mut two = Bits::default();
            let two = two.block(false, 1).three_from(window as u32 + 1).end().message();
            let meant = &past[past.len() - window - 1..][..3];
            for api in [Api::Messages, Api::Chunks] {
                let mut run = Run::new(ROLES[0], config(both(true, bits)));
                run.feed(api, &frame(ROLES[0], 0xc2, &stored(&past)));
                run.feed(api, &frame(ROLES[0], 0xc2, &two));
                assert!(run.got[1] == failed(Violation::InvalidDeflate) || run.got[1] == binary(meant));
            }
        }
    }
    // Not agreed to: all of 32 KiB, whatever was hinted at.
    let mut two = Bits::default();
    let two = two.block(false, 1).three_from(32_768).end().message();
    for role in ROLES {
        let mut run = Run::new(role, config(Agreed::new()));
        run.feed(Api::Messages, &frames(role, &[(0xc2, &stored(&past)), (0xc2, &two)]));
        assert_eq!(run.got[1], binary(&past[40_000 - 32_768..][..3]));
    }
}

/// 7692-7.2.2-14, 6455-10.4-3, V29, V31: the limit on messages, to the byte, for every kind of block.
#[test]
fn limits_are_exact() {
    for length in [1, 100, 16 * 1024 - 1, 16 * 1024, 16 * 1024 + 1, 70_000] {
        let message: Vec<u8> = if length > 1000 { json(length, 5).into() } else { noise(length, 5) };
        let dynamic = packed(&message);
        if length > 1000 {
            assert!(trace(&dynamic, b"").expect("lawful").blocks[2] > 0);
        }
        for (name, bytes) in [("stored", stored(&message)), ("fixed", fixed(&message)), ("dynamic", dynamic)]
        {
            for limit in [length - 1, length, length + 1] {
                let expected = if limit < length {
                    failed(Violation::MessageTooBig { length: length as u64, limit: limit as u64 })
                } else {
                    binary(&message)
                };
                for role in ROLES {
                    for (api, step) in
                        [(Api::Messages, usize::MAX), (Api::Messages, 1000), (Api::Chunks, 1000)]
                    {
                        let config = config(Agreed::new()).max_message(limit as u64);
                        let mut run = Run::new(role, config);
                        let bytes = frame(role, 0xc2, &bytes);
                        bytes.chunks(step.min(bytes.len())).for_each(|piece| run.feed(api, piece));
                        assert_eq!(run.got, std::slice::from_ref(&expected), "{name}, limit {limit}");
                    }
                }
            }
        }
    }
    // V31: two MiB of one letter, one less allowed.
    let bytes = packed(&vec![b'a'; 1 << 21]);
    let mut run = Run::new(ROLES[0], config(Agreed::new()).max_message((1 << 21) - 1));
    run.feed(Api::Messages, &frame(ROLES[0], 0xc2, &bytes));
    assert_eq!(run.got, [failed(Violation::MessageTooBig { length: 1 << 21, limit: (1 << 21) - 1 })]);
    // The limit on frames counts what comes.
    let config = config(Agreed::new()).max_frame(10);
    expect_failure(
        ROLES[1],
        config,
        &frame(ROLES[1], 0xc2, &[0; 11]),
        &[],
        Violation::FrameTooBig { length: 11, limit: 10 },
    );
}

/// A message of nothing but empty blocks says nothing, however long it is.
#[test]
fn empty_blocks_are_no_bytes() {
    let blocks = b"\x00\x00\x00\xff\xff".repeat(10_000);
    let bytes = [&blocks[..], HELLO].concat();
    let mut run = Run::new(ROLES[0], config(Agreed::new()).max_message(5));
    run.feed(Api::Messages, &frame(ROLES[0], 0xc1, &bytes));
    assert_eq!(run.got, [text("Hello")]);
    let lasts = b"\x03\x00".repeat(10_000);
    let bytes = [&lasts[..], HELLO, &TAIL, &lasts, b"\x00"].concat();
    let mut run = Run::new(ROLES[0], config(Agreed::new()).max_message(5));
    run.feed(Api::Messages, &frame(ROLES[0], 0xc1, &bytes));
    assert_eq!(run.got, [text("Hello")]);
}

/// One message buffer for many connections with context takeover, and many buffers for one: each finds what it has to.
#[test]
fn buffers_are_shared() {
    let config = config(Agreed::new());
    let mut runs: Vec<Run> = (0..3).map(|_| Run::new(ROLES[0], config)).collect();
    let mut store = sansws::MessageBuf::new();
    for round in 0..4 {
        for (index, run) in runs.iter_mut().enumerate() {
            // Every connection has another word before, and the same bytes mean another word.
            let word = ["Hello", "Jelly", "Mello"][index];
            let message = if round == 0 { fixed(word.as_bytes()) } else { b"\x02\x13\x00\x00".to_vec() };
            let again = {
                let mut bits = Bits::default();
                bits.block(false, 1).three_from(5).end().message()
            };
            let bytes = if round == 0 { message } else { again };
            if index != round % 3 {
                std::mem::swap(&mut run.store, &mut store);
            }
            run.feed(Api::Messages, &frame(ROLES[0], 0xc1, &bytes));
            if index != round % 3 {
                std::mem::swap(&mut run.store, &mut store);
            }
        }
    }
    for (run, word) in runs.iter().zip(["Hello", "Jelly", "Mello"]) {
        let mut said = word.to_string();
        let mut expected = vec![text(word)];
        for _ in 0..3 {
            let three = said[said.len() - 5..][..3].to_string();
            said += &three;
            expected.push(text(&three));
        }
        assert_eq!(run.got, expected);
    }
}

/// The store or the receive function changed inside a message, or beside each other with context takeover: an error,
/// and nothing of another connection.
#[test]
fn misuse_is_an_error() {
    let start = || {
        let mut run = Run::new(ROLES[0], config(Agreed::new()));
        run.feed(Api::Messages, &frame(ROLES[0], 0x42, &stored(b"secret")[..8]));
        assert!(!run.store.is_empty());
        run
    };
    // A fresh store.
    let mut run = start();
    run.store = sansws::MessageBuf::new();
    run.feed(Api::Messages, &frame(ROLES[0], 0x80, b"et"));
    assert_eq!(run.got, [failed(Violation::Internal)]);
    // Another connection's, for a compressed message and for a plain one.
    for input in [(0xc1, HELLO), (0x41, &HELLO[..3]), (0x01, b"Hel")] {
        let (mut run, mut other) = (Run::new(ROLES[0], config(Agreed::new())), start());
        std::mem::swap(&mut run.store, &mut other.store);
        run.feed(Api::Messages, &frame(ROLES[0], input.0, input.1));
        assert_eq!(run.got, [failed(Violation::Internal)], "{input:x?}");
    }
    // One that holds an unfinished plain message.
    let mut run = Run::new(ROLES[0], config(Agreed::new()));
    run.feed(Api::Messages, &frame(ROLES[0], 0x01, b"plain"));
    let mut other = Run::new(ROLES[0], config(Agreed::new()));
    std::mem::swap(&mut run.store, &mut other.store);
    other.feed(Api::Messages, &frame(ROLES[0], 0xc1, HELLO));
    assert_eq!(other.got, [failed(Violation::Internal)]);
    // Chunks, and then messages that refer to them.
    let mut run = Run::new(ROLES[0], config(Agreed::new()));
    run.feed(Api::Chunks, &frame(ROLES[0], 0xc1, HELLO));
    run.feed(Api::Messages, &frame(ROLES[0], 0xc1, HELLO_AGAIN));
    assert_eq!(run.got, [text("Hello"), failed(Violation::Internal)]);
    // Without context takeover they do not refer to anything.
    let mut run = Run::new(ROLES[0], config(both(false, 15)));
    run.feed(Api::Chunks, &frame(ROLES[0], 0xc1, HELLO));
    run.feed(Api::Messages, &frame(ROLES[0], 0xc1, HELLO));
    assert_eq!(run.got, [text("Hello"), text("Hello")]);
}

/// After an error an inflater stays with it.
#[test]
fn a_failed_inflater_stays_failed() {
    let conn = sansws::Connection::new(ROLES[0], config(Agreed::new()));
    let mut inflater = conn.inflater().expect("agreed");
    let mut buf = [0; 100];
    assert_eq!(inflater.inflate(&mut &b"\x06"[..], true, &mut buf), Err(Violation::InvalidDeflate));
    assert_eq!(inflater.inflate(&mut &HELLO[..], true, &mut buf), Err(Violation::InvalidDeflate));
    assert!(sansws::Connection::new(ROLES[0], Config::new()).inflater().is_none());
}

//! Frames in, messages out: framing, masking and fragmentation (RFC 6455 5.1 to 5.4, 5.7, 6.2).

mod common;

use common::*;
use sansws::{Config, Role, Violation};

/// 6455-5.2-1, 6455-5.2-9, 6455-6.2-5, 6455-5.4-1, 6455-5.6-4, 6455-5.7-1, 6455-5.7-2, 6455-5.2-8.
#[test]
fn single_frames_are_messages() {
    expect(&[(0x81, b"Hello")], &[text("Hello")], &[]);
    expect(&[(0x82, b"\xff\xfe\x00")], &[binary(b"\xff\xfe\x00")], &[]);
    expect(&[(0x81, b""), (0x82, b"")], &[text(""), binary(b"")], &[]);
    expect_bytes(Role::Server, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", &[text("Hello")], &[]);
    expect_bytes(CLIENT, b"\x81\x05Hello", &[text("Hello")], &[]);
    // 6455-5.3-10: any key is valid, zero included.
    expect_bytes(Role::Server, b"\x81\x85\0\0\0\0Hello", &[text("Hello")], &[]);
}

/// 6455-5.2-10, 6455-5.2-11, 6455-5.2-15, 6455-5.7-5: the lengths around each form, in one piece and in small ones.
#[test]
fn every_length_arrives_unchanged() {
    for length in [0, 1, 124, 125, 126, 127, 128, 255, 256, 65535, 65536, 65537] {
        let payload: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
        for role in ROLES {
            let bytes = frame(role, 0x82, &payload);
            for api in [Api::Messages, Api::Chunks] {
                for piece in [bytes.len(), 1, 7, 4096] {
                    let mut run = Run::new(role, Config::default());
                    bytes.chunks(piece).for_each(|piece| run.feed(api, piece));
                    assert_eq!(run.got, [binary(&payload)], "{length} bytes in pieces of {piece}");
                }
            }
        }
    }
}

/// 6455-5.4-2, 6455-5.4-3, 6455-5.4-8, 6455-5.4-14, 6455-5.4-20, 6455-5.7-3, 6455-6.2-1 to 6.2-4.
#[test]
fn fragments_make_a_message() {
    expect(&[(0x01, b"a"), (0x00, b"b"), (0x80, b"c")], &[text("abc")], &[]);
    expect(&[(0x01, b"Hel"), (0x80, b"lo")], &[text("Hello")], &[]);
    expect(
        &[(0x02, b"a"), (0x80, b"b"), (0x81, b"c"), (0x01, b"d"), (0x80, b"e")],
        &[binary(b"ab"), text("c"), text("de")],
        &[],
    );
}

/// 6455-5.4-12, 6455-5.4-13: an open message is a flag, not a byte count.
#[test]
fn empty_fragments_count() {
    expect(&[(0x01, b""), (0x80, b"")], &[text("")], &[]);
    expect(&[(0x01, b""), (0x00, b""), (0x80, b"abc")], &[text("abc")], &[]);
    expect(&[(0x02, b""), (0x00, b"abc"), (0x80, b"")], &[binary(b"abc")], &[]);
    for role in ROLES {
        let bytes = frames(role, &[(0x01, b""), (0x81, b"a")]);
        expect_failure(role, Config::default(), &bytes, &[], Violation::InterleavedMessage);
    }
}

/// 6455-5.4-4, 6455-5.4-5, 6455-5.5-4, 6455-8.1-9: control frames between fragments disturb nothing.
#[test]
fn control_frames_between_fragments() {
    expect(
        &[(0x01, b"\xce"), (0x89, b"p\xff"), (0x8a, b"q"), (0x80, b"\xba")],
        &[ping(b"p\xff"), pong(b"q"), text("κ")],
        &[(0x8a, b"p\xff")],
    );
    // 6455-5.5.1-21: a Close ends it all, the message is dropped.
    expect(&[(0x01, b"a"), (0x88, b"\x03\xe8"), (0x80, b"b")], &[close(1000, "")], &[(0x88, b"\x03\xe8")]);
}

/// 6455-5.2-3, 6455-5.2-5, 6455-5.2-6, 6455-5.4-7, 6455-5.4-10, 6455-5.4-11: with and without payload, first or
/// after a message, which is delivered first (6455-7.1.7-8, X-5).
#[test]
fn bad_first_bytes_fail() {
    let mut cases = vec![
        (0x09, Violation::FragmentedControl),
        (0x0a, Violation::FragmentedControl),
        (0x08, Violation::FragmentedControl),
        (0x80, Violation::StrayContinuation),
        (0x00, Violation::StrayContinuation),
    ];
    for opcode in (0x03..=0x07).chain(0x0b..=0x0f) {
        cases.push((0x80 | opcode, Violation::ReservedOpcode(opcode)));
    }
    for bits in 1..=7 {
        for opcode in [0x0, 0x1, 0x2, 0x8, 0x9, 0xa] {
            cases.push((0x80 | bits << 4 | opcode, Violation::ReservedBits(bits)));
        }
    }
    for role in ROLES {
        for (first, violation) in &cases {
            for payload in [&b""[..], b"payload"] {
                let bad = frame(role, *first, payload);
                expect_failure(role, Config::default(), &bad, &[], *violation);
                // 6455-5.2-19: the first byte alone is enough.
                expect_failure(role, Config::default(), &bad[..1], &[], *violation);
                let after = [frame(role, 0x81, b"hi"), bad].concat();
                expect_failure(role, Config::default(), &after, &[text("hi")], *violation);
            }
        }
        for first in [0x81, 0x02] {
            let nested = frames(role, &[(0x01, b"a"), (first, b"b")]);
            expect_failure(role, Config::default(), &nested, &[], Violation::InterleavedMessage);
        }
        let bits_in_message = frames(role, &[(0x01, b"a"), (0xb0, b"b")]);
        expect_failure(role, Config::default(), &bits_in_message, &[], Violation::ReservedBits(3));
        let finished = frames(role, &[(0x01, b"a"), (0x80, b"b"), (0x80, b"c")]);
        expect_failure(role, Config::default(), &finished, &[text("ab")], Violation::StrayContinuation);
    }
}

/// 6455-5.1-3, 6455-5.1-4, 6455-5.1-6, 6455-5.1-7, 6455-6.2-M: for every opcode, before the payload, also a
/// Close whose masking key looks like a code (V26).
#[test]
fn wrong_mask_direction_fails() {
    for first in [0x01, 0x81, 0x02, 0x82, 0x88, 0x89, 0x8a] {
        let plain = frame(CLIENT, first, b"\x03\xe8");
        expect_failure(Role::Server, Config::default(), &plain, &[], Violation::NotMasked);
        expect_failure(Role::Server, Config::default(), &plain[..2], &[], Violation::NotMasked);
        let masked = frame(Role::Server, first, b"\x03\xe8");
        expect_failure(CLIENT, Config::default(), &masked, &[], Violation::Masked);
        expect_failure(CLIENT, Config::default(), &masked[..2], &[], Violation::Masked);
    }
    expect_failure(CLIENT, Config::default(), b"\x88\x82\x03\xe8\x00\x00\x03\xe8", &[], Violation::Masked);
}

/// 6455-5.2-12, 6455-5.2-14, 6455-5.2-18, 6455-5.5-1, D-LEN: judged when the length bytes are there, before a
/// masking key.
#[test]
fn bad_lengths_fail() {
    let cases: [(&[u8], Violation); 11] = [
        (b"\x82\x7e\x00\x00", Violation::LengthNotMinimal(0)),
        (b"\x82\x7e\x00\x05", Violation::LengthNotMinimal(5)),
        (b"\x82\x7e\x00\x7d", Violation::LengthNotMinimal(125)),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x00\x00\x7e", Violation::LengthNotMinimal(126)),
        (b"\x82\x7f\x00\x00\x00\x00\x00\x00\xff\xff", Violation::LengthNotMinimal(65535)),
        (b"\x82\x7f\x80\x00\x00\x00\x00\x00\x00\x00", Violation::LengthOverflow),
        (b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", Violation::LengthOverflow),
        (
            b"\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff",
            Violation::FrameTooBig { length: u64::MAX >> 1, limit: 16 << 20 },
        ),
        (b"\x89\x7e\x00\x7e", Violation::LongControl),
        (b"\x8a\x7f", Violation::LongControl),
        (b"\x88\x7e", Violation::LongControl),
    ];
    for role in ROLES {
        for (bytes, violation) in cases {
            let mut bytes = bytes.to_vec();
            if role == Role::Server {
                bytes[1] |= 0x80;
            }
            expect_failure(role, Config::default(), &bytes, &[], violation);
        }
    }
}

/// 6455-5.2-16: every form of header, cut anywhere, needs no more than its bytes.
#[test]
fn headers_may_be_cut_anywhere() {
    for role in ROLES {
        for length in [0, 126, 65536] {
            let bytes = frame(role, 0x82, &vec![0x5a; length]);
            for cut in 0..14.min(bytes.len()) {
                let mut run = Run::new(role, Config::default());
                run.feed(Api::Messages, &bytes[..cut]);
                assert!(run.got.is_empty() && run.out.is_empty());
                run.feed(Api::Messages, &bytes[cut..]);
                assert_eq!(run.got, [binary(&vec![0x5a; length])]);
            }
        }
    }
}

/// What is left of a header or a Pong after a cut is no frame, however much it looks like one.
#[test]
fn the_rest_of_a_frame_is_no_frame() {
    // A length of one with the mask bit, and keys, that look like two first bytes.
    let frame = |key: [u8; 4], byte: u8| [&[0x82, 0x81][..], &key, &[byte ^ key[0]]].concat();
    let bytes = [
        frame([0x81, 0x82, 0x81, 0x82], b'a'),
        frame([0x82, 0x81, 0x81, 0x81], b'b'),
        frame([0x81, 0x81, 0x82, 0x80], b'c'),
    ]
    .concat();
    expect_bytes(Role::Server, &bytes, &[binary(b"a"), binary(b"b"), binary(b"c")], &[]);
    // Nor is what is left of a Pong: a message of three bytes in a payload.
    let inner = [&[0x81, 0x83][..], &[0; 4], b"abc"].concat();
    for role in ROLES {
        let key = if role == Role::Server { &[0; 4][..] } else { &[] };
        let inner = if role == Role::Server { &inner[..] } else { b"\x81\x03abc" };
        let mask_bit = if role == Role::Server { 0x80 } else { 0 };
        let bytes = [&[0x8a, mask_bit | inner.len() as u8], key, inner].concat();
        expect_bytes(role, &[&bytes[..], &bytes].concat(), &[pong(inner), pong(inner)], &[]);
    }
    // 130 and 33153 bytes, of which the second looks like 0x82 or 0x81 and a length.
    for length in [0x0082, 0x8101, 0x8204] {
        let payload = vec![0x81; length];
        let bytes = frames(CLIENT, &[(0x82, &b"first"[..]), (0x82, &payload)]);
        for cut in 7..12 {
            let mut run = Run::new(CLIENT, Config::default());
            run.feed(Api::Messages, &bytes[..cut]);
            run.feed(Api::Messages, &bytes[cut..]);
            assert_eq!(run.got, [binary(b"first"), binary(&payload)], "{length} cut at {cut}");
        }
    }
}

/// 6455-5.3-6, 6455-5.3-7: each frame has its own key, from its first byte on.
#[test]
fn keys_start_anew_with_each_frame() {
    let mut bytes = b"\x02\x83\x01\x02\x03\x04".to_vec();
    bytes.extend([b'a' ^ 1, b'b' ^ 2, b'c' ^ 3]);
    bytes.extend(b"\x80\x83\x50\x60\x70\x80");
    bytes.extend([b'd' ^ 0x50, b'e' ^ 0x60, b'f' ^ 0x70]);
    expect_bytes(Role::Server, &bytes, &[binary(b"abcdef")], &[]);
}

/// 6455-7.1.7-10: a failure is the last word.
#[test]
fn failures_are_sticky() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        run.feed(Api::Messages, &frame(role, 0x83, b""));
        assert_eq!(run.got.len(), 1);
        for _ in 0..3 {
            run.feed(Api::Messages, &frames(role, &[(0x81, b"a"), (0x88, b"\x03\xe8")]));
            assert_eq!(run.conn.send("x", &mut run.out), Err(sansws::SendError::Closed));
        }
        assert_eq!(run.got.len(), 1);
        assert_eq!(sent(role, &run.out).len(), 1);
    }
}

//! What a peer can do to a connection that did agree to compress.

use sansws::deflate::{Agreed, Config as Deflate, Deflater};
use sansws::handshake::Extension;
use sansws::{CloseCode, Config, Connection, Role, Violation};

use crate::common::{
    Api, Got, ROLES, Run, binary, close, failed, frame, frames, ping, sent_compressed, text,
};
use crate::counting::{Flood, measure};
use crate::deflate_common::{
    Bits, HELLO, HELLO_AGAIN, TAIL, both, eager, fixed, json, noise, packed, stored, trace,
};
use crate::list::Test;

/// What is proved only with the feature `deflate`, as [`crate::list::ENTRIES`].
pub(crate) const ENTRIES: &[(&str, &str, &[Test])] = &[
    (
        "V7",
        "RUSTSEC-2020-0123: memory never written shown",
        &[(
            "v7_rustsec_2020_0123_nothing_unwritten_is_shown",
            v7_rustsec_2020_0123_nothing_unwritten_is_shown,
        )],
    ),
    (
        "V17",
        "CVE-2026-1526: decompressed without limit",
        &[("v17_v77_cve_2026_1526_four_mebibytes_of_zeros", v17_v77_cve_2026_1526_four_mebibytes_of_zeros)],
    ),
    (
        "V29",
        "CVE-2018-1000518: limit before decompressing",
        &[(
            "v29_cve_2018_1000518_the_limit_counts_what_comes_out",
            v29_cve_2018_1000518_the_limit_counts_what_comes_out,
        )],
    ),
    ("V31", "message cut at the limit", &[("v31_never_cut_at_the_limit", v31_never_cut_at_the_limit)]),
    (
        "V39",
        "state lost by a Ping between fragments",
        &[("v39_pings_between_compressed_fragments", v39_pings_between_compressed_fragments)],
    ),
    (
        "V66",
        "CVE-2016-9840, CVE-2022-37434: the library's own",
        &[("v66_cve_2022_37434_bytes_that_are_no_deflate", v66_cve_2022_37434_bytes_that_are_no_deflate)],
    ),
    (
        "V77",
        "CVE-2026-43970: decompressed without limit",
        &[("v17_v77_cve_2026_1526_four_mebibytes_of_zeros", v17_v77_cve_2026_1526_four_mebibytes_of_zeros)],
    ),
    ("5.3-agreed", "offers of all kinds", &[("c5_3_offers", c5_3_offers)]),
    ("5.3-data", "messages of all kinds", &[("c5_3_data", c5_3_data)]),
    ("5.3-work", "small messages that are dear", &[("c5_3_work", c5_3_work)]),
    ("5.3-senders", "what is sent", &[("c5_3_senders", c5_3_senders)]),
];

fn config(agreed: Agreed) -> Config {
    Config::new().deflate(agreed)
}

fn got(role: Role, config: Config, api: Api, bytes: &[u8], step: usize) -> Vec<Got> {
    let mut run = Run::new(role, config);
    bytes.chunks(step).for_each(|piece| run.feed(api, piece));
    run.got
}

/// Whole, in pieces, as messages and as chunks.
fn expect_got(config: Config, input: &[(u8, &[u8])], expected: &[Got]) {
    for role in ROLES {
        let bytes = frames(role, input);
        for (api, step) in
            [(Api::Messages, bytes.len()), (Api::Messages, 1), (Api::Chunks, bytes.len()), (Api::Chunks, 3)]
        {
            assert_eq!(
                got(role, config, api, &bytes, step.max(1)),
                expected,
                "{role:?}, {api:?}, {step} at a time"
            );
        }
    }
}

/// V7: an error in the middle of a message shows nothing of it, neither what was decompressed nor what lay in the
/// buffer from a message before; nor does a message that is shorter than that one.
#[test]
pub(crate) fn v7_rustsec_2020_0123_nothing_unwritten_is_shown() {
    let secret = stored(&b"secret ".repeat(100));
    let cut = [&fixed(b"abc")[..3], b"\xff\xff\xff"].concat();
    let mut run = Run::new(ROLES[0], config(both(false, 15)));
    run.feed(Api::Messages, &frame(ROLES[0], 0xc1, &secret));
    run.feed(Api::Messages, &frame(ROLES[0], 0xc1, HELLO));
    assert_eq!(run.got[1], text("Hello"));
    run.feed(Api::Messages, &frame(ROLES[0], 0xc1, &cut));
    assert!(matches!(run.got[2], Got::Failed(_)) && run.got.len() == 3);
    // Another connection, the same buffer, and a reference to before the beginning.
    let mut bits = Bits::default();
    let back = bits.block(false, 1).three_from(7).end().message();
    for takeover in [true, false] {
        let mut other = Run::new(ROLES[0], config(both(takeover, 15)));
        other.store = std::mem::take(&mut run.store);
        other.feed(Api::Messages, &frame(ROLES[0], 0xc1, &back));
        assert_eq!(other.got, [failed(Violation::InvalidDeflate)]);
        run.store = other.store;
    }
}

/// V17, V77: four KiB that are four MiB, with the limit a byte below: 1009 while it comes out.
#[test]
pub(crate) fn v17_v77_cve_2026_1526_four_mebibytes_of_zeros() {
    let zeros = packed(&vec![0; 4 << 20]);
    assert!(zeros.len() < 4200, "{}", zeros.len());
    let limit = (4 << 20) - 1;
    for piece in [1 << 16, 100] {
        let mut flood = Flood::new(Role::Server, config(Agreed::new()).max_message(limit));
        let bytes = frame(Role::Server, 0xc2, &zeros);
        let ((), cost) = measure(|| flood.feed(&bytes, piece));
        assert_eq!(flood.failed, Some(Violation::MessageTooBig { length: limit + 1, limit }));
        assert_eq!(flood.failed.map(Violation::close_code), Some(CloseCode::TOO_BIG));
        assert!(cost.most < (4 << 20) + (100 << 10), "{cost:?}");
    }
}

/// V29: the limit is on what comes out, not on what comes in, be it smaller or larger.
#[test]
pub(crate) fn v29_cve_2018_1000518_the_limit_counts_what_comes_out() {
    let zeros = packed(&vec![0; 1001]);
    let limited = config(Agreed::new()).max_message(1000);
    let too_big = failed(Violation::MessageTooBig { length: 1001, limit: 1000 });
    expect_got(limited, &[(0xc2, &zeros)], &[too_big]);
    expect_got(limited, &[(0xc2, &stored(&[7; 1000]))], &[binary(&[7; 1000])]);
    expect_got(
        limited,
        &[(0x42, &[stored(&[7; 990]), TAIL.to_vec()].concat()), (0x80, HELLO)],
        &[binary(&[&[7; 990], &b"Hello"[..]].concat())],
    );
}

/// V31: a message that is a byte too long is refused, not cut.
#[test]
pub(crate) fn v31_never_cut_at_the_limit() {
    let letters = vec![b'a'; 1 << 21];
    let bytes = frame(ROLES[0], 0xc1, &packed(&letters));
    for (limit, expected) in [
        ((1 << 21) - 1, failed(Violation::MessageTooBig { length: 1 << 21, limit: (1 << 21) - 1 })),
        (1 << 21, text(std::str::from_utf8(&letters).expect("ASCII"))),
    ] {
        for api in [Api::Messages, Api::Chunks] {
            let got = got(ROLES[0], config(Agreed::new()).max_message(limit), api, &bytes, bytes.len());
            assert!(got == std::slice::from_ref(&expected), "limit {limit}");
        }
    }
}

/// V39: a Ping, a Pong and a Close between compressed fragments.
#[test]
pub(crate) fn v39_pings_between_compressed_fragments() {
    let (head, tail) = HELLO.split_at(3);
    let input = [(0x41, head), (0x89, &b"p"[..]), (0x80, tail)];
    expect_got(config(Agreed::new()), &input, &[ping(b"p"), text("Hello")]);
    expect_got(config(Agreed::new()), &[(0x41, head), (0x88, b"\x03\xe8")], &[close(1000, "")]);
}

/// V66: bytes made to break decoders: lengths beyond their tables, codes that are none, distances to nowhere, every
/// byte of a good message changed in every bit. The fuzz target `inflate` goes on from there.
#[test]
pub(crate) fn v66_cve_2022_37434_bytes_that_are_no_deflate() {
    let good = packed(json(300, 1).as_bytes());
    assert!(trace(&good, b"").is_some());
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bad = good.clone();
            bad[at] ^= 1 << bit;
            let bytes = frame(ROLES[1], 0xc2, &bad);
            let limited = config(Agreed::new()).max_message(10_000);
            let got = got(ROLES[1], limited, Api::Messages, &bytes, bytes.len());
            // The first bit makes it a last block, behind which a byte is missing that we do not ask for.
            let (bad, is_lenient) = if (at, bit) == (0, 0) { (&good, true) } else { (&bad, false) };
            match trace(bad, b"") {
                Some(trace) if got == [binary(&trace.plain)] => {}
                // A stored block that takes the four bytes for its own.
                _ => assert!(
                    !is_lenient && matches!(got[..], [Got::Failed(_)]),
                    "byte {at}, bit {bit}: {got:?}"
                ),
            }
        }
    }
}

/// 5.3: what is offered: fall back to the next, decline what is wrong, never answer what was not asked.
#[test]
pub(crate) fn c5_3_offers() {
    for (offers, answer) in [
        (
            "permessage-deflate; a; a, permessage-deflate; server_max_window_bits=10",
            Some("; server_max_window_bits=10"),
        ),
        ("permessage-deflate; server_no_context_takeover=1, permessage-deflate", Some("")),
        ("permessage-deflate; client_max_window_bits", Some("")),
        ("permessage-deflate; client_max_window_bits=8", Some("; client_max_window_bits=8")),
        ("permessage-deflate; server_max_window_bits=\"12\"", Some("; server_max_window_bits=12")),
        ("permessage-deflate; server_max_window_bits=8", None),
        ("permessage-deflate; server_max_window_bits=08", None),
        ("permessage-deflate; client_max_window_bits=1000", None),
        ("permessage-deflate; client_max_window_bits; client_max_window_bits", None),
        ("x-webkit-deflate-frame", None),
        ("permessage-defalte, PERMESSAGE-DEFLATE", None),
        ("constructor; __proto__=1", None),
    ] {
        let parsed = Extension::parse_list(offers.as_bytes()).expect("well-formed");
        let agreed = Deflate::new().accept(&parsed).map(|agreed| agreed.answer().to_string());
        assert_eq!(agreed, answer.map(|params| format!("permessage-deflate{params}")), "{offers}");
    }
}

/// 5.3: what is received: everything lawful, and nothing else.
#[test]
pub(crate) fn c5_3_data() {
    let plain = config(Agreed::new());
    let (head, tail) = HELLO.split_at(4);
    let invalid = failed(Violation::InvalidDeflate);
    let hello = || text("Hello");
    let last = b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00";
    type Case<'c> = (&'c [(u8, &'c [u8])], &'c [Got]);
    let cases: &[Case<'_>] = &[
        (&[(0x41, head), (0xc0, tail)], &[failed(Violation::ReservedBits(4))]),
        (&[(0x41, head), (0x80, tail), (0xc0, tail)], &[hello(), failed(Violation::ReservedBits(4))]),
        (&[(0xc1, b"\x00"), (0xc1, HELLO)], &[text(""), hello()]),
        (&[(0xc1, b"")], std::slice::from_ref(&invalid)),
        (&[(0xc1, last), (0xc1, HELLO_AGAIN)], &[hello(), hello()]),
        // The four bytes in the middle of a message.
        (&[(0xc1, b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00")], &[hello()]),
        (&[(0xc1, b"\x06")], std::slice::from_ref(&invalid)),
        (&[(0xc1, head)], std::slice::from_ref(&invalid)),
        (&[(0xc1, &[last, &b"\x07garbage"[..]].concat())], std::slice::from_ref(&invalid)),
        (&[(0xc1, HELLO), (0xc1, HELLO_AGAIN)], &[hello(), hello()]),
        (&[(0xc1, b"\xfa\x0f\x00")], &[failed(Violation::InvalidUtf8)]),
    ];
    for (input, expected) in cases {
        expect_got(plain, input, expected);
    }
    expect_got(config(both(false, 15)), &[(0xc1, HELLO), (0xc1, HELLO_AGAIN)], &[hello(), invalid.clone()]);
    // Ends exactly where a piece of output does.
    for length in [2047, 2048, 2049, 65_535, 65_536, 65_537] {
        let bytes = noise(length, 1);
        expect_got_once(plain, &stored(&bytes), &bytes);
        expect_got_once(plain, &packed(&vec![b'z'; length]), &vec![b'z'; length]);
    }
}

fn expect_got_once(config: Config, message: &[u8], plain: &[u8]) {
    let bytes = frame(ROLES[0], 0xc2, message);
    let got = got(ROLES[0], config.max_message(plain.len() as u64), Api::Messages, &bytes, bytes.len());
    assert!(got == [binary(plain)], "{} bytes", plain.len());
}

/// 5.3: messages that make work: thousands of tiny ones, of blocks that say they are the last, of empty blocks; no
/// memory is asked for again, and nothing piles up.
#[test]
pub(crate) fn c5_3_work() {
    let tiny = frames(Role::Server, &[(0xc1, b"\x00"), (0xc1, HELLO), (0xc2, b"\x03\x00")]);
    let lasts = frame(Role::Server, 0xc1, &b"\x03\x00".repeat(2000));
    let empties = frame(Role::Server, 0xc1, &[b"\x00\x00\x00\xff\xff".repeat(2000), HELLO.to_vec()].concat());
    for takeover in [true, false] {
        let mut flood = Flood::new(Role::Server, config(both(takeover, 15)));
        for bytes in [&tiny, &lasts, &empties] {
            flood.feed(bytes, 1 << 16);
        }
        let ((), cost) = measure(|| {
            for _ in 0..1000 {
                flood.feed(&tiny, 7);
            }
            flood.feed(&lasts, 1000);
            flood.feed(&empties, 1000);
        });
        assert_eq!((flood.failed, flood.events), (None, 5 + 3002));
        assert!(cost.allocations < 20 && cost.most < 40 << 10, "{cost:?}");
    }
}

/// 5.3: what is sent: never the bit on what is not smaller or empty, never the four bytes, and by choice no compression.
#[test]
pub(crate) fn c5_3_senders() {
    for role in ROLES {
        let (mut conn, mut deflater, mut out) =
            (Connection::new(role, config(Agreed::new())), Deflater::new(), Vec::new());
        let secret = json(500, 2);
        conn.send_compressed("", &mut deflater, &mut out).expect("open");
        conn.send_compressed(&noise(500, 1)[..], &mut deflater, &mut out).expect("open");
        conn.send(&secret, &mut out).expect("open");
        conn.send_compressed(&secret, &mut deflater, &mut out).expect("open");
        conn.send_compressed("", &mut eager(), &mut out).expect("open");
        let frames = sent_compressed(role, &out);
        let firsts: Vec<u8> = frames.iter().map(|(first, _)| *first).collect();
        assert_eq!(firsts, [0x81, 0x82, 0x81, 0xc1, 0xc1]);
        assert!(frames.iter().skip(3).all(|(_, payload)| !payload.ends_with(b"\x00\x00\xff\xff")));
        assert_eq!(frames[4].1, b"\x00");
        // 7692 8: what was not compressed tells nothing by the length of what is.
        assert!(frames[3].1.len() > 100, "the secret was not looked back to");
    }
}

//! Frames that break a rule, and frames that only look as if they did.

use sansws::{CloseCode, Config, Connection, Event, Input, Message, MessageBuf, Role, SendError, Violation};

use crate::common::{
    self, Api, CLIENT, Got, KEY, ROLES, Run, binary, close, expect, expect_bytes, expect_failure, failed,
    frame, frames, ping, pong, sent, text,
};
use crate::counting::{Flood, measure};

const ANY: Config = Config::new();

/// V19: an empty first fragment opens a message; a limit holds for the sum of the fragments.
#[test]
pub(crate) fn v19_empty_first_fragment_and_cumulative_limit() {
    expect_bytes(CLIENT, b"\x01\x00\x80\x03abc", &[text("abc")], &[]);
    for role in ROLES {
        let half = [1; 51];
        let bytes = frames(role, &[(0x02, &half), (0x00, &half)]);
        let violation = Violation::MessageTooBig { length: 102, limit: 100 };
        expect_failure(role, Config::new().max_message(100), &bytes, &[], violation);
    }
}

/// V26: the key of a masked Close from a server is no code.
#[test]
pub(crate) fn v26_masked_close_from_a_server() {
    expect_failure(CLIENT, ANY, b"\x88\x82\x03\xe8\x00\x00\x03\xe8", &[], Violation::Masked);
}

/// V27, V41, V62b, V67: a server takes no plain frame; not a byte of it is delivered, wherever it is cut.
#[test]
pub(crate) fn v27_v41_v62_v67_plain_frames_to_a_server() {
    for bytes in
        [&b"\x81\x01a"[..], b"\x81\x05Hello", b"\x82\x00", b"\x01\x01a", b"\x89\x00", b"\x88\x02\x03\xe8"]
    {
        expect_failure(Role::Server, ANY, bytes, &[], Violation::NotMasked);
    }
    // Behind masked ones.
    let bytes = [frame(Role::Server, 0x01, b"a"), b"\x80\x01b".to_vec()].concat();
    expect_failure(Role::Server, ANY, &bytes, &[], Violation::NotMasked);
}

/// V67: a message in many packets comes to an end.
#[test]
pub(crate) fn v67_messages_in_many_packets() {
    for role in ROLES {
        let payload: Vec<u8> = (0..=255).collect();
        let bytes = frame(role, 0x82, &payload);
        common::every_way(role, ANY, &bytes, |run| assert_eq!(run.got, [binary(&payload)]));
    }
}

/// V32, V38, V62c, 5.3: nobody agreed to compress, so RSV1 has no meaning anywhere.
#[test]
pub(crate) fn v32_v38_v62_rsv1_without_an_extension() {
    let rsv1 = Violation::ReservedBits(4);
    for role in ROLES {
        for first in [0xc1, 0xc2, 0x41, 0x42, 0xc8, 0xc9, 0xca, 0xc0, 0x40] {
            expect_failure(role, ANY, &frame(role, first, b""), &[], rsv1);
        }
        // "Hello" and an empty message, deflated.
        expect_failure(role, ANY, &frame(role, 0xc1, b"\xf2\x48\xcd\xc9\xc9\x07\x00"), &[], rsv1);
        expect_failure(role, ANY, &frame(role, 0xc1, b"\x00"), &[], rsv1);
        for first in [0xc0, 0x40, 0xc9] {
            let bytes = frames(role, &[(0x01, b"a"), (first, b"b")]);
            expect_failure(role, ANY, &bytes, &[], rsv1);
        }
    }
}

/// V40, V62d, V62e: which closes are wrong, and which are not though others think so.
#[test]
pub(crate) fn v40_v62_close_codes() {
    for role in ROLES {
        for code in [5000, 5001, 60000, 65535] {
            let bytes = frame(role, 0x88, &u16::to_be_bytes(code));
            expect_failure(role, ANY, &bytes, &[], Violation::CloseCode(CloseCode(code)));
        }
        expect_failure(role, ANY, &frame(role, 0x88, b"\x03"), &[], Violation::CloseBody);
    }
    for code in [3000, 3999, 1012, 1013, 1014] {
        let body = u16::to_be_bytes(code);
        expect(&[(0x88, &body)], &[close(code, "")], &[(0x88, &body)]);
    }
}

/// V46: one Ping, and its Pong three times.
#[test]
pub(crate) fn v46_duplicate_pongs() {
    for role in ROLES {
        let mut run = Run::new(role, ANY);
        run.conn.ping(b"p", &mut run.out).expect("open");
        run.out.clear();
        run.feed(Api::Messages, &frames(role, &[(0x8a, b"p"), (0x8a, b"p"), (0x8a, b"p"), (0x81, b"x")]));
        assert_eq!(run.got, [pong(b"p"), pong(b"p"), pong(b"p"), text("x")]);
        assert!(run.out.is_empty());
    }
}

/// V56: garbage fails with its first bad byte, and what goes on for ever without failing takes no memory.
#[test]
pub(crate) fn v56_cve_2024_52532_garbage() {
    for role in ROLES {
        for byte in 0..=255 {
            let mut flood = Flood::new(role, Config::new().reply_backlog(0));
            flood.feed(&[byte], 1);
            let lawful = matches!(byte, 0x01 | 0x02 | 0x81 | 0x82 | 0x88 | 0x89 | 0x8a);
            assert_eq!(flood.failed.is_none(), lawful, "{byte:#x}");

            let ((), cost) = measure(|| flood.feed(&[byte; 1 << 14], usize::MAX));
            // What a server takes for an endless row of masked frames.
            let endless = role == Role::Server && matches!(byte, 0x81 | 0x82 | 0x89 | 0x8a);
            assert_eq!(flood.failed.is_none(), endless, "{byte:#x}");
            assert!(flood.events >= 1 && cost.most < 1024, "{byte:#x} {cost:?}");
        }
    }
}

/// V59: one read with a bad frame between good ones: what came before is delivered, nothing after.
#[test]
pub(crate) fn v59_nothing_after_a_failure() {
    for role in ROLES {
        let script: [(u8, &[u8]); 5] =
            [(0x81, b"one"), (0x83, b"bad"), (0x81, b"two"), (0x89, b"p"), (0x88, b"\x03\xe8")];
        let bytes = frames(role, &script);
        expect_failure(role, ANY, &bytes, &[text("one")], Violation::ReservedOpcode(3));

        // The application's own veto counts as much: its next call finds nothing, though a message is there.
        type Veto = fn(&mut Connection, CloseCode, &str, &mut Vec<u8>) -> Result<(), SendError>;
        let by_its_sender: Veto = |conn, code, reason, out| conn.sender().fail(code, reason, out);
        for veto in [Connection::fail as Veto, by_its_sender] {
            let mut bytes = frames(role, &[(0x81, b"one"), (0x81, b"two"), (0x89, b"p")]);
            let (mut input, mut store, mut out) = (Input::new(&mut bytes), MessageBuf::new(), Vec::new());
            let mut conn = Connection::new(role, ANY);
            let event = conn.receive_message(&mut input, &mut store, &mut out);
            assert_eq!(event, Some(Event::Data(Message::Text("one"))));
            veto(&mut conn, CloseCode::POLICY_VIOLATION, "no", &mut out).expect("open");
            assert_eq!(conn.receive_message(&mut input, &mut store, &mut out), None);
            assert!(input.is_empty());
            assert_eq!(sent(role, &out), [(0x88, b"\x03\xf0no".to_vec())]);
        }
    }
}

/// 5.1-1: each form of header, cut at each byte: no event, no output, no memory.
#[test]
pub(crate) fn c5_1_1_truncated_headers() {
    for role in ROLES {
        for first in [0x01, 0x02, 0x81, 0x82, 0x88, 0x89, 0x8a] {
            for length in [1, 125, 126, 65535, 65536] {
                if first >= 0x88 && length > 125 {
                    continue;
                }
                let whole = frame(role, first, &vec![b'x'; length]);
                for cut in 0..=whole.len() - length {
                    let mut flood = Flood::new(role, ANY);
                    let ((), cost) = measure(|| flood.feed(&whole[..cut], 1));
                    assert_eq!(
                        (flood.events, flood.out.len(), cost.allocations),
                        (0, 0, 0),
                        "{first:x} {cut}"
                    );
                }
            }
        }
    }
}

/// 5.1-2: twenty frames, cut in every way and at random: the same events and the same answers.
#[test]
pub(crate) fn c5_1_2_cuts_change_nothing() {
    let long = [0x5a; 130];
    let script: [(u8, &[u8]); 20] = [
        (0x81, b"hi"),
        (0x89, b"p1"),
        (0x82, &long),
        (0x81, b""),
        (0x01, b"\xce"),
        (0x89, b"\xff"),
        (0x00, b""),
        (0x80, b"\xba"),
        (0x8a, b""),
        (0x02, b""),
        (0x00, b"a"),
        (0x89, b""),
        (0x80, b"b"),
        (0x8a, b"late"),
        (0x81, "κόσμε".as_bytes()),
        (0x82, b"\0\0\0"),
        (0x01, b"x"),
        (0x8a, b"z"),
        (0x80, b"y"),
        (0x88, b"\x0f\xa0bye"),
    ];
    let events: [Got; 15] = [
        text("hi"),
        ping(b"p1"),
        binary(&long),
        text(""),
        ping(b"\xff"),
        text("κ"),
        pong(b""),
        ping(b""),
        binary(b"ab"),
        pong(b"late"),
        text("κόσμε"),
        binary(b"\0\0\0"),
        pong(b"z"),
        text("xy"),
        close(4000, "bye"),
    ];
    let answers: [(u8, &[u8]); 4] = [(0x8a, b"p1"), (0x8a, b"\xff"), (0x8a, b""), (0x88, b"\x0f\xa0")];
    expect(&script, &events, &answers);

    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    for role in ROLES {
        let bytes = frames(role, &script);
        for round in 0..400 {
            let mut run = Run::new(role, ANY);
            let api = if round % 2 == 0 { Api::Messages } else { Api::Chunks };
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (piece, after) = rest.split_at(rest.len().min((state >> 33) as usize % 24));
                run.feed(api, piece);
                rest = after;
            }
            assert_eq!(run.got, events);
        }
    }
}

/// 5.1-3, 5.1-4, 5.1-5: what the first byte, or the first two, tell is told without the rest.
#[test]
pub(crate) fn c5_1_3_to_5_judged_at_the_header() {
    let cases: [(&[u8], Violation); 11] = [
        (b"\x91", Violation::ReservedBits(1)),
        (b"\xa1", Violation::ReservedBits(2)),
        (b"\xc1", Violation::ReservedBits(4)),
        (b"\x83", Violation::ReservedOpcode(3)),
        (b"\x07", Violation::ReservedOpcode(7)),
        (b"\x8b", Violation::ReservedOpcode(11)),
        (b"\x8f", Violation::ReservedOpcode(15)),
        (b"\x09", Violation::FragmentedControl),
        (b"\x08", Violation::FragmentedControl),
        (b"\x89\x7e", Violation::LongControl),
        (b"\x8a\x7f", Violation::LongControl),
    ];
    for role in ROLES {
        for (bytes, violation) in cases {
            let mut bytes = bytes.to_vec();
            if let (Role::Server, Some(second)) = (role, bytes.get_mut(1)) {
                *second |= 0x80;
            }
            expect_failure(role, ANY, &bytes, &[], violation);
            // Inside a message, and with a promise of 16 MiB behind it, no less.
            let inside = [frame(role, 0x02, b"a"), bytes.clone(), vec![0x7e, 0xff, 0xff]].concat();
            expect_failure(role, ANY, &inside, &[], violation);
        }
    }
}

/// 5.1-9: the wrong direction of masking, for each of the six opcodes, before the payload.
#[test]
pub(crate) fn c5_1_9_mask_bit_missing_or_present() {
    for first in [0x81, 0x82, 0x80, 0x88, 0x89, 0x8a] {
        for (role, violation) in [(Role::Server, Violation::NotMasked), (CLIENT, Violation::Masked)] {
            let other = if role == CLIENT { Role::Server } else { CLIENT };
            let begun = if first == 0x80 { frame(role, 0x01, b"a") } else { vec![] };
            let whole = [begun, frame(other, first, b"\x03\xe8")].concat();
            let header = whole.len() - if other == CLIENT { 2 } else { 6 };
            expect_failure(role, ANY, &whole, &[], violation);
            expect_failure(role, ANY, &whole[..header], &[], violation);
        }
    }
}

/// 5.1-10: a key of zeros and a key used twice are legal; payloads are unmasked at any place in the read buffer.
#[test]
pub(crate) fn c5_1_10_keys_and_alignments() {
    expect_bytes(Role::Server, b"\x81\x83\0\0\0\0abc\x81\x83\0\0\0\0abc", &[text("abc"), text("abc")], &[]);
    let payload: Vec<u8> = (1..=70).collect();
    for length in 0..=payload.len() {
        let message = frame(Role::Server, 0x82, &payload[..length]);
        assert_eq!(message[2..6], KEY);
        for offset in 0..8 {
            let mut buffer = [vec![0xee; offset], message.clone(), vec![0xee; 8]].concat();
            let mut conn = Connection::new(Role::Server, ANY);
            let mut store = MessageBuf::new();
            let mut input = Input::new(&mut buffer[offset..offset + message.len()]);
            let event = conn.receive_message(&mut input, &mut store, &mut Vec::new());
            assert_eq!(event, Some(Event::Data(Message::Binary(&payload[..length]))));
            let around = buffer[..offset].iter().chain(&buffer[offset + message.len()..]);
            assert!(around.copied().all(|byte| byte == 0xee), "bytes beside the frame were changed");
        }
    }
}

/// 5.1-11: continuations of nothing, messages inside messages, and what may stand between fragments.
#[test]
pub(crate) fn c5_1_11_fragments_out_of_order() {
    for role in ROLES {
        let fails = |script: &[(u8, &[u8])], events: &[Got], violation| {
            expect_failure(role, ANY, &frames(role, script), events, violation);
        };
        fails(&[(0x80, b"a")], &[], Violation::StrayContinuation);
        fails(&[(0x00, b"")], &[], Violation::StrayContinuation);
        fails(&[(0x81, b"a"), (0x00, b"b")], &[text("a")], Violation::StrayContinuation);
        fails(&[(0x01, b"a"), (0x81, b"b")], &[], Violation::InterleavedMessage);
        fails(&[(0x02, b""), (0x02, b"")], &[], Violation::InterleavedMessage);
        fails(&[(0x01, b""), (0x89, b"p"), (0x01, b"")], &[ping(b"p")], Violation::InterleavedMessage);
    }
    let between: [(u8, &[u8]); 4] = [(0x01, b"a"), (0x89, b"p"), (0x8a, b"q"), (0x80, b"b")];
    expect(&between, &[ping(b"p"), pong(b"q"), text("ab")], &[(0x8a, b"p")]);
    let closed: [(u8, &[u8]); 3] = [(0x01, b"a"), (0x88, b""), (0x80, b"b")];
    expect(&closed, &[Got::Close(None, String::new())], &[(0x88, b"")]);
}

/// 5.1-12: nothing, in every place where something can be.
#[test]
pub(crate) fn c5_1_12_empty_frames() {
    expect(&[(0x81, b""), (0x82, b"")], &[text(""), binary(b"")], &[]);
    expect(&[(0x01, b""), (0x00, b""), (0x80, b"")], &[text("")], &[]);
    expect(&[(0x01, b""), (0x80, b"a")], &[text("a")], &[]);
    expect(&[(0x01, b"a"), (0x80, b"")], &[text("a")], &[]);
    expect(&[(0x02, b""), (0x89, b""), (0x80, b"")], &[ping(b""), binary(b"")], &[(0x8a, b"")]);
    for role in ROLES {
        let mut run = Run::new(role, ANY.max_fragments(3));
        run.feed(Api::Messages, &frames(role, &[(0x01, b""), (0x00, b""), (0x00, b""), (0x00, b"")]));
        assert_eq!(run.got, [failed(Violation::TooManyFragments { limit: 3 })]);
        assert_eq!(sent(role, &run.out)[0].1[..2], 1008_u16.to_be_bytes());
    }
}

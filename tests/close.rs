//! The closing handshake, failures, EOF, and how it all is reported (RFC 6455 5.5.1, 7).

mod common;

use common::*;
use sansws::{CloseCode, Config, Event, Input, Outcome, Role, SendError, State, Transport, Violation};

const LAWFUL: [u16; 18] = [
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3500, 3999, 4000, 4500,
    4999,
];
const UNLAWFUL: [u16; 19] = [
    0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 5001, 9999, 32768, 65000, 65534,
    65535,
];

/// 6455-5.5.1-1, 6455-5.5.1-10, 6455-5.5.1-12, 6455-5.5.1-13, 6455-7.4.2-2, 6455-7.4.2-3, D-ECHO: the same code,
/// no reason, once.
#[test]
fn a_close_is_echoed() {
    expect(&[(0x88, b"")], &[Got::Close(None, String::new())], &[(0x88, b"")]);
    for code in LAWFUL {
        let code_bytes = code.to_be_bytes();
        expect(&[(0x88, &code_bytes)], &[close(code, "")], &[(0x88, &code_bytes)]);
        let with_reason = [&code_bytes[..], "bye, κόσμε".as_bytes()].concat();
        expect(&[(0x88, &with_reason)], &[close(code, "bye, κόσμε")], &[(0x88, &code_bytes)]);
    }
}

/// 6455-5.5.1-5: a reason of 123 bytes, the longest there is.
#[test]
fn the_longest_reason() {
    let reason = "x".repeat(123);
    let body = [b"\x03\xe8", reason.as_bytes()].concat();
    expect(&[(0x88, &body)], &[close(1000, &reason)], &[(0x88, b"\x03\xe8")]);
}

/// 6455-5.5.1-3, 6455-5.5.1-4, 6455-7.4.1-5, 6455-7.4.2-1, 6455-7.4.2-2, 6455-7.4.2-4, D-CLOSEBODY.
#[test]
fn malformed_closes_fail() {
    let bad_reason = b"\x03\xe8\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64";
    for role in ROLES {
        let fails = |body: &[u8], violation| {
            expect_failure(role, Config::default(), &frame(role, 0x88, body), &[], violation);
        };
        fails(b"a", Violation::CloseBody);
        fails(bad_reason, Violation::CloseReason);
        fails(b"\x03\xe8\xce", Violation::CloseReason);
        for code in UNLAWFUL {
            fails(&code.to_be_bytes(), Violation::CloseCode(CloseCode(code)));
        }
    }
}

/// Every code is either lawful to receive or not, by 6455-7.4.2 to the letter.
#[test]
fn every_close_code_is_judged() {
    for code in 0..=u16::MAX {
        let lawful = matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
        assert_eq!(CloseCode(code).may_be_received(), lawful, "{code}");
    }
    assert!(LAWFUL.into_iter().all(|code| CloseCode(code).may_be_received()));
}

/// 6455-5.5.1-2, 6455-7.1.2-1, 6455-7.4-1, 6455-5.5.1-7, WHATWG-3.1-6, WHATWG-3.1-7: own Closes, after what was
/// sent before.
#[test]
fn own_closes() {
    for role in ROLES {
        for (code, reason, body) in [
            (None, "", &b""[..]),
            (Some(CloseCode(1000)), "", b"\x03\xe8"),
            (Some(CloseCode(4000)), "bye", b"\x0f\xa0bye"),
            (Some(CloseCode(1011)), "", b"\x03\xf3"),
        ] {
            let mut run = Run::new(role, Config::default());
            run.conn.send("a", &mut run.out).unwrap();
            run.conn.close(code, reason, &mut run.out).unwrap();
            assert_eq!(sent(role, &run.out), [(0x81, b"a".to_vec()), (0x88, body.to_vec())]);
            // 6455-CLOSE-3, WHATWG-3.1-8: once.
            run.conn.close(Some(CloseCode(1001)), "again", &mut run.out).unwrap();
            assert_eq!(sent(role, &run.out).len(), 2);
            assert_eq!(run.conn.state(), State::Closing);
        }
    }
}

/// 6455-7.4.1-1 to 7.4.1-4, 6455-7.4.1-6, 6455-CLOSE-1, 6455-CLOSE-2, WHATWG-3.1-4, D-CODES: nothing is sent and
/// nothing changes.
#[test]
fn bad_own_closes_are_refused() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        let mut refused = |code: Option<u16>, reason: &str, error| {
            let code = code.map(CloseCode);
            assert_eq!(run.conn.close(code, reason, &mut run.out), Err(error));
            if let Some(code) = code {
                assert_eq!(run.conn.fail(code, reason, &mut run.out), Err(error));
            }
            assert!(run.out.is_empty());
            assert_eq!(run.conn.state(), State::Open);
        };
        for code in UNLAWFUL {
            refused(Some(code), "", SendError::CloseCode(CloseCode(code)));
        }
        if role == Role::Server {
            refused(Some(1010), "", SendError::CloseCode(CloseCode(1010)));
        }
        refused(Some(1000), &"x".repeat(124), SendError::ReasonTooLong { length: 124 });
        refused(Some(1000), &"é".repeat(62), SendError::ReasonTooLong { length: 124 });
        refused(None, "why", SendError::ReasonWithoutCode);
        run.conn.close(Some(CloseCode(1000)), &"x".repeat(123), &mut run.out).unwrap();
    }
}

/// 6455-7.4.1-7 to 7.4.1-9, 6455-7.4.2-3: every code that may be received may be sent, but 1010 by servers.
#[test]
fn every_lawful_code_can_be_sent() {
    for role in ROLES {
        for code in LAWFUL.into_iter().filter(|code| role != Role::Server || *code != 1010) {
            let mut run = Run::new(role, Config::default());
            run.conn.close(Some(CloseCode(code)), "", &mut run.out).unwrap();
            assert_eq!(sent(role, &run.out), [(0x88, code.to_be_bytes().to_vec())]);
        }
    }
}

/// 6455-6.1-1, 6455-5.1-8, 6455-5.5.1-8, 6455-6.1-2: nothing follows the own Close, an open message is given up.
#[test]
fn nothing_is_sent_after_a_close() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        run.conn.send_fragment(sansws::Kind::Text, b"a", false, &mut run.out).unwrap();
        run.conn.close(None, "", &mut run.out).unwrap();
        let before = run.out.clone();
        assert_eq!(run.conn.send("x", &mut run.out), Err(SendError::Closed));
        let fragment = run.conn.send_fragment(sansws::Kind::Text, b"b", true, &mut run.out);
        assert_eq!(fragment, Err(SendError::Closed));
        assert_eq!(run.conn.ping(b"", &mut run.out), Err(SendError::Closed));
        assert_eq!(run.conn.pong(b"", &mut run.out), Err(SendError::Closed));
        assert_eq!(run.conn.header(sansws::Kind::Text, 0, true).err(), Some(SendError::Closed));
        let prepared = sansws::Prepared::new("x");
        assert_eq!(run.conn.send_prepared(&prepared, &mut run.out), Err(SendError::Closed));
        run.conn.resume(&mut run.out);
        assert_eq!(run.out, before);
    }
}

/// 6455-6.1-2, 6455-5.5.1-9: the peer's Close is answered at once; what an own message still lacks is not sent.
#[test]
fn a_close_ends_the_own_message() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        run.conn.send_fragment(sansws::Kind::Binary, b"a", false, &mut run.out).unwrap();
        run.feed(Api::Messages, &frame(role, 0x88, b""));
        let fragment = run.conn.send_fragment(sansws::Kind::Binary, b"b", true, &mut run.out);
        assert_eq!(fragment, Err(SendError::Closed));
        assert_eq!(sent(role, &run.out), [(0x02, b"a".to_vec()), (0x88, vec![])]);
    }
}

/// 6455-5.5.1-11, 6455-7.1.7-8: what the application answers to a message goes before the Close that answers
/// what stood behind it in the same read.
#[test]
fn echoes_go_before_the_close() {
    for role in ROLES {
        for (last, code) in [((0x88, &b"\x03\xe9"[..]), 1001_u16), ((0x83, b"\x03\xe9"), 1002)] {
            let mut bytes = frames(role, &[(0x81, b"hi"), (0x82, b"ho"), last]);
            let mut run = Run::new(role, Config::default());
            let mut input = Input::new(&mut bytes);
            while let Some(event) = run.conn.receive_message(&mut input, &mut run.store, &mut run.out) {
                if let Event::Data(message) = event {
                    run.conn.send(message, &mut run.out).unwrap();
                }
            }
            let frames = sent(role, &run.out);
            assert_eq!(frames[..2], [(0x81, b"hi".to_vec()), (0x82, b"ho".to_vec())]);
            assert_eq!((frames.len(), frames[2].0, &frames[2].1[..2]), (3, 0x88, &code.to_be_bytes()[..]));
        }
    }
}

/// 6455-7.1.5-1, 6455-7.1.6-1: a second Close changes nothing. WHATWG-4-2: the reason is handed out as it came,
/// a byte order mark too.
#[test]
fn the_first_close_counts() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        let reason = "\u{feff}first";
        let first = [b"\x0f\xa1", reason.as_bytes()].concat();
        run.feed(Api::Messages, &frames(role, &[(0x88, &first), (0x88, b"\x0f\xa2second")]));
        run.feed(Api::Messages, &frame(role, 0x88, b"\x0f\xa3third"));
        run.conn.receive_eof(&[]);
        assert_eq!(run.got, [close(4001, reason)]);
        assert_eq!((run.conn.close_reason(), run.conn.outcome()), (reason, outcome(4001, true, None)));
        // WHATWG-3.1-8: nothing is left to close.
        run.conn.close(None, "", &mut run.out).unwrap();
        assert_eq!(sent(role, &run.out), [(0x88, b"\x0f\xa1".to_vec())]);
    }
}

/// What the tests of the closing table do to a connection.
#[derive(Clone, Copy, Debug)]
enum Do {
    Close,
    PeerClose,
    PeerEmptyClose,
    PeerFails,
    Fail,
    Write,
    Eof,
}

fn outcome(code: u16, was_clean: bool, violation: Option<Violation>) -> Option<Outcome> {
    Some(Outcome { code: CloseCode(code), was_clean, violation })
}

/// The closing table of docs/design.md, row by row: 6455-5.5.1-14 to 5.5.1-18, 6455-5.5.1-20, 6455-7.1.2-2 to
/// 7.1.6-1, 6455-7.1.7-1, 6455-7.1.7-9, 6455-7.1.1-3, 6455-7.1.1-5, 6455-7.1.4-2 to 7.1.4-8, 6455-7.2.1-1,
/// 6455-7.4.1-10, X-12, D-CODE.
#[test]
fn the_closing_table() {
    use Do::*;
    let bad = Some(Violation::ReservedOpcode(3));
    let local = Some(Violation::Local(CloseCode(4001)));
    // What is done, the state, the transport of a server and of a client, the outcome, whether data comes, whether
    // data can be sent.
    type Row = (&'static [Do], State, Transport, Transport, Option<Outcome>, bool, bool);
    fn closing(deeds: &'static [Do], server: Transport, client: Transport) -> Row {
        (deeds, State::Closing, server, client, None, false, false)
    }
    fn ended(deeds: &'static [Do], outcome: Option<Outcome>) -> Row {
        (deeds, State::Closed, Transport::Close, Transport::Close, outcome, false, false)
    }
    let rows: [Row; 19] = [
        (&[], State::Open, Transport::Open, Transport::Open, None, true, true),
        (&[Close], State::Closing, Transport::Open, Transport::Open, None, true, false),
        closing(&[Close, PeerClose], Transport::HalfClose, Transport::AwaitEof),
        closing(&[PeerClose], Transport::HalfClose, Transport::AwaitEof),
        closing(&[PeerFails], Transport::HalfClose, Transport::HalfClose),
        closing(&[Close, PeerFails], Transport::HalfClose, Transport::HalfClose),
        closing(&[Fail], Transport::HalfClose, Transport::HalfClose),
        ended(&[Eof], outcome(1006, false, None)),
        ended(&[Close, Write, Eof], outcome(1006, false, None)),
        ended(&[PeerClose, Write, Eof], outcome(4000, true, None)),
        ended(&[PeerEmptyClose, Write, Eof], outcome(1005, true, None)),
        ended(&[Close, PeerClose, Write, Eof], outcome(4000, true, None)),
        ended(&[PeerClose, Eof], outcome(4000, false, None)),
        ended(&[PeerEmptyClose, Eof], outcome(1005, false, None)),
        ended(&[PeerFails, Write, Eof], outcome(1006, false, bad)),
        ended(&[Close, PeerFails, Write, Eof], outcome(1006, false, bad)),
        ended(&[Fail, Write, Eof], outcome(1006, false, local)),
        // After a failure the peer's Close is not looked at.
        ended(&[PeerFails, PeerClose, Write, Eof], outcome(1006, false, bad)),
        // The first end counts.
        ended(&[PeerClose, Write, Eof, Eof, Fail], outcome(4000, true, None)),
    ];
    for role in ROLES {
        for (deeds, state, server, client, outcome, hears, speaks) in rows {
            let mut run = Run::new(role, Config::default());
            for deed in deeds {
                match deed {
                    Close => run.conn.close(Some(CloseCode(4999)), "own", &mut run.out).unwrap(),
                    PeerClose => run.feed(Api::Messages, &frame(role, 0x88, b"\x0f\xa0peer")),
                    PeerEmptyClose => run.feed(Api::Messages, &frame(role, 0x88, b"")),
                    PeerFails => run.feed(Api::Messages, &frame(role, 0x83, b"")),
                    Fail => run.conn.fail(CloseCode(4001), "no", &mut run.out).unwrap(),
                    Write => run.out.clear(),
                    Eof => run.conn.receive_eof(&run.out),
                }
            }
            let transport = if role == Role::Server { server } else { client };
            assert_eq!(run.conn.state(), state, "{role:?} {deeds:?}");
            assert_eq!(run.conn.transport(), transport, "{role:?} {deeds:?}");
            assert_eq!(run.conn.outcome(), outcome, "{role:?} {deeds:?}");
            // `state() == Closed` iff `transport() == Close`.
            assert_eq!(run.conn.state() == State::Closed, run.conn.transport() == Transport::Close);
            let closes = sent(role, &run.out).iter().filter(|(first, _)| *first == 0x88).count();
            assert!(closes <= 1);
            assert_eq!(run.conn.send("x", &mut run.out).is_ok(), speaks, "{role:?} {deeds:?}");
            let events = run.got.len();
            run.feed(Api::Messages, &frame(role, 0x81, b"data"));
            assert_eq!(run.got.len() > events, hears, "{role:?} {deeds:?}");
            let reason = if deeds.iter().any(|deed| matches!(deed, PeerClose))
                && outcome.is_none_or(|o| o.violation.is_none())
            {
                "peer"
            } else {
                ""
            };
            assert_eq!(run.conn.close_reason(), reason, "{role:?} {deeds:?}");
        }
    }
}

/// 6455-5.5.1-9, 6455-5.5.1-11: with the switch off the application may finish what it has to say, then close.
#[test]
fn auto_close_can_be_switched_off() {
    for role in ROLES {
        let mut run = Run::new(role, Config::new().auto_close(false));
        run.conn.send_fragment(sansws::Kind::Text, b"a", false, &mut run.out).unwrap();
        run.feed(Api::Messages, &frames(role, &[(0x88, b"\x03\xe8why"), (0x81, b"late")]));
        assert_eq!(run.got, [close(1000, "why")]);
        assert_eq!((run.conn.state(), run.conn.transport()), (State::Closing, Transport::Open));
        run.conn.send_fragment(sansws::Kind::Text, b"b", true, &mut run.out).unwrap();
        run.conn.close(Some(CloseCode::NORMAL), "", &mut run.out).unwrap();
        let frames: Vec<u8> = sent(role, &run.out).iter().map(|(first, _)| *first).collect();
        assert_eq!(frames, [0x01, 0x80, 0x88]);
        assert_eq!(run.conn.state(), State::Closing);
        assert_ne!(run.conn.transport(), Transport::Open);
    }
    // Never answered: the peer's code, not clean.
    let mut run = Run::new(Role::Server, Config::new().auto_close(false));
    run.feed(Api::Messages, &frame(Role::Server, 0x88, b"\x03\xe8"));
    run.conn.receive_eof(&run.out);
    assert_eq!(run.conn.outcome(), outcome(1000, false, None));
}

/// 6455-5.5.1-20, D-LATE: messages that come after the own Close are delivered until the peer's.
#[test]
fn messages_after_the_own_close_are_delivered() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        run.conn.close(Some(CloseCode::NORMAL), "", &mut run.out).unwrap();
        run.feed(Api::Messages, &frames(role, &[(0x81, b"hi"), (0x8a, b"p"), (0x88, b"\x03\xe8")]));
        assert_eq!(run.got, [text("hi"), pong(b"p"), close(1000, "")]);
        assert_eq!(sent(role, &run.out).len(), 1);
    }
}

/// 6455-7.1.4-3, 6455-7.1.4-4, hostile 5.1-16: EOF at any byte of a stream is 1006, and nothing half is delivered.
#[test]
fn eof_anywhere() {
    for role in ROLES {
        let bytes = frames(role, &[(0x01, b"ab"), (0x89, b"p"), (0x80, b"cd"), (0x82, &[1; 130])]);
        for cut in 0..bytes.len() {
            let mut run = Run::new(role, Config::default());
            run.feed(Api::Messages, &bytes[..cut]);
            let events = run.got.clone();
            run.out.clear();
            run.conn.receive_eof(&run.out);
            run.feed(Api::Messages, &bytes[cut..]);
            assert_eq!(run.got, events, "cut at {cut}");
            assert_eq!(run.conn.outcome(), outcome(1006, false, None));
        }
    }
}

/// Two Closes that cross: 6455-5.5.1-18, each end reports what it received.
#[test]
fn simultaneous_closes() {
    let mut server = Run::new(Role::Server, Config::default());
    let mut client = Run::new(CLIENT, Config::default());
    server.conn.close(Some(CloseCode(4001)), "s", &mut server.out).unwrap();
    client.conn.close(Some(CloseCode(4002)), "c", &mut client.out).unwrap();
    let (from_server, from_client) = (std::mem::take(&mut server.out), std::mem::take(&mut client.out));
    server.feed(Api::Messages, &from_client);
    client.feed(Api::Messages, &from_server);
    assert_eq!((server.got, client.got), (vec![close(4002, "c")], vec![close(4001, "s")]));
    assert!(server.out.is_empty() && client.out.is_empty());
    assert_eq!(server.conn.transport(), Transport::HalfClose);
    assert_eq!(client.conn.transport(), Transport::AwaitEof);
}

/// 6455-7.1.7-5, 6455-7.1.7-11: each violation has its code, is an error with a text, and blames the peer or not.
#[test]
fn violations_have_codes() {
    for (violation, code, peer) in [
        (Violation::ReservedBits(4), 1002, true),
        (Violation::NotMasked, 1002, true),
        (Violation::CloseBody, 1002, true),
        (Violation::InvalidUtf8, 1007, true),
        (Violation::CloseReason, 1007, true),
        (Violation::FrameTooBig { length: 11, limit: 10 }, 1009, true),
        (Violation::MessageTooBig { length: 11, limit: 10 }, 1009, true),
        (Violation::TooManyFragments { limit: 10 }, 1008, true),
        (Violation::Internal, 1011, false),
        (Violation::Local(CloseCode(4000)), 4000, false),
    ] {
        assert_eq!((violation.close_code(), violation.is_peer_fault()), (CloseCode(code), peer));
    }
    let big: Box<dyn std::error::Error> = Box::new(Violation::FrameTooBig { length: 11, limit: 10 });
    assert_eq!(big.to_string(), "frame too big: 11 bytes, the limit is 10");
}

/// 6455-5.1-4, 6455-5.1-7, 6455-7.1.7-11: whatever is wrong with a frame or a Close is a protocol error.
#[test]
fn broken_frames_are_1002() {
    for violation in [
        Violation::CloseBody,
        Violation::CloseCode(CloseCode(999)),
        Violation::FragmentedControl,
        Violation::InterleavedMessage,
        Violation::LengthNotMinimal(5),
        Violation::LengthOverflow,
        Violation::LongControl,
        Violation::Masked,
        Violation::NotMasked,
        Violation::ReservedBits(1),
        Violation::ReservedOpcode(3),
        Violation::StrayContinuation,
    ] {
        assert_eq!((violation.close_code(), violation.is_peer_fault()), (CloseCode(1002), true));
    }
}

/// 6455-7.1.7-4, 6455-7.4.1-10, X-12 with split halves: a Close that the sender hears of only after it has failed
/// or given up the connection changes nothing.
#[test]
fn late_replies_change_nothing() {
    for gave_up in [true, false] {
        let (mut receiver, mut sender) = sansws::Connection::new(Role::Server, Config::default()).split();
        let mut bytes = frame(Role::Server, 0x88, b"\x03\xe8");
        let (event, reply) = receiver.receive(&mut sansws::Input::new(&mut bytes)).unwrap();
        assert!(matches!(event, sansws::Event::Close(Some(CloseCode::NORMAL))));
        let mut out = Vec::new();
        sender.close(Some(CloseCode(4000)), "", &mut out).unwrap();
        let violation = if gave_up {
            sender.abort(&[]);
            None
        } else {
            sender.fail(CloseCode(4001), "", &mut out).unwrap();
            Some(Violation::Local(CloseCode(4001)))
        };
        let sent = out.len();
        sender.apply(reply.unwrap(), &mut out);
        sender.apply(receiver.receive_eof(), &mut out);
        assert_eq!(out.len(), sent);
        assert_eq!(sender.outcome(), outcome(1006, false, violation));
    }
}

/// With both Closes exchanged there is nothing left to fail: the clean end stays one.
#[test]
fn a_veto_after_both_closes_changes_nothing() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        run.feed(Api::Messages, &frame(role, 0x88, b"\x03\xe8"));
        let (transport, sent) = (run.conn.transport(), std::mem::take(&mut run.out));
        run.conn.fail(CloseCode(4001), "too late", &mut run.out).unwrap();
        assert!(run.out.is_empty() && !sent.is_empty());
        assert_eq!((run.conn.transport(), run.conn.violation()), (transport, None));
        run.conn.receive_eof(&run.out);
        assert_eq!(run.conn.outcome(), outcome(1000, true, None));
    }
}

/// Split halves do what a whole connection does: `Reply` values for Ping, Close, failure and EOF.
#[test]
fn split_halves_answer_alike() {
    for role in ROLES {
        // A Close, a reserved opcode, text that is none, and nothing.
        let last: [(&[u8], u16); 4] = [(b"\x88", 1000), (b"\x83", 1006), (b"\x81", 1006), (b"", 1006)];
        for ((first, code), api) in
            last.into_iter().flat_map(|one| [(one, Api::Messages), (one, Api::Chunks)])
        {
            let mut bytes = frames(role, &[(0x89, b"p"), (0x81, b"hi")]);
            if let [first] = first {
                bytes.extend(frame(role, *first, b"\x03\xe8"));
            }
            let mut whole = Run::new(role, Config::default());
            whole.feed(api, &bytes);
            whole.conn.receive_eof(&[]);

            let (mut receiver, mut sender) = sansws::Connection::new(role, Config::default()).split();
            let (mut store, mut out, mut events) = (sansws::MessageBuf::new(), Vec::new(), 0);
            let mut input = sansws::Input::new(&mut bytes);
            let mut next = || match api {
                Api::Messages => receiver.receive_message(&mut input, &mut store).map(|(_, reply)| reply),
                _ => receiver.receive(&mut input).map(|(_, reply)| reply),
            };
            while let Some(reply) = next() {
                events += 1;
                if let Some(reply) = reply {
                    sender.apply(reply, &mut out);
                }
            }
            let written = std::mem::take(&mut out);
            sender.apply(receiver.receive_eof(), &mut out);
            assert_eq!((written, events), (whole.out, whole.got.len()));
            assert_eq!(sender.outcome(), whole.conn.outcome());
            assert_eq!(sender.outcome().unwrap().code, CloseCode(code));
        }
    }
}

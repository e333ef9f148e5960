//! How connections end, and text that ends where it must not.

use sansws::handshake::{client, server};
use sansws::{CloseCode, Config, Connection, Event, Input, Outcome, SendError, Transport, Violation};

use crate::common::{
    Api, CLIENT, Got, ROLES, Run, close, expect, expect_failure, frame, frames, ping, sent, text,
};

const ANY: Config = Config::new();

/// 5.1-13: the bodies of a Close.
#[test]
pub(crate) fn c5_1_13_close_bodies() {
    expect(&[(0x88, b"")], &[Got::Close(None, String::new())], &[(0x88, b"")]);
    let fails = |body: &[u8], violation| {
        ROLES.iter().for_each(|role| expect_failure(*role, ANY, &frame(*role, 0x88, body), &[], violation));
    };
    fails(b"\x03", Violation::CloseBody);
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
        fails(&u16::to_be_bytes(code), Violation::CloseCode(CloseCode(code)));
        // Nor do they get out: 1015 and its like stand for what was not said.
        for role in ROLES {
            let mut run = Run::new(role, ANY);
            let error = SendError::CloseCode(CloseCode(code));
            assert_eq!(run.conn.close(Some(CloseCode(code)), "", &mut run.out), Err(error));
            assert!(run.out.is_empty());
        }
    }
    for code in (1000..=1003).chain(1007..=1014).chain([3000, 3999, 4000, 4999]) {
        let body = u16::to_be_bytes(code);
        expect(&[(0x88, &body)], &[close(code, "")], &[(0x88, &body)]);
    }
    let reason = "é".repeat(61) + "x";
    expect(
        &[(0x88, &[b"\x03\xe8", reason.as_bytes()].concat())],
        &[close(1000, &reason)],
        &[(0x88, b"\x03\xe8")],
    );
    for bad in [&b"\xff"[..], b"\xc3", b"a\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"] {
        fails(&[b"\x03\xe8", bad].concat(), Violation::CloseReason);
    }
    fails(&[b"\x03\xe8", &[b'x'; 124][..]].concat(), Violation::LongControl);
}

/// 5.1-14: after a Close was received nothing is looked at, after an own one only for the peer's.
#[test]
pub(crate) fn c5_1_14_after_a_close() {
    let after: [(u8, &[u8]); 6] =
        [(0x88, b"\x03\xe8"), (0x81, b"late"), (0x89, b"p"), (0x88, b"\x0f\xa0"), (0x83, b""), (0x80, b"")];
    expect(&after, &[close(1000, "")], &[(0x88, b"\x03\xe8")]);
    for role in ROLES {
        let mut run = Run::new(role, ANY);
        run.conn.close(Some(CloseCode::GOING_AWAY), "", &mut run.out).expect("open");
        run.feed(
            Api::Messages,
            &frames(role, &[(0x89, b"p"), (0x81, b"m"), (0x88, b"\x0f\xa0"), (0x89, b"q")]),
        );
        assert_eq!(run.got, [ping(b"p"), text("m"), close(4000, "")]);
        assert_eq!(sent(role, &run.out), [(0x88, b"\x03\xe9".to_vec())]);
    }
}

/// 5.1-15: two Closes that cross are two, not three.
#[test]
pub(crate) fn c5_1_15_closes_that_cross() {
    for role in ROLES {
        let mut run = Run::new(role, ANY);
        run.conn.close(Some(CloseCode(4001)), "mine", &mut run.out).expect("open");
        run.feed(Api::Messages, &frame(role, 0x88, b"\x0f\xa0theirs"));
        assert_eq!(sent(role, &run.out), [(0x88, b"\x0f\xa1mine".to_vec())]);
        run.conn.close(None, "", &mut run.out).expect("does nothing");
        assert_eq!(sent(role, &run.out).len(), 1);
        assert_ne!(run.conn.transport(), Transport::Open);
    }
}

/// 5.1-16: the transport ends in each state there is.
#[test]
pub(crate) fn c5_1_16_eof_everywhere() {
    const OWN: Option<u16> = Some(1001);
    // What was received, whether this side closed first, and the code and cleanness that come of it.
    type Row = (&'static [(u8, &'static [u8])], usize, Option<u16>, u16, bool);
    let rows: [Row; 11] = [
        (&[], 0, None, 1006, false),
        (&[(0x81, b"text")], 5, None, 1006, false),
        (&[(0x81, b"text")], 3, None, 1006, false),
        (&[(0x01, b"text")], 0, None, 1006, false),
        (&[(0x01, b"text"), (0x80, b"more")], 2, None, 1006, false),
        (&[(0x89, b"ping")], 1, None, 1006, false),
        (&[(0x88, b"\x0f\xa0")], 1, None, 1006, false),
        (&[(0x88, b"\x0f\xa0")], 0, None, 4000, true),
        (&[(0x88, b"")], 0, None, 1005, true),
        (&[(0x81, b"text")], 3, OWN, 1006, false),
        (&[(0x88, b"\x0f\xa0")], 0, OWN, 4000, true),
    ];
    for role in ROLES {
        for (script, missing, own, code, was_clean) in rows {
            let mut run = Run::new(role, ANY);
            if let Some(own) = own {
                run.conn.close(Some(CloseCode(own)), "", &mut run.out).expect("open");
            }
            let bytes = frames(role, script);
            run.feed(Api::Messages, &bytes[..bytes.len() - missing]);
            assert!(!run.got.iter().any(|got| matches!(got, Got::Text(_))), "half a message: {script:x?}");
            run.out.clear();
            let events = run.got.len();
            run.conn.receive_eof(&run.out);
            let outcome = Outcome { code: CloseCode(code), was_clean, violation: None };
            assert_eq!((run.conn.outcome(), run.conn.transport()), (Some(outcome), Transport::Close));
            run.feed(Api::Messages, &frames(role, &[(0x81, b"late"), (0x88, b"")]));
            assert_eq!((run.got.len(), run.out.len()), (events, 0));
        }
    }
    // In a handshake there is nothing to tell: no request, no response, no answer.
    let head = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r";
    let mut out = Vec::new();
    assert!(server::Handshake::new().receive(&mut Input::new(&mut head.to_vec()), &mut out).is_none());
    assert!(out.is_empty());
    let request = client::Request::new("ws://h/".parse().expect("a URI"));
    let mut handshake = client::Handshake::start(&request, [1; 16], &mut out).expect("nothing wrong");
    let head = b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r";
    assert!(handshake.receive(&mut Input::new(&mut head.to_vec())).is_none());
}

/// 5.1-17: code points cut anywhere, by frames and by reads, and bytes that are none.
#[test]
pub(crate) fn c5_1_17_text_cut_anywhere() {
    for point in ["a", "é", "€", "\u{d7ff}", "\u{e000}", "\u{fffd}", "🦀", "\u{10ffff}"] {
        let whole = format!("<{point}>");
        for cut in 0..=whole.len() {
            let (left, right) = whole.as_bytes().split_at(cut);
            expect(&[(0x01, left), (0x00, b""), (0x80, right)], &[text(&whole)], &[]);
        }
    }
    let mut bad: Vec<Vec<u8>> = [
        &b"\xc0\x80"[..],
        b"\xc1\xbf",
        b"\xe0\x80\x80",
        b"\xe0\x9f\xbf",
        b"\xed\xa0\x80",
        b"\xed\xbf\xbf",
        b"\xf0\x8f\xbf\xbf",
        b"\xf4\x90\x80\x80",
        b"\x80",
        b"\xbf",
        b"\xc3a",
        b"\xe2\x82a",
    ]
    .map(Vec::from)
    .to_vec();
    bad.extend((0xf5..=0xff).map(|byte| vec![byte]));
    for role in ROLES {
        for bad in &bad {
            let payload = [b"ok ", &bad[..]].concat();
            expect_failure(role, ANY, &frame(role, 0x81, &payload), &[], Violation::InvalidUtf8);
            let parts = frames(role, &[(0x01, &payload[..4]), (0x80, &payload[4..])]);
            expect_failure(role, ANY, &parts, &[], Violation::InvalidUtf8);
        }
        // Cut off by the end of the message.
        for cut in [&b"\xc3"[..], b"\xe2\x82", b"\xf0\x9f\xa6"] {
            expect_failure(role, ANY, &frame(role, 0x81, cut), &[], Violation::InvalidUtf8);
            let parts = frames(role, &[(0x01, cut), (0x80, b"")]);
            expect_failure(role, ANY, &parts, &[], Violation::InvalidUtf8);
        }
        // With the first bad byte, though 65 534 more were promised.
        let mut promised = frame(role, 0x81, &[0xff; 65535]);
        promised.truncate(promised.len() - 65534);
        expect_failure(role, ANY, &promised, &[], Violation::InvalidUtf8);
    }
}

/// 5.1-18: in chunks the valid beginning of a text is handed out before the rest proves bad; as a message nothing
/// is.
#[test]
pub(crate) fn c5_1_18_text_that_turns_bad() {
    for role in ROLES {
        let bytes = frames(role, &[(0x01, b"good"), (0x80, b"bad\xff")]);
        expect_failure(role, ANY, &bytes, &[], Violation::InvalidUtf8);
        let (mut conn, mut bytes, mut out) = (Connection::new(role, ANY), bytes, Vec::new());
        let mut input = Input::new(&mut bytes);
        let Some(Event::Data(chunk)) = conn.receive(&mut input, &mut out) else { panic!("no chunk") };
        assert_eq!((chunk.as_str(), chunk.is_last()), (Some("good"), false));
        assert!(matches!(conn.receive(&mut input, &mut out), Some(Event::Failed(Violation::InvalidUtf8))));
        assert!(conn.receive(&mut input, &mut out).is_none());
    }
}

/// V71: a peer that never answers a Close, but sends and sends: its data is delivered until the deadline, which the
/// caller keeps (see `time`), and from then on nothing is.
#[test]
pub(crate) fn v71_cve_2024_23672_close_never_answered() {
    for role in ROLES {
        let mut run = Run::new(role, ANY);
        run.conn.close(Some(CloseCode::NORMAL), "", &mut run.out).expect("open");
        let length = run.out.len();
        for _ in 0..1000 {
            run.feed(Api::Messages, &frames(role, &[(0x81, b"on and on"), (0x89, b"p")]));
        }
        assert_eq!((run.got.len(), run.out.len()), (2000, length), "no answers to a peer that was told");
        run.conn.sender().abort(&[]);
        run.feed(Api::Messages, &frame(role, 0x81, b"late"));
        assert_eq!(run.got.len(), 2000);
        let outcome = Outcome { code: CloseCode::ABNORMAL, was_clean: false, violation: None };
        assert_eq!(run.conn.outcome(), Some(outcome));
    }
}

/// 5.1-25: an event lends from the input or the store, never from the connection, which can be used beside it.
#[test]
pub(crate) fn c5_1_25_events_do_not_hold_the_connection() {
    let mut bytes = frames(CLIENT, &[(0x81, b"one"), (0x81, b"two")]);
    let place = bytes.as_ptr_range();
    let (mut conn, mut store, mut out) =
        (Connection::new(CLIENT, ANY), sansws::MessageBuf::new(), Vec::new());
    let mut input = Input::new(&mut bytes);
    let Some(Event::Data(message)) = conn.receive_message(&mut input, &mut store, &mut out) else {
        panic!("no message")
    };
    conn.send(message, &mut out).expect("open");
    conn.close(None, "", &mut out).expect("open");
    assert!(place.contains(&message.as_bytes().as_ptr()), "lent, not copied");
    assert_eq!(sent(CLIENT, &out), [(0x81, b"one".to_vec()), (0x88, b"".to_vec())]);
}

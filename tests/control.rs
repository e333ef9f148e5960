//! Pings and Pongs (RFC 6455 5.5.2, 5.5.3) and the limit on unwritten replies.

mod common;

use common::*;
use sansws::{CloseCode, Config, Role, SendError};

/// 6455-5.5.2-1, 6455-5.5.2-2, 6455-5.5.2-4, 6455-5.5.3-1, 6455-5.7-4, 6455-5.4-6: the very payload, at once.
#[test]
fn pings_are_answered() {
    for payload in [&b""[..], b"Hello", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", &[0xfe; 125]] {
        expect(&[(0x89, payload)], &[ping(payload)], &[(0x8a, payload)]);
    }
}

/// 6455-5.4-5, 6455-5.5.2-2: the Pong does not wait for the end of the message.
#[test]
fn pings_inside_a_message_are_answered_at_once() {
    for role in ROLES {
        for api in [Api::Messages, Api::Chunks] {
            let mut run = Run::new(role, Config::default());
            run.feed(api, &frames(role, &[(0x01, b"a"), (0x89, b"p")]));
            assert_eq!(run.got, [ping(b"p")]);
            assert_eq!(sent(role, &run.out), [(0x8a, b"p".to_vec())]);
        }
    }
}

/// 6455-5.5.3-2: ten Pings, ten Pongs, in order.
#[test]
fn all_pings_are_answered_in_order() {
    let payloads: Vec<[u8; 1]> = (0..10).map(|n| [n]).collect();
    let pings: Vec<(u8, &[u8])> = payloads.iter().map(|payload| (0x89, &payload[..])).collect();
    let pongs: Vec<(u8, &[u8])> = payloads.iter().map(|payload| (0x8a, &payload[..])).collect();
    let events: Vec<Got> = payloads.iter().map(|payload| ping(payload)).collect();
    expect(&pings, &events, &pongs);
}

/// 6455-5.5.3-4: a Pong that nobody asked for is no error and gets no answer.
#[test]
fn pongs_are_not_answered() {
    expect(&[(0x8a, b""), (0x8a, b"x"), (0x89, b"y")], &[pong(b""), pong(b"x"), ping(b"y")], &[(0x8a, b"y")]);
}

/// 6455-5.5.2-5: after a Close was received no Pong is sent.
#[test]
fn no_pong_after_a_close() {
    expect(&[(0x88, b"\x03\xe8"), (0x89, b"")], &[close(1000, "")], &[(0x88, b"\x03\xe8")]);
}

/// 6455-5.5.2-6, D-PONG: nor after the own Close, though the Ping is seen.
#[test]
fn no_pong_after_the_own_close() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        run.conn.close(Some(CloseCode::NORMAL), "", &mut run.out).unwrap();
        run.feed(Api::Messages, &frame(role, 0x89, b"late"));
        assert_eq!(run.got, [ping(b"late")]);
        assert_eq!(sent(role, &run.out).len(), 1);
    }
}

/// What came of an unfinished control frame is still masked, and not shown.
#[test]
fn unfinished_payloads_are_not_shown() {
    for role in ROLES {
        let mut run = Run::new(role, Config::new().auto_pong(false));
        let bytes = frame(role, 0x89, b"payload");
        let (start, end) = bytes.split_at(bytes.len() - 3);
        run.feed(Api::Messages, start);
        assert_eq!(run.conn.control_payload(), b"");
        run.feed(Api::Messages, end);
        assert_eq!(run.conn.control_payload(), b"payload");
    }
}

/// 6455-5.5.2-3, 6455-5.5.3-3, 6455-5.5-2: Pings and Pongs of the application, up to 125 bytes.
#[test]
fn own_pings_and_pongs() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        run.conn.ping(&[1; 125], &mut run.out).unwrap();
        run.conn.pong(b"x", &mut run.out).unwrap();
        let before = run.out.len();
        let error = Err(SendError::ControlTooLong { length: 126 });
        assert_eq!(run.conn.ping(&[1; 126], &mut run.out), error);
        assert_eq!(run.conn.pong(&[1; 126], &mut run.out), error);
        assert_eq!(run.out.len(), before);
        assert_eq!(sent(role, &run.out), [(0x89, vec![1; 125]), (0x8a, b"x".to_vec())]);
    }
}

/// With the switch off a Pong is sent when the application says so.
#[test]
fn auto_pong_can_be_switched_off() {
    for role in ROLES {
        let mut run = Run::new(role, Config::new().auto_pong(false));
        run.feed(Api::Messages, &frame(role, 0x89, b"x"));
        assert_eq!(run.got, [ping(b"x")]);
        assert!(run.out.is_empty());
        run.conn.answer_ping(&mut run.out);
        assert_eq!(sent(role, &run.out), [(0x8a, b"x".to_vec())]);
    }
}

/// 6455-10.4-4, V2, V55: a flood of Pings against output that is never written stays bounded; the newest Pong
/// wins and goes out when there is room.
#[test]
fn unwritten_pongs_are_bounded() {
    for role in ROLES {
        let mut run = Run::new(role, Config::new().reply_backlog(1000));
        for n in 0..100_000_u32 {
            run.feed(Api::Messages, &frame(role, 0x89, &n.to_be_bytes().repeat(31)));
            run.got.clear();
        }
        assert!(run.out.len() <= 1000 + 131, "{} bytes", run.out.len());
        // Nothing happens before there is room.
        let full = run.out.clone();
        run.conn.resume(&mut run.out);
        assert_eq!(run.out, full);
        run.out.clear();
        run.conn.resume(&mut run.out);
        assert_eq!(sent(role, &run.out), [(0x8a, 99_999_u32.to_be_bytes().repeat(31))]);
        run.conn.resume(&mut run.out);
        assert_eq!(sent(role, &run.out).len(), 1);
    }
}

/// The limit is inclusive: with all written a Ping is answered, whatever the limit.
#[test]
fn the_backlog_is_inclusive() {
    for role in ROLES {
        let mut run = Run::new(role, Config::new().reply_backlog(0));
        run.feed(Api::Messages, &frame(role, 0x89, b"p"));
        assert_eq!(sent(role, &run.out), [(0x8a, b"p".to_vec())]);
        let backlog = run.out.len();
        let mut run = Run::new(role, Config::new().reply_backlog(backlog));
        run.feed(Api::Messages, &frames(role, &[(0x89, b"p"), (0x89, b"q"), (0x89, b"r")]));
        assert_eq!(sent(role, &run.out), [(0x8a, b"p".to_vec()), (0x8a, b"q".to_vec())]);
    }
}

/// A Pong that was held back goes before what is sent next.
#[test]
fn a_held_pong_goes_first() {
    for role in ROLES {
        let mut run = Run::new(role, Config::new().reply_backlog(1));
        run.conn.send("x", &mut run.out).unwrap();
        run.feed(Api::Messages, &frame(role, 0x89, b"p"));
        assert_eq!(sent(role, &run.out).len(), 1);
        run.out.clear();
        run.conn.send("y", &mut run.out).unwrap();
        assert_eq!(sent(role, &run.out), [(0x8a, b"p".to_vec()), (0x81, b"y".to_vec())]);
    }
}

/// A Close is appended over the limit, and drops the Pong (X-4).
#[test]
fn a_close_goes_over_the_limit() {
    for role in ROLES {
        for bytes in [frame(role, 0x88, b"\x03\xe8"), frame(role, 0x83, b"")] {
            let mut run = Run::new(role, Config::new().reply_backlog(0));
            run.conn.send("x", &mut run.out).unwrap();
            run.feed(Api::Messages, &frame(role, 0x89, b"p"));
            assert_eq!(sent(role, &run.out).len(), 1);
            run.feed(Api::Messages, &bytes);
            run.out.drain(..if role == Role::Server { 3 } else { 7 });
            run.conn.resume(&mut run.out);
            let firsts: Vec<u8> = sent(role, &run.out).iter().map(|(first, _)| *first).collect();
            assert_eq!(firsts, [0x88]);
        }
    }
}

/// D-PONG: no Pong after the peer's Close, not even one that was held back before it.
#[test]
fn the_peers_close_drops_a_held_pong() {
    for role in ROLES {
        let mut run = Run::new(role, Config::new().reply_backlog(0).auto_close(false));
        run.conn.send("x", &mut run.out).unwrap();
        run.feed(Api::Messages, &frames(role, &[(0x89, b"p"), (0x88, b"\x03\xe8")]));
        run.out.clear();
        run.conn.resume(&mut run.out);
        run.conn.send("y", &mut run.out).unwrap();
        assert_eq!(sent(role, &run.out), [(0x81, b"y".to_vec())]);
    }
}

/// 6455-5.5.3-5: automatic Pongs land between the fragments of an own message, never inside a frame.
#[test]
fn pongs_land_between_own_fragments() {
    let mut run = Run::new(Role::Server, Config::default());
    run.conn.send_fragment(sansws::Kind::Text, b"a", false, &mut run.out).unwrap();
    run.feed(Api::Messages, &frame(Role::Server, 0x89, b"p"));
    run.conn.send_fragment(sansws::Kind::Text, b"b", true, &mut run.out).unwrap();
    assert_eq!(run.out, b"\x01\x01a\x8a\x01p\x80\x01b");
}

//! Peers that are slow on purpose: deadlines over a clock that the caller has, here a `Duration`.

use core::time::Duration;

use sansws::handshake::{HandshakeError, Limits, server};
use sansws::timer::{Expired, Timeouts, Timers};
use sansws::{CloseCode, Config, Connection, Input, Role, State, Transport, Violation};

use crate::common::{ROLES, frame, frames, sent};
use crate::counting::{Flood, measure};
use crate::handshake_common::Head;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Slow-loris: a head that grows by a byte a second. The deadline does not move, and is answered with 408.
#[test]
pub(crate) fn slow_loris_handshake() {
    let timeouts = Timeouts::new();
    let deadline = timeouts.handshake_deadline(secs(100)).expect("on unless switched off");
    assert_eq!(deadline, secs(110));
    let (mut handshake, mut out, mut now) = (server::Handshake::new(), Vec::new(), secs(100));
    let head = b"GET /slow HTTP/1.1\r\nHost: h\r\nX-Slow: ".iter().copied().chain(std::iter::repeat(b'a'));
    for byte in head {
        if now >= deadline {
            break;
        }
        assert!(handshake.receive(&mut Input::new(&mut [byte]), &mut out).is_none());
        assert!(out.is_empty());
        now += secs(1);
    }
    server::Response::new(408).write(&mut out).expect("nothing wrong");
    Head::parse(&out).assert_refusal(408);
}

/// V71: own Close, no answer, but bytes all the time: the time for closing runs from the first poll, and ends it.
#[test]
pub(crate) fn v71_close_deadline_is_not_put_off() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        let mut timers = Timers::new(Timeouts::new(), secs(0));
        flood.conn.close(Some(CloseCode::NORMAL), "", &mut flood.out).expect("open");
        for second in 1..=11 {
            assert_eq!(flood.conn.transport(), Transport::Open);
            flood.feed(&frames(role, &[(0x81, b"still here"), (0x89, b"p")]), usize::MAX);
            timers.received(secs(second));
            let expired = timers.poll(secs(second), flood.conn.sender(), &mut flood.out);
            assert_eq!(expired, (second == 11).then_some(Expired::Close), "{second}");
        }
        assert_eq!((flood.conn.state(), timers.deadline()), (State::Closed, None));
        assert_eq!(sent(role, &flood.out).len(), 1);
    }
}

/// The same for a peer that was failed, and swallows the Close.
#[test]
pub(crate) fn v71_failed_peers_have_a_deadline() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        let mut timers = Timers::new(Timeouts::new(), secs(0));
        flood.feed(&frame(role, 0x83, b""), usize::MAX);
        for second in 1..=11 {
            flood.feed(&[0; 100], usize::MAX);
            timers.received(secs(second));
            let expired = timers.poll(secs(second), flood.conn.sender(), &mut flood.out);
            assert_eq!(expired, (second == 11).then_some(Expired::Close), "{second}");
        }
        assert_eq!(flood.conn.transport(), Transport::Close);
    }
}

/// 5.1-21: a message of a byte a minute: any byte shows life, so the core lets it go on, at the price of the bytes
/// received. A caller who has set a deadline for messages ends it with one call, and nothing of it is delivered.
#[test]
pub(crate) fn c5_1_21_slow_loris_message() {
    for role in ROLES {
        let mut flood = Flood::new(role, Config::default());
        let mut timers = Timers::new(Timeouts::new().ping_interval(None).idle(Some(secs(61))), secs(0));
        let bytes = frame(role, 0x82, &[7; 1000]);
        let ((), cost) = measure(|| {
            for (minute, byte) in bytes[..100].iter().enumerate() {
                let now = secs(60 * minute as u64);
                flood.feed(&[*byte], 1);
                timers.received(now);
                assert_eq!(timers.poll(now, flood.conn.sender(), &mut flood.out), None);
                assert_eq!(timers.deadline(), Some(now + secs(61)));
            }
        });
        assert_eq!((flood.events, flood.out.len()), (0, 0));
        assert!(cost.most <= 200, "{cost:?}");
        flood.conn.fail(CloseCode::POLICY_VIOLATION, "too slow", &mut flood.out).expect("open");
        flood.feed(&bytes[100..], usize::MAX);
        assert_eq!((flood.events, flood.conn.transport()), (0, Transport::HalfClose));
        assert_eq!(flood.conn.violation(), Some(Violation::Local(CloseCode::POLICY_VIOLATION)));
        assert_eq!(sent(role, &flood.out), [(0x88, b"\x03\xf0too slow".to_vec())]);
        // A silent one is found without that.
        let mut silent = Connection::new(role, Config::default());
        let now = secs(60 * 99 + 61);
        assert_eq!(timers.poll(now, silent.sender(), &mut Vec::new()), Some(Expired::Idle));
    }
}

/// 5.4: the deadlines there are, each of them the caller's to set and to switch off.
#[test]
pub(crate) fn c5_4_deadlines() {
    let off = Timeouts::new().handshake(None).ping_interval(None).pong(None).close(None).idle(None);
    assert_eq!(off.handshake_deadline(secs(0)), None);
    assert_eq!(Timers::new(off, secs(0)).deadline(), None);
    let second = Some(secs(1));
    assert_eq!(off.handshake(second).handshake_deadline(secs(7)), Some(secs(8)));
    for timeouts in [off.ping_interval(second), off.idle(second)] {
        assert_eq!(Timers::new(timeouts, secs(7)).deadline(), Some(secs(8)));
    }
    // A peer that does not answer a Ping, and one that does not answer a Close.
    for (timeouts, closes, expired) in [
        (off.ping_interval(second).pong(second), false, Expired::Pong),
        (off.close(second), true, Expired::Close),
    ] {
        let (mut conn, mut out) = (Connection::new(Role::Server, Config::default()), Vec::new());
        let mut timers = Timers::new(timeouts, secs(7));
        if closes {
            conn.close(None, "", &mut out).expect("open");
        }
        assert_eq!(timers.poll(secs(8), conn.sender(), &mut out), None);
        assert_eq!(timers.deadline(), Some(secs(9)));
        assert_eq!(timers.poll(secs(9), conn.sender(), &mut out), Some(expired));
        assert_eq!(conn.transport(), Transport::Close);
    }
}

/// V49, 5.4: the limits hold from the first byte: before anybody was asked, and in the first frame.
#[test]
pub(crate) fn v49_cve_2026_27571_limits_from_the_first_byte() {
    let limits = Limits::new().max_head(100);
    let mut handshake = server::Handshake::with_limits(limits);
    let mut bytes = vec![b'a'; 1 << 16];
    let mut out = Vec::with_capacity(512);
    let (verdict, cost) = measure(|| handshake.receive(&mut Input::new(&mut bytes), &mut out));
    assert_eq!(
        verdict.map(|verdict| verdict.err()),
        Some(Some(HandshakeError::TargetTooLong { limit: 100 }))
    );
    assert!(cost.most < 4096, "{cost:?}");

    let config = Config::new().max_frame(10).max_message(20).max_fragments(3).reply_backlog(5);
    for role in ROLES {
        let limit = |script: &[(u8, &[u8])]| {
            let mut flood = Flood::new(role, config);
            flood.feed(&frames(role, script), usize::MAX);
            flood.failed
        };
        assert_eq!(limit(&[(0x82, &[0; 10])]), None);
        assert_eq!(limit(&[(0x82, &[0; 11])]), Some(Violation::FrameTooBig { length: 11, limit: 10 }));
        let sum: [(u8, &[u8]); 3] = [(0x02, &[0; 10]), (0x00, &[0; 10]), (0x80, b"x")];
        assert_eq!(limit(&sum), Some(Violation::MessageTooBig { length: 21, limit: 20 }));
        let four: [(u8, &[u8]); 4] = [(0x02, b""), (0x00, b""), (0x00, b""), (0x80, b"")];
        assert_eq!(limit(&four), Some(Violation::TooManyFragments { limit: 3 }));
        let mut flood = Flood::new(role, config);
        flood.feed(&frame(role, 0x89, b"12345").repeat(10), usize::MAX);
        // One that fits, and one pending.
        assert_eq!(sent(role, &flood.out).len(), 1);
        flood.out.clear();
        flood.conn.resume(&mut flood.out);
        assert_eq!(sent(role, &flood.out).len(), 1);
    }
}

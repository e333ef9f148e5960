//! Deadlines and reconnecting under a virtual clock, which is a `Duration` since its beginning.

use core::time::Duration;

use proptest::prelude::*;
use sansws::timer::{Backoff, Expired, Timeouts, Timers};
use sansws::{CloseCode, Config, Connection, Event, Input, Role, State, Transport, Violation};

const PING: &[u8] = b"\x89\x00";
const IDLE_CLOSE: &[u8] = b"\x88\x06\x03\xe9idle";

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// No timer at all.
const OFF: Timeouts = Timeouts::new().handshake(None).ping_interval(None).pong(None).close(None);

/// A server with its timers, begun at second 100.
struct Peer {
    conn: Connection,
    timers: Timers<Duration>,
    out: Vec<u8>,
}

impl Peer {
    fn new(timeouts: Timeouts) -> Self {
        let conn = Connection::new(Role::Server, Config::default());
        Self { conn, timers: Timers::new(timeouts, secs(100)), out: Vec::new() }
    }

    /// Polls at a second; what expired, and what was written.
    fn poll(&mut self, second: u64) -> (Option<Expired>, Vec<u8>) {
        let expired = self.timers.poll(secs(second), self.conn.sender(), &mut self.out);
        (expired, core::mem::take(&mut self.out))
    }

    fn deadline(&self) -> Option<u64> {
        self.timers.deadline().map(|deadline| deadline.as_secs())
    }

    /// Receives bytes at a second.
    fn receive(&mut self, second: u64, bytes: &[u8]) {
        self.timers.received(secs(second));
        let mut bytes = bytes.to_vec();
        let mut input = Input::new(&mut bytes);
        while self.conn.receive(&mut input, &mut self.out).is_some() {}
    }
}

fn quiet() -> (Option<Expired>, Vec<u8>) {
    (None, vec![])
}

#[test]
fn defaults() {
    let timeouts = Timeouts::new();
    assert_eq!(timeouts, Timeouts::default());
    assert_eq!(timeouts.handshake_deadline(secs(3)), Some(secs(13)));
    assert_eq!(timeouts.handshake(None).handshake_deadline(secs(3)), None);
    assert_eq!(Peer::new(timeouts).deadline(), Some(120));
    assert_eq!(Peer::new(OFF).deadline(), None);
    // Any clock will do.
    let now = std::time::Instant::now();
    assert_eq!(Timers::new(timeouts, now).deadline(), Some(now + secs(20)));
}

/// A Ping after each interval of silence, not before and not twice; any byte begins the interval anew.
#[test]
fn pings() {
    let mut peer = Peer::new(OFF.ping_interval(Some(secs(20))).pong(Some(secs(5))));
    assert_eq!((peer.poll(100), peer.poll(119)), (quiet(), quiet()));
    assert_eq!(peer.poll(120), (None, PING.to_vec()));
    assert_eq!(peer.deadline(), Some(125));
    assert_eq!((peer.poll(120), peer.poll(124)), (quiet(), quiet()));

    // The answer.
    peer.receive(124, b"\x8a\x80\0\0\0\0");
    assert_eq!(peer.deadline(), Some(144));
    // A byte of a large message shows as much life as a Pong.
    peer.receive(143, b"\x82");
    assert_eq!(peer.deadline(), Some(163));
    assert_eq!(peer.poll(162), quiet());
    // Late: the time of the answer is counted from the Ping.
    assert_eq!(peer.poll(170), (None, PING.to_vec()));
    assert_eq!(peer.deadline(), Some(175));
    assert_eq!(peer.conn.state(), State::Open);
}

/// Silence after a Ping: the connection is given up, once, and nothing is written to a dead peer.
#[test]
fn no_pong() {
    let mut peer = Peer::new(OFF.ping_interval(Some(secs(20))).pong(Some(secs(5))));
    assert_eq!(peer.poll(120), (None, PING.to_vec()));
    assert_eq!(peer.poll(125), (Some(Expired::Pong), vec![]));
    assert_eq!((peer.conn.state(), peer.conn.transport()), (State::Closed, Transport::Close));
    let outcome = peer.conn.outcome().expect("ended");
    assert_eq!((outcome.code, outcome.was_clean), (CloseCode::ABNORMAL, false));
    assert_eq!((peer.deadline(), peer.poll(1000)), (None, quiet()));

    // Nobody waits for the Pong: one Ping until there is an answer.
    let mut peer = Peer::new(OFF.ping_interval(Some(secs(20))));
    assert_eq!(peer.poll(120), (None, PING.to_vec()));
    assert_eq!((peer.deadline(), peer.poll(1000)), (None, quiet()));
    peer.receive(1001, b"\x8a\x80\0\0\0\0");
    assert_eq!(peer.poll(1021), (None, PING.to_vec()));
}

/// A client masks its Pings.
/// No time is so long that adding it to now could overflow.
#[test]
fn times_are_bounded() {
    let ever = Some(Duration::MAX);
    let timeouts = Timeouts::new().handshake(ever).ping_interval(ever).pong(ever).close(ever).idle(ever);
    let now = std::time::Instant::now();
    assert!(timeouts.handshake_deadline(now).is_some_and(|deadline| deadline > now + secs(300_000_000)));
    let mut peer = Peer::new(timeouts);
    assert_eq!(peer.poll(1_000_000), quiet());
    assert!(peer.deadline().is_some());
}

/// A Ping behind a large message that the peer takes slowly: the Pong is awaited from when the Ping was written.
/// A write alone shows no life: a server that pushes all the time finds a dead peer, too.
#[test]
fn slow_readers_have_time_for_their_pong() {
    let mut peer = Peer::new(OFF.ping_interval(Some(secs(10))).pong(Some(secs(5))));
    peer.timers.written(secs(109), b"rest");
    assert_eq!(peer.poll(110), (None, PING.to_vec()));
    for second in [114, 118, 122] {
        peer.timers.written(secs(second), if second < 122 { b"rest" } else { b"" });
        assert_eq!(peer.poll(second + 3), quiet());
        assert_eq!(peer.deadline(), Some(second + 5));
    }
    // With the Ping gone, writing more proves nothing.
    peer.timers.written(secs(126), b"");
    assert_eq!(peer.poll(127), (Some(Expired::Pong), vec![]));
}

#[test]
fn client_pings() {
    let mut conn = Connection::new(Role::Client([7; 32]), Config::default());
    let mut timers = Timers::new(Timeouts::new(), secs(0));
    let mut out = Vec::new();
    assert_eq!(timers.poll(secs(20), conn.sender(), &mut out), None);
    assert_eq!((out.len(), &out[..2]), (6, &b"\x89\x80"[..]));
}

/// An idle connection is closed with 1001, then the time for closing runs.
#[test]
fn idle() {
    let mut peer = Peer::new(OFF.idle(Some(secs(30))).close(Some(secs(10))));
    assert_eq!(peer.deadline(), Some(130));
    peer.receive(110, b"\x89\x80\0\0\0\0");
    assert_eq!((peer.deadline(), peer.poll(139)), (Some(140), (None, b"\x8a\x00".to_vec())));
    assert_eq!(peer.poll(140), (Some(Expired::Idle), IDLE_CLOSE.to_vec()));
    assert_eq!((peer.conn.state(), peer.deadline()), (State::Closing, Some(150)));
    assert_eq!(peer.poll(149), quiet());
    assert_eq!(peer.poll(150), (Some(Expired::Close), vec![]));
    assert_eq!((peer.conn.transport(), peer.deadline(), peer.poll(151)), (Transport::Close, None, quiet()));

    // Below the ping interval it comes first, above it the Ping does.
    let mut peer = Peer::new(Timeouts::new().idle(Some(secs(15))));
    assert_eq!(peer.poll(115), (Some(Expired::Idle), IDLE_CLOSE.to_vec()));
    let mut peer = Peer::new(Timeouts::new().idle(Some(secs(25))));
    assert_eq!(peer.poll(120), (None, PING.to_vec()));
    assert_eq!(peer.deadline(), Some(125));
    assert_eq!(peer.poll(125), (Some(Expired::Idle), IDLE_CLOSE.to_vec()));
}

/// 6455-7.1.4-7, 6455-7.1.1-4, 6455-5.5.1-17: a peer that does not answer a Close, or does not end the
/// transport after one: the connection is given up at the deadline, counted from the first poll that sees it
/// closing.
#[test]
fn closing_takes_too_long() {
    type Begin = fn(&mut Peer);
    let own: Begin = |peer| peer.conn.close(Some(CloseCode::NORMAL), "", &mut peer.out).expect("open");
    let peers: Begin = |peer| peer.receive(103, b"\x88\x82\0\0\0\0\x03\xe8");
    let bad: Begin = |peer| peer.receive(103, b"\x88\x00");
    let veto: Begin = |peer| peer.conn.fail(CloseCode::POLICY_VIOLATION, "", &mut peer.out).expect("open");
    for (begin, code, violation) in [
        (own, CloseCode::ABNORMAL, None),
        (peers, CloseCode::NORMAL, None),
        (bad, CloseCode::ABNORMAL, Some(Violation::NotMasked)),
        (veto, CloseCode::ABNORMAL, Some(Violation::Local(CloseCode::POLICY_VIOLATION))),
    ] {
        let mut peer = Peer::new(Timeouts::new().idle(Some(secs(15))));
        begin(&mut peer);
        let (expired, written) = peer.poll(105);
        assert_eq!((expired, written[0]), (None, 0x88));
        assert_eq!(peer.deadline(), Some(115));
        // Neither Pings nor the idle time count any more, nor do bytes put it off.
        peer.receive(114, b"");
        assert_eq!((peer.deadline(), peer.poll(114)), (Some(115), quiet()));
        assert_eq!(peer.poll(115), (Some(Expired::Close), vec![]));
        assert_eq!((peer.conn.state(), peer.conn.transport()), (State::Closed, Transport::Close));
        let outcome = peer.conn.outcome().expect("ended");
        assert_eq!((outcome.code, outcome.violation), (code, violation));
        assert_eq!((peer.deadline(), peer.poll(1000)), (None, quiet()));
    }
}

/// Given up with the Close still unwritten is not clean; with everything written and both Closes exchanged
/// it is.
#[test]
fn giving_up_with_output_left() {
    for written in [false, true] {
        let mut peer = Peer::new(Timeouts::new());
        peer.receive(101, b"\x88\x82\0\0\0\0\x03\xe8");
        if written {
            peer.out.clear();
        }
        assert_eq!(peer.timers.poll(secs(101), peer.conn.sender(), &mut peer.out), None);
        assert_eq!(peer.timers.poll(secs(111), peer.conn.sender(), &mut peer.out), Some(Expired::Close));
        assert_eq!(peer.conn.outcome().map(|outcome| outcome.was_clean), Some(written));
    }
}

/// An ended transport needs no timers, whatever was due.
#[test]
fn ended() {
    let mut peer = Peer::new(Timeouts::new().idle(Some(secs(1))));
    peer.conn.receive_eof(&[]);
    assert_eq!((peer.poll(1000), peer.deadline()), (quiet(), None));

    let mut peer = Peer::new(Timeouts::new().close(None));
    peer.conn.close(None, "", &mut peer.out).expect("open");
    assert_eq!((peer.poll(101).0, peer.deadline()), (None, None), "waits for ever");
    assert_eq!(peer.poll(100_000), quiet());
}

/// A Ping goes between the fragments of a message, and does not end it.
#[test]
fn pinging_inside_a_message() {
    let mut peer = Peer::new(Timeouts::new());
    peer.conn.send_fragment(sansws::Kind::Text, b"a", false, &mut peer.out).expect("open");
    assert_eq!(peer.poll(120), (None, b"\x01\x01a\x89\x00".to_vec()));
    peer.conn.send_fragment(sansws::Kind::Text, b"b", true, &mut peer.out).expect("open");
    assert_eq!(peer.out, b"\x80\x01b");
}

/// Timers work on the sending half alone.
#[test]
fn split_halves() {
    let (mut receiver, mut sender) = Connection::new(Role::Server, Config::default()).split();
    let mut timers = Timers::new(Timeouts::new(), secs(0));
    let mut out = Vec::new();
    assert_eq!(timers.poll(secs(20), &mut sender, &mut out), None);
    assert_eq!(out, PING);
    let mut bytes = *b"\x8a\x80\0\0\0\0";
    timers.received(secs(21));
    let (event, _) = receiver.receive(&mut Input::new(&mut bytes)).expect("a Pong");
    assert!(matches!(event, Event::Pong));
    assert_eq!(timers.deadline(), Some(secs(41)));
}

/// 6455-7.2.3-1: the first wait is anywhere within the base, later ones are longer, up to the cap.
#[test]
fn backoff() {
    let delays = |random: u32, mut backoff: Backoff| -> Vec<u128> {
        (0..8).map(|_| backoff.delay(random).as_millis()).collect()
    };
    let backoff = || Backoff::new(secs(1), secs(20));
    assert_eq!(delays(0, backoff()), [0, 1000, 2000, 4000, 8000, 10000, 10000, 10000]);
    assert_eq!(delays(u32::MAX, backoff()), [1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000]);
    assert_eq!(delays(u32::MAX, Backoff::default())[..5], [5000, 10000, 20000, 40000, 60000]);
    assert_eq!(delays(u32::MAX, Backoff::new(secs(9), secs(2)))[..3], [2000; 3], "the cap is below the base");
    assert_eq!(delays(1, Backoff::new(Duration::ZERO, secs(2))), [0; 8]);

    let mut backoff = backoff();
    let _ = [backoff.delay(1), backoff.delay(2)];
    backoff.reset();
    assert_eq!(backoff.delay(u32::MAX), secs(1));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// 6455-7.2.3-1: no wait is beyond the cap, or below half of the longest that was possible before it, and
    /// no time is too long to be counted with.
    #[test]
    fn backoff_is_bounded(
        base: Duration,
        cap: Duration,
        randoms in prop::collection::vec(any::<u32>(), 1..80),
    ) {
        for (base, cap) in [(base, cap), (base, Duration::MAX), (Duration::from_nanos(1), cap)] {
            let (mut backoff, mut longest) = (Backoff::new(base, cap), Backoff::new(base, cap));
            let mut least = Duration::ZERO;
            for random in &randoms {
                let (delay, most) = (backoff.delay(*random), longest.delay(u32::MAX));
                prop_assert!(delay <= most && most <= cap && delay >= least);
                least = most / 2;
            }
        }
    }

    /// Polled whenever its deadline comes, and with bytes at any time, a connection ends only after the pong
    /// time of silence, and the deadline is never in the past after a poll.
    #[test]
    fn polling_at_every_deadline(gaps in prop::collection::vec(0..60_u64, 0..20)) {
        let mut peer = Peer::new(Timeouts::new());
        let mut last = 100;
        for gap in gaps {
            let next = last + gap;
            while let Some(now) = peer.deadline().filter(|deadline| *deadline <= next) {
                let (expired, _) = peer.poll(now);
                prop_assert_eq!(expired.is_some(), now == last + 40);
                prop_assert!(peer.deadline().is_none_or(|deadline| deadline > now));
            }
            if peer.deadline().is_none() {
                break;
            }
            prop_assert!(next - last < 40);
            last = next;
            peer.receive(last, b"");
        }
    }
}

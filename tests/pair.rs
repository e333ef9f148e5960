//! Two connections wired back to back: what one sends the other receives, however the bytes are cut.

mod common;

use std::time::Duration;

use common::*;
use proptest::prelude::*;
use sansws::timer::{Expired, Timeouts, Timers};
use sansws::{CloseCode, Config, Kind, Role, State, Transport};

/// Something an application does.
#[derive(Clone, Debug)]
enum Deed {
    Send(Kind, usize),
    Fragment(Kind, usize, bool),
    Ping(usize),
    Pong(usize),
    /// Writes that many bytes to the other side, as a socket takes them.
    Write(usize),
}

fn payload(kind: Kind, length: usize) -> Vec<u8> {
    match kind {
        // Fragments may cut the last code point of these: a text of 3-byte points and some ASCII.
        Kind::Text => "日本語 text ".bytes().cycle().take(length).collect(),
        Kind::Binary => (0..length).map(|n| (n * 31) as u8).collect(),
    }
}

fn whole_text(length: usize) -> String {
    let mut bytes = payload(Kind::Text, length);
    while std::str::from_utf8(&bytes).is_err() {
        bytes.pop();
    }
    String::from_utf8(bytes).expect("cut at a boundary")
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 0usize..300,
        1 => prop::sample::select(vec![0, 1, 124, 125, 126, 127, 65535, 65536, 65537]),
    ]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Text), Just(Kind::Binary)]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (kind(), length()).prop_map(|(kind, length)| Deed::Send(kind, length)),
        (kind(), length(), any::<bool>()).prop_map(|(kind, length, last)| Deed::Fragment(kind, length, last)),
        (0usize..=125).prop_map(Deed::Ping),
        (0usize..=125).prop_map(Deed::Pong),
        (1usize..5000).prop_map(Deed::Write),
    ]
}

/// What a peer has to receive, noted as it is sent.
#[derive(Default)]
struct Ledger {
    events: Vec<Got>,
    open: Option<(Kind, Vec<u8>)>,
}

fn act(run: &mut Run, ledger: &mut Ledger, deed: &Deed) {
    match deed {
        Deed::Send(Kind::Text, length) => {
            let message = whole_text(*length);
            let sent = run.conn.send(message.as_str(), &mut run.out);
            assert_eq!(sent.is_ok(), ledger.open.is_none());
            if sent.is_ok() {
                ledger.events.push(Got::Text(message));
            }
        }
        Deed::Send(Kind::Binary, length) => {
            let message = payload(Kind::Binary, *length);
            if run.conn.send(&message[..], &mut run.out).is_ok() {
                ledger.events.push(Got::Binary(message));
            }
        }
        Deed::Fragment(kind, length, last) => {
            let (open_kind, mut message) = ledger.open.take().unwrap_or((*kind, Vec::new()));
            // A text goes on where it was cut; the last fragment ends at a boundary.
            let mut end = message.len() + length;
            if open_kind == Kind::Text && *last {
                end = whole_text(end + 2).len().max(message.len());
            }
            let all = payload(open_kind, end);
            let fragment = &all[message.len()..];
            run.conn.send_fragment(open_kind, fragment, *last, &mut run.out).expect("a lawful fragment");
            message.extend(fragment);
            if !last {
                ledger.open = Some((open_kind, message));
            } else if open_kind == Kind::Text {
                ledger.events.push(Got::Text(String::from_utf8(message).expect("whole")));
            } else {
                ledger.events.push(Got::Binary(message));
            }
        }
        Deed::Ping(length) => {
            run.conn.ping(&vec![1; *length], &mut run.out).expect("a lawful Ping");
            ledger.events.push(ping(&vec![1; *length]));
        }
        Deed::Pong(length) => {
            run.conn.pong(&vec![2; *length], &mut run.out).expect("a lawful Pong");
            ledger.events.push(pong(&vec![2; *length]));
        }
        Deed::Write(_) => {}
    }
}

/// Up to `count` bytes from one side to the other.
fn write(from: &mut Run, to: &mut Run, api: Api, count: usize) {
    let bytes: Vec<u8> = from.out.drain(..count.min(from.out.len())).collect();
    to.feed(api, &bytes);
}

/// Everything there is to write, both ways, in pieces of `count` bytes.
fn settle(one: &mut Run, other: &mut Run, api: Api, count: usize) {
    while !one.out.is_empty() || !other.out.is_empty() {
        write(one, other, api, count);
        write(other, one, api, count);
        one.conn.resume(&mut one.out);
        other.conn.resume(&mut other.out);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// 6455-5.4-15, 6455-5.5.3-5: every message arrives unchanged and in order, between
    /// Pongs, whatever the cuts.
    #[test]
    fn what_is_sent_is_received(
        deeds in prop::collection::vec((any::<bool>(), deed()), 1..40),
        cut in 1usize..3000,
        chunks in any::<bool>(),
    ) {
        let api = if chunks { Api::Chunks } else { Api::Messages };
        let config = Config::new().reply_backlog(usize::MAX);
        let (mut server, mut client) = (Run::new(Role::Server, config), Run::new(CLIENT, config));
        let (mut from_server, mut from_client) = (Ledger::default(), Ledger::default());
        for (is_server, deed) in &deeds {
            let (run, other, ledger) = if *is_server {
                (&mut server, &mut client, &mut from_server)
            } else {
                (&mut client, &mut server, &mut from_client)
            };
            act(run, ledger, deed);
            if let Deed::Write(count) = deed {
                write(run, other, api, *count);
            }
        }
        settle(&mut server, &mut client, api, cut);

        // Pongs answer the other side's Pings, in their order, somewhere between its own frames.
        for (got, sent, asked) in [(&client.got, &from_server, &from_client), (&server.got, &from_client, &from_server)] {
            let answers: Vec<Got> = asked.events.iter().filter_map(|event| match event {
                Got::Ping(payload) => Some(pong(payload)),
                _ => None,
            }).collect();
            // Pings carry ones and own Pongs twos, but an empty Pong may be either.
            let is_pong = |event: &&Got| matches!(event, Got::Pong(_));
            let others = |events: &[Got]| events.iter().filter(|event| !is_pong(event)).cloned().collect::<Vec<_>>();
            prop_assert_eq!(others(got), others(&sent.events));
            let marked = |events: &[Got], mark: u8| {
                let has_mark = |event: &&Got| matches!(event, Got::Pong(payload) if payload.first() == Some(&mark));
                events.iter().filter(has_mark).cloned().collect::<Vec<_>>()
            };
            prop_assert_eq!(marked(got, 2), marked(&sent.events, 2));
            prop_assert_eq!(marked(got, 1), marked(&answers, 1));
            let count = |events: &[Got]| events.iter().filter(is_pong).count();
            prop_assert_eq!(count(got), count(&sent.events) + answers.len());
        }

        // And then it ends cleanly.
        client.conn.close(Some(CloseCode::NORMAL), "done", &mut client.out).expect("open");
        settle(&mut server, &mut client, api, cut);
        prop_assert_eq!(server.conn.transport(), Transport::HalfClose);
        prop_assert_eq!(client.conn.transport(), Transport::AwaitEof);
        for run in [&mut server, &mut client] {
            run.conn.receive_eof(&run.out);
            let outcome = run.conn.outcome().expect("ended");
            prop_assert!(outcome.was_clean);
            prop_assert_eq!(outcome.code, CloseCode::NORMAL);
        }
        prop_assert_eq!(server.conn.close_reason(), "done");
    }

    /// any bytes at all: no panic, the last event is the last, at most one Close is sent, and the events do
    /// not depend on the cuts.
    #[test]
    fn any_bytes_are_taken(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        cuts in prop::collection::vec(1usize..20, 1..20),
        is_server in any::<bool>(),
    ) {
        let role = if is_server { Role::Server } else { CLIENT };
        judge_cuts(role, &bytes, &cuts);
    }

    /// The same for frames that are lawful but for a byte or two.
    #[test]
    fn damaged_frames_are_taken(
        parts in prop::collection::vec((prop::sample::select(vec![0x81u8, 0x82, 0x01, 0x02, 0x00, 0x80, 0x88, 0x89, 0x8a, 0xc1, 0x83]), 0usize..140), 1..8),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cuts in prop::collection::vec(1usize..50, 1..20),
        is_server in any::<bool>(),
    ) {
        let role = if is_server { Role::Server } else { CLIENT };
        let mut bytes = Vec::new();
        for (first, length) in &parts {
            let text = whole_text(*length);
            bytes.extend(frame(role, *first, &text.as_bytes()[..text.len().min(125)]));
        }
        for (at, byte) in damage {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        judge_cuts(role, &bytes, &cuts);
    }
}

fn judge_cuts(role: Role, bytes: &[u8], cuts: &[usize]) {
    let mut whole = Run::new(role, Config::default());
    whole.feed(Api::Messages, bytes);
    sent(role, &whole.out);
    for api in [Api::Messages, Api::Chunks] {
        let mut run = Run::new(role, Config::default());
        let mut rest = bytes;
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            run.feed(api, piece);
            rest = after;
        }
        assert_eq!(run.got, whole.got, "{bytes:x?}");
        assert_eq!(sent(role, &run.out), sent(role, &whole.out));
        assert_eq!(run.conn.state(), whole.conn.state());
    }
}

const SECOND: Duration = Duration::from_secs(1);

/// X-8, 6455-5.5.1-17, 6455-7.1.1-4: two sides with keepalive over virtual time; nothing happens without need,
/// the network goes silent, both give up, each in its time.
#[test]
fn keepalive_over_virtual_time() {
    let timeouts = Timeouts::new().ping_interval(Some(20 * SECOND)).pong(Some(10 * SECOND));
    let mut now = Duration::ZERO;
    let mut server = (Run::new(Role::Server, Config::default()), Timers::new(timeouts, now));
    let mut client = (Run::new(CLIENT, Config::default()), Timers::new(timeouts, now));
    let mut pings = 0;
    // An hour in which nobody says anything but Ping and Pong.
    while now < 3600 * SECOND {
        now =
            [&server, &client].iter().filter_map(|(_, timers)| timers.deadline()).min().expect("a deadline");
        for (run, timers) in [&mut server, &mut client] {
            assert_eq!(timers.poll(now, run.conn.sender(), &mut run.out), None);
        }
        for _ in 0..3 {
            for (from, to) in [(true, false), (false, true)] {
                let bytes = std::mem::take(if from { &mut server.0.out } else { &mut client.0.out });
                let (run, timers) = if to { &mut server } else { &mut client };
                if !bytes.is_empty() {
                    timers.received(now);
                    run.feed(Api::Messages, &bytes);
                }
            }
        }
        pings += 1;
    }
    assert_eq!(pings, 180, "one every 20 s");
    // The network is gone.
    let lost = now;
    while server.0.conn.state() != State::Closed || client.0.conn.state() != State::Closed {
        now =
            [&server, &client].iter().filter_map(|(_, timers)| timers.deadline()).min().expect("a deadline");
        for (run, timers) in [&mut server, &mut client] {
            timers.poll(now, run.conn.sender(), &mut run.out);
        }
    }
    assert_eq!(now - lost, 30 * SECOND);
    for (run, timers) in [&server, &client] {
        let outcome = run.conn.outcome().expect("ended");
        assert_eq!((outcome.code, outcome.was_clean), (CloseCode::ABNORMAL, false));
        assert_eq!((run.conn.transport(), timers.deadline()), (Transport::Close, None));
    }
}

/// 6455-7.1.4-7, V71: a peer that never answers the Close, however much else it sends.
#[test]
fn the_close_deadline_holds_against_a_talkative_peer() {
    for role in ROLES {
        let mut run = Run::new(role, Config::default());
        let mut timers = Timers::new(Timeouts::new().close(Some(10 * SECOND)), Duration::ZERO);
        run.conn.close(Some(CloseCode::NORMAL), "", &mut run.out).expect("open");
        for second in 0..10 {
            let now = second * SECOND;
            assert_eq!(timers.poll(now, run.conn.sender(), &mut run.out), None);
            run.feed(Api::Messages, &frame(role, 0x81, b"still here"));
            timers.received(now);
        }
        assert_eq!(timers.poll(10 * SECOND, run.conn.sender(), &mut run.out), Some(Expired::Close));
        let outcome = run.conn.outcome().expect("given up");
        assert_eq!((outcome.code, outcome.was_clean), (CloseCode::ABNORMAL, false));
    }
}

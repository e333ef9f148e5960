//! The crate against a model of the protocol: slow, plain, over whole frames, and sharing no code with it.
//!
//! The model knows with which byte of the input each event is due, what is sent in answer to it and to every call, and
//! how the connection ends. of the requirements, for any frames and any calls.

mod calls;
#[path = "../common/mod.rs"]
mod common;

mod plan;
mod reader;
mod subject;
mod wire;
mod writer;

use common::{Api, CLIENT, Got};
use proptest::prelude::*;
use sansws::{Config, Role};

use crate::plan::{limits, plans};
use crate::reader::{Limits, Reader};
use crate::subject::{Subject, sent};
use crate::wire::Frame;
use crate::writer::{Habits, Writer};

/// A thousand cases, or PROPTEST_CASES if that is more.
fn cases() -> ProptestConfig {
    let config = ProptestConfig::default();
    ProptestConfig { failure_persistence: None, cases: config.cases.max(1000), ..config }
}

fn config(limits: Limits, habits: Habits) -> Config {
    Config::new()
        .max_frame(limits.frame)
        .max_message(limits.message)
        .max_fragments(limits.fragments)
        .reply_backlog(habits.backlog)
        .auto_pong(habits.auto_pong)
        .auto_close(habits.auto_close)
}

fn habits() -> impl Strategy<Value = Habits> {
    let backlog = prop_oneof![Just(usize::MAX), 0usize..100];
    (any::<bool>(), any::<bool>(), backlog).prop_map(|(auto_pong, auto_close, backlog)| Habits {
        auto_pong,
        auto_close,
        backlog,
    })
}

fn role(is_server: bool) -> Role {
    if is_server { Role::Server } else { CLIENT }
}

/// The payload bytes of data in the first `count` bytes of the input.
fn data_bytes(frames: &[Frame], count: usize) -> usize {
    let (mut start, mut sum) = (0, 0);
    for frame in frames {
        let (begin, end) = (start + frame.header_end(), start + frame.end());
        if !frame.is_control() {
            sum += end.min(count).saturating_sub(begin);
        }
        start = end;
    }
    sum
}

/// Asserts that what was sent is what the model says, but for the words of a failure, which are free.
fn assert_sent(writer: &mut Writer, is_server: bool, out: &[u8]) {
    let got = sent(is_server, out);
    assert_eq!(got.len(), writer.sent.len(), "{got:x?} for {:x?}", writer.sent);
    for ((first, payload), (expected_first, expected)) in got.iter().zip(&writer.sent) {
        assert_eq!(first, expected_first);
        let is_failure = *first == 0x88 && writer.violation().is_some_and(|failed| failed.is_peer_fault());
        if is_failure {
            let (code, reason) = payload.split_at(2);
            assert_eq!(code, expected);
            assert!(reason.is_ascii() && !reason.is_empty(), "D-FAIL: a short ASCII reason");
            writer.unwritten += reason.len();
        } else {
            assert_eq!(payload, expected);
        }
    }
    writer.sent.clear();
}

/// One way to hand over the input.
struct Way<'w> {
    api: Api,
    split: bool,
    /// The lengths of the pieces, over and over.
    pieces: &'w [usize],
}

fn judge(
    is_server: bool,
    limits: Limits,
    habits: Habits,
    frames: &[Frame],
    told: &[(usize, Got)],
    way: &Way<'_>,
) {
    let mut subject = Subject::new(role(is_server), config(limits, habits), way.api, way.split);
    let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
    let (mut fed, mut pieces) = (0, way.pieces.iter().cycle());
    while fed < bytes.len() {
        let next = (fed + pieces.next().expect("a length")).min(bytes.len());
        subject.feed(&bytes[fed..next]);
        fed = next;
        // Each event comes with the byte that makes it known, and not before.
        let due = told.iter().take_while(|(at, _)| *at <= fed).map(|(_, event)| event);
        assert!(subject.got.iter().eq(due.clone()), "{:?} for {:?}", subject.got, due.collect::<Vec<_>>());
        let is_over = matches!(subject.got.last(), Some(Got::Failed(_) | Got::Close(..)));
        assert!(!is_over || subject.store.is_empty(), "what came of a message is given back");
        if way.api == Api::Chunks && !is_over {
            assert_eq!(subject.chunked, data_bytes(frames, fed), "no byte of data waits");
        }
    }
    let mut writer = Writer::new(is_server, habits);
    told.iter().for_each(|(_, event)| writer.told(event));
    assert_sent(&mut writer, is_server, &subject.out);
    assert_eq!((subject.ending(), subject.violation()), (writer.ending(), writer.violation()));

    // All is written, a Pong that waited too, and the peer ends.
    subject.out.clear();
    writer.unwritten = 0;
    let (sender, out) = subject.sender();
    sender.resume(out);
    writer.resume();
    assert_sent(&mut writer, is_server, &subject.out);
    subject.end();
    writer.end();
    assert_eq!((subject.ending(), subject.violation()), (writer.ending(), writer.violation()));
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn frames_mean_what_the_model_says(
        plans in plans(12),
        limits in limits(),
        habits in habits(),
        is_server: bool,
        split: bool,
        cuts in prop_oneof![
            prop::collection::vec(1usize..20, 1..20),
            prop::collection::vec(1usize..5000, 1..20),
        ],
    ) {
        let mut reader = Reader { is_server, limits, open: None, stopped: false };
        let (mut frames, mut told, mut start) = (Vec::new(), Vec::new(), 0);
        for plan in plans {
            let frame = plan.frame(&reader);
            told.extend(reader.read(&frame).map(|(at, event)| (start + at, event)));
            start += frame.end();
            let is_cut_off = frame.length > frame.payload.len() as u64;
            frames.push(frame);
            if is_cut_off {
                break;
            }
        }
        for api in [Api::Messages, Api::Direct, Api::Chunks] {
            let mut ways = vec![&[usize::MAX / 2][..], &cuts];
            if start < 2000 {
                ways.push(&[1]);
            }
            for pieces in ways {
                judge(is_server, limits, habits, &frames, &told, &Way { api, split, pieces });
            }
        }
    }
}

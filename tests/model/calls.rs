//! Any calls in any order, between any frames of the peer.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use sansws::{CloseCode, Kind, Prepared, SendError};

use crate::common::{Api, Got};
use crate::plan::{Plan, code, data, length, plan, text};
use crate::reader::{Limits, Reader};
use crate::subject::Subject;
use crate::writer::Writer;
use crate::{assert_sent, cases, config, habits, role};

#[derive(Clone, Debug)]
enum Call {
    Send(Kind, usize),
    Prepared(Kind, usize),
    /// The next part of the open message, or of a new one.
    Fragment {
        kind: Kind,
        length: usize,
        last: bool,
        flaw: Option<Flaw>,
    },
    Header {
        kind: Kind,
        length: u64,
        last: bool,
        flaw: Option<Flaw>,
    },
    Ping(usize),
    Pong(usize),
    AnswerPing,
    Resume,
    Close(Option<u16>, usize),
    Fail(u16, usize),
    Eof,
    Abort,
    /// Some of the output goes out.
    Write(Index),
    WriteAll,
    Receive(Plan, usize),
}

#[derive(Clone, Debug, PartialEq)]
enum Flaw {
    /// The other kind than that of the open message.
    Kind,
    /// A text that does not go on where it was, or is cut where it ends.
    Text,
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![Just(Kind::Text), Just(Kind::Binary)]
}

fn call() -> impl Strategy<Value = Call> {
    let flaw = || prop_oneof![8 => Just(None), 1 => Just(Some(Flaw::Kind)), 1 => Just(Some(Flaw::Text))];
    let control = || prop_oneof![3 => 0usize..20, 1 => 123usize..=127];
    let huge = prop_oneof![6 => 0u64..300, 1 => select(vec![65535, 65536, 1 << 63, u64::MAX])];
    prop_oneof![
        6 => (kind(), length()).prop_map(|(kind, length)| Call::Send(kind, length)),
        2 => (kind(), length()).prop_map(|(kind, length)| Call::Prepared(kind, length)),
        10 => (kind(), length(), any::<bool>(), flaw())
            .prop_map(|(kind, length, last, flaw)| Call::Fragment { kind, length, last, flaw }),
        3 => (kind(), huge, any::<bool>(), flaw())
            .prop_map(|(kind, length, last, flaw)| Call::Header { kind, length, last, flaw }),
        3 => control().prop_map(Call::Ping),
        3 => control().prop_map(Call::Pong),
        4 => Just(Call::AnswerPing),
        4 => Just(Call::Resume),
        2 => (prop::option::weighted(0.8, code()), control()).prop_map(|(code, length)| Call::Close(code, length)),
        1 => (code(), control()).prop_map(|(code, length)| Call::Fail(code, length)),
        1 => Just(Call::Eof),
        1 => Just(Call::Abort),
        6 => any::<Index>().prop_map(Call::Write),
        4 => Just(Call::WriteAll),
        16 => (plan(40), 1usize..200).prop_map(|(plan, piece)| Call::Receive(plan, piece)),
    ]
}

/// The core and the model, side by side.
struct Both {
    subject: Subject,
    reader: Reader,
    writer: Writer,
    /// What the open message has so far, for the next fragment to go on.
    open: Option<(Kind, usize)>,
    /// The Ping that came last and was not followed by other input.
    ping: Option<Vec<u8>>,
    told: Vec<Got>,
}

impl Both {
    fn call(&mut self, call: &Call) {
        let before = self.subject.out.len();
        match call {
            Call::Write(_) | Call::WriteAll => return self.write(call),
            Call::Receive(plan, piece) => self.receive(plan, *piece),
            Call::AnswerPing => self.answer(),
            Call::Resume => {
                let (sender, out) = self.subject.sender();
                sender.resume(out);
                self.writer.resume();
            }
            Call::Eof => {
                self.subject.end();
                self.writer.end();
            }
            Call::Abort => {
                let (sender, out) = self.subject.sender();
                sender.abort(out);
                self.writer.end();
            }
            call => {
                let (ours, models) = self.send(call);
                assert_eq!(ours, models, "{call:?}");
            }
        }
        if self.writer.is_over() {
            // 7.1.7: the application tells the receiver in the other half.
            self.subject.stop();
            self.reader.stopped = true;
        }
        let is_server = self.writer.is_server;
        assert_sent(&mut self.writer, is_server, &self.subject.out[before..]);
        assert_eq!(self.subject.out.len(), self.writer.unwritten);
        assert_eq!(self.subject.got, self.told, "{call:?}");
        assert_eq!(self.subject.ending(), self.writer.ending(), "{call:?}");
        assert_eq!(self.subject.violation(), self.writer.violation());
    }

    /// A call that may be refused: what the core says, and the model.
    fn send(&mut self, call: &Call) -> (Result<(), SendError>, Result<(), SendError>) {
        let open = self.open;
        let part = |kind: Kind, length: usize, last: bool, flaw: &Option<Flaw>| {
            let (open_kind, start) = open.unwrap_or((kind, 0));
            let other = if open_kind == Kind::Text { Kind::Binary } else { Kind::Text };
            let kind = if *flaw == Some(Flaw::Kind) { other } else { open_kind };
            let skew = usize::from(*flaw == Some(Flaw::Text));
            let payload = match kind {
                Kind::Text => text(start + skew, length, last && skew == 0),
                Kind::Binary => data(start, length),
            };
            (kind, payload)
        };
        // Of exactly that many bytes, all but one in points of two.
        let reason = |length: usize| ["x".repeat(length % 2), "é".repeat(length / 2)].concat();
        let ((sender, out), writer) = (self.subject.sender(), &mut self.writer);
        match call {
            Call::Send(Kind::Text, length) => {
                let message = reason(*length);
                (sender.send(&message, out), writer.message(Kind::Text, message.as_bytes()))
            }
            Call::Send(kind, length) => {
                let message = data(0, *length);
                (sender.send(&message, out), writer.message(*kind, &message))
            }
            Call::Prepared(Kind::Text, length) => {
                let message = reason(*length);
                let prepared = Prepared::new(&message);
                (sender.send_prepared(&prepared, out), writer.message(Kind::Text, message.as_bytes()))
            }
            Call::Prepared(kind, length) => {
                let message = data(0, *length);
                let prepared = Prepared::new(&message);
                (sender.send_prepared(&prepared, out), writer.message(*kind, &message))
            }
            Call::Fragment { kind, length, last, flaw } => {
                let (kind, payload) = part(*kind, *length, *last, flaw);
                let result = sender.send_fragment(kind, &payload, *last, out);
                self.open = advance(open, result, kind, payload.len(), *last);
                (result, writer.fragment(kind, &payload, *last))
            }
            Call::Header { kind, length, last, flaw } => {
                // Longer ones are refused: nobody writes 2^63 bytes here.
                let shown = if *length > 65536 { 0 } else { *length as usize };
                let (kind, mut payload) = part(*kind, shown, false, flaw);
                let result = sender.header(kind, *length, *last);
                self.open = advance(open, result.map(|_| ()), kind, payload.len(), *last);
                let expected = writer.header(kind, &payload, *length, *last);
                let result = result.map(|mut header| {
                    out.extend_from_slice(header.as_bytes());
                    let (head, tail) = payload.split_at_mut(shown / 3);
                    header.mask(head);
                    header.mask(tail);
                    out.extend_from_slice(&payload);
                });
                (result, expected)
            }
            Call::Ping(length) => (sender.ping(&vec![1; *length], out), writer.control(9, &vec![1; *length])),
            Call::Pong(length) => {
                (sender.pong(&vec![2; *length], out), writer.control(10, &vec![2; *length]))
            }
            Call::Close(code, length) => {
                let reason = reason(*length);
                (sender.close(code.map(CloseCode), &reason, out), writer.close(*code, &reason))
            }
            Call::Fail(code, length) => {
                let reason = reason(*length);
                (sender.fail(CloseCode(*code), &reason, out), writer.fail(*code, &reason))
            }
            call => unreachable!("{call:?}"),
        }
    }

    fn receive(&mut self, plan: &Plan, piece: usize) {
        let frame = plan.frame(&self.reader);
        if frame.length > frame.payload.len() as u64 {
            return;
        }
        let told = self.reader.read(&frame).map(|(_, event)| event);
        told.iter().for_each(|event| self.writer.told(event));
        self.ping = match &told {
            Some(Got::Ping(payload)) => Some(payload.clone()),
            // Whatever is answered after it comes late, and is no answer.
            Some(Got::Close(..)) => Some(Vec::new()),
            _ => None,
        };
        self.told.extend(told);
        // Long frames in few pieces.
        let bytes = frame.bytes();
        bytes.chunks(piece.max(bytes.len() / 20)).for_each(|piece| self.subject.feed(piece));
    }

    fn answer(&mut self) {
        match (&self.ping, &self.subject.half) {
            (Some(payload), crate::subject::Half::Both(_)) => self.writer.answer(payload),
            _ => return,
        }
        self.subject.answer();
    }

    fn write(&mut self, call: &Call) {
        let count = match call {
            Call::Write(count) => count.index(self.subject.out.len() + 1),
            _ => self.subject.out.len(),
        };
        self.subject.out.drain(..count);
        self.writer.write(count);
    }
}

/// What is open after a fragment.
fn advance(
    open: Option<(Kind, usize)>,
    result: Result<(), SendError>,
    kind: Kind,
    length: usize,
    last: bool,
) -> Option<(Kind, usize)> {
    match result {
        Err(_) => open,
        Ok(()) if last => None,
        Ok(()) => Some((kind, open.map_or(0, |(_, start)| start) + length)),
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn calls_do_what_the_model_says(
        calls in prop::collection::vec(call(), 1..60),
        habits in habits(),
        is_server: bool,
        split: bool,
        api in select(vec![Api::Messages, Api::Direct, Api::Chunks]),
    ) {
        let limits = Limits { frame: 1 << 20, message: 1 << 20, fragments: 1000 };
        let mut both = Both {
            subject: Subject::new(role(is_server), config(limits, habits), api, split),
            reader: Reader { is_server, limits, open: None, stopped: false },
            writer: Writer::new(is_server, habits),
            open: None,
            ping: None,
            told: Vec::new(),
        };
        calls.iter().for_each(|call| both.call(call));
    }
}

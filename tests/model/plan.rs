//! Random frames that go deep: lawful where they stand, but for a flaw now and then.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::reader::{Limits, Reader, is_on_the_wire};
use crate::wire::{Form, Frame, shortest};

/// Every length of code point, and ASCII between.
const TEXT: &str = "κόσμε 日本語 😀 text that goes on for a while; ";

#[derive(Clone, Debug)]
pub struct Plan {
    what: What,
    key: [u8; 4],
    flaw: Option<Flaw>,
}

#[derive(Clone, Debug)]
enum What {
    /// The next part of the open message, or of a new one.
    Data {
        is_text: bool,
        length: usize,
        fin: bool,
    },
    Control(u8, Vec<u8>),
}

#[derive(Clone, Debug)]
enum Flaw {
    Rsv(u8),
    Opcode(u8),
    Fin,
    Mask,
    /// 16 or 64 bits where fewer do.
    Longer(Form),
    /// A payload that never comes.
    Length(u64),
    Byte(Index, u8),
    /// The last fragment of a text ends inside a code point.
    Cut,
}

impl Plan {
    /// The frame, for a reader that has come so far.
    pub fn frame(&self, reader: &Reader) -> Frame {
        let key = reader.is_server.then_some(self.key);
        let mut frame = match &self.what {
            What::Control(opcode, payload) => Frame::new(true, *opcode, key, payload),
            What::Data { is_text, length, fin } => {
                let is_whole = *fin && !matches!(self.flaw, Some(Flaw::Cut));
                let (opcode, payload) = match &reader.open {
                    Some(open) if open.is_text => (0, text(open.bytes.len(), *length, is_whole)),
                    Some(open) => (0, data(open.bytes.len(), *length)),
                    None if *is_text => (1, text(0, *length, is_whole)),
                    None => (2, data(0, *length)),
                };
                Frame::new(*fin, opcode, key, &payload)
            }
        };
        match &self.flaw {
            Some(Flaw::Rsv(rsv)) => frame.rsv = *rsv,
            Some(Flaw::Opcode(opcode)) => frame.opcode = *opcode,
            Some(Flaw::Fin) => frame.fin = !frame.fin,
            Some(Flaw::Mask) => frame.key = frame.key.is_none().then_some(self.key),
            Some(Flaw::Longer(form)) if *form > frame.form => frame.form = *form,
            Some(Flaw::Length(length)) => {
                (frame.length, frame.form) = (*length, shortest(*length));
                frame.payload.truncate(*length as usize);
            }
            Some(Flaw::Byte(at, byte)) if !frame.payload.is_empty() => {
                let at = at.index(frame.payload.len());
                frame.payload[at] = *byte;
            }
            Some(Flaw::Longer(_) | Flaw::Byte(..) | Flaw::Cut) | None => {}
        }
        frame
    }
}

/// A part of an endless text that begins at its byte `start`, a little longer where it must end with a whole point.
pub fn text(start: usize, length: usize, is_whole: bool) -> Vec<u8> {
    let mut end = start + length;
    while is_whole && !TEXT.is_char_boundary(end % TEXT.len()) {
        end += 1;
    }
    (start..end).map(|at| TEXT.as_bytes()[at % TEXT.len()]).collect()
}

pub fn data(start: usize, length: usize) -> Vec<u8> {
    (start..start + length).map(|at| (at * 31 + at / 256) as u8).collect()
}

pub fn plans(count: usize) -> impl Strategy<Value = Vec<Plan>> {
    prop::collection::vec(plan(10), 1..count)
}

/// A frame of which one in `flaws` and some has a flaw.
pub fn plan(flaws: u32) -> impl Strategy<Value = Plan> {
    let flaw = prop_oneof![flaws => Just(None), 1 => flaw().prop_map(Some)];
    // Bytes that look like the beginning of a frame, now and then.
    let key = prop_oneof![any::<[u8; 4]>(), prop::array::uniform4(select(vec![0, 0x80, 0x81, 0x82, 0x89]))];
    (what(), key, flaw).prop_map(|(what, key, flaw)| Plan { what, key, flaw })
}

pub fn limits() -> impl Strategy<Value = Limits> {
    let bytes =
        || prop_oneof![2 => Just(u64::MAX), 1 => select(vec![0, 1, 125, 126, 300, 1000, 65535, 65536])];
    let fragments = prop_oneof![2 => Just(u32::MAX), 1 => select(vec![0, 1, 2, 3, 5])];
    (bytes(), bytes(), fragments).prop_map(|(frame, message, fragments)| Limits { frame, message, fragments })
}

pub fn length() -> impl Strategy<Value = usize> {
    prop_oneof![
        4 => 0usize..3,
        8 => 0usize..20,
        4 => 0usize..300,
        4 => select(vec![0, 1, 124, 125, 126, 127]),
        1 => select(vec![65535, 65536, 65537]),
    ]
}

/// Codes of every kind, in a lawful Close and out of it.
pub fn code() -> impl Strategy<Value = u16> {
    prop_oneof![
        2 => Just(1000),
        2 => select((0..=u16::MAX).filter(|code| is_on_the_wire(*code)).collect::<Vec<_>>()),
        1 => select(vec![0, 999, 1004, 1005, 1006, 1010, 1014, 1015, 1016, 2999, 3000, 4999, 5000, 65535]),
    ]
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        12 => (any::<bool>(), length(), prop::bool::weighted(0.6)).prop_map(|(is_text, length, fin)| What::Data { is_text, length, fin }),
        5 => (9u8..=10, prop_oneof![3 => 0usize..10, 1 => 120usize..=127], prop_oneof![any::<u8>(), select(vec![0x81, 0x82])])
            .prop_map(|(opcode, length, byte)| What::Control(opcode, vec![byte; length])),
        1 => close().prop_map(|body| What::Control(8, body)),
    ]
}

fn close() -> impl Strategy<Value = Vec<u8>> {
    let reason = prop_oneof![2 => 0usize..20, 1 => 118usize..=125];
    let whole = (code(), reason, any::<bool>())
        .prop_map(|(code, length, is_whole)| [&code.to_be_bytes()[..], &text(0, length, is_whole)].concat());
    prop_oneof![1 => Just(vec![]), 1 => any::<u8>().prop_map(|byte| vec![byte]), 8 => whole]
}

fn flaw() -> impl Strategy<Value = Flaw> {
    prop_oneof![
        1 => (1u8..8).prop_map(Flaw::Rsv),
        2 => (0u8..16).prop_map(Flaw::Opcode),
        2 => Just(Flaw::Fin),
        4 => Just(Flaw::Mask),
        2 => select(vec![Form::Sixteen, Form::SixtyFour]).prop_map(Flaw::Longer),
        1 => select(vec![1 << 40, (1 << 63) - 1, 1 << 63, u64::MAX]).prop_map(Flaw::Length),
        4 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Flaw::Byte(at, byte)),
        2 => Just(Flaw::Cut),
    ]
}

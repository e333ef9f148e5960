//! What one side sends and how it ends: every call and every event, by the tables of docs/design.md and the RFC.

use sansws::{CloseCode, Kind, Outcome, SendError, State, Transport, Violation};

use crate::common::Got;
use crate::reader::{first_bad_byte, is_on_the_wire};
use crate::wire::Frame;

#[derive(Clone, Copy, Debug)]
pub struct Habits {
    pub auto_pong: bool,
    pub auto_close: bool,
    pub backlog: usize,
}

pub struct Writer {
    pub is_server: bool,
    pub habits: Habits,
    /// The frames of the last call: FIN and opcode, payload.
    pub sent: Vec<(u8, Vec<u8>)>,
    /// The bytes that are not written yet.
    pub unwritten: usize,
    /// The Pong that waits for room.
    held: Option<Vec<u8>>,
    /// The fragmented message that is being sent; no bytes are known of one that goes past the core.
    open: Option<(Kind, Option<Vec<u8>>)>,
    own_close: bool,
    peer_close: Option<Option<u16>>,
    failed: Option<Violation>,
    /// The transport has ended, with everything written or not.
    ended: Option<bool>,
}

impl Writer {
    pub fn new(is_server: bool, habits: Habits) -> Self {
        Self {
            is_server,
            habits,
            sent: Vec::new(),
            unwritten: 0,
            held: None,
            open: None,
            own_close: false,
            peer_close: None,
            failed: None,
            ended: None,
        }
    }

    pub fn message(&mut self, kind: Kind, payload: &[u8]) -> Result<(), SendError> {
        self.check()?;
        if self.open.is_some() {
            return Err(SendError::MessageOpen);
        }
        self.resume();
        self.push(true, opcode(kind), payload);
        Ok(())
    }

    pub fn fragment(&mut self, kind: Kind, payload: &[u8], last: bool) -> Result<(), SendError> {
        let is_first = self.continues(kind)?;
        let text = self.open.as_ref().map_or_else(|| Some(Vec::new()), |(_, text)| text.clone());
        let text = text.map(|text| [&text[..], payload].concat());
        if let (Kind::Text, Some(text)) = (kind, &text) {
            if first_bad_byte(text).is_some() || last && std::str::from_utf8(text).is_err() {
                return Err(SendError::InvalidUtf8);
            }
        }
        self.open = if last { None } else { Some((kind, text)) };
        self.resume();
        self.push(last, if is_first { opcode(kind) } else { 0 }, payload);
        Ok(())
    }

    /// A header alone, with its payload written by the caller; it does not go through the output, so nothing is
    /// flushed before it.
    pub fn header(&mut self, kind: Kind, payload: &[u8], length: u64, last: bool) -> Result<(), SendError> {
        let is_first = self.continues(kind)?;
        if length >= 1 << 63 {
            return Err(SendError::FrameTooBig { length });
        }
        self.open = if last { None } else { Some((kind, None)) };
        self.push(last, if is_first { opcode(kind) } else { 0 }, payload);
        Ok(())
    }

    pub fn control(&mut self, opcode: u8, payload: &[u8]) -> Result<(), SendError> {
        self.check()?;
        if payload.len() > 125 {
            return Err(SendError::ControlTooLong { length: payload.len() });
        }
        self.resume();
        self.push(true, opcode, payload);
        Ok(())
    }

    pub fn close(&mut self, code: Option<u16>, reason: &str) -> Result<(), SendError> {
        let body = self.close_body(code, reason)?;
        if self.check().is_ok() {
            self.push_close(&body);
        }
        Ok(())
    }

    pub fn fail(&mut self, code: u16, reason: &str) -> Result<(), SendError> {
        let body = self.close_body(Some(code), reason)?;
        self.fail_by(Violation::Local(CloseCode(code)), &body);
        Ok(())
    }

    pub fn end(&mut self) {
        self.ended = self.ended.or(Some(self.unwritten == 0));
        self.held = None;
    }

    pub fn write(&mut self, count: usize) {
        self.unwritten -= count;
    }

    /// What an event leads to.
    pub fn told(&mut self, event: &Got) {
        match event {
            Got::Ping(payload) if self.habits.auto_pong => self.answer(payload),
            Got::Close(code, _) => {
                self.peer_close = Some(*code);
                // D-PONG: none after a Close was received.
                self.held = None;
                if self.habits.auto_close && self.check().is_ok() {
                    // D-ECHO: the code without the reason.
                    self.push_close(&code.map_or(Vec::new(), |code| code.to_be_bytes().into()));
                }
            }
            Got::Failed(violation) => self.fail_by(*violation, &close_code(*violation).to_be_bytes()),
            Got::Ping(_) | Got::Pong(_) | Got::Text(_) | Got::Binary(_) => {}
        }
    }

    /// A Pong for a Ping: 5.5.2, 5.5.3, D-PONG.
    pub fn answer(&mut self, payload: &[u8]) {
        if self.own_close || self.peer_close.is_some() || self.is_over() {
            return;
        }
        self.resume();
        if self.unwritten <= self.habits.backlog {
            self.push(true, 10, payload);
        } else {
            self.held = Some(payload.into());
        }
    }

    pub fn resume(&mut self) {
        if self.unwritten <= self.habits.backlog {
            if let Some(pong) = self.held.take() {
                self.push(true, 10, &pong);
            }
        }
    }

    pub fn is_over(&self) -> bool {
        self.failed.is_some() || self.ended.is_some()
    }

    pub fn violation(&self) -> Option<Violation> {
        self.failed
    }

    /// The table of docs/design.md.
    pub fn ending(&self) -> (State, Transport, Option<Outcome>) {
        let shut = if self.is_server { Transport::HalfClose } else { Transport::AwaitEof };
        let closed = |code, was_clean| {
            let outcome = Outcome { code: CloseCode(code), was_clean, violation: self.failed };
            (State::Closed, Transport::Close, Some(outcome))
        };
        let peers = self.peer_close.map_or(1006, |code| code.unwrap_or(1005));
        match (self.own_close, self.peer_close.is_some(), self.failed.is_some(), self.ended) {
            (false, false, false, None) => (State::Open, Transport::Open, None),
            (true, false, false, None) => (State::Closing, Transport::Open, None),
            (false, true, false, None) => (State::Closing, Transport::Open, None),
            (true, true, false, None) => (State::Closing, shut, None),
            (_, _, true, None) => (State::Closing, Transport::HalfClose, None),
            (_, false, _, Some(_)) => closed(1006, false),
            (false, true, _, Some(_)) => closed(peers, false),
            (true, true, false, Some(written)) => closed(peers, written),
            (true, true, true, Some(_)) => closed(peers, false),
        }
    }

    fn check(&self) -> Result<(), SendError> {
        if self.own_close || self.is_over() { Err(SendError::Closed) } else { Ok(()) }
    }

    /// Whether a fragment of this kind may come, and is the first of its message.
    fn continues(&self, kind: Kind) -> Result<bool, SendError> {
        self.check()?;
        match &self.open {
            None => Ok(true),
            Some((open, _)) if *open == kind => Ok(false),
            Some(_) => Err(SendError::KindChanged),
        }
    }

    fn close_body(&self, code: Option<u16>, reason: &str) -> Result<Vec<u8>, SendError> {
        match code {
            None if reason.is_empty() => Ok(Vec::new()),
            None => Err(SendError::ReasonWithoutCode),
            // 7.4.1: a server has no extension to miss.
            Some(code) if !is_on_the_wire(code) || code == 1010 && self.is_server => {
                Err(SendError::CloseCode(CloseCode(code)))
            }
            Some(_) if reason.len() > 123 => Err(SendError::ReasonTooLong { length: reason.len() }),
            Some(code) => Ok([&code.to_be_bytes(), reason.as_bytes()].concat()),
        }
    }

    /// 7.1.7. Nothing is left to fail when both Closes were exchanged.
    fn fail_by(&mut self, violation: Violation, body: &[u8]) {
        if self.is_over() || self.own_close && self.peer_close.is_some() {
            return;
        }
        if !self.own_close {
            self.push_close(body);
        }
        self.failed = Some(violation);
    }

    fn push_close(&mut self, body: &[u8]) {
        self.push(true, 8, body);
        self.own_close = true;
        self.open = None;
        self.held = None;
    }

    fn push(&mut self, fin: bool, opcode: u8, payload: &[u8]) {
        let key = (!self.is_server).then_some([0; 4]);
        let frame = Frame::new(fin, opcode, key, payload);
        self.unwritten += frame.end();
        self.sent.push((if fin { 128 } else { 0 } + opcode, payload.into()));
    }
}

fn opcode(kind: Kind) -> u8 {
    if kind == Kind::Text { 1 } else { 2 }
}

/// 7.4.1: 1007 for what is not UTF-8, 1009 for what is too big, 1008 for what only we do not want, else 1002.
fn close_code(violation: Violation) -> u16 {
    match violation {
        Violation::InvalidUtf8 | Violation::CloseReason => 1007,
        Violation::FrameTooBig { .. } | Violation::MessageTooBig { .. } => 1009,
        Violation::TooManyFragments { .. } => 1008,
        _ => 1002,
    }
}

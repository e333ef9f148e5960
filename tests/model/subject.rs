//! The crate, whole or in halves, behind one face.

use sansws::{
    Config, Connection, Event, Input, Kind, Message, MessageBuf, Outcome, Receiver, Role, Sender, State,
    Transport, Violation,
};

use crate::common::{Api, Got};
use crate::wire::{Form, Frame, shortest};

pub struct Subject {
    pub half: Half,
    api: Api,
    pub store: MessageBuf,
    pub out: Vec<u8>,
    pub got: Vec<Got>,
    /// The bytes of all chunks, and of those whose message is not complete.
    pub chunked: usize,
    partial: Vec<u8>,
}

pub enum Half {
    Both(Connection),
    Split(Receiver, Sender),
}

impl Subject {
    pub fn new(role: Role, config: Config, api: Api, split: bool) -> Self {
        let conn = Connection::new(role, config);
        let half = if split {
            let (receiver, sender) = conn.split();
            Half::Split(receiver, sender)
        } else {
            Half::Both(conn)
        };
        Self {
            half,
            api,
            store: MessageBuf::new(),
            out: Vec::new(),
            got: Vec::new(),
            chunked: 0,
            partial: Vec::new(),
        }
    }

    /// The half that sends, and the output.
    pub fn sender(&mut self) -> (&mut Sender, &mut Vec<u8>) {
        match &mut self.half {
            Half::Both(conn) => (conn.sender(), &mut self.out),
            Half::Split(_, sender) => (sender, &mut self.out),
        }
    }

    /// All that the bytes lead to, in events and output.
    pub fn feed(&mut self, bytes: &[u8]) {
        let direct = if self.api == Api::Direct { self.fill(bytes) } else { 0 };
        let mut bytes = bytes[direct..].to_vec();
        let mut input = Input::new(&mut bytes);
        match self.api {
            Api::Messages | Api::Direct => while self.next_message(&mut input) {},
            Api::Chunks => while self.next_chunk(&mut input) {},
        }
        assert!(input.is_empty(), "all input is taken");
    }

    /// Reads as many bytes straight into the message buffer as it has space for.
    fn fill(&mut self, bytes: &[u8]) -> usize {
        let mut done = 0;
        loop {
            let rest = &bytes[done..];
            let space = match &mut self.half {
                Half::Both(conn) => conn.space(&mut self.store),
                Half::Split(receiver, _) => receiver.space(&mut self.store),
            };
            let count = space.len().min(rest.len());
            if count == 0 {
                return done;
            }
            space[..count].copy_from_slice(&rest[..count]);
            done += count;
            let event = match &mut self.half {
                Half::Both(conn) => {
                    conn.fill(count, &mut self.store, &mut self.out).map(|event| own(event, owned))
                }
                Half::Split(receiver, sender) => {
                    receiver.fill(count, &mut self.store).map(|(event, reply)| {
                        reply.into_iter().for_each(|reply| sender.apply(reply, &mut self.out));
                        own(event, owned)
                    })
                }
            };
            self.got.extend(event);
        }
    }

    fn next_message(&mut self, input: &mut Input<'_>) -> bool {
        let event = match &mut self.half {
            Half::Both(conn) => {
                let event = conn.receive_message(input, &mut self.store, &mut self.out);
                event.map(|event| own(event, owned))
            }
            Half::Split(receiver, sender) => {
                receiver.receive_message(input, &mut self.store).map(|(event, reply)| {
                    reply.into_iter().for_each(|reply| sender.apply(reply, &mut self.out));
                    own(event, owned)
                })
            }
        };
        let event = event.map(|event| self.complete(event));
        self.got.extend(event.clone());
        event.is_some()
    }

    fn next_chunk(&mut self, input: &mut Input<'_>) -> bool {
        let event = match &mut self.half {
            Half::Both(conn) => conn.receive(input, &mut self.out),
            Half::Split(receiver, sender) => receiver.receive(input).map(|(event, reply)| {
                reply.into_iter().for_each(|reply| sender.apply(reply, &mut self.out));
                event
            }),
        };
        match event {
            None => return false,
            Some(Event::Data(chunk)) => {
                assert_eq!(chunk.as_str().map_or(chunk.bytes(), str::as_bytes), chunk.bytes());
                self.chunked += chunk.bytes().len();
                let (kind, is_last) = (chunk.kind(), chunk.is_last());
                assert_eq!(chunk.is_first(), self.partial.is_empty(), "no chunk is empty but the last");
                self.partial.extend_from_slice(chunk.into_bytes());
                if is_last {
                    let bytes = std::mem::take(&mut self.partial);
                    self.got.push(match kind {
                        Kind::Text => Got::Text(String::from_utf8(bytes).expect("text is UTF-8")),
                        Kind::Binary => Got::Binary(bytes),
                    });
                }
            }
            Some(event) => {
                let event = own(event, |_| unreachable!());
                let event = self.complete(event);
                self.got.push(event);
            }
        }
        true
    }

    /// An event with what the connection has beside it.
    fn complete(&self, event: Got) -> Got {
        let (control, reason) = match &self.half {
            Half::Both(conn) => (conn.control_payload(), conn.close_reason()),
            Half::Split(receiver, _) => (receiver.control_payload(), receiver.close_reason()),
        };
        match event {
            Got::Ping(_) => Got::Ping(control.into()),
            Got::Pong(_) => Got::Pong(control.into()),
            Got::Close(code, _) => Got::Close(code, reason.into()),
            event => event,
        }
    }

    /// With halves the application tells the receiver what the sender knows.
    pub fn stop(&mut self) {
        if let Half::Split(receiver, _) = &mut self.half {
            receiver.stop();
        }
    }

    /// EOF, with what is left of the output.
    pub fn end(&mut self) {
        match &mut self.half {
            Half::Both(conn) => conn.receive_eof(&self.out),
            Half::Split(receiver, sender) => {
                receiver.stop();
                sender.abort(&self.out);
            }
        }
    }

    pub fn answer(&mut self) {
        if let Half::Both(conn) = &mut self.half {
            conn.answer_ping(&mut self.out);
        }
    }

    pub fn violation(&mut self) -> Option<Violation> {
        self.sender().0.violation()
    }

    pub fn ending(&mut self) -> (State, Transport, Option<Outcome>) {
        let (sender, _) = self.sender();
        (sender.state(), sender.transport(), sender.outcome())
    }
}

fn owned(message: Message<'_>) -> Got {
    match message {
        Message::Text(text) => Got::Text(text.into()),
        Message::Binary(bytes) => Got::Binary(bytes.into()),
    }
}

fn own<D>(event: Event<D>, data: impl Fn(D) -> Got) -> Got {
    match event {
        Event::Data(message) => data(message),
        Event::Ping => Got::Ping(vec![]),
        Event::Pong => Got::Pong(vec![]),
        Event::Close(code) => Got::Close(code.map(|code| code.0), String::new()),
        Event::Failed(violation) => Got::Failed(violation),
    }
}

/// The frames in an output, as FIN and opcode with the payload: whole, masked or not as the role wants it, in the
/// shortest form and without reserved bits.
pub fn sent(is_server: bool, mut out: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut frames = Vec::new();
    while !out.is_empty() {
        let (frame, rest) = Frame::split(out);
        assert_eq!((frame.rsv, frame.key.is_none(), frame.form), (0, is_server, shortest(frame.length)));
        assert!(!frame.is_control() || frame.fin && frame.form == Form::Seven);
        frames.push((if frame.fin { 128 } else { 0 } + frame.opcode, frame.payload));
        out = rest;
    }
    frames
}

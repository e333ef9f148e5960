//! What all targets share: a connection that is fed in pieces, and what must hold whatever comes.

use sansws::frame::{Expect, Header};
use sansws::{
    CloseCode, Config, Connection, Event, Input, Message, MessageBuf, Role, State, Transport, Violation,
};

/// An event with its data, to be compared.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<CloseCode>, String),
    Failed(Violation),
}

/// One side of a connection, and all that came out of it.
pub struct Side {
    pub role: Role,
    pub conn: Connection,
    pub store: MessageBuf,
    pub got: Vec<Got>,
    pub out: Vec<u8>,
}

impl Side {
    pub fn new(role: Role, config: Config) -> Self {
        let conn = Connection::new(role, config);
        Self { role, conn, store: MessageBuf::new(), got: Vec::new(), out: Vec::new() }
    }

    pub fn feed(&mut self, mut bytes: Vec<u8>) {
        let mut input = Input::new(&mut bytes);
        while let Some(event) = self.conn.receive_message(&mut input, &mut self.store, &mut self.out) {
            self.got.push(note(&self.conn, event, self.got.last()));
        }
        assert!(input.is_empty());
        assert_eq!(self.conn.state() == State::Closed, self.conn.transport() == Transport::Close);
    }

    /// The same, straight into the message buffer where that offers space.
    pub fn feed_direct(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        loop {
            let space = self.conn.space(&mut self.store);
            let count = space.len().min(rest.len());
            if count == 0 {
                return self.feed(rest.to_vec());
            }
            space[..count].copy_from_slice(&rest[..count]);
            rest = &rest[count..];
            if let Some(event) = self.conn.fill(count, &mut self.store, &mut self.out) {
                self.got.push(note(&self.conn, event, self.got.last()));
            }
        }
    }

    /// Every byte sent is part of a lawful frame, and nothing follows a Close.
    pub fn check_output(&self) {
        let (mut rest, mut open, mut closed) = (&self.out[..], None, false);
        while !rest.is_empty() {
            assert!(!closed);
            let masked = self.role != Role::Server;
            let expect = Expect { masked, open_message: open, max_frame: u64::MAX, max_message: u64::MAX };
            let (header, size) = Header::decode(rest, expect).expect("lawful").expect("whole");
            if !header.opcode.is_control() {
                open = (!header.fin).then_some(0);
            }
            closed = header.opcode == sansws::frame::Opcode::Close;
            rest = &rest[size + header.payload_len as usize..];
        }
    }
}

fn note(conn: &Connection, event: Event<Message<'_>>, last: Option<&Got>) -> Got {
    assert!(!matches!(last, Some(Got::Close(..) | Got::Failed(_))), "an event after the last");
    let payload = || conn.control_payload().to_vec();
    match event {
        Event::Data(Message::Text(text)) => {
            assert!(std::str::from_utf8(text.as_bytes()).is_ok());
            Got::Text(text.into())
        }
        Event::Data(Message::Binary(bytes)) => Got::Binary(bytes.into()),
        Event::Ping => Got::Ping(payload()),
        Event::Pong => Got::Pong(payload()),
        Event::Close(code) => Got::Close(code, conn.close_reason().into()),
        Event::Failed(violation) => {
            assert!(!violation.to_string().is_empty());
            Got::Failed(violation)
        }
    }
}

/// Limits small enough for a fuzzer to reach.
pub fn small() -> Config {
    Config::new().max_frame(2000).max_message(3000).max_fragments(20).reply_backlog(1000)
}

/// Feeds the same bytes whole and in pieces, as messages and as chunks: the same events, no panic.
pub fn bytes(role: Role, data: &[u8]) {
    let Some((&step, data)) = data.split_first() else { return };
    // The first byte says how the rest is cut; in the rest a client's frames need no lawful mask.
    let step = usize::from(step).max(1);
    let mut whole = Side::new(role, small());
    whole.feed(data.to_vec());
    whole.check_output();
    for direct in [false, true] {
        let mut pieces = Side::new(role, small());
        data.chunks(step)
            .for_each(|piece| if direct { pieces.feed_direct(piece) } else { pieces.feed(piece.to_vec()) });
        assert_eq!(whole.got, pieces.got);
        pieces.check_output();
    }

    let mut conn = Connection::new(role, small());
    let (mut out, mut held, mut events) = (Vec::new(), Vec::new(), 0);
    for piece in data.chunks(step) {
        let mut piece = piece.to_vec();
        let mut input = Input::new(&mut piece);
        while let Some(event) = conn.receive(&mut input, &mut out) {
            if let Event::Data(chunk) = event {
                assert_eq!(chunk.as_str().map(str::as_bytes).unwrap_or(chunk.bytes()), chunk.bytes());
                held.extend_from_slice(chunk.bytes());
                if !chunk.is_last() {
                    continue;
                }
                match &whole.got[events] {
                    Got::Text(text) => assert_eq!(text.as_bytes(), held),
                    Got::Binary(bytes) => assert_eq!(*bytes, held),
                    other => panic!("{other:?} came as chunks"),
                }
                held.clear();
            }
            events += 1;
        }
    }
    assert_eq!(events, whole.got.len());
    whole.conn.receive_eof(&whole.out);
    assert!(whole.conn.outcome().is_some());
}

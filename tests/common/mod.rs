//! Drives a connection with bytes in every cut, and writes down what comes out.

#![allow(dead_code, reason = "each test file uses its part")]

use sansws::frame::{Expect, Header, MAX_HEADER};
use sansws::{Config, Connection, Event, Input, Kind, Message, MessageBuf, Role, Violation};

pub const SEED: [u8; 32] = [7; 32];
pub const CLIENT: Role = Role::Client(SEED);
pub const ROLES: [Role; 2] = [Role::Server, CLIENT];

/// The key of all frames that the tests send to a server.
pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// An event with its data, to be kept.
#[derive(Clone, Debug, PartialEq)]
pub enum Got {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    Failed(Violation),
}

pub fn text(text: &str) -> Got {
    Got::Text(text.into())
}

pub fn binary(bytes: &[u8]) -> Got {
    Got::Binary(bytes.into())
}

pub fn ping(payload: &[u8]) -> Got {
    Got::Ping(payload.into())
}

pub fn pong(payload: &[u8]) -> Got {
    Got::Pong(payload.into())
}

pub fn close(code: u16, reason: &str) -> Got {
    Got::Close(Some(code), reason.into())
}

pub fn failed(violation: Violation) -> Got {
    Got::Failed(violation)
}

/// One frame as the peer of `role` sends it: masked for a server. `first` is the first header byte.
pub fn frame(role: Role, first: u8, payload: &[u8]) -> Vec<u8> {
    let mask_bit = if role == Role::Server { 0x80 } else { 0 };
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..=125 => bytes.push(mask_bit | length as u8),
        length @ 126..=65535 => {
            bytes.push(mask_bit | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        length => {
            bytes.push(mask_bit | 127);
            bytes.extend((length as u64).to_be_bytes());
        }
    }
    if role == Role::Server {
        bytes.extend(KEY);
        bytes.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
    } else {
        bytes.extend(payload);
    }
    bytes
}

pub fn frames(role: Role, frames: &[(u8, &[u8])]) -> Vec<u8> {
    frames.iter().flat_map(|(first, payload)| frame(role, *first, payload)).collect()
}

/// The frames that a connection sent, unmasked: first header byte and payload. Panics if they are malformed,
/// masked by a server or not masked by a client, or something follows a Close.
pub fn sent(role: Role, out: &[u8]) -> Vec<(u8, Vec<u8>)> {
    frames_of(role, out, 0)
}

/// The same where messages may be compressed: the first reserved bit on the first frame of a message, and there only.
pub fn sent_compressed(role: Role, out: &[u8]) -> Vec<(u8, Vec<u8>)> {
    frames_of(role, out, 0x40)
}

fn frames_of(role: Role, out: &[u8], allowed: u8) -> Vec<(u8, Vec<u8>)> {
    let (mut rest, mut frames, mut open) = (out, Vec::new(), None);
    while !rest.is_empty() {
        assert!(frames.last().is_none_or(|(first, _)| *first != 0x88), "bytes after a Close: {rest:x?}");
        let expect = Expect {
            masked: role != Role::Server,
            open_message: open,
            max_frame: u64::MAX,
            max_message: u64::MAX,
        };
        let first = rest[0];
        let mut head = rest[..rest.len().min(MAX_HEADER)].to_vec();
        if open.is_none() && matches!(first & 0x0f, 1 | 2) {
            head[0] &= !allowed;
        }
        let (header, size) = Header::decode(&head, expect).expect("a lawful header").expect("a whole header");
        if !header.opcode.is_control() {
            open = if header.fin { None } else { Some(0) };
        }
        let (payload, after) = rest[size..].split_at(header.payload_len as usize);
        let mut payload = payload.to_vec();
        if let Some(mut key) = header.key {
            key.apply(&mut payload);
        }
        frames.push((first, payload));
        rest = after;
    }
    frames
}

/// Which receive function.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Api {
    Messages,
    /// Whole messages, read straight into the message buffer where that offers space.
    Direct,
    Chunks,
}

/// A connection and all that came out of it.
pub struct Run {
    pub conn: Connection,
    pub store: MessageBuf,
    pub got: Vec<Got>,
    pub out: Vec<u8>,
    /// The chunks so far of a message that has not had its last one.
    assembled: Option<Vec<u8>>,
    #[cfg(feature = "deflate")]
    inflating: Option<Inflating>,
}

/// What a receiver of chunks decompresses with.
#[cfg(feature = "deflate")]
struct Inflating {
    inflater: sansws::deflate::Inflater,
    validator: sansws::utf8::Validator,
    buf: Vec<u8>,
}

#[cfg(feature = "deflate")]
impl Inflating {
    fn inflate(&mut self, chunk: &sansws::Chunk<'_>) -> Result<Vec<u8>, Violation> {
        let (mut rest, mut plain) = (chunk.bytes(), Vec::new());
        if chunk.is_first() {
            self.validator = Default::default();
        }
        loop {
            let count = self.inflater.inflate(&mut rest, chunk.is_last(), &mut self.buf)?;
            if count == 0 {
                break;
            }
            plain.extend(&self.buf[..count]);
            if chunk.kind() == Kind::Text {
                self.validator.push(&self.buf[..count]).map_err(|_| Violation::InvalidUtf8)?;
            }
        }
        assert!(rest.is_empty());
        let is_cut = chunk.is_last() && chunk.kind() == Kind::Text && !self.validator.is_complete();
        if is_cut { Err(Violation::InvalidUtf8) } else { Ok(plain) }
    }
}

impl Run {
    pub fn new(role: Role, config: Config) -> Self {
        let conn = Connection::new(role, config);
        Self {
            #[cfg(feature = "deflate")]
            inflating: conn.inflater().map(|inflater| Inflating {
                inflater,
                validator: Default::default(),
                buf: vec![0; 1000],
            }),
            conn,
            store: MessageBuf::new(),
            got: Vec::new(),
            out: Vec::new(),
            assembled: None,
        }
    }

    pub fn feed(&mut self, api: Api, bytes: &[u8]) {
        let mut bytes = bytes.to_vec();
        let mut rest = &mut bytes[..];
        loop {
            let space = if api == Api::Direct { self.conn.space(&mut self.store) } else { &mut [] };
            let count = space.len().min(rest.len());
            if count == 0 {
                break;
            }
            let (read, after) = std::mem::take(&mut rest).split_at_mut(count);
            space[..count].copy_from_slice(read);
            rest = after;
            if let Some(event) = self.conn.fill(count, &mut self.store, &mut self.out) {
                self.got.push(note(&self.conn, event, message));
            }
        }
        let mut input = Input::new(rest);
        match api {
            Api::Messages | Api::Direct => {
                while let Some(event) = self.conn.receive_message(&mut input, &mut self.store, &mut self.out)
                {
                    self.got.push(note(&self.conn, event, message));
                }
            }
            Api::Chunks => {
                while let Some(event) = self.conn.receive(&mut input, &mut self.out) {
                    let event = match event {
                        Event::Data(chunk) => {
                            assert_eq!(chunk.is_first(), self.assembled.is_none());
                            if let Some(text) = chunk.as_str() {
                                assert_eq!(text.as_bytes(), chunk.bytes());
                                assert!(std::str::from_utf8(chunk.bytes()).is_ok());
                            }
                            let assembled = self.assembled.get_or_insert_default();
                            #[cfg(not(feature = "deflate"))]
                            assembled.extend(chunk.bytes());
                            #[cfg(feature = "deflate")]
                            match &mut self.inflating {
                                Some(inflating) if chunk.is_compressed() => match inflating.inflate(&chunk) {
                                    Ok(plain) => assembled.extend(plain),
                                    Err(violation) => {
                                        let code = violation.close_code();
                                        let _ = self.conn.fail(code, "as it says", &mut self.out);
                                        self.got.push(Got::Failed(violation));
                                        continue;
                                    }
                                },
                                _ => assembled.extend(chunk.bytes()),
                            }
                            if !chunk.is_last() {
                                assert!(!chunk.bytes().is_empty(), "an empty chunk that says nothing");
                                continue;
                            }
                            let whole = self.assembled.take().unwrap_or_default();
                            self.got.push(match chunk.kind() {
                                Kind::Text => Got::Text(String::from_utf8(whole).expect("valid text")),
                                Kind::Binary => Got::Binary(whole),
                            });
                            continue;
                        }
                        other => other,
                    };
                    self.got.push(note(&self.conn, event, |_| unreachable!()));
                }
            }
        }
        assert!(input.is_empty(), "all input is taken");
        let last = self.got.iter().position(|got| matches!(got, Got::Close(..) | Got::Failed(_)));
        assert!(
            last.is_none_or(|index| index + 1 == self.got.len()),
            "an event after the last: {:?}",
            self.got
        );
    }
}

fn message(message: Message<'_>) -> Got {
    match message {
        Message::Text(text) => Got::Text(text.into()),
        Message::Binary(bytes) => Got::Binary(bytes.into()),
    }
}

fn note<D>(conn: &Connection, event: Event<D>, data: impl Fn(D) -> Got) -> Got {
    match event {
        Event::Data(message) => data(message),
        Event::Ping => Got::Ping(conn.control_payload().into()),
        Event::Pong => Got::Pong(conn.control_payload().into()),
        Event::Close(code) => Got::Close(code.map(|code| code.0), conn.close_reason().into()),
        Event::Failed(violation) => Got::Failed(violation),
    }
}

/// Feeds `bytes` whole, byte by byte and at every two-way cut, through both receive functions, and hands every
/// run to `check`. What follows the last event, if there is one, must change nothing.
pub fn every_way(role: Role, config: Config, bytes: &[u8], check: impl Fn(&Run)) {
    let ended = |run: &Run| matches!(run.got.last(), Some(Got::Close(..) | Got::Failed(_)));
    for api in [Api::Messages, Api::Direct, Api::Chunks] {
        let run = |pieces: &[&[u8]]| {
            let mut run = Run::new(role, config);
            for piece in pieces {
                run.feed(api, piece);
                // no bytes are no news.
                run.feed(api, &[]);
            }
            if ended(&run) {
                let out = run.out.len();
                // 6455-7.1.7-4, 6455-5.5.1-19: data, a Ping, a second Close, garbage.
                let after = [(0x81, &b"late"[..]), (0x89, b"late"), (0x88, b"\x03\xe8"), (0xff, b"late")];
                run.feed(api, &frames(role, &after));
                assert_eq!(run.out.len(), out, "an answer after the end");
            }
            check(&run);
        };
        run(&[bytes]);
        run(&bytes.chunks(1).collect::<Vec<_>>());
        (1..bytes.len()).for_each(|cut| run(&[&bytes[..cut], &bytes[cut..]]));
    }
}

/// The events that frames lead to, and the frames sent in answer, in every way and in both roles.
pub fn expect(input: &[(u8, &[u8])], events: &[Got], answers: &[(u8, &[u8])]) {
    for role in ROLES {
        expect_bytes(role, &frames(role, input), events, answers);
    }
}

pub fn expect_bytes(role: Role, bytes: &[u8], events: &[Got], answers: &[(u8, &[u8])]) {
    every_way(role, Config::default(), bytes, |run| {
        assert_eq!(run.got, events, "{role:?} {bytes:x?}");
        let sent = sent(role, &run.out);
        let sent: Vec<(u8, &[u8])> = sent.iter().map(|(first, payload)| (*first, &payload[..])).collect();
        assert_eq!(sent, answers, "{role:?} {bytes:x?}");
    });
}

/// `bytes` break a rule after `events`: the violation, and its Close at the end of the output.
pub fn expect_failure(role: Role, config: Config, bytes: &[u8], events: &[Got], violation: Violation) {
    every_way(role, config, bytes, |run| {
        let (last, before) = run.got.split_last().unwrap_or_else(|| panic!("no event for {bytes:x?}"));
        assert_eq!((before, last), (events, &failed(violation)), "{role:?} {bytes:x?}");
        let (first, body) = sent(role, &run.out).pop().expect("a Close");
        assert_eq!(first, 0x88);
        assert_eq!(body[..2], violation.close_code().0.to_be_bytes());
        let reason = std::str::from_utf8(&body[2..]).expect("6455-5.5.1-4");
        assert!(!reason.is_empty() && reason.is_ascii(), "D-FAIL: a short ASCII reason");
    });
}

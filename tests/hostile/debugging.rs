//! What a log shows: every public type has a `Debug` that never panics, and never tells what a client's keys are
//! drawn from.

use core::fmt::Debug;
use core::time::Duration;

use sansws::frame::{Expect, Header, Opcode};
use sansws::handshake::{BuildError, Extension, HandshakeError, Limits, Uri, UriError, client, server};
use sansws::mask::MaskingKey;
use sansws::timer::{Backoff, Expired, Timeouts, Timers};
use sansws::utf8::{InvalidUtf8, Validator};
use sansws::{
    CloseCode, Config, Connection, Event, Input, Kind, Message, MessageBuf, Outcome, Prepared, Role,
    SendError, State, Transport, Violation,
};

use crate::common::{Api, CLIENT, ROLES, Run, frame};
use crate::handshake_common::NONCE;
use crate::requests;

/// Both forms of `Debug`.
fn shown(value: &dyn Debug) -> String {
    let (line, lines) = (format!("{value:?}"), format!("{value:#?}"));
    assert!(!line.is_empty() && !lines.is_empty());
    line + &lines
}

/// V33: halves of code points, and any bytes, in everything that holds some.
#[test]
pub(crate) fn v33_debug_of_split_text() {
    for payload in [&b"\xc3"[..], b"\xf0\x9f\xa6", b"ok \xe2\x82", b"\xff\xfe\0\x1b[0m\r\n", b""] {
        for role in ROLES {
            // As text as far as it is the beginning of some, as binary in any case.
            for first in [0x01, 0x02] {
                let bytes = frame(role, first, payload);
                for end in 0..=bytes.len() {
                    let mut run = Run::new(role, Config::default());
                    run.feed(Api::Messages, &bytes[..end]);
                    shown(&run.conn);
                    shown(&run.store);
                    let (receiver, sender) = run.conn.split();
                    shown(&receiver);
                    shown(&sender);
                }
                let (mut conn, mut bytes) = (Connection::new(role, Config::default()), bytes);
                let mut input = Input::new(&mut bytes);
                shown(&input);
                shown(&conn.receive(&mut input, &mut Vec::new()));
            }
            let (mut receiver, _) = Connection::new(role, Config::default()).split();
            let mut bytes = frame(role, 0x89, payload);
            shown(&receiver.receive(&mut Input::new(&mut bytes)));
        }
        shown(&Message::Binary(payload));
        shown(&Event::Data(Message::Binary(payload)));
        shown(&Prepared::new(payload));
        let mut validator = Validator::new();
        shown(&validator.push(payload));
        shown(&validator);
    }
}

/// V33: every other public type.
#[test]
pub(crate) fn v33_debug_of_everything_else() {
    let mut conn = Connection::new(CLIENT, Config::default());
    let header =
        Header { fin: true, opcode: Opcode::Text, key: Some(MaskingKey::new([1; 4])), payload_len: u64::MAX };
    let expect = Expect { masked: true, open_message: None, max_frame: 0, max_message: u64::MAX };
    let outcome = Outcome { code: CloseCode(0), was_clean: false, violation: Some(Violation::Internal) };
    let timeouts = Timeouts::new();
    let values: [&dyn Debug; 30] = [
        &header,
        &header.encode(),
        &conn.header(Kind::Binary, 70000, true),
        &expect,
        &outcome,
        &Opcode::Pong,
        &MaskingKey::default(),
        &InvalidUtf8,
        &Config::default(),
        &MessageBuf::new(),
        &Input::default(),
        &CloseCode(u16::MAX),
        &Kind::Text,
        &State::Open,
        &Transport::Close,
        &Role::Server,
        &SendError::Closed,
        &timeouts,
        &Timers::new(timeouts, Duration::MAX),
        &Expired::Idle,
        &Backoff::default(),
        &Limits::new(),
        &HandshakeError::Accept,
        &UriError::Scheme,
        &BuildError::HeaderName("\r\n".into()),
        &Extension::new("\r\n").param("", Some("\0")),
        &"ws://h/".parse::<Uri>(),
        &server::Accept::new().header("\r", "\n"),
        &server::Response::new(0).body([0xff; 3]),
        &server::Handshake::new(),
    ];
    values.into_iter().for_each(|value| drop(shown(value)));

    let request = requests::request(b"+X: \xff\xc3|=Origin: \xf0\x9f");
    shown(&request);
    let ask = client::Request::new("ws://h/".parse().expect("a URI")).header("X", "\0");
    shown(&ask);
    let ask = client::Request::new("ws://h/".parse().expect("a URI"));
    let mut handshake = client::Handshake::start(&ask, NONCE, &mut Vec::new()).expect("nothing wrong");
    let mut bytes = *b"HTTP/1.1 404 \xc3\r\nX: \xff\r\n\r\n";
    for byte in &mut bytes {
        shown(&handshake.receive(&mut Input::new(core::slice::from_mut(byte))));
        shown(&handshake);
    }
}

/// The same picture for every seed, before and after keys were drawn: it tells neither the seed nor what comes of it.
#[test]
pub(crate) fn v33_v53_debug_shows_no_secrets() {
    let picture = |seed: [u8; 32]| {
        let role = Role::Client(seed);
        let mut run = Run::new(role, Config::new().reply_backlog(0));
        let mut all = shown(&role) + &shown(&run.conn);
        for _ in 0..100 {
            run.conn.send("x", &mut run.out).expect("open");
            run.feed(Api::Messages, &frame(role, 0x89, b"p"));
            all += &shown(&run.conn);
            all += &shown(run.conn.sender());
        }
        let (receiver, sender) = run.conn.split();
        all + &shown(&receiver) + &shown(&sender)
    };
    let mut seed = [0xa7; 32];
    let first = picture(seed);
    for other in [0, 1, 0xa7, 0xff] {
        seed[31] = other;
        assert_eq!(picture(seed), first);
        assert_eq!(picture([other; 32]), first);
    }
}

/// V33: what compresses, before, within and after messages.
#[cfg(feature = "deflate")]
#[test]
fn v33_debug_of_compression() {
    use sansws::deflate::{self, Agreed, Deflater};

    let config = Config::new().deflate(Agreed::new());
    let mut deflater = Deflater::new().threshold(0).only_if_smaller(false);
    let (mut run, mut other) = (Run::new(CLIENT, config), Run::new(Role::Server, config));
    run.conn.send_compressed("\u{fffd}", &mut deflater, &mut run.out).expect("open");
    for byte in std::mem::take(&mut run.out) {
        other.feed(Api::Messages, &[byte]);
        shown(&other.conn);
        shown(&other.store);
    }
    assert_eq!(other.got, [crate::common::text("\u{fffd}")]);
    shown(&run.conn);
    shown(&deflater);
    shown(&deflate::Config::new());
    shown(&other.conn.inflater());
}

#[cfg(feature = "std")]
mod over_a_socket {
    use std::io::Cursor;

    use sansws::stream::{Error, OwnedMessage, WebSocket};

    use super::*;

    /// V33: what only exists with a socket.
    #[test]
    fn v33_debug_of_streams() {
        // The request is read, and the answer written behind it.
        let socket =
            Cursor::new(requests::REQUEST.replace("Origin: http://example.com\r\n", "").into_bytes());
        let mut socket = WebSocket::accept(socket).expect("a good request");
        shown(&socket);
        let error = socket.read().expect_err("no frame");
        shown(&error);
        shown(&socket);
        shown(&OwnedMessage::Binary(b"\xc3".to_vec()));
        shown(&Error::Refused);
    }
}

//! A server and a client wired together, and applications that call anything in any order.
#![no_main]

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use sansws::deflate::{Agreed, Deflater};
use sansws::{CloseCode, Kind, Prepared, Role, Violation};
use sansws_fuzz::{Got, Side, small};

#[derive(Arbitrary, Debug)]
enum Deed {
    Text(String),
    Binary(Vec<u8>),
    Fragment {
        text: bool,
        payload: Vec<u8>,
        last: bool,
    },
    Prepared(String),
    /// With the deflater that compresses what it finds worth it, or with the one that compresses everything.
    Compressed {
        text: String,
        times: u8,
        eager: bool,
    },
    CompressedFragment {
        text: bool,
        payload: Vec<u8>,
        last: bool,
        eager: bool,
    },
    CompressedOnce {
        text: String,
        bits: u8,
        eager: bool,
    },
    Header {
        text: bool,
        length: u16,
        last: bool,
    },
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    AnswerPing,
    Resume,
    Close(Option<u16>, String),
    Fail(u16, String),
    Eof,
    Write(u16),
}

/// The messages that one side sent, for the other to receive.
#[derive(Default)]
struct Ledger {
    messages: Vec<Got>,
    open: Option<(Kind, Vec<u8>)>,
}

impl Ledger {
    fn add(&mut self, kind: Kind, payload: &[u8], last: bool) {
        let (kind, mut message) = self.open.take().unwrap_or((kind, Vec::new()));
        message.extend_from_slice(payload);
        if !last {
            self.open = Some((kind, message));
            return;
        }
        self.messages.push(match kind {
            // Text by headers alone is not checked by the sender; the receiver fails then.
            Kind::Text => String::from_utf8(message).map_or(Got::Failed(Violation::InvalidUtf8), Got::Text),
            Kind::Binary => Got::Binary(message),
        });
    }
}

/// What the sides have agreed to, if anything.
#[derive(Arbitrary, Debug)]
struct Deflate {
    server_takes_over: bool,
    client_takes_over: bool,
    server_bits: u8,
    client_bits: u8,
}

fuzz_target!(|input: (Option<Deflate>, Vec<(bool, Deed)>)| {
    let (deflate, deeds) = input;
    let config = deflate.map_or(small(), |deflate| {
        let agreed = Agreed::new()
            .server_no_context_takeover(!deflate.server_takes_over)
            .client_no_context_takeover(!deflate.client_takes_over)
            .server_max_window_bits(8 + deflate.server_bits % 8)
            .client_max_window_bits(8 + deflate.client_bits % 8);
        small().deflate(agreed)
    });
    let mut server = Side::new(Role::Server, config);
    let mut client = Side::new(Role::Client([7; 32]), config);
    // Both serve both sides.
    let mut deflaters = [Deflater::new(), Deflater::new().threshold(0).only_if_smaller(false).level(9)];
    let mut sent = [Ledger::default(), Ledger::default()];
    for (is_server, deed) in deeds {
        let (side, other) = if is_server { (&mut server, &mut client) } else { (&mut client, &mut server) };
        let ledger = &mut sent[usize::from(is_server)];
        let (conn, out) = (&mut side.conn, &mut side.out);
        let before = out.len();
        let refused = match deed {
            Deed::Text(text) => {
                conn.send(text.as_str(), out).map(|()| ledger.add(Kind::Text, text.as_bytes(), true)).is_err()
            }
            Deed::Binary(bytes) => {
                conn.send(&bytes[..], out).map(|()| ledger.add(Kind::Binary, &bytes, true)).is_err()
            }
            Deed::Fragment { text, payload, last } => {
                let kind = if text { Kind::Text } else { Kind::Binary };
                conn.send_fragment(kind, &payload, last, out)
                    .map(|()| ledger.add(kind, &payload, last))
                    .is_err()
            }
            Deed::Prepared(text) => {
                let prepared = Prepared::new(text.as_str());
                conn.send_prepared(&prepared, out)
                    .map(|()| ledger.add(Kind::Text, text.as_bytes(), true))
                    .is_err()
            }
            Deed::Compressed { text, times, eager } => {
                let text = text.repeat(usize::from(times % 20));
                conn.send_compressed(&text, &mut deflaters[usize::from(eager)], out)
                    .map(|()| ledger.add(Kind::Text, text.as_bytes(), true))
                    .is_err()
            }
            Deed::CompressedFragment { text, payload, last, eager } => {
                let kind = if text { Kind::Text } else { Kind::Binary };
                conn.send_fragment_compressed(kind, &payload, last, &mut deflaters[usize::from(eager)], out)
                    .map(|()| ledger.add(kind, &payload, last))
                    .is_err()
            }
            Deed::CompressedOnce { text, bits, eager } => {
                let prepared = Prepared::compressed(&text, bits, &mut deflaters[usize::from(eager)]);
                conn.send_prepared(&prepared, out)
                    .map(|()| ledger.add(Kind::Text, text.as_bytes(), true))
                    .is_err()
            }
            Deed::Header { text, length, last } => {
                let kind = if text { Kind::Text } else { Kind::Binary };
                match conn.header(kind, u64::from(length % 300), last) {
                    Ok(mut header) => {
                        let mut payload = vec![b'x'; usize::from(length % 300)];
                        ledger.add(kind, &payload, last);
                        header.mask(&mut payload);
                        out.extend_from_slice(header.as_bytes());
                        out.extend_from_slice(&payload);
                        false
                    }
                    Err(_) => true,
                }
            }
            Deed::Ping(payload) => conn.ping(&payload, out).is_err(),
            Deed::Pong(payload) => conn.pong(&payload, out).is_err(),
            Deed::AnswerPing => {
                conn.answer_ping(out);
                false
            }
            Deed::Resume => {
                conn.resume(out);
                false
            }
            Deed::Close(code, reason) => conn.close(code.map(CloseCode), &reason, out).is_err(),
            Deed::Fail(code, reason) => conn.fail(CloseCode(code), &reason, out).is_err(),
            Deed::Eof => {
                conn.receive_eof(out);
                false
            }
            Deed::Write(count) => {
                let bytes = out.drain(..usize::from(count).min(out.len())).collect();
                other.feed(bytes);
                continue;
            }
        };
        // An error has appended nothing.
        assert!(!refused || out.len() == before);
    }
    // A peer that keeps the rules is only blamed for text that it sent by headers alone, and for its size.
    for side in [&server, &client] {
        let lawful = |got: &Got| match got {
            Got::Failed(Violation::InvalidUtf8 | Violation::TooManyFragments { .. }) => true,
            Got::Failed(Violation::FrameTooBig { .. } | Violation::MessageTooBig { .. }) => true,
            got => !matches!(got, Got::Failed(_)),
        };
        assert!(side.got.iter().all(lawful), "{:?}", side.got);
    }
    // Messages arrive unchanged and in order, as far as they arrive.
    for (side, ledger) in [(&server, &sent[0]), (&client, &sent[1])] {
        let data = side.got.iter().filter(|got| matches!(got, Got::Text(_) | Got::Binary(_)));
        for (got, sent) in data.zip(&ledger.messages) {
            assert_eq!(got, sent);
        }
    }
});

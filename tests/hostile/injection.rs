//! Nothing that the application was talked into sending gets out of its place: line breaks, control characters,
//! separators, and bytes of something else that lay in the same memory.

use sansws::handshake::client::{Handshake, Request};
use sansws::handshake::server::{Accept, Response};
use sansws::handshake::{BuildError, Extension, Uri};
use sansws::{CloseCode, Config, Connection, Kind, Message, Role};

use crate::common::{Api, CLIENT, ROLES, Run, frame, ping, sent};
use crate::handshake_common::{NONCE, contains};
use crate::requests;

/// Every character of the first two hundred and fifty-six and some beyond, alone, at the start, in the middle and at
/// the end.
fn intruders() -> impl Iterator<Item = String> {
    let characters =
        ('\0'..='\u{ff}').chain(['\u{10d}', '\u{20a}', '\u{2028}', '\u{560a}', '\u{feff}', '🦀']);
    let placed =
        characters.flat_map(|c| [format!("{c}"), format!("{c}b"), format!("a{c}b"), format!("a{c}")]);
    let more = [
        "",
        "a\r\nEvil: 1",
        "a\r\n\r\nEvil",
        "a\n Evil",
        "a; b",
        "a, b",
        "a=b",
        "\"a\"",
        "a HTTP/1.1\r\nEvil: 1",
    ];
    placed.chain(more.map(String::from))
}

/// The lines of a head that is nothing but lines: no control character but a tab within one, no empty one before the
/// end, and each field of the handshake once.
#[track_caller]
fn lines(head: &[u8]) -> usize {
    let head = head.strip_suffix(b"\r\n\r\n").expect("an empty line at the end");
    let text = std::str::from_utf8(head).expect("UTF-8");
    let lines: Vec<&str> = text.split("\r\n").collect();
    for line in &lines {
        assert!(!line.is_empty() && !line.bytes().any(|b| b != b'\t' && b.is_ascii_control()), "{text:?}");
    }
    for name in ["host", "upgrade", "connection", "content-length", "transfer-encoding", "sec-websocket-key"]
    {
        let is_named =
            |line: &&&str| line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name));
        assert!(lines.iter().filter(is_named).count() <= 1, "{name} twice in {text:?}");
    }
    lines.len()
}

/// V43: whatever stands in a request, it is refused before a byte is written, or one more field and nothing else.
#[test]
pub(crate) fn v43_cve_2023_49081_requests() {
    type Put = fn(Request, &str) -> Request;
    let puts: [Put; 7] = [
        |request, text| request.subprotocol(text),
        |request, text| request.extension(Extension::new(text)),
        |request, text| request.extension(Extension::new("x").param(text, None)),
        |request, text| request.extension(Extension::new("x").param("a", Some(text))),
        |request, text| request.origin(text),
        |request, text| request.header(text, "value"),
        |request, text| request.header("X", text),
    ];
    let (mut sent, mut refused) = (0, 0);
    for text in intruders() {
        for put in puts {
            let request = put(Request::new("ws://h/".parse().expect("a URI")), &text);
            let mut out = b"kept".to_vec();
            if Handshake::start(&request, NONCE, &mut out).is_ok() {
                assert_eq!(lines(&out[4..]), 7, "{text:?}");
                sent += 1;
            } else {
                assert_eq!(out, b"kept");
                refused += 1;
            }
        }
    }
    assert!(sent > 1000 && refused > 1000, "{sent} sent, {refused} refused");
    let start = |request: Request| Handshake::start(&request, NONCE, &mut Vec::new()).err();
    let request = || Request::new("ws://h/".parse().expect("a URI"));
    let split = "a\r\nX: y";
    assert_eq!(start(request().subprotocol(split)), Some(BuildError::Subprotocol(split.into())));
    for value in ["\n", "\r", "\0", "a\r\nb"] {
        assert_eq!(start(request().header("X", value)), Some(BuildError::HeaderValue("X".into())));
    }
}

/// V43: the target and the host come from a URI, and from nothing that is none.
#[test]
pub(crate) fn v43_uris() {
    assert!("ws://h/\r\nEvil: 1".parse::<Uri>().is_err());
    let base: Uri = "ws://h/a/b?c".parse().expect("good");
    let mut good = 0;
    for text in intruders() {
        let parsed = [
            format!("ws://h/{text}").parse(),
            format!("ws://h/?{text}").parse(),
            format!("ws://{text}/").parse(),
            format!("ws://h:{text}/").parse(),
            format!("{text}ws://h/").parse(),
            base.join(&text),
            base.join(&format!("//{text}/")),
            base.join(&format!("?{text}")),
        ];
        for uri in parsed.into_iter().flatten() {
            let mut out = Vec::new();
            Handshake::start(&Request::new(uri), NONCE, &mut out).expect("a URI can be sent");
            assert_eq!(lines(&out), 6, "{text:?}");
            assert!(out.is_ascii() && !contains(&out, b"evil: 1"));
            assert_eq!(
                out.split(|byte| *byte == b'\r').next().map(|l| l.split(|b| *b == b' ').count()),
                Some(3)
            );
            good += 1;
        }
    }
    assert!(good > 1000, "{good}");
}

/// 5.2: the same for all that a server writes.
#[test]
pub(crate) fn c5_2_injection_into_responses() {
    type Put = fn(Accept, &str) -> Accept;
    let puts: [Put; 6] = [
        |accept, text| accept.subprotocol(text),
        |accept, text| accept.extension(Extension::new(text)),
        |accept, text| accept.extension(Extension::new("x").param(text, None)),
        |accept, text| accept.extension(Extension::new("x").param("a", Some(text))),
        |accept, text| accept.header(text, "value"),
        |accept, text| accept.header("X", text),
    ];
    let request = requests::request(b"+Sec-WebSocket-Extensions: x");
    for text in intruders() {
        for put in puts {
            let mut out = b"kept".to_vec();
            if request.accept(&put(Accept::new(), &text), Config::default(), &mut out).is_ok() {
                assert_eq!(lines(&out[4..]), 5, "{text:?}");
            } else {
                assert_eq!(out, b"kept");
            }
        }
        for response in [Response::new(403).header("X", &*text), Response::new(403).header(&*text, "value")] {
            let mut out = b"kept".to_vec();
            if request.reject(&response.body("\r\n\r\nHTTP/1.1 101"), &mut out).is_ok() {
                let head = out[4..].strip_suffix(b"\r\n\r\nHTTP/1.1 101").expect("the body is the last");
                assert_eq!(lines(head), 4, "{text:?}");
            } else {
                assert_eq!(out, b"kept");
            }
        }
    }
}

/// 5.2: fields that the handshake writes, or that tell where it ends, are nobody else's, in any case of letters.
#[test]
pub(crate) fn c5_2_fields_of_the_handshake() {
    let accepted = requests::request(b"");
    for name in [
        "Host",
        "upgrade",
        "CONNECTION",
        "Content-Length",
        "transfer-encoding",
        "Sec-WebSocket-Key",
        "sec-websocket-accept",
        "Sec-WebSocket-Version",
        "SEC-WEBSOCKET-PROTOCOL",
        "Sec-WebSocket-Extensions",
        "sec-websocket-of-the-future",
    ] {
        let (mut out, error) = (Vec::new(), Some(BuildError::HeaderReserved(name.into())));
        let request = Request::new("ws://h/".parse().expect("a URI")).header(name, "x");
        assert_eq!(Handshake::start(&request, NONCE, &mut out).err(), error);
        let accept = Accept::new().header(name, "x");
        assert_eq!(accepted.accept(&accept, Config::default(), &mut out).err(), error);
        assert_eq!(accepted.reject(&Response::new(403).header(name, "x"), &mut out).err(), error);
        assert!(out.is_empty());
    }
}

/// Errors are one line, whatever they are about: they end up in logs.
#[test]
pub(crate) fn errors_are_one_line() {
    for text in intruders() {
        for error in [
            BuildError::Extension(text.clone()),
            BuildError::HeaderName(text.clone()),
            BuildError::HeaderReserved(text.clone()),
            BuildError::HeaderValue(text.clone()),
            BuildError::Subprotocol(text.clone()),
        ] {
            let said = error.to_string();
            assert!(!said.bytes().any(|byte| byte.is_ascii_control()), "{said:?}");
        }
    }
}

/// V9, V14: payloads are the bytes that were given, as many as there are: over memory that held something else, and
/// after longer ones.
#[test]
pub(crate) fn v9_v14_cve_2016_10518_no_bytes_of_something_else() {
    for role in ROLES {
        for length in 0..=125 {
            let mut conn = Connection::new(role, Config::default());
            let payload = vec![b'p'; length];
            let mut out = vec![0x5e; 4096];
            out.clear();
            conn.ping(&payload, &mut out).expect("open");
            conn.pong(&payload, &mut out).expect("open");
            conn.send(&payload, &mut out).expect("open");
            conn.send_fragment(Kind::Binary, &payload, true, &mut out).expect("open");
            let reason = "r".repeat(length.min(123));
            conn.close(Some(CloseCode(4000)), &reason, &mut out).expect("open");
            let expected = [0x89, 0x8a, 0x82, 0x82].map(|first| (first, payload.clone()));
            let body = [b"\x0f\xa0", reason.as_bytes()].concat();
            assert_eq!(sent(role, &out), [&expected[..], &[(0x88, body)]].concat());
        }
        // The buffer of control payloads, and the Pong held back, after longer ones.
        let mut run = Run::new(role, Config::new().reply_backlog(1));
        run.conn.send("x", &mut run.out).expect("open");
        for payload in [&[0xff; 125][..], b"short", b""] {
            run.feed(Api::Messages, &frame(role, 0x89, payload));
            assert_eq!(run.got.pop(), Some(ping(payload)));
            let mut out = Vec::new();
            run.conn.resume(&mut out);
            assert_eq!(sent(role, &out), [(0x8a, payload.to_vec())]);
        }
        run.feed(Api::Messages, &frame(role, 0x89, &[0xff; 125]));
        run.feed(Api::Messages, &frame(role, 0x88, b"\x03\xe8ok"));
        assert_eq!((run.conn.close_reason(), run.conn.control_payload()), ("ok", &b""[..]));
    }
}

/// V14, V62g: a reason is sent whole or refused, never cut inside a code point.
#[test]
pub(crate) fn v14_v62_reasons_are_not_cut() {
    for reason in ["é".repeat(62), "🦀".repeat(31), "x".repeat(124)] {
        for role in ROLES {
            let mut conn = Connection::new(role, Config::default());
            let mut out = Vec::new();
            assert!(conn.close(Some(CloseCode::NORMAL), &reason, &mut out).is_err());
            assert!(conn.fail(CloseCode::NORMAL, &reason, &mut out).is_err());
            assert!(out.is_empty());
        }
    }
}

/// V53, V62f, 5.2: every frame of a client has a key of its own, drawn from the seed it was given.
#[test]
pub(crate) fn v53_cve_2025_10148_one_key_for_each_frame() {
    let keys = |seed| {
        let mut conn = Connection::new(Role::Client(seed), Config::default());
        let mut keys = Vec::new();
        for _ in 0..1000 {
            let mut out = Vec::new();
            conn.send(Message::Text(""), &mut out).expect("open");
            conn.ping(b"", &mut out).expect("open");
            assert_eq!(out.len(), 12);
            keys.extend(out.chunks(6).map(|frame| [frame[2], frame[3], frame[4], frame[5]]));
        }
        keys
    };
    let (one, other) = (keys([1; 32]), keys([2; 32]));
    assert_eq!(one, keys([1; 32]), "nothing but the seed");
    let mut all: Vec<u32> = one.iter().chain(&other).copied().map(u32::from_be_bytes).collect();
    let steps: Vec<u32> = all.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect();
    assert!(steps.windows(2).all(|pair| pair[0] != pair[1]), "keys that count");
    all.sort_unstable();
    all.dedup();
    assert!(all.len() >= 3999, "{} keys of 4000", all.len());
    let mut zero = Connection::new(CLIENT, Config::default());
    let mut out = Vec::new();
    zero.send(&[0; 64], &mut out).expect("open");
    assert_ne!(out[2..6], [0; 4]);
}

//! The server's side of the opening handshake: what it accepts, what it refuses with which status, and what
//! it writes (RFC 6455 4.2; requirement ids stand with the cases).

mod handshake_common;

use handshake_common::{ACCEPT, Arrived, Head, KEY, arrive, contains, edit, every_way};
use proptest::prelude::*;
use sansws::handshake::server::{Accept, Handshake, Request, Response};
use sansws::handshake::{BuildError, Extension, HandshakeError, Limits, accept_key};
use sansws::{Config, Connection, Event, Input, Message, MessageBuf};

/// RFC 6455 1.2.
const REQUEST: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

/// A frame sent behind the request: "hi", masked.
const TAIL: &[u8] = b"\x81\x82\x01\x02\x03\x04\x69\x6b";

/// Receives a request in every way. Nothing is written before the application accepts.
#[track_caller]
fn receive_with(begin: impl Fn() -> Handshake, head: &[u8]) -> (Result<Request, HandshakeError>, Vec<u8>) {
    let begin = || {
        let mut handshake = begin();
        move |input: &mut Input<'_>, out: &mut Vec<u8>| handshake.receive(input, out)
    };
    let (verdict, out) = every_way(begin, head, TAIL);
    assert_eq!(verdict.is_ok(), out.is_empty(), "{}", out.escape_ascii());
    (verdict, out)
}

/// The same for a request that has to be refused: the error with the response.
#[track_caller]
fn refused(begin: impl Fn() -> Handshake, head: &[u8]) -> (HandshakeError, Head) {
    let (verdict, out) = receive_with(begin, head);
    let Err(error) = verdict else { panic!("accepted: {}", head.escape_ascii()) };
    let response = Head::parse(&out);
    response.assert_refusal(error.status());
    (error, response)
}

#[track_caller]
fn request(edits: &[u8]) -> Request {
    let head = edit(REQUEST, edits);
    receive_with(Handshake::new, &head).0.unwrap_or_else(|error| panic!("{error}: {}", head.escape_ascii()))
}

#[track_caller]
fn accept(request: &Request, accept: &Accept) -> (Connection, Head) {
    let mut out = Vec::new();
    let conn = request.accept(accept, Config::default(), &mut out).expect("nothing wrong");
    (conn, Head::parse(&out))
}

/// Each of these is the example of the RFC with some fields changed, and still good.
#[test]
fn good_requests() {
    let cases: &[(&str, &[u8])] = &[
        ("the example", b""),
        ("6455-4.2.1-7", b"=Upgrade: WebSocket"),
        ("6455-4.2.1-7", b"=Upgrade: IRC/6.9, websocket"),
        ("6455-4.2.1-7", b"=Upgrade: h2c, websocket"),
        ("6455-4.2.1-7", b"=Upgrade: foo|+Upgrade: websocket"),
        ("6455-4.2.1-7", b"=Upgrade: \t websocket\t ,"),
        ("6455-4.2.1-9: Firefox", b"=Connection: keep-alive, Upgrade"),
        ("6455-4.2.1-9", b"=connection: UPGRADE"),
        ("6455-4.2.1-9", b"=Connection: keep-alive|+Connection: Upgrade"),
        ("6455-4.2.1-9", b"=Connection: a\t,\tupgrade ,b"),
        ("9110-5.6.1-1", b"=Connection: , Upgrade"),
        ("9110-5.6.1-1", b"=Sec-WebSocket-Protocol: a,,b"),
        ("9110-5.6.1-1", b"+Sec-WebSocket-Extensions: ,permessage-deflate"),
        ("6455-4.2.1-6", b"=Host: h:80"),
        ("6455-4.2.1-6", b"=Host: [::1]:80"),
        ("6455-4.2.1-6", b"=Host: [2001:db8::1]"),
        ("6455-4.2.1-6", b"=Host: 127.0.0.1:9001"),
        ("6455-4.2.1-6", b"=Host: h:"),
        ("6455-4.2.1-12", b"=Sec-WebSocket-Version: 13 "),
        ("6455-4.2.1-12", b"=Sec-WebSocket-Version:13"),
        ("6455-4.2.2-15", b"=Sec-WebSocket-Key: \t dGhlIHNhbXBsZSBub25jZQ== \t"),
        ("6455-4.2.1-14", b"-Origin"),
        ("6455-4.2.1-15", b"-Sec-WebSocket-Protocol"),
        ("6455-4.2.1-18", b"+X-Foo: 1|+Sec-WebSocket-Foo: 1|+Empty:|+Sec-WebSocket-Accept: 1"),
        ("6455-4.2.1-18: extensions", b"+Sec-WebSocket-Extensions: constructor; __proto__=1, x; toString"),
        (
            "6455-4.2.1-19",
            b"-Sec-WebSocket-Key|-Host|-Upgrade|+sec-websocket-KEY: dGhlIHNhbXBsZSBub25jZQ==\
              |+hOST: h|+uPgRaDe: WebSocket",
        ),
        ("9112-2.2-3", b"^\r\n"),
        ("9112-2.2-3", b"^\r\n\r\n\r\n"),
        ("9110-5.5-1: obs-text", b"+X-Name: caf\xc3\xa9 \xff\x80|+X-Tab: a\tb"),
        ("9110-7.8-1", b"+Expect: 100-continue"),
        ("9110-7.8-1", b"+expect: 100-Continue"),
        ("9112-6-1", b"+Content-Length: 0"),
    ];
    for (id, edits) in cases {
        let request = request(edits);
        assert!(request.is_websocket(), "{id}");
        // 6455-4.2.1-20: what stood behind the request is the first message.
        let (mut conn, _) = accept(&request, &Accept::new());
        let (mut tail, mut store, mut out) = (TAIL.to_vec(), MessageBuf::new(), Vec::new());
        let event = conn.receive_message(&mut Input::new(&mut tail), &mut store, &mut out);
        assert_eq!(event, Some(Event::Data(Message::Text("hi"))), "{id}");
    }
}

/// 6455-4.2.1-1: whatever deviates is answered with an HTTP error, and never with 101.
#[test]
fn bad_requests() {
    use HandshakeError as E;
    let cases: &[(&str, &[u8], HandshakeError, u16)] = &[
        ("6455-4.2.1-2", b">POST /chat HTTP/1.1", E::Method, 405),
        ("6455-4.2.1-2", b">HEAD /chat HTTP/1.1", E::Method, 405),
        ("6455-4.2.1-2: case counts", b">get / HTTP/1.1", E::Method, 405),
        ("6455-4.2.1-2", b">CONNECT h:80 HTTP/1.1", E::Method, 405),
        ("6455-4.2.1-3", b">GET /chat HTTP/1.0", E::HttpVersion, 505),
        ("6455-4.2.1-3", b">GET /chat HTTP/2.0", E::HttpVersion, 505),
        ("6455-4.2.1-3", b">GET /chat", E::Malformed, 400),
        ("6455-4.2.1-3", b">GET /chat http/1.1", E::Malformed, 400),
        ("6455-4.2.1-3", b">GET /chat FTTP/1.1", E::Malformed, 400),
        ("6455-4.2.1-3", b">GET /chat HTTP/1", E::Malformed, 400),
        ("6455-4.2.1-3", b">GET /chat HTTP/1.1 ", E::Malformed, 400),
        ("6455-4.2.1-3", b"^PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", E::HttpVersion, 505),
        ("6455-4.2.1-4", b">GET * HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET h:80 HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET chat HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET ?q HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET  HTTP/1.1", E::Malformed, 400),
        ("6455-4.2.1-4", b">GET  /chat HTTP/1.1", E::Malformed, 400),
        ("6455-4.2.1-4", b">GET /chat  HTTP/1.1", E::Malformed, 400),
        ("6455-4.2.1-4", b">GET /a b HTTP/1.1", E::Malformed, 400),
        ("6455-4.2.1-4", b">GET /a\tb HTTP/1.1", E::Malformed, 400),
        ("6455-4.2.1-4", b">GET /caf\xc3\xa9 HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET /\xff HTTP/1.1", E::Malformed, 400),
        ("6455-4.2.1-4", b">GET ftp://h/chat HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET http:///chat HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET http://u@h/chat HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET http://[::1/chat HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-4", b">GET http://h:99999/chat HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-5", b">GET /chat#x HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-5", b">GET http://h/chat#x HTTP/1.1", E::Target, 400),
        ("6455-4.2.1-6", b"-Host", E::Host, 400),
        ("6455-4.2.1-6", b"+Host: server.example.com", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: a b", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: u@h", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: h/x", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: h, h", E::Host, 400),
        ("6455-4.2.1-6", b"=Host:", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: :80", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: h:80x", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: h:-1", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: h:65536", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: [::1", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: [::1]x", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: %", E::Host, 400),
        ("6455-4.2.1-6", b"=Host: \xff", E::Host, 400),
        ("6455-4.2.1-7", b"=Upgrade: websockets", E::NotUpgrade, 426),
        ("6455-4.2.1-7", b"=Upgrade: websocket/13", E::NotUpgrade, 426),
        ("6455-4.2.1-7", b"=Upgrade: web socket", E::NotUpgrade, 426),
        ("6455-4.2.1-7", b"=Upgrade: h2c", E::NotUpgrade, 426),
        ("6455-4.2.1-7", b"=Upgrade:", E::NotUpgrade, 426),
        ("6455-4.2.1-8", b"-Upgrade", E::NotUpgrade, 426),
        ("6455-4.2.1-9", b"-Connection", E::Connection, 400),
        ("6455-4.2.1-9", b"=Connection: close", E::Connection, 400),
        ("6455-4.2.1-9", b"=Connection: upgraded", E::Connection, 400),
        ("6455-4.2.1-9", b"=Connection: notupgrade", E::Connection, 400),
        ("6455-4.2.1-9", b"=Connection: keep-alive Upgrade", E::Connection, 400),
        ("6455-4.2.1-9", b"=Connection: keep-alive; Upgrade", E::Connection, 400),
        ("6455-4.2.1-10", b"-Sec-WebSocket-Key", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key:", E::Key, 400),
        ("6455-4.2.1-10: 15 bytes", b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA", E::Key, 400),
        ("6455-4.2.1-10: 17 bytes", b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=", E::Key, 400),
        ("6455-4.2.1-10: 18 bytes", b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAAA", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key: AAAAAAAAAAA*AAAAAAAAAA==", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key: AAAAAAAAAA AAAAAAAAAAA==", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key: AAAAAAAAAAA-_AAAAAAAAA==", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAA==", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAA===", E::Key, 400),
        ("6455-4.2.1-10", b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA\xc3\xa9==", E::Key, 400),
        ("6455-11.3.1-2", b"+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", E::Key, 400),
        ("6455-11.3.1-2", b"+Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==", E::Key, 400),
        (
            "6455-11.3.1-2: joined",
            b"=Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
            E::Key,
            400,
        ),
        ("6455-4.2.1-12", b"=Sec-WebSocket-Version: 12", E::VersionUnsupported(12), 426),
        ("6455-4.2.1-12", b"=Sec-WebSocket-Version: 8", E::VersionUnsupported(8), 426),
        ("6455-4.2.1-12", b"=Sec-WebSocket-Version: 0", E::VersionUnsupported(0), 426),
        ("6455-4.2.1-12", b"=Sec-WebSocket-Version: 255", E::VersionUnsupported(255), 426),
        ("6455-4.2.1-13", b"-Sec-WebSocket-Version", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version:", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: 013", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: +13", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: -13", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: 13.0", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: 13, 8", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: 1 3", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: abc", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: 256", E::Version, 400),
        ("6455-4.2.1-13", b"=Sec-WebSocket-Version: \xff", E::Version, 400),
        ("6455-11.3.5-2", b"+Sec-WebSocket-Version: 13", E::Version, 400),
        ("6455-11.3.5-2", b"+Sec-WebSocket-Version: 8", E::Version, 400),
        ("6455-4.2.1-16", b"=Sec-WebSocket-Protocol: a b", E::Subprotocol, 400),
        ("6455-4.2.1-16", b"=Sec-WebSocket-Protocol: a;q=1", E::Subprotocol, 400),
        ("6455-4.2.1-16", b"=Sec-WebSocket-Protocol: \"a\"", E::Subprotocol, 400),
        ("6455-4.2.1-16", b"=Sec-WebSocket-Protocol:", E::Subprotocol, 400),
        ("6455-4.2.1-16", b"=Sec-WebSocket-Protocol: ,", E::Subprotocol, 400),
        ("6455-4.2.1-16", b"=Sec-WebSocket-Protocol: chat, chat", E::Subprotocol, 400),
        ("6455-4.2.1-16", b"+Sec-WebSocket-Protocol: chat", E::Subprotocol, 400),
        ("6455-8.1-H", b"=Sec-WebSocket-Protocol: \xff", E::Subprotocol, 400),
        ("6455-8.1-H", b"=Sec-WebSocket-Protocol: caf\xc3\xa9", E::Subprotocol, 400),
        ("6455-4.2.1-17", b"+Sec-WebSocket-Extensions:", E::Extensions, 400),
        ("6455-4.2.1-17", b"+Sec-WebSocket-Extensions: permessage-deflate;", E::Extensions, 400),
        ("6455-4.2.1-17", b"+Sec-WebSocket-Extensions: a|+Sec-WebSocket-Extensions:", E::Extensions, 400),
        ("9112-5.1-1", b"-Host|+Host : h", E::Malformed, 400),
        ("9112-5.1-1", b"+X\t: h", E::Malformed, 400),
        ("a field without a colon", b"+X", E::Malformed, 400),
        ("a field without a name", b"+: x", E::Malformed, 400),
        ("a name that is no token", b"+X(1): x", E::Malformed, 400),
        ("a name that is no token", b"+caf\xc3\xa9: x", E::Malformed, 400),
        ("9112-5.2-1", b"=Sec-WebSocket-Protocol: a,\r\n b", E::LeadingSpace, 400),
        ("9112-5.2-1", b"+X: a\r\n\tb", E::LeadingSpace, 400),
        ("9112-2.2-1", b"+X: a\rb", E::LineEnd, 400),
        ("9112-2.2-1", b"+X: a\r", E::LineEnd, 400),
        ("9112-2.2-1", b"^\rX", E::LineEnd, 400),
        ("9112-2.2-2", b">GET / HTTP/1.1\nX: y", E::LineEnd, 400),
        ("9112-2.2-2", b"+X: a\nY: b", E::LineEnd, 400),
        ("9112-2.2-2", b"^\n", E::LineEnd, 400),
        ("9112-2.2-4", b">GET / HTTP/1.1\r\n Host: h", E::LeadingSpace, 400),
        ("9112-2.2-4", b"^ ", E::LeadingSpace, 400),
        ("9110-5.5-1", b"+X: a\0b", E::ControlCharacter(0), 400),
        ("9110-5.5-1", b"+X: a\x7fb", E::ControlCharacter(0x7f), 400),
        ("9110-5.5-1", b"+X: \x1b[0m", E::ControlCharacter(0x1b), 400),
        ("9110-5.5-1: only line ends before the request", b"^\0\x01", E::ControlCharacter(0), 400),
        ("6455-10.7-4: TLS", b"^\x16\x03\x01\x02\x00", E::ControlCharacter(0x16), 400),
        ("9110-7.8-1", b"+Expect: 200-ok", E::Expectation, 417),
        ("9110-7.8-1", b"+Expect: 100-continue|+Expect: 100-continue", E::Expectation, 417),
        ("9112-6-1", b"+Content-Length: 5", E::Body, 400),
        ("9112-6-1", b"+Content-Length: +0", E::Body, 400),
        ("9112-6-1", b"+Content-Length: 0, 5", E::Body, 400),
        ("9112-6-1", b"+Content-Length:", E::Body, 400),
        ("9112-6-1", b"+Content-Length: 0|+Content-Length: 5", E::Body, 400),
        ("9112-6-1", b"+Transfer-Encoding: chunked", E::Body, 400),
        ("9112-6-1", b"+Transfer-Encoding: identity", E::Body, 400),
        (
            "hixie-76",
            b"-Sec-WebSocket-Key|-Sec-WebSocket-Version|+Sec-WebSocket-Key1: 4 @1  46546xW%0l 1 5",
            E::Version,
            400,
        ),
    ];
    for (id, edits, expected, status) in cases {
        let (error, response) = refused(Handshake::new, &edit(REQUEST, edits));
        assert_eq!((error, error.status()), (*expected, *status), "{id} {}", edits.escape_ascii());
        assert_eq!(response.all("Allow"), if *status == 405 { vec!["GET"] } else { vec![] }, "{id}");
        // 6455-4.2.2-5, 6455-4.4-2, 6455-4.2.1-13: what would be accepted instead; and 9110 15.5.22.
        let tells_version = matches!(status, 400 | 426);
        assert_eq!(
            response.all("Sec-WebSocket-Version"),
            if tells_version { vec!["13"] } else { vec![] },
            "{id}"
        );
        assert_eq!(response.all("Upgrade"), if *status == 426 { vec!["websocket"] } else { vec![] }, "{id}");
        assert_eq!(response.lists("Connection", "Upgrade"), *status == 426, "{id}");
        assert!(!contains(&response.rest, b"101"), "{id}");
    }
}

/// Nothing of a request comes back in a response, wherever it stood (hostile input 5.2).
#[test]
fn refusals_reflect_nothing() {
    let cases: &[&[u8]] = &[
        b">mAr7ker /mAr7ker HTTP/1.1",
        b">GET mAr7ker HTTP/1.1",
        b">GET /mAr7ker#mAr7ker HTTP/1.1",
        b">GET /mAr7ker mAr7ker/1.1",
        b">GET /mAr7ker HTTP/7.7",
        b"+mAr7ker mAr7ker",
        b"+mAr7ker : mAr7ker",
        b"+mAr7ker: mAr7ker\x01",
        b"+mAr7ker: mAr7ker\n",
        b"+mAr7ker: mAr7ker\r\n mAr7ker",
        b"=Host: mAr7ker mAr7ker",
        b"=Upgrade: mAr7ker",
        b"=Connection: mAr7ker",
        b"=Sec-WebSocket-Key: mAr7ker",
        b"=Sec-WebSocket-Version: mAr7ker",
        b"=Sec-WebSocket-Version: 77",
        b"=Sec-WebSocket-Protocol: mAr7ker mAr7ker",
        b"+Sec-WebSocket-Extensions: mAr7ker mAr7ker",
        b"+Expect: mAr7ker",
        b"+Content-Length: 77",
        b"+Transfer-Encoding: mAr7ker",
    ];
    for edits in cases {
        let (verdict, out) = receive_with(Handshake::new, &edit(REQUEST, edits));
        Head::parse(&out).assert_refusal(verdict.expect_err("bad").status());
        assert!(!contains(&out, b"mar7ker"), "{}", out.escape_ascii());
        assert!(!contains(&out, b"77") && !contains(&out, b"7.7"), "{}", out.escape_ascii());
    }
}

/// 6455-4.2.1-4: path and query out of both forms of target; RFC 9112 3.2.2 has the host of an absolute one
/// win over `Host`.
#[test]
fn targets() {
    let host = "server.example.com";
    for (target, path, query, expected_host) in [
        ("/", "/", None, host),
        ("/chat?x=1", "/chat", Some("x=1"), host),
        ("/chat?", "/chat", Some(""), host),
        ("/a//b/../c%2f?x=/?y", "/a//b/../c%2f", Some("x=/?y"), host),
        ("//evil.example/x", "//evil.example/x", None, host),
        ("/http://h/x", "/http://h/x", None, host),
        ("http://h/chat", "/chat", None, "h"),
        ("HTTPS://h:8443/chat?x", "/chat", Some("x"), "h:8443"),
        ("http://[::1]:80", "/", None, "[::1]:80"),
        ("http://h?x=1", "/", Some("x=1"), "h"),
        ("http://169.254.169.254/", "/", None, "169.254.169.254"),
    ] {
        let request = request(format!(">GET {target} HTTP/1.1").as_bytes());
        assert_eq!(request.target(), target);
        assert_eq!((request.path(), request.query()), (path, query), "{target}");
        assert_eq!(request.host(), expected_host, "{target}");
    }
}

/// 6455-4.2.1-15, 6455-1.9-3: several fields are one list, in the order of the client's preference.
#[test]
fn offers_are_merged_in_order() {
    for (edits, expected) in [
        (&b""[..], &["chat", "superchat"][..]),
        (b"-Sec-WebSocket-Protocol", &[]),
        (b"=Sec-WebSocket-Protocol: a|+Sec-WebSocket-Protocol: b, c", &["a", "b", "c"]),
        (b"=Sec-WebSocket-Protocol:c,\tb ,,a,", &["c", "b", "a"]),
        // 6455-1.9-2: these are two.
        (b"=Sec-WebSocket-Protocol: Chat, chat", &["Chat", "chat"]),
        (b"=Sec-WebSocket-Protocol: !#$%&'*+-.^_`~09azAZ", &["!#$%&'*+-.^_`~09azAZ"]),
    ] {
        assert_eq!(request(edits).subprotocols().collect::<Vec<_>>(), expected);
    }
    let request = request(b"+Sec-WebSocket-Extensions: b; x=1, a|+sec-websocket-extensions: c");
    let names = request.extensions();
    assert_eq!(names.iter().map(Extension::name).collect::<Vec<_>>(), ["b", "a", "c"]);
}

/// 6455-10.5-1, 6455-4.2.1-14: what the application decides by.
#[test]
fn headers_are_handed_out() {
    let request =
        request(b"+Cookie: a=b|+COOKIE: c=d|+X-Bytes: \xff|+x-bytes: text|+Authorization:   Basic eA==  ");
    assert_eq!(request.header("cookie"), Some("a=b"));
    assert_eq!(request.header("Authorization"), Some("Basic eA=="));
    assert_eq!(request.header("X-Bytes"), Some("text"), "the first that is text");
    assert_eq!(request.header("X-None"), None);
    let all: Vec<_> = request.headers().collect();
    assert_eq!(all.len(), 12);
    assert_eq!(all[0], ("Host", &b"server.example.com"[..]));
    assert_eq!(all[8..10], [("COOKIE", &b"c=d"[..]), ("X-Bytes", &b"\xff"[..])]);
    assert_eq!(request.origin(), Some("http://example.com"));
    assert_eq!(self::request(b"-Origin").origin(), None);
    assert_eq!(self::request(b"=Origin: null").origin(), Some("null"));
}

/// 6455-10.2-1: exact comparison, of exactly one origin.
#[test]
fn origins_allowed() {
    let allowed = ["https://good.com", "http://localhost:8080"];
    for (edits, expected) in [
        (&b"=Origin: https://good.com"[..], true),
        (b"=Origin: http://localhost:8080", true),
        (b"=Origin: https://good.com.evil.org", false),
        (b"=Origin: https://evilgood.com", false),
        (b"=Origin: https://good.com@evil.org", false),
        (b"=Origin: https://good.com:443", false),
        (b"=Origin: https://good.com/", false),
        (b"=Origin: http://good.com", false),
        (b"=Origin: HTTPS://GOOD.COM", false),
        (b"=Origin: http://localhost", false),
        (b"=Origin: null", false),
        (b"=Origin:", false),
        (b"=Origin: https://good.com https://good.com", false),
        (b"=Origin: https://good.com|+Origin: https://good.com", false),
        (b"=Origin: https://evil.org|+Origin: https://good.com", false),
        (b"=Origin: \xff|+Origin: https://good.com", false),
        (b"-Origin", false),
    ] {
        let request = request(edits);
        assert_eq!(request.origin_is(&allowed), expected, "{}", edits.escape_ascii());
        assert!(!request.origin_is(&[]));
    }
}

/// 6455-10.2-1: the page came from this very host and port.
#[test]
fn same_origin() {
    for (host, origin, expected) in [
        ("h.example", "http://h.example", true),
        ("h.example", "https://h.example", true),
        ("H.Example", "https://h.eXample", true),
        ("h.example:80", "http://h.example", true),
        ("h.example:443", "https://h.example", true),
        ("h.example", "http://h.example:80", true),
        ("h.example:8080", "http://h.example:8080", true),
        ("[::1]:8080", "http://[::1]:8080", true),
        ("h.example:443", "http://h.example", false),
        ("h.example:8080", "http://h.example", false),
        ("h.example", "http://h.example:8080", false),
        ("h.example", "http://h.example.evil.org", false),
        ("h.example", "http://evil.h.example", false),
        ("h.example", "http://evil@h.example", false),
        ("h.example", "http://h.example/", false),
        ("h.example", "http://h.example:", true),
        ("h.example", "ws://h.example", false),
        ("h.example", "file://h.example", false),
        ("h.example", "h.example", false),
        ("h.example", "http://", false),
        ("null", "null", false),
    ] {
        let request = request(format!("=Host: {host}|=Origin: {origin}").as_bytes());
        assert_eq!(request.is_same_origin(), expected, "{host} {origin}");
    }
    assert!(!request(b"-Origin").is_same_origin());
    assert!(!request(b"=Origin: \xff").is_same_origin());
    let twice = b"=Origin: http://server.example.com|+Origin: http://server.example.com";
    assert!(!request(twice).is_same_origin());
    // The host of an absolute target counts.
    let absolute = b">GET http://h/ HTTP/1.1|=Origin: http://h";
    assert!(request(absolute).is_same_origin());
    assert!(!request(b">GET http://h/ HTTP/1.1|=Origin: http://server.example.com").is_same_origin());
}

/// 6455-4.2.2-11, 6455-4.2.2-16: the response, byte by byte, with frames right behind it.
/// 6455-4.2.2-12, 6455-4.2.2-13, 6455-11.3.3-1, 6455-11.3.4-1, 6455-11.3.2-1, 9110-15.2.2-1: each field of it
/// once, and none that would tell a length.
#[test]
fn accepting() {
    let request = request(b"+Sec-WebSocket-Extensions: x-b, x-a; y, x-b; z");
    let plain = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {ACCEPT}\r\n"
    );
    let full = "Sec-WebSocket-Protocol: superchat\r\nSec-WebSocket-Extensions: x-a; q=1, x-b\r\n\
                Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n";
    let accept = Accept::new()
        .subprotocol("superchat")
        .extension(Extension::new("x-a").param("q", Some("1")))
        .extension(Extension::new("x-b"))
        .header("Set-Cookie", "a=b")
        .header("Set-Cookie", "c=d");
    for (accept, more) in [(Accept::new(), ""), (accept, full)] {
        let mut out = b"before".to_vec();
        let mut conn = request.accept(&accept, Config::default(), &mut out).expect("nothing wrong");
        conn.send("hi", &mut out).expect("open");
        let expected = [b"before", plain.as_bytes(), more.as_bytes(), b"\r\n", b"\x81\x02hi"].concat();
        assert_eq!(out, expected, "{}", out.escape_ascii());
    }
}

/// 6455-4.2.2-14, 6455-4.2.1-11: the answer to a key, whose last bits need not be zero.
#[test]
fn accept_keys() {
    for (key, answer) in [
        (KEY, ACCEPT),
        ("AQIDBAUGBwgJCgsMDQ4PEA==", "C/0nmHhBztSRGR1CwL6Tf4ZjwpY="),
        ("AQIDBAUGBwgJCgsMDQ4PEC==", "OfS0wDaT5NoxF2gqm7Zj2YtetzM="),
        ("AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="),
    ] {
        assert_eq!(accept_key(key).as_deref(), Some(answer));
        let request = request(format!("=Sec-WebSocket-Key: {key}").as_bytes());
        assert_eq!(accept(&request, &Accept::new()).1.one("Sec-WebSocket-Accept"), answer);
    }
    for key in ["", " AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAA==\n", "AAAAAAAAAAAAAAAAAAAAA", "é"]
    {
        assert_eq!(accept_key(key), None);
    }
}

/// 6455-4.2.2-15: the key is hashed without the space around it.
#[test]
fn space_around_the_key_does_not_count() {
    let request = request(format!("=Sec-WebSocket-Key: \t {KEY} \t").as_bytes());
    assert_eq!(accept(&request, &Accept::new()).1.one("Sec-WebSocket-Accept"), ACCEPT);
}

/// 9110-7.8-1: 100 before 101, and only if it was asked for.
#[test]
fn expecting_to_continue() {
    let request = request(b"+Expect: 100-continue");
    let mut out = Vec::new();
    request.accept(&Accept::new(), Config::default(), &mut out).expect("nothing wrong");
    let rest = out.strip_prefix(b"HTTP/1.1 100 Continue\r\n\r\n").expect("the interim response");
    assert_eq!(Head::parse(rest).one("Sec-WebSocket-Accept"), ACCEPT);

    // A refusal is final at once.
    out.clear();
    request.reject(&Response::new(403), &mut out).expect("nothing wrong");
    Head::parse(&out).assert_refusal(403);
}

/// 6455-4.2.2-7, 6455-4.2.2-8, 6455-4.2.2-9, 6455-4.2.2-10, 6455-9-2, 6455-4.2.2-18: what the client did
/// not offer, or what must not be written, is refused; nothing was appended, and the request can be rejected.
#[test]
fn accepting_what_cannot_be() {
    type Edit = fn(Accept) -> Accept;
    let subprotocol = |name: &str| BuildError::Subprotocol(name.into());
    let extension = |name: &str| BuildError::Extension(name.into());
    let none: &[u8] = b"-Sec-WebSocket-Protocol";
    let cases: &[(&[u8], Edit, BuildError)] = &[
        (b"", |accept| accept.subprotocol("foo"), subprotocol("foo")),
        (b"", |accept| accept.subprotocol("Chat"), subprotocol("Chat")),
        (b"", |accept| accept.subprotocol(""), subprotocol("")),
        (b"", |accept| accept.subprotocol("chat, superchat"), subprotocol("chat, superchat")),
        (b"", |accept| accept.subprotocol("chat\r\nX: y"), subprotocol("chat\r\nX: y")),
        (none, |accept| accept.subprotocol("chat"), subprotocol("chat")),
        (none, |accept| accept.subprotocol(""), subprotocol("")),
        (b"", |accept| accept.extension(Extension::new("x-a")), extension("x-a")),
        (
            b"+Sec-WebSocket-Extensions: x-a",
            |accept| accept.extension(Extension::new("X-A")),
            extension("X-A"),
        ),
        (
            b"+Sec-WebSocket-Extensions: x-a",
            |accept| accept.extension(Extension::new("x-a").param("p", Some("1\r\nX: y"))),
            extension("x-a"),
        ),
        (
            b"+Sec-WebSocket-Extensions: x-a; b",
            |accept| accept.extension(Extension::new("x-a; b")),
            extension("x-a; b"),
        ),
        // Two offers are alternatives: one of them can be agreed to.
        (
            b"+Sec-WebSocket-Extensions: x-a; b, x-a",
            |accept| accept.extension(Extension::new("x-a")).extension(Extension::new("x-a")),
            extension("x-a"),
        ),
        (b"", |accept| accept.header("X", "a\r\nb"), BuildError::HeaderValue("X".into())),
    ];
    for (edits, change, expected) in cases {
        let request = request(edits);
        let mut out = b"kept".to_vec();
        let result = request.accept(&change(Accept::new()), Config::default(), &mut out);
        assert_eq!(result.err().as_ref(), Some(expected));
        assert_eq!(out, b"kept");
        request.reject(&Response::new(500), &mut out).expect("still to be rejected");
        Head::parse(&out[4..]).assert_refusal(500);
        request.accept(&Accept::new(), Config::default(), &mut out).expect("or accepted otherwise");
    }
}

/// 6455-4.2.2-18: no field of the application can end the head, or say again what the handshake says.
/// 6455-11.3.3-1 for Accept.
#[test]
fn headers_that_must_not_be_written() {
    let request = request(b"");
    let name = |name: &str| BuildError::HeaderName(name.into());
    let reserved = |name: &str| BuildError::HeaderReserved(name.into());
    let value = |name: &str| BuildError::HeaderValue(name.into());
    for (field, text, expected) in [
        ("X", "a\r\nEvil: 1", value("X")),
        ("X", "a\r", value("X")),
        ("X", "\n", value("X")),
        ("X", "a\0", value("X")),
        ("X", "\x7f", value("X")),
        ("X", "\x1b", value("X")),
        ("", "1", name("")),
        ("Foo Bar", "1", name("Foo Bar")),
        ("X:", "1", name("X:")),
        ("X\r\nEvil", "1", name("X\r\nEvil")),
        ("é", "1", name("é")),
        ("Upgrade", "h2c", reserved("Upgrade")),
        ("CONNECTION", "close", reserved("CONNECTION")),
        ("Host", "h", reserved("Host")),
        ("content-length", "5", reserved("content-length")),
        ("Transfer-Encoding", "chunked", reserved("Transfer-Encoding")),
        ("sec-websocket-accept", ACCEPT, reserved("sec-websocket-accept")),
        ("Sec-WebSocket-Protocol", "chat", reserved("Sec-WebSocket-Protocol")),
        ("Sec-WebSocket-Extensions", "x", reserved("Sec-WebSocket-Extensions")),
        ("Sec-WebSocket-Version", "8", reserved("Sec-WebSocket-Version")),
    ] {
        let mut out = Vec::new();
        // A good field before it does not get out, either.
        let accept = Accept::new().header("A", "b").header(field, text);
        let accepted = request.accept(&accept, Config::default(), &mut out);
        assert_eq!(accepted.err(), Some(expected.clone()), "{field:?}");
        let response = Response::new(403).header("A", "b").header(field, text);
        assert_eq!(request.reject(&response, &mut out), Err(expected), "{field:?}");
        assert_eq!(out, b"", "{field:?}");
    }
    // Next to these, all of which are legal.
    for (field, text) in [("X", ""), ("X", "a\tb"), ("Sec-WebSocketX", "1"), ("x!#$%&'*+-.^_`|~", "é")] {
        let mut out = Vec::new();
        let accept = Accept::new().header(field, text);
        request.accept(&accept, Config::default(), &mut out).expect("legal");
        assert!(contains(&out, format!("\r\n{field}: {text}\r\n").as_bytes()), "{field}");
    }
}

/// 6455-4.2.2-2, 6455-4.2.2-3, 6455-4.2.2-4, 6455-4.2.2-5, 6455-4.2.2-6: the refusals of an application.
/// 6455-4.2.2-19, 6455-7.2.2-1: each tells its length, ends the connection, and no frame follows.
#[test]
fn rejecting() {
    let request = request(b"");
    type Fields = &'static [(&'static str, &'static str)];
    let cases: &[(Response, &str, Fields, &[u8])] = &[
        (
            Response::new(401).header("WWW-Authenticate", "Basic realm=\"x\""),
            "HTTP/1.1 401 Unauthorized",
            &[("WWW-Authenticate", "Basic realm=\"x\"")],
            b"",
        ),
        (
            Response::new(302).header("Location", "wss://other/chat"),
            "HTTP/1.1 302 Found",
            &[("Location", "wss://other/chat")],
            b"",
        ),
        (Response::new(403).body("no\r\n\r\n"), "HTTP/1.1 403 Forbidden", &[], b"no\r\n\r\n"),
        (Response::new(404).body(vec![0xff; 3]), "HTTP/1.1 404 Not Found", &[], b"\xff\xff\xff"),
        (
            Response::new(426),
            "HTTP/1.1 426 Upgrade Required",
            &[("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")],
            b"",
        ),
        (Response::new(400), "HTTP/1.1 400 Bad Request", &[("Sec-WebSocket-Version", "13")], b""),
        (
            Response::new(503).header("Retry-After", "7"),
            "HTTP/1.1 503 Service Unavailable",
            &[("Retry-After", "7")],
            b"",
        ),
        (Response::new(301), "HTTP/1.1 301 Moved Permanently", &[], b""),
        (Response::new(303), "HTTP/1.1 303 See Other", &[], b""),
        (Response::new(307), "HTTP/1.1 307 Temporary Redirect", &[], b""),
        (Response::new(308), "HTTP/1.1 308 Permanent Redirect", &[], b""),
        (Response::new(413), "HTTP/1.1 413 Content Too Large", &[], b""),
        (Response::new(429), "HTTP/1.1 429 Too Many Requests", &[], b""),
        (Response::new(501), "HTTP/1.1 501 Not Implemented", &[], b""),
        (Response::new(502), "HTTP/1.1 502 Bad Gateway", &[], b""),
        (Response::new(504), "HTTP/1.1 504 Gateway Timeout", &[], b""),
        (Response::new(599), "HTTP/1.1 599 ", &[], b""),
        (Response::new(200).body("page"), "HTTP/1.1 200 OK", &[], b"page"),
    ];
    for (response, first_line, fields, body) in cases {
        let mut out = b"before".to_vec();
        request.reject(response, &mut out).expect("nothing wrong");
        let head = Head::parse(out.strip_prefix(b"before").expect("appended"));
        let status = first_line[9..12].parse().expect("a number");
        head.assert_refusal(status);
        assert_eq!(head.first_line, *first_line);
        assert_eq!(head.rest, *body);
        for (name, value) in *fields {
            assert_eq!(head.one(name), *value);
        }
        assert_eq!(head.lists("Connection", "Upgrade"), status == 426);
    }
    for status in [0, 99, 100, 101, 199, 204, 205, 304, 600, 999, 1000, u16::MAX] {
        let mut out = Vec::new();
        assert_eq!(request.reject(&Response::new(status), &mut out), Err(BuildError::Status(status)));
        assert_eq!(out, b"");
    }
}

/// 6455-4.2.1-8: with plain requests let through, the same port serves pages; everything else stays.
#[test]
fn plain_http() {
    let begin = || Handshake::new().plain_http(true);
    for edits in [
        &b"-Upgrade"[..],
        b"=Upgrade: h2c",
        b"-Upgrade|-Connection|-Sec-WebSocket-Key|-Sec-WebSocket-Version",
    ] {
        let (verdict, _) = receive_with(begin, &edit(REQUEST, edits));
        let request = verdict.expect("a plain request");
        assert!(!request.is_websocket());
        assert_eq!((request.path(), request.host()), ("/chat", "server.example.com"));
        let mut out = Vec::new();
        let accepted = request.accept(&Accept::new(), Config::default(), &mut out);
        assert_eq!(accepted.err(), Some(BuildError::NotWebSocket));
        assert_eq!(out, b"");
        request
            .reject(&Response::new(200).header("Content-Type", "text/html").body("<p>"), &mut out)
            .expect("sent");
        Head::parse(&out).assert_refusal(200);
    }
    let (verdict, _) = receive_with(begin, &edit(REQUEST, b""));
    assert!(verdict.expect("good").is_websocket());
    for (edits, expected) in [
        (&b"=Sec-WebSocket-Version: 8"[..], HandshakeError::VersionUnsupported(8)),
        (b"=Connection: close", HandshakeError::Connection),
        (b"-Upgrade|+Content-Length: 5", HandshakeError::Body),
        (b"-Upgrade|-Host", HandshakeError::Host),
        (b"-Upgrade|>POST / HTTP/1.1", HandshakeError::Method),
    ] {
        assert_eq!(refused(begin, &edit(REQUEST, edits)).0, expected);
    }
}

/// 6455-10.4-H: the limits are exact, and count empty lines before the request.
#[test]
fn limits() {
    let limited = |limits| move || Handshake::with_limits(limits);
    for edits in [&b""[..], b"^\r\n\r\n"] {
        let head = edit(REQUEST, edits);
        let limits = Limits::new().max_head(head.len());
        assert!(receive_with(limited(limits), &head).0.is_ok());
        let limit = head.len() - 1;
        let (error, _) = refused(limited(limits.max_head(limit)), &head);
        assert_eq!((error, error.status()), (HandshakeError::HeadTooLong { limit }, 431));
    }
    // The first line with its line end counts as the first line.
    for (limit, expected, status) in [
        (20, HandshakeError::HeadTooLong { limit: 20 }, 431),
        (19, HandshakeError::TargetTooLong { limit: 19 }, 414),
        (1, HandshakeError::TargetTooLong { limit: 1 }, 414),
        (0, HandshakeError::TargetTooLong { limit: 0 }, 414),
    ] {
        assert_eq!(REQUEST.find("\r\n"), Some(18));
        let (error, _) = refused(limited(Limits::new().max_head(limit)), REQUEST.as_bytes());
        assert_eq!((error, error.status()), (expected, status));
    }
    for fields in [7, 8, usize::MAX] {
        assert!(receive_with(limited(Limits::new().max_fields(fields)), REQUEST.as_bytes()).0.is_ok());
    }
    for limit in [0, 1, 6] {
        let (error, _) = refused(limited(Limits::new().max_fields(limit)), REQUEST.as_bytes());
        assert_eq!((error, error.status()), (HandshakeError::TooManyFields { limit }, 431));
    }
}

/// The default limits, and that the fields that matter are not lost behind many others (CVE-2024-37890).
#[test]
fn default_limits() {
    let receive = |head: &[u8]| {
        let mut handshake = Handshake::new();
        let Arrived { verdict, out, .. } = arrive(|input, out| handshake.receive(input, out), [head]);
        if let Some(Err(error)) = verdict {
            Head::parse(&out).assert_refusal(error.status());
        }
        verdict.expect("a verdict").map(drop)
    };
    let filled = |size: usize| {
        let padding = size - REQUEST.len() - "X: \r\n".len();
        edit(REQUEST, format!("+X: {}", "x".repeat(padding)).as_bytes())
    };
    assert_eq!(filled(16384).len(), 16384);
    assert_eq!(receive(&filled(16384)), Ok(()));
    assert_eq!(receive(&filled(16385)), Err(HandshakeError::HeadTooLong { limit: 16384 }));
    let many =
        |count: usize| edit(REQUEST, format!(">GET / HTTP/1.1{}", "\r\nX: y".repeat(count)).as_bytes());
    assert_eq!(receive(&many(93)), Ok(()));
    assert_eq!(receive(&many(94)), Err(HandshakeError::TooManyFields { limit: 100 }));
    assert_eq!(receive(&many(2100)), Err(HandshakeError::TooManyFields { limit: 100 }));
    let target = edit(REQUEST, format!(">GET /{} HTTP/1.1", "a".repeat(16384)).as_bytes());
    assert_eq!(receive(&target), Err(HandshakeError::TargetTooLong { limit: 16384 }));
}

/// 6455-10.4-H: ten megabytes that never end, byte by byte: refused at the limit, once, and swallowed from
/// then on (CVE-2023-43669, CVE-2026-54465).
#[test]
fn endless_heads() {
    for (start, endless, status) in [
        ("GET / HTTP/1.1\r\nX: ", "a", 431),
        ("GET / HTTP/1.1\r\n", "X: y\r\n", 431),
        ("GET /", "a", 414),
        ("", "\r\n", 414),
    ] {
        let (mut handshake, mut out, mut verdicts) = (Handshake::new(), Vec::new(), Vec::new());
        for (index, byte) in start.bytes().chain(endless.bytes().cycle()).take(10 << 20).enumerate() {
            if let Some(verdict) = handshake.receive(&mut Input::new(&mut [byte]), &mut out) {
                verdicts.push((index + 1, verdict.map(drop).map_err(HandshakeError::status)));
            }
        }
        assert_eq!(verdicts, [(16 * 1024 + 1, Err(status))], "{start}{endless}…");
        Head::parse(&out).assert_refusal(status);
    }
}

/// Time grows with the length of the head only: two megabytes byte by byte would take hours otherwise
/// (CVE-2023-43669), and so would these values in a parser that goes back (CVE-2021-32640, CVE-2020-7662).
#[test]
fn long_heads_take_linear_time() {
    let n = 2 << 20;
    let names: Vec<_> = (0..n / 8).map(|number| format!("{number:x}")).collect();
    for (edits, expected) in [
        (format!("+X: {}", "a".repeat(n)), None),
        (format!("+X: {}", " ".repeat(n)), None),
        (format!("=Sec-WebSocket-Protocol: b{}x", " ".repeat(n)), Some(HandshakeError::Subprotocol)),
        (format!("=Sec-WebSocket-Protocol: {}", names.join(",")), None),
        (format!("=Connection: {}Upgrade", ",".repeat(n)), None),
        (
            format!("+Sec-WebSocket-Extensions: a; b=\"{}", "\\c".repeat(n / 2)),
            Some(HandshakeError::Extensions),
        ),
    ] {
        let head = edit(REQUEST, edits.as_bytes());
        let mut handshake = Handshake::with_limits(Limits::new().max_head(3 << 20));
        let mut out = Vec::new();
        let mut verdicts =
            head.iter().filter_map(|byte| handshake.receive(&mut Input::new(&mut [*byte]), &mut out));
        assert_eq!(verdicts.next().map(Result::err), Some(expected));
        assert!(verdicts.next().is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// 6455-10.1-1: whatever the bytes are, there is no panic, and the verdict does not depend on how they
    /// arrive. A request that still passes can be accepted.
    #[test]
    fn mutations(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut head = edit(REQUEST, b"+Sec-WebSocket-Extensions: a; b=\"c\", d|+Expect: 100-continue");
        for (index, byte, operation) in changes {
            let index = index.index(head.len());
            match operation {
                0 => head[index] = byte,
                1 => head.insert(index, byte),
                _ => drop(head.remove(index)),
            }
        }
        head.extend_from_slice(TAIL);
        let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(head.len())).chain([0, head.len()]).collect();
        ends.sort_unstable();
        let pieces = ends.windows(2).map(|ends| &head[ends[0]..ends[1]]);

        let (mut one, mut other) = (Handshake::new(), Handshake::new());
        let whole = arrive(|input, out| one.receive(input, out), [&head[..]]);
        let split = arrive(|input, out| other.receive(input, out), pieces);
        prop_assert_eq!((&whole.out, &whole.rest), (&split.out, &split.rest));
        match &whole.verdict {
            Some(Ok(request)) => {
                accept(request, &Accept::new());
            }
            Some(Err(error)) => Head::parse(&whole.out).assert_refusal(error.status()),
            None => prop_assert!(whole.out.is_empty()),
        }
        prop_assert_eq!(format!("{:?}", whole.verdict), format!("{:?}", split.verdict));
    }
}

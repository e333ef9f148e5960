//! The client's side of the opening handshake: what it sends, which responses it takes, and how it fails the
//! others (RFC 6455 4.1; requirement ids stand with the cases).

mod handshake_common;

use handshake_common::{ACCEPT, Head, KEY, NONCE, arrive, contains, edit, every_way};
use proptest::prelude::*;
use sansws::handshake::client::{Handshake, Request, Response};
use sansws::handshake::{BuildError, Extension, HandshakeError, Limits, accept_key, server};
use sansws::{CloseCode, Config, Event, Input, Message, MessageBuf, Violation};

/// RFC 6455 1.3.
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A frame sent behind the response (RFC 6455 5.7).
const TAIL: &[u8] = b"\x81\x05Hello";

fn request(uri: &str) -> Request {
    Request::new(uri.parse().expect("a URI"))
}

#[track_caller]
fn start(request: &Request) -> (Handshake, Head) {
    let mut out = b"before".to_vec();
    let handshake = Handshake::start(request, NONCE, &mut out).expect("nothing wrong");
    (handshake, Head::parse(out.strip_prefix(b"before").expect("appended")))
}

/// A request with what the responses of the tables below answer to.
type Offer = fn(Request) -> Request;
const NOTHING: Offer = |request| request;
const CHATS: Offer = |request| request.subprotocol("chat").subprotocol("superchat");
const LENIENT: Offer = |request| CHATS(request).subprotocol_required(false);
const EXTENSIONS: Offer = |request| request.extension(Extension::new("x-a")).extension(Extension::new("x-b"));

/// Receives a response in every way.
#[track_caller]
fn receive(offer: Offer, head: &[u8], tail: &[u8]) -> Result<Response, HandshakeError> {
    let begin = || {
        let (mut handshake, _) = start(&offer(request("ws://server.example.com/chat")));
        move |input: &mut Input<'_>, _: &mut Vec<u8>| handshake.receive(input)
    };
    every_way(begin, head, tail).0
}

/// 6455-4.1.B-1, 6455-4.1.B-7, 6455-4.1.B-11: the request, byte by byte, and nothing behind it.
/// 6455-4.1.B-2, 6455-4.1.B-5, 6455-4.1.B-6, 6455-11.3.1-1, 6455-11.3.5-1, 9112-3.2-1: each field of it once.
/// 6455-4.1.B-10, 6455-4.1.B-12, 6455-4.1.B-15, 6455-9-1: nothing that was not asked for.
/// 6455-4.1.B-18, 6455-4.2.2-17: there is no connection to send over before the response.
#[test]
fn the_request() {
    let (plain, full) = (request("ws://h/chat?x=1"), request("wss://[::1]:8443/"));
    assert_eq!(plain.uri().to_string(), "ws://h/chat?x=1");
    let full = full
        .header("Cookie", "a=b")
        .subprotocol("chat")
        .extension(Extension::new("x-a").param("p", None).param("q", Some("1")))
        .origin("http://www.example.com")
        .subprotocol("superchat")
        .extension(Extension::new("x-b"))
        .header("Cookie", "c=d");
    let mut out = b"before".to_vec();
    Handshake::start(&plain, NONCE, &mut out).expect("nothing wrong");
    let expected = format!(
        "beforeGET /chat?x=1 HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    assert_eq!(out, expected.as_bytes(), "{}", out.escape_ascii());

    // 6455-4.1.B-9, 6455-4.1.B-12, 6455-4.1.B-16, WHATWG-2.2-2: one line for each list, in order.
    out.clear();
    Handshake::start(&full, NONCE, &mut out).expect("nothing wrong");
    let expected = format!(
        "GET / HTTP/1.1\r\nHost: [::1]:8443\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, superchat\r\n\
         Sec-WebSocket-Extensions: x-a; p; q=1, x-b\r\nCookie: a=b\r\nOrigin: http://www.example.com\r\n\
         Cookie: c=d\r\n\r\n"
    );
    assert_eq!(out, expected.as_bytes(), "{}", out.escape_ascii());
}

/// 6455-4.1.B-3, 6455-4.1.B-4: the request line and `Host` of a URI.
#[test]
fn target_and_host() {
    for (uri, target, host) in [
        ("ws://h", "/", "h"),
        ("ws://h/c?x=1", "/c?x=1", "h"),
        ("ws://h?x", "/?x", "h"),
        ("ws://h/a%23b", "/a%23b", "h"),
        ("ws://h/é", "/%C3%A9", "h"),
        ("ws://h:8080", "/", "h:8080"),
        ("ws://h:80", "/", "h"),
        ("wss://h:443", "/", "h"),
        ("wss://h:80", "/", "h:80"),
        ("ws://h:443", "/", "h:443"),
        ("ws://[2001:DB8::1]:81/", "/", "[2001:db8::1]:81"),
    ] {
        let (_, head) = start(&request(uri));
        assert_eq!(head.first_line, format!("GET {target} HTTP/1.1"), "{uri}");
        assert_eq!(head.one("Host"), host, "{uri}");
        assert_eq!(head.rest, b"", "{uri}");
    }
}

/// 6455-4.1.B-9: one `Origin` however often it is set.
#[test]
fn origin_is_set_once() {
    let (_, head) = start(&request("ws://h/").origin("http://a").header("X", "y").origin("http://b"));
    assert_eq!(head.one("Origin"), "http://b");
    assert_eq!(head.one("X"), "y");
}

/// 6455-4.1.B-13, 6455-4.1.B-14, 6455-4.1.B-17, 6455-9.1-5, 6455-11.3.1-1, 6455-11.3.5-1, 9112-3.2-1: what
/// must not be sent, whoever asks for it: nothing is.
#[test]
fn requests_that_must_not_be_sent() {
    let subprotocol = |name: &str| BuildError::Subprotocol(name.into());
    let extension = |name: &str| BuildError::Extension(name.into());
    let name = |name: &str| BuildError::HeaderName(name.into());
    let reserved = |name: &str| BuildError::HeaderReserved(name.into());
    let value = |name: &str| BuildError::HeaderValue(name.into());
    let cases: &[(Offer, BuildError)] = &[
        (|request| request.subprotocol(""), subprotocol("")),
        (|request| request.subprotocol("a b"), subprotocol("a b")),
        (|request| request.subprotocol("a,b"), subprotocol("a,b")),
        (|request| request.subprotocol("a;b"), subprotocol("a;b")),
        (|request| request.subprotocol("a\tb"), subprotocol("a\tb")),
        (|request| request.subprotocol("a\r\nX: y"), subprotocol("a\r\nX: y")),
        (|request| request.subprotocol("é"), subprotocol("é")),
        (|request| request.subprotocol("chat").subprotocol("chat"), subprotocol("chat")),
        (|request| request.subprotocol("a").subprotocol("b").subprotocol("a"), subprotocol("a")),
        (|request| request.extension(Extension::new("")), extension("")),
        (|request| request.extension(Extension::new("x a")), extension("x a")),
        (|request| request.extension(Extension::new("x\r\nX: y")), extension("x\r\nX: y")),
        (|request| request.extension(Extension::new("x").param("", None)), extension("x")),
        (|request| request.extension(Extension::new("x").param("a;b", None)), extension("x")),
        (|request| request.extension(Extension::new("x").param("a", Some(""))), extension("x")),
        (|request| request.extension(Extension::new("x").param("a", Some("1\r\n"))), extension("x")),
        (|request| request.extension(Extension::new("x").param("a", Some("\"1\""))), extension("x")),
        (|request| request.origin("http://h\r\nX: y"), value("Origin")),
        (|request| request.header("X", "x\r\nY: 1"), value("X")),
        (|request| request.header("X", "\n"), value("X")),
        (|request| request.header("X", "\r"), value("X")),
        (|request| request.header("X", "\0"), value("X")),
        (|request| request.header("X", "\x7f"), value("X")),
        (|request| request.header("Foo Bar", "1"), name("Foo Bar")),
        (|request| request.header("X: 1\r\nY", "1"), name("X: 1\r\nY")),
        (|request| request.header("", "1"), name("")),
        (|request| request.header("X:", "1"), name("X:")),
        (|request| request.header("host", "other"), reserved("host")),
        (|request| request.header("UPGRADE", "h2c"), reserved("UPGRADE")),
        (|request| request.header("Connection", "close"), reserved("Connection")),
        (|request| request.header("Content-Length", "5"), reserved("Content-Length")),
        (|request| request.header("transfer-encoding", "chunked"), reserved("transfer-encoding")),
        (|request| request.header("Sec-WebSocket-Key", KEY), reserved("Sec-WebSocket-Key")),
        (|request| request.header("sec-websocket-version", "8"), reserved("sec-websocket-version")),
        (|request| request.header("Sec-WebSocket-Protocol", "chat"), reserved("Sec-WebSocket-Protocol")),
        (|request| request.header("Sec-WebSocket-Extensions", "x"), reserved("Sec-WebSocket-Extensions")),
        (|request| request.header("sec-websocket-accept", "x"), reserved("sec-websocket-accept")),
    ];
    for (change, expected) in cases {
        let mut out = b"kept".to_vec();
        let result = Handshake::start(&change(request("ws://h/").header("A", "b")), NONCE, &mut out);
        assert_eq!(result.err().as_ref(), Some(expected));
        assert_eq!(out, b"kept", "{expected}");
    }
    // 6455-4.1.B-14: these are two.
    let (_, head) = start(&request("ws://h/").subprotocol("chat").subprotocol("Chat"));
    assert_eq!(head.one("Sec-WebSocket-Protocol"), "chat, Chat");
}

/// Each of these is the example of the RFC with some fields changed, and still good.
#[test]
fn good_responses() {
    let cases: &[(&str, Offer, &[u8])] = &[
        ("the example", NOTHING, b""),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1 101 "),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1 101"),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1 101 Web Socket Protocol Handshake"),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1 101 caf\xc3\xa9 \xff"),
        ("6455-4.1.C-3", NOTHING, b"=Upgrade: WebSocket"),
        ("6455-4.1.C-3", NOTHING, b"=Upgrade:\t WEBSOCKET \t"),
        ("6455-4.1.C-4", NOTHING, b"=Connection: keep-alive, upgrade"),
        ("6455-4.1.C-4", NOTHING, b"=Connection: keep-alive|+Connection: UPGRADE"),
        ("6455-4.1.C-4", NOTHING, b"=Connection: ,Upgrade,"),
        ("6455-4.1.C-5", NOTHING, b"=Sec-WebSocket-Accept:   s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t"),
        ("6455-4.1.C-5", NOTHING, b"=Sec-WebSocket-Accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
        (
            "6455-4.1.C-11",
            NOTHING,
            b"-Sec-WebSocket-Accept|=upgrade: websocket|=CONNECTION: Upgrade\
              |+SEC-WEBSOCKET-ACCEPT: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        ),
        ("6455-4.1.C-14", NOTHING, b"+Set-Cookie: a=b|+X-Obs: \xff|+X-Empty:|+Sec-WebSocket-Foo: 1"),
        (
            "9112 6.3: there is no body whatever it says",
            NOTHING,
            b"+Content-Length: 5|+Transfer-Encoding: chunked",
        ),
        ("9110-15.2-1", NOTHING, b"^HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        ("9110-15.2-1", NOTHING, b"^HTTP/1.1 100 Continue\r\n\r\n"),
        (
            "9110-15.2-1",
            NOTHING,
            b"^HTTP/1.1 100\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 x\r\n\r\n",
        ),
        ("WHATWG-2.2-4", LENIENT, b""),
    ];
    for (id, offer, edits) in cases {
        let response = receive(*offer, &edit(RESPONSE, edits), TAIL).expect(id);
        // 6455-4.1.C-12: nothing was agreed to.
        assert_eq!(
            (response.status(), response.subprotocol(), response.extensions()),
            (101, None, &[][..]),
            "{id}"
        );
        // 6455-4.1.C-13: what stood behind the response is the first message.
        let mut conn = response.finish(Config::default(), [7; 32]).expect(id);
        let (mut tail, mut store, mut out) = (TAIL.to_vec(), MessageBuf::new(), Vec::new());
        let event = conn.receive_message(&mut Input::new(&mut tail), &mut store, &mut out);
        assert_eq!(event, Some(Event::Data(Message::Text("Hello"))), "{id}");
    }
}

/// 6455-4.1.C-15: a failure is an error and no byte; what follows is swallowed.
#[test]
fn bad_responses() {
    use HandshakeError as E;
    let cases: &[(&str, Offer, &[u8], HandshakeError)] = &[
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.0 101 Switching Protocols", E::HttpVersion),
        ("6455-4.1.C-2", NOTHING, b">HTTP/2.0 101 Switching Protocols", E::HttpVersion),
        ("6455-4.1.C-2", NOTHING, b">ICY 101 Switching Protocols", E::Malformed),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1 1011 x", E::Malformed),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1 10", E::Malformed),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1  101 x", E::Malformed),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1 1e1 x", E::Malformed),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1 099 x", E::Malformed),
        ("6455-4.1.C-2", NOTHING, b">HTTP/1.1", E::Malformed),
        ("6455-4.1.C-2: a request", NOTHING, b">GET / HTTP/1.1", E::Malformed),
        ("6455-4.1.C-3", NOTHING, b"-Upgrade", E::Upgrade),
        ("6455-4.1.C-3", NOTHING, b"=Upgrade:", E::Upgrade),
        ("6455-4.1.C-3", NOTHING, b"=Upgrade: h2c", E::Upgrade),
        ("6455-4.1.C-3", NOTHING, b"=Upgrade: websocket, h2c", E::Upgrade),
        ("6455-4.1.C-3", NOTHING, b"=Upgrade: websockets", E::Upgrade),
        ("6455-4.1.C-3", NOTHING, b"+Upgrade: websocket", E::Upgrade),
        ("6455-4.1.C-4", NOTHING, b"-Connection", E::Connection),
        ("6455-4.1.C-4", NOTHING, b"=Connection: close", E::Connection),
        ("6455-4.1.C-4", NOTHING, b"=Connection: notupgrade", E::Connection),
        ("6455-4.1.C-4", NOTHING, b"=Connection: Upgrade websocket", E::Connection),
        ("6455-4.1.C-5", NOTHING, b"-Sec-WebSocket-Accept", E::Accept),
        ("6455-4.1.C-5", NOTHING, b"=Sec-WebSocket-Accept:", E::Accept),
        ("6455-4.1.C-5", NOTHING, b"=Sec-WebSocket-Accept: s3pplmbitxaq9kygzzhzrbk+xoo=", E::Accept),
        ("6455-4.1.C-5", NOTHING, b"=Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOp=", E::Accept),
        ("6455-4.1.C-5", NOTHING, b"=Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo", E::Accept),
        ("6455-4.1.C-5", NOTHING, b"=Sec-WebSocket-Accept: \"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\"", E::Accept),
        ("6455-4.1.C-5", NOTHING, b"=Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=", E::Accept),
        ("6455-4.1.C-5: the key", NOTHING, b"=Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==", E::Accept),
        ("6455-11.3.3-2", NOTHING, b"+Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", E::Accept),
        ("6455-11.3.3-2", NOTHING, b"+Sec-WebSocket-Accept: AAAA", E::Accept),
        ("6455-4.1.C-6", NOTHING, b"+Sec-WebSocket-Extensions: permessage-deflate", E::ExtensionNotOffered),
        ("6455-4.1.C-6", EXTENSIONS, b"+Sec-WebSocket-Extensions: permessage-bzip2", E::ExtensionNotOffered),
        ("6455-4.1.C-6", EXTENSIONS, b"+Sec-WebSocket-Extensions: x-a, x-c", E::ExtensionNotOffered),
        ("6455-4.1.C-6: anagram", EXTENSIONS, b"+Sec-WebSocket-Extensions: a-x", E::ExtensionNotOffered),
        (
            "6455-4.1.C-6: agreed twice",
            EXTENSIONS,
            b"+Sec-WebSocket-Extensions: x-a, x-a",
            E::ExtensionNotOffered,
        ),
        (
            "6455-4.1.C-6: agreed twice",
            EXTENSIONS,
            b"+Sec-WebSocket-Extensions: x-a|+Sec-WebSocket-Extensions: x-b, x-a; q",
            E::ExtensionNotOffered,
        ),
        ("6455-9.1-10", EXTENSIONS, b"+Sec-WebSocket-Extensions: X-A", E::ExtensionNotOffered),
        ("6455-4.1.C-7", EXTENSIONS, b"+Sec-WebSocket-Extensions: x-a;", E::Extensions),
        ("6455-4.1.C-7", EXTENSIONS, b"+Sec-WebSocket-Extensions:", E::Extensions),
        ("6455-4.1.C-7", NOTHING, b"+Sec-WebSocket-Extensions: ,", E::Extensions),
        ("6455-4.1.C-9", CHATS, b"+Sec-WebSocket-Protocol: megachat", E::SubprotocolNotOffered),
        ("6455-4.1.C-9", CHATS, b"+Sec-WebSocket-Protocol: Chat", E::SubprotocolNotOffered),
        ("6455-4.1.C-9", CHATS, b"+Sec-WebSocket-Protocol: cha", E::SubprotocolNotOffered),
        ("6455-4.1.C-9", NOTHING, b"+Sec-WebSocket-Protocol: chat", E::SubprotocolNotOffered),
        ("6455-4.1.C-9", LENIENT, b"+Sec-WebSocket-Protocol: foo", E::SubprotocolNotOffered),
        ("6455-11.3.4-2", CHATS, b"+Sec-WebSocket-Protocol: chat, superchat", E::Subprotocol),
        (
            "6455-11.3.4-2",
            CHATS,
            b"+Sec-WebSocket-Protocol: chat|+Sec-WebSocket-Protocol: chat",
            E::Subprotocol,
        ),
        ("6455-11.3.4-2", CHATS, b"+Sec-WebSocket-Protocol:", E::Subprotocol),
        ("6455-11.3.4-2", LENIENT, b"+Sec-WebSocket-Protocol:", E::Subprotocol),
        ("6455-11.3.4-2", NOTHING, b"+Sec-WebSocket-Protocol:", E::Subprotocol),
        ("6455-11.3.4-2", CHATS, b"+Sec-WebSocket-Protocol: chat,", E::Subprotocol),
        ("6455-11.3.4-2, 6455-8.1-H", CHATS, b"+Sec-WebSocket-Protocol: chat\xff", E::Subprotocol),
        ("WHATWG-2.2-4", CHATS, b"", E::SubprotocolMissing),
        ("6455-4.1.C-10", NOTHING, b"+X", E::Malformed),
        ("6455-4.1.C-10", NOTHING, b"+: x", E::Malformed),
        ("6455-4.1.C-10", NOTHING, b"+X : y", E::Malformed),
        ("6455-4.1.C-10", NOTHING, b"+X: a\r\n b", E::LeadingSpace),
        ("6455-4.1.C-10", NOTHING, b">HTTP/1.1 101 x\r\n X: y", E::LeadingSpace),
        ("6455-4.1.C-10, 9112-2.2-1", NOTHING, b"+X: a\rb", E::LineEnd),
        ("6455-4.1.C-10, 9112-2.2-2", NOTHING, b"+X: a\nY: b", E::LineEnd),
        ("6455-4.1.C-10, 9110-5.5-1", NOTHING, b"+X: a\0b", E::ControlCharacter(0)),
        ("6455-4.1.C-10", NOTHING, b">HTTP/1.1 101 \x1b[0m", E::ControlCharacter(0x1b)),
        ("6455-4.1.C-10: TLS", NOTHING, b"^\x15\x03\x01\x00\x02", E::ControlCharacter(0x15)),
        ("6455-4.1.C-10: a frame first", NOTHING, b"^\x81\x05Hello", E::ControlCharacter(5)),
        (
            "an interim response of another version",
            NOTHING,
            b"^HTTP/1.0 100 Continue\r\n\r\n",
            E::HttpVersion,
        ),
        (
            "an interim response that is malformed",
            NOTHING,
            b"^HTTP/1.1 100 Continue\r\nX\r\n\r\n",
            E::Malformed,
        ),
    ];
    for (id, offer, edits, expected) in cases {
        let result = receive(*offer, &edit(RESPONSE, edits), TAIL);
        assert_eq!(result.err().as_ref(), Some(expected), "{id} {}", edits.escape_ascii());
    }
}

/// 6455-4.1.C-12, 6455-4.1.C-8: what was agreed to, in the order in which the server says it.
#[test]
fn agreements() {
    for (edits, expected) in [(&b"chat"[..], "chat"), (b" superchat\t", "superchat")] {
        let head = edit(RESPONSE, &[b"+Sec-WebSocket-Protocol:", edits].concat());
        for offer in [CHATS, LENIENT] {
            let response = receive(offer, &head, TAIL).expect("offered");
            assert_eq!(response.subprotocol(), Some(expected));
        }
    }
    let both = [Extension::new("x-b").param("p", Some("1")), Extension::new("x-a")];
    for (edits, expected) in [
        (&b"+Sec-WebSocket-Extensions: x-a"[..], &both[1..]),
        (b"+Sec-WebSocket-Extensions: x-b; p=1, x-a", &both),
        (b"+Sec-WebSocket-Extensions: x-b;p=\"1\"|+sec-websocket-extensions: ,x-a", &both),
    ] {
        assert_eq!(
            receive(EXTENSIONS, &edit(RESPONSE, edits), TAIL).expect("offered").extensions(),
            expected
        );
    }
}

/// 6455-4.1.C-1, 6455-4.1.C-14, 6455-4.4-1, WHATWG-2.2-1: any other response is handed out with its fields,
/// for the caller to act on; its body stays in the input, and there is no connection.
#[test]
fn other_statuses() {
    type Fields = &'static [(&'static str, &'static str)];
    let cases: &[(&str, u16, Fields)] = &[
        ("200 OK\r\nContent-Length: 5", 200, &[("content-length", "5")]),
        ("204 No Content", 204, &[]),
        ("301 Moved\r\nLocation: /other", 301, &[("Location", "/other")]),
        ("307 x\r\nLocation: wss://other/", 307, &[("Location", "wss://other/")]),
        ("401 x\r\nWWW-Authenticate: Basic realm=\"x\"", 401, &[("www-authenticate", "Basic realm=\"x\"")]),
        ("407 x\r\nProxy-Authenticate: Basic", 407, &[("Proxy-Authenticate", "Basic")]),
        ("403 x\r\nTransfer-Encoding: chunked", 403, &[]),
        (
            "426 x\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 8, 7",
            426,
            &[("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Version", "8, 7")],
        ),
        // All that a switch has, but for the status.
        (
            "200 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: \
             s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Extensions: x-a",
            200,
            &[("Upgrade", "websocket")],
        ),
        ("503 ", 503, &[]),
        ("599", 599, &[]),
    ];
    for (head, status, fields) in cases {
        for before in ["", "HTTP/1.1 103 Early Hints\r\n\r\n"] {
            let head = format!("{before}HTTP/1.1 {head}\r\n\r\n");
            for offer in [NOTHING, CHATS] {
                let response = receive(offer, head.as_bytes(), b"body\r\n\r\n").expect("handed out");
                assert_eq!(response.status(), *status);
                assert_eq!((response.subprotocol(), response.extensions()), (None, &[][..]), "{head}");
                for (name, value) in *fields {
                    let has = |(field, text): (&str, &[u8])| {
                        field.eq_ignore_ascii_case(name) && text == value.as_bytes()
                    };
                    assert!(response.headers().any(has), "{head}");
                }
                let first = fields.first().map(|(name, value)| (response.header(name), Some(*value)));
                assert!(first.is_none_or(|(got, expected)| got == expected), "{head}");
                let refused = response.finish(Config::default(), [7; 32]);
                assert_eq!(refused.err(), Some(HandshakeError::Status(*status)));
            }
        }
    }
}

/// 6455-4.1.C-14: what else a server says with its 101.
#[test]
fn fields_of_the_answer_are_handed_out() {
    let head = edit(RESPONSE, b"+Set-Cookie: a=b|+Set-Cookie: c=d");
    let response = receive(NOTHING, &head, TAIL).expect("good");
    assert_eq!(response.header("set-cookie"), Some("a=b"));
    let cookies: Vec<_> = response.headers().filter(|(name, _)| *name == "Set-Cookie").collect();
    assert_eq!(cookies, [("Set-Cookie", &b"a=b"[..]), ("Set-Cookie", b"c=d")]);
}

/// 6455-4.1.B-8: two handshakes with two nonces have nothing in common but the rest of the request, and the
/// answer to one is none to the other.
#[test]
fn nonces() {
    let request = request("ws://h/");
    let (mut outs, mut responses) = (vec![], vec![]);
    for nonce in [NONCE, [1; 16]] {
        let mut out = Vec::new();
        let handshake = Handshake::start(&request, nonce, &mut out).expect("nothing wrong");
        let key = Head::parse(&out).one("Sec-WebSocket-Key").to_string();
        let answer = accept_key(&key).expect("a key");
        outs.push(String::from_utf8(out).expect("text").replace(&key, ""));
        responses.push((handshake, edit(RESPONSE, format!("=Sec-WebSocket-Accept: {answer}").as_bytes())));
    }
    assert_eq!(outs[0], outs[1]);
    let [(mut first, one), (mut second, other)] = responses.try_into().expect("two");
    assert_ne!(one, other);
    assert!(first.receive(&mut Input::new(&mut other.clone())).is_some_and(|result| result.is_err()));
    assert!(second.receive(&mut Input::new(&mut other.clone())).is_some_and(|result| result.is_ok()));
}

/// 6455-9.1-7, 6455-5.8-1: an extension that was offered and not agreed to leaves no trace in the frames.
/// 6455-7.4.1-1010a: a client that cannot do without says so.
#[test]
fn extensions_not_granted() {
    let response = receive(EXTENSIONS, RESPONSE.as_bytes(), TAIL).expect("good");
    assert_eq!(response.extensions(), []);
    let mut conn = response.finish(Config::default(), [7; 32]).expect("accepted");
    let mut out = Vec::new();
    conn.send("x".repeat(1000).as_str(), &mut out).expect("open");
    assert_eq!(out[0], 0x81);
    out.clear();
    conn.close(Some(CloseCode::MISSING_EXTENSION), "x-a", &mut out).expect("for clients");
    assert_eq!(out[..2], [0x88, 0x85]);
    let payload: Vec<_> =
        out[6..].iter().zip(out[2..6].iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    assert_eq!(payload, b"\x03\xf2x-a");
}

/// A second 101 is no frame (CVE-2026-43974).
#[test]
fn a_second_response_fails_the_connection() {
    let mut conn = receive(NOTHING, RESPONSE.as_bytes(), RESPONSE.as_bytes())
        .expect("good")
        .finish(Config::default(), [7; 32])
        .expect("accepted");
    let (mut tail, mut out) = (RESPONSE.as_bytes().to_vec(), Vec::new());
    let event = conn.receive(&mut Input::new(&mut tail), &mut out);
    assert!(matches!(event, Some(Event::Failed(Violation::ReservedBits(4)))));
}

/// 6455-4.1.C-16: the limits are exact, and hold over all interim responses together.
#[test]
fn limits() {
    let receive = |limits, head: &[u8]| {
        let begin = || {
            let (mut handshake, _) = start(&request("ws://h/").limits(limits));
            move |input: &mut Input<'_>, _: &mut Vec<u8>| handshake.receive(input)
        };
        every_way(begin, head, TAIL).0.map(|response| response.status())
    };
    for edits in [&b""[..], b"^HTTP/1.1 100 Continue\r\n\r\n", b"^HTTP/1.1 103 x\r\nLink: x\r\n\r\n"] {
        let head = edit(RESPONSE, edits);
        let limit = head.len() - 1;
        assert_eq!(receive(Limits::new().max_head(limit + 1), &head), Ok(101));
        let error = HandshakeError::HeadTooLong { limit };
        assert_eq!(receive(Limits::new().max_head(limit), &head), Err(error));
    }
    let limit = RESPONSE.find("\r\n").expect("a line") + 1;
    let error = HandshakeError::TargetTooLong { limit };
    assert_eq!(receive(Limits::new().max_head(limit), RESPONSE.as_bytes()), Err(error));
    for fields in [3, 4, usize::MAX] {
        assert_eq!(receive(Limits::new().max_fields(fields), RESPONSE.as_bytes()), Ok(101));
    }
    for limit in [0, 2] {
        let error = HandshakeError::TooManyFields { limit };
        assert_eq!(receive(Limits::new().max_fields(limit), RESPONSE.as_bytes()), Err(error));
    }
}

/// 6455-4.1.C-16: ten megabytes that never end, byte by byte: failed at the limit, once, and swallowed from
/// then on.
#[test]
fn endless_responses() {
    for (first, endless) in [
        ("HTTP/1.1 101 x\r\nX: ", "a"),
        ("HTTP/1.1 101 x\r\n", "X: y\r\n"),
        ("HTTP/1.1 101 ", "a"),
        ("", "HTTP/1.1 103 x\r\n\r\n"),
    ] {
        let (mut handshake, _) = start(&request("ws://h/"));
        let mut verdicts = Vec::new();
        for (index, byte) in first.bytes().chain(endless.bytes().cycle()).take(10 << 20).enumerate() {
            if let Some(verdict) = handshake.receive(&mut Input::new(&mut [byte])) {
                verdicts.push((index + 1, verdict.is_err()));
            }
        }
        assert_eq!(verdicts, [(16 * 1024 + 1, true)], "{first}{endless}…");
    }
}

/// 6455-4.1.C-10: empty lines may come before a request (RFC 9112 2.2), not before a response.
#[test]
fn no_empty_line_before_a_response() {
    let (mut handshake, _) = start(&request("ws://h/"));
    let mut head = [b"\r\n", RESPONSE.as_bytes()].concat();
    let verdict = handshake.receive(&mut Input::new(&mut head)).map(|verdict| verdict.map(|_| ()));
    assert_eq!(verdict, Some(Err(HandshakeError::Malformed)));
}

/// RFC 6454 7.3: one origin, the last one given, by whatever call; and no value in what Debug shows.
#[test]
fn one_origin_and_no_secrets() {
    let request = request("ws://h/").origin("http://a").header("ORIGIN", "http://b").origin("http://c");
    let request = request.header("Authorization", "Bearer secret").header("Origin", "http://d");
    let mut out = Vec::new();
    let handshake = Handshake::start(&request, [0; 16], &mut out).expect("lawful");
    let head = String::from_utf8(out).expect("ASCII");
    assert_eq!(head.matches("http://").count(), 1);
    assert!(head.contains("Origin: http://d\r\n"));
    for shown in [format!("{request:?}"), format!("{handshake:?}")] {
        assert!(shown.contains("Authorization") && !shown.contains("secret"), "{shown}");
    }
}

/// 6455-1.9-1, 6455-1.9-2, 6455-9-1, 6455-4.2.2-16: both ends agree on what both have, whatever that is.
#[test]
fn end_to_end() {
    for (offered, known, agreed) in [
        (&["v2.chat", "v1.chat"][..], &["v1.chat"][..], Some("v1.chat")),
        (&["v2.chat", "v1.chat"], &["v1.chat", "v2.chat"], Some("v2.chat")),
        (&["Chat"], &["chat"], None),
        (&[], &["chat"], None),
    ] {
        for extension in [None, Some("x-a")] {
            let mut request = request("ws://h/").subprotocol_required(false);
            request = offered.iter().fold(request, |request, name| request.subprotocol(*name));
            request = request.extension(Extension::new("x-b")).extension(Extension::new("x-a"));
            let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
            let mut client = Handshake::start(&request, NONCE, &mut to_server).expect("nothing wrong");
            let received = server::Handshake::new().receive(&mut Input::new(&mut to_server), &mut to_client);
            let received = received.expect("whole").expect("good");
            assert_eq!(received.subprotocols().collect::<Vec<_>>(), offered);

            let choice = received.subprotocols().find(|name| known.contains(name));
            let accept = choice.into_iter().fold(server::Accept::new(), server::Accept::subprotocol);
            let accept = extension.map(Extension::new).into_iter().fold(accept, server::Accept::extension);
            let mut server = received.accept(&accept, Config::default(), &mut to_client).expect("offered");
            assert_eq!(choice, agreed);
            server.send("welcome", &mut to_client).expect("open");

            let mut input = Input::new(&mut to_client);
            let response = client.receive(&mut input).expect("whole").expect("good");
            assert_eq!(response.subprotocol(), agreed);
            let names: Vec<_> = response.extensions().iter().map(Extension::name).collect();
            assert_eq!(names, extension.into_iter().collect::<Vec<_>>());
            let mut conn = response.finish(Config::default(), [7; 32]).expect("accepted");
            let mut store = MessageBuf::new();
            let event = conn.receive_message(&mut input, &mut store, &mut Vec::new());
            assert_eq!(event, Some(Event::Data(Message::Text("welcome"))));
            assert!(input.is_empty());
        }
    }
}

/// 6455-4.1.C-17: half a response is none.
#[test]
fn half_a_response() {
    for end in 0..RESPONSE.len() {
        let (mut handshake, _) = start(&request("ws://h/"));
        let arrived = arrive(|input, _| handshake.receive(input), [&RESPONSE.as_bytes()[..end]]);
        assert!(arrived.verdict.is_none(), "after {end} bytes");
    }
}

#[cfg(feature = "std")]
mod over_a_socket {
    use std::io::{self, ErrorKind, Read, Write};

    use sansws::stream::{Error, WebSocket};

    use super::*;

    /// A server that says this and hangs up.
    #[derive(Debug)]
    struct Mock {
        says: &'static [u8],
        heard: Vec<u8>,
    }

    impl Read for Mock {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.says.read(buffer)
        }
    }

    impl Write for Mock {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.heard.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A socket that broke before the first byte.
    #[derive(Debug)]
    struct Broken;

    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            panic!("there is nothing to read before the request is written")
        }
    }

    impl Write for Broken {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::ConnectionReset.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// 6455-4.1.A-6: without a transport the attempt ends.
    #[test]
    fn no_transport() {
        let error = WebSocket::connect("ws://h/", Broken).expect_err("no connection");
        assert!(matches!(error, Error::Io(error) if error.kind() == ErrorKind::ConnectionReset));
    }

    /// 6455-4.1.C-17: EOF before the response is complete fails the handshake. 6455-4.1.C-15, 6455-7.2.2-1:
    /// no Close is sent then, or after a bad response.
    #[test]
    fn failing_sends_nothing() {
        type Check<'c> = &'c dyn Fn(&Error) -> bool;
        let is_eof =
            |error: &Error| matches!(error, Error::Io(error) if error.kind() == ErrorKind::UnexpectedEof);
        // The nonce was another one.
        let is_wrong = |error: &Error| matches!(error, Error::Handshake(HandshakeError::Accept));
        let is_404 = |error: &Error| matches!(error, Error::Response(response) if response.status() == 404);
        let cases: [(&[u8], Check<'_>); 5] = [
            (b"", &is_eof),
            (b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\n", &is_eof),
            (b"\x81", &is_eof),
            (b"HTTP/1.1 404 x\r\n\r\n", &is_404),
            (RESPONSE.as_bytes(), &is_wrong),
        ];
        let mut heard = Vec::new();
        for (says, is_expected) in cases {
            let mut mock = Mock { says, heard: Vec::new() };
            let error = WebSocket::connect("ws://h/", &mut mock).expect_err("no response");
            assert!(is_expected(&error), "{error:?} to {}", says.escape_ascii());
            assert!(Head::parse(&mock.heard).rest.is_empty());
            heard.push(mock.heard);
        }
        // 6455-4.1.B-8: no two requests had the same nonce.
        heard.sort();
        heard.dedup();
        assert_eq!(heard.len(), 5);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// 6455-4.1.B-7: every key is canonical base64 of 16 bytes, and every answer to it is taken.
    #[test]
    fn keys(nonce: [u8; 16]) {
        let mut out = Vec::new();
        let mut handshake = Handshake::start(&request("ws://h/"), nonce, &mut out).expect("nothing wrong");
        let head = Head::parse(&out);
        let key = head.one("Sec-WebSocket-Key");
        prop_assert!(key.len() == 24 && key.ends_with("=="));
        prop_assert!(b"AQgw".contains(&key.as_bytes()[21]));
        let answer = accept_key(key).expect("a key");
        let mut response = edit(RESPONSE, format!("=Sec-WebSocket-Accept: {answer}").as_bytes());
        prop_assert!(handshake.receive(&mut Input::new(&mut response)).is_some_and(|result| result.is_ok()));
    }

    /// Whatever the bytes are, there is no panic, and the verdict does not depend on how they arrive.
    #[test]
    fn mutations(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let more = b"^HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n|+Sec-WebSocket-Protocol: chat\
                     |+Sec-WebSocket-Extensions: x-a; b=\"c\", x-b";
        let mut head = edit(RESPONSE, more);
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

        let request = EXTENSIONS(CHATS(request("ws://h/")));
        let ((mut one, _), (mut other, _)) = (start(&request), start(&request));
        let whole = arrive(|input, _| one.receive(input), [&head[..]]);
        let split = arrive(|input, _| other.receive(input), pieces);
        prop_assert_eq!(&whole.rest, &split.rest);
        if let Some(Ok(response)) = &whole.verdict {
            let accepted = response.finish(Config::default(), [7; 32]);
            prop_assert_eq!(accepted.is_ok(), response.status() == 101);
            if response.status() == 101 {
                prop_assert!(contains(&head, ACCEPT.as_bytes()));
            }
        }
        prop_assert_eq!(format!("{:?}", whole.verdict), format!("{:?}", split.verdict));
    }
}

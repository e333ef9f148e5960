//! The classes of 5.2: what a server accepts and refuses, what it tells, and what it must not tell.

use sansws::handshake::server::{Accept, Handshake};
use sansws::handshake::{HandshakeError, Limits};
use sansws::{Config, Input};

use crate::handshake_common::{ACCEPT, Head, arrive, contains, edit};
use crate::requests::{REQUEST, answered, receive, request};

/// 5.2: unusual and good.
#[test]
pub(crate) fn c5_2_accept() {
    let cases: [&[u8]; 22] = [
        b"=UPGRADE: uPgRaDe, WebSocket",
        b"=Upgrade: WebSocket",
        b"=Upgrade: h2c, websocket",
        b"=Upgrade: h2c|+Upgrade: websocket",
        b"=connection: keep-alive, UPGRADE",
        b"=Connection: keep-alive|+Connection: Upgrade",
        b"=Connection:\tkeep-alive\t,\tUpgrade\t",
        b"=Sec-WebSocket-Key:\t dGhlIHNhbXBsZSBub25jZQ== \t",
        b"=Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==",
        b"=Sec-WebSocket-Version:13",
        b">GET http://h/p HTTP/1.1",
        b">GET HTTP://H:80/p?q HTTP/1.1",
        b"^\r\n",
        b"+X: caf\xe9 \xff\x80",
        b"+X:",
        b"+Sec-WebSocket-Extensions: x-unknown; a=\"1\", y",
        b"+Sec-WebSocket-Extensions: a|+Sec-WebSocket-Extensions: b",
        b"=Sec-WebSocket-Protocol: a|+Sec-WebSocket-Protocol: b, c",
        b"-Sec-WebSocket-Protocol|-Origin",
        b"=Host: [::1]:9001",
        b"+Content-Length: 0",
        b"+Expect: 100-continue",
    ];
    answered(101, &cases);
    let merged = request(b"=Sec-WebSocket-Protocol: a|+Sec-WebSocket-Protocol: b, c");
    assert_eq!(merged.subprotocols().collect::<Vec<_>>(), ["a", "b", "c"]);
}

/// 5.2: malformed, ambiguous, or for someone else.
#[test]
pub(crate) fn c5_2_reject() {
    let cases: [&[u8]; 47] = [
        b"-Host",
        b"+Host: server.example.com",
        b"=Host: a b",
        b"=Host: u@h",
        b"=Connection: notupgrade",
        b"=Connection: close",
        b"-Connection",
        b"-Sec-WebSocket-Key",
        b"+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAA",
        b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAAA=",
        b"=Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAA==",
        b"=Sec-WebSocket-Key: AAAAAAAAAAA AAAAAAAAAA==",
        b"=Sec-WebSocket-Key: AAAAAAAAAAA!AAAAAAAAAA==",
        b"-Sec-WebSocket-Version",
        b"=Sec-WebSocket-Version: 13, 8",
        b"=Sec-WebSocket-Version: 013",
        b"=Sec-WebSocket-Version: +13",
        b"+Sec-WebSocket-Version: 13",
        b">GET / HTTP/1.1\nX: y",
        b"+X: a\rb",
        b"+X: a\nb",
        b"+X : y",
        b"+X\t: y",
        b">GET / HTTP/1.1\r\n X: y",
        b"+X: a\r\n b",
        b"+X: a\r\n\tb",
        b"+X: a\0b",
        b"+X: a\x01b",
        b"+X: a\x7fb",
        b"+Content-Length: 5",
        b"+Transfer-Encoding: chunked",
        b">GET  /chat HTTP/1.1",
        b">GET /chat  HTTP/1.1",
        b">GET /chat#x HTTP/1.1",
        b">GET * HTTP/1.1",
        b">GET h:80 HTTP/1.1",
        b">GET /chat",
        b">GET /chat HTTP/1.1 x",
        b"+Sec-WebSocket-Extensions:",
        b"+Sec-WebSocket-Extensions: a;",
        b"=Sec-WebSocket-Protocol: chat, chat",
        b"=Sec-WebSocket-Protocol: a b",
        b"=Sec-WebSocket-Protocol: a/b",
        b"=Sec-WebSocket-Protocol:",
        b"+: nameless",
        b"+no colon",
    ];
    answered(400, &cases);
}

/// 5.2: the statuses beside 400, and what has to stand with them.
#[test]
pub(crate) fn c5_2_statuses() {
    answered(405, &[b">POST /chat HTTP/1.1", b">get /chat HTTP/1.1", b">OPTIONS * HTTP/1.1"]);
    answered(505, &[b">GET /chat HTTP/1.0", b">GET /chat HTTP/2.0", b">GET /chat HTTP/0.9"]);
    answered(417, &[b"+Expect: 200-ok"]);
    answered(
        426,
        &[b"-Upgrade", b"=Upgrade: websockets", b"=Sec-WebSocket-Version: 8", b"=Sec-WebSocket-Version: 0"],
    );
    answered(414, &[format!(">GET /{} HTTP/1.1", "a".repeat(1 << 15)).as_bytes()]);
    answered(431, &["|+X: y".repeat(101).as_bytes(), format!("+X: {}", "a".repeat(1 << 15)).as_bytes()]);
    let told = |edits: &[u8]| Head::parse(&receive(Limits::new(), &edit(REQUEST, edits)).1);
    assert_eq!(told(b">POST / HTTP/1.1").one("Allow"), "GET");
    for edits in [&b"=Sec-WebSocket-Version: 8"[..], b"-Upgrade"] {
        let head = told(edits);
        assert_eq!((head.one("Sec-WebSocket-Version"), head.one("Upgrade")), ("13", "websocket"));
    }
    assert_eq!(told(b"-Sec-WebSocket-Version").one("Sec-WebSocket-Version"), "13");
}

/// 5.2: no byte of a request comes back: not of the target, a name, a value, or what follows the head.
#[test]
pub(crate) fn c5_2_nothing_is_reflected() {
    let cases: [&[u8]; 14] = [
        b">GET /<script>Zq9 HTTP/1.1|-Host",
        b">Zq9 / HTTP/1.1",
        b">GET Zq9 HTTP/1.1",
        b">GET / Zq9",
        b"=Host: <Zq9>",
        b"+Zq9 Zq9",
        b"+X: Zq9\0",
        b"=Upgrade: Zq9",
        b"=Connection: Zq9",
        b"=Sec-WebSocket-Key: Zq9",
        b"=Sec-WebSocket-Version: Zq9",
        b"=Sec-WebSocket-Protocol: Zq9 Zq9",
        b"+Sec-WebSocket-Extensions: \"Zq9\"",
        b"+Expect: Zq9",
    ];
    for edits in cases {
        let (verdict, out) = receive(Limits::new(), &edit(REQUEST, edits));
        assert!(
            verdict.is_err() && !contains(&out, b"zq9") && !contains(&out, b"<"),
            "{}",
            out.escape_ascii()
        );
    }
    // All that an acceptance has of the request is the hash of its key.
    let mut out = Vec::new();
    request(b">GET /Zq9 HTTP/1.1|+Cookie: Zq9")
        .accept(&Accept::new(), Config::default(), &mut out)
        .expect("good");
    assert!(!contains(&out, b"zq9") && !contains(&out, b"chat"));
}

/// 5.2: one subprotocol that was offered, exactly, or none.
#[test]
pub(crate) fn c5_2_subprotocols() {
    for (edits, chosen, good) in [
        (&b""[..], Some("superchat"), true),
        (b"", Some("Chat"), false),
        (b"", Some("chat, superchat"), false),
        (b"", Some(""), false),
        (b"-Sec-WebSocket-Protocol", Some("chat"), false),
        (b"-Sec-WebSocket-Protocol", None, true),
    ] {
        let accept = chosen.into_iter().fold(Accept::new(), Accept::subprotocol);
        let mut out = Vec::new();
        let result = request(edits).accept(&accept, Config::default(), &mut out);
        assert_eq!((result.is_ok(), out.is_empty()), (good, !good));
        if good {
            let told = chosen.into_iter().collect::<Vec<_>>();
            assert_eq!(Head::parse(&out).all("Sec-WebSocket-Protocol"), told);
        }
    }
}

/// 5.2: a server says 101 only to a request that it has checked in full, and a proxy that thinks otherwise is told
/// that the connection ends: what it sends on is swallowed.
#[test]
pub(crate) fn c5_2_cross_protocol() {
    let smuggled = b"GET /internal HTTP/1.1\r\nHost: h\r\n\r\n";
    for (edits, status) in [
        (&b"=Sec-WebSocket-Version: 1337"[..], 400),
        (b"=Sec-WebSocket-Version: 77", 426),
        (b"=Upgrade: h2c", 426),
        (b"-Sec-WebSocket-Key", 400),
    ] {
        let bytes = [&edit(REQUEST, edits)[..], smuggled].concat();
        let mut handshake = Handshake::new();
        let arrived = arrive(|input, out| handshake.receive(input, out), bytes.chunks(50));
        assert_eq!(arrived.verdict.and_then(Result::err).map(HandshakeError::status), Some(status));
        assert_eq!(arrived.rest, b"");
        let head = Head::parse(&arrived.out);
        head.assert_refusal(status);
        assert!(head.lists("Connection", "close") && !contains(&arrived.out, b"HTTP/1.1 101"));
    }
    // Another protocol altogether, and bytes that are none.
    for garbage in
        [&b"\x16\x03\x01\x02\x00\x01\x00"[..], b"EHLO h\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"\x81\x85\0\0\0\0"]
    {
        let mut handshake = Handshake::new();
        let arrived = arrive(|input, out| handshake.receive(input, out), garbage.chunks(1));
        assert!(arrived.verdict.is_some_and(|verdict| verdict.is_err()));
        Head::parse(&arrived.out).assert_refusal(400);
    }
    // Nothing is said before the head is complete.
    let (mut handshake, mut out) = (Handshake::new(), Vec::new());
    let mut head = edit(REQUEST, b"");
    let last = head.len() - 1;
    assert!(handshake.receive(&mut Input::new(&mut head[..last]), &mut out).is_none() && out.is_empty());
    let request =
        handshake.receive(&mut Input::new(&mut head[last..]), &mut out).expect("complete").expect("good");
    assert!(out.is_empty());
    request.accept(&Accept::new(), Config::default(), &mut out).expect("good");
    assert_eq!(Head::parse(&out).one("Sec-WebSocket-Accept"), ACCEPT);
}

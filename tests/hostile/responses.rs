//! Responses to a client: forged, endless, or with more in them than was asked for; and where URIs lead.

use sansws::handshake::client::{Handshake, Request, Response};
use sansws::handshake::{Extension, HandshakeError, Limits, Uri, UriError};
use sansws::{Config, Event, Input, Message, MessageBuf, Violation};

use crate::counting::measure;
use crate::handshake_common::{NONCE, arrive, edit};

/// RFC 6455 1.3.
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// "Hello" behind the head.
const TAIL: &[u8] = b"\x81\x05Hello";

fn plain() -> Request {
    Request::new("ws://h/".parse().expect("a URI"))
}

fn start(request: &Request) -> Handshake {
    Handshake::start(request, NONCE, &mut Vec::new()).expect("nothing wrong")
}

/// What a client makes of a response, whole and byte by byte, with a frame behind it.
#[track_caller]
fn receive(request: &Request, head: &[u8]) -> Result<Response, HandshakeError> {
    let bytes = [head, TAIL].concat();
    let [whole, bytewise] = [bytes.len(), 1].map(|piece| {
        let mut handshake = start(request);
        arrive(|input, _| handshake.receive(input), bytes.chunks(piece))
    });
    assert_eq!(format!("{:?}", whole.verdict), format!("{:?}", bytewise.verdict));
    assert_eq!(whole.rest, bytewise.rest);
    let Some(verdict) = whole.verdict else { panic!("no verdict on {}", head.escape_ascii()) };
    assert_eq!(whole.rest, if verdict.is_ok() { TAIL } else { b"" });
    verdict
}

#[track_caller]
fn fails(request: &Request, expected: HandshakeError, cases: &[&[u8]]) {
    for edits in cases {
        let verdict = receive(request, &edit(RESPONSE, edits));
        assert_eq!(verdict.err(), Some(expected), "{}", edits.escape_ascii());
    }
}

/// V18, V74, 5.3: parameters of compression that nobody offered, some of which no number can be.
#[test]
pub(crate) fn v18_v74_cve_2026_2229_compression_not_offered() {
    let mut cases: Vec<Vec<u8>> = ["", "; server_no_context_takeover", "; client_max_window_bits"]
        .map(|param| format!("+Sec-WebSocket-Extensions: permessage-deflate{param}").into_bytes())
        .to_vec();
    cases.extend(["1000", "7", "16", "08", "\"15\"", "-1", "10", "15"].map(|bits| {
        format!("+Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits={bits}").into_bytes()
    }));
    for edits in &cases {
        fails(&plain(), HandshakeError::ExtensionNotOffered, &[edits]);
    }
    // A name that differs by two letters is another one.
    let offered = plain().extension(Extension::new("x-deflate"));
    fails(&offered, HandshakeError::ExtensionNotOffered, &[b"+Sec-WebSocket-Extensions: x-defalte"]);
    fails(&offered, HandshakeError::Extensions, &[b"+Sec-WebSocket-Extensions: x-deflate; bits="]);
    // What the application offered by itself comes back as text, and gives the reserved bits no meaning.
    let response = receive(&offered, &edit(RESPONSE, b"+Sec-WebSocket-Extensions: x-deflate; bits=1000"));
    let response = response.expect("offered");
    assert_eq!(response.extensions()[0].params().next(), Some(("bits", Some("1000"))));
    let mut conn = response.finish(Config::default(), [7; 32]).expect("accepted");
    let mut compressed = [0xc1];
    let event = conn.receive(&mut Input::new(&mut compressed), &mut Vec::new());
    assert!(matches!(event, Some(Event::Failed(Violation::ReservedBits(4)))));
}

/// V25: the one proof that the server has read the request.
#[test]
pub(crate) fn v25_accept_is_compared() {
    let cases: [&[u8]; 9] = [
        b"=Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        b"=Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ==",
        b"-Sec-WebSocket-Accept",
        b"=Sec-WebSocket-Accept:",
        b"=Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo",
        b"=Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=",
        b"=Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo= x",
        b"=Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=, AAAA",
        b"+Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ];
    fails(&plain(), HandshakeError::Accept, &cases);
    // White space around a value is not part of it (RFC 9110 5.5).
    let spaced = edit(RESPONSE, b"=Sec-WebSocket-Accept: \t s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t");
    assert!(receive(&plain(), &spaced).is_ok());
}

/// V51: fields without end are refused at the limit; a body without end is not the handshake's to read.
#[test]
pub(crate) fn v51_cve_2022_31080_endless_responses() {
    for start_of in ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 101 x\r\n", "HTTP/1.1 103 x\r\n\r\nHTTP/1.1 200 x\r\n"]
    {
        let mut handshake = start(&plain());
        let mut bytes = start_of.as_bytes().to_vec();
        bytes.extend(b"X: y\r\n".repeat(1 << 16));
        let (verdicts, cost) = measure(|| {
            let pieces = bytes.chunks_mut(1000).map(Input::new);
            pieces
                .map(|mut input| {
                    handshake.receive(&mut input).map_or(0, |verdict| 1 + usize::from(verdict.is_ok()))
                })
                .sum::<usize>()
        });
        assert_eq!(verdicts, 1, "one, and it is an error");
        assert!(cost.most <= 40 << 10, "{cost:?}");
    }
    let mut handshake = start(&plain());
    let mut head = *b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nbody";
    let mut input = Input::new(&mut head);
    let response = handshake.receive(&mut input).expect("complete").expect("well-formed");
    assert_eq!((response.status(), input.rest()), (200, &b"body"[..]));
    let mut body = vec![b'x'; 1 << 20];
    let ((), cost) = measure(|| assert!(handshake.receive(&mut Input::new(&mut body)).is_none()));
    assert_eq!(cost.allocations, 0);
}

/// V65: a head of 64 KiB.
#[test]
pub(crate) fn v65_large_upgrade_response() {
    let large = edit(RESPONSE, format!("+X: {}", "a".repeat(64 << 10)).as_bytes());
    assert_eq!(receive(&plain(), &large).err(), Some(HandshakeError::HeadTooLong { limit: 16 << 10 }));
    let raised = plain().limits(Limits::new().max_head(1 << 17));
    assert!(receive(&raised, &large).is_ok());
    let many = edit(RESPONSE, "|+X: y".repeat(101).as_bytes());
    assert_eq!(receive(&plain(), &many).err(), Some(HandshakeError::TooManyFields { limit: 100 }));
}

/// V76: a 101 to another request, without proof, twice, or as an interim response of sorts.
#[test]
pub(crate) fn v76_cve_2026_43974_unsolicited_101() {
    let mut other = Handshake::start(&plain(), [1; 16], &mut Vec::new()).expect("nothing wrong");
    let mut response = RESPONSE.as_bytes().to_vec();
    let verdict = other.receive(&mut Input::new(&mut response));
    assert!(matches!(verdict, Some(Err(HandshakeError::Accept))));
    fails(&plain(), HandshakeError::Accept, &[b"-Sec-WebSocket-Accept"]);
    fails(&plain(), HandshakeError::Upgrade, &[b"-Upgrade|-Connection|-Sec-WebSocket-Accept"]);
    fails(&plain(), HandshakeError::Upgrade, &[b"^HTTP/1.1 101 x\r\n\r\n"]);

    // The second one is no frame.
    let mut handshake = start(&plain());
    let mut twice = RESPONSE.repeat(2).into_bytes();
    let mut input = Input::new(&mut twice);
    let response = handshake.receive(&mut input).expect("complete").expect("good");
    let mut conn = response.finish(Config::default(), [7; 32]).expect("accepted");
    assert_eq!(input.rest(), RESPONSE.as_bytes());
    let event = conn.receive(&mut input, &mut Vec::new());
    assert!(matches!(event, Some(Event::Failed(Violation::ReservedBits(4)))) && input.is_empty());
    assert!(handshake.receive(&mut Input::new(&mut RESPONSE.as_bytes().to_vec())).is_none());
}

/// V64: URIs that end too early, and a field that is only a colon.
#[test]
pub(crate) fn v64_short_uris_and_headers() {
    for uri in ["", "w", "ws", "ws:", "ws:/", "ws:h", "/", "://"] {
        assert_eq!(uri.parse::<Uri>(), Err(UriError::Scheme), "{uri:?}");
    }
    for uri in [
        "ws://",
        "ws://[",
        "ws://]",
        "ws://[]",
        "ws://:",
        "ws://:0",
        "ws://h:0",
        "ws://[::1",
        "ws://?",
        "ws://%",
    ] {
        assert_eq!(uri.parse::<Uri>(), Err(UriError::Authority), "{uri:?}");
    }
    let good: Uri = "wss://h:81/a?b".parse().expect("good");
    for end in 0..good.to_string().len() {
        let cut = &good.to_string()[..end];
        let _ = (cut.parse::<Uri>(), good.join(cut));
    }
    fails(&plain(), HandshakeError::Malformed, &[b"+:", b"+: x", b">:", b">HTTP/1.1", b">HTTP/1.1 :"]);
}

/// 5.2: what a client takes for a switch, and what it takes for something else.
#[test]
pub(crate) fn c5_2_responses() {
    let chat = plain().subprotocol("chat");
    let good: [&[u8]; 8] = [
        b">HTTP/1.1 101",
        b">HTTP/1.1 101 ",
        b"=Upgrade: WebSocket",
        b"=Connection: keep-alive, upgrade",
        b"^HTTP/1.1 100 Continue\r\n\r\n",
        b"^HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
        b"+Content-Length: 5|+Transfer-Encoding: chunked",
        b"+Sec-WebSocket-Version: 8",
    ];
    for edits in good {
        let response = receive(&plain(), &edit(RESPONSE, edits)).expect("good");
        let mut conn = response.finish(Config::default(), [7; 32]).expect("accepted");
        let (mut tail, mut store) = (TAIL.to_vec(), MessageBuf::new());
        let event = conn.receive_message(&mut Input::new(&mut tail), &mut store, &mut Vec::new());
        assert_eq!(event, Some(Event::Data(Message::Text("Hello"))));
    }
    let request = plain().extension(Extension::new("x"));
    let rows: [(&Request, HandshakeError, &[&[u8]]); 10] = [
        (
            &chat,
            HandshakeError::HttpVersion,
            &[b">HTTP/1.0 101 x", b">HTTP/2.0 101 x", b"^HTTP/1.0 100 x\r\n\r\n"],
        ),
        (
            &chat,
            HandshakeError::Malformed,
            &[b">HTTP/1.1 1011 x", b">HTTP/1.1 10 x", b"+X : y", b">\x81~Hello"],
        ),
        (
            &chat,
            HandshakeError::Upgrade,
            &[b"=Upgrade: h2c", b"=Upgrade: websocket, h2c", b"+Upgrade: websocket"],
        ),
        (
            &chat,
            HandshakeError::Connection,
            &[b"=Connection: close", b"=Connection: notupgrade", b"-Connection"],
        ),
        (&chat, HandshakeError::SubprotocolMissing, &[b""]),
        (&chat, HandshakeError::SubprotocolNotOffered, &[b"+Sec-WebSocket-Protocol: Chat"]),
        (
            &chat,
            HandshakeError::Subprotocol,
            &[
                b"+Sec-WebSocket-Protocol: chat, chat",
                b"+Sec-WebSocket-Protocol:",
                b"+Sec-WebSocket-Protocol: chat|+Sec-WebSocket-Protocol: chat",
            ],
        ),
        (&request, HandshakeError::ExtensionNotOffered, &[b"+Sec-WebSocket-Extensions: x, x; y"]),
        (&chat, HandshakeError::LineEnd, &[b"+X: a\nb", b"+X: a\rb"]),
        (&chat, HandshakeError::ControlCharacter(0), &[b"+X: a\0b"]),
    ];
    for (request, error, cases) in rows {
        fails(request, error, cases);
    }
    // Any other status is the caller's, with its fields, and the body is left where it is.
    for (head, name, value) in [
        ("302 x\r\nLocation: //evil.example/", "Location", "//evil.example/"),
        ("401 x\r\nWWW-Authenticate: Basic", "WWW-Authenticate", "Basic"),
        ("407 x\r\nProxy-Authenticate: Basic", "Proxy-Authenticate", "Basic"),
        ("426 x\r\nSec-WebSocket-Version: 13, 8", "Sec-WebSocket-Version", "13, 8"),
    ] {
        let response = receive(&chat, format!("HTTP/1.1 {head}\r\n\r\n").as_bytes()).expect("well-formed");
        assert_eq!(response.header(name), Some(value));
        assert!(response.finish(Config::default(), [7; 32]).is_err());
    }
}

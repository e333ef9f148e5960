//! Requests to a server: smuggled, endless, malformed, or of another site.

use sansws::handshake::server::{Accept, Handshake, Request, Response};
use sansws::handshake::{BuildError, Extension, HandshakeError, Limits};
use sansws::{Config, Event, Input, Message, MessageBuf, Violation};

use crate::counting::measure;
use crate::handshake_common::{Head, arrive, contains, edit};

/// RFC 6455 1.2.
pub(crate) const REQUEST: &str = "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// A masked "hi" behind the head.
const TAIL: &[u8] = b"\x81\x82\x01\x02\x03\x04\x69\x6b";

/// What a server makes of a head, whole and byte by byte, with a frame behind it: the verdict, and the answer if it
/// is a refusal. No byte behind a refused head is left to be taken for a frame.
#[track_caller]
pub(crate) fn receive(limits: Limits, head: &[u8]) -> (Result<Request, HandshakeError>, Vec<u8>) {
    let bytes = [head, TAIL].concat();
    let [whole, bytewise] = [bytes.len(), 1].map(|piece| {
        let mut handshake = Handshake::with_limits(limits);
        arrive(|input, out| handshake.receive(input, out), bytes.chunks(piece))
    });
    assert_eq!(format!("{:?}", whole.verdict), format!("{:?}", bytewise.verdict));
    assert_eq!((&whole.out, &whole.rest), (&bytewise.out, &bytewise.rest));
    let Some(verdict) = whole.verdict else { panic!("no verdict on {}", head.escape_ascii()) };
    match &verdict {
        Ok(_) => assert_eq!((&whole.out[..], &whole.rest[..]), (&b""[..], TAIL)),
        Err(error) => {
            Head::parse(&whole.out).assert_refusal(error.status());
            assert_eq!(whole.rest, b"");
        }
    }
    (verdict, whole.out)
}

#[track_caller]
pub(crate) fn request(edits: &[u8]) -> Request {
    receive(Limits::new(), &edit(REQUEST, edits)).0.expect("a good request")
}

/// The status that a changed request is answered with; 101 if it may be accepted.
#[track_caller]
fn status(edits: &[u8]) -> u16 {
    receive(Limits::new(), &edit(REQUEST, edits)).0.map_or_else(HandshakeError::status, |_| 101)
}

#[track_caller]
pub(crate) fn answered(expected: u16, cases: &[&[u8]]) {
    for edits in cases {
        assert_eq!(status(edits), expected, "{}", edits.escape_ascii());
    }
}

/// V1: a head of the greatest length, a byte at a time, is taken; one byte more is not; and a megabyte costs what a
/// megabyte costs.
#[test]
pub(crate) fn v1_cve_2023_43669_heads_byte_by_byte() {
    for (limit, size, good) in
        [(16 << 10, 16 << 10, true), (16 << 10, (16 << 10) + 1, false), (1 << 20, 1 << 20, true)]
    {
        let padding = "a".repeat(size - REQUEST.len() - "X: \r\n".len());
        let mut head = edit(REQUEST, format!("+X: {padding}").as_bytes());
        assert_eq!(head.len(), size);
        let mut handshake = Handshake::with_limits(Limits::new().max_head(limit));
        let mut out = Vec::with_capacity(512);
        let (verdict, cost) = measure(|| {
            let mut verdict = None;
            for byte in &mut head {
                let mut input = Input::new(core::slice::from_mut(byte));
                verdict = verdict.or(handshake.receive(&mut input, &mut out).map(|verdict| verdict.is_ok()));
                assert!(input.is_empty());
            }
            verdict
        });
        assert_eq!(verdict, Some(good));
        // The head as it doubles in growing, a copy of it, and the fields.
        assert!(
            cost.moved <= 2 * size + 4096 && cost.asked <= 6 * size && cost.allocations < 100,
            "{cost:?}"
        );
    }
}

/// V6: what would be a body to one reader and frames to another.
#[test]
pub(crate) fn v6_cve_2021_38512_smuggling() {
    let cases: [&[u8]; 9] = [
        b"+Transfer-Encoding: chunked",
        b"+Transfer-Encoding: identity",
        b"+Content-Length: 0|+Content-Length: 0",
        b"+Content-Length: 8|+Content-Length: 0",
        b"+Content-Length: +0",
        b"+Content-Length: 8",
        b"+Content-Length: 0x0",
        b"+Content-Length: 0, 0",
        b"+Content-Length : 0",
    ];
    answered(400, &cases);
}

/// V8: bytes that are not ASCII where a token has to be, and where anything may be.
#[test]
pub(crate) fn v8_non_ascii_headers() {
    let cases: [&[u8]; 4] = [
        b"=Sec-WebSocket-Protocol: caf\xc3\xa9",
        b"=Sec-WebSocket-Protocol: \xff",
        b"+Sec-WebSocket-Extensions: \xff",
        b"=Sec-WebSocket-Key: \xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff==",
    ];
    answered(400, &cases);
    let request = request(b"+Cookie: \xff|=Origin: \xc3|+X: caf\xc3\xa9");
    assert_eq!((request.header("Cookie"), request.origin(), request.header("X")), (None, None, Some("café")));
    assert!(!request.is_same_origin() && !request.origin_is(&[""]));
}

/// V11, 5.3: names that are properties elsewhere, a name with its letters in another order, parameters that make no
/// sense: offers that nobody knows are there to be looked at, and nothing is agreed to.
#[test]
pub(crate) fn v11_v62_extension_offers_are_data() {
    for offers in [
        "constructor; __proto__=1, permessage-deflate; toString",
        "permessage-defalte",
        "permessage-deflate, permessage-deflate; a; a, x-webkit-deflate-frame",
        "permessage-deflate; server_max_window_bits=1000",
        "permessage-deflate; server_max_window_bits=08; client_max_window_bits=\"15\"",
        "permessage-deflate; server_no_context_takeover=1, PERMESSAGE-DEFLATE",
    ] {
        let request = request(format!("+Sec-WebSocket-Extensions: {offers}").as_bytes());
        assert_eq!(request.extensions(), Extension::parse_list(offers.as_bytes()).expect("well-formed"));
        let mut out = Vec::new();
        let mut conn = request.accept(&Accept::new(), Config::default(), &mut out).expect("nothing wrong");
        assert!(!contains(&out, b"extensions"));
        let (mut bytes, mut store) = (*b"\xc1\x80\0\0\0\0", MessageBuf::new());
        let event = conn.receive_message(&mut Input::new(&mut bytes), &mut store, &mut out);
        assert_eq!(event, Some(Event::Failed(Violation::ReservedBits(4))));
    }
    answered(400, &[b"+Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="]);
}

/// V12, V24: values that a parser which goes back would look at for hours: too long for the limit, and with a higher
/// one refused at the price of their length.
#[test]
pub(crate) fn v12_v24_cve_2021_32640_cve_2020_7662_backtracking() {
    for value in [
        format!("=Sec-WebSocket-Protocol: b{}x", " ".repeat(32_000)),
        format!("+Sec-WebSocket-Extensions: a; b=\"{}", "\\c".repeat(30_000)),
        format!("+Sec-WebSocket-Extensions: a{}b", " ".repeat(60_000)),
        format!("=Sec-WebSocket-Protocol: {}b c", "\t".repeat(60_000)),
    ] {
        assert_eq!(status(value.as_bytes()), 431);
        let mut head = edit(REQUEST, value.as_bytes());
        let (length, mut out) = (head.len(), Vec::with_capacity(512));
        let mut handshake = Handshake::with_limits(Limits::new().max_head(1 << 17));
        let (verdict, cost) = measure(|| handshake.receive(&mut Input::new(&mut head), &mut out));
        assert_eq!(verdict.and_then(Result::err).map(HandshakeError::status), Some(400));
        assert!(cost.asked <= 5 * length && cost.allocations < 64, "{cost:?} for {length}");
    }
}

/// V13: the field that matters, behind two thousand others.
#[test]
pub(crate) fn v13_cve_2024_37890_too_many_headers() {
    let edits = format!("-Upgrade{}|+Upgrade: websocket", "|+X: y".repeat(2100));
    assert_eq!(status(edits.as_bytes()), 431);
    let head = edit(REQUEST, edits.as_bytes());
    assert!(receive(Limits::new().max_fields(3000), &head).0.is_ok());
    let (verdict, _) = receive(Limits::new().max_fields(2106), &head);
    assert_eq!(verdict.err(), Some(HandshakeError::TooManyFields { limit: 2106 }));
}

/// V21: what is wrong is a value, and never a panic: queries, percent signs, half an upgrade.
#[test]
pub(crate) fn v21_cve_2022_21676_errors_are_values() {
    for target in ["/?%", "/?a=%zz&&=&%", "/%2e%2e/%00", "/?a=b?c=d", "/?[]{}^`"] {
        let request = request(format!(">GET {target} HTTP/1.1").as_bytes());
        assert_eq!(request.target(), target, "as sent");
        assert_eq!(request.query().is_some(), target.contains('?'));
    }
    answered(
        400,
        &[b">GET /?\xff HTTP/1.1", b"-Sec-WebSocket-Key", b"-Connection", b"-Sec-WebSocket-Version"],
    );
    answered(426, &[b"-Upgrade", b"=Upgrade: websocket2"]);
}

/// V27, V42, V44: the fields of the handshake, absent, doubled, or only looking like it.
#[test]
pub(crate) fn v27_v42_v44_fields_taken_for_the_handshake() {
    let malformed: [&[u8]; 11] = [
        b"=Connection: notupgrade",
        b"=Connection: close",
        b"-Connection",
        b"=Sec-WebSocket-Key: AAAA",
        b"+Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"-Sec-WebSocket-Key",
        b"+Host: server.example.com",
        b"+Host: other",
        b"-Host",
        b"+Sec-WebSocket-Version: 13",
        b"=Sec-WebSocket-Version: 13, 8",
    ];
    answered(400, &malformed);
    answered(426, &[b"=Upgrade: h2c", b"=Upgrade: notwebsocket", b"=Sec-WebSocket-Version: 8"]);
}

/// V28: targets that lead elsewhere: as sent, with host and path taken apart, for the application to judge.
#[test]
pub(crate) fn v28_absolute_and_odd_targets() {
    for (target, host, path) in [
        ("http://169.254.169.254/", "169.254.169.254", "/"),
        ("http://169.254.169.254", "169.254.169.254", "/"),
        ("//169.254.169.254/x", "server.example.com", "//169.254.169.254/x"),
        ("/\\evil.example/../x", "server.example.com", "/\\evil.example/../x"),
        ("/http://evil.example/", "server.example.com", "/http://evil.example/"),
    ] {
        let request = request(format!(">GET {target} HTTP/1.1").as_bytes());
        assert_eq!((request.target(), request.host(), request.path()), (target, host, path));
    }
    let refused: [&[u8]; 6] = [
        b">GET http://u@169.254.169.254/ HTTP/1.1",
        b">GET file:///x HTTP/1.1",
        b">GET gopher://h/ HTTP/1.1",
        b">GET http:///x HTTP/1.1",
        b">GET 169.254.169.254:80 HTTP/1.1",
        b">GET \\\\evil\\x HTTP/1.1",
    ];
    answered(400, &refused);
}

/// V35, V52: the origin of another site, in every disguise.
#[test]
pub(crate) fn v35_v52_cross_site_requests() {
    for origin in [
        "https://evil.example",
        "https://good.com.evil.example",
        "https://evilgood.com",
        "https://good.com@evil.example",
        "https://good.com:444",
        "http://good.com",
        "https://good.com, https://evil.example",
        "https://good.com.",
        "null",
        "",
    ] {
        let request = request(format!("=Host: good.com|=Origin: {origin}").as_bytes());
        assert!(!request.origin_is(&["https://good.com"]), "{origin}");
        // Whether TLS was there, the core cannot know.
        assert_eq!(request.is_same_origin(), origin == "http://good.com", "{origin}");
    }
    for edits in [&b"-Origin"[..], b"=Origin: https://good.com|+Origin: https://good.com", b"=Origin: \xff"] {
        let request = request(&[b"=Host: good.com|", edits].concat());
        assert!(!request.origin_is(&["https://good.com"]) && !request.is_same_origin());
    }
    assert!(request(b"=Host: good.com|=Origin: https://good.com").origin_is(&["https://good.com"]));
}

/// V60: `Chat` is not `chat`.
#[test]
pub(crate) fn v60_subprotocols_compare_exactly() {
    let request = request(b"=Sec-WebSocket-Protocol: Chat");
    let mut out = Vec::new();
    let result = request.accept(&Accept::new().subprotocol("chat"), Config::default(), &mut out);
    assert_eq!(result.err(), Some(BuildError::Subprotocol("chat".into())));
    assert!(out.is_empty());
}

/// V63: a refusal is the end, wherever the request broke off, whatever follows; and a rejected one leaves no
/// connection behind.
#[test]
pub(crate) fn v63_cve_2025_11677_after_a_refusal() {
    for cut in 0..REQUEST.len() {
        let mut handshake = Handshake::new();
        let bytes = [&REQUEST.as_bytes()[..cut], b"\0", REQUEST.as_bytes(), TAIL].concat();
        let arrived = arrive(|input, out| handshake.receive(input, out), bytes.chunks(97));
        assert!(arrived.verdict.is_some_and(|verdict| verdict.is_err()) && arrived.rest.is_empty());
        // One response, though a good request came behind.
        let head = Head::parse(&arrived.out);
        assert_eq!(head.one("Content-Length"), head.rest.len().to_string());
    }
    let mut out = Vec::new();
    request(b"").reject(&Response::new(403), &mut out).expect("nothing wrong");
    Head::parse(&out).assert_refusal(403);
}

/// V73: only line ends may stand before the request, and a length that is announced reserves nothing.
#[test]
pub(crate) fn v73_cve_2026_50020_bytes_before_the_request() {
    answered(101, &[b"^\r\n", b"^\r\n\r\n"]);
    answered(
        400,
        &[b"^\0\x01", b"^\0", b"^\x0b", b"^\x0c", b"^ ", b"^\t", b"^\n", b"^\r", b"^\xef\xbb\xbf", b"^\x7f"],
    );
    let mut head = edit(REQUEST, b"+Content-Length: 99999999999999999999");
    let (verdict, cost) =
        measure(|| Handshake::new().receive(&mut Input::new(&mut head), &mut Vec::new()).map(|v| v.is_err()));
    assert_eq!(verdict, Some(true));
    assert!(cost.most < 16 << 10, "{cost:?}");
}

/// V78: the draft before the RFC, fields without end, and hosts that are none.
#[test]
pub(crate) fn v78_cve_2026_54463_hixie_endless_headers_hosts() {
    let hosts: [&[u8]; 6] =
        [b"=Host: [::1", b"=Host: a b", b"=Host: %", b"=Host: [", b"=Host: h:x", b"=Host: http://h"];
    answered(400, &hosts);
    let hixie =
        b"-Sec-WebSocket-Key|-Sec-WebSocket-Version|+Sec-WebSocket-Key1: 18x 6]8vM;54 *(5:  {   U1]8  z [  8\
                  |+Sec-WebSocket-Key2: 1_ tx7X d  <  nw  334J702) 7]o}` 0";
    answered(400, &[hixie]);
    let mut handshake = Handshake::new();
    let mut endless = b"GET / HTTP/1.1\r\n".to_vec();
    endless.extend(b"X: y\r\n".repeat(1 << 16));
    let mut out = Vec::with_capacity(512);
    let (verdicts, cost) = measure(|| {
        let pieces = endless.chunks_mut(1000).map(Input::new);
        pieces.map(|mut input| usize::from(handshake.receive(&mut input, &mut out).is_some())).sum::<usize>()
    });
    assert_eq!(verdicts, 1);
    assert!(cost.most <= 40 << 10, "{cost:?}");
    Head::parse(&out).assert_refusal(431);
}

/// Many small elements: what is kept for each is more than its two bytes, but no more than so much.
#[test]
pub(crate) fn lists_of_small_elements() {
    let names: Vec<String> = (0..3300).map(|n| format!("{n:x}")).collect();
    for edits in [
        format!("+Sec-WebSocket-Extensions: {}", "a,".repeat(8000)),
        format!("+Sec-WebSocket-Extensions: a{}", ";a".repeat(7990)),
        format!("+Sec-WebSocket-Extensions: a{}", ";a=a".repeat(3990)),
        format!("=Sec-WebSocket-Protocol: {}", names.join(",")),
    ] {
        let mut head = edit(REQUEST, edits.as_bytes());
        let (length, mut out) = (head.len() as isize, Vec::new());
        let (verdict, cost) = measure(|| Handshake::new().receive(&mut Input::new(&mut head), &mut out));
        assert!(verdict.is_some_and(|verdict| verdict.is_ok()));
        assert!(cost.most <= 64 * length && cost.held <= 32 * length, "{cost:?} for {length}");
    }
}

/// A request that was accepted speaks frames at once, also those that came with it.
#[test]
pub(crate) fn accepted_requests_speak_frames() {
    let mut conn =
        request(b"").accept(&Accept::new(), Config::default(), &mut Vec::new()).expect("nothing wrong");
    let (mut tail, mut store) = (TAIL.to_vec(), MessageBuf::new());
    let event = conn.receive_message(&mut Input::new(&mut tail), &mut store, &mut Vec::new());
    assert_eq!(event, Some(Event::Data(Message::Text("hi"))));
}

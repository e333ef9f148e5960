//! What is offered, answered and agreed to (RFC 7692 5 and 7.1), alone and through the handshakes of both sides.

mod handshake_common;

use handshake_common::{NONCE, edit, every_way};
use proptest::prelude::*;
use sansws::deflate::{Agreed, Config as Deflate};
use sansws::handshake::{BuildError, Extension, HandshakeError, client, server};
use sansws::{Config, Connection, Input, Role};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// What a server answers to these offers, and what its connection has agreed to.
fn served(config: Deflate, offers: &[&str]) -> (Option<String>, Option<Agreed>) {
    let lines: String = offers.iter().map(|line| format!("|+Sec-WebSocket-Extensions: {line}")).collect();
    let begin = || {
        let mut handshake = server::Handshake::new();
        move |input: &mut Input<'_>, out: &mut Vec<u8>| handshake.receive(input, out)
    };
    let (request, _) = every_way(begin, &edit(REQUEST, lines.as_bytes()), b"");
    let mut out = Vec::new();
    let accept = server::Accept::new().deflate(config);
    let conn = request.expect("a lawful request").accept(&accept, Config::new(), &mut out).expect("accepted");
    let head = String::from_utf8(out).expect("ASCII");
    assert!(head.starts_with("HTTP/1.1 101 "), "D-OFFER: the handshake goes on");
    let mut lines = head.lines().filter_map(|line| line.strip_prefix("Sec-WebSocket-Extensions: "));
    let answer = lines.next().map(str::to_string);
    assert_eq!(lines.next(), None);
    (answer, conn.deflate())
}

fn answer(config: Deflate, offers: &[&str]) -> Option<String> {
    let (answer, agreed) = served(config, offers);
    let said = answer
        .as_ref()
        .map(|answer| Extension::parse_list(answer.as_bytes()).expect("well-formed").remove(0));
    assert_eq!(
        said.map(|said| Deflate::new().check(&said).expect("lawful")),
        agreed,
        "what is said is what is done"
    );
    let params = answer?.strip_prefix("permessage-deflate")?.to_string();
    Some(params.strip_prefix("; ").unwrap_or(&params).to_string())
}

/// What a client that made these offers makes of an answer.
fn requested(offers: &[Deflate], answers: &[&str]) -> Result<Option<Agreed>, HandshakeError> {
    let lines: String = answers.iter().map(|line| format!("|+Sec-WebSocket-Extensions: {line}")).collect();
    let begin = || {
        let request = client::Request::new("ws://h/".parse().expect("a URI"));
        let request = offers.iter().copied().fold(request, client::Request::deflate);
        let mut handshake =
            client::Handshake::start(&request, NONCE, &mut Vec::new()).expect("nothing wrong");
        move |input: &mut Input<'_>, _: &mut Vec<u8>| handshake.receive(input)
    };
    let (response, _) = every_way(begin, &edit(RESPONSE, lines.as_bytes()), b"");
    let response = response?;
    let conn = response.finish(Config::new(), [7; 32]).expect("101");
    assert_eq!(conn.deflate(), response.deflate());
    Ok(conn.deflate())
}

fn asked(answer: &str, config: Deflate) -> Result<Option<Agreed>, HandshakeError> {
    requested(&[config], &[answer])
}

/// 7692-5-1, 7692-5-4, 7692-5-5, 7692-7.1.1.1-1, 7692-7.1.1.2-1, 7692-7.1.2.1-1, 7692-7.1.2.2-1, WHATWG-2.2-3,
/// 6455-9.1-5: what a client offers.
#[test]
fn offers() {
    let cases = [
        (Deflate::new(), "permessage-deflate; client_max_window_bits"),
        (Deflate::new().client_max_window_bits(None), "permessage-deflate"),
        (Deflate::new().client_max_window_bits(11), "permessage-deflate; client_max_window_bits=11"),
        (
            Deflate::new().server_max_window_bits(10),
            "permessage-deflate; server_max_window_bits=10; client_max_window_bits",
        ),
        (Deflate::new().server_max_window_bits(15), "permessage-deflate; client_max_window_bits"),
        (
            Deflate::new().server_no_context_takeover(true).client_max_window_bits(None),
            "permessage-deflate; server_no_context_takeover",
        ),
        (
            Deflate::new().client_no_context_takeover(true).client_max_window_bits(8),
            "permessage-deflate; client_no_context_takeover; client_max_window_bits=8",
        ),
        (
            Deflate::new().server_max_window_bits(3).client_max_window_bits(200),
            "permessage-deflate; server_max_window_bits=8; client_max_window_bits",
        ),
    ];
    for (config, offer) in cases {
        let mut out = Vec::new();
        let request = client::Request::new("ws://h/".parse().expect("a URI")).deflate(config);
        client::Handshake::start(&request, NONCE, &mut out).expect("nothing wrong");
        let head = String::from_utf8(out).expect("ASCII");
        assert!(head.contains(&format!("\r\nSec-WebSocket-Extensions: {offer}\r\n")), "{head}");
    }
}

/// 7692-5-2: several offers stand in one line, the favourite first, and any of them may be answered.
#[test]
fn several_offers() {
    let offers = [Deflate::new().server_max_window_bits(10), Deflate::new()];
    let request = client::Request::new("ws://h/".parse().expect("a URI"));
    let request = offers.into_iter().fold(request, client::Request::deflate);
    let mut out = Vec::new();
    client::Handshake::start(&request, NONCE, &mut out).expect("nothing wrong");
    let line = "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10; \
        client_max_window_bits, permessage-deflate; client_max_window_bits\r\n";
    assert!(String::from_utf8_lossy(&out).contains(line));
    for (answer, bits) in [
        ("permessage-deflate", 15),
        ("permessage-deflate; server_max_window_bits=10", 10),
        ("permessage-deflate; server_max_window_bits=12", 12),
    ] {
        let agreed = requested(&offers, &[answer]).expect("lawful").expect("agreed");
        assert_eq!(agreed.server_bits(), bits, "{answer}");
    }
}

/// What a server makes of single offers.
#[test]
fn answers() {
    let plain = Deflate::new();
    let lean = plain.server_no_context_takeover(true).client_no_context_takeover(true);
    let small = plain.server_max_window_bits(12).client_max_window_bits(11);
    let cases: &[(&str, Deflate, &str, Option<&str>)] = &[
        ("7692-5-6", plain, "", Some("")),
        (
            "7692-7.1.1.1-3, 7692-7.1.1.1-5",
            plain,
            "; server_no_context_takeover",
            Some("server_no_context_takeover"),
        ),
        (
            "7692-7.1.1.1-6, 7692-7.1.1.2-3",
            lean,
            "",
            Some("server_no_context_takeover; client_no_context_takeover"),
        ),
        ("7692-7.1.1.2-4", plain, "; client_no_context_takeover", Some("client_no_context_takeover")),
        ("7692-7.1.2.1-3", plain, "; server_max_window_bits=10", Some("server_max_window_bits=10")),
        ("7692-7.1.2.1-3", plain, "; server_max_window_bits=15", Some("server_max_window_bits=15")),
        ("7692-7.1.2.1-3", small, "; server_max_window_bits=10", Some("server_max_window_bits=10")),
        ("7692-7.1.2.1-3", small, "; server_max_window_bits=14", Some("server_max_window_bits=12")),
        ("7692-7.1.2.1-6, 7692-7.1.2.2-4", small, "", Some("server_max_window_bits=12")),
        (
            "7692-7.1.2.2-6",
            small,
            "; client_max_window_bits",
            Some("server_max_window_bits=12; client_max_window_bits=11"),
        ),
        (
            "7692-7.1.2.2-7",
            small,
            "; client_max_window_bits=10",
            Some("server_max_window_bits=12; client_max_window_bits=10"),
        ),
        (
            "7692-7.1.2.2-7",
            small,
            "; client_max_window_bits=13",
            Some("server_max_window_bits=12; client_max_window_bits=11"),
        ),
        ("7692-7.1.2.2-2", plain, "; client_max_window_bits", Some("")),
        ("7692-7.1.2.2-2", plain, "; client_max_window_bits=15", Some("")),
        ("7692-7.1.2.2-2", plain, "; client_max_window_bits=8", Some("client_max_window_bits=8")),
        ("7692-5.2-1", plain, "; server_max_window_bits=\"10\"", Some("server_max_window_bits=10")),
        ("7692-5.2-1", plain, "; server_max_window_bits=\"1\\0\"", Some("server_max_window_bits=10")),
        (
            "7692-7.1.3-1",
            plain,
            "; client_max_window_bits; server_max_window_bits=10",
            Some("server_max_window_bits=10"),
        ),
        (
            "order is free",
            plain,
            "; client_max_window_bits=9; server_no_context_takeover; server_max_window_bits=9; client_no_context_takeover",
            Some(
                "server_no_context_takeover; client_no_context_takeover; server_max_window_bits=9; client_max_window_bits=9",
            ),
        ),
        ("7692-7-4, 7692-7.1.2.1-4, 7692-WB8-1", plain, "; server_max_window_bits=8", None),
        ("7692-7-1, 6455-9.1-6", plain, "; foo", None),
        ("7692-7-1", plain, "; foo=1", None),
        ("D-EXTCASE", plain, "; Server_No_Context_Takeover", None),
        ("7692-7-3", plain, "; server_no_context_takeover; server_no_context_takeover", None),
        ("7692-7-3", plain, "; client_no_context_takeover; client_no_context_takeover", None),
        ("7692-7-3", plain, "; server_max_window_bits=10; server_max_window_bits=10", None),
        ("7692-7-3", plain, "; client_max_window_bits; client_max_window_bits", None),
        ("7692-7-3", plain, "; client_max_window_bits; client_max_window_bits=10", None),
        ("7692-7.1.1.1-2", plain, "; server_no_context_takeover=1", None),
        ("7692-7.1.1.1-2", plain, "; server_no_context_takeover=true", None),
        ("7692-7.1.1.2-2", plain, "; client_no_context_takeover=0", None),
        ("7692-7.1.2.1-2", plain, "; server_max_window_bits", None),
    ];
    for (id, config, offer, expected) in cases {
        let got = answer(*config, &[&format!("permessage-deflate{offer}")]);
        assert_eq!(got.as_deref(), *expected, "{id}: {offer}");
    }
}

/// Values of window bits that are none, in offers and in answers.
const BAD_BITS: [&str; 17] = [
    "7", "16", "0", "1", "08", "010", "015", "+8", "-9", "0x0a", "10.0", "1e1", "99", "1000", "x", "8_",
    "255",
];

/// 7692-7-2, 7692-7.1.2.1-2, 7692-7.1.2.2-2, V18: numbers are read to the letter.
#[test]
fn bad_window_bits_are_declined() {
    for bits in BAD_BITS {
        for name in ["server_max_window_bits", "client_max_window_bits"] {
            let offer = format!("permessage-deflate; {name}={bits}");
            assert_eq!(answer(Deflate::new(), &[&offer]), None, "{offer}");
        }
    }
    // What is no token breaks the grammar, and is refused before anybody looks at it.
    for bits in ["", "\"\"", "\"1 0\"", "\"10"] {
        let line = format!("|+Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits={bits}");
        let begin = || {
            let mut handshake = server::Handshake::new();
            move |input: &mut Input<'_>, out: &mut Vec<u8>| handshake.receive(input, out)
        };
        let (verdict, out) = every_way(begin, &edit(REQUEST, line.as_bytes()), b"");
        assert_eq!(verdict.map(|_| ()), Err(HandshakeError::Extensions));
        assert!(out.starts_with(b"HTTP/1.1 400 "));
    }
}

/// 7692-5-3, 7692-5-7, 7692-5-8, 7692-5-12, 6455-9.1-8, 6455-9.1-9, X-13: the first offer that can be met, among others
/// and over several lines.
#[test]
fn the_first_offer_that_can_be_met() {
    let cases: &[(&[&str], Option<&str>)] = &[
        (
            &["permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=10"],
            Some("server_max_window_bits=10"),
        ),
        (
            &["permessage-deflate; foo", "permessage-deflate; server_no_context_takeover"],
            Some("server_no_context_takeover"),
        ),
        (
            &["permessage-deflate; server_max_window_bits=9", "permessage-deflate"],
            Some("server_max_window_bits=9"),
        ),
        (&["permessage-deflate, permessage-deflate"], Some("")),
        (&["x-foo; bar=1, permessage-deflate"], Some("")),
        (
            &["x-webkit-deflate-frame, permessage-bzip2, permessage-deflate; server_no_context_takeover"],
            Some("server_no_context_takeover"),
        ),
        // 7692-7.1.3-1
        (
            &[
                "permessage-deflate; client_max_window_bits; server_max_window_bits=10, permessage-deflate; client_max_window_bits",
            ],
            Some("server_max_window_bits=10"),
        ),
        (
            &[
                "permessage-deflate; server_max_window_bits=8; foo, permessage-deflate; client_max_window_bits=7",
            ],
            None,
        ),
        (&["x-webkit-deflate-frame"], None),
        (&["permessage-defalte"], None),
        (&["Permessage-Deflate"], None),
        (&["foo"], None),
        (&[], None),
    ];
    for (offers, expected) in cases {
        assert_eq!(answer(Deflate::new(), offers).as_deref(), *expected, "{offers:?}");
    }
}

/// 6455-9-1, 6455-9-2: without a word of the application no compression is agreed to.
#[test]
fn nothing_is_agreed_to_unasked() {
    let mut bytes = edit(REQUEST, b"+Sec-WebSocket-Extensions: permessage-deflate");
    let mut out = Vec::new();
    let request =
        server::Handshake::new().receive(&mut Input::new(&mut bytes), &mut out).expect("all").expect("good");
    // Not even by a configuration that has it: the handshake knows better.
    let config = Config::new().deflate(Agreed::new());
    let conn = request.accept(&server::Accept::new(), config, &mut out).expect("accepted");
    assert_eq!(conn.deflate(), None);
    assert!(!out.windows(10).any(|window| window == b"Extensions"));

    assert_eq!(requested(&[], &[]), Ok(None));
    assert_eq!(requested(&[Deflate::new()], &[]), Ok(None), "6455-9.1-7: offered, not answered");
}

/// 7692-5-10: other extensions stand before compression, and one is not agreed to twice.
#[test]
fn beside_other_extensions() {
    let mut bytes = edit(REQUEST, b"+Sec-WebSocket-Extensions: permessage-deflate, x-foo");
    let request = server::Handshake::new()
        .receive(&mut Input::new(&mut bytes), &mut Vec::new())
        .expect("all")
        .expect("good");
    let mut out = Vec::new();
    let accept = server::Accept::new().deflate(Deflate::new()).extension(Extension::new("x-foo"));
    request.accept(&accept, Config::new(), &mut out).expect("accepted");
    assert!(String::from_utf8_lossy(&out).contains("Extensions: x-foo, permessage-deflate\r\n"));

    let twice = server::Accept::new().deflate(Deflate::new()).extension(Extension::new("permessage-deflate"));
    let mut out = Vec::new();
    let refused = request.accept(&twice, Config::new(), &mut out).map(|_| ());
    assert_eq!((refused, out.len()), (Err(BuildError::Extension("permessage-deflate".into())), 0));
}

/// What a client makes of answers: `Ok` with what it has agreed to.
#[test]
fn answers_are_checked() {
    const BAD: Result<Option<Agreed>, HandshakeError> = Err(HandshakeError::Deflate);
    let plain = Deflate::new();
    let deaf = plain.client_max_window_bits(None);
    let new = Agreed::new();
    type Checked = Result<Option<Agreed>, HandshakeError>;
    let cases: Vec<(&str, Deflate, &str, Checked)> = vec![
        ("7692-5-14", plain, "", Ok(Some(new))),
        (
            "7692-7.1.1.1-7",
            plain,
            "; server_no_context_takeover",
            Ok(Some(new.server_no_context_takeover(true))),
        ),
        (
            "7692-7.1.1.2-5",
            plain,
            "; client_no_context_takeover",
            Ok(Some(new.client_no_context_takeover(true))),
        ),
        ("7692-7.1.2.1-7", plain, "; server_max_window_bits=9", Ok(Some(new.server_max_window_bits(9)))),
        ("7692-WB8-3", plain, "; server_max_window_bits=8", Ok(Some(new.server_max_window_bits(8)))),
        ("7692-5.2-1", plain, "; server_max_window_bits=\"9\"", Ok(Some(new.server_max_window_bits(9)))),
        ("7692-7.1.2.2-3", plain, "; client_max_window_bits=9", Ok(Some(new.client_max_window_bits(9)))),
        ("7692-WB8-2", plain, "; client_max_window_bits=8", Ok(Some(new.client_max_window_bits(8)))),
        (
            "7692-7.1.2.2-8",
            plain.client_max_window_bits(10),
            "; client_max_window_bits=12",
            Ok(Some(new.client_max_window_bits(12))),
        ),
        ("7692-7.1.1.2-4", plain.client_no_context_takeover(true), "", Ok(Some(new))),
        (
            "7692-7.1.2.1-3",
            plain.server_max_window_bits(10),
            "; server_max_window_bits=9",
            Ok(Some(new.server_max_window_bits(9))),
        ),
        (
            "V74",
            plain.server_max_window_bits(15),
            "; server_max_window_bits=10",
            Ok(Some(new.server_max_window_bits(10))),
        ),
        ("7692-7.1.1.1-4", plain.server_no_context_takeover(true), "", BAD),
        ("7692-7.1.1.1-4", plain.server_no_context_takeover(true), "; client_no_context_takeover", BAD),
        ("7692-7.1.2.1-5", plain.server_max_window_bits(10), "; server_max_window_bits=11", BAD),
        ("7692-7.1.2.1-5, V74", plain.server_max_window_bits(10), "; server_max_window_bits=15", BAD),
        ("7692-7.1.2.1-5", plain.server_max_window_bits(10), "", BAD),
        ("7692-7.1.2.2-5, 7692-7-8", deaf, "; client_max_window_bits=15", BAD),
        ("7692-7.1.2.2-3", plain, "; client_max_window_bits", BAD),
        ("7692-7.1.2.1-2", plain, "; server_max_window_bits", BAD),
        ("7692-7-5, 6455-9.1-6, 6455-9-3", plain, "; foo", BAD),
        ("7692-7-5", plain, "; foo=1", BAD),
        ("7692-7-7", plain, "; server_max_window_bits=10; server_max_window_bits=10", BAD),
        ("7692-7-7", plain, "; server_no_context_takeover; server_no_context_takeover", BAD),
        ("7692-7.1.1.1-2", plain, "; server_no_context_takeover=1", BAD),
        ("7692-7.1.1.2-2", plain, "; client_no_context_takeover=0", BAD),
        ("7692-5-9", plain, ", permessage-deflate", Err(HandshakeError::ExtensionNotOffered)),
        ("7692-5-11", plain, ", x-foo", Err(HandshakeError::ExtensionNotOffered)),
        ("6455-9.1-1", plain, ";", Err(HandshakeError::Extensions)),
        ("V18", plain, "; server_max_window_bits=", Err(HandshakeError::Extensions)),
    ];
    for (id, config, params, expected) in cases {
        assert_eq!(asked(&format!("permessage-deflate{params}"), config), expected, "{id}: {params}");
    }
    assert_eq!(
        requested(&[], &["permessage-deflate"]),
        Err(HandshakeError::ExtensionNotOffered),
        "7692-5-13"
    );
    for name in ["Permessage-Deflate", "permessage-defalte", "x-webkit-deflate-frame"] {
        assert_eq!(asked(name, plain), Err(HandshakeError::ExtensionNotOffered));
    }
}

/// 7692-7-6, V18, CVE-2026-2229.
#[test]
fn bad_window_bits_fail() {
    for bits in BAD_BITS {
        for name in ["server_max_window_bits", "client_max_window_bits"] {
            let answer = format!("permessage-deflate; {name}={bits}");
            assert_eq!(asked(&answer, Deflate::new()), Err(HandshakeError::Deflate), "{answer}");
        }
    }
}

/// 7692-5.1-1, D-1010: an answer that the client cannot go on with fails the handshake, before there is a connection to
/// send a Close on; one that is only missing leaves the client a connection that it may close with 1010.
#[test]
fn what_a_client_cannot_do_without() {
    assert!(asked("permessage-deflate; foo", Deflate::new()).is_err());
    let mut conn = Connection::new(Role::Client([7; 32]), Config::new());
    assert_eq!(conn.deflate(), None);
    let mut out = Vec::new();
    conn.close(Some(sansws::CloseCode(1010)), "permessage-deflate", &mut out).expect("a client may");
    assert_eq!(out[0], 0x88);
}

/// A handshake of one's own: the same decisions without HTTP.
#[test]
fn without_the_handshake_types() {
    let (client, server) = (Deflate::new().server_max_window_bits(11), Deflate::new());
    let offers = [Extension::new("x-foo"), client.offer()];
    let agreed = server.accept(&offers).expect("can be met");
    assert_eq!(client.check(&agreed.answer()), Some(agreed));
    assert_eq!((agreed.server_bits(), agreed.client_bits()), (11, 15));
    assert!(agreed.server_takes_over() && agreed.client_takes_over());
    assert_eq!(client.check(&Extension::new("x-foo")), None);
    let conn = Connection::new(Role::Server, Config::new().deflate(agreed));
    assert_eq!(conn.deflate(), Some(agreed));
}

fn config() -> impl Strategy<Value = Deflate> {
    (any::<bool>(), any::<bool>(), 8u8..=15, prop::option::of(8u8..=15)).prop_map(
        |(server, client, bits, hint)| {
            Deflate::new()
                .server_no_context_takeover(server)
                .client_no_context_takeover(client)
                .server_max_window_bits(bits)
                .client_max_window_bits(hint)
        },
    )
}

proptest! {
    /// 7692-5-14: whatever a client offers and a server wants, both come to the same end, and it keeps to the offer.
    #[test]
    fn both_sides_agree(offers in prop::collection::vec(config(), 1..4), server in config()) {
        let extensions: Vec<_> = offers.iter().map(Deflate::offer).collect();
        let Some(agreed) = server.accept(&extensions) else {
            let asks_8 = |offer: &Extension| offer.to_string().contains("server_max_window_bits=8");
            prop_assert!(extensions.iter().all(asks_8));
            return Ok(());
        };
        let answer = Extension::parse_list(agreed.answer().to_string().as_bytes()).expect("well-formed");
        prop_assert!(offers.iter().any(|offer| offer.check(&answer[0]) == Some(agreed)));
    }
}

//! The grammar of `Sec-WebSocket-Extensions`, alone and in the handshakes of both sides (RFC 6455 9.1;
//! requirement ids stand with the cases).

mod handshake_common;

use handshake_common::{NONCE, edit, every_way};
use proptest::prelude::*;
use sansws::Input;
use sansws::handshake::{Extension, HandshakeError, client, server};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

type Parsed = Result<Vec<Extension>, HandshakeError>;

fn lines(values: &[&[u8]]) -> Vec<u8> {
    values.iter().flat_map(|value| [b"|+Sec-WebSocket-Extensions: ", *value].concat()).collect()
}

/// What a server makes of these header lines.
fn in_a_request(values: &[&[u8]]) -> Parsed {
    let begin = || {
        let mut handshake = server::Handshake::new();
        move |input: &mut Input<'_>, out: &mut Vec<u8>| handshake.receive(input, out)
    };
    let (verdict, out) = every_way(begin, &edit(REQUEST, &lines(values)), b"\x81\x80\0\0\0\0");
    assert!(verdict.is_ok() || out.starts_with(b"HTTP/1.1 400 "), "{}", out.escape_ascii());
    verdict.map(|request| request.extensions().to_vec())
}

/// What a client makes of them that has offered `offers`.
fn in_a_response(values: &[&[u8]], offers: &[Extension]) -> Parsed {
    let begin = || {
        let request = client::Request::new("ws://h/".parse().expect("a URI"));
        let request = offers.iter().cloned().fold(request, client::Request::extension);
        let mut handshake =
            client::Handshake::start(&request, NONCE, &mut Vec::new()).expect("nothing wrong");
        move |input: &mut Input<'_>, _: &mut Vec<u8>| handshake.receive(input)
    };
    let (verdict, _) = every_way(begin, &edit(RESPONSE, &lines(values)), b"\x81\x00");
    verdict.map(|response| response.extensions().to_vec())
}

fn extension(name: &str, params: &[(&str, Option<&str>)]) -> Extension {
    params.iter().fold(Extension::new(name), |extension, (name, value)| extension.param(*name, *value))
}

#[test]
fn good_lists() {
    let foo = || extension("foo", &[]);
    let pmd = || extension("permessage-deflate", &[]);
    let ten = || extension("a", &[("b", Some("10"))]);
    let bar = || extension("foo", &[("bar", Some("1"))]);
    type Case<'c> = (&'c str, &'c [&'c [u8]], Vec<Extension>);
    let cases: Vec<Case<'_>> = vec![
        ("one", &[b"foo"], vec![foo()]),
        ("9110-5.6.1-1", &[b",permessage-deflate"], vec![pmd()]),
        ("9110-5.6.1-1", &[b" ,\t, foo , ,,a; b=10, "], vec![foo(), ten()]),
        ("6455-9.1-2", &[b"a; b=10"], vec![ten()]),
        ("6455-9.1-2", &[b"a; b=\"10\""], vec![ten()]),
        ("6455-9.1-2", &[b"a; b=\"1\\0\""], vec![ten()]),
        ("6455-9.1-2", &[b"a; b=\"\\1\\0\""], vec![ten()]),
        ("6455-9.1-3: one line", &[b"foo, bar; baz=2"], vec![foo(), extension("bar", &[("baz", Some("2"))])]),
        ("6455-9.1-3: two", &[b"foo", b"bar; baz=2"], vec![foo(), extension("bar", &[("baz", Some("2"))])]),
        ("6455-9.1-4", &[b"foo;bar=1,baz"], vec![bar(), extension("baz", &[])]),
        ("6455-9.1-4", &[b"foo ;bar = 1 ,baz"], vec![bar(), extension("baz", &[])]),
        ("6455-9.1-4", &[b"\tfoo\t;\t bar\t=\t\"1\"\t,\tbaz\t"], vec![bar(), extension("baz", &[])]),
        (
            "6455-9.1-8, 6455-9.1-9: unknown ones are kept apart, in order",
            &[b"x-foo; bar=1, permessage-deflate", b"x-b"],
            vec![extension("x-foo", &[("bar", Some("1"))]), pmd(), extension("x-b", &[])],
        ),
        ("6455-9.1-10", &[b"Permessage-Deflate; B"], vec![extension("Permessage-Deflate", &[("B", None)])]),
        (
            "parameters may come again",
            &[b"a; b; c; b=2; b"],
            vec![extension("a", &[("b", None), ("c", None), ("b", Some("2")), ("b", None)])],
        ),
        (
            "names that other languages trip over (GHSA-5v72-xg48-5rpm)",
            &[b"constructor; __proto__=1, toString"],
            vec![extension("constructor", &[("__proto__", Some("1"))]), extension("toString", &[])],
        ),
        (
            "every token character",
            &[b"!#$%&'*+-.^_`|~09AZaz; !=\"~\""],
            vec![extension("!#$%&'*+-.^_`|~09AZaz", &[("!", Some("~"))])],
        ),
    ];
    for (id, values, expected) in cases {
        // The lines as one list; each line is a list of its own, too.
        assert_eq!(Extension::parse_list(&values.join(&b", "[..])), Some(expected.clone()), "{id}");
        let one_by_one: Option<Vec<_>> = values.iter().map(|value| Extension::parse_list(value)).collect();
        assert_eq!(one_by_one.map(|lists| lists.concat()), Some(expected.clone()), "{id}");
        // `|` separates the edits of a head.
        if !values.concat().contains(&b'|') {
            assert_eq!(in_a_request(values), Ok(expected.clone()), "{id}");
            assert_eq!(in_a_response(values, &expected), Ok(expected), "{id}");
        }
    }
}

/// Offers of one extension are alternatives, in the order of preference.
#[test]
fn alternatives() {
    let offers = [extension("a", &[("b", Some("1"))]), extension("c", &[]), extension("a", &[])];
    assert_eq!(in_a_request(&[b"a; b=1, c", b"a"]), Ok(offers.to_vec()));
    assert_eq!(in_a_response(&[b"a"], &offers), Ok(vec![extension("a", &[])]));
    assert_eq!(in_a_response(&[b"a; b=1, a"], &offers), Err(HandshakeError::ExtensionNotOffered));
}

/// 6455-9.1-1: a server answers 400, a client fails. 6455-4.2.1-17, 6455-4.1.C-7.
#[test]
fn bad_lists() {
    let cases: &[(&str, &[u8])] = &[
        ("6455-9.1-1", b""),
        ("6455-9.1-1", b" \t"),
        ("6455-9.1-1", b","),
        ("6455-9.1-1", b" , ,"),
        ("6455-9.1-1", b"permessage-deflate;"),
        ("6455-9.1-1", b"permessage-deflate; , a"),
        ("6455-9.1-1", b";a"),
        ("6455-9.1-1", b"a;;b"),
        ("6455-9.1-1", b"a; =1"),
        ("6455-9.1-1", b"a; b="),
        ("6455-9.1-1", b"a; b=,c"),
        ("6455-9.1-1", b"a; b=;c"),
        ("6455-9.1-1", b"a; b==1"),
        ("6455-9.1-1", b"a; b=1=2"),
        ("6455-9.1-1", b"a=1"),
        ("6455-9.1-1", b"a; b=\"x"),
        ("6455-9.1-1", b"a; b=x\""),
        ("6455-9.1-1", b"a; b=\"x\"y"),
        ("6455-9.1-1", b"a; b=\"x\" y"),
        ("6455-9.1-1", b"a; b=\"x\"\"y\""),
        ("6455-9.1-1", b"a; b='x y'"),
        ("6455-9.1-1", b"a; \"b\"=x"),
        ("6455-9.1-1", b"a; b=\"\\"),
        ("6455-9.1-1", b"a; b=\"\\\""),
        ("6455-9.1-1", b"a b"),
        ("6455-9.1-1", b"a; b=c d"),
        ("6455-9.1-1", b"a; b c"),
        ("6455-9.1-1", b"\"a\""),
        ("6455-9.1-1", b"a/b"),
        ("6455-9.1-1", b"a; b=(c)"),
        ("6455-9.1-1", b"good, a;"),
        ("6455-9.1-1", b"a;, good"),
        ("6455-9.1-2", b"a; b=\"x y\""),
        ("6455-9.1-2", b"a; b=\"\""),
        ("6455-9.1-2", b"a; b=\"\xc3\xa9\""),
        ("6455-9.1-2", b"a; b=\"1,2\""),
        ("6455-9.1-2", b"a; b=\"1\\\"2\""),
        ("6455-9.1-2", b"a; b=\"1\\\\2\""),
        ("6455-9.1-2", b"a; b=\"1\\ 2\""),
        ("6455-9.1-2", b"a; b=1\\0"),
        ("6455-8.1-H", b"\xc3\xa9"),
        ("6455-8.1-H", b"\xff"),
        ("6455-8.1-H", b"a; b=\xff"),
    ];
    let (good, offers) = (b"good".as_slice(), [Extension::new("a"), Extension::new("good")]);
    for (id, value) in cases {
        let shown = value.escape_ascii();
        assert_eq!(Extension::parse_list(value), None, "{id} {shown}");
        // 6455-9.1-3: a good line beside it does not help.
        for values in [&[*value][..], &[good, value], &[value, good]] {
            assert_eq!(in_a_request(values), Err(HandshakeError::Extensions), "{id} {shown}");
            assert_eq!(in_a_response(values, &offers), Err(HandshakeError::Extensions), "{id} {shown}");
        }
    }
    // What a header cannot have, but a caller of the parser can.
    for value in [&b"a\n"[..], b"a;\r\n b", b"a\0", b"a\x7f", b"a; b=\"\n\""] {
        assert_eq!(Extension::parse_list(value), None, "{}", value.escape_ascii());
    }
}

/// Time and memory grow with the length only (CVE-2020-7662): hours otherwise.
#[test]
fn long_lists_take_linear_time() {
    let n = 1 << 20;
    let unclosed = [&b"a; b=\""[..], &b"\\c".repeat(n)].concat();
    assert_eq!(Extension::parse_list(&unclosed), None);
    assert_eq!(Extension::parse_list(&[&unclosed[..], b"\""].concat()).map(|list| list.len()), Some(1));
    assert_eq!(Extension::parse_list(&[&b"a"[..], &b" ".repeat(n), b"b"].concat()), None);
    assert_eq!(Extension::parse_list(&[&b",".repeat(n)[..], b"a"].concat()), Some(vec![Extension::new("a")]));
    assert_eq!(Extension::parse_list(&b"a,".repeat(n)).map(|list| list.len()), Some(n));
    let params = Extension::parse_list(&[&b"a"[..], &b";b=c".repeat(n)].concat()).expect("good");
    assert_eq!(params[0].params().count(), n);
}

fn token() -> impl Strategy<Value = String> {
    "[!#-'*+.0-9A-Z^_`a-z|~-]{1,8}"
}

fn params() -> impl Strategy<Value = Vec<(String, Option<String>)>> {
    prop::collection::vec((token(), prop::option::of(token())), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    /// What is written means the same when it is read, with whatever space is put between.
    #[test]
    fn round_trip(
        list in prop::collection::vec((token(), params()), 1..4),
        space in "[ \\t]{0,2}",
        quoted: bool,
    ) {
        let list: Vec<_> = list.iter().map(|(name, params)| {
            params.iter().fold(Extension::new(name), |extension, (name, value)| {
                extension.param(name, value.as_deref())
            })
        }).collect();
        let written = list.iter().map(Extension::to_string).collect::<Vec<_>>().join(", ");
        prop_assert_eq!(Extension::parse_list(written.as_bytes()), Some(list.clone()));

        let mut spaced = String::new();
        for extension in &list {
            spaced += &[&space, extension.name(), &space, ","].concat();
            for (name, value) in extension.params() {
                spaced.pop();
                let quote = if quoted { "\"" } else { "" };
                let value = value.map(|value| ["=", &space, quote, value, quote].concat());
                let value = value.unwrap_or_default();
                spaced += &[";", &space, name, &space, &value, &space, ","].concat();
            }
        }
        prop_assert_eq!(Extension::parse_list(spaced.as_bytes()), Some(list), "{}", spaced);
    }

    /// Whatever is read has tokens only, and reads the same again.
    #[test]
    fn whatever_is_read(value in "[ab;,=\" \\\\\\t1]{0,12}") {
        if let Some(list) = Extension::parse_list(value.as_bytes()) {
            prop_assert!(!list.is_empty());
            let written = list.iter().map(Extension::to_string).collect::<Vec<_>>().join(",");
            prop_assert!(!written.contains(['"', '\\', '\t']), "{}", written);
            prop_assert_eq!(Extension::parse_list(written.as_bytes()), Some(list));
        }
    }
}

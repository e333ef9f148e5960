//! WebSocket URIs: which are taken, what they say, and where redirects lead (RFC 6455 3, 11.1; RFC 3986 5.2;
//! requirement ids stand with the cases).

use proptest::prelude::*;
use sansws::handshake::{Uri, UriError};

fn parse(uri: &str) -> Uri {
    uri.parse().unwrap_or_else(|error| panic!("{uri}: {error}"))
}

/// The parts of a URI: secure, host, port, `Host` header, target.
#[test]
fn good_uris() {
    for (id, uri, secure, host, port, authority, resource) in [
        ("6455-3-1", "ws://h/", false, "h", 80, "h", "/"),
        ("6455-3-1, 6455-3-5", "WSS://h/", true, "h", 443, "h", "/"),
        ("6455-3-5", "wSs://h/", true, "h", 443, "h", "/"),
        ("6455-3-2", "ws://[::1]:9001/x", false, "::1", 9001, "[::1]:9001", "/x"),
        ("6455-3-2", "wss://[2001:DB8::A]", true, "2001:db8::a", 443, "[2001:db8::a]", "/"),
        ("6455-3-2", "ws://127.0.0.1/", false, "127.0.0.1", 80, "127.0.0.1", "/"),
        ("6455-3-2", "ws://Example.COM./", false, "example.com.", 80, "example.com.", "/"),
        ("6455-3-2", "ws://a_b!$&'()*+,;=~%20/", false, "a_b!$&'()*+,;=~%20", 80, "a_b!$&'()*+,;=~%20", "/"),
        ("6455-3-3", "ws://h:/x", false, "h", 80, "h", "/x"),
        ("6455-3-3", "wss://h:", true, "h", 443, "h", "/"),
        ("6455-3-4", "ws://h:1/", false, "h", 1, "h:1", "/"),
        ("6455-3-4", "ws://h:65535/", false, "h", 65535, "h:65535", "/"),
        ("6455-3-4", "ws://h:00080/", false, "h", 80, "h", "/"),
        ("6455-4.1.B-4", "ws://h:443/", false, "h", 443, "h:443", "/"),
        ("6455-4.1.B-4", "wss://h:443/", true, "h", 443, "h", "/"),
        ("6455-4.1.B-4", "wss://h:80/", true, "h", 80, "h:80", "/"),
        ("6455-3-6", "ws://h", false, "h", 80, "h", "/"),
        ("6455-3-6", "ws://h/a/b", false, "h", 80, "h", "/a/b"),
        ("6455-3-6", "ws://h?x=1", false, "h", 80, "h", "/?x=1"),
        ("6455-3-6", "ws://h//a/../b/.", false, "h", 80, "h", "//a/../b/."),
        ("6455-3-7", "ws://h/c?x=1&y", false, "h", 80, "h", "/c?x=1&y"),
        ("6455-3-7", "ws://h/c?", false, "h", 80, "h", "/c"),
        ("6455-3-7", "ws://h?", false, "h", 80, "h", "/"),
        ("6455-3-7", "ws://h/c??", false, "h", 80, "h", "/c??"),
        ("6455-3-7", "ws://h/c?x=y?", false, "h", 80, "h", "/c?x=y?"),
        ("6455-3-9", "ws://h/a%23b?%23", false, "h", 80, "h", "/a%23b?%23"),
        ("6455-3-10", "ws://h/a@b?c@d", false, "h", 80, "h", "/a@b?c@d"),
        ("6455-11.1-2", "ws://h/é", false, "h", 80, "h", "/%C3%A9"),
        ("6455-11.1-2", "ws://h/?q=🦀€", false, "h", 80, "h", "/?q=%F0%9F%A6%80%E2%82%AC"),
        ("8307-3-1", "ws://h/.well-known/x", false, "h", 80, "h", "/.well-known/x"),
        (
            "every character",
            "ws://h/-._~!$&'()*+,;=:@%00/?/",
            false,
            "h",
            80,
            "h",
            "/-._~!$&'()*+,;=:@%00/?/",
        ),
    ] {
        let parsed = parse(uri);
        let parts =
            (parsed.is_secure(), parsed.host(), parsed.port(), &parsed.authority()[..], parsed.resource());
        assert_eq!(parts, (secure, host, port, authority, resource), "{id} {uri}");
        assert_eq!(parse(&parsed.to_string()), parsed, "{id} {parsed}");
    }
}

/// 6455-4.1.A-1: no connection begins with one of these.
#[test]
fn bad_uris() {
    for (id, uri, expected) in [
        ("6455-3-1", "http://h/", UriError::Scheme),
        ("6455-3-1, WHATWG-3.1-1", "https://h/", UriError::Scheme),
        ("6455-3-1, WHATWG-3.1-1", "ftp://h/", UriError::Scheme),
        ("6455-3-1", "wsx://h/", UriError::Scheme),
        ("6455-3-1", " ws://h/", UriError::Scheme),
        ("6455-3-1", "//h/", UriError::Scheme),
        ("6455-3-1", "ws:h", UriError::Scheme),
        ("6455-3-1", "ws:/", UriError::Scheme),
        ("6455-3-1", "ws", UriError::Scheme),
        ("6455-3-1", "", UriError::Scheme),
        ("6455-3-1", "://h/", UriError::Scheme),
        ("6455-3-2", "ws://", UriError::Authority),
        ("6455-3-2", "ws:///x", UriError::Authority),
        ("6455-3-2", "ws://?x", UriError::Authority),
        ("6455-3-2", "ws://:80/", UriError::Authority),
        ("6455-3-2", "ws://:0", UriError::Authority),
        ("6455-3-2", "ws://[::1/", UriError::Authority),
        ("6455-3-2", "ws://[", UriError::Authority),
        ("6455-3-2", "ws://[]/", UriError::Authority),
        ("6455-3-2", "ws://[::1]x/", UriError::Authority),
        ("6455-3-2", "ws://[1.2.3.4]/", UriError::Authority),
        ("6455-3-2", "ws://[::1%25eth0]/", UriError::Authority),
        ("6455-3-2", "ws://::1/", UriError::Authority),
        ("6455-3-2", "ws://h]/", UriError::Authority),
        ("6455-3-2", "ws://h%2/", UriError::Authority),
        ("6455-3-2, 6455-4.1.A-1", "ws://a b/", UriError::Authority),
        ("6455-3-2", "ws://h\\x/", UriError::Authority),
        ("6455-3-4", "ws://h:65536/", UriError::Authority),
        ("6455-3-4", "ws://h:99999999999999999999/", UriError::Authority),
        ("6455-3-4", "ws://h:+80/", UriError::Authority),
        ("6455-3-4", "ws://h:-1/", UriError::Authority),
        ("6455-3-4", "ws://h:8a/", UriError::Authority),
        ("6455-3-4", "ws://h:0/", UriError::Authority),
        ("6455-3-4", "ws://h:80:80/", UriError::Authority),
        ("6455-3-4", "ws://h:٣/", UriError::Authority),
        ("6455-3-8", "ws://h/#f", UriError::Fragment),
        ("6455-3-8", "ws://h/c?q#f", UriError::Fragment),
        ("6455-3-8", "ws://h#f", UriError::Fragment),
        ("6455-3-8, WHATWG-3.1-2", "ws://h/c#", UriError::Fragment),
        ("6455-3-10", "ws://u:p@h/", UriError::UserInfo),
        ("6455-3-10", "ws://u@h:80", UriError::UserInfo),
        ("6455-3-10", "ws://@h/", UriError::UserInfo),
        ("6455-3-11", "ws://h/a b", UriError::Resource),
        ("6455-3-11", "ws://h/a\r\nX:1", UriError::Resource),
        ("6455-3-11", "ws://h/?a\nX:1", UriError::Resource),
        ("6455-3-11", "ws://h/\x7f", UriError::Resource),
        ("6455-3-11", "ws://h/\0", UriError::Resource),
        ("6455-3-11", "ws://h/\t", UriError::Resource),
        ("6455-3-11", "ws://h/a\\b", UriError::Resource),
        ("6455-3-11", "ws://h/{a}", UriError::Resource),
        ("6455-3-11", "ws://h/[a]", UriError::Resource),
        ("6455-3-11", "ws://h/?\"", UriError::Resource),
        ("6455-3-11", "ws://h/?<a>", UriError::Resource),
        ("6455-3-11", "ws://h/^`|", UriError::Resource),
        ("6455-3-11", "ws://h/%", UriError::Resource),
        ("6455-3-11", "ws://h/%4", UriError::Resource),
        ("6455-3-11", "ws://h/%4g", UriError::Resource),
        ("6455-3-11", "ws://h\r\nX:1/", UriError::Authority),
        ("6455-11.1-1", "ws://bücher.de/", UriError::Authority),
    ] {
        assert_eq!(uri.parse::<Uri>(), Err(expected), "{id} {uri:?}");
    }
}

/// Where a `Location` leads; `http` stands for `ws` there (WHATWG-3.1-1). The examples of RFC 3986 5.4, then
/// what redirects of servers look like.
#[test]
fn redirects() {
    for (location, expected) in [
        ("ws://g", "ws://g/"),
        ("g", "ws://a/b/c/g"),
        ("./g", "ws://a/b/c/g"),
        ("g/", "ws://a/b/c/g/"),
        ("/g", "ws://a/g"),
        ("//g", "ws://g/"),
        ("?y", "ws://a/b/c/d;p?y"),
        ("g?y", "ws://a/b/c/g?y"),
        ("#s", "ws://a/b/c/d;p?q"),
        ("g#s", "ws://a/b/c/g"),
        ("g?y#s", "ws://a/b/c/g?y"),
        (";x", "ws://a/b/c/;x"),
        ("g;x?y#s", "ws://a/b/c/g;x?y"),
        ("", "ws://a/b/c/d;p?q"),
        (".", "ws://a/b/c/"),
        ("./", "ws://a/b/c/"),
        ("..", "ws://a/b/"),
        ("../", "ws://a/b/"),
        ("../g", "ws://a/b/g"),
        ("../..", "ws://a/"),
        ("../../", "ws://a/"),
        ("../../g", "ws://a/g"),
        ("../../../g", "ws://a/g"),
        ("../../../../g", "ws://a/g"),
        ("/./g", "ws://a/g"),
        ("/../g", "ws://a/g"),
        ("g.", "ws://a/b/c/g."),
        (".g", "ws://a/b/c/.g"),
        ("g..", "ws://a/b/c/g.."),
        ("..g", "ws://a/b/c/..g"),
        ("./../g", "ws://a/b/g"),
        ("./g/.", "ws://a/b/c/g/"),
        ("g/./h", "ws://a/b/c/g/h"),
        ("g/../h", "ws://a/b/c/h"),
        ("g;x=1/./y", "ws://a/b/c/g;x=1/y"),
        ("g;x=1/../y", "ws://a/b/c/y"),
        ("g?y/./x", "ws://a/b/c/g?y/./x"),
        ("g?y/../x", "ws://a/b/c/g?y/../x"),
        ("g#s/../x", "ws://a/b/c/g"),
        ("?", "ws://a/b/c/d;p"),
        ("wss://g/x", "wss://g/x"),
        ("WS://g:8080/x#s", "ws://g:8080/x"),
        ("http://g", "ws://g/"),
        ("https://g/x?y", "wss://g/x?y"),
        ("HTTPS://g:80/", "wss://g:80/"),
        ("ws://g/x/../y/./z", "ws://g/y/z"),
        ("//g:1/../y?z/..", "ws://g:1/y?z/.."),
        // A URI in a query is not the scheme of the whole.
        ("/login?next=https://h/x", "ws://a/login?next=https://h/x"),
        ("login?next=http://h", "ws://a/b/c/login?next=http://h"),
        ("?next=ws://h/", "ws://a/b/c/d;p?next=ws://h/"),
        ("/a:b", "ws://a/a:b"),
        ("./a:b", "ws://a/b/c/a:b"),
        ("/é", "ws://a/%C3%A9"),
        ("//[::1]:81", "ws://[::1]:81/"),
    ] {
        let joined = parse("ws://a/b/c/d;p?q").join(location);
        assert_eq!(joined.map(|uri| uri.to_string()).as_deref(), Ok(expected), "{location:?}");
    }
    // The scheme and the port stay with a location that has none.
    let secure = parse("wss://h:8443/x");
    assert_eq!(secure.join("/y"), Ok(parse("wss://h:8443/y")));
    assert_eq!(secure.join("//g"), Ok(parse("wss://g/")));
    assert_eq!(parse("ws://h?q").join("x"), Ok(parse("ws://h/x")));
    // Non-browser clients may be sent from one to the other: the caller sees it.
    assert!(!secure.join("http://h/").expect("good").is_secure());
}

#[test]
fn bad_redirects() {
    for (location, expected) in [
        ("g:h", UriError::Scheme),
        ("http:g", UriError::Scheme),
        ("http:/g", UriError::Scheme),
        ("ws:g", UriError::Scheme),
        ("mailto:a@b", UriError::Scheme),
        ("javascript:alert(1)", UriError::Scheme),
        ("ftp://g/", UriError::Scheme),
        ("file:///etc/passwd", UriError::Scheme),
        ("https://u:p@g/", UriError::UserInfo),
        ("//u@g/", UriError::UserInfo),
        ("//", UriError::Authority),
        ("///x", UriError::Authority),
        ("https://g:0/", UriError::Authority),
        ("//bücher.de/", UriError::Authority),
        ("/a b", UriError::Resource),
        ("/a\r\nX: y", UriError::Resource),
        ("?\n", UriError::Resource),
        ("/%zz", UriError::Resource),
    ] {
        assert_eq!(parse("ws://a/b/c").join(location), Err(expected), "{location:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    /// 6455-3-11: whatever is taken goes on one line, and means the same when it is read again.
    #[test]
    fn what_is_taken_is_clean(
        tail in "[a-c/?#.:@%2é \\r\\n\\[\\]-]{0,16}",
        location in "[a-c/?#.:@%2é]{0,16}",
    ) {
        let uri = format!("ws://{tail}").parse::<Uri>();
        let joined = parse("ws://a/b/c").join(&location);
        for uri in [uri, joined].into_iter().flatten() {
            let is_clean = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
            prop_assert!(uri.resource().starts_with('/') && is_clean(uri.resource()));
            prop_assert!(!uri.host().is_empty() && is_clean(&uri.authority()));
            prop_assert!(!uri.authority().contains('@'));
            prop_assert_eq!(uri.to_string().parse::<Uri>(), Ok(uri));
        }
    }
}

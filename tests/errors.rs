//! What codes and errors say: one line each, no two the same, with the numbers that tell what to do.

use std::collections::HashSet;
use std::fmt::Display;

use sansws::handshake::{BuildError, HandshakeError, UriError};
use sansws::{CloseCode, SendError, Violation};

/// Each says its words, no two say the same, all in one line.
fn assert_words<E: Display>(cases: &[(E, &str)]) {
    let mut seen = HashSet::new();
    for (error, words) in cases {
        let text = error.to_string();
        assert!(text.contains(words), "{text:?} without {words:?}");
        assert!(!text.contains('\n'), "{text:?}");
        assert!(seen.insert(text.clone()), "{text:?} twice");
    }
}

/// 6455-7.4.1-1, 6455-7.4.2-1: the number, and what it stands for.
#[test]
fn close_codes() {
    let cases = [
        (1000, "normal"),
        (1001, "going away"),
        (1002, "protocol error"),
        (1003, "unsupported"),
        (1004, "unassigned"),
        (1005, "no close code"),
        (1006, "abnormal"),
        (1007, "invalid data"),
        (1008, "policy"),
        (1009, "too big"),
        (1010, "extension"),
        (1011, "internal error"),
        (1012, "restart"),
        (1013, "try again"),
        (1014, "gateway"),
        (1015, "TLS"),
        (2999, "unassigned"),
        (3000, "registered"),
        (3999, "registered"),
        (4000, "private"),
        (4999, "private"),
        (5000, "unassigned"),
    ];
    assert_words(&cases.map(|(code, meaning)| (CloseCode(code), meaning)));
    for (code, _) in cases {
        assert!(CloseCode(code).to_string().starts_with(&code.to_string()));
    }
}

/// 6455-7.4.1-1, D-CLOSEBODY, D-LEN: what is wrong, the code that the peer is told, and who is to blame.
#[test]
fn violations() {
    let limit = 77;
    let cases = [
        (Violation::CloseBody, "one byte", 1002),
        (Violation::CloseCode(CloseCode(1005)), "1005", 1002),
        (Violation::CloseReason, "UTF-8", 1007),
        (Violation::FragmentedControl, "fragmented control", 1002),
        (Violation::FrameTooBig { length: 78, limit: 77 }, "78 bytes, the limit is 77", 1009),
        (Violation::Internal, "internal", 1011),
        (Violation::InterleavedMessage, "continuation", 1002),
        #[cfg(feature = "deflate")]
        (Violation::InvalidDeflate, "compressed", 1007),
        (Violation::InvalidUtf8, "text is not UTF-8", 1007),
        (Violation::LengthNotMinimal(125), "125", 1002),
        (Violation::LengthOverflow, "63 bits", 1002),
        (Violation::Local(CloseCode(4000)), "application with close code 4000", 4000),
        (Violation::LongControl, "too long", 1002),
        (Violation::Masked, "masked frame from a server", 1002),
        (Violation::MessageTooBig { length: 99, limit: 77 }, "99 bytes, the limit is 77", 1009),
        (Violation::NotMasked, "not masked", 1002),
        (Violation::ReservedBits(4), "100", 1002),
        (Violation::ReservedOpcode(11), "0xb", 1002),
        (Violation::StrayContinuation, "nothing to continue", 1002),
        (Violation::TooManyFragments { limit }, "77", 1008),
    ];
    assert_words(&cases.iter().map(|(violation, words, _)| (*violation, *words)).collect::<Vec<_>>());
    for (violation, _, code) in cases {
        assert_eq!(violation.close_code(), CloseCode(code), "{violation}");
        let is_ours = matches!(violation, Violation::Internal | Violation::Local(_));
        assert_eq!(violation.is_peer_fault(), !is_ours, "{violation}");
    }
}

#[test]
fn send_errors() {
    assert_words(&[
        (SendError::CloseCode(CloseCode(1005)), "1005"),
        (SendError::Closed, "closing or closed"),
        #[cfg(feature = "deflate")]
        (SendError::Compressed, "compressed"),
        (SendError::ControlTooLong { length: 126 }, "126 bytes, the limit is 125"),
        (SendError::FrameTooBig { length: 1 << 63 }, "9223372036854775808 bytes"),
        (SendError::InvalidUtf8, "UTF-8"),
        (SendError::KindChanged, "text or binary"),
        (SendError::MessageOpen, "last fragment"),
        (SendError::ReasonTooLong { length: 124 }, "124 bytes, the limit is 123"),
        (SendError::ReasonWithoutCode, "needs a close code"),
    ]);
}

#[test]
fn handshake_errors() {
    let cases = [
        (HandshakeError::Accept, "Sec-WebSocket-Accept"),
        (HandshakeError::Body, "body"),
        (HandshakeError::Connection, "Connection"),
        (HandshakeError::ControlCharacter(7), "0x07"),
        #[cfg(feature = "deflate")]
        (HandshakeError::Deflate, "compression"),
        (HandshakeError::Expectation, "expectation"),
        (HandshakeError::ExtensionNotOffered, "not offered"),
        (HandshakeError::Extensions, "Sec-WebSocket-Extensions"),
        (HandshakeError::HeadTooLong { limit: 8000 }, "8000 bytes"),
        (HandshakeError::Host, "Host"),
        (HandshakeError::HttpVersion, "HTTP/1.1"),
        (HandshakeError::Key, "Sec-WebSocket-Key"),
        (HandshakeError::LeadingSpace, "white space"),
        (HandshakeError::LineEnd, "CR LF"),
        (HandshakeError::Malformed, "not an HTTP head"),
        (HandshakeError::Method, "GET"),
        (HandshakeError::NotUpgrade, "WebSocket endpoint"),
        (HandshakeError::Status(302), "302"),
        (HandshakeError::Subprotocol, "Sec-WebSocket-Protocol"),
        (HandshakeError::SubprotocolMissing, "none of the subprotocols"),
        (HandshakeError::SubprotocolNotOffered, "not offered"),
        (HandshakeError::Target, "target"),
        (HandshakeError::TargetTooLong { limit: 8000 }, "8000 bytes"),
        (HandshakeError::TooManyFields { limit: 20 }, "20"),
        (HandshakeError::Upgrade, "Upgrade"),
        (HandshakeError::Version, "Sec-WebSocket-Version"),
        (HandshakeError::VersionUnsupported(8), "8"),
    ];
    assert_words(&cases);
    assert!(cases.iter().all(|(error, _)| (400..=505).contains(&error.status())));
}

/// Names that the application chose are shown so that they cannot break the line of a log.
#[test]
fn build_errors() {
    let name = "a\nb".to_string();
    assert_words(&[
        (BuildError::Extension(name.clone()), r"a\nb"),
        (BuildError::HeaderName(name.clone()), r"a\nb"),
        (BuildError::HeaderReserved(name.clone()), r"a\nb"),
        (BuildError::HeaderValue(name.clone()), r"a\nb"),
        (BuildError::NotWebSocket, "WebSocket"),
        (BuildError::Status(101), "101"),
        (BuildError::Subprotocol(name), r"a\nb"),
    ]);
}

#[test]
fn uri_errors() {
    assert_words(&[
        (UriError::Authority, "host or port"),
        (UriError::Fragment, "fragment"),
        (UriError::Resource, "path or query"),
        (UriError::Scheme, "ws:// or wss://"),
        (UriError::UserInfo, "Authorization"),
    ]);
}

/// What ends a blocking connection says what its cause says.
#[cfg(feature = "std")]
#[test]
fn stream_errors() {
    use sansws::stream::Error;

    assert_words(&[
        (Error::Build(BuildError::Status(101)), "101"),
        (Error::Handshake(HandshakeError::Host), "Host"),
        (Error::Io(std::io::Error::other("cable cut")), "cable cut"),
        (Error::Refused, "refused"),
        (Error::Send(SendError::Closed), "closing or closed"),
        (Error::Uri(UriError::Scheme), "ws://"),
        (Error::Violation(Violation::Masked), "masked"),
    ]);
}

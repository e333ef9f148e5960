//! Text is UTF-8, and is known not to be at the first bad byte (RFC 6455 5.6, 8.1).

mod common;

use common::*;
use proptest::prelude::*;
use sansws::utf8::Validator;
use sansws::{Config, Violation};

/// 6455-8.1-2 to 6455-8.1-5, 6455-5.6-1, 6455-8.1-1.
const INVALID: [&[u8]; 36] = [
    b"\x80",
    b"\xbf",
    b"\xc3 ",
    b"\xfe",
    b"\xff",
    b"\xfe\xfe\xff\xff",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xc1\xbf",
    b"\xe0\x9f\xbf",
    b"\xf0\x8f\xbf\xbf",
    b"\xc0\x80",
    b"\xe0\x80\x80",
    b"\xf0\x80\x80\x80",
    b"\xf8\x80\x80\x80\xaf",
    b"\xfc\x80\x80\x80\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xad\xbf",
    b"\xed\xae\x80",
    b"\xed\xbf\xbf",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf4\x90\x80\x80",
    b"\xf7\xbf\xbf\xbf",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xf5\x80\x80\x80",
    // 6455-5.6-3: the message ends inside a code point.
    b"\xce",
    b"\xe1\xbd",
    b"\xf0\x9f\x98",
    b"a\xce",
    b"\xce\xba\xe1",
    b"\xc3\x28",
    b"\xe2\x28\xa1",
    b"\xe2\x82\x28",
    b"\xf0\x28\x8c\xbc",
];

/// 6455-8.1-6: noncharacters, U+FFFD, U+0000 and the byte order mark are text like any other.
const VALID: [&str; 12] = [
    "",
    "\0",
    "κόσμε",
    "\u{80}\u{7ff}\u{800}\u{ffff}\u{10000}\u{10ffff}",
    "\u{d7ff}\u{e000}",
    "\u{fffd}",
    "\u{feff}a",
    "\u{fffe}\u{1fffe}\u{10fffe}",
    "Hello-µ@ßöäüàá-UTF-8!!",
    "😀",
    "a😀",
    "日本語",
];

#[test]
fn valid_text_arrives() {
    for message in VALID {
        expect(&[(0x81, message.as_bytes())], &[text(message)], &[]);
    }
}

#[test]
fn invalid_text_fails() {
    for role in ROLES {
        for bytes in INVALID {
            expect_failure(role, Config::default(), &frame(role, 0x81, bytes), &[], Violation::InvalidUtf8);
            let after = frames(role, &[(0x81, b"fine"), (0x81, bytes)]);
            expect_failure(role, Config::default(), &after, &[text("fine")], Violation::InvalidUtf8);
            // The same bytes are fine as data, and in a Ping: 6455-5.6-4, 6455-8.1-9.
            expect_bytes(role, &frame(role, 0x82, bytes), &[binary(bytes)], &[]);
            expect_bytes(role, &frame(role, 0x8a, bytes), &[pong(bytes)], &[]);
        }
    }
}

/// 6455-5.6-2: code points cut by fragments, at every byte, with a Ping in the cut.
#[test]
fn fragments_cut_code_points() {
    for message in VALID {
        let bytes = message.as_bytes();
        for cut in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(cut);
            expect(
                &[(0x01, head), (0x89, b"\xff"), (0x80, tail)],
                &[ping(b"\xff"), text(message)],
                &[(0x8a, b"\xff")],
            );
        }
    }
}

#[test]
fn fragments_cut_bad_text() {
    for role in ROLES {
        for bytes in INVALID {
            for cut in 0..=bytes.len() {
                let (head, tail) = bytes.split_at(cut);
                let bytes = frames(role, &[(0x01, head), (0x80, tail)]);
                expect_failure(role, Config::default(), &bytes, &[], Violation::InvalidUtf8);
            }
        }
    }
}

/// 6455-8.1-7, 6455-8.1-8, D-FAILFAST: the connection fails with the byte that makes the text hopeless and not
/// before, inside one unfinished frame and across fragments.
#[test]
fn the_first_bad_byte_fails() {
    let prefix = "κόσμε".as_bytes();
    for (good, bad) in [
        (&b""[..], 0xc0),
        (b"", 0xc1),
        (b"", 0xf5),
        (b"", 0xff),
        (b"", 0x80),
        (b"\xf4", 0x90),
        (b"\xe0", 0x9f),
        (b"\xed", 0xa0),
        (b"\xf0", 0x8f),
        (b"\xce", 0x41),
        (b"\xe1\xbd", 0x41),
        (b"\xf0\x9f\x98", 0xc0),
    ] {
        for role in ROLES {
            let start = [prefix, good].concat();
            let whole = [&start[..], &[bad], &[b'x'; 8]].concat();
            let one_frame = frame(role, 0x81, &whole);
            let bad_at = one_frame.len() - 9;
            let fragments = frames(role, &[(0x01, &start), (0x00, &[bad]), (0x80, b"edited")]);
            let fragment_at = frames(role, &[(0x01, &start), (0x00, &[bad])]).len() - 1;
            for (bytes, bad_at) in [(one_frame, bad_at), (fragments, fragment_at)] {
                for api in [Api::Messages, Api::Chunks] {
                    let mut run = Run::new(role, Config::default());
                    run.feed(api, &bytes[..bad_at]);
                    assert!(run.got.is_empty(), "{good:x?} may still become text");
                    run.feed(api, &bytes[bad_at..=bad_at]);
                    assert_eq!(run.got, [failed(Violation::InvalidUtf8)], "{good:x?} {bad:x}");
                }
            }
        }
    }
}

/// All texts of up to three bytes, and of four that begin with one that may lead four: the verdict of the
/// standard library, byte by byte.
#[test]
fn the_validator_agrees_with_std_on_all_short_texts() {
    fn walk(validator: Validator, bytes: &mut Vec<u8>) {
        for byte in 0..=u8::MAX {
            // The third and fourth bytes are judged by their class alone.
            if bytes.len() >= 2
                && !matches!(
                    byte,
                    0 | 0x41
                        | 0x7f
                        | 0x80
                        | 0x8f
                        | 0x90
                        | 0x9f
                        | 0xa0
                        | 0xbf
                        | 0xc0
                        | 0xc2
                        | 0xe0
                        | 0xf4
                        | 0xff
                )
            {
                continue;
            }
            bytes.push(byte);
            let mut after = validator;
            let verdict = after.push(&[byte]);
            match std::str::from_utf8(bytes) {
                Ok(_) => assert!(verdict.is_ok() && after.is_complete(), "{bytes:x?}"),
                Err(error) if error.error_len().is_none() => {
                    assert!(verdict.is_ok() && !after.is_complete(), "{bytes:x?}");
                }
                Err(_) => assert!(verdict.is_err(), "{bytes:x?}"),
            }
            if verdict.is_ok() && bytes.len() < 4 {
                walk(after, bytes);
            }
            bytes.pop();
        }
    }
    walk(Validator::new(), &mut Vec::new());
}

proptest! {
    /// Any bytes in any pieces: the verdict of the standard library, and with the same byte. Long runs of ASCII and
    /// pieces of any length go through every way of looking at many bytes at once.
    #[test]
    fn the_validator_agrees_with_std(
        parts in prop::collection::vec(prop_oneof![
            3 => any::<char>().prop_map(String::from),
            1 => (0usize..400).prop_map(|length| "a".repeat(length)),
            1 => (0usize..200).prop_map(|length| "κ日😀".repeat(length)),
        ], 0..30),
        noise in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        cuts in prop_oneof![
            prop::collection::vec(1usize..9, 1..80),
            prop::collection::vec(1usize..3000, 1..80),
        ],
    ) {
        let mut bytes = parts.concat().into_bytes();
        for (at, byte) in noise {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        // The shortest beginning that no text begins with.
        let good = std::str::from_utf8(&bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let is_hopeless = |end: &usize| {
            std::str::from_utf8(&bytes[good..*end]).is_err_and(|error| error.error_len().is_some())
        };
        let bad = (good..=bytes.len()).find(is_hopeless);

        let (mut validator, mut done) = (Validator::new(), 0);
        for cut in cuts.iter().cycle() {
            let end = (done + cut).min(bytes.len());
            let verdict = validator.push(&bytes[done..end]);
            prop_assert_eq!(verdict.is_err(), bad.is_some_and(|bad| bad <= end));
            done = end;
            if verdict.is_err() || done == bytes.len() {
                break;
            }
        }
        prop_assert_eq!(bad.is_none() && validator.is_complete(), std::str::from_utf8(&bytes).is_ok());
    }
}

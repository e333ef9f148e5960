//! What the handshake tests share: heads made by edits, every way in which bytes can arrive, and a strict
//! reader of heads.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fmt::Debug;

use sansws::Input;
use sansws::handshake::HandshakeError;

/// The nonce, key and answer of RFC 6455 1.3.
pub(crate) const NONCE: [u8; 16] = *b"the sample nonce";
pub(crate) const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
pub(crate) const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A head made from another by edits that `|` separates: `>line` puts another first line, `-Name` drops a
/// field, `=Name: value` puts another in its place, `+line` appends one, `^bytes` go before the head.
pub(crate) fn edit(head: &str, edits: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = head.split_terminator("\r\n").map(|line| line.into()).collect();
    assert_eq!(lines.pop(), Some(vec![]), "a head ends with an empty line");
    let mut before = Vec::new();
    for edit in edits.split(|byte| *byte == b'|').filter(|edit| !edit.is_empty()) {
        let (operation, text) = (edit[0], &edit[1..]);
        let name = text.split(|byte| *byte == b':').next().unwrap_or_default();
        let find = |lines: &[Vec<u8>]| {
            let is_named = |line: &Vec<u8>| {
                line.get(name.len()) == Some(&b':') && line[..name.len()].eq_ignore_ascii_case(name)
            };
            lines
                .iter()
                .position(is_named)
                .unwrap_or_else(|| panic!("no such field: {}", text.escape_ascii()))
        };
        match operation {
            b'>' => lines[0] = text.into(),
            b'+' => lines.push(text.into()),
            b'^' => before.extend_from_slice(text),
            b'-' => drop(lines.remove(find(&lines))),
            b'=' => {
                let line = find(&lines);
                lines[line] = text.into();
            }
            _ => panic!("no such edit: {}", edit.escape_ascii()),
        }
    }
    lines.push(vec![]);
    before.extend(lines.into_iter().flat_map(|line| [line, b"\r\n".into()].concat()));
    before
}

/// What one way of receiving came to.
pub(crate) struct Arrived<T> {
    /// `None`: more is needed.
    pub(crate) verdict: Option<Result<T, HandshakeError>>,
    pub(crate) out: Vec<u8>,
    /// What was left in the input for the connection.
    pub(crate) rest: Vec<u8>,
}

/// Receives pieces one after the other, until a verdict and beyond it.
pub(crate) fn arrive<'p, T>(
    mut receive: impl FnMut(&mut Input<'_>, &mut Vec<u8>) -> Option<Result<T, HandshakeError>>,
    pieces: impl IntoIterator<Item = &'p [u8]>,
) -> Arrived<T> {
    let mut arrived = Arrived { verdict: None, out: Vec::new(), rest: Vec::new() };
    for piece in pieces {
        let mut piece = piece.to_vec();
        if let Some(Ok(_)) = arrived.verdict {
            arrived.rest.append(&mut piece);
            continue;
        }
        let mut input = Input::new(&mut piece);
        let verdict = receive(&mut input, &mut arrived.out);
        match &verdict {
            Some(Ok(_)) => arrived.rest.extend_from_slice(input.rest()),
            Some(Err(_)) | None => assert!(input.is_empty(), "input was left without a request or response"),
        }
        if verdict.is_some() {
            assert!(arrived.verdict.is_none(), "a second verdict");
            arrived.verdict = verdict;
        }
    }
    arrived
}

/// Receives `head` whole, byte by byte, cut in two everywhere, and with and without `tail` behind it, which
/// must be left alone if the head is good and swallowed if not. Returns the one verdict and the output.
#[track_caller]
pub(crate) fn every_way<T, R>(
    begin: impl Fn() -> R,
    head: &[u8],
    tail: &[u8],
) -> (Result<T, HandshakeError>, Vec<u8>)
where
    T: Debug,
    R: FnMut(&mut Input<'_>, &mut Vec<u8>) -> Option<Result<T, HandshakeError>>,
{
    let alone = arrive(begin(), [head]);
    let Some(verdict) = alone.verdict else { panic!("no verdict on {}", head.escape_ascii()) };
    assert_eq!(alone.rest, b"");

    let whole = [head, tail].concat();
    let expected = (format!("{verdict:?}"), &alone.out, if verdict.is_ok() { tail } else { b"" });
    let check = |pieces: &[&[u8]]| {
        let arrived = arrive(begin(), pieces.iter().copied());
        let got = (format!("{:?}", arrived.verdict.expect("a verdict")), &arrived.out, &arrived.rest[..]);
        assert_eq!(
            got,
            expected,
            "{} as {} pieces of {:?}…",
            head.escape_ascii(),
            pieces.len(),
            pieces[0].len()
        );
    };
    check(&whole.chunks(1).collect::<Vec<_>>());
    for cut in 0..=whole.len() {
        check(&[&whole[..cut], &whole[cut..]]);
    }
    (verdict, alone.out)
}

/// A head read strictly: lines end with CR LF, names are tokens, one space follows the colon.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) first_line: String,
    pub(crate) fields: Vec<(String, String)>,
    /// What stands behind the head.
    pub(crate) rest: Vec<u8>,
}

impl Head {
    #[track_caller]
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("an empty line");
        let text = std::str::from_utf8(&bytes[..end]).expect("UTF-8");
        let mut lines = text.split("\r\n").map(|line| {
            assert!(!line.is_empty() && !line.contains(|c: char| c.is_control()), "{line:?}");
            line.to_string()
        });
        let first_line = lines.next().unwrap_or_default();
        let fields = lines.map(|line| {
            let (name, value) = line.split_once(": ").expect("name: value");
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)), "{name:?}");
            assert_eq!(value, value.trim(), "{name}");
            (name.to_string(), value.to_string())
        });
        let fields = fields.collect();
        Self { first_line, fields, rest: bytes[end + 4..].into() }
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a field that must stand exactly once.
    #[track_caller]
    pub(crate) fn one(&self, name: &str) -> &str {
        let all = self.all(name);
        assert_eq!(all.len(), 1, "{name} in {self:?}");
        all[0]
    }

    /// Whether a comma-separated list has a member.
    #[track_caller]
    pub(crate) fn lists(&self, name: &str, member: &str) -> bool {
        self.one(name).split(", ").any(|element| element == member)
    }

    /// Asserts a response other than 101 that tells its end: nothing stands behind its body, and no
    /// connection survives it.
    #[track_caller]
    pub(crate) fn assert_refusal(&self, status: u16) {
        assert!(self.first_line.starts_with(&format!("HTTP/1.1 {status} ")), "{self:?}");
        assert_eq!(self.one("Content-Length"), self.rest.len().to_string());
        assert!(self.lists("Connection", "close"), "{self:?}");
        assert_eq!(self.all("Transfer-Encoding"), [""; 0]);
    }
}

pub(crate) fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

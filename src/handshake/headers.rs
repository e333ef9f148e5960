//! HTTP/1.1 heads: gathering one from the input, strictly, and the header fields in it (RFC 9112).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::extension::{Extension, is_list};
use super::grammar::{is_field_value, is_token, lists};
use super::{BuildError, HandshakeError, Limits};
use crate::input::Input;

/// A head under way: each byte is looked at once, however few come at a time.
#[derive(Debug)]
pub(super) struct Head {
    bytes: Vec<u8>,
    pub(super) limits: Limits,
    /// Empty lines may come first: before requests only (RFC 9112 2.2).
    is_request: bool,
    /// All bytes taken, with empty lines and earlier heads.
    taken: usize,
    /// The last byte was a CR, so that a LF has to follow.
    after_cr: bool,
    /// Bytes in the line so far.
    line_len: usize,
    /// Lines before it that were not empty.
    lines: usize,
}

impl Head {
    pub(super) const fn new(limits: Limits, is_request: bool) -> Self {
        Self { bytes: Vec::new(), limits, is_request, taken: 0, after_cr: false, line_len: 0, lines: 0 }
    }

    /// Takes input up to and with the empty line; what follows stays in the input. `None`: more is needed.
    ///
    /// With the head comes the number of its lines, without the empty one.
    pub(super) fn receive(
        &mut self,
        input: &mut Input<'_>,
    ) -> Option<Result<(Vec<u8>, usize), HandshakeError>> {
        let (size, verdict) = self.scan(input.rest());
        self.taken += size;
        self.bytes.extend_from_slice(input.take(size));
        match verdict {
            Ok(false) => None,
            // What was taken still counts for the head after an interim response.
            Ok(true) => {
                let next = Self { taken: self.taken, ..Self::new(self.limits, self.is_request) };
                let head = core::mem::replace(self, next);
                Some(Ok((head.bytes, head.lines)))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// How many of the bytes belong to the head, and whether it is complete.
    fn scan(&mut self, bytes: &[u8]) -> (usize, Result<bool, HandshakeError>) {
        let limit = self.limits.max_head;
        let allowed = &bytes[..bytes.len().min(limit - self.taken)];
        let mut size = 0;
        while let Some(&byte) = allowed.get(size) {
            // Of the bytes that are plain within a line, only a space must not begin one.
            if !self.after_cr && (self.line_len > 0 || byte != b' ') {
                let plain = plain_len(&allowed[size..]);
                self.line_len += plain;
                size += plain;
                // So most lines end; others are left for the steps to judge.
                if self.line_len > 0 && allowed[size..].starts_with(b"\r\n") {
                    self.line_len = 0;
                    self.lines += 1;
                    size += 2;
                    continue;
                }
                if plain > 0 {
                    continue;
                }
            }
            match self.step(byte) {
                Ok(false) => size += 1,
                verdict => return (size + 1, verdict),
            }
        }
        let verdict = match self.lines {
            _ if size == bytes.len() => Ok(false),
            0 => Err(HandshakeError::TargetTooLong { limit }),
            _ => Err(HandshakeError::HeadTooLong { limit }),
        };
        (size, verdict)
    }

    fn step(&mut self, byte: u8) -> Result<bool, HandshakeError> {
        match byte {
            b'\n' if self.after_cr => {
                self.after_cr = false;
                let is_empty = core::mem::take(&mut self.line_len) == 0;
                if !is_empty {
                    self.lines += 1;
                } else if self.lines == 0 && !self.is_request {
                    return Err(HandshakeError::Malformed);
                }
                return Ok(is_empty && self.lines > 0);
            }
            // 9112 2.2: lines end with CR LF, and neither stands alone.
            _ if self.after_cr => return Err(HandshakeError::LineEnd),
            b'\n' => return Err(HandshakeError::LineEnd),
            b'\r' => {
                self.after_cr = true;
                return Ok(false);
            }
            // 9112 2.2, 5.2: neither space before the first field nor folded lines.
            b' ' | b'\t' if self.line_len == 0 => return Err(HandshakeError::LeadingSpace),
            b'\t' => {}
            // 9110 5.5.
            byte if byte.is_ascii_control() => return Err(HandshakeError::ControlCharacter(byte)),
            _ => {}
        }
        self.line_len += 1;
        Ok(false)
    }
}

/// How many bytes there are before the first control character.
fn plain_len(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const LOW: u64 = ONES * 0x7f;
    let words = bytes.chunks_exact(8);
    let rest = words.remainder();
    for (index, word) in words.enumerate() {
        let word = word.try_into().map_or(0, u64::from_le_bytes);
        // DEL becomes 0, so that control characters are those below 0x21. No byte carries into the next one.
        let next = ((word & LOW) + ONES) & LOW;
        let plain = (next + ONES * (0x80 - 0x21)) | word;
        let found = !plain & !LOW;
        if found != 0 {
            return 8 * index + found.trailing_zeros() as usize / 8;
        }
    }
    let plain = rest.iter().position(u8::is_ascii_control).unwrap_or(rest.len());
    bytes.len() - rest.len() + plain
}

/// Says what a head is that httparse would not take apart.
pub(super) fn judge_parse(
    parsed: httparse::Result<usize>,
    limits: &Limits,
    is_other_version: impl FnOnce() -> bool,
) -> Result<(), HandshakeError> {
    match parsed {
        Ok(httparse::Status::Complete(_)) => Ok(()),
        Err(httparse::Error::TooManyHeaders) => {
            Err(HandshakeError::TooManyFields { limit: limits.max_fields })
        }
        Err(httparse::Error::Version) if is_other_version() => Err(HandshakeError::HttpVersion),
        _ => Err(HandshakeError::Malformed),
    }
}

/// The parts of the first line of a head.
pub(super) fn first_line(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let line = head.trim_ascii_start().split(|byte| *byte == b'\r').next().unwrap_or_default();
    line.split(|byte| *byte == b' ')
}

/// Whether a part of the first line names a version of HTTP, but not 1.1.
pub(super) fn is_other_version(part: &[u8]) -> bool {
    match part {
        b"HTTP/1.1" => false,
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] => {
            major.is_ascii_digit() && minor.is_ascii_digit()
        }
        _ => false,
    }
}

/// The header fields of a request or response, in order.
#[derive(Clone)]
pub(super) struct Headers {
    head: Vec<u8>,
    fields: Fields,
}

/// Where the names and values lie in a head.
type Fields = Vec<(Range<usize>, Range<usize>)>;

/// The fields that httparse found in `head`, as ranges. It has cut off the white space around the values.
pub(super) fn fields_in(head: &[u8], fields: &[httparse::Header<'_>]) -> Fields {
    let ranges =
        |field: &httparse::Header<'_>| (range_in(head, field.name.as_bytes()), range_in(head, field.value));
    fields.iter().map(ranges).collect()
}

/// Where a part of `head` lies in it.
pub(super) fn range_in(head: &[u8], part: &[u8]) -> Range<usize> {
    let start = (part.as_ptr() as usize).wrapping_sub(head.as_ptr() as usize);
    // An empty part may lie anywhere.
    if head.get(start..).is_some() { start..start + part.len() } else { 0..0 }
}

/// Names only: values may be credentials.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl Headers {
    /// Keeps a head with the fields that lie in it at these ranges: names and values.
    pub(super) fn new(head: Vec<u8>, fields: Fields) -> Self {
        Self { head, fields }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| {
            (core::str::from_utf8(&self.head[name.clone()]).unwrap_or_default(), &self.head[value.clone()])
        })
    }

    /// The values of all fields of that name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let is_named = move |(field, _): &&(Range<usize>, _)| {
            self.head[field.clone()].eq_ignore_ascii_case(name.as_bytes())
        };
        self.fields.iter().filter(is_named).map(|(_, value)| &self.head[value.clone()])
    }

    /// A part of the head, if it is UTF-8.
    pub(super) fn part(&self, range: &Range<usize>) -> Option<&str> {
        self.head.get(range.clone()).and_then(|part| core::str::from_utf8(part).ok())
    }

    /// The first value of that name that is UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all(name).find_map(|value| core::str::from_utf8(value).ok())
    }

    /// The value of the one field of that name; `Err` if there are several.
    pub(super) fn one(&self, name: &str) -> Result<Option<&[u8]>, Repeated> {
        let mut values = self.all(name);
        let first = values.next();
        if values.next().is_some() { Err(Repeated) } else { Ok(first) }
    }

    /// Whether the comma-separated list of all fields of that name has `token`, in any case of letters.
    pub(super) fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name).any(|value| lists(value, token))
    }

    /// The extensions of all `Sec-WebSocket-Extensions` fields as one list, without fields that are malformed.
    pub(super) fn extensions(&self) -> Vec<Extension> {
        self.all("Sec-WebSocket-Extensions").filter_map(Extension::parse_list).flatten().collect()
    }

    /// Whether all `Sec-WebSocket-Extensions` fields are lists of extensions.
    pub(super) fn has_good_extensions(&self) -> bool {
        self.all("Sec-WebSocket-Extensions").all(is_list)
    }
}

/// A field stands several times that may stand once.
pub(super) struct Repeated;

/// Header fields that the application adds to a request or response.
#[derive(Clone, Default)]
pub(super) struct ExtraHeaders(Vec<(String, String)>);

/// Names only: values may be credentials.
impl fmt::Debug for ExtraHeaders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl ExtraHeaders {
    pub(super) fn push(&mut self, name: String, value: String) {
        // RFC 6454 7.3: never two of them; the last one counts.
        if name.eq_ignore_ascii_case("Origin") {
            self.0.retain(|(other, _)| !other.eq_ignore_ascii_case("Origin"));
        }
        self.0.push((name, value));
    }

    /// Neither a line break nor a field of the handshake can get in this way.
    pub(super) fn check(&self) -> Result<(), BuildError> {
        for (name, value) in &self.0 {
            if !is_token(name) {
                return Err(BuildError::HeaderName(name.clone()));
            }
            if is_reserved(name) {
                return Err(BuildError::HeaderReserved(name.clone()));
            }
            if !is_field_value(value) {
                return Err(BuildError::HeaderValue(name.clone()));
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            write_header(name, value, out);
        }
    }
}

pub(super) fn write_header(name: &str, value: impl AsRef<[u8]>, out: &mut Vec<u8>) {
    for part in [name.as_bytes(), b": ", value.as_ref(), b"\r\n"] {
        out.extend_from_slice(part);
    }
}

/// Fields that the handshake writes itself, or that would say something else about where it ends.
fn is_reserved(name: &str) -> bool {
    ["Host", "Upgrade", "Connection", "Content-Length", "Transfer-Encoding"]
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
        || name.get(..14).is_some_and(|prefix| prefix.eq_ignore_ascii_case("Sec-WebSocket-"))
}

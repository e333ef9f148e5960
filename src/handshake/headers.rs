//! HTTP/1.1 heads: gathering one from the input, strictly, and the header fields in it (RFC 9112).

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use super::extension::Extension;
use super::grammar::{is_field_value, is_token, list, trim};
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
    pub(super) fn receive(&mut self, input: &mut Input<'_>) -> Option<Result<Vec<u8>, HandshakeError>> {
        let (size, verdict) = self.scan(input.rest());
        self.bytes.extend_from_slice(input.take(size));
        match verdict {
            Ok(false) => None,
            // What was taken still counts for the head after an interim response.
            Ok(true) => {
                let next = Self { taken: self.taken, ..Self::new(self.limits, self.is_request) };
                Some(Ok(core::mem::replace(self, next).bytes))
            }
            Err(error) => Some(Err(error)),
        }
    }

    /// How many of the bytes belong to the head, and whether it is complete.
    fn scan(&mut self, bytes: &[u8]) -> (usize, Result<bool, HandshakeError>) {
        for (index, &byte) in bytes.iter().enumerate() {
            match self.step(byte) {
                Ok(false) => {}
                verdict => return (index + 1, verdict),
            }
        }
        (bytes.len(), Ok(false))
    }

    fn step(&mut self, byte: u8) -> Result<bool, HandshakeError> {
        self.taken += 1;
        if self.taken > self.limits.max_head {
            let limit = self.limits.max_head;
            return Err(if self.lines == 0 {
                HandshakeError::TargetTooLong { limit }
            } else {
                HandshakeError::HeadTooLong { limit }
            });
        }
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
    fields: Vec<(Range<usize>, Range<usize>)>,
}

/// Names only: values may be credentials.
impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(name, _)| name)).finish()
    }
}

impl Headers {
    /// Keeps a head with the fields that httparse found in it, as ranges.
    pub(super) fn new(head: &[u8], fields: &[httparse::Header<'_>]) -> Self {
        let range = |part: &[u8]| {
            let start = (part.as_ptr() as usize).wrapping_sub(head.as_ptr() as usize);
            // An empty part may lie anywhere.
            if head.get(start..).is_some() { start..start + part.len() } else { 0..0 }
        };
        let fields =
            fields.iter().map(|field| (range(field.name.as_bytes()), range(trim(field.value)))).collect();
        Self { head: head.into(), fields }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.fields.iter().map(|(name, value)| {
            (core::str::from_utf8(&self.head[name.clone()]).unwrap_or_default(), &self.head[value.clone()])
        })
    }

    /// The values of all fields of that name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
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

    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// Whether the comma-separated list of all fields of that name has `token`, in any case of letters.
    pub(super) fn lists(&self, name: &str, token: &str) -> bool {
        self.all(name).flat_map(list).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }

    /// The extensions of all `Sec-WebSocket-Extensions` fields as one list; `None` if one is malformed.
    pub(super) fn extensions(&self) -> Option<Vec<Extension>> {
        let mut extensions = Vec::new();
        for value in self.all("Sec-WebSocket-Extensions") {
            extensions.append(&mut Extension::parse_list(value)?);
        }
        Some(extensions)
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

pub(super) fn write_header(name: &str, value: &str, out: &mut Vec<u8>) {
    for part in [name, ": ", value, "\r\n"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// Fields that the handshake writes itself, or that would say something else about where it ends.
fn is_reserved(name: &str) -> bool {
    ["Host", "Upgrade", "Connection", "Content-Length", "Transfer-Encoding"]
        .iter()
        .any(|reserved| name.eq_ignore_ascii_case(reserved))
        || name.get(..14).is_some_and(|prefix| prefix.eq_ignore_ascii_case("Sec-WebSocket-"))
}

//! The small grammars of header values: tokens, lists, hosts (RFC 9110 5.6, RFC 3986 3.2.2).

use core::net::Ipv6Addr;

/// A non-empty run of token characters (RFC 9110 5.6.2).
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Letters, digits and some others (RFC 9110 5.6.2).
pub(super) const fn is_token_byte(byte: u8) -> bool {
    const TABLE: [bool; 256] = alphanumeric_and(b"!#$%&'*+-.^_`|~");
    TABLE[byte as usize]
}

/// A table is several times faster than comparing, and every byte of a handshake passes through here.
const fn alphanumeric_and(others: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let mut index = 0;
    while index < others.len() {
        table[others[index] as usize] = true;
        index += 1;
    }
    table
}

/// What may stand in a header value that this side sends: no control characters but tabs (RFC 9110 5.5).
pub(super) fn is_field_value(text: &str) -> bool {
    !text.bytes().any(|byte| byte != b'\t' && byte.is_ascii_control())
}

/// The elements of a comma-separated list, without the empty ones (RFC 9110 5.6.1).
pub(super) fn list(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(trim).filter(|element| !element.is_empty())
}

/// Whether a comma-separated list has `token`, in any case of letters.
pub(super) fn lists(value: &[u8], token: &str) -> bool {
    let is_token = |element: &[u8]| element.eq_ignore_ascii_case(token.as_bytes());
    is_token(value) || list(value).any(is_token)
}

/// Cuts optional white space off both ends: spaces and tabs only.
pub(super) fn trim(bytes: &[u8]) -> &[u8] {
    let is_content = |byte: &u8| !matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(is_content).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(is_content).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// Splits `host[:port]`. The host keeps the brackets of an IPv6 address; `None` if either is malformed.
pub(super) fn split_authority(text: &str) -> Option<(&str, Option<u16>)> {
    let find = |wanted| text.bytes().position(|byte| byte == wanted);
    let host_end = if text.starts_with('[') { find(b']')? + 1 } else { find(b':').unwrap_or(text.len()) };
    let (host, rest) = text.split_at(host_end);
    if !is_host(host) {
        return None;
    }
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => None,
        None => return None,
        // An empty port is the default one (RFC 3986 3.2.3).
        Some("") => None,
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|port| *port != 0)?)
        }
        Some(_) => return None,
    };
    Some((host, port))
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<Ipv6Addr>().is_ok();
    }
    !host.is_empty() && is_uri_text(host, is_host_byte)
}

/// Whether all bytes are `allowed` or percent-encoded.
pub(super) fn is_uri_text(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => (0..2).all(|_| bytes.next().is_some_and(|digit| digit.is_ascii_hexdigit())),
            byte => allowed(byte),
        };
        if !fine {
            return false;
        }
    }
    true
}

/// Unreserved bytes and delimiters of parts (RFC 3986 3.2.2).
pub(super) const fn is_host_byte(byte: u8) -> bool {
    const TABLE: [bool; 256] = alphanumeric_and(b"-._~!$&'()*+,;=");
    TABLE[byte as usize]
}

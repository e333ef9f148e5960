//! What the fields of a request ask for, and whether by the letter (RFC 6455 4.2.1).

use alloc::string::ToString;
use alloc::vec::Vec;

use super::HandshakeError;
use super::extension::is_list;
use super::grammar::{is_token, list, lists, split_authority};
use super::key::{accept_for, is_key};

/// What the fields say that the handshake looks at: gathered in one pass, because a request has many others.
#[derive(Default)]
pub(super) struct Asked<'h> {
    host: One<'h>,
    expect: One<'h>,
    content_length: One<'h>,
    has_transfer_encoding: bool,
    /// `Upgrade` lists `websocket`.
    to_websocket: bool,
    /// `Connection` lists `Upgrade`.
    to_upgrade: bool,
    version: One<'h>,
    key: One<'h>,
    subprotocols: Vec<&'h [u8]>,
    are_extensions_bad: bool,
}

/// The value of a field that may stand once.
#[derive(Clone, Copy, Default)]
enum One<'h> {
    #[default]
    Missing,
    Value(&'h [u8]),
    Repeated,
}

impl<'h> Asked<'h> {
    pub(super) fn read(fields: &[httparse::Header<'h>]) -> Self {
        let mut asked = Self::default();
        for httparse::Header { name, value } in fields {
            let is = |known: &str| name.eq_ignore_ascii_case(known);
            match name {
                _ if is("Host") => asked.host.add(value),
                _ if is("Expect") => asked.expect.add(value),
                _ if is("Content-Length") => asked.content_length.add(value),
                _ if is("Transfer-Encoding") => asked.has_transfer_encoding = true,
                _ if is("Upgrade") => asked.to_websocket = asked.to_websocket || lists(value, "websocket"),
                _ if is("Connection") => asked.to_upgrade = asked.to_upgrade || lists(value, "Upgrade"),
                _ if is("Sec-WebSocket-Version") => asked.version.add(value),
                _ if is("Sec-WebSocket-Key") => asked.key.add(value),
                _ if is("Sec-WebSocket-Protocol") => asked.subprotocols.push(value),
                _ if is("Sec-WebSocket-Extensions") => asked.are_extensions_bad |= !is_list(value),
                _ => {}
            }
        }
        asked
    }

    /// What any request has to have; tells whether an interim response is expected.
    pub(super) fn check_http(&self) -> Result<bool, HandshakeError> {
        // 9112 3.2: one `Host`, well-formed.
        let is_authority =
            |host| core::str::from_utf8(host).is_ok_and(|host| split_authority(host).is_some());
        if !matches!(self.host, One::Value(host) if is_authority(host)) {
            return Err(HandshakeError::Host);
        }
        // 9112 6.3: a body would stand where the first frame is expected.
        if self.has_transfer_encoding || !matches!(self.content_length, One::Missing | One::Value(b"0")) {
            return Err(HandshakeError::Body);
        }
        match self.expect {
            One::Missing => Ok(false),
            One::Value(value) if value.eq_ignore_ascii_case(b"100-continue") => Ok(true),
            _ => Err(HandshakeError::Expectation),
        }
    }

    pub(super) fn is_websocket(&self) -> bool {
        self.to_websocket
    }

    /// 4.2.1 (4) to (9): the `Sec-WebSocket-Accept` for it.
    pub(super) fn check_websocket(&self) -> Result<[u8; 28], HandshakeError> {
        if !self.to_upgrade {
            return Err(HandshakeError::Connection);
        }
        match self.version {
            One::Value(b"13") => {}
            One::Value(version) => return Err(judge_version(version)),
            _ => return Err(HandshakeError::Version),
        }
        let key = match self.key {
            One::Value(key) if is_key(key) => accept_for(key),
            _ => return Err(HandshakeError::Key),
        };
        if !self.subprotocols.is_empty() && !are_subprotocols(&self.subprotocols) {
            return Err(HandshakeError::Subprotocol);
        }
        if self.are_extensions_bad { Err(HandshakeError::Extensions) } else { Ok(key) }
    }
}

impl<'h> One<'h> {
    fn add(&mut self, value: &'h [u8]) {
        *self = if matches!(self, Self::Missing) { Self::Value(value) } else { Self::Repeated };
    }
}

/// 4.1, 4.3: at least one, all of them tokens, each once.
fn are_subprotocols(values: &[&[u8]]) -> bool {
    let mut offers: Vec<_> = values.iter().flat_map(|value| list(value)).collect();
    // Sorted, because a hostile list may be long.
    offers.sort_unstable();
    let is_token = |offer: &&[u8]| core::str::from_utf8(offer).is_ok_and(is_token);
    !offers.is_empty() && offers.iter().all(is_token) && offers.windows(2).all(|pair| pair[0] != pair[1])
}

/// 4.3: a version is 0 to 255 without leading zeros; anything else is malformed rather than unknown.
fn judge_version(version: &[u8]) -> HandshakeError {
    let text = core::str::from_utf8(version).unwrap_or_default();
    match text.parse::<u8>() {
        Ok(version) if version.to_string() == text => HandshakeError::VersionUnsupported(version),
        _ => HandshakeError::Version,
    }
}

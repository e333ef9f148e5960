//! The server's side: a request in, a response out (RFC 6455 4.2).

use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::asked::Asked;
use super::extension::{Extension, not_offered};
use super::grammar::{list, split_authority};
use super::headers::{
    Head, Headers, fields_in, first_line, is_other_version, judge_parse, range_in, write_header,
};
pub use super::response::{Accept, Response};
use super::{BuildError, HandshakeError, Limits};
use crate::config::Config;
use crate::connection::{Connection, Role};
use crate::input::Input;

/// Receives a request. The [`handshake`](super) module has an example of both sides.
#[derive(Debug)]
pub struct Handshake {
    head: Head,
    plain_http: bool,
    done: bool,
}

impl Handshake {
    /// A handshake of which nothing has been received.
    pub fn new() -> Self {
        Self::with_limits(Limits::new())
    }

    /// The same with other limits on the head of the request.
    pub fn with_limits(limits: Limits) -> Self {
        Self { head: Head::new(limits, true), plain_http: false, done: false }
    }

    /// Whether requests that do not ask for WebSocket are handed out, too, to be answered with a
    /// [`Response`]; off unless set, so that they are answered with status 426.
    #[must_use]
    pub fn plain_http(mut self, on: bool) -> Self {
        self.plain_http = on;
        self
    }

    /// Receives a part of the request; `None` asks for more input.
    ///
    /// Input after the head is left where it is: these bytes belong to the connection, once accepted. Do not
    /// call it again after it gave a request.
    ///
    /// # Errors
    ///
    /// [`HandshakeError`] if the request is not a WebSocket handshake by the letter. The response that says
    /// so was appended to `out`: write it and close the socket, as [`Response`] says. Further input is swallowed.
    pub fn receive(
        &mut self,
        input: &mut Input<'_>,
        out: &mut Vec<u8>,
    ) -> Option<Result<Request, HandshakeError>> {
        if self.done {
            input.swallow();
            return None;
        }
        let request = self.head.receive(input)?.and_then(|(head, lines)| {
            let request = Request::parse(head, lines, &self.head.limits)?;
            if request.accept_key.is_none() && !self.plain_http {
                return Err(HandshakeError::NotUpgrade);
            }
            Ok(request)
        });
        self.done = true;
        if let Err(error) = request {
            input.swallow();
            Response::refusal(error).append(out);
        }
        Some(request)
    }
}

impl Default for Handshake {
    fn default() -> Self {
        Self::new()
    }
}

/// A request for a WebSocket connection, checked in full; to be accepted or rejected.
#[derive(Clone, Debug)]
pub struct Request {
    headers: Headers,
    target: Range<usize>,
    /// `None`: the request does not ask for WebSocket.
    accept_key: Option<[u8; 28]>,
    expects_continue: bool,
}

impl Request {
    /// The path of the target, without the query. Always begins with `/`. Percent-encoding is left as sent.
    pub fn path(&self) -> &str {
        match self.resource().split('?').next() {
            // 9110 4.2.3: an absolute target without a path means the root.
            None | Some("") => "/",
            Some(path) => path,
        }
    }

    /// The query of the target, without the `?`.
    pub fn query(&self) -> Option<&str> {
        self.resource().split_once('?').map(|(_, query)| query)
    }

    /// The target as sent: path and query, or rarely an absolute `http` URI.
    pub fn target(&self) -> &str {
        self.headers.part(&self.target).unwrap_or_default()
    }

    /// The host, with the port if it was sent: from `Host`, or from an absolute target (RFC 9112 3.2.2).
    pub fn host(&self) -> &str {
        match split_absolute(self.target()) {
            Some((authority, _)) => authority,
            None => self.headers.text("Host").unwrap_or_default(),
        }
    }

    /// The page that the request comes from, if a browser sent it. Compare it before accepting, or any page
    /// can connect with the user's cookies (RFC 6455 10.2): [`origin_is`](Self::origin_is),
    /// [`is_same_origin`](Self::is_same_origin).
    pub fn origin(&self) -> Option<&str> {
        self.headers.text("Origin")
    }

    /// Whether the one origin is exactly one of those allowed, such as `https://example.com`: no prefix,
    /// suffix or wildcard. False without an origin and for `null`.
    ///
    /// ```
    /// # use sansws::{Input, handshake::server::Handshake};
    /// let mut buf = *b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    ///     Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    ///     Origin: https://good.com.evil.org\r\n\r\n";
    /// let request = Handshake::new().receive(&mut Input::new(&mut buf), &mut Vec::new()).unwrap()?;
    /// assert!(!request.origin_is(&["https://good.com"]));
    /// # Ok::<(), sansws::handshake::HandshakeError>(())
    /// ```
    pub fn origin_is(&self, allowed: &[&str]) -> bool {
        match self.headers.one("Origin") {
            Ok(Some(origin)) => allowed.iter().any(|one| one.as_bytes() == origin),
            _ => false,
        }
    }

    /// Whether the one origin is this very host, over `http` or `https`, with the same port.
    pub fn is_same_origin(&self) -> bool {
        let Ok(Some(origin)) = self.headers.one("Origin") else { return false };
        let Ok(origin) = core::str::from_utf8(origin) else { return false };
        let (authority, default_port) = match origin.split_once("://") {
            Some(("http", authority)) => (authority, 80),
            Some(("https", authority)) => (authority, 443),
            _ => return false,
        };
        let (Some((host, port)), Some((own_host, own_port))) =
            (split_authority(authority), split_authority(self.host()))
        else {
            return false;
        };
        host.eq_ignore_ascii_case(own_host)
            && port.unwrap_or(default_port) == own_port.unwrap_or(default_port)
    }

    /// The first header field of that name, in any case of letters, whose value is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.text(name)
    }

    /// All header fields in order, without white space around the values. Values may hold bytes that are not
    /// ASCII, of no agreed meaning.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter()
    }

    /// The subprotocols offered, the client's favourite first. Each is a token and stands once.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        self.offers().filter_map(|element| core::str::from_utf8(element).ok()).filter(|_| self.is_websocket())
    }

    /// The extensions offered, the client's favourite first. The list is made anew in each call.
    pub fn extensions(&self) -> Vec<Extension> {
        if self.is_websocket() { self.headers.extensions() } else { Vec::new() }
    }

    /// Whether the request asks for WebSocket; it always does unless [`Handshake::plain_http`] is on.
    pub fn is_websocket(&self) -> bool {
        self.accept_key.is_some()
    }

    /// Appends the response that accepts, after which `out` may take frames at once.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if `accept` has something that the client did not offer or that must not be sent.
    /// Nothing was appended then, and the request may still be rejected.
    pub fn accept(
        &self,
        accept: &Accept,
        config: Config,
        out: &mut Vec<u8>,
    ) -> Result<Connection, BuildError> {
        let key = self.accept_key.as_ref().ok_or(BuildError::NotWebSocket)?;
        accept.headers.check()?;
        if let Some(chosen) = &accept.subprotocol {
            if !self.subprotocols().any(|offer| offer == chosen) {
                return Err(BuildError::Subprotocol(chosen.clone()));
            }
        }
        #[cfg(feature = "deflate")]
        let deflate = accept.deflate.and_then(|deflate| deflate.accept(&self.extensions()));
        #[cfg(feature = "deflate")]
        let config = Config { deflate, ..config };
        // It comes behind other extensions, which apply first (RFC 6455 9.1).
        #[cfg(feature = "deflate")]
        let with_answer = deflate.map(|agreed| accept.clone().extension(agreed.answer()));
        #[cfg(feature = "deflate")]
        let accept = with_answer.as_ref().unwrap_or(accept);
        if !accept.extensions.is_empty() {
            let malformed = accept.extensions.iter().find(|extension| !extension.is_valid());
            if let Some(chosen) = malformed.or(not_offered(&accept.extensions, &self.extensions())) {
                return Err(BuildError::Extension(chosen.name().into()));
            }
        }
        if self.expects_continue {
            // 9110 7.8: the interim response comes before the one that switches.
            out.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        // All that most responses have.
        out.reserve(ACCEPTED.len() + key.len() + 4);
        out.extend_from_slice(ACCEPTED);
        out.extend_from_slice(key);
        out.extend_from_slice(b"\r\n");
        if let Some(chosen) = &accept.subprotocol {
            write_header("Sec-WebSocket-Protocol", chosen, out);
        }
        super::write_extensions(&accept.extensions, out);
        accept.headers.write(out);
        out.extend_from_slice(b"\r\n");
        Ok(Connection::new(Role::Server, config))
    }

    /// Appends the response that rejects; then write it and close the socket.
    ///
    /// # Errors
    ///
    /// As [`Response::write`].
    pub fn reject(&self, response: &Response, out: &mut Vec<u8>) -> Result<(), BuildError> {
        response.write(out)
    }

    fn resource(&self) -> &str {
        split_absolute(self.target()).map_or(self.target(), |(_, resource)| resource)
    }

    fn parse(head: Vec<u8>, lines: usize, limits: &Limits) -> Result<Self, HandshakeError> {
        // Each field has a line, however many the limit allows.
        let mut fields = vec![httparse::EMPTY_HEADER; lines.min(limits.max_fields)];
        let mut request = httparse::Request::new(&mut fields);
        judge_parse(request.parse(&head), limits, || asks_other_version(&head))?;
        // 4.2.1 (1): a GET, compared exactly, of HTTP/1.1 or later.
        if request.method != Some("GET") {
            return Err(HandshakeError::Method);
        }
        if request.version != Some(1) {
            return Err(HandshakeError::HttpVersion);
        }
        let target = request.path.unwrap_or_default();
        let is_target = target.starts_with('/') || split_absolute(target).is_some();
        if !is_target || target.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'#') {
            return Err(HandshakeError::Target);
        }
        let asked = Asked::read(request.headers);
        let expects_continue = asked.check_http()?;
        // 4.2.1 (3): without this the request is one like any other.
        let accept_key = if asked.is_websocket() { Some(asked.check_websocket()?) } else { None };
        let target = range_in(&head, target.as_bytes());
        let fields = fields_in(&head, request.headers);
        Ok(Self { headers: Headers::new(head, fields), target, accept_key, expects_continue })
    }

    fn offers(&self) -> impl Iterator<Item = &[u8]> {
        self.headers.all("Sec-WebSocket-Protocol").flat_map(list)
    }
}

/// What every response that accepts begins with.
const ACCEPTED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: ";

/// Whether the request line has its three parts, the last of which is another version of HTTP.
fn asks_other_version(head: &[u8]) -> bool {
    let mut parts = first_line(head).skip(2);
    parts.next().is_some_and(is_other_version) && parts.next().is_none()
}

/// Takes an absolute `http` or `https` target apart into authority and the rest, which is empty or begins
/// with the path or the query (RFC 9112 3.2.2).
fn split_absolute(target: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = target.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let (authority, resource) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    split_authority(authority)?;
    Some((authority, resource))
}

//! The client's side: a request out, a response in (RFC 6455 4.1).

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::extension::{Extension, not_offered};
use super::grammar::is_token;
use super::headers::{
    ExtraHeaders, Head, Headers, fields_in, first_line, is_other_version, judge_parse, write_header,
};
use super::key::{accept_for, key_for};
use super::uri::Uri;
use super::{BuildError, HandshakeError, Limits};
use crate::config::Config;
use crate::connection::{Connection, Role};
use crate::input::Input;

/// What to ask a server for.
///
/// ```
/// use sansws::handshake::client::Request;
///
/// let request = Request::new("ws://example.com/chat".parse()?)
///     .subprotocol("v2.chat")
///     .subprotocol("v1.chat")
///     .header("Authorization", "Bearer secret");
/// # Ok::<(), sansws::handshake::UriError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Request {
    uri: Uri,
    subprotocols: Vec<String>,
    extensions: Vec<Extension>,
    headers: ExtraHeaders,
    limits: Limits,
    subprotocol_required: bool,
    #[cfg(feature = "deflate")]
    deflate: Vec<crate::deflate::Config>,
}

impl Request {
    /// A request for a resource.
    pub fn new(uri: Uri) -> Self {
        Self {
            uri,
            subprotocols: Vec::new(),
            extensions: Vec::new(),
            headers: ExtraHeaders::default(),
            limits: Limits::new(),
            subprotocol_required: true,
            #[cfg(feature = "deflate")]
            deflate: Vec::new(),
        }
    }

    /// Offers a subprotocol; the favourite first.
    #[must_use]
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocols.push(name.into());
        self
    }

    /// Whether a server that chooses none of the subprotocols offered fails the handshake, as browsers have
    /// it; on unless set. RFC 6455 4.2.2 allows such servers.
    #[must_use]
    pub fn subprotocol_required(mut self, on: bool) -> Self {
        self.subprotocol_required = on;
        self
    }

    /// Offers an extension; the favourite first. The application has to do what the extension says.
    #[must_use]
    pub fn extension(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Offers compression. Called several times, it makes several offers, the favourite first.
    ///
    /// What the server agreed to is in [`Response::deflate`]. If you cannot do without, close the connection with
    /// code 1010 when there is nothing (RFC 6455 7.4.1).
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, config: crate::deflate::Config) -> Self {
        self.deflate.push(config);
        self.extension(config.offer())
    }

    /// Sets the `Origin` header, as browsers do; other clients need not.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        self.header("Origin", origin)
    }

    /// Adds a header field, such as `Authorization`, `Cookie` or `User-Agent`.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(name.into(), value.into());
        self
    }

    /// Sets the limits on the head of the response.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The resource asked for.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    fn check(&self) -> Result<(), BuildError> {
        for (index, name) in self.subprotocols.iter().enumerate() {
            // 4.1: tokens, each once.
            if !is_token(name) || self.subprotocols[..index].contains(name) {
                return Err(BuildError::Subprotocol(name.clone()));
            }
        }
        match self.extensions.iter().find(|extension| !extension.is_valid()) {
            Some(extension) => Err(BuildError::Extension(extension.name().into())),
            None => self.headers.check(),
        }
    }
}

/// Waits for the response to a request. The [`handshake`](super) module has an example of both sides.
#[derive(Debug)]
pub struct Handshake {
    head: Head,
    request: Request,
    /// The one `Sec-WebSocket-Accept` that proves that the server read the request.
    expected: [u8; 28],
    done: bool,
}

impl Handshake {
    /// Appends the request to `out`.
    ///
    /// `nonce` has to be random and new for every request, also after a redirect (RFC 6455 4.1); it is no
    /// secret. Send nothing else before the response is there.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if the request has something that must not be sent. Nothing was appended then.
    pub fn start(request: &Request, nonce: [u8; 16], out: &mut Vec<u8>) -> Result<Self, BuildError> {
        request.check()?;
        let key = key_for(nonce);
        for part in ["GET ", request.uri.resource(), " HTTP/1.1\r\n"] {
            out.extend_from_slice(part.as_bytes());
        }
        write_header("Host", request.uri.authority(), out);
        write_header("Upgrade", "websocket", out);
        write_header("Connection", "Upgrade", out);
        write_header("Sec-WebSocket-Key", &key, out);
        write_header("Sec-WebSocket-Version", "13", out);
        if !request.subprotocols.is_empty() {
            write_header("Sec-WebSocket-Protocol", request.subprotocols.join(", "), out);
        }
        super::write_extensions(&request.extensions, out);
        request.headers.write(out);
        out.extend_from_slice(b"\r\n");
        Ok(Self {
            head: Head::new(request.limits, false),
            request: request.clone(),
            expected: accept_for(key.as_bytes()),
            done: false,
        })
    }

    /// Receives a part of the response; `None` asks for more input.
    ///
    /// Input after the head is left where it is: frames that belong to the connection, or the body of a
    /// refusal. Interim responses are skipped. A refusal or redirect is a [`Response`] with its status.
    ///
    /// # Errors
    ///
    /// [`HandshakeError`] if a response with status 101 is not the answer to the request by the letter, or if
    /// the head is not HTTP: close the socket. Further input is swallowed.
    pub fn receive(&mut self, input: &mut Input<'_>) -> Option<Result<Response, HandshakeError>> {
        if self.done {
            input.swallow();
            return None;
        }
        let response = loop {
            let response = self
                .head
                .receive(input)?
                .and_then(|(head, lines)| Response::parse(head, lines, &self.request.limits));
            match response {
                // 9110 15.2: interim responses may come before the final one.
                Ok(Response { status: 100 | 102..=199, .. }) => {}
                Ok(mut response) if response.status == 101 => {
                    break response.check(&self.request, &self.expected).map(|()| response);
                }
                response => break response,
            }
        };
        self.done = true;
        if response.is_err() {
            input.swallow();
        }
        Some(response)
    }
}

/// A response: status 101, checked in full, or any other, for the caller to look at.
#[derive(Clone, Debug)]
pub struct Response {
    headers: Headers,
    status: u16,
    subprotocol: Option<String>,
    extensions: Vec<Extension>,
    #[cfg(feature = "deflate")]
    deflate: Option<crate::deflate::Agreed>,
}

impl Response {
    /// The status. 101: the server accepted. A redirect tells where in the header `Location`, a 401 tells in
    /// `WWW-Authenticate` what it wants; both take a new [`Handshake`] over a new socket.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header field of that name, in any case of letters, whose value is UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.text(name)
    }

    /// All header fields in order, without white space around the values.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.headers.iter()
    }

    /// The subprotocol that the server chose.
    pub fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The extensions that the server agreed to, in the order in which they apply.
    pub fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// What the server agreed to on compression, if it did.
    #[cfg(feature = "deflate")]
    pub fn deflate(&self) -> Option<crate::deflate::Agreed> {
        self.deflate
    }

    /// The connection, if the server accepted. `seed` as in [`Role::Client`].
    ///
    /// # Errors
    ///
    /// [`HandshakeError::Status`] if the server did not accept.
    pub fn finish(&self, config: Config, seed: [u8; 32]) -> Result<Connection, HandshakeError> {
        #[cfg(feature = "deflate")]
        let config = Config { deflate: self.deflate, ..config };
        match self.status {
            101 => Ok(Connection::new(Role::Client(seed), config)),
            status => Err(HandshakeError::Status(status)),
        }
    }

    fn parse(head: Vec<u8>, lines: usize, limits: &Limits) -> Result<Self, HandshakeError> {
        // Each field has a line, however many the limit allows.
        let mut fields = vec![httparse::EMPTY_HEADER; lines.min(limits.max_fields)];
        let mut response = httparse::Response::new(&mut fields);
        let is_other_version = || first_line(&head).next().is_some_and(is_other_version);
        judge_parse(response.parse(&head), limits, is_other_version)?;
        if response.version != Some(1) {
            return Err(HandshakeError::HttpVersion);
        }
        let status =
            response.code.filter(|code| (100..600).contains(code)).ok_or(HandshakeError::Malformed)?;
        let fields = fields_in(&head, response.headers);
        let headers = Headers::new(head, fields);
        Ok(Self {
            headers,
            status,
            subprotocol: None,
            extensions: Vec::new(),
            #[cfg(feature = "deflate")]
            deflate: None,
        })
    }

    /// 4.1: what a response has to have, against what was asked for.
    fn check(&mut self, request: &Request, expected: &[u8]) -> Result<(), HandshakeError> {
        match self.headers.one("Upgrade") {
            Ok(Some(value)) if value.eq_ignore_ascii_case(b"websocket") => {}
            _ => return Err(HandshakeError::Upgrade),
        }
        if !self.headers.lists("Connection", "Upgrade") {
            return Err(HandshakeError::Connection);
        }
        match self.headers.one("Sec-WebSocket-Accept") {
            Ok(Some(value)) if value == expected => {}
            _ => return Err(HandshakeError::Accept),
        }
        if !self.headers.has_good_extensions() {
            return Err(HandshakeError::Extensions);
        }
        self.extensions = self.headers.extensions();
        if not_offered(&self.extensions, &request.extensions).is_some() {
            return Err(HandshakeError::ExtensionNotOffered);
        }
        #[cfg(feature = "deflate")]
        if let Some(answer) = self.extensions.iter().find(|extension| crate::deflate::is_deflate(extension)) {
            // 7692 5: the answer alone tells what holds, whichever offer it is for. An offer that the application made
            // as any other extension is its own concern.
            self.deflate = request.deflate.iter().find_map(|offer| offer.check(answer));
            if self.deflate.is_none() && !request.deflate.is_empty() {
                return Err(HandshakeError::Deflate);
            }
        }
        self.subprotocol = self.check_subprotocol(request)?;
        Ok(())
    }

    fn check_subprotocol(&self, request: &Request) -> Result<Option<String>, HandshakeError> {
        // 11.3.4: at most once in a response, and one token.
        let Some(value) =
            self.headers.one("Sec-WebSocket-Protocol").map_err(|_| HandshakeError::Subprotocol)?
        else {
            // D-SUB: browsers fail, the RFC need not.
            let is_missing = request.subprotocol_required && !request.subprotocols.is_empty();
            return if is_missing { Err(HandshakeError::SubprotocolMissing) } else { Ok(None) };
        };
        match core::str::from_utf8(value) {
            Ok(name) if is_token(name) => request
                .subprotocols
                .iter()
                .find(|offer| *offer == name)
                .map(|offer| Some(offer.clone()))
                .ok_or(HandshakeError::SubprotocolNotOffered),
            _ => Err(HandshakeError::Subprotocol),
        }
    }
}

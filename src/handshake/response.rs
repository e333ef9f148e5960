//! What a server answers: an acceptance, or any other response.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::extension::Extension;
use super::headers::{ExtraHeaders, write_header};
use super::{BuildError, HandshakeError};

/// What a server adds to the response that accepts.
///
/// ```
/// use sansws::handshake::server::Accept;
///
/// let accept = Accept::new().subprotocol("chat").header("Set-Cookie", "seen=1");
/// ```
#[derive(Clone, Debug, Default)]
pub struct Accept {
    pub(super) subprotocol: Option<String>,
    pub(super) extensions: Vec<Extension>,
    pub(super) headers: ExtraHeaders,
    #[cfg(feature = "deflate")]
    pub(super) deflate: Option<crate::deflate::Config>,
}

impl Accept {
    /// Neither subprotocol nor extension.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chooses one of the subprotocols that the client offered.
    #[must_use]
    pub fn subprotocol(mut self, name: impl Into<String>) -> Self {
        self.subprotocol = Some(name.into());
        self
    }

    /// Agrees to an extension that the client offered, with the parameters to tell it. The application has to
    /// do what the extension says.
    #[must_use]
    pub fn extension(mut self, extension: Extension) -> Self {
        self.extensions.push(extension);
        self
    }

    /// Agrees to compression if the client offers it in a way that can be met; otherwise the connection goes on
    /// without. [`Connection::deflate`](crate::Connection::deflate) tells what came of it.
    #[cfg(feature = "deflate")]
    #[must_use]
    pub fn deflate(mut self, config: crate::deflate::Config) -> Self {
        self.deflate = Some(config);
        self
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(name.into(), value.into());
        self
    }
}

/// A response other than 101: a refusal, a redirect, or an ordinary page on the same port.
///
/// It tells its length and that the connection closes after it. Write it, shut down writing, read and drop what
/// still comes until EOF or for a second or two, then close: closing with input unread resets the connection and
/// may destroy the response on its way.
///
/// ```
/// use sansws::handshake::server::Response;
///
/// let mut out = Vec::new();
/// Response::new(401).header("WWW-Authenticate", "Basic").write(&mut out)?;
/// assert!(out.starts_with(b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\n"));
/// # Ok::<(), sansws::handshake::BuildError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: ExtraHeaders,
    body: Vec<u8>,
}

impl Response {
    /// A response without a body: status 200 to 599.
    pub fn new(status: u16) -> Self {
        Self { status, headers: ExtraHeaders::default(), body: Vec::new() }
    }

    /// Adds a header field.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(name.into(), value.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Appends the response.
    ///
    /// # Errors
    ///
    /// [`BuildError`] for a status outside 200 to 599, or 204, 205 and 304, which have no body, and for
    /// header fields that must not be sent. Nothing was appended then.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), BuildError> {
        if !matches!(self.status, 200..=203 | 206..=303 | 305..=599) {
            return Err(BuildError::Status(self.status));
        }
        self.headers.check()?;
        self.append(out);
        Ok(())
    }

    /// The response that tells a client what is wrong, without a byte of what it sent.
    pub(super) fn refusal(error: HandshakeError) -> Self {
        let text = match error {
            HandshakeError::ControlCharacter(_) => "control character in the head\n".into(),
            HandshakeError::VersionUnsupported(_) => "only Sec-WebSocket-Version 13 is supported\n".into(),
            _ => format!("{error}\n"),
        };
        let response = Self::new(error.status()).header("Content-Type", "text/plain").body(text.into_bytes());
        if error == HandshakeError::Method { response.header("Allow", "GET") } else { response }
    }

    pub(super) fn append(&self, out: &mut Vec<u8>) {
        let status_line = format!("HTTP/1.1 {} {}\r\n", self.status, reason_phrase(self.status));
        out.extend_from_slice(status_line.as_bytes());
        self.headers.write(out);
        // 4.4, 9110 15.5.22: what would be accepted instead.
        match self.status {
            426 => {
                write_header("Upgrade", "websocket", out);
                write_header("Sec-WebSocket-Version", "13", out);
                write_header("Connection", "Upgrade, close", out);
            }
            400 => {
                write_header("Sec-WebSocket-Version", "13", out);
                write_header("Connection", "close", out);
            }
            _ => write_header("Connection", "close", out),
        }
        write_header("Content-Length", self.body.len().to_string(), out);
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
    }
}

/// RFC 9110 15. An empty phrase is legal.
const fn reason_phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        426 => "Upgrade Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

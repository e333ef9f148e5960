//! The opening handshake (RFC 6455 4), both sides.
//!
//! Bytes go in until a request or response comes out; what follows its head stays in the [`Input`]
//! and belongs to the connection.
//!
//! ```
//! use sansws::handshake::{client, server};
//! use sansws::{Config, Input};
//!
//! let uri = "ws://example.com/chat".parse()?;
//! let mut to_server = Vec::new();
//! // Sixteen and thirty-two bytes from the operating system: see `sansws::entropy`.
//! let request = client::Request::new(uri).subprotocol("v1");
//! let mut client = client::Handshake::start(&request, [1; 16], &mut to_server)?;
//!
//! let mut to_client = Vec::new();
//! let mut input = Input::new(&mut to_server);
//! let request = server::Handshake::new().receive(&mut input, &mut to_client).expect("the whole head")?;
//! assert_eq!(request.path(), "/chat");
//! let accept = server::Accept::new().subprotocol("v1");
//! let server_conn = request.accept(&accept, Config::default(), &mut to_client)?;
//!
//! let response = client.receive(&mut Input::new(&mut to_client)).expect("the whole head")?;
//! assert_eq!(response.subprotocol(), Some("v1"));
//! let client_conn = response.finish(Config::default(), [2; 32])?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Input`]: crate::Input

mod asked;
pub mod client;
mod extension;
mod grammar;
mod headers;
mod key;
mod response;
pub mod server;
mod uri;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::error::Error;
use core::fmt;

pub use extension::Extension;
pub use key::accept_key;
pub use uri::{Uri, UriError};

/// How much of a head is taken before it is complete.
///
/// ```
/// use sansws::handshake::Limits;
///
/// let limits = Limits::new().max_head(8 * 1024).max_fields(50);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    max_head: usize,
    max_fields: usize,
}

impl Limits {
    /// The default limits.
    pub const fn new() -> Self {
        Self { max_head: 16 << 10, max_fields: 100 }
    }

    /// The longest head in bytes, first line and empty line counted; 16 KiB unless set.
    #[must_use]
    pub const fn max_head(mut self, bytes: usize) -> Self {
        self.max_head = bytes;
        self
    }

    /// The greatest number of header fields; 100 unless set.
    #[must_use]
    pub const fn max_fields(mut self, fields: usize) -> Self {
        self.max_fields = fields;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::new()
    }
}

/// What is wrong with the peer's side of the handshake.
///
/// In a server the response that says so has been appended to the output. In a client there is nothing to
/// send. Either way the socket is to be closed, without a Close frame (RFC 6455 7.2.2); how, says
/// [`server::Response`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HandshakeError {
    /// `Sec-WebSocket-Accept` is missing, repeated or not the answer to the key (RFC 6455 4.1).
    Accept,
    /// A body, or a length that would be read as one: what follows the head would not be frames.
    Body,
    /// `Connection` does not list `Upgrade`.
    Connection,
    /// The server's answer on compression is malformed, or does not fit what was offered (RFC 7692 7).
    #[cfg(feature = "deflate")]
    Deflate,
    /// A control character in the head.
    ControlCharacter(
        /// The byte.
        u8,
    ),
    /// An expectation other than `100-continue`.
    Expectation,
    /// `Sec-WebSocket-Extensions` breaks its grammar (RFC 6455 9.1).
    Extensions,
    /// The server chose an extension that was not offered, or one twice.
    ExtensionNotOffered,
    /// The head is longer than [`Limits::max_head`].
    HeadTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// `Host` is missing, repeated or malformed.
    Host,
    /// Another version of HTTP than 1.1.
    HttpVersion,
    /// `Sec-WebSocket-Key` is missing, repeated or not 16 bytes in base64.
    Key,
    /// White space at the beginning of a line.
    LeadingSpace,
    /// A line that does not end with CR and LF, or one of them in a line.
    LineEnd,
    /// The head is not HTTP.
    Malformed,
    /// Another method than GET.
    Method,
    /// `Upgrade` does not ask for `websocket`: a request like any other.
    NotUpgrade,
    /// The server answered with another status than 101.
    Status(
        /// The status code.
        u16,
    ),
    /// The list of subprotocols is empty, repeats one, or has one that is not a token; or the server chose
    /// more than one.
    Subprotocol,
    /// The server chose no subprotocol although some were offered.
    SubprotocolMissing,
    /// The server chose a subprotocol that was not offered.
    SubprotocolNotOffered,
    /// The request target is neither a path nor an absolute `http` URI, or has a fragment.
    Target,
    /// The first line is longer than [`Limits::max_head`].
    TargetTooLong {
        /// The limit in bytes.
        limit: usize,
    },
    /// More header fields than [`Limits::max_fields`].
    TooManyFields {
        /// The limit.
        limit: usize,
    },
    /// The server's `Upgrade` is not exactly `websocket`.
    Upgrade,
    /// `Sec-WebSocket-Version` is missing, repeated or malformed.
    Version,
    /// A version of the protocol other than 13.
    VersionUnsupported(
        /// The version asked for.
        u8,
    ),
}

impl HandshakeError {
    /// The status of the response that a server answers with.
    pub const fn status(self) -> u16 {
        match self {
            Self::Expectation => 417,
            Self::HeadTooLong { .. } | Self::TooManyFields { .. } => 431,
            Self::HttpVersion => 505,
            Self::Method => 405,
            Self::NotUpgrade | Self::VersionUnsupported(_) => 426,
            Self::TargetTooLong { .. } => 414,
            _ => 400,
        }
    }
}

impl fmt::Display for HandshakeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ControlCharacter(byte) => write!(f, "control character {byte:#04x} in the head"),
            Self::HeadTooLong { limit } => write!(f, "head too long, the limit is {limit} bytes"),
            Self::Status(status) => write!(f, "the server answered with status {status}, not 101"),
            Self::TargetTooLong { limit } => write!(f, "first line too long, the limit is {limit} bytes"),
            Self::TooManyFields { limit } => write!(f, "too many header fields, the limit is {limit}"),
            Self::VersionUnsupported(version) => {
                write!(f, "Sec-WebSocket-Version {version} is not supported, only 13 is")
            }
            Self::Accept => f.write_str("Sec-WebSocket-Accept missing, repeated or wrong"),
            Self::Body => f.write_str("a handshake has no body"),
            Self::Connection => f.write_str("Connection does not list Upgrade"),
            #[cfg(feature = "deflate")]
            Self::Deflate => f.write_str("the server's answer on compression does not fit what was offered"),
            Self::Expectation => f.write_str("the expectation cannot be met"),
            Self::Extensions => f.write_str("Sec-WebSocket-Extensions malformed"),
            Self::ExtensionNotOffered => f.write_str("the server chose an extension that was not offered"),
            Self::Host => f.write_str("Host missing, repeated or malformed"),
            Self::HttpVersion => f.write_str("HTTP/1.1 is required"),
            Self::Key => f.write_str("Sec-WebSocket-Key missing, repeated or not 16 bytes in base64"),
            Self::LeadingSpace => f.write_str("white space at the beginning of a line"),
            Self::LineEnd => f.write_str("a line does not end with CR LF"),
            Self::Malformed => f.write_str("not an HTTP head"),
            Self::Method => f.write_str("only GET is allowed"),
            Self::NotUpgrade => f.write_str("this is a WebSocket endpoint"),
            Self::Subprotocol => f.write_str("Sec-WebSocket-Protocol malformed"),
            Self::SubprotocolMissing => f.write_str("the server chose none of the subprotocols offered"),
            Self::SubprotocolNotOffered => f.write_str("the server chose a subprotocol that was not offered"),
            Self::Target => f.write_str("request target malformed"),
            Self::Upgrade => f.write_str("Upgrade is not websocket"),
            Self::Version => f.write_str("Sec-WebSocket-Version missing, repeated or malformed"),
        }
    }
}

impl Error for HandshakeError {}

/// A mistake in what the application wants to send. Nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// An extension whose name or parameters are not tokens, that the client did not offer, or that is agreed
    /// to twice.
    Extension(String),
    /// A header name that is not a token.
    HeaderName(String),
    /// A header that the handshake writes itself.
    HeaderReserved(String),
    /// A header value with a control character, such as a line break; this is the name.
    HeaderValue(String),
    /// The request does not ask for WebSocket, so it cannot be accepted.
    NotWebSocket,
    /// A status that a refusal cannot have: outside 200 to 599, or one that has no body.
    Status(u16),
    /// A subprotocol that is not a token, is offered twice, or was not offered by the client.
    Subprotocol(String),
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension(name) => write!(f, "extension {name:?} is malformed or was not offered"),
            Self::HeaderName(name) => write!(f, "header name {name:?} is not a token"),
            Self::HeaderReserved(name) => write!(f, "header {name:?} is written by the handshake"),
            Self::HeaderValue(name) => write!(f, "value of header {name:?} has a control character"),
            Self::NotWebSocket => f.write_str("the request does not ask for WebSocket"),
            Self::Status(status) => write!(f, "status {status} cannot end a handshake"),
            Self::Subprotocol(name) => {
                write!(f, "subprotocol {name:?} is no token, offered twice or was not offered")
            }
        }
    }
}

impl Error for BuildError {}

/// Writes one line for all extensions, or none: some peers do not take several (RFC 6455 11.3.2).
fn write_extensions(extensions: &[Extension], out: &mut Vec<u8>) {
    if !extensions.is_empty() {
        let list: Vec<String> = extensions.iter().map(Extension::to_string).collect();
        headers::write_header("Sec-WebSocket-Extensions", list.join(", "), out);
    }
}

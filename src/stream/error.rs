//! What ends a blocking connection.

use std::error::Error as StdError;
use std::{fmt, io};

use crate::error::{SendError, Violation};
use crate::handshake::{BuildError, HandshakeError, UriError, client};

/// What ends a blocking connection.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Something in the request or response that must not be sent.
    Build(BuildError),
    /// The peer's handshake is wrong.
    Handshake(HandshakeError),
    /// The socket failed, or ended without a Close.
    Io(io::Error),
    /// The request was refused by the application.
    Refused,
    /// The server answered with another status than 101.
    Response(client::Response),
    /// Nothing can be sent any more, or not this.
    Send(SendError),
    /// The URI is malformed.
    Uri(UriError),
    /// The peer broke the protocol.
    Violation(Violation),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build(error) => error.fmt(f),
            Self::Handshake(error) => error.fmt(f),
            Self::Io(error) => error.fmt(f),
            Self::Refused => f.write_str("the request was refused"),
            Self::Response(response) => HandshakeError::Status(response.status()).fmt(f),
            Self::Send(error) => error.fmt(f),
            Self::Uri(error) => error.fmt(f),
            Self::Violation(violation) => violation.fmt(f),
        }
    }
}

impl StdError for Error {}

impl From<BuildError> for Error {
    fn from(error: BuildError) -> Self {
        Self::Build(error)
    }
}

impl From<HandshakeError> for Error {
    fn from(error: HandshakeError) -> Self {
        Self::Handshake(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<SendError> for Error {
    fn from(error: SendError) -> Self {
        Self::Send(error)
    }
}

impl From<UriError> for Error {
    fn from(error: UriError) -> Self {
        Self::Uri(error)
    }
}

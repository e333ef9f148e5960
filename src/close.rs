//! Close codes and the body of a Close frame (RFC 6455 5.5.1, 7.4).

use core::fmt;

use crate::error::{SendError, Violation};

/// The longest payload of a control frame in bytes (RFC 6455 5.5).
pub const MAX_CONTROL_PAYLOAD: usize = 125;

/// The longest reason of a Close frame in bytes of UTF-8: a control payload less the two bytes of the code.
pub const MAX_REASON: usize = MAX_CONTROL_PAYLOAD - 2;

/// A close code (RFC 6455 7.4): why a connection ends.
///
/// ```
/// use sansws::CloseCode;
///
/// assert_eq!(CloseCode::NORMAL, CloseCode(1000));
/// assert!(CloseCode(4000).may_be_received());
/// assert!(!CloseCode::ABNORMAL.may_be_received());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(
    /// The number.
    pub u16,
);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// 1001: a server goes down, or a browser leaves the page.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1002: the peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// 1003: a kind of data that the endpoint does not take, such as binary at one that wants text.
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// 1005: stands for a Close without a code. Never on the wire.
    pub const NO_STATUS: Self = Self(1005);
    /// 1006: stands for a connection that ended without a Close. Never on the wire.
    pub const ABNORMAL: Self = Self(1006);
    /// 1007: data that does not fit its type, such as text that is not UTF-8.
    pub const INVALID_DATA: Self = Self(1007);
    /// 1008: a message that breaks a policy; for want of a better code.
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// 1009: a message too big to process.
    pub const TOO_BIG: Self = Self(1009);
    /// 1010: a client misses an extension that it needs. Only clients start a close with it.
    pub const MISSING_EXTENSION: Self = Self(1010);
    /// 1011: something unexpected kept the endpoint from fulfilling the request.
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// 1012: the service restarts.
    pub const SERVICE_RESTART: Self = Self(1012);
    /// 1013: the server is overloaded; try again later.
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// 1014: a gateway got an invalid response from the server behind it.
    pub const BAD_GATEWAY: Self = Self(1014);
    /// 1015: stands for a failed TLS handshake. Never on the wire.
    pub const TLS_FAILED: Self = Self(1015);

    /// Whether a peer may send this code: 1000 to 1003, 1007 to 1014 and 3000 to 4999 (RFC 6455 7.4.2).
    #[inline]
    pub const fn may_be_received(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meaning = match self.0 {
            1000 => "normal closure",
            1001 => "going away",
            1002 => "protocol error",
            1003 => "unsupported data",
            1005 => "no close code",
            1006 => "abnormal closure",
            1007 => "invalid data",
            1008 => "policy violation",
            1009 => "message too big",
            1010 => "missing extension",
            1011 => "internal error",
            1012 => "service restart",
            1013 => "try again later",
            1014 => "bad gateway",
            1015 => "TLS handshake failed",
            3000..=3999 => "registered by a library",
            4000..=4999 => "private use",
            _ => "unassigned",
        };
        write!(f, "{} ({meaning})", self.0)
    }
}

/// The body of a Close frame to be sent: nothing, or a code and a reason, checked.
pub(crate) struct CloseBody {
    bytes: [u8; MAX_CONTROL_PAYLOAD],
    length: usize,
}

impl CloseBody {
    /// A body from what the application gave.
    pub(crate) fn new(code: Option<CloseCode>, reason: &str, is_client: bool) -> Result<Self, SendError> {
        let Some(code) = code else {
            return if reason.is_empty() { Ok(Self::EMPTY) } else { Err(SendError::ReasonWithoutCode) };
        };
        // 7.4.1: 1010 is for clients; servers only echo it.
        if !code.may_be_received() || (code == CloseCode::MISSING_EXTENSION && !is_client) {
            return Err(SendError::CloseCode(code));
        }
        if reason.len() > MAX_REASON {
            return Err(SendError::ReasonTooLong { length: reason.len() });
        }
        Ok(Self::encode(code, reason))
    }

    /// The answer to the peer's Close: the same code, no reason (RFC 6455 5.5.1).
    pub(crate) fn echo(code: Option<CloseCode>) -> Self {
        code.map_or(Self::EMPTY, |code| Self::encode(code, ""))
    }

    /// The body that tells the peer why it is failed.
    pub(crate) fn of(violation: Violation) -> Self {
        Self::encode(violation.close_code(), violation.reason())
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    const EMPTY: Self = Self { bytes: [0; MAX_CONTROL_PAYLOAD], length: 0 };

    /// `reason` is at most [`MAX_REASON`] bytes.
    fn encode(code: CloseCode, reason: &str) -> Self {
        let mut body = Self { length: 2 + reason.len(), ..Self::EMPTY };
        body.bytes[..2].copy_from_slice(&code.0.to_be_bytes());
        body.bytes[2..body.length].copy_from_slice(reason.as_bytes());
        body
    }
}

/// The code in the body of a Close frame received, once the body is known to be well-formed.
pub(crate) fn decode_body(body: &[u8]) -> Result<Option<CloseCode>, Violation> {
    let Some((code, reason)) = body.split_first_chunk() else {
        // 5.5.1: if there is a body, its first two bytes are the code.
        return if body.is_empty() { Ok(None) } else { Err(Violation::CloseBody) };
    };
    let code = CloseCode(u16::from_be_bytes(*code));
    if !code.may_be_received() {
        return Err(Violation::CloseCode(code));
    }
    match core::str::from_utf8(reason) {
        Ok(_) => Ok(Some(code)),
        Err(_) => Err(Violation::CloseReason),
    }
}

//! What can go wrong: the peer's mistakes and the caller's.

use core::error::Error;
use core::fmt;

use crate::close::{CloseCode, MAX_CONTROL_PAYLOAD, MAX_REASON};

/// What the peer did for the connection to fail (RFC 6455 7.1.7).
///
/// It comes as [`Event::Failed`](crate::Event::Failed), after the Close frame that tells the peer was
/// appended to the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// A Close body of one byte: there is no such code (RFC 6455 5.5.1).
    CloseBody,
    /// A close code that must not be sent (RFC 6455 7.4).
    CloseCode(CloseCode),
    /// A close reason that is not UTF-8 (RFC 6455 5.5.1).
    CloseReason,
    /// A control frame without FIN (RFC 6455 5.5).
    FragmentedControl,
    /// A frame whose payload is longer than [`Config::max_frame`](crate::Config::max_frame).
    FrameTooBig {
        /// The length it announced in bytes.
        length: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// The message buffer or the receive function was changed inside a message, or memory ran out. The one
    /// violation that is not the peer's.
    Internal,
    /// A new message before the last fragment of the one before (RFC 6455 5.4).
    InterleavedMessage,
    /// A compressed message that is not DEFLATE, or ends in the middle of it (RFC 7692 7.2.2).
    #[cfg(feature = "deflate")]
    InvalidDeflate,
    /// Text that is not UTF-8 (RFC 6455 8.1).
    InvalidUtf8,
    /// A length that a shorter form could tell (RFC 6455 5.2).
    LengthNotMinimal(
        /// The length in bytes.
        u64,
    ),
    /// A length with the most significant of its 64 bits set (RFC 6455 5.2).
    LengthOverflow,
    /// The application's own veto: [`Connection::fail`](crate::Connection::fail).
    Local(CloseCode),
    /// A control frame with more than 125 bytes of payload (RFC 6455 5.5).
    LongControl,
    /// A masked frame from a server (RFC 6455 5.1).
    Masked,
    /// A message longer than [`Config::max_message`](crate::Config::max_message).
    MessageTooBig {
        /// The length announced so far in bytes.
        length: u64,
        /// The limit in bytes.
        limit: u64,
    },
    /// A frame from a client that is not masked (RFC 6455 5.1).
    NotMasked,
    /// A reserved bit that no extension gave a meaning (RFC 6455 5.2).
    ReservedBits(
        /// The three bits: RSV1 is 4, RSV2 is 2, RSV3 is 1.
        u8,
    ),
    /// A reserved opcode (RFC 6455 5.2).
    ReservedOpcode(
        /// The opcode.
        u8,
    ),
    /// A continuation without a message to continue (RFC 6455 5.4).
    StrayContinuation,
    /// A message in more frames than [`Config::max_fragments`](crate::Config::max_fragments).
    TooManyFragments {
        /// The limit.
        limit: u32,
    },
}

impl Violation {
    /// The code of the Close frame that tells the peer (RFC 6455 7.4.1).
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::CloseReason | Self::InvalidUtf8 => CloseCode::INVALID_DATA,
            Self::FrameTooBig { .. } | Self::MessageTooBig { .. } => CloseCode::TOO_BIG,
            Self::Internal => CloseCode::INTERNAL_ERROR,
            Self::Local(code) => code,
            Self::TooManyFragments { .. } => CloseCode::POLICY_VIOLATION,
            #[cfg(feature = "deflate")]
            Self::InvalidDeflate => CloseCode::INVALID_DATA,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }

    /// Whether the peer is to blame, rather than this side.
    pub const fn is_peer_fault(self) -> bool {
        !matches!(self, Self::Internal | Self::Local(_))
    }

    /// What the Close frame says: the rule, without the peer's bytes or this side's limits.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::CloseBody => "close body of one byte",
            Self::CloseCode(_) => "invalid close code",
            Self::CloseReason => "close reason is not UTF-8",
            Self::FragmentedControl => "fragmented control frame",
            Self::FrameTooBig { .. } => "frame too big",
            Self::Internal => "internal error",
            Self::InterleavedMessage => "expected a continuation frame",
            #[cfg(feature = "deflate")]
            Self::InvalidDeflate => "compressed data malformed or cut off",
            Self::InvalidUtf8 => "text is not UTF-8",
            Self::LengthNotMinimal(_) => "length not minimal",
            Self::LengthOverflow => "length exceeds 63 bits",
            Self::Local(_) => "",
            Self::LongControl => "control frame too long",
            Self::Masked => "masked frame from a server",
            Self::MessageTooBig { .. } => "message too big",
            Self::NotMasked => "frame from a client not masked",
            Self::ReservedBits(_) => "reserved bits set",
            Self::ReservedOpcode(_) => "reserved opcode",
            Self::StrayContinuation => "nothing to continue",
            Self::TooManyFragments { .. } => "too many fragments",
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = self.reason();
        match self {
            Self::CloseCode(code) => write!(f, "{reason}: {}", code.0),
            Self::FrameTooBig { length, limit } => {
                write!(f, "{reason}: {length} bytes, the limit is {limit}")
            }
            Self::LengthNotMinimal(length) => write!(f, "{reason}: {length} in a longer form than it needs"),
            Self::Local(code) => write!(f, "failed by the application with close code {code}"),
            Self::MessageTooBig { length, limit } => {
                write!(f, "{reason}: at least {length} bytes, the limit is {limit}")
            }
            Self::ReservedBits(bits) => write!(f, "{reason}: {bits:03b}"),
            Self::ReservedOpcode(opcode) => write!(f, "{reason}: {opcode:#x}"),
            Self::TooManyFragments { limit } => write!(f, "{reason}: the limit is {limit}"),
            _ => f.write_str(reason),
        }
    }
}

impl Error for Violation {}

/// Why nothing was sent. No byte was appended and no state changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// A close code that this side must not send: not in 1000 to 1003, 1007 to 1014 or 3000 to 4999, or
    /// 1010 in a server (RFC 6455 7.4).
    CloseCode(CloseCode),
    /// This side's Close has been sent, or the connection has failed or ended (RFC 6455 5.5.1).
    ///
    /// No reason to stop receiving: after an own Close the peer's is still to come.
    Closed,
    /// A fragment without a deflater, or a header alone, inside a message that was begun with
    /// [`send_fragment_compressed`](crate::Sender::send_fragment_compressed).
    #[cfg(feature = "deflate")]
    Compressed,
    /// A payload over 125 bytes for a Ping or Pong (RFC 6455 5.5).
    ControlTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A frame over 2^63 - 1 bytes (RFC 6455 5.2).
    FrameTooBig {
        /// Its length in bytes.
        length: u64,
    },
    /// Fragments of text that are not UTF-8, or end inside a code point (RFC 6455 5.6).
    InvalidUtf8,
    /// Another kind of data inside a fragmented message: all of it is text, or all of it is binary.
    KindChanged,
    /// A whole message before the last fragment of the one that is being sent (RFC 6455 5.4).
    MessageOpen,
    /// A reason over 123 bytes of UTF-8 (RFC 6455 5.5.1).
    ReasonTooLong {
        /// Its length in bytes.
        length: usize,
    },
    /// A reason without a code to go with (RFC 6455 5.5.1).
    ReasonWithoutCode,
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CloseCode(code) => write!(f, "close code {} must not be sent by this side", code.0),
            Self::Closed => f.write_str("the connection is closing or closed"),
            #[cfg(feature = "deflate")]
            Self::Compressed => f.write_str("a message that was begun compressed must go on so"),
            Self::ControlTooLong { length } => {
                write!(f, "control payload of {length} bytes, the limit is {MAX_CONTROL_PAYLOAD}")
            }
            Self::FrameTooBig { length } => write!(f, "frame of {length} bytes, the limit is 2^63 - 1"),
            Self::InvalidUtf8 => f.write_str("text fragments are not UTF-8"),
            Self::KindChanged => f.write_str("a fragmented message must stay text or binary"),
            Self::MessageOpen => f.write_str("a fragmented message has not had its last fragment"),
            Self::ReasonTooLong { length } => {
                write!(f, "close reason of {length} bytes, the limit is {MAX_REASON}")
            }
            Self::ReasonWithoutCode => f.write_str("a close reason needs a close code"),
        }
    }
}

impl Error for SendError {}

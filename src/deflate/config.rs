//! What is offered, accepted and answered (RFC 7692 5).

use alloc::string::ToString;

use super::params::{
    Agreed, Bits, CLIENT_MAX_WINDOW_BITS, CLIENT_NO_CONTEXT_TAKEOVER, MAX_BITS, MIN_BITS, MIN_OWN_BITS, NAME,
    Params, SERVER_MAX_WINDOW_BITS, SERVER_NO_CONTEXT_TAKEOVER, in_range,
};
use crate::handshake::Extension;

/// What a client offers and what a server accepts.
///
/// Without context takeover every message is compressed for itself: a connection keeps no memory for it between
/// messages, and messages come out larger. A window of n bits lets each side look back 2^n bytes, which is also what
/// a connection with takeover remembers; below 10 bits there is little to gain.
///
/// ```
/// use sansws::deflate::Config;
///
/// // For many connections: nothing is kept for any of them between messages.
/// let lean = Config::new().server_no_context_takeover(true).client_no_context_takeover(true);
/// assert_eq!(
///     lean.offer().to_string(),
///     "permessage-deflate; server_no_context_takeover; client_no_context_takeover; client_max_window_bits"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Config {
    server_no_context_takeover: bool,
    client_no_context_takeover: bool,
    server_max_window_bits: u8,
    client_max_window_bits: Option<u8>,
}

impl Config {
    /// Context takeover and the largest window in both directions, unless the peer wants less.
    pub const fn new() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: MAX_BITS,
            client_max_window_bits: Some(MAX_BITS),
        }
    }

    /// Whether the server is to forget each message it has sent; off unless set (RFC 7692 7.1.1.1).
    ///
    /// A client asks for it, and fails if the server does not agree. A server does so, asked or not.
    #[must_use]
    pub const fn server_no_context_takeover(mut self, on: bool) -> Self {
        self.server_no_context_takeover = on;
        self
    }

    /// Whether the client is to forget each message it has sent; off unless set (RFC 7692 7.1.1.2).
    ///
    /// A server tells the client to. A client hints that it is ready to, for the server to save memory.
    #[must_use]
    pub const fn client_no_context_takeover(mut self, on: bool) -> Self {
        self.client_no_context_takeover = on;
        self
    }

    /// The largest window that the server may compress with, 8 to 15 bits; 15 unless set (RFC 7692 7.1.2.1).
    ///
    /// A client asks for it, and fails on an answer with more. A server takes it for its own limit, where 8 counts
    /// as 9: it declines what asks it for 8, as most servers do. Other numbers are brought into the range.
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: u8) -> Self {
        self.server_max_window_bits = in_range(bits);
        self
    }

    /// The largest window that the client may compress with, 8 to 15 bits; 15 unless set (RFC 7692 7.1.2.2).
    ///
    /// A client hints at it, and a server asks for it if the client can be asked. A client can, unless it has
    /// `None` here; told to use 8 bits, it sends everything uncompressed. Numbers are brought into the range.
    #[must_use]
    pub fn client_max_window_bits(mut self, bits: impl Into<Option<u8>>) -> Self {
        self.client_max_window_bits = bits.into().map(in_range);
        self
    }

    /// The offer of a client, for a handshake of your own; otherwise there is
    /// [`Request::deflate`](crate::handshake::client::Request::deflate).
    pub fn offer(&self) -> Extension {
        let mut offer = Extension::new(NAME);
        if self.server_no_context_takeover {
            offer = offer.param(SERVER_NO_CONTEXT_TAKEOVER, None);
        }
        if self.client_no_context_takeover {
            offer = offer.param(CLIENT_NO_CONTEXT_TAKEOVER, None);
        }
        if self.server_max_window_bits < MAX_BITS {
            offer = offer.param(SERVER_MAX_WINDOW_BITS, Some(&self.server_max_window_bits.to_string()));
        }
        match self.client_max_window_bits {
            None => offer,
            // 7.1.2.2: without a value it only says that the server may ask.
            Some(MAX_BITS) => offer.param(CLIENT_MAX_WINDOW_BITS, None),
            Some(bits) => offer.param(CLIENT_MAX_WINDOW_BITS, Some(&bits.to_string())),
        }
    }

    /// What a server agrees to: the first of a client's offers that can be met, `None` if none can. Then the
    /// connection goes on without compression (RFC 7692 5). For a handshake of your own; otherwise there is
    /// [`Accept::deflate`](crate::handshake::server::Accept::deflate).
    ///
    /// An offer that does not keep to RFC 7692 is passed over, and so are other extensions.
    ///
    /// ```
    /// use sansws::deflate::Config;
    /// use sansws::handshake::Extension;
    ///
    /// let offers = b"permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=10";
    /// let offers = Extension::parse_list(offers).expect("well-formed");
    /// let agreed = Config::new().accept(&offers).expect("the second one");
    /// assert_eq!(agreed.answer().to_string(), "permessage-deflate; server_max_window_bits=10");
    /// ```
    pub fn accept(&self, offers: &[Extension]) -> Option<Agreed> {
        offers.iter().filter_map(Params::parse).find_map(|offer| self.accept_one(offer))
    }

    fn accept_one(&self, offer: Params) -> Option<Agreed> {
        // 7.1.2.1: equal or smaller, and always there if it was asked for.
        let own = self.server_max_window_bits.max(MIN_OWN_BITS);
        let server_max_window_bits = match offer.server_max_window_bits {
            Bits::Absent if own == MAX_BITS => None,
            Bits::Absent => Some(own),
            // Without a value it is malformed; a window of 8 bits cannot be kept to.
            Bits::Bare | Bits::Value(MIN_BITS) => return None,
            Bits::Value(asked) => Some(own.min(asked)),
        };
        // 7.1.2.2: a client that did not offer it cannot be asked.
        let wanted = self.client_max_window_bits.unwrap_or(MAX_BITS);
        let client_max_window_bits = match offer.client_max_window_bits {
            Bits::Absent => None,
            Bits::Bare => Some(wanted),
            Bits::Value(hinted) => Some(wanted.min(hinted)),
        };
        Some(Agreed {
            server_no_context_takeover: self.server_no_context_takeover || offer.server_no_context_takeover,
            // 7.1.1.2: a client that hints at it will not look back anyway, so nothing is lost.
            client_no_context_takeover: self.client_no_context_takeover || offer.client_no_context_takeover,
            server_max_window_bits,
            client_max_window_bits: client_max_window_bits.filter(|bits| *bits < MAX_BITS),
        })
    }

    /// What a client has agreed to when a server gives this answer to its offer; `None` if the answer does not keep
    /// to RFC 7692 or to the offer, for which the handshake fails. For a handshake of your own.
    pub fn check(&self, answer: &Extension) -> Option<Agreed> {
        let answer = Params::parse(answer)?;
        let server_max_window_bits = match answer.server_max_window_bits {
            Bits::Absent if self.server_max_window_bits == MAX_BITS => None,
            Bits::Value(bits) if bits <= self.server_max_window_bits => Some(bits),
            // 7.1.2.1: more than was asked for, or nothing at all.
            Bits::Absent | Bits::Bare | Bits::Value(_) => return None,
        };
        let client_max_window_bits = match answer.client_max_window_bits {
            Bits::Absent => None,
            // 7.1.2.2: more than was hinted at is no harm.
            Bits::Value(bits) if self.client_max_window_bits.is_some() => Some(bits),
            Bits::Bare | Bits::Value(_) => return None,
        };
        // 7.1.1.1: a server that agrees says so.
        if self.server_no_context_takeover && !answer.server_no_context_takeover {
            return None;
        }
        Some(Agreed {
            server_no_context_takeover: answer.server_no_context_takeover,
            client_no_context_takeover: answer.client_no_context_takeover,
            server_max_window_bits,
            client_max_window_bits,
        })
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

//! The parameters (RFC 7692 7.1), and what was agreed to.

use alloc::string::ToString;

use crate::handshake::Extension;

/// The registered name, compared exactly.
pub(super) const NAME: &str = "permessage-deflate";
pub(super) const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";
pub(super) const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";
pub(super) const SERVER_MAX_WINDOW_BITS: &str = "server_max_window_bits";
pub(super) const CLIENT_MAX_WINDOW_BITS: &str = "client_max_window_bits";

/// The largest window, 32 KiB, and the one that counts without a parameter.
pub(super) const MAX_BITS: u8 = 15;
pub(super) const MIN_BITS: u8 = 8;
/// The smallest window that can be compressed with.
pub(super) const MIN_OWN_BITS: u8 = 9;

/// What both sides have agreed to: [`Connection::deflate`](crate::Connection::deflate).
///
/// ```
/// use sansws::deflate::Agreed;
///
/// let agreed = Agreed::new().server_max_window_bits(12);
/// assert_eq!(agreed.answer().to_string(), "permessage-deflate; server_max_window_bits=12");
/// assert_eq!(agreed.client_bits(), 15);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Agreed {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Option<u8>,
    pub(super) client_max_window_bits: Option<u8>,
}

impl Agreed {
    /// An agreement without parameters: context takeover and the largest window in both directions.
    pub const fn new() -> Self {
        Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: None,
            client_max_window_bits: None,
        }
    }

    /// Sets whether the server forgets each message it has sent.
    #[must_use]
    pub const fn server_no_context_takeover(mut self, on: bool) -> Self {
        self.server_no_context_takeover = on;
        self
    }

    /// Sets whether the client forgets each message it has sent.
    #[must_use]
    pub const fn client_no_context_takeover(mut self, on: bool) -> Self {
        self.client_no_context_takeover = on;
        self
    }

    /// Sets the server's window, 8 to 15 bits. A server whose window has 8 sends everything uncompressed.
    #[must_use]
    pub const fn server_max_window_bits(mut self, bits: u8) -> Self {
        self.server_max_window_bits = Some(in_range(bits));
        self
    }

    /// Sets the client's window, 8 to 15 bits. A client whose window has 8 sends everything uncompressed.
    #[must_use]
    pub const fn client_max_window_bits(mut self, bits: u8) -> Self {
        self.client_max_window_bits = Some(in_range(bits));
        self
    }

    /// Whether the server's messages may refer to earlier ones.
    pub const fn server_takes_over(&self) -> bool {
        !self.server_no_context_takeover
    }

    /// Whether the client's messages may refer to earlier ones.
    pub const fn client_takes_over(&self) -> bool {
        !self.client_no_context_takeover
    }

    /// The server's window in bits, 8 to 15.
    pub const fn server_bits(&self) -> u8 {
        bits_or_max(self.server_max_window_bits)
    }

    /// The client's window in bits, 8 to 15.
    pub const fn client_bits(&self) -> u8 {
        bits_or_max(self.client_max_window_bits)
    }

    /// The answer of a server, for a handshake of your own.
    pub fn answer(&self) -> Extension {
        let mut answer = Extension::new(NAME);
        if self.server_no_context_takeover {
            answer = answer.param(SERVER_NO_CONTEXT_TAKEOVER, None);
        }
        if self.client_no_context_takeover {
            answer = answer.param(CLIENT_NO_CONTEXT_TAKEOVER, None);
        }
        for (name, bits) in [
            (SERVER_MAX_WINDOW_BITS, self.server_max_window_bits),
            (CLIENT_MAX_WINDOW_BITS, self.client_max_window_bits),
        ] {
            if let Some(bits) = bits {
                answer = answer.param(name, Some(&bits.to_string()));
            }
        }
        answer
    }

    /// The agreement that is this for each side.
    pub(crate) fn of(server: Side, client: Side) -> Self {
        Self {
            server_no_context_takeover: !server.takeover,
            client_no_context_takeover: !client.takeover,
            server_max_window_bits: Some(server.bits).filter(|bits| *bits < MAX_BITS),
            client_max_window_bits: Some(client.bits).filter(|bits| *bits < MAX_BITS),
        }
    }

    /// What holds for the messages of one side.
    pub(crate) const fn side(&self, server: bool) -> Side {
        if server {
            Side { takeover: self.server_takes_over(), bits: self.server_bits() }
        } else {
            Side { takeover: self.client_takes_over(), bits: self.client_bits() }
        }
    }
}

/// A window of 15 bits is the same, said or not.
impl PartialEq for Agreed {
    fn eq(&self, other: &Self) -> bool {
        [true, false].into_iter().all(|server| self.side(server) == other.side(server))
    }
}

impl Eq for Agreed {}

impl Default for Agreed {
    fn default() -> Self {
        Self::new()
    }
}

/// What holds for the messages of one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Side {
    pub(crate) takeover: bool,
    pub(crate) bits: u8,
}

impl Side {
    /// Whether there is a window to compress with.
    pub(crate) const fn can_compress(self) -> bool {
        self.bits >= MIN_OWN_BITS
    }
}

/// Whether the extension is this one.
pub(crate) fn is_deflate(extension: &Extension) -> bool {
    extension.name() == NAME
}

/// The parameters of an offer or an answer, each at most once and with a value that it may have in one of them.
#[derive(Clone, Copy)]
pub(super) struct Params {
    pub(super) server_no_context_takeover: bool,
    pub(super) client_no_context_takeover: bool,
    pub(super) server_max_window_bits: Bits,
    pub(super) client_max_window_bits: Bits,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Bits {
    Absent,
    Bare,
    Value(u8),
}

impl Params {
    /// `None` for another extension, and for what 7.1 does not allow.
    pub(super) fn parse(extension: &Extension) -> Option<Self> {
        if !is_deflate(extension) {
            return None;
        }
        let mut params = Self {
            server_no_context_takeover: false,
            client_no_context_takeover: false,
            server_max_window_bits: Bits::Absent,
            client_max_window_bits: Bits::Absent,
        };
        for (name, value) in extension.params() {
            match name {
                SERVER_NO_CONTEXT_TAKEOVER => set_flag(&mut params.server_no_context_takeover, value)?,
                CLIENT_NO_CONTEXT_TAKEOVER => set_flag(&mut params.client_no_context_takeover, value)?,
                SERVER_MAX_WINDOW_BITS => set_bits(&mut params.server_max_window_bits, value)?,
                CLIENT_MAX_WINDOW_BITS => set_bits(&mut params.client_max_window_bits, value)?,
                _ => return None,
            }
        }
        Some(params)
    }
}

/// 7.1.1: once, and without a value.
fn set_flag(flag: &mut bool, value: Option<&str>) -> Option<()> {
    let is_good = !*flag && value.is_none();
    *flag = true;
    is_good.then_some(())
}

/// 7.1.2: once, and a value is a decimal number from 8 to 15 without leading zeros.
fn set_bits(bits: &mut Bits, value: Option<&str>) -> Option<()> {
    if *bits != Bits::Absent {
        return None;
    }
    *bits = match value {
        None => Bits::Bare,
        Some("8") => Bits::Value(8),
        Some("9") => Bits::Value(9),
        Some("10") => Bits::Value(10),
        Some("11") => Bits::Value(11),
        Some("12") => Bits::Value(12),
        Some("13") => Bits::Value(13),
        Some("14") => Bits::Value(14),
        Some("15") => Bits::Value(15),
        Some(_) => return None,
    };
    Some(())
}

pub(super) const fn in_range(bits: u8) -> u8 {
    match bits {
        0..MIN_BITS => MIN_BITS,
        MIN_BITS..=MAX_BITS => bits,
        _ => MAX_BITS,
    }
}

const fn bits_or_max(bits: Option<u8>) -> u8 {
    match bits {
        Some(bits) => bits,
        None => MAX_BITS,
    }
}

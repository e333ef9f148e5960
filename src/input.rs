//! The bytes that a socket gave, on their way through the core.

use core::mem;

/// A lent read buffer, from which the receive functions take what they use.
///
/// Payloads are unmasked in place and lent from here, which is why the buffer is borrowed mutably. When a
/// receive function returns `None` the input is empty: nothing has to be kept, moved or read again.
/// `Input::default()` is one without bytes.
///
/// ```
/// use sansws::Input;
///
/// let mut buf = *b"bytes from a socket";
/// let input = Input::new(&mut buf);
/// assert_eq!(input.len(), 19);
/// assert_eq!(input.into_rest(), b"bytes from a socket");
/// ```
#[derive(Debug, Default)]
pub struct Input<'b> {
    rest: &'b mut [u8],
}

impl<'b> Input<'b> {
    /// Lends `bytes`, all of which are yet to be received.
    #[inline]
    pub fn new(bytes: &'b mut [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The number of bytes not yet taken.
    #[inline]
    pub fn len(&self) -> usize {
        self.rest.len()
    }

    /// Whether all bytes have been taken.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The bytes not yet taken: after a handshake those that already belong to the connection.
    #[inline]
    pub fn rest(&self) -> &[u8] {
        self.rest
    }

    /// Gives back the bytes not yet taken.
    #[inline]
    pub fn into_rest(self) -> &'b mut [u8] {
        self.rest
    }

    /// Splits off the first `count` bytes, or all if there are fewer.
    ///
    /// The slice is moved out and split, because a reborrow would live no longer than `self` is borrowed.
    #[inline]
    pub(crate) fn take(&mut self, count: usize) -> &'b mut [u8] {
        let rest = mem::take(&mut self.rest);
        let (taken, rest) = rest.split_at_mut(count.min(rest.len()));
        self.rest = rest;
        taken
    }

    /// Drops what is left: after a failure or a Close nothing more is processed (RFC 6455 1.4, 7.1.7).
    #[inline]
    pub(crate) fn swallow(&mut self) {
        self.rest = &mut [];
    }
}

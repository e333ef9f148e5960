//! UTF-8 validation that fails on the first bad byte, however the bytes arrive (RFC 6455 8.1, RFC 3629).

use alloc::vec::Vec;

use crate::mask::MaskingKey;

/// Unmasking and validating go block by block, so that the second pass finds the bytes in the cache.
const BLOCK: usize = 16 * 1024;

/// Some byte cannot continue valid UTF-8, or the text ended inside a code point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidUtf8;

/// Validates text that arrives in pieces.
///
/// A code point cut by the end of a piece waits in three bytes here. A byte that can belong to no valid
/// text fails at once: `f4` alone may become a code point, `f4 90` may not.
///
/// ```
/// use sansws::utf8::Validator;
///
/// let mut validator = Validator::default();
/// assert!(validator.push(b"\xce").is_ok());
/// assert!(!validator.is_complete());
/// assert!(validator.push(b"\xba").is_ok());
/// assert!(validator.is_complete());
/// assert!(validator.push(b"\xf4\x90").is_err());
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Validator {
    /// The bytes so far of a code point that is not finished.
    carry: [u8; 3],
    carried: u8,
}

impl Validator {
    /// A validator at the beginning of a text.
    pub const fn new() -> Self {
        Self { carry: [0; 3], carried: 0 }
    }

    /// Validates the next bytes of the text.
    ///
    /// # Errors
    ///
    /// [`InvalidUtf8`] if the text up to some byte of `bytes` is not the beginning of any valid text. The
    /// validator is of no more use then.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), InvalidUtf8> {
        let mut rest = bytes;
        while self.carried > 0 {
            let Some((&byte, after)) = rest.split_first() else { return Ok(()) };
            rest = after;
            let mut point = [0; 4];
            let carried = usize::from(self.carried);
            point[..carried].copy_from_slice(&self.carry[..carried]);
            point[carried] = byte;
            self.carried = 0;
            self.tail(&point[..=carried])?;
        }
        self.tail(rest)
    }

    /// Whether the text so far does not end inside a code point.
    #[inline]
    pub fn is_complete(&self) -> bool {
        self.carried == 0
    }

    /// Validates bytes that begin at a code point and keeps the beginning of one that is cut.
    fn tail(&mut self, bytes: &[u8]) -> Result<(), InvalidUtf8> {
        let Err(valid_up_to) = validate(bytes)? else { return Ok(()) };
        // An unfinished code point is at most three bytes: four would be a whole one, or an error.
        let cut = &bytes[valid_up_to..];
        self.carry[..cut.len()].copy_from_slice(cut);
        self.carried = cut.len() as u8;
        Ok(())
    }
}

/// A lent piece of text or data whose bytes were checked, with the verdict beside them.
#[derive(Debug)]
pub(crate) struct Piece<'b> {
    bytes: &'b mut [u8],
    /// Whether the bytes are whole code points, all valid.
    is_str: bool,
}

impl<'b> Piece<'b> {
    /// Unmasks bytes of no particular form.
    #[inline]
    pub(crate) fn binary(bytes: &'b mut [u8], key: &mut Option<MaskingKey>) -> Self {
        unmask(bytes, key);
        Self { bytes, is_str: false }
    }

    /// Unmasks and validates a whole text, most of which are short and ASCII.
    #[inline]
    pub(crate) fn whole_text(
        bytes: &'b mut [u8],
        mut key: Option<MaskingKey>,
    ) -> Result<&'b str, InvalidUtf8> {
        if bytes.len() > BLOCK {
            return Self::long_text(bytes, key);
        }
        if unmask_checked(bytes, &mut key) || is_valid(bytes) { Ok(trusted(bytes)) } else { Err(InvalidUtf8) }
    }

    #[inline(never)]
    fn long_text(bytes: &'b mut [u8], mut key: Option<MaskingKey>) -> Result<&'b str, InvalidUtf8> {
        let piece = Self::text(bytes, &mut key, &mut Validator::new())?;
        if piece.is_str { Ok(trusted(piece.bytes)) } else { Err(InvalidUtf8) }
    }

    /// Unmasks and validates the next bytes of a text.
    pub(crate) fn text(
        bytes: &'b mut [u8],
        key: &mut Option<MaskingKey>,
        validator: &mut Validator,
    ) -> Result<Self, InvalidUtf8> {
        let began_whole = validator.is_complete();
        // Block by block, so that what has to be looked at twice is still in the cache.
        for block in bytes.chunks_mut(BLOCK) {
            // ASCII between code points is valid.
            if !(unmask_checked(block, key) && validator.is_complete()) {
                validator.push(block)?;
            }
        }
        Ok(Self { bytes, is_str: began_whole && validator.is_complete() })
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes
    }

    #[inline]
    pub(crate) fn into_bytes(self) -> &'b mut [u8] {
        self.bytes
    }

    /// The bytes as text, if they are whole code points of a text.
    #[inline]
    pub(crate) fn as_str(&self) -> Option<&str> {
        self.is_str.then(|| trusted(self.bytes))
    }
}

/// Bytes of a message under assembly, with how far they are known to be UTF-8.
///
/// The verdict lives beside the bytes: kept anywhere else, it could be brought together with other bytes.
#[derive(Debug)]
pub(crate) struct Text {
    /// The text, and behind it what is left of earlier ones: bytes that may be read into.
    bytes: Vec<u8>,
    len: usize,
    validator: Validator,
    /// Some bytes did not go through `validator`, or failed there.
    unchecked: bool,
}

impl Text {
    pub(crate) const fn new() -> Self {
        Self { bytes: Vec::new(), len: 0, validator: Validator::new(), unchecked: false }
    }

    #[inline]
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    /// The bytes as text, if all of them were appended as text and end with a whole code point.
    pub(crate) fn as_str(&self) -> Option<&str> {
        (!self.unchecked && self.validator.is_complete()).then(|| trusted(self.bytes()))
    }

    /// Empties the text and gives back memory beyond `keep` bytes.
    pub(crate) fn clear(&mut self, keep: usize) {
        self.len = 0;
        if self.bytes.capacity() > keep {
            self.bytes.truncate(keep);
            self.bytes.shrink_to(keep);
        }
        self.validator = Validator::new();
        self.unchecked = false;
    }

    #[inline]
    pub(crate) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Makes room for exactly `capacity` bytes in all; false if the memory is not to be had.
    pub(crate) fn grow_to(&mut self, capacity: usize) -> bool {
        self.bytes.try_reserve_exact(capacity.saturating_sub(self.bytes.len())).is_ok()
    }

    /// Appends masked bytes that need not be UTF-8.
    pub(crate) fn append_binary(&mut self, masked: &[u8], key: &mut Option<MaskingKey>) {
        self.unchecked = true;
        let (over, beyond) = self.split(masked);
        let space = &mut self.bytes[self.len..];
        match key {
            Some(key) => {
                key.apply_over(over, space);
                key.apply_to(beyond, &mut self.bytes);
            }
            None => {
                space[..over.len()].copy_from_slice(over);
                self.bytes.extend_from_slice(beyond);
            }
        }
        self.len += masked.len();
    }

    /// Appends masked bytes that must be UTF-8.
    pub(crate) fn append_text(
        &mut self,
        masked: &[u8],
        key: &mut Option<MaskingKey>,
    ) -> Result<(), InvalidUtf8> {
        for block in masked.chunks(BLOCK) {
            let (over, beyond) = self.split(block);
            let space = &mut self.bytes[self.len..];
            let is_ascii = match key {
                // Both, whatever the first says.
                Some(key) => {
                    key.apply_over_checked(over, space) & key.apply_to_checked(beyond, &mut self.bytes)
                }
                None => {
                    space[..over.len()].copy_from_slice(over);
                    self.bytes.extend_from_slice(beyond);
                    block.is_ascii()
                }
            };
            self.len += block.len();
            self.judge(block.len(), is_ascii)?;
        }
        Ok(())
    }

    /// Room for up to `most` more bytes to be read into, of what has been made room for.
    pub(crate) fn space(&mut self, most: usize) -> &mut [u8] {
        let end = self.len.saturating_add(most).min(self.bytes.capacity());
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
        }
        &mut self.bytes[self.len..end]
    }

    /// Takes `count` masked bytes from the beginning of the space, no more than there are, that need not be UTF-8.
    pub(crate) fn fill_binary(&mut self, count: usize, key: &mut Option<MaskingKey>) {
        self.unchecked = true;
        let end = (self.len + count).min(self.bytes.len());
        unmask(&mut self.bytes[self.len..end], key);
        self.len = end;
    }

    /// Takes `count` masked bytes from the beginning of the space, no more than there are, that must be UTF-8.
    pub(crate) fn fill_text(
        &mut self,
        count: usize,
        key: &mut Option<MaskingKey>,
    ) -> Result<(), InvalidUtf8> {
        let end = (self.len + count).min(self.bytes.len());
        while self.len < end {
            let block = (end - self.len).min(BLOCK);
            let is_ascii = unmask_checked(&mut self.bytes[self.len..self.len + block], key);
            self.len += block;
            self.judge(block, is_ascii)?;
        }
        Ok(())
    }

    /// What goes over bytes of earlier texts, and what goes beyond.
    fn split<'m>(&self, masked: &'m [u8]) -> (&'m [u8], &'m [u8]) {
        masked.split_at(masked.len().min(self.bytes.len() - self.len))
    }

    /// Validates the last `count` bytes.
    fn judge(&mut self, count: usize, is_ascii: bool) -> Result<(), InvalidUtf8> {
        // ASCII between code points is valid.
        if is_ascii && self.validator.is_complete() {
            return Ok(());
        }
        let last = &self.bytes[self.len - count..self.len];
        self.validator.push(last).inspect_err(|_| self.unchecked = true)
    }
}

#[inline(always)]
fn unmask(bytes: &mut [u8], key: &mut Option<MaskingKey>) {
    if let Some(key) = key {
        key.apply(bytes);
    }
}

/// As [`unmask`], and tells whether the result is all ASCII.
#[inline(always)]
fn unmask_checked(bytes: &mut [u8], key: &mut Option<MaskingKey>) -> bool {
    match key {
        Some(key) => key.apply_checked(bytes),
        None => bytes.is_ascii(),
    }
}

#[inline(never)]
fn is_valid(bytes: &[u8]) -> bool {
    matches!(validate(bytes), Ok(Ok(())))
}

/// `Ok(Err(n))`: the first `n` bytes are valid and the rest is the beginning of a code point.
#[cfg(not(feature = "simdutf8"))]
#[inline]
fn validate(bytes: &[u8]) -> Result<Result<(), usize>, InvalidUtf8> {
    match core::str::from_utf8(bytes) {
        Ok(_) => Ok(Ok(())),
        Err(error) if error.error_len().is_none() => Ok(Err(error.valid_up_to())),
        Err(_) => Err(InvalidUtf8),
    }
}

/// `Ok(Err(n))`: the first `n` bytes are valid and the rest is the beginning of a code point.
#[cfg(feature = "simdutf8")]
#[inline]
fn validate(bytes: &[u8]) -> Result<Result<(), usize>, InvalidUtf8> {
    match simdutf8::compat::from_utf8(bytes) {
        Ok(_) => Ok(Ok(())),
        Err(error) if error.error_len().is_none() => Ok(Err(error.valid_up_to())),
        Err(_) => Err(InvalidUtf8),
    }
}

/// The one place where validated bytes become a `str` without a second look.
#[allow(unsafe_code)]
#[inline]
fn trusted(bytes: &[u8]) -> &str {
    debug_assert!(core::str::from_utf8(bytes).is_ok());
    // SAFETY: private to this module. `Piece` and `Text` call it only if the bytes begin and end between code points
    // and every one went through a `Validator` without an error, or was found to be ASCII where none was open. No way
    // to change them leaves this module while the verdict stands: `into_bytes` consumes the piece, and what
    // `Text::space` lends lies behind the text.
    unsafe { core::str::from_utf8_unchecked(bytes) }
}

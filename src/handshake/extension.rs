//! The grammar of `Sec-WebSocket-Extensions` (RFC 6455 9.1).

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::grammar::{is_token, is_token_byte};

/// An extension with its parameters, offered or agreed.
///
/// The one that this crate implements is compression, with the feature `deflate`. Any other that the application agrees
/// to must work on whole messages, without the reserved bits.
///
/// ```
/// use sansws::handshake::Extension;
///
/// let list = Extension::parse_list(b"mux; max-channels = \"4\"; flow, x-quiet").expect("well-formed");
/// assert_eq!(list[0].name(), "mux");
/// assert_eq!(list[0].params().next(), Some(("max-channels", Some("4"))));
/// assert_eq!(list[0].to_string(), "mux; max-channels=4; flow");
/// assert_eq!(list[1], Extension::new("x-quiet"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension {
    name: String,
    params: Vec<(String, Option<String>)>,
}

impl Extension {
    /// An extension without parameters. Its name is checked when it is sent.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), params: Vec::new() }
    }

    /// Adds a parameter, with or without a value. Both are checked when the extension is sent.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: Option<&str>) -> Self {
        self.params.push((name.into(), value.map(Into::into)));
        self
    }

    /// The name, to be compared exactly: the RFC has no rule for upper and lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parameters in order, each as often as it was sent. Values are without quotes.
    pub fn params(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.params.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }

    /// Reads the value of one header line. Empty list elements are skipped (RFC 9110 5.6.1).
    ///
    /// `None` if it breaks the grammar or lists nothing, for which the handshake fails (RFC 6455 9.1).
    pub fn parse_list(value: &[u8]) -> Option<Vec<Self>> {
        let mut list = Vec::new();
        walk(value, |element| match element {
            Element::Name(name) => list.push(Self::new(name)),
            Element::Param(name, value) => {
                if let Some(extension) = list.last_mut() {
                    extension.params.push((name.into(), value.map(Cow::into_owned)));
                }
            }
        })?;
        Some(list)
    }

    /// Whether everything in it is a token, so that it may be sent.
    pub(super) fn is_valid(&self) -> bool {
        is_token(&self.name)
            && self.params().all(|(name, value)| is_token(name) && value.is_none_or(is_token))
    }
}

/// Whether a header value is a list of extensions by the grammar.
pub(super) fn is_list(value: &[u8]) -> bool {
    walk(value, |_| {}).is_some()
}

/// The first extension agreed to that was not offered, or that comes again: several offers of one extension
/// are alternatives.
pub(super) fn not_offered<'e>(agreed: &'e [Extension], offers: &[Extension]) -> Option<&'e Extension> {
    let is_bad = |(index, chosen): &(usize, &Extension)| {
        let is_named = |other: &Extension| other.name == chosen.name;
        agreed[..*index].iter().any(is_named) || !offers.iter().any(is_named)
    };
    agreed.iter().enumerate().find(is_bad).map(|(_, chosen)| chosen)
}

/// The value of the header line that lists it.
impl fmt::Display for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (name, value) in self.params() {
            write!(f, "; {name}")?;
            if let Some(value) = value {
                write!(f, "={value}")?;
            }
        }
        Ok(())
    }
}

enum Element<'v> {
    Name(&'v str),
    /// Belongs to the name before.
    Param(&'v str, Option<Cow<'v, str>>),
}

/// Tells what stands in a list; `None` if it breaks the grammar or is empty.
fn walk<'v>(value: &'v [u8], mut tell: impl FnMut(Element<'v>)) -> Option<()> {
    let mut rest = Cursor(value);
    let mut is_empty = true;
    loop {
        while rest.take(b',') {}
        if rest.is_empty() {
            return if is_empty { None } else { Some(()) };
        }
        is_empty = false;
        tell(Element::Name(rest.token()?));
        while rest.take(b';') {
            let name = rest.token()?;
            let value = if rest.take(b'=') { Some(rest.value()?) } else { None };
            tell(Element::Param(name, value));
        }
        if !rest.is_empty() && !rest.take(b',') {
            return None;
        }
    }
}

/// What is left of a header value. White space may stand around every token and separator (RFC 2616 2.1).
struct Cursor<'v>(&'v [u8]);

impl<'v> Cursor<'v> {
    fn is_empty(&mut self) -> bool {
        self.skip_space();
        self.0.is_empty()
    }

    fn take(&mut self, separator: u8) -> bool {
        self.skip_space();
        let Some(rest) = self.0.strip_prefix(&[separator]) else { return false };
        self.0 = rest;
        true
    }

    fn token(&mut self) -> Option<&'v str> {
        self.skip_space();
        let end = self.0.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        core::str::from_utf8(token).ok().filter(|token| !token.is_empty())
    }

    /// A token, or a quoted string that is one once its escapes are undone (RFC 6455 9.1).
    fn value(&mut self) -> Option<Cow<'v, str>> {
        if !self.take(b'"') {
            return self.token().map(Cow::Borrowed);
        }
        let mut value = String::new();
        loop {
            let (first, rest) = self.0.split_first()?;
            self.0 = rest;
            let byte = match first {
                b'"' => return if value.is_empty() { None } else { Some(Cow::Owned(value)) },
                b'\\' => {
                    let (escaped, rest) = self.0.split_first()?;
                    self.0 = rest;
                    *escaped
                }
                byte => *byte,
            };
            if !is_token_byte(byte) {
                return None;
            }
            value.push(char::from(byte));
        }
    }

    fn skip_space(&mut self) {
        while let [b' ' | b'\t', rest @ ..] = self.0 {
            self.0 = rest;
        }
    }
}

//! WebSocket URIs (RFC 6455 3).

use alloc::format;
use alloc::string::String;
use core::error::Error;
use core::fmt;
use core::str::FromStr;

use super::grammar::{is_host_byte, is_uri_text, split_authority};

/// A `ws:` or `wss:` URI, taken apart.
///
/// ```
/// use sansws::handshake::Uri;
///
/// let uri: Uri = "wss://example.com/chat?room=1".parse()?;
/// assert!(uri.is_secure());
/// assert_eq!((uri.host(), uri.port()), ("example.com", 443));
/// assert_eq!(uri.resource(), "/chat?room=1");
/// # Ok::<(), sansws::handshake::UriError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    secure: bool,
    host: String,
    port: u16,
    resource: String,
}

impl Uri {
    /// Whether the scheme is `wss`: TLS before the first byte.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host to connect to; an IPv6 address is without its brackets.
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port, by default 80 for `ws` and 443 for `wss`.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The value of the `Host` header: the host, and the port unless it is the default one.
    pub fn authority(&self) -> String {
        if self.port == default_port(self.secure) {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The path and, if it is not empty, the query: the target of the request.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The URI that the `Location` of a redirect means, seen from this one (RFC 3986 5.2).
    ///
    /// `http` stands for `ws` and `https` for `wss` there. Whether to follow, above all from `wss` to `ws` or
    /// to another host with credentials, is the caller's decision.
    ///
    /// # Errors
    ///
    /// As parsing.
    pub fn join(&self, location: &str) -> Result<Self, UriError> {
        // 3986: a fragment is not part of what is requested.
        let location = location.split('#').next().unwrap_or_default();
        let (secure, rest) = match (split_scheme(location), location.strip_prefix("//")) {
            (Some((scheme, rest)), _) => {
                let is_secure = match scheme {
                    _ if scheme.eq_ignore_ascii_case("ws") || scheme.eq_ignore_ascii_case("http") => false,
                    _ if scheme.eq_ignore_ascii_case("wss") || scheme.eq_ignore_ascii_case("https") => true,
                    _ => return Err(UriError::Scheme),
                };
                (is_secure, rest.strip_prefix("//").ok_or(UriError::Scheme)?)
            }
            (None, Some(rest)) => (self.secure, rest),
            (None, None) => return self.join_path(location),
        };
        let uri = Self::from_parts(secure, rest)?;
        Ok(Self { resource: remove_dots(&uri.resource), ..uri })
    }

    /// Resolves a location without scheme and host.
    fn join_path(&self, location: &str) -> Result<Self, UriError> {
        let path = self.resource.split('?').next().unwrap_or_default();
        let target = match location.as_bytes().first() {
            None => self.resource.clone(),
            Some(b'/') => location.into(),
            Some(b'?') => format!("{path}{location}"),
            Some(_) => format!("{}{location}", &path[..path.rfind('/').map_or(0, |slash| slash + 1)]),
        };
        let resource = parse_resource(&remove_dots(&target))?;
        Ok(Self { resource, ..self.clone() })
    }

    fn from_parts(secure: bool, rest: &str) -> Result<Self, UriError> {
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, target) = rest.split_at(authority_end);
        // D-URI: the grammar of section 3 has no user information; it must not leak into `Host`.
        if authority.contains('@') {
            return Err(UriError::UserInfo);
        }
        let (host, port) = split_authority(authority).ok_or(UriError::Authority)?;
        Ok(Self {
            secure,
            host: host.to_ascii_lowercase(),
            port: port.unwrap_or(default_port(secure)),
            resource: parse_resource(target)?,
        })
    }
}

impl FromStr for Uri {
    type Err = UriError;

    fn from_str(uri: &str) -> Result<Self, UriError> {
        let (scheme, rest) = uri.split_once("://").ok_or(UriError::Scheme)?;
        let secure = match scheme {
            _ if scheme.eq_ignore_ascii_case("ws") => false,
            _ if scheme.eq_ignore_ascii_case("wss") => true,
            _ => return Err(UriError::Scheme),
        };
        if rest.contains('#') {
            return Err(UriError::Fragment);
        }
        Self::from_parts(secure, rest)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority(), self.resource)
    }
}

const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// The resource name of `[path][?query]`: never empty, a bare `?` dropped, non-ASCII percent-encoded.
fn parse_resource(target: &str) -> Result<String, UriError> {
    // 3: the `?` is part of it only if a query follows, which may have more of them.
    let target = match target.split_once('?') {
        Some((path, "")) => path,
        _ => target,
    };
    let mut resource = String::with_capacity(target.len() + 1);
    if !target.starts_with('/') {
        resource.push('/');
    }
    for character in target.chars() {
        if character.is_ascii() {
            resource.push(character);
        } else {
            // 11.1.1: other characters are sent as percent-encoded UTF-8.
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                resource.push_str(&format!("%{byte:02X}"));
            }
        }
    }
    let allowed = |byte| is_host_byte(byte) || matches!(byte, b':' | b'@' | b'/' | b'?');
    if is_uri_text(&resource, allowed) { Ok(resource) } else { Err(UriError::Resource) }
}

/// Splits a scheme off (RFC 3986 3.1): a colon that comes later is part of a path or query.
fn split_scheme(uri: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = uri.split_once(':')?;
    let is_scheme_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let is_scheme =
        scheme.starts_with(|first: char| first.is_ascii_alphabetic()) && scheme.bytes().all(is_scheme_byte);
    is_scheme.then_some((scheme, rest))
}

/// Resolves `.` and `..` in the path (RFC 3986 5.2.4).
fn remove_dots(target: &str) -> String {
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let mut kept = alloc::vec::Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

/// Why a string is not a WebSocket URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UriError {
    /// The host is missing or malformed, or the port is not 1 to 65535. International names have to be
    /// converted to ASCII by the caller.
    Authority,
    /// A `#`: WebSocket URIs have no fragment.
    Fragment,
    /// The path or query has a character that does not belong there, such as a space, or a stray `%`.
    Resource,
    /// Another scheme than `ws` or `wss`.
    Scheme,
    /// A user name or password: put it into an `Authorization` header.
    UserInfo,
}

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authority => "host or port missing or malformed",
            Self::Fragment => "a WebSocket URI has no fragment",
            Self::Resource => "character not allowed in a path or query",
            Self::Scheme => "a WebSocket URI begins with ws:// or wss://",
            Self::UserInfo => "user information is not allowed, send an Authorization header",
        })
    }
}

impl Error for UriError {}

//! The proof that a server read this very handshake (RFC 6455 4.2.2, 1.3).

use alloc::string::String;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// RFC 6455 1.3: a UUID that no server would use that does not know the protocol.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The `Sec-WebSocket-Accept` value for a `Sec-WebSocket-Key`, for servers whose HTTP library has parsed the
/// request already. `None` if the key is not 16 bytes in base64, which calls for status 400.
///
/// ```
/// use sansws::handshake::accept_key;
///
/// let accept = accept_key("dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(accept.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
/// assert_eq!(accept_key("dGhlIHNhbXBsZSBub25jZQ"), None);
/// ```
pub fn accept_key(key: &str) -> Option<String> {
    is_key(key.as_bytes()).then(|| accept_for(key.as_bytes()).iter().copied().map(char::from).collect())
}

/// Whether `key` is base64 of 16 bytes: 22 letters and the padding (RFC 6455 4.1). What the last letter says
/// beyond the 128 bits is not looked at; the example that the RFC printed first has bits there.
pub(super) fn is_key(key: &[u8]) -> bool {
    let Some((letters, b"==")) = key.split_at_checked(22) else { return false };
    letters.iter().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'/'))
}

/// 4.2.2: the key is hashed as it was sent, not decoded.
pub(super) fn accept_for(key: &[u8]) -> [u8; 28] {
    let mut hash = Sha1::new();
    hash.update(key);
    hash.update(GUID);
    let mut accept = [0; 28];
    // 20 bytes make 28 letters: there is no error.
    let _ = STANDARD.encode_slice(hash.finalize(), &mut accept);
    accept
}

/// The `Sec-WebSocket-Key` for a nonce.
pub(super) fn key_for(nonce: [u8; 16]) -> String {
    STANDARD.encode(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 6455-4.2.2-14, 6455-4.1.B-7, 6455-10.8-1.
    #[test]
    fn known_answers() {
        for (key, accept) in [
            ("dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            ("AQIDBAUGBwgJCgsMDQ4PEA==", "C/0nmHhBztSRGR1CwL6Tf4ZjwpY="),
            ("AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="),
        ] {
            assert_eq!(accept_key(key).as_deref(), Some(accept));
        }
        let nonce = core::array::from_fn(|n| n as u8 + 1);
        assert_eq!(key_for(nonce), "AQIDBAUGBwgJCgsMDQ4PEA==");
    }
}

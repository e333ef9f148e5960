//! A request of 12 header fields in, the response out, and a connection ready for use.

use std::sync::Arc;

use crate::memory::{Memory, last_written};
use crate::peers;
use crate::race::{Contestant, Pace, race};
use crate::row::Class;

/// What a browser sends.
pub const REQUEST: &str = "GET /chat?room=lobby HTTP/1.1\r\n\
    Host: example.com:8080\r\n\
    Connection: Upgrade\r\n\
    Pragma: no-cache\r\n\
    Cache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
    Upgrade: websocket\r\n\
    Origin: https://example.com:8080\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Accept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-GB,en;q=0.9,ru;q=0.8\r\n\
    Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    \r\n";

/// RFC 6455 1.3 has this key, and what answers it.
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const COUNT: usize = 16;

/// The request, and streams that bring it.
pub struct Accepting {
    pub bytes: Arc<[u8]>,
}

impl Accepting {
    pub fn stream(&self) -> Memory {
        Memory::once(self.bytes.clone())
    }
}

pub fn measure(pace: Pace) {
    race("handshake", REQUEST.len(), 0, peers::acceptors(), pace);
}

/// Tries out a function that answers the request over a stream, and makes a contestant of it.
pub fn contestant(name: &str, accept: peers::Accept) -> Contestant {
    let accepting = Accepting { bytes: REQUEST.as_bytes().into() };
    accept(&accepting);
    let response = String::from_utf8(last_written()).unwrap();
    assert!(response.starts_with("HTTP/1.1 101 ") && response.ends_with("\r\n\r\n"), "{name}: {response}");
    assert!(response.contains(ACCEPT), "{name}: {response}");
    let class = if name.starts_with("sansws") { Class::Sansws } else { Class::Peer };
    Contestant::new(name, class, COUNT, move || {
        for _ in 0..COUNT {
            accept(&accepting);
        }
    })
}

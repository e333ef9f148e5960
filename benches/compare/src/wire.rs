//! What a peer sent: messages of one size, one frame each, made once for all contestants.

use fastrand::Rng;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Server,
    Client,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Binary,
    /// Text in ASCII.
    Text,
    /// Text in Russian with ASCII in it.
    Mixed,
}

impl Content {
    pub fn is_text(self) -> bool {
        self != Self::Binary
    }
}

/// The bytes that arrive at `role`, and the messages in them.
pub struct Wire {
    pub role: Role,
    pub content: Content,
    pub bytes: Vec<u8>,
    pub messages: Vec<Vec<u8>>,
}

impl Wire {
    /// At least 256 KiB and two messages, so that a buffer is refilled several times and frames lie across reads.
    pub fn new(role: Role, content: Content, size: usize) -> Self {
        let mut rng = Rng::with_seed(size as u64);
        let count = (256usize << 10).div_ceil(size + 14).max(2);
        let messages: Vec<_> = (0..count).map(|_| payload(content, size, &mut rng)).collect();
        let mut bytes = Vec::new();
        for message in &messages {
            let key = (role == Role::Server).then(|| rng.u32(..).to_le_bytes());
            frame(content, message, key, &mut bytes);
        }
        Self { role, content, bytes, messages }
    }
}

/// Random content of exactly this size.
pub fn payload(content: Content, size: usize, rng: &mut Rng) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size);
    while bytes.len() < size {
        match content {
            Content::Binary => bytes.push(rng.u8(..)),
            Content::Text => bytes.push(rng.u8(b' '..=b'~')),
            Content::Mixed if size - bytes.len() >= 2 && rng.u8(..4) > 0 => {
                let letter = rng.char('а'..='я');
                bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Content::Mixed => bytes.push(b' '),
        }
    }
    bytes
}

/// Appends one frame.
pub fn frame(content: Content, payload: &[u8], key: Option<[u8; 4]>, out: &mut Vec<u8>) {
    header(content, payload.len(), key, out);
    let key = key.unwrap_or_default();
    out.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
}

/// Appends its header.
pub fn header(content: Content, length: usize, key: Option<[u8; 4]>, out: &mut Vec<u8>) {
    out.push(0x80 | if content.is_text() { 1 } else { 2 });
    let mask_bit = if key.is_some() { 0x80 } else { 0 };
    match length {
        ..126 => out.push(mask_bit | length as u8),
        126..=0xffff => {
            out.push(mask_bit | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        _ => {
            out.push(mask_bit | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend(key.into_iter().flatten());
}

/// The payload of the first frame in `bytes`, which is not masked, and what follows.
pub fn split_off(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (length, at) = length(bytes);
    bytes[at..].split_at(length)
}

/// The payload of the one frame in `bytes`, which must be final, binary, and masked as `sender` has to.
pub fn unframe(sender: Role, bytes: &[u8]) -> Vec<u8> {
    let is_masked = sender == Role::Client;
    assert_eq!((bytes[0], bytes[1] & 0x80 != 0), (0x82, is_masked));
    let (length, at) = length(bytes);
    let (key, at) = if is_masked { (bytes[at..at + 4].try_into().unwrap(), at + 4) } else { ([0; 4], at) };
    let payload = &bytes[at..];
    assert_eq!(payload.len(), length);
    payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
}

/// The length of the payload that a header tells, and where the header goes on behind it.
fn length(bytes: &[u8]) -> (usize, usize) {
    match bytes[1] & 0x7f {
        126 => (usize::from(u16::from_be_bytes(bytes[2..4].try_into().unwrap())), 4),
        127 => (u64::from_be_bytes(bytes[2..10].try_into().unwrap()) as usize, 10),
        length => (usize::from(length), 2),
    }
}

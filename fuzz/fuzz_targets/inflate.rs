//! Any bytes as compressed messages: the same events however they are cut and received, nothing beyond the limit, and
//! nothing of one connection in another that shares its buffer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sansws::deflate::Agreed;
use sansws::frame::{Header, Opcode};
use sansws::mask::MaskingKey;
use sansws::{Config, Connection, Event, Input, MessageBuf, Role, Violation};
use sansws_fuzz::{Got, Side};

/// A compressed message in fragments of `step` bytes; the mask changes nothing.
fn message(payload: &[u8], step: usize, masked: bool, out: &mut Vec<u8>) {
    let count = payload.len().div_ceil(step).max(1);
    for index in 0..count {
        let end = ((index + 1) * step).min(payload.len());
        let part = &payload[(index * step).min(end)..end];
        let opcode = if index == 0 { Opcode::Binary } else { Opcode::Continuation };
        let key = masked.then(|| MaskingKey::new([0; 4]));
        let start = out.len();
        out.extend_from_slice(
            Header { fin: index + 1 == count, opcode, key, payload_len: part.len() as u64 }
                .encode()
                .as_bytes(),
        );
        if index == 0 {
            out[start] |= 0x40;
        }
        out.extend_from_slice(part);
    }
}

/// The same through chunks and an inflater.
fn in_chunks(role: Role, config: Config, bytes: &[u8], step: usize) -> Vec<Got> {
    let mut conn = Connection::new(role, config);
    let mut inflater = conn.inflater().expect("agreed");
    let (mut out, mut held, mut got, mut buf) = (Vec::new(), Vec::new(), Vec::new(), vec![0; 300]);
    for piece in bytes.chunks(step) {
        let mut piece = piece.to_vec();
        let mut input = Input::new(&mut piece);
        while let Some(event) = conn.receive(&mut input, &mut out) {
            let Event::Data(chunk) = event else {
                got.push(Got::Failed(conn.violation().expect("nothing else was sent")));
                continue;
            };
            let mut rest = chunk.bytes();
            let failed = loop {
                match inflater.inflate(&mut rest, chunk.is_last(), &mut buf) {
                    Ok(0) => break None,
                    Ok(count) => held.extend_from_slice(&buf[..count]),
                    Err(violation) => break Some(violation),
                }
            };
            if let Some(violation) = failed {
                conn.fail(violation.close_code(), "", &mut out).expect("a lawful code");
                got.push(Got::Failed(violation));
            } else if chunk.is_last() {
                got.push(Got::Binary(std::mem::take(&mut held)));
            }
        }
    }
    got
}

fuzz_target!(|data: &[u8]| {
    let Some((&[flags, fragment, step], data)) = data.split_first_chunk() else { return };
    let (takeover, is_server, is_small, is_twice) =
        (flags & 1 == 0, flags & 2 == 0, flags & 4 == 0, flags & 8 == 0);
    let role = if is_server { Role::Server } else { Role::Client([7; 32]) };
    let agreed = Agreed::new()
        .server_no_context_takeover(!takeover)
        .client_no_context_takeover(!takeover)
        .server_max_window_bits(8 + (flags >> 4) % 8)
        .client_max_window_bits(8 + (flags >> 4) % 8);
    let limit = if is_small { 1000 } else { 100_000 };
    let config = Config::new().max_message(limit).deflate(agreed);
    let (fragment, step) = (usize::from(fragment) + 1, usize::from(step) + 1);

    let mut bytes = Vec::new();
    // "Hello", which the message behind it may refer to.
    message(b"\xf2\x48\xcd\xc9\xc9\x07\x00", 100, is_server, &mut bytes);
    message(data, fragment, is_server, &mut bytes);
    if is_twice {
        message(data, fragment, is_server, &mut bytes);
    }

    let (mut whole, mut pieces) = (Side::new(role, config), Side::new(role, config));
    let mut other = Side::new(role, config);
    whole.feed(bytes.clone());
    for piece in bytes.chunks(step) {
        pieces.feed(piece.to_vec());
        // Between two messages the buffer serves somebody else, some times: it is slow.
        if pieces.store.is_empty() && other.got.len() < 3 {
            other.store = std::mem::take(&mut pieces.store);
            let mut hello = Vec::new();
            message(b"\xf2\x48\xcd\xc9\xc9\x07\x00", 3, is_server, &mut hello);
            other.feed(hello);
            pieces.store = std::mem::replace(&mut other.store, MessageBuf::new());
        }
    }
    assert_eq!(whole.got, pieces.got);
    assert_eq!(whole.got, in_chunks(role, config, &bytes, step));
    assert!(other.got.iter().all(|got| *got == Got::Binary(b"Hello".to_vec())));
    for got in &whole.got {
        match got {
            Got::Binary(bytes) => assert!(bytes.len() as u64 <= limit),
            Got::Failed(Violation::InvalidDeflate) => {}
            Got::Failed(Violation::MessageTooBig { length, limit: told }) => {
                assert_eq!((*length, *told), (limit + 1, limit));
            }
            other => panic!("{other:?}"),
        }
    }
    for side in [&whole, &pieces] {
        assert!(side.store.capacity() as u64 <= limit.max(64 << 10));
    }
});

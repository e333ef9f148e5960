//! Any bytes as a request: the same verdict in pieces, a well-formed response, nothing of the request in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sansws::handshake::Limits;
use sansws::handshake::server::{Accept, Handshake, Request};
use sansws::{Config, Input};

fn receive(data: &[u8], step: usize) -> (Option<Request>, Vec<u8>, usize) {
    let mut handshake = Handshake::with_limits(Limits::new().max_head(2000).max_fields(20)).plain_http(true);
    let mut out = Vec::new();
    for (index, piece) in data.chunks(step).enumerate() {
        let mut piece = piece.to_vec();
        let mut input = Input::new(&mut piece);
        if let Some(verdict) = handshake.receive(&mut input, &mut out) {
            let taken = index * step + piece_len(data, index, step) - input.len();
            return (verdict.ok(), out, taken);
        }
        assert!(input.is_empty());
    }
    (None, out, data.len())
}

fn piece_len(data: &[u8], index: usize, step: usize) -> usize {
    (data.len() - index * step).min(step)
}

fuzz_target!(|data: &[u8]| {
    let Some((&step, data)) = data.split_first() else { return };
    let (whole, out, taken) = receive(data, data.len().max(1));
    let (pieces, same_out, same_taken) = receive(data, usize::from(step).max(1));
    assert_eq!(out, same_out);
    assert_eq!(whole.is_some(), pieces.is_some());
    if let (Some(request), Some(_)) = (whole, pieces) {
        assert_eq!(taken, same_taken);
        assert!(out.is_empty() && request.path().starts_with('/'));
        let _ = (request.query(), request.host(), request.origin(), request.is_same_origin());
        assert!(request.headers().all(|(name, _)| !name.is_empty()));
        let mut accept = Accept::new();
        if let Some(first) = request.subprotocols().next() {
            accept = accept.subprotocol(first);
        }
        let mut out = Vec::new();
        assert_eq!(request.accept(&accept, Config::default(), &mut out).is_ok(), request.is_websocket());
        assert_eq!(out.is_empty(), !request.is_websocket());
    } else if !out.is_empty() {
        let text = std::str::from_utf8(&out).expect("ASCII");
        assert!(text.starts_with("HTTP/1.1 4") || text.starts_with("HTTP/1.1 5"));
        assert_eq!(text.matches("Content-Length: ").count(), 1);
    }
});

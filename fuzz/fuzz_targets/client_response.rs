//! Any bytes as a response, behind the right head or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sansws::handshake::Limits;
use sansws::handshake::client::{Handshake, Request};
use sansws::{Config, Input};

fn receive(data: &[u8], step: usize) -> Option<(u16, bool)> {
    let limits = Limits::new().max_head(2000).max_fields(20);
    let request =
        Request::new("ws://h/".parse().expect("a URI")).subprotocol("a").subprotocol("b").limits(limits);
    let mut handshake = Handshake::start(&request, [0; 16], &mut Vec::new()).expect("lawful");
    for piece in data.chunks(step) {
        let mut piece = piece.to_vec();
        if let Some(verdict) = handshake.receive(&mut Input::new(&mut piece)) {
            return Some(match verdict {
                Ok(response) => {
                    let connected = response.finish(Config::default(), [0; 32]).is_ok();
                    assert_eq!(connected, response.status() == 101);
                    let _ = (response.header("location"), response.headers().count(), response.extensions());
                    (response.status(), connected)
                }
                Err(error) => (0, error.to_string().is_empty()),
            });
        }
    }
    None
}

fuzz_target!(|data: &[u8]| {
    let Some((&step, data)) = data.split_first() else { return };
    let head: &[u8] = if step & 1 == 0 {
        b""
    } else {
        b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: ICX+Yqv66kxgM0FcWaLWlFLwTAI=\r\n"
    };
    let bytes = [head, data].concat();
    assert_eq!(receive(&bytes, bytes.len().max(1)), receive(&bytes, usize::from(step).max(1)));
});

use std::hint::black_box;
use std::sync::Arc;

use ::tungstenite::protocol::{Role, WebSocketConfig};
use ::tungstenite::{Message, WebSocket};
use bytes::Bytes;

use crate::decode::{self, Decode, Sink};
use crate::encode::{self, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, READ};
use crate::race::Contestant;
use crate::wire::{self, Wire};

/// It fills its read buffer with zeros before each read, so that one of the size of the reads may be faster than its
/// default.
pub fn decoders(wire: &Arc<Wire>) -> Vec<Contestant> {
    let default = Decoder::new(wire, WebSocketConfig::default());
    vec![decode::contestant("tungstenite", wire, default), buffered_decoder(wire, READ)]
}

pub fn buffered_decoder(wire: &Arc<Wire>, read: usize) -> Contestant {
    let config = WebSocketConfig::default().read_buffer_size(read);
    let name = format!("tungstenite, {} KiB buffer", read >> 10);
    decode::contestant(&name, wire, Decoder::new(wire, config))
}

struct Decoder {
    socket: WebSocket<Memory>,
    count: usize,
}

impl Decoder {
    fn new(wire: &Wire, config: WebSocketConfig) -> Self {
        let socket = WebSocket::from_raw_socket(Memory::cyclic(&wire.bytes), role(wire.role), Some(config));
        Self { socket, count: wire.messages.len() }
    }
}

impl Decode for Decoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        for _ in 0..self.count {
            match self.socket.read().unwrap() {
                Message::Text(text) => sink.message(text.as_bytes()),
                Message::Binary(bytes) => sink.message(&bytes),
                other => panic!("{other:?}"),
            }
        }
    }
}

pub fn writer(job: &Job) -> Contestant {
    encode::writer("tungstenite", job, || {
        let mut socket = WebSocket::from_raw_socket(Memory::cyclic(&[]), role(job.role), None);
        let payload = Bytes::from(job.payload());
        move |count| {
            for _ in 0..count {
                socket.send(Message::Binary(black_box(&payload).clone())).unwrap();
            }
        }
    })
}

pub fn accept(accepting: &Accepting) {
    black_box(::tungstenite::accept(accepting.stream()).unwrap());
}

fn role(role: wire::Role) -> Role {
    match role {
        wire::Role::Server => Role::Server,
        wire::Role::Client => Role::Client,
    }
}

use std::hint::black_box;
use std::sync::Arc;

use ::tokio_websockets::{ClientBuilder, Message, ServerBuilder, WebSocketStream};
use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};

use crate::decode::{self, Decode, Sink};
use crate::encode::{self, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, run};
use crate::race::Contestant;
use crate::wire::{Role, Wire};

pub fn decoder(wire: &Arc<Wire>) -> Contestant {
    let decoder = Decoder { socket: socket(wire.role, &wire.bytes), count: wire.messages.len() };
    decode::contestant("tokio-websockets", wire, decoder)
}

struct Decoder {
    socket: WebSocketStream<Memory>,
    count: usize,
}

impl Decode for Decoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        run(async {
            for _ in 0..self.count {
                sink.message(self.socket.next().await.unwrap().unwrap().as_payload());
            }
        });
    }
}

pub fn writer(job: &Job) -> Contestant {
    encode::writer("tokio-websockets", job, || {
        let (mut socket, payload) = (socket(job.role, &[]), Bytes::from(job.payload()));
        move |count| {
            run(async {
                for _ in 0..count {
                    socket.send(Message::binary(black_box(&payload).clone())).await.unwrap();
                }
            });
        }
    })
}

pub fn accept(accepting: &Accepting) {
    run(async {
        drop(black_box(ServerBuilder::new().accept(accepting.stream()).await.unwrap()));
    });
}

fn socket(role: Role, bytes: &[u8]) -> WebSocketStream<Memory> {
    let stream = Memory::cyclic(bytes);
    match role {
        Role::Server => ServerBuilder::new().serve(stream),
        Role::Client => ClientBuilder::new().take_over(stream),
    }
}

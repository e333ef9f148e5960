use std::hint::black_box;
use std::sync::Arc;

use ::web_socket::{Event, WebSocket};
use tokio::io::{AsyncRead, BufReader};

use crate::decode::{self, Decode, Sink};
use crate::encode::{self, Job};
use crate::memory::{Memory, READ, run};
use crate::race::Contestant;
use crate::wire::{Role, Wire};

/// It reads each field of a header on its own, so that it needs a buffered stream.
pub fn decoder(wire: &Arc<Wire>) -> Contestant {
    let stream = BufReader::with_capacity(READ, Memory::cyclic(&wire.bytes));
    let decoder = Decoder { socket: socket(wire.role, stream), count: wire.messages.len() };
    decode::contestant("web-socket", wire, decoder)
}

struct Decoder<R> {
    socket: WebSocket<R>,
    count: usize,
}

impl<R: AsyncRead + Unpin> Decode for Decoder<R> {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        run(async {
            for _ in 0..self.count {
                match self.socket.recv_event().await.unwrap() {
                    Event::Data { data, .. } => sink.message(&data),
                    other => panic!("{other:?}"),
                }
            }
        });
    }
}

pub fn writer(job: &Job) -> Contestant {
    encode::writer("web-socket", job, || {
        let (mut socket, payload) = (socket(job.role, Memory::cyclic(&[])), job.payload());
        move |count| {
            run(async {
                for _ in 0..count {
                    socket.send(&black_box(&payload)[..]).await.unwrap();
                }
            });
        }
    })
}

fn socket<S>(role: Role, stream: S) -> WebSocket<S> {
    match role {
        Role::Server => WebSocket::server(stream),
        Role::Client => WebSocket::client(stream),
    }
}

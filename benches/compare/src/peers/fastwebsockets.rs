use std::hint::black_box;
use std::sync::{Arc, Mutex};

use ::fastwebsockets::{FragmentCollector, Frame, OpCode, Payload, Role, WebSocket, upgrade};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use crate::decode::{self, Decode, Sink};
use crate::encode::{self, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, run};
use crate::race::Contestant;
use crate::wire::{self, Wire};

pub fn decoder(wire: &Arc<Wire>) -> Contestant {
    let socket = WebSocket::after_handshake(Memory::cyclic(&wire.bytes), role(wire.role));
    let decoder = Decoder { socket: FragmentCollector::new(socket), count: wire.messages.len() };
    decode::contestant("fastwebsockets", wire, decoder)
}

struct Decoder {
    socket: FragmentCollector<Memory>,
    count: usize,
}

impl Decode for Decoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        run(async {
            for _ in 0..self.count {
                sink.message(&self.socket.read_frame().await.unwrap().payload);
            }
        });
    }
}

pub fn writer(job: &Job) -> Contestant {
    encode::writer("fastwebsockets", job, || {
        let mut socket = WebSocket::after_handshake(Memory::cyclic(&[]), role(job.role));
        let mut payload = job.payload();
        move |count| {
            run(async {
                for _ in 0..count {
                    // A payload that it may mask where it lies.
                    let payload = Payload::BorrowedMut(black_box(&mut payload));
                    socket.write_frame(Frame::new(true, OpCode::Binary, None, payload)).await.unwrap();
                }
            });
        }
    })
}

pub fn accept(accepting: &Accepting) {
    run(async {
        let upgraded = Arc::new(Mutex::new(None));
        let service = service_fn(|request: Request<Incoming>| {
            let upgraded = upgraded.clone();
            async move {
                let (response, socket) = upgrade::upgrade(request)?;
                *upgraded.lock().unwrap() = Some(socket);
                Ok::<_, ::fastwebsockets::WebSocketError>(response)
            }
        });
        let stream = TokioIo::new(accepting.stream());
        http1::Builder::new().serve_connection(stream, service).with_upgrades().await.unwrap();
        let socket = upgraded.lock().unwrap().take().unwrap();
        drop(black_box(socket.await.unwrap()));
    });
}

fn role(role: wire::Role) -> Role {
    match role {
        wire::Role::Server => Role::Server,
        wire::Role::Client => Role::Client,
    }
}

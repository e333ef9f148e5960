use std::hint::black_box;
use std::sync::Arc;

use ::soketto::connection::{Builder, Mode, Receiver};
use ::soketto::handshake::Server;
use ::soketto::handshake::server::Response;

use crate::decode::{self, Decode, Sink};
use crate::encode::{self, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, run};
use crate::race::Contestant;
use crate::wire::{Role, Wire};

pub fn decoder(wire: &Arc<Wire>) -> Contestant {
    let (_, receiver) = Builder::new(Memory::cyclic(&wire.bytes), mode(wire.role)).finish();
    decode::contestant("soketto", wire, Decoder { receiver, wire: wire.clone(), message: Vec::new() })
}

struct Decoder {
    receiver: Receiver<Memory>,
    wire: Arc<Wire>,
    message: Vec<u8>,
}

impl Decode for Decoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        let Self { receiver, wire, message } = self;
        run(async {
            for _ in 0..wire.messages.len() {
                message.clear();
                if receiver.receive_data(message).await.unwrap().is_text() {
                    // It leaves this to the caller.
                    std::str::from_utf8(message).unwrap();
                }
                sink.message(message);
            }
        });
    }
}

pub fn writer(job: &Job) -> Contestant {
    encode::writer("soketto", job, || {
        let (mut sender, receiver) = Builder::new(Memory::cyclic(&[]), mode(job.role)).finish();
        let mut payload = job.payload();
        move |count| {
            let _both_halves = &receiver;
            run(async {
                for _ in 0..count {
                    // It masks the payload where it lies.
                    sender.send_binary_mut(black_box(&mut payload)).await.unwrap();
                    sender.flush().await.unwrap();
                }
            });
        }
    })
}

pub fn accept(accepting: &Accepting) {
    run(async {
        let mut server = Server::new(accepting.stream());
        let key = server.receive_request().await.unwrap().key();
        server.send_response(&Response::Accept { key, protocol: None }).await.unwrap();
        drop(black_box(server.into_builder().finish()));
    });
}

fn mode(role: Role) -> Mode {
    match role {
        Role::Server => Mode::Server,
        Role::Client => Mode::Client,
    }
}

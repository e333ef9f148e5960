use std::hint::black_box;
use std::sync::{Arc, Mutex};

use ::yawc::{CompressionLevel, DeflatePool, Frame, HttpWebSocket, Options, Role, WebSocket};
use bytes::Bytes;
use futures_util::SinkExt;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use crate::decode::{self, Decode, Sink};
use crate::deflate::{self, Deflating, Inflating};
use crate::encode::{self, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, READ, run};
use crate::race::Contestant;
use crate::wire::{self, Wire};

pub fn decoders(wire: &Arc<Wire>) -> Vec<Contestant> {
    vec![
        decode::contestant("yawc", wire, Decoder::new(wire, options())),
        decode::contestant(
            "yawc, 64 KiB buffer",
            wire,
            Decoder::new(wire, options().with_read_buffer_capacity(READ)),
        ),
    ]
}

/// It validates text only when told to.
fn options() -> Options {
    Options::default().with_utf8().with_limits(16 << 20, 64 << 20)
}

struct Decoder {
    socket: WebSocket<Memory>,
    count: usize,
}

impl Decoder {
    fn new(wire: &Wire, options: Options) -> Self {
        let stream = Memory::cyclic(&wire.bytes);
        let socket = WebSocket::from_stream(stream, role(wire.role), options).unwrap();
        Self { socket, count: wire.messages.len() }
    }

    fn compressed(job: &Inflating, capacity: usize) -> Self {
        let options = options().with_read_buffer_capacity(capacity);
        let socket = compressing(&job.wire.bytes, job.takeover, options);
        Self { socket, count: job.wire.messages.len() }
    }
}

impl Decode for Decoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        run(async {
            for _ in 0..self.count {
                sink.message(self.socket.next_frame().await.unwrap().payload());
            }
        });
    }
}

pub fn writer(job: &Job) -> Contestant {
    encode::writer("yawc", job, || {
        let mut socket = WebSocket::from_stream(Memory::cyclic(&[]), role(job.role), options()).unwrap();
        let payload = Bytes::from(job.payload());
        move |count| {
            run(async {
                for _ in 0..count {
                    socket.send(Frame::binary(black_box(&payload).clone())).await.unwrap();
                }
            });
        }
    })
}

/// Both sizes of the buffer, as above.
pub fn inflaters(job: &Inflating) -> Vec<Contestant> {
    vec![
        decode::contestant("yawc", &job.wire, Decoder::compressed(job, 8 << 10)),
        decode::contestant("yawc, 64 KiB buffer", &job.wire, Decoder::compressed(job, READ)),
    ]
}

pub fn deflater(job: &Arc<Deflating>) -> Contestant {
    deflate::writer("yawc", job, || {
        let mut socket = compressing(&[], job.takeover, options());
        let messages: Vec<_> = job.messages.iter().cloned().map(Bytes::from).collect();
        move || {
            run(async {
                for message in &messages {
                    socket.send(Frame::binary(black_box(message).clone())).await.unwrap();
                }
            });
        }
    })
}

/// Without context takeover the engines come from a pool.
fn compressing(bytes: &[u8], takeover: bool, options: Options) -> WebSocket<Memory> {
    let level = CompressionLevel::new(deflate::LEVEL.into());
    let (mut options, mut agreed) =
        (options.with_compression_level(level), String::from("permessage-deflate"));
    if !takeover {
        agreed += "; server_no_context_takeover; client_no_context_takeover";
        options = options.with_deflate_pool(DeflatePool::new(4));
    }
    WebSocket::from_stream_with_extensions(Memory::cyclic(bytes), Role::Server, Some(&agreed), options)
        .unwrap()
}

pub fn accept(accepting: &Accepting) {
    run(async {
        let upgraded = Arc::new(Mutex::new(None));
        let service = service_fn(|request: Request<Incoming>| {
            let upgraded = upgraded.clone();
            async move {
                let (response, socket) = HttpWebSocket::upgrade(request)?;
                *upgraded.lock().unwrap() = Some(socket);
                Ok::<_, ::yawc::WebSocketError>(response)
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

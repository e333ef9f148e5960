use std::hint::black_box;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::{SinkExt, StreamExt};
use sockudo_ws::handshake::server_handshake;
use sockudo_ws::protocol::Protocol;
use sockudo_ws::{CompressedWebSocketStream, Config, DeflateConfig, Message, Role, WebSocketStream};

use crate::decode::{self, Decode, Sink};
use crate::deflate::{self, Deflating, Inflating};
use crate::encode::{self, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, READ, run};
use crate::race::Contestant;
use crate::wire::{self, Wire};

/// The stream, and the protocol without IO that it stands on.
pub fn decoders(wire: &Arc<Wire>) -> Vec<Contestant> {
    let stream = Decoder { socket: socket(wire.role, &wire.bytes), count: wire.messages.len() };
    let protocol = ProtocolDecoder {
        protocol: protocol(wire.role),
        buf: BytesMut::new(),
        batch: Vec::new(),
        wire: wire.clone(),
    };
    vec![
        decode::contestant("sockudo-ws", wire, stream),
        decode::contestant("sockudo-ws Protocol", wire, protocol),
    ]
}

struct Decoder {
    socket: WebSocketStream<Memory>,
    count: usize,
}

impl Decode for Decoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        run(async {
            for _ in 0..self.count {
                sink.message(self.socket.next().await.unwrap().unwrap().as_bytes());
            }
        });
    }
}

struct ProtocolDecoder {
    protocol: Protocol,
    buf: BytesMut,
    batch: Vec<Message>,
    wire: Arc<Wire>,
}

impl Decode for ProtocolDecoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        let Self { protocol, buf, batch, wire } = self;
        for piece in wire.bytes.chunks(READ) {
            buf.extend_from_slice(piece);
            protocol.process_into(buf, batch).unwrap();
            batch.iter().for_each(|message| sink.message(message.as_bytes()));
            // So that the buffer is its own again when it needs room.
            batch.clear();
        }
    }
}

pub fn writer(job: &Job) -> Contestant {
    encode::writer("sockudo-ws", job, || {
        let (mut socket, payload) = (socket(job.role, &[]), Bytes::from(job.payload()));
        move |count| {
            run(async {
                for _ in 0..count {
                    socket.send(Message::Binary(black_box(&payload).clone())).await.unwrap();
                }
            });
        }
    })
}

pub fn appender(job: &Job) -> Contestant {
    encode::appender("sockudo-ws Protocol", job, || {
        let mut protocol = protocol(job.role);
        let message = Message::Binary(Bytes::from(job.payload()));
        move |out: &mut BytesMut| protocol.encode_message(black_box(&message), out).unwrap()
    })
}

pub fn inflater(job: &Inflating) -> Contestant {
    let socket = compressing(&job.wire.bytes, job.takeover);
    let decoder = CompressedDecoder { socket, count: job.wire.messages.len() };
    decode::contestant("sockudo-ws", &job.wire, decoder)
}

struct CompressedDecoder {
    socket: CompressedWebSocketStream<Memory>,
    count: usize,
}

impl Decode for CompressedDecoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        run(async {
            for _ in 0..self.count {
                sink.message(self.socket.next().await.unwrap().unwrap().as_bytes());
            }
        });
    }
}

pub fn deflater(job: &Arc<Deflating>) -> Contestant {
    deflate::writer("sockudo-ws", job, || {
        let mut socket = compressing(&[], job.takeover);
        let messages: Vec<_> = job.messages.iter().cloned().map(Bytes::from).collect();
        move || {
            run(async {
                for message in &messages {
                    socket.send(Message::Binary(black_box(message).clone())).await.unwrap();
                }
            });
        }
    })
}

fn compressing(bytes: &[u8], takeover: bool) -> CompressedWebSocketStream<Memory> {
    let agreed = DeflateConfig {
        compression_level: deflate::LEVEL.into(),
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        ..DeflateConfig::default()
    };
    CompressedWebSocketStream::server(Memory::cyclic(bytes), config(), agreed)
}

pub fn accept(accepting: &Accepting) {
    run(async {
        let mut stream = accepting.stream();
        black_box(server_handshake(&mut stream).await.unwrap());
        drop(black_box(WebSocketStream::server(stream, config())));
    });
}

/// Without its timers, which the others do not have.
fn config() -> Config {
    Config::builder().idle_timeout(0).auto_ping(false).build()
}

fn socket(role: wire::Role, bytes: &[u8]) -> WebSocketStream<Memory> {
    WebSocketStream::from_raw(Memory::cyclic(bytes), self::role(role), config())
}

fn protocol(role: wire::Role) -> Protocol {
    let config = config();
    Protocol::new(self::role(role), config.max_frame_size, config.max_message_size)
}

fn role(role: wire::Role) -> Role {
    match role {
        wire::Role::Server => Role::Server,
        wire::Role::Client => Role::Client,
    }
}

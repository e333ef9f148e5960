use std::hint::black_box;
use std::sync::Arc;

use ::wtx::collection::Vector;
use ::wtx::rng::Xorshift64;
use ::wtx::web_socket::compression::{Flate2, NegotiatedFlate2, WindowBits};
use ::wtx::web_socket::{
    Compression, CompressionLevel, DeflateConfig, Frame, OpCode, WebSocketAcceptor, WebSocketBuffer,
    WebSocketOwned, WebSocketPayloadOrigin,
};

use crate::decode::{self, Decode, Sink};
use crate::deflate::{self, Deflating, Inflating};
use crate::encode::{self, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, READ, run};
use crate::race::Contestant;
use crate::wire::{Role, Wire};

pub fn decoder(wire: &Arc<Wire>) -> Contestant {
    match wire.role {
        Role::Server => decode::contestant("wtx", wire, Decoder::<false>::new(wire)),
        Role::Client => decode::contestant("wtx", wire, Decoder::<true>::new(wire)),
    }
}

struct Decoder<const IS_CLIENT: bool> {
    socket: WebSocketOwned<(), Xorshift64, Memory, IS_CLIENT>,
    buffer: Vector<u8>,
    count: usize,
}

impl<const IS_CLIENT: bool> Decoder<IS_CLIENT> {
    fn new(wire: &Wire) -> Self {
        Self { socket: socket(&wire.bytes), buffer: Vector::new(), count: wire.messages.len() }
    }
}

impl<const IS_CLIENT: bool> Decode for Decoder<IS_CLIENT> {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        let Self { socket, buffer, count } = self;
        run(async {
            for _ in 0..*count {
                let origin = WebSocketPayloadOrigin::Adaptive;
                sink.message(socket.read_frame(buffer, origin).await.unwrap().payload());
            }
        });
    }
}

pub fn writer(job: &Job) -> Contestant {
    match job.role {
        Role::Server => encode::writer("wtx", job, || send::<false>(job)),
        Role::Client => encode::writer("wtx", job, || send::<true>(job)),
    }
}

fn send<const IS_CLIENT: bool>(job: &Job) -> impl FnMut(usize) + use<IS_CLIENT> {
    let (mut socket, mut payload) = (socket::<IS_CLIENT>(&[]), job.payload());
    move |count| {
        run(async {
            for _ in 0..count {
                // It masks the payload where it lies.
                let mut frame = Frame::new_fin(OpCode::Binary, &mut black_box(&mut payload)[..]);
                socket.write_frame(&mut frame).await.unwrap();
            }
        });
    }
}

pub fn inflater(job: &Inflating) -> Contestant {
    let socket = compressing(Memory::cyclic(&job.wire.bytes), roomy());
    let decoder = CompressedDecoder { socket, buffer: Vector::new(), count: job.wire.messages.len() };
    decode::contestant("wtx", &job.wire, decoder)
}

struct CompressedDecoder {
    socket: Compressing,
    buffer: Vector<u8>,
    count: usize,
}

impl Decode for CompressedDecoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        let Self { socket, buffer, count } = self;
        run(async {
            for _ in 0..*count {
                // What it decompresses comes behind what lies there.
                buffer.clear();
                let origin = WebSocketPayloadOrigin::Adaptive;
                sink.message(socket.read_frame(buffer, origin).await.unwrap().payload());
            }
        });
    }
}

pub fn deflater(job: &Arc<Deflating>) -> Contestant {
    deflate::writer("wtx", job, || {
        let (mut socket, mut messages) = (compressing(Memory::cyclic(&[]), roomy()), job.messages.clone());
        move || {
            run(async {
                for message in &mut messages {
                    let mut frame = Frame::new_fin(OpCode::Binary, &mut black_box(message)[..]);
                    socket.write_frame(&mut frame).await.unwrap();
                }
            });
        }
    })
}

pub type Compressing = WebSocketOwned<Option<NegotiatedFlate2>, Xorshift64, Memory, false>;

/// It agrees to no context takeover, whatever it is asked for.
pub fn compressing(stream: Memory, buffer: WebSocketBuffer) -> Compressing {
    let config = DeflateConfig {
        client_max_window_bits: WindowBits::Fifteen,
        compression_level: CompressionLevel::try_from(deflate::LEVEL).unwrap(),
        server_max_window_bits: WindowBits::Fifteen,
    };
    let offer: [&[u8]; 2] = [b"sec-websocket-extensions", b"permessage-deflate"];
    let agreed = Compression::<false>::negotiate(Flate2::from(config), [offer].into_iter()).unwrap();
    WebSocketOwned::new(agreed, false, Xorshift64::from(7), stream, buffer)
}

pub fn accept(accepting: &Accepting) {
    run(async {
        drop(black_box(WebSocketAcceptor::default().accept(accepting.stream()).await.unwrap()));
    });
}

fn socket<const IS_CLIENT: bool>(bytes: &[u8]) -> WebSocketOwned<(), Xorshift64, Memory, IS_CLIENT> {
    WebSocketOwned::new((), false, Xorshift64::from(7), Memory::cyclic(bytes), roomy())
}

fn roomy() -> WebSocketBuffer {
    WebSocketBuffer::with_capacity(READ, 0, 0).unwrap()
}

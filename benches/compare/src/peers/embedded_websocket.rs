use std::hint::black_box;
use std::io::{Read, Write};
use std::sync::Arc;

use ::embedded_websocket::{
    Client, EmptyRng, Error, Server, WebSocket, WebSocketClient, WebSocketSendMessageType, WebSocketServer,
    WebSocketState, WebSocketType, read_http_header,
};
use rand::rngs::SmallRng;
use rand::{RngCore, SeedableRng};

use crate::decode::{self, Decode, Sink};
use crate::encode::{self, Buffer, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, READ};
use crate::race::Contestant;
use crate::wire::{Role, Wire};

pub fn decoder(wire: &Arc<Wire>) -> Contestant {
    match wire.role {
        Role::Server => decode::contestant("embedded-websocket", wire, Decoder::new(server(), wire)),
        Role::Client => decode::contestant("embedded-websocket", wire, Decoder::new(client(), wire)),
    }
}

struct Decoder<R: RngCore, T: WebSocketType> {
    socket: WebSocket<R, T>,
    /// What has been read; the start of it may be the start of a header.
    buf: Vec<u8>,
    kept: usize,
    message: Vec<u8>,
    filled: usize,
    wire: Arc<Wire>,
}

impl<R: RngCore, T: WebSocketType> Decoder<R, T> {
    fn new(socket: WebSocket<R, T>, wire: &Arc<Wire>) -> Self {
        let message = vec![0; wire.messages[0].len()];
        Self { socket, buf: vec![0; READ + 14], kept: 0, message, filled: 0, wire: wire.clone() }
    }
}

impl<R: RngCore, T: WebSocketType> Decode for Decoder<R, T> {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        let Self { socket, buf, kept, message, filled, wire } = self;
        for piece in wire.bytes.chunks(READ) {
            let end = *kept + piece.len();
            buf[*kept..end].copy_from_slice(piece);
            let mut at = 0;
            while at < end {
                match socket.read(&buf[at..end], &mut message[*filled..]) {
                    Ok(read) => {
                        at += read.len_from;
                        *filled += read.len_to;
                        if read.end_of_message {
                            sink.message(&message[..*filled]);
                            *filled = 0;
                        }
                    }
                    Err(Error::ReadFrameIncomplete) => break,
                    Err(error) => panic!("{error:?}"),
                }
            }
            buf.copy_within(at..end, 0);
            *kept = end - at;
        }
    }
}

pub fn writer(job: &Job) -> Contestant {
    match job.role {
        Role::Server => encode::writer("embedded-websocket", job, || write(server(), job)),
        Role::Client => encode::writer("embedded-websocket", job, || write(client(), job)),
    }
}

fn write<R: RngCore, T: WebSocketType>(
    mut socket: WebSocket<R, T>,
    job: &Job,
) -> impl FnMut(usize) + use<R, T> {
    let (payload, mut stream, mut buf) = (job.payload(), Memory::cyclic(&[]), vec![0; job.size + 14]);
    move |count| {
        for _ in 0..count {
            let kind = WebSocketSendMessageType::Binary;
            let length = socket.write(kind, true, black_box(&payload), &mut buf).unwrap();
            stream.write_all(&buf[..length]).unwrap();
        }
    }
}

pub fn appender(job: &Job) -> Contestant {
    match job.role {
        Role::Server => encode::appender("embedded-websocket", job, || append(server(), job)),
        Role::Client => encode::appender("embedded-websocket", job, || append(client(), job)),
    }
}

fn append<R: RngCore, T: WebSocketType>(
    mut socket: WebSocket<R, T>,
    job: &Job,
) -> impl FnMut(&mut Slots) + use<R, T> {
    let payload = job.payload();
    move |out| {
        let kind = WebSocketSendMessageType::Binary;
        out.at += socket.write(kind, true, black_box(&payload), &mut out.bytes[out.at..]).unwrap();
    }
}

/// It writes into a slice.
struct Slots {
    bytes: Vec<u8>,
    at: usize,
}

impl Default for Slots {
    fn default() -> Self {
        Self { bytes: vec![0; 512 << 10], at: 0 }
    }
}

impl Buffer for Slots {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.at]
    }

    fn clear(&mut self) {
        self.at = 0;
    }
}

pub fn accept(accepting: &Accepting) {
    let (mut stream, mut buf, mut out) = (accepting.stream(), [0; 1024], [0; 1024]);
    let n = stream.read(&mut buf).unwrap();
    let mut headers = [httparse::EMPTY_HEADER; 16];
    let mut request = httparse::Request::new(&mut headers);
    assert!(request.parse(&buf[..n]).unwrap().is_complete());
    let context = read_http_header(request.headers.iter().map(|one| (one.name, one.value))).unwrap().unwrap();
    let mut socket = WebSocketServer::new_server();
    let length = socket.server_accept(&context.sec_websocket_key, None, &mut out).unwrap();
    stream.write_all(&out[..length]).unwrap();
    black_box(socket.state);
}

fn server() -> WebSocket<EmptyRng, Server> {
    let mut socket = WebSocketServer::new_server();
    socket.state = WebSocketState::Open;
    socket
}

fn client() -> WebSocket<SmallRng, Client> {
    let mut socket = WebSocketClient::new_client(SmallRng::seed_from_u64(7));
    socket.state = WebSocketState::Open;
    socket
}

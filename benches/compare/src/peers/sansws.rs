//! sansws, the same with the feature `simdutf8`, and the same with large messages read to where they are put together.

use std::hint::black_box;
use std::io::{IoSlice, Read, Write};
use std::sync::Arc;

use ::sansws::handshake::server::{Accept, Handshake};
use ::sansws::{Config, Connection, Input, Kind};

use crate::decode::{self, Decode, Sink};
use crate::encode::{self, Job};
use crate::handshake::Accepting;
use crate::memory::{Memory, READ};
use crate::race::Contestant;
use crate::wire::{Role, Wire};

pub fn decoder(wire: &Arc<Wire>, read: usize) -> Contestant {
    decode::contestant("sansws", wire, plain::Decoder::new(wire, read))
}

pub fn accelerated_decoder(wire: &Arc<Wire>, read: usize) -> Contestant {
    decode::contestant("sansws with simdutf8", wire, accelerated::Decoder::new(wire, read))
}

pub fn in_place_decoder(wire: &Arc<Wire>) -> Contestant {
    decode::contestant("sansws, read into place", wire, InPlace(plain::Decoder::new(wire, FIRST_READ)))
}

/// Enough for several short messages, and for the beginning of a long one.
const FIRST_READ: usize = 4 << 10;

/// What is missing of a message is read to where the rest of it is, unless it is so little that a read is worth more.
const WORTH_A_READ: usize = 4 << 10;

macro_rules! decoder {
    ($module:ident, $sansws:ident) => {
        mod $module {
            use std::sync::Arc;

            use $sansws::{Config, Connection, Event, Input, Message, MessageBuf, Role};

            use super::{Decode, Sink, Wire};

            pub struct Decoder {
                pub conn: Connection,
                pub buf: Vec<u8>,
                pub store: MessageBuf,
                pub out: Vec<u8>,
                pub wire: Arc<Wire>,
            }

            impl Decoder {
                pub fn new(wire: &Arc<Wire>, read: usize) -> Self {
                    let role = match wire.role {
                        crate::wire::Role::Server => Role::Server,
                        crate::wire::Role::Client => Role::Client([7; 32]),
                    };
                    Self {
                        conn: Connection::new(role, Config::new()),
                        buf: vec![0; read],
                        // The memory is kept from message to message, as the peers and the floor keep theirs.
                        store: MessageBuf::with_keep(4 << 20),
                        out: Vec::new(),
                        wire: wire.clone(),
                    }
                }
            }

            impl Decode for Decoder {
                fn pass<S: Sink>(&mut self, sink: &mut S) {
                    let wire = self.wire.clone();
                    wire.bytes.chunks(self.buf.len()).for_each(|piece| self.read(piece, sink));
                }
            }

            impl Decoder {
                pub fn read<S: Sink>(&mut self, piece: &[u8], sink: &mut S) {
                    let Self { conn, buf, store, out, .. } = self;
                    let buf = &mut buf[..piece.len()];
                    buf.copy_from_slice(piece);
                    let mut input = Input::new(buf);
                    while let Some(event) = conn.receive_message(&mut input, store, out) {
                        tell(event, sink);
                    }
                }
            }

            pub fn tell<S: Sink>(event: Event<Message<'_>>, sink: &mut S) {
                match event {
                    Event::Data(message) => sink.message(message.as_bytes()),
                    other => panic!("{other:?}"),
                }
            }
        }
    };
}

decoder!(plain, sansws);
decoder!(accelerated, sansws_accelerated);

struct InPlace(plain::Decoder);

impl Decode for InPlace {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        let wire = self.0.wire.clone();
        let mut rest = &wire.bytes[..];
        while !rest.is_empty() {
            let plain::Decoder { conn, store, out, .. } = &mut self.0;
            let space = conn.space(store);
            let (piece, behind);
            if space.len() >= WORTH_A_READ {
                (piece, behind) = rest.split_at(space.len().min(rest.len()).min(READ));
                space[..piece.len()].copy_from_slice(piece);
                if let Some(event) = conn.fill(piece.len(), store, out) {
                    plain::tell(event, sink);
                }
            } else {
                (piece, behind) = rest.split_at(FIRST_READ.min(rest.len()));
                self.0.read(piece, sink);
            }
            rest = behind;
        }
    }
}

fn connection(role: Role) -> Connection {
    let role = match role {
        Role::Server => ::sansws::Role::Server,
        Role::Client => ::sansws::Role::Client([7; 32]),
    };
    Connection::new(role, Config::new())
}

pub fn writers(job: &Job) -> Vec<Contestant> {
    let send = encode::writer("sansws send", job, || {
        let (mut conn, payload) = (connection(job.role), job.payload());
        let (mut stream, mut out) = (Memory::cyclic(&[]), Vec::new());
        move |count| {
            for _ in 0..count {
                conn.send(black_box(&payload), &mut out).unwrap();
                stream.write_all(&out).unwrap();
                out.clear();
            }
        }
    });
    let header = encode::writer("sansws header and writev", job, || {
        let (mut conn, mut payload) = (connection(job.role), job.payload());
        let mut stream = Memory::cyclic(&[]);
        move |count| {
            for _ in 0..count {
                let mut header = conn.header(Kind::Binary, payload.len() as u64, true).unwrap();
                // Masked where it lies, and written from there.
                header.mask(&mut payload);
                let slices = [IoSlice::new(header.as_bytes()), IoSlice::new(&payload)];
                black_box(stream.write_vectored(&slices).unwrap());
            }
        }
    });
    vec![send, header]
}

pub fn appender(job: &Job) -> Contestant {
    encode::appender("sansws send", job, || {
        let (mut conn, payload) = (connection(job.role), job.payload());
        move |out: &mut Vec<u8>| conn.send(black_box(&payload), out).unwrap()
    })
}

pub fn accept(accepting: &Accepting) {
    let (mut stream, mut buf, mut out) = (accepting.stream(), [0; 1024], Vec::new());
    let n = stream.read(&mut buf).unwrap();
    let request = Handshake::new().receive(&mut Input::new(&mut buf[..n]), &mut out).unwrap().unwrap();
    let conn = request.accept(&Accept::new(), Config::new(), &mut out).unwrap();
    stream.write_all(&out).unwrap();
    black_box(conn);
}

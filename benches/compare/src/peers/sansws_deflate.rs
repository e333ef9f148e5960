//! sansws with the feature `deflate`.

use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;

use sansws_compressing::deflate::{Agreed, Deflater};
use sansws_compressing::{Config, Connection, Event, Input, MessageBuf, Role};

use crate::decode::{self, Decode, Sink};
use crate::deflate::{self, Deflating, Inflating};
use crate::memory::{Memory, READ};
use crate::race::Contestant;
use crate::wire::Wire;

pub fn decoder(job: &Inflating) -> Contestant {
    let decoder = Decoder {
        conn: connection(job.takeover),
        buf: vec![0; READ],
        // The memory is kept from message to message, as the peers and the floor keep theirs.
        store: MessageBuf::with_keep(4 << 20),
        out: Vec::new(),
        wire: job.wire.clone(),
    };
    decode::contestant("sansws", &job.wire, decoder)
}

struct Decoder {
    conn: Connection,
    buf: Vec<u8>,
    store: MessageBuf,
    out: Vec<u8>,
    wire: Arc<Wire>,
}

impl Decode for Decoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        let Self { conn, buf, store, out, wire } = self;
        for piece in wire.bytes.chunks(buf.len()) {
            let buf = &mut buf[..piece.len()];
            buf.copy_from_slice(piece);
            let mut input = Input::new(buf);
            while let Some(event) = conn.receive_message(&mut input, store, out) {
                match event {
                    Event::Data(message) => sink.message(message.as_bytes()),
                    other => panic!("{other:?}"),
                }
            }
        }
    }
}

pub fn writer(job: &Arc<Deflating>) -> Contestant {
    deflate::writer("sansws", job, || {
        let mut deflater = Deflater::new().level(deflate::LEVEL);
        let (mut conn, mut stream, mut out) = (connection(job.takeover), Memory::cyclic(&[]), Vec::new());
        let job = job.clone();
        move || {
            for message in &job.messages {
                conn.send_compressed(black_box(message), &mut deflater, &mut out).unwrap();
                stream.write_all(&out).unwrap();
                out.clear();
            }
        }
    })
}

fn connection(takeover: bool) -> Connection {
    let agreed = Agreed::new().server_no_context_takeover(!takeover).client_no_context_takeover(!takeover);
    Connection::new(Role::Server, Config::new().deflate(agreed))
}

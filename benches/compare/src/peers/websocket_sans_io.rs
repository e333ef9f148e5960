use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;

use ::websocket_sans_io::{
    FrameInfo, Opcode, WebsocketFrameDecoder, WebsocketFrameEncoder, WebsocketFrameEvent,
};
use fastrand::Rng;

use crate::decode::{self, Decode, Sink};
use crate::encode::{self, Job};
use crate::memory::{Memory, READ};
use crate::race::Contestant;
use crate::wire::{Role, Wire};

pub fn decoder(wire: &Arc<Wire>) -> Contestant {
    let decoder = Decoder {
        frames: WebsocketFrameDecoder::new(),
        buf: vec![0; READ],
        message: Vec::new(),
        wire: wire.clone(),
    };
    decode::contestant("websocket-sans-io", wire, decoder)
}

struct Decoder {
    frames: WebsocketFrameDecoder,
    buf: Vec<u8>,
    message: Vec<u8>,
    wire: Arc<Wire>,
}

impl Decode for Decoder {
    fn pass<S: Sink>(&mut self, sink: &mut S) {
        let Self { frames, buf, message, wire } = self;
        for piece in wire.bytes.chunks(READ) {
            let buf = &mut buf[..piece.len()];
            buf.copy_from_slice(piece);
            let (mut at, mut whole, mut lent) = (0, false, 0..0);
            loop {
                let result = frames.add_data(&mut buf[at..]).unwrap();
                let start = at;
                at += result.consumed_bytes;
                match result.event {
                    None if result.consumed_bytes == 0 => break,
                    None => {}
                    Some(WebsocketFrameEvent::Start { frame_info, .. }) => {
                        // A frame that lies whole in the buffer need not be copied.
                        whole = frame_info.fin && frame_info.payload_length <= (buf.len() - at) as u64;
                        lent = 0..0;
                    }
                    Some(WebsocketFrameEvent::PayloadChunk { .. }) if whole => lent = start..at,
                    Some(WebsocketFrameEvent::PayloadChunk { .. }) => {
                        message.extend_from_slice(&buf[start..at]);
                    }
                    Some(WebsocketFrameEvent::End { .. }) if whole => sink.message(&buf[lent.clone()]),
                    Some(WebsocketFrameEvent::End { .. }) => {
                        sink.message(message);
                        message.clear();
                    }
                }
            }
        }
    }
}

pub fn writer(job: &Job) -> Contestant {
    encode::writer("websocket-sans-io", job, || {
        let (mut encoder, mut stream) = (Encoder::new(job), Memory::cyclic(&[]));
        move |count| {
            for _ in 0..count {
                let (header, payload) = encoder.frame();
                stream.write_all(&header).unwrap();
                stream.write_all(payload).unwrap();
            }
        }
    })
}

pub fn appender(job: &Job) -> Contestant {
    encode::appender("websocket-sans-io", job, || {
        let mut encoder = Encoder::new(job);
        move |out: &mut Vec<u8>| {
            let (header, payload) = encoder.frame();
            out.extend_from_slice(&header);
            out.extend_from_slice(payload);
        }
    })
}

struct Encoder {
    role: Role,
    frames: WebsocketFrameEncoder,
    payload: Vec<u8>,
    rng: Rng,
}

impl Encoder {
    fn new(job: &Job) -> Self {
        let frames = WebsocketFrameEncoder::new();
        Self { role: job.role, frames, payload: job.payload(), rng: Rng::with_seed(7) }
    }

    /// The header, and the payload masked where it lies. The key has to come from the caller.
    #[inline]
    fn frame(&mut self) -> (impl std::ops::Deref<Target = [u8]> + use<>, &[u8]) {
        let payload = black_box(&mut self.payload);
        let mask = (self.role == Role::Client).then(|| self.rng.u32(..).to_ne_bytes());
        let header = self.frames.start_frame(&FrameInfo {
            opcode: Opcode::Binary,
            payload_length: payload.len() as u64,
            mask,
            fin: true,
            reserved: 0,
        });
        self.frames.transform_frame_payload(payload);
        (header, payload)
    }
}

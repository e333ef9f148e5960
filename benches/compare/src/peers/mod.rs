//! Each peer through its own API, with the settings that suit it best. One file for each.

mod embedded_websocket;
mod fastwebsockets;
pub mod sansws;
mod sansws_deflate;
mod sockudo;
mod soketto;
mod tokio_websockets;
pub mod tungstenite;
mod web_socket;
mod websocket_sans_io;
pub mod wtx;
mod yawc;

use std::sync::Arc;

use crate::deflate::{Deflating, Inflating};
use crate::encode::Job;
use crate::handshake::{self, Accepting};
use crate::memory::READ;
use crate::race::Contestant;
use crate::wire::Wire;

/// All that receive messages at this end.
pub fn decoders(wire: &Arc<Wire>) -> Vec<Contestant> {
    let text = wire.content.is_text();
    let mut all = vec![sansws::decoder(wire, READ), sansws::accelerated_decoder(wire, READ)];
    if wire.messages[0].len() >= 16 << 10 {
        all.push(sansws::in_place_decoder(wire));
    }
    all.extend(tungstenite::decoders(wire));
    all.push(fastwebsockets::decoder(wire));
    all.push(tokio_websockets::decoder(wire));
    all.push(web_socket::decoder(wire).checks(!text));
    all.push(soketto::decoder(wire));
    all.extend(yawc::decoders(wire));
    all.extend(sockudo::decoders(wire));
    all.push(wtx::decoder(wire));
    all.push(websocket_sans_io::decoder(wire).unchecked());
    all.push(embedded_websocket::decoder(wire).unchecked());
    all
}

/// All that write one message after the other to a stream.
pub fn writers(job: &Job) -> Vec<Contestant> {
    let mut all = sansws::writers(job);
    all.push(tungstenite::writer(job));
    all.push(fastwebsockets::writer(job));
    all.push(tokio_websockets::writer(job));
    all.push(web_socket::writer(job));
    all.push(soketto::writer(job));
    all.push(yawc::writer(job));
    all.push(sockudo::writer(job));
    all.push(wtx::writer(job));
    all.push(websocket_sans_io::writer(job));
    all.push(embedded_websocket::writer(job));
    all
}

/// All that append messages to a buffer of the caller.
pub fn appenders(job: &Job) -> Vec<Contestant> {
    vec![
        sansws::appender(job),
        sockudo::appender(job),
        websocket_sans_io::appender(job),
        embedded_websocket::appender(job),
    ]
}

/// All that receive compressed messages. wtx does so without context takeover only.
pub fn inflaters(job: &Inflating) -> Vec<Contestant> {
    let mut all = vec![sansws_deflate::decoder(job)];
    all.extend(yawc::inflaters(job));
    all.push(sockudo::inflater(job));
    if !job.takeover {
        all.push(wtx::inflater(job));
    }
    all
}

/// All that send compressed messages.
pub fn deflaters(job: &Arc<Deflating>) -> Vec<Contestant> {
    let mut all = vec![sansws_deflate::writer(job)];
    all.push(yawc::deflater(job));
    all.push(sockudo::deflater(job));
    if !job.takeover {
        all.push(wtx::deflater(job));
    }
    all
}

/// All that answer a request.
pub fn acceptors() -> Vec<Contestant> {
    let others = [
        handshake::contestant("tungstenite", tungstenite::accept),
        handshake::contestant("tokio-websockets", tokio_websockets::accept),
        handshake::contestant("fastwebsockets with hyper", fastwebsockets::accept),
        handshake::contestant("yawc with hyper", yawc::accept),
        handshake::contestant("soketto", soketto::accept),
        handshake::contestant("wtx", wtx::accept),
        handshake::contestant("embedded-websocket with httparse", embedded_websocket::accept),
    ];
    let mut all = vec![
        handshake::contestant("sansws", sansws::accept),
        handshake::contestant("sockudo-ws", sockudo::accept),
    ];
    // docs/performance.md says what these do not look at.
    all.extend(others.map(Contestant::unchecked));
    all
}

/// A function that answers the request, for each.
pub type Accept = fn(&Accepting);

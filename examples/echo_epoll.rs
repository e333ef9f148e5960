//! An echo server on one thread over `mio`: `echo_epoll [ADDR]`, by default on 127.0.0.1:9001.
//!
//! All connections share one read buffer, one output and one message buffer. A connection owns memory only
//! while a message is unfinished or the socket does not take what was written.

use std::collections::VecDeque;
use std::env;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use sansws::handshake::server::{Accept, Handshake};
use sansws::{Config, Connection, Event, Input, MessageBuf, Transport};

const LISTENER: Token = Token(usize::MAX);
/// For the handshake, and for the end of a connection that is closing.
const PATIENCE: Duration = Duration::from_secs(10);

struct Peer {
    socket: TcpStream,
    phase: Phase,
    /// When a handshake has to be done, or a closing connection gone.
    deadline: Instant,
    /// What does not fit the shared buffers: `None` in an idle connection.
    leftover: Option<Box<Leftover>>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly all peers are open, and a box would be one more allocation"
)]
enum Phase {
    Handshake(Box<Handshake>),
    Open(Connection),
    /// Everything has been said; the socket ends when the peer has read it.
    Ending,
}

#[derive(Default)]
struct Leftover {
    unwritten: Vec<u8>,
    store: MessageBuf,
}

/// What all connections use in turn.
struct Shared {
    buf: Vec<u8>,
    out: Vec<u8>,
    store: MessageBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let mut listener = TcpListener::bind(address.parse()?)?;
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("listening on {}", listener.local_addr()?);

    let mut shared = Shared { buf: vec![0; 64 * 1024], out: Vec::new(), store: MessageBuf::new() };
    let mut peers: Vec<Option<Peer>> = Vec::new();
    let mut free = Vec::new();
    // All waits are equally long, so the deadlines are in order.
    let mut deadlines: VecDeque<(Instant, usize)> = VecDeque::new();
    let mut events = Events::with_capacity(1024);
    loop {
        let timeout = deadlines.front().map(|(at, _)| at.saturating_duration_since(Instant::now()));
        match poll.poll(&mut events, timeout) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut peers, &mut free, &mut deadlines)?;
                continue;
            }
            let slot = event.token().0;
            let Some(Some(peer)) = peers.get_mut(slot) else { continue };
            let was_open = peer.is_open();
            match peer.turn(&mut shared, event.is_read_closed()) {
                // A peer that is closing, or never was open, has to be gone in time.
                Ok(true) if was_open && !peer.is_open() => {
                    peer.deadline = Instant::now() + PATIENCE;
                    deadlines.push_back((peer.deadline, slot));
                }
                Ok(true) => {}
                Ok(false) | Err(_) => {
                    peers[slot] = None;
                    free.push(slot);
                    // What was not written was for this peer only, and so was half a message.
                    shared.out.clear();
                    shared.store = MessageBuf::new();
                }
            }
        }
        let now = Instant::now();
        while let Some(&(_, slot)) = deadlines.front().filter(|(at, _)| *at <= now) {
            deadlines.pop_front();
            if peers[slot].as_ref().is_some_and(|peer| !peer.is_open() && peer.deadline <= now) {
                peers[slot] = None;
                free.push(slot);
            }
        }
    }
}

fn accept(
    listener: &TcpListener,
    poll: &Poll,
    peers: &mut Vec<Option<Peer>>,
    free: &mut Vec<usize>,
    deadlines: &mut VecDeque<(Instant, usize)>,
) -> io::Result<()> {
    loop {
        let mut socket = match listener.accept() {
            Ok((socket, _)) => socket,
            // None is waiting, or one has gone away, or there is no free descriptor: the others go on.
            Err(_) => return Ok(()),
        };
        socket.set_nodelay(true)?;
        let slot = free.pop().unwrap_or(peers.len());
        poll.registry().register(&mut socket, Token(slot), Interest::READABLE | Interest::WRITABLE)?;
        let deadline = Instant::now() + PATIENCE;
        let peer = Peer { socket, phase: Phase::Handshake(Box::default()), deadline, leftover: None };
        if slot == peers.len() {
            peers.push(Some(peer))
        } else {
            peers[slot] = Some(peer)
        }
        deadlines.push_back((deadline, slot));
    }
}

impl Peer {
    fn is_open(&self) -> bool {
        matches!(&self.phase, Phase::Open(conn) if conn.transport() == Transport::Open)
    }

    /// Reads and writes until the socket would block; false when the connection is over.
    fn turn(&mut self, shared: &mut Shared, read_closed: bool) -> io::Result<bool> {
        loop {
            if let Some(leftover) = &mut self.leftover {
                // Nothing more is read from a peer that does not read.
                if !write_some(&mut self.socket, &mut leftover.unwritten)? {
                    return Ok(true);
                }
                self.after_write()?;
            }
            let count = match self.socket.read(&mut shared.buf) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let is_more = count == shared.buf.len() || read_closed;
            self.receive(count, shared);
            let written = write_some(&mut self.socket, &mut shared.out)?;
            if !written || !shared.store.is_empty() {
                let leftover = self.leftover.get_or_insert_default();
                leftover.unwritten.append(&mut shared.out);
                std::mem::swap(&mut leftover.store, &mut shared.store);
            }
            if count == 0 {
                return Ok(false);
            }
            if written {
                self.after_write()?;
                // A short read has emptied the socket: the next bytes are a new event.
                if !is_more {
                    return Ok(true);
                }
            }
        }
    }

    /// Hands what was read to the connection, and its answers to the output.
    fn receive(&mut self, count: usize, shared: &mut Shared) {
        let Shared { buf, out, store } = shared;
        if let Some(leftover) = self.leftover.take() {
            *store = leftover.store;
        }
        let mut input = Input::new(&mut buf[..count]);
        if let Phase::Handshake(handshake) = &mut self.phase {
            let accepted = match handshake.receive(&mut input, out) {
                None => return,
                Some(Ok(request)) => request.accept(&Accept::new(), Config::default(), out).ok(),
                Some(Err(_)) => None,
            };
            self.phase = accepted.map_or(Phase::Ending, Phase::Open);
        }
        let Phase::Open(conn) = &mut self.phase else { return };
        while let Some(event) = conn.receive_message(&mut input, store, out) {
            if let Event::Data(message) = event {
                // An error would say that this side has closed, which is no reason to stop reading.
                let _ = conn.send(message, out);
            }
        }
        if count == 0 {
            conn.receive_eof(out);
        }
    }

    fn after_write(&mut self) -> io::Result<()> {
        let is_over = match &self.phase {
            Phase::Open(conn) => conn.transport() == Transport::HalfClose,
            Phase::Ending => true,
            Phase::Handshake(_) => false,
        };
        if is_over { self.socket.shutdown(Shutdown::Write).or(Ok(())) } else { Ok(()) }
    }
}

/// One write, or more if the socket takes a part; whether all is written.
fn write_some(socket: &mut TcpStream, out: &mut Vec<u8>) -> io::Result<bool> {
    let mut written = 0;
    while written < out.len() {
        match socket.write(&out[written..]) {
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    out.drain(..written);
    Ok(out.is_empty())
}

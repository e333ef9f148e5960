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
const PATIENCE: Seconds = 10;
/// So that one peer that always has more does not starve the others.
const READS_PER_TURN: usize = 16;

/// Whole seconds since the server began: a quarter of an `Instant`, in each connection.
type Seconds = u32;

struct Peer {
    socket: TcpStream,
    phase: Phase,
    /// When a handshake has to be done, or a closing connection gone.
    deadline: Seconds,
    /// What does not fit the shared buffers: `None` in an idle connection.
    leftover: Option<Box<Leftover>>,
}

#[expect(
    clippy::large_enum_variant,
    reason = "nearly all peers are open, and a box would be one more allocation"
)]
enum Phase {
    Handshake(Box<Handshake>),
    /// The refusal is to be written.
    Refused,
    Open(Connection),
    /// Everything has been written; the socket ends when the peer has read it.
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

/// How a turn of a peer ended.
enum Turn {
    /// The socket would block: an event tells when it does no more.
    Wait,
    /// There may be more to read, but others have to come first.
    Again,
    Over,
}

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let mut listener = TcpListener::bind(address.parse()?)?;
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("listening on {}", listener.local_addr()?);
    let (start, peers, free) = (Instant::now(), Vec::with_capacity(1024), Vec::new());
    Server { start, listener, poll, peers, free, deadlines: VecDeque::new() }.run()
}

struct Server {
    start: Instant,
    listener: TcpListener,
    poll: Poll,
    peers: Vec<Option<Peer>>,
    free: Vec<usize>,
    /// All waits are equally long, so the deadlines are in order.
    deadlines: VecDeque<(Seconds, usize)>,
}

impl Server {
    fn run(&mut self) -> Result<(), Box<dyn Error>> {
        let mut shared = Shared { buf: vec![0; 64 * 1024], out: Vec::new(), store: MessageBuf::new() };
        let mut events = Events::with_capacity(1024);
        // Those whose turn was cut short, and whether connections may be waiting that could not be accepted.
        let (mut again, mut accept_again): (Vec<usize>, bool) = (Vec::new(), false);
        loop {
            let wait = |at: Seconds| Duration::from_secs(at.into()).saturating_sub(self.start.elapsed());
            let due = self.deadlines.front().map(|(at, _)| wait(*at));
            let retry = accept_again.then_some(Duration::from_millis(100));
            let timeout =
                if again.is_empty() { due.into_iter().chain(retry).min() } else { Some(Duration::ZERO) };
            match self.poll.poll(&mut events, timeout) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            for slot in std::mem::take(&mut again) {
                self.turn(slot, false, &mut shared, &mut again);
            }
            for event in &events {
                if event.token() == LISTENER {
                    accept_again = true;
                } else {
                    self.turn(event.token().0, event.is_read_closed(), &mut shared, &mut again);
                }
            }
            if accept_again {
                accept_again = !self.accept();
            }
            self.expire();
        }
    }

    /// Accepts all that are waiting; false if one could not be accepted, which is tried again.
    fn accept(&mut self) -> bool {
        loop {
            let mut socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => continue,
                // Such as no free descriptor.
                Err(_) => return false,
            };
            let slot = self.free.pop().unwrap_or(self.peers.len());
            let interest = Interest::READABLE | Interest::WRITABLE;
            let ready = socket
                .set_nodelay(true)
                .and_then(|()| self.poll.registry().register(&mut socket, Token(slot), interest));
            if ready.is_err() {
                self.free.extend((slot < self.peers.len()).then_some(slot));
                continue;
            }
            let deadline = deadline(self.start);
            let phase = Phase::Handshake(Box::default());
            let peer = Peer { socket, phase, deadline, leftover: None };
            if slot == self.peers.len() {
                self.peers.push(Some(peer))
            } else {
                self.peers[slot] = Some(peer)
            }
            self.deadlines.push_back((deadline, slot));
        }
    }

    fn turn(&mut self, slot: usize, read_closed: bool, shared: &mut Shared, again: &mut Vec<usize>) {
        let Some(Some(peer)) = self.peers.get_mut(slot) else { return };
        let was_open = peer.is_open();
        let turn = peer.turn(shared, read_closed);
        if was_open && !peer.is_open() {
            peer.deadline = deadline(self.start);
            self.deadlines.push_back((peer.deadline, slot));
        }
        match turn {
            Ok(Turn::Wait) => {}
            Ok(Turn::Again) => again.push(slot),
            Ok(Turn::Over) | Err(_) => {
                self.drop(slot);
                // What was not written was for this peer only, and so was half a message.
                shared.out.clear();
                shared.store.clear();
            }
        }
    }

    /// Drops those whose handshake or end takes too long, and forgets the deadlines that were kept.
    fn expire(&mut self) {
        while let Some(&(at, slot)) = self.deadlines.front() {
            let is_awaited = |peer: &Peer| !peer.is_open() && peer.deadline == at;
            if self.peers[slot].as_ref().is_some_and(is_awaited) {
                if self.start.elapsed().as_secs() < at.into() {
                    break;
                }
                self.drop(slot);
            }
            self.deadlines.pop_front();
        }
    }

    fn drop(&mut self, slot: usize) {
        self.peers[slot] = None;
        self.free.push(slot);
    }
}

/// For what begins to wait now; the second that has begun does not count.
fn deadline(start: Instant) -> Seconds {
    start.elapsed().as_secs() as Seconds + 1 + PATIENCE
}

impl Peer {
    fn is_open(&self) -> bool {
        matches!(&self.phase, Phase::Open(conn) if conn.transport() == Transport::Open)
    }

    /// Reads and writes until the socket would block, or long enough for one turn.
    fn turn(&mut self, shared: &mut Shared, read_closed: bool) -> io::Result<Turn> {
        for _ in 0..READS_PER_TURN {
            if let Some(leftover) = &mut self.leftover {
                // Nothing more is read from a peer that does not read.
                if !write_some(&mut self.socket, &mut leftover.unwritten)? {
                    return Ok(Turn::Wait);
                }
                shared.out.append(&mut leftover.unwritten);
                std::mem::swap(&mut leftover.store, &mut shared.store);
                self.leftover = None;
            }
            let count = match self.socket.read(&mut shared.buf) {
                Ok(count) => Some(count),
                Err(error) if error.kind() == ErrorKind::WouldBlock => None,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if let Some(count) = count {
                self.receive(count, shared);
            }
            let is_written = self.write(shared)?;
            if !is_written || !shared.store.is_empty() {
                let leftover = self.leftover.get_or_insert_default();
                leftover.unwritten.append(&mut shared.out);
                std::mem::swap(&mut leftover.store, &mut shared.store);
            }
            match count {
                Some(0) => return Ok(Turn::Over),
                // A short read has emptied the socket: the next bytes are a new event.
                Some(count) if count == shared.buf.len() || read_closed || !is_written => {}
                _ => return Ok(Turn::Wait),
            }
        }
        Ok(Turn::Again)
    }

    /// Hands what was read to the connection, and its answers to the output.
    fn receive(&mut self, count: usize, shared: &mut Shared) {
        let Shared { buf, out, store } = shared;
        let mut input = Input::new(&mut buf[..count]);
        if let Phase::Handshake(handshake) = &mut self.phase {
            let accepted = match handshake.receive(&mut input, out) {
                None => return,
                Some(Ok(request)) => request.accept(&Accept::new(), Config::default(), out).ok(),
                Some(Err(_)) => None,
            };
            self.phase = accepted.map_or(Phase::Refused, Phase::Open);
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

    /// Writes the output; whether all of it. Then a Pong held back may go, and the socket may end.
    fn write(&mut self, shared: &mut Shared) -> io::Result<bool> {
        loop {
            if !write_some(&mut self.socket, &mut shared.out)? {
                return Ok(false);
            }
            let is_over = match &mut self.phase {
                Phase::Open(conn) => {
                    conn.resume(&mut shared.out);
                    conn.transport() == Transport::HalfClose
                }
                Phase::Refused => true,
                Phase::Handshake(_) | Phase::Ending => false,
            };
            if shared.out.is_empty() {
                if is_over {
                    // Nothing that still comes matters, but closing with input unread would be a reset.
                    let _ = self.socket.shutdown(Shutdown::Write);
                    self.phase = Phase::Ending;
                }
                return Ok(true);
            }
        }
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

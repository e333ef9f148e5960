//! Load for one echo server, in one thread.
//!
//! `load echo ADDR PID raw|ws CONNECTIONS DEPTH PAYLOAD WARM_MS MEASURE_MS` sends DEPTH binary messages at once on
//! each connection, and the next so many when all of these have come back. The first echoes are compared with what
//! was sent, of all later ones the bytes are counted. Prints, as JSON, what was echoed in the measured time and
//! what it cost the process PID in CPU time, on all its threads.
//!
//! `load idle ADDR PID raw|ws CONNECTIONS` prints what each open connection adds to the resident memory of PID.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use std::{env, fs, net, thread};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use nix::sys::socket::{setsockopt, sockopt};
use nix::time::clock_getcpuclockid;
use nix::unistd::Pid;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
/// Of that key.
const ACCEPT: &[u8] = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
const PATIENCE: Duration = Duration::from_secs(20);

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["echo", address, server, kind, connections, depth, payload, warm, measure] => {
            let batch = Batch::new(kind == "raw", depth.parse()?, payload.parse()?);
            let mut load = Load::new(address.parse()?, kind == "raw", connections.parse()?, batch)?;
            load.verify()?;
            load.run(Duration::from_millis(warm.parse()?), usize::MAX)?;
            let (time, bytes) = (Instant::now(), load.bytes);
            let cpu = (cpu_time(server.parse()?)?, cpu_time(0)?);
            load.run(Duration::from_millis(measure.parse()?), usize::MAX)?;
            let seconds = time.elapsed().as_secs_f64();
            let cpu = (cpu_time(server.parse()?)? - cpu.0, cpu_time(0)? - cpu.1);
            let messages = (load.bytes - bytes) as f64 / load.batch.reply as f64;
            load.finish()?;
            settle(server.parse()?)?;
            println!(
                "{{\"messages\":{messages:.1},\"seconds\":{seconds:.6},\"server_cpu_ns\":{},\"load_cpu_ns\":{}}}",
                cpu.0.as_nanos(),
                cpu.1.as_nanos()
            );
        }
        ["idle", address, server, kind, connections] => {
            let (address, count): (_, usize) = (address.parse()?, connections.parse()?);
            // What a server needs once and for all is there after a few connections have come and gone.
            drop(connect(address, kind == "raw", 100)?);
            settle(server.parse()?)?;
            let before = resident(server)?;
            let sockets = connect(address, kind == "raw", count)?;
            settle(server.parse()?)?;
            let each = (resident(server)? as f64 - before as f64) / count as f64;
            println!("{{\"connections\":{},\"bytes_per_connection\":{each:.1}}}", sockets.len());
        }
        _ => return Err("load echo|idle ADDR PID raw|ws ..., see the source".into()),
    }
    Ok(())
}

/// What is sent on each connection at once, and what comes back.
struct Batch {
    sent: Vec<u8>,
    echoed: Vec<u8>,
    /// Bytes of one message on its way back.
    reply: usize,
}

impl Batch {
    fn new(is_raw: bool, depth: usize, length: usize) -> Self {
        let payload: Vec<u8> = (0..length).map(|index| (index * 31 + 7) as u8).collect();
        let masked: Vec<u8> = payload.iter().enumerate().map(|(at, byte)| byte ^ KEY[at % 4]).collect();
        let frame = [header(0x80, length), KEY.to_vec(), masked].concat();
        let reply = if is_raw { frame.clone() } else { [header(0, length), payload].concat() };
        Self { sent: frame.repeat(depth), echoed: reply.repeat(depth), reply: reply.len() }
    }
}

fn header(mask: u8, length: usize) -> Vec<u8> {
    match length {
        0..=125 => vec![0x82, mask | length as u8],
        126..=0xffff => [&[0x82, mask | 126][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[0x82, mask | 127][..], &(length as u64).to_be_bytes()].concat(),
    }
}

struct Load {
    poll: Poll,
    events: Events,
    peers: Vec<Peer>,
    buf: Vec<u8>,
    batch: Batch,
    /// Bytes echoed on all connections, and batches begun.
    bytes: u64,
    batches: u64,
}

struct Peer {
    socket: TcpStream,
    /// Of the batch, how many bytes are sent and how many have come back.
    sent: usize,
    echoed: usize,
    /// How many batches it may still begin.
    batches: usize,
}

impl Load {
    fn new(address: SocketAddr, is_raw: bool, connections: usize, batch: Batch) -> Result<Self, Failure> {
        let poll = Poll::new()?;
        let mut peers = Vec::with_capacity(connections);
        for (token, socket) in connect(address, is_raw, connections)?.into_iter().enumerate() {
            socket.set_nonblocking(true)?;
            let mut socket = TcpStream::from_std(socket);
            poll.registry().register(&mut socket, Token(token), Interest::READABLE | Interest::WRITABLE)?;
            peers.push(Peer { socket, sent: batch.sent.len(), echoed: batch.echoed.len(), batches: 0 });
        }
        let (buf, events) = (vec![0; 256 * 1024], Events::with_capacity(1024));
        Ok(Self { poll, events, peers, buf, batch, bytes: 0, batches: 0 })
    }

    /// One batch on each connection, compared.
    fn verify(&mut self) -> Result<(), Failure> {
        self.turns(PATIENCE, 1, true)?;
        self.check_all_is_back()
    }

    /// As many batches as there is time for, at most `batches` on each connection.
    fn run(&mut self, time: Duration, batches: usize) -> Result<(), Failure> {
        self.turns(time, batches, false)
    }

    /// Waits for what is under way, and not one byte more.
    fn finish(mut self) -> Result<(), Failure> {
        self.turns(PATIENCE, 0, false)?;
        self.check_all_is_back()?;
        // More than what was due would come now.
        thread::sleep(Duration::from_millis(5));
        for peer in &mut self.peers {
            match peer.socket.read(&mut self.buf) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                other => return Err(format!("after all echoes: {other:?}").into()),
            }
        }
        Ok(())
    }

    fn check_all_is_back(&self) -> Result<(), Failure> {
        match self.batches * self.batch.echoed.len() as u64 == self.bytes {
            true => Ok(()),
            false => Err(format!("{} bytes came back of {} batches", self.bytes, self.batches).into()),
        }
    }

    fn turns(&mut self, time: Duration, batches: usize, compare: bool) -> Result<(), Failure> {
        let end = Instant::now() + time;
        let mut at_work = 0;
        for peer in &mut self.peers {
            peer.batches = batches;
            // In later runs the last batch may still be under way: then an event goes on with it.
            if peer.echoed == self.batch.echoed.len() && peer.begin() {
                self.batches += 1;
                peer.write(&self.batch.sent)?;
            }
            at_work += usize::from(peer.echoed < self.batch.echoed.len());
        }
        while at_work > 0 {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return if batches < usize::MAX { Err("echoes are missing".into()) } else { Ok(()) };
            }
            match self.poll.poll(&mut self.events, Some(left)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                result => result?,
            }
            for event in &self.events {
                let peer = &mut self.peers[event.token().0];
                if event.is_writable() {
                    peer.write(&self.batch.sent)?;
                }
                if !event.is_readable() {
                    continue;
                }
                loop {
                    let count = match peer.socket.read(&mut self.buf) {
                        Ok(0) => return Err("the server closed".into()),
                        Ok(count) => count,
                        Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                        Err(error) => return Err(error.into()),
                    };
                    let Some(due) = self.batch.echoed.get(peer.echoed..peer.echoed + count) else {
                        return Err("more came back than was sent".into());
                    };
                    if compare && due != &self.buf[..count] {
                        return Err("an echo differs".into());
                    }
                    peer.echoed += count;
                    self.bytes += count as u64;
                    if peer.echoed == self.batch.echoed.len() {
                        if peer.begin() {
                            self.batches += 1;
                            peer.write(&self.batch.sent)?;
                        } else {
                            at_work -= 1;
                        }
                    }
                    // A short read has emptied the socket: the next bytes are a new event.
                    if count < self.buf.len() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Peer {
    fn begin(&mut self) -> bool {
        let Some(batches) = self.batches.checked_sub(1) else { return false };
        (self.batches, self.sent, self.echoed) = (batches, 0, 0);
        true
    }

    fn write(&mut self, batch: &[u8]) -> io::Result<()> {
        while self.sent < batch.len() {
            match self.socket.write(&batch[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Connections that have done their handshake. Their end is a reset, which leaves no port waiting.
fn connect(address: SocketAddr, is_raw: bool, count: usize) -> Result<Vec<net::TcpStream>, Failure> {
    let mut sockets = Vec::with_capacity(count);
    // Some at a time: the system's queue of connections not yet accepted is short.
    while sockets.len() < count {
        let old = sockets.len();
        for _ in old..count.min(old + 100) {
            let socket = net::TcpStream::connect(address)?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            setsockopt(&socket, sockopt::Linger, &libc::linger { l_onoff: 1, l_linger: 0 })?;
            sockets.push(socket);
        }
        for socket in &mut sockets[old..] {
            socket.write_all(if is_raw { b"hello" } else { REQUEST })?;
        }
        for socket in &mut sockets[old..] {
            read_answer(socket, is_raw)?;
        }
    }
    Ok(sockets)
}

fn read_answer(socket: &mut net::TcpStream, is_raw: bool) -> Result<(), Failure> {
    let (mut head, mut buf) = (Vec::new(), [0; 1024]);
    while !head.ends_with(if is_raw { b"hello" } else { b"\r\n\r\n" }) {
        match socket.read(&mut buf)? {
            0 => return Err("the server closed in the handshake".into()),
            count => head.extend_from_slice(&buf[..count]),
        }
    }
    let is_accepted = is_raw || head.starts_with(b"HTTP/1.1 101 ") && contains(&head, ACCEPT);
    if is_accepted { Ok(()) } else { Err("the handshake was refused".into()) }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// CPU time of a process, or with 0 of this one: user and system, to the nanosecond.
fn cpu_time(process: i32) -> Result<Duration, Failure> {
    Ok(clock_getcpuclockid(Pid::from_raw(process))?.now()?.into())
}

/// Until the server is done with what has ended.
fn settle(server: i32) -> Result<(), Failure> {
    let mut before = cpu_time(server)?;
    for _ in 0..200 {
        thread::sleep(Duration::from_millis(10));
        let now = cpu_time(server)?;
        if now - before < Duration::from_micros(500) {
            break;
        }
        before = now;
    }
    Ok(())
}

/// In bytes.
fn resident(process: &str) -> Result<u64, Failure> {
    let fields = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let line = fields.lines().find(|line| line.starts_with("Rss:")).ok_or("no Rss in smaps_rollup")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number in Rss")?.parse::<u64>()? * 1024)
}

//! Load and faults for an echo server: `load ADDR [SECONDS] [CONNECTIONS]`, by default 60 and 1,000.
//!
//! Each thread is a client that connects again and again: it sends random messages in random segments, compares
//! the echoes, and ends in a random way, lawful or not. Besides, some never read, and some never finish their
//! handshake. Prints what was done; a wrong or missing echo ends in an error.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, process};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sansws::handshake::client::{Handshake, Request};
use sansws::{CloseCode, Config, Connection, Event, Input, Kind, Message, MessageBuf, Transport};

static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
static MESSAGES: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);
static PONGS: AtomicU64 = AtomicU64::new(0);
static CLEAN: AtomicU64 = AtomicU64::new(0);
static FAULTS: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);
static RETRIES: AtomicU64 = AtomicU64::new(0);

const PATIENCE: Duration = Duration::from_secs(30);

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = env::args().skip(1);
    let address: SocketAddr = args.next().ok_or("load ADDR [SECONDS] [CONNECTIONS]")?.parse()?;
    let seconds: u64 = args.next().map_or(Ok(60), |text| text.parse())?;
    let connections: u64 = args.next().map_or(Ok(1000), |text| text.parse())?;
    let end = Instant::now() + Duration::from_secs(seconds);

    let mut threads = Vec::new();
    for number in 0..connections {
        let work = move || {
            let mut random = StdRng::seed_from_u64(number);
            let result = match number % 100 {
                98 => never_read(address, end, &mut random),
                99 => never_finish(address, end),
                _ => talk(address, end, &mut random),
            };
            if let Err(error) = result {
                eprintln!("client {number}: {error}");
                process::exit(1);
            }
        };
        threads.push(thread::Builder::new().stack_size(256 << 10).spawn(work)?);
    }
    for thread in threads {
        thread.join().map_err(|_| "a client panicked")?;
    }
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "load: {} connections, {} messages and {} MiB echoed, {} pongs, {} clean closes, {} faults, {} slow heads refused, {} retries",
        count(&CONNECTIONS),
        count(&MESSAGES),
        count(&BYTES) >> 20,
        count(&PONGS),
        count(&CLEAN),
        count(&FAULTS),
        count(&REFUSED),
        count(&RETRIES),
    );
    Ok(())
}

fn talk(address: SocketAddr, end: Instant, random: &mut StdRng) -> Result<(), Failure> {
    // Not all at once: the system's queue of connections not yet accepted is short.
    thread::sleep(Duration::from_millis(random.random_range(0..1000)));
    while Instant::now() < end {
        let mut client = match Client::connect(address, random) {
            Ok(client) => client,
            // The system's queue of connections was full, and the server has never seen this one.
            Err(error) if error.downcast_ref().is_some_and(is_reset) => {
                RETRIES.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            Err(error) => return Err(format!("connecting: {error}").into()),
        };
        for _ in 0..random.random_range(0..20) {
            client.exchange(random).map_err(|error| format!("exchanging: {error}"))?;
            thread::sleep(Duration::from_millis(random.random_range(0..100)));
        }
        let ending = random.random_range(0..8);
        let ended = match ending {
            0 => client.drop_inside_a_frame(random),
            1 => client.half_close_inside_a_message(random),
            2 => client.drop_with_input_unread(random),
            3 => client.break_a_rule(),
            _ => client.close(random),
        };
        ended.map_err(|error| format!("ending {ending}: {error}"))?;
    }
    Ok(())
}

fn is_reset(error: &io::Error) -> bool {
    error.kind() == ErrorKind::ConnectionReset
}

/// Sends without ever reading, until the server takes no more, and then a while.
fn never_read(address: SocketAddr, end: Instant, random: &mut StdRng) -> Result<(), Failure> {
    let mut client = Client::connect(address, random)?;
    client.socket.set_write_timeout(Some(Duration::from_secs(1)))?;
    let payload = vec![1; 256 << 10];
    while Instant::now() < end {
        client.out.clear();
        client.conn.send(&payload, &mut client.out)?;
        client.conn.ping(b"are you there?", &mut client.out)?;
        match client.socket.write_all(&client.out) {
            // A part of a frame may have been written: nothing lawful can follow.
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
            result => result?,
        }
    }
    FAULTS.fetch_add(1, Ordering::Relaxed);
    thread::sleep(end.saturating_duration_since(Instant::now()));
    Ok(())
}

/// Sends a head a byte at a time. The server has to give up, but not before some time has passed.
fn never_finish(address: SocketAddr, end: Instant) -> Result<(), Failure> {
    while Instant::now() < end {
        let mut socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(Duration::from_millis(200)))?;
        let head = b"GET / HTTP/1.1\r\nX-Slow: ".iter().copied().chain(std::iter::repeat(b'a'));
        for byte in head {
            let went = socket.write_all(&[byte]).and_then(|()| socket.read(&mut [0; 100]));
            match went {
                // The server has nothing to say yet.
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                _ => {
                    REFUSED.fetch_add(1, Ordering::Relaxed);
                    break;
                }
            }
            if Instant::now() >= end {
                break;
            }
        }
    }
    Ok(())
}

struct Client {
    socket: TcpStream,
    conn: Connection,
    store: MessageBuf,
    buf: Vec<u8>,
    out: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr, random: &mut StdRng) -> Result<Self, Failure> {
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let (mut out, mut buf) = (Vec::new(), vec![0; 16 << 10]);
        let request = Request::new(format!("ws://{address}/load").parse()?);
        let mut handshake = Handshake::start(&request, random.random(), &mut out)?;
        // When its queue of connections is full, Linux goes over to SYN cookies, and seems to take a first segment
        // of up to three bytes that it dropped for never sent: a request was once answered as if its method were
        // cut. A longer one ends in a reset.
        let mut rest = out.split_off(4);
        socket.write_all(&out)?;
        write_in_segments(&mut socket, &mut rest, random)?;
        let response = loop {
            let count = socket.read(&mut buf)?;
            if count == 0 {
                return Err("the server closed inside the handshake".into());
            }
            if let Some(response) = handshake.receive(&mut Input::new(&mut buf[..count])) {
                break response?;
            }
        };
        let conn = response.finish(Config::new(), random.random())?;
        CONNECTIONS.fetch_add(1, Ordering::Relaxed);
        Ok(Self { socket, conn, store: MessageBuf::new(), buf, out: rest })
    }

    /// Sends one message, in one frame or several, with Pings in between, and compares what comes back.
    fn exchange(&mut self, random: &mut StdRng) -> Result<(), Failure> {
        let length = match random.random_range(0..100) {
            0 => random.random_range(0..1 << 20),
            1..10 => random.random_range(0..1 << 16),
            _ => random.random_range(0..300),
        };
        let text: String = (0..length / 3).map(|_| if random.random() { 'a' } else { 'κ' }).collect();
        let binary: Vec<u8> = (0..length).map(|_| random.random()).collect();
        let message = if random.random() { Message::Text(&text) } else { Message::Binary(&binary) };
        if random.random() {
            self.conn.send(message, &mut self.out)?;
        } else {
            let mut rest = message.as_bytes();
            loop {
                let (piece, after) = rest.split_at(random.random_range(0..=rest.len()));
                self.conn.send_fragment(message.kind(), piece, after.is_empty(), &mut self.out)?;
                if after.is_empty() {
                    break;
                }
                rest = after;
                self.conn.ping(b"ping", &mut self.out)?;
            }
        }
        write_in_segments(&mut self.socket, &mut self.out, random)?;
        loop {
            let count = self.socket.read(&mut self.buf)?;
            if count == 0 {
                return Err("the server closed before its echo".into());
            }
            let mut input = Input::new(&mut self.buf[..count]);
            while let Some(event) = self.conn.receive_message(&mut input, &mut self.store, &mut self.out) {
                match event {
                    Event::Data(echo) if echo == message => {
                        MESSAGES.fetch_add(1, Ordering::Relaxed);
                        BYTES.fetch_add(message.as_bytes().len() as u64, Ordering::Relaxed);
                        if !input.is_empty() {
                            return Err("more than an echo".into());
                        }
                        return Ok(());
                    }
                    Event::Pong if self.conn.control_payload() == b"ping" => {
                        PONGS.fetch_add(1, Ordering::Relaxed);
                    }
                    other => {
                        return Err(format!("{other:?} is no echo")
                            .chars()
                            .take(200)
                            .collect::<String>()
                            .into());
                    }
                }
            }
        }
    }

    /// The closing handshake by the book.
    fn close(mut self, random: &mut StdRng) -> Result<(), Failure> {
        let code = CloseCode(random.random_range(3000..5000));
        self.conn.close(Some(code), "done", &mut self.out)?;
        write_in_segments(&mut self.socket, &mut self.out, random)?;
        self.read_to_end()?;
        match self.conn.outcome() {
            Some(outcome) if outcome.was_clean && outcome.code == code => {
                CLEAN.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
            other => Err(format!("not a clean close: {other:?}").into()),
        }
    }

    fn drop_inside_a_frame(mut self, random: &mut StdRng) -> Result<(), Failure> {
        self.conn.send(&[1; 1000], &mut self.out)?;
        let cut = random.random_range(0..self.out.len());
        self.socket.write_all(&self.out[..cut])?;
        FAULTS.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The server may still answer, and has to close.
    fn half_close_inside_a_message(mut self, random: &mut StdRng) -> Result<(), Failure> {
        self.conn.send_fragment(Kind::Binary, &[1; 1000], false, &mut self.out)?;
        write_in_segments(&mut self.socket, &mut self.out, random)?;
        self.socket.shutdown(Shutdown::Write)?;
        self.read_to_end()?;
        FAULTS.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Closing with input unread makes the system reset the connection.
    fn drop_with_input_unread(mut self, random: &mut StdRng) -> Result<(), Failure> {
        self.conn.send(&vec![1; 100_000], &mut self.out)?;
        write_in_segments(&mut self.socket, &mut self.out, random)?;
        thread::sleep(Duration::from_millis(10));
        FAULTS.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// The server says 1002 and closes, whatever follows.
    fn break_a_rule(mut self) -> Result<(), Failure> {
        self.socket.write_all(b"\x83\x80\0\0\0\0")?;
        self.socket.write_all(&[0xff; 5000])?;
        self.read_to_end()?;
        FAULTS.fetch_add(1, Ordering::Relaxed);
        match self.conn.outcome() {
            Some(outcome) if outcome.code == CloseCode::PROTOCOL_ERROR => Ok(()),
            other => Err(format!("not failed with 1002: {other:?}").into()),
        }
    }

    fn read_to_end(&mut self) -> Result<(), Failure> {
        while self.conn.transport() != Transport::Close {
            let count = self.socket.read(&mut self.buf)?;
            let mut input = Input::new(&mut self.buf[..count]);
            while self.conn.receive_message(&mut input, &mut self.store, &mut self.out).is_some() {}
            if count == 0 {
                // What is left would answer a Close that came first.
                self.out.clear();
                self.conn.receive_eof(&self.out);
            }
        }
        Ok(())
    }
}

/// Writes all of `out` in pieces of random size.
fn write_in_segments(socket: &mut TcpStream, out: &mut Vec<u8>, random: &mut StdRng) -> io::Result<()> {
    let mut rest = &out[..];
    while !rest.is_empty() {
        // A few small ones at first, then whatever is left.
        let size = if random.random_range(0..4) == 0 {
            rest.len()
        } else {
            random.random_range(1..=rest.len().min(2000))
        };
        let (piece, after) = rest.split_at(size);
        socket.write_all(piece)?;
        rest = after;
    }
    out.clear();
    Ok(())
}

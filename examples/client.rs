//! A client for the terminal: `client [OPTIONS] URL`.
//!
//! Lines from standard input go out as text messages, messages are printed. One thread reads standard input,
//! one the socket; both report to the loop that drives the connection.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use lexopt::{Arg, ValueExt};
use sansws::handshake::Uri;
use sansws::handshake::client::{Handshake, Request};
use sansws::timer::{Backoff, Expired, Timeouts, Timers};
use sansws::{CloseCode, Config, Connection, Event, Input, Message, MessageBuf, Outcome, Transport, entropy};

const HELP: &str = "\
client [OPTIONS] URL

Sends the lines of standard input as text messages and prints the messages that come.

  -p, --subprotocol NAME   offer a subprotocol; the favourite first
  -H, --header NAME:VALUE  add a header to the request
  -o, --origin ORIGIN      set the Origin header
      --no-reconnect       end when the connection does
  -h, --help               print this";

const MAX_REDIRECTS: usize = 10;
/// For a server to take what is written.
const PATIENCE: Duration = Duration::from_secs(20);

type Failure = Box<dyn Error>;

struct Options {
    uri: Uri,
    subprotocols: Vec<String>,
    headers: Vec<(String, String)>,
    reconnect: bool,
}

/// What the loop waits for. A number tells the reads of one socket from those of the next.
enum Turn {
    Line(String),
    EndOfLines,
    Bytes(u32, Vec<u8>),
    Eof(u32),
}

fn main() -> Result<(), Failure> {
    let options = parse_options()?;
    // A few turns at a time: a server that floods has to wait for this side.
    let (turns, inbox) = sync_channel(16);
    let lines = turns.clone();
    thread::spawn(move || {
        for line in io::stdin().lines().map_while(Result::ok) {
            if lines.send(Turn::Line(line)).is_err() {
                return;
            }
        }
        let _ = lines.send(Turn::EndOfLines);
    });

    let (mut backoff, mut is_done) = (Backoff::default(), false);
    for number in 0.. {
        let ended = connect(&options).and_then(|(socket, conn, rest)| {
            eprintln!("connected to {}", options.uri);
            backoff.reset();
            Session::new(number, socket, conn, turns.clone())?.run(rest, &inbox, &mut is_done)
        });
        match ended {
            Ok(()) => return Ok(()),
            // Without more lines to send there is nothing to come back for.
            Err(error) if !options.reconnect || is_done => return Err(error),
            Err(error) => {
                let delay = backoff.delay(u32::from_ne_bytes(entropy()?));
                eprintln!("{error}; connecting again in {:.1} s", delay.as_secs_f32());
                thread::sleep(delay);
            }
        }
    }
    Ok(())
}

fn parse_options() -> Result<Options, Failure> {
    let (mut uri, mut subprotocols, mut headers, mut reconnect) = (None, Vec::new(), Vec::new(), true);
    let mut parser = lexopt::Parser::from_env();
    while let Some(arg) = parser.next()? {
        match arg {
            Arg::Short('p') | Arg::Long("subprotocol") => subprotocols.push(parser.value()?.string()?),
            Arg::Short('H') | Arg::Long("header") => {
                let header = parser.value()?.string()?;
                let (name, value) = header.split_once(':').ok_or("a header is NAME:VALUE")?;
                headers.push((name.into(), value.trim().into()));
            }
            Arg::Short('o') | Arg::Long("origin") => {
                headers.push(("Origin".into(), parser.value()?.string()?));
            }
            Arg::Long("no-reconnect") => reconnect = false,
            Arg::Short('h') | Arg::Long("help") => {
                println!("{HELP}");
                std::process::exit(0);
            }
            Arg::Value(value) if uri.is_none() => uri = Some(value.string()?.parse()?),
            other => return Err(other.unexpected().into()),
        }
    }
    let uri = uri.ok_or("a URL is missing; --help tells more")?;
    Ok(Options { uri, subprotocols, headers, reconnect })
}

/// Connects and follows redirects; returns what came behind the response, too.
fn connect(options: &Options) -> Result<(TcpStream, Connection, Vec<u8>), Failure> {
    let mut uri = options.uri.clone();
    for _ in 0..=MAX_REDIRECTS {
        let mut request = Request::new(uri.clone());
        for name in &options.subprotocols {
            request = request.subprotocol(name);
        }
        for (name, value) in &options.headers {
            // What lets this user in at one host is not for another one.
            let is_secret =
                ["Authorization", "Cookie"].iter().any(|secret| secret.eq_ignore_ascii_case(name));
            if !is_secret || uri.authority() == options.uri.authority() {
                request = request.header(name, value);
            }
        }
        let (socket, response, rest) = ask(&request)?;
        let location =
            response.header("Location").filter(|_| matches!(response.status(), 301 | 302 | 303 | 307 | 308));
        match location {
            Some(location) => uri = uri.join(location)?,
            None => return Ok((socket, response.finish(Config::default(), entropy()?)?, rest)),
        }
    }
    Err(format!("more than {MAX_REDIRECTS} redirects").into())
}

fn ask(request: &Request) -> Result<(TcpStream, sansws::handshake::client::Response, Vec<u8>), Failure> {
    let uri = request.uri();
    if uri.is_secure() {
        return Err("wss: needs a TLS library, which this example goes without".into());
    }
    let deadline =
        Timeouts::new().handshake_deadline(Instant::now()).ok_or("there is a deadline by default")?;
    let left = || deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let mut refused = None;
    let socket = (uri.host(), uri.port()).to_socket_addrs()?.find_map(|address| {
        TcpStream::connect_timeout(&address, left()).map_err(|error| refused = Some(error)).ok()
    });
    let Some(mut socket) = socket else {
        return Err(refused.map_or("the host has no address".into(), Failure::from));
    };
    socket.set_nodelay(true)?;

    let mut out = Vec::new();
    let mut handshake = Handshake::start(request, entropy()?, &mut out)?;
    socket.write_all(&out)?;
    let mut buf = vec![0; 4096];
    loop {
        socket.set_read_timeout(Some(left()))?;
        let count = socket.read(&mut buf)?;
        if count == 0 || deadline <= Instant::now() {
            return Err("the server did not finish the handshake".into());
        }
        let mut input = Input::new(&mut buf[..count]);
        if let Some(response) = handshake.receive(&mut input) {
            socket.set_read_timeout(None)?;
            return Ok((socket, response?, input.into_rest().to_vec()));
        }
    }
}

struct Session {
    number: u32,
    socket: TcpStream,
    conn: Connection,
    store: MessageBuf,
    out: Vec<u8>,
    timers: Timers<Instant>,
    is_shut: bool,
}

impl Session {
    fn new(number: u32, socket: TcpStream, conn: Connection, turns: SyncSender<Turn>) -> io::Result<Self> {
        socket.set_write_timeout(Some(PATIENCE))?;
        let mut reader = socket.try_clone()?;
        thread::spawn(move || {
            let mut buf = vec![0; 16 * 1024];
            while let Ok(count @ 1..) = reader.read(&mut buf) {
                if turns.send(Turn::Bytes(number, buf[..count].to_vec())).is_err() {
                    return;
                }
            }
            let _ = turns.send(Turn::Eof(number));
        });
        let timers = Timers::new(Timeouts::new(), Instant::now());
        Ok(Self { number, socket, conn, store: MessageBuf::new(), out: Vec::new(), timers, is_shut: false })
    }

    /// Drives the connection to its end: `Ok` if that was meant.
    fn run(mut self, mut rest: Vec<u8>, inbox: &Receiver<Turn>, is_done: &mut bool) -> Result<(), Failure> {
        self.receive(&mut rest);
        loop {
            while !self.out.is_empty() && self.conn.transport() != Transport::Close {
                self.socket.write_all(&self.out)?;
                self.out.clear();
                self.timers.written(Instant::now(), &self.out);
                self.conn.resume(&mut self.out);
            }
            match self.conn.transport() {
                Transport::Open | Transport::AwaitEof => {}
                Transport::HalfClose => {
                    if !std::mem::replace(&mut self.is_shut, true) {
                        self.socket.shutdown(Shutdown::Write)?;
                    }
                }
                Transport::Close => return self.end(),
            }
            let now = Instant::now();
            let patience =
                self.timers.deadline().map_or(Duration::MAX, |at| at.saturating_duration_since(now));
            match inbox.recv_timeout(patience) {
                Ok(Turn::Line(line)) => self.conn.send(line.as_str(), &mut self.out)?,
                Ok(Turn::EndOfLines) => {
                    *is_done = true;
                    self.conn.close(Some(CloseCode::NORMAL), "", &mut self.out)?;
                }
                Ok(Turn::Bytes(number, mut bytes)) if number == self.number => self.receive(&mut bytes),
                Ok(Turn::Eof(number)) if number == self.number => self.conn.receive_eof(&self.out),
                // The last words of an earlier socket.
                Ok(Turn::Bytes(..) | Turn::Eof(_)) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            if let Some(Expired::Pong) = self.timers.poll(Instant::now(), self.conn.sender(), &mut self.out) {
                return Err("the server does not answer any more".into());
            }
        }
    }

    fn receive(&mut self, bytes: &mut [u8]) {
        self.timers.received(Instant::now());
        let mut input = Input::new(bytes);
        while let Some(event) = self.conn.receive_message(&mut input, &mut self.store, &mut self.out) {
            match event {
                Event::Data(Message::Text(text)) => println!("{text}"),
                Event::Data(Message::Binary(bytes)) => println!("[{} bytes]", bytes.len()),
                Event::Close(code) => {
                    let code = code.unwrap_or(CloseCode::NO_STATUS);
                    eprintln!("the server closes: {code} {}", self.conn.close_reason());
                }
                Event::Failed(violation) => eprintln!("the server broke the protocol: {violation}"),
                Event::Ping | Event::Pong => {}
            }
        }
    }

    fn end(&self) -> Result<(), Failure> {
        match self.conn.outcome() {
            Some(Outcome { was_clean: true, code: CloseCode::NORMAL | CloseCode::NO_STATUS, .. }) => Ok(()),
            // Also a server that goes down or restarts.
            Some(outcome) => Err(format!("the connection ended: {}", outcome.code).into()),
            None => Ok(()),
        }
    }
}

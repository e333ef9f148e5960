//! A socket that is never waited for: an HTTP request first, then perhaps a WebSocket connection.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use sansws::handshake::server::{Accept, Handshake, Request, Response};
use sansws::timer::{Timeouts, Timers};
use sansws::{CloseCode, Config, Connection, Event, Input, Message, MessageBuf, Prepared, State, Transport};

const PAGE: &str = include_str!("index.html");
const MAX_MESSAGE: u64 = 4 * 1024;
/// A client that leaves more than this unread is too slow, and dropped.
const MAX_QUEUE: usize = 256 * 1024;
/// From connecting to the handshake's end, or to the end of the page.
const REQUEST_TIME: Duration = Duration::from_secs(10);
const TIMEOUTS: Timeouts = Timeouts::new()
    .ping_interval(Some(Duration::from_secs(20)))
    .pong(Some(Duration::from_secs(10)))
    .close(Some(Duration::from_secs(5)));

pub(crate) struct Client {
    socket: TcpStream,
    /// Whether to try to read and write: until it would block, and again after an event.
    readable: bool,
    writable: bool,
    /// The client will send nothing more.
    ended: bool,
    /// Nor will this side.
    shut: bool,
    /// What the socket has not taken yet.
    out: Vec<u8>,
    handshake: Handshake,
    stage: Stage,
    gone: bool,
}

enum Stage {
    Request {
        deadline: Instant,
    },
    /// A page or a refusal was the answer.
    Answered {
        deadline: Instant,
    },
    Open(Box<Session>),
}

struct Session {
    conn: Connection,
    store: MessageBuf,
    timers: Timers<Instant>,
}

impl Client {
    pub(crate) fn new(socket: TcpStream, now: Instant) -> Self {
        // Without it small messages would wait for the acknowledgement of those before.
        let _ = socket.set_nodelay(true);
        Self {
            socket,
            readable: true,
            writable: true,
            ended: false,
            shut: false,
            out: Vec::new(),
            handshake: Handshake::new().plain_http(true),
            stage: Stage::Request { deadline: now + REQUEST_TIME },
            gone: false,
        }
    }

    /// Something has happened to the socket; trying shows what.
    pub(crate) fn wake(&mut self) {
        self.readable = !self.ended;
        self.writable = true;
    }

    /// When to read and write again, if nothing wakes the client before.
    pub(crate) fn due(&self, now: Instant) -> Option<Instant> {
        if self.readable || (self.writable && !self.out.is_empty()) {
            return Some(now);
        }
        match &self.stage {
            Stage::Request { deadline } | Stage::Answered { deadline } => Some(*deadline),
            Stage::Open(session) => session.timers.deadline(),
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(&self.stage, Stage::Open(session) if session.conn.state() == State::Open)
    }

    /// Whether the socket is of no more use.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Reads once and returns the messages.
    pub(crate) fn read(&mut self, now: Instant, buf: &mut [u8]) -> Vec<String> {
        let mut messages = Vec::new();
        if !self.readable {
            return messages;
        }
        match self.socket.read(buf) {
            Ok(0) => {
                (self.ended, self.readable) = (true, false);
                if let Stage::Open(session) = &mut self.stage {
                    session.conn.receive_eof(&self.out);
                }
            }
            Ok(count) => self.receive(now, &mut buf[..count], &mut messages),
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock => self.readable = false,
                ErrorKind::Interrupted => {}
                _ => self.gone = true,
            },
        }
        messages
    }

    fn receive(&mut self, now: Instant, bytes: &mut [u8], messages: &mut Vec<String>) {
        let mut input = Input::new(bytes);
        if let Stage::Request { deadline } = self.stage {
            let Some(request) = self.handshake.receive(&mut input, &mut self.out) else { return };
            self.stage = match request.map(|request| answer(&request, &mut self.out)) {
                Ok(Ok(Some(conn))) => Stage::Open(Box::new(Session {
                    conn,
                    store: MessageBuf::new(),
                    timers: Timers::new(TIMEOUTS, now),
                })),
                Ok(Ok(None)) | Err(_) => Stage::Answered { deadline },
                Ok(Err(_)) => return self.gone = true,
            };
        }
        let Stage::Open(session) = &mut self.stage else { return };
        let Session { conn, store, timers } = &mut **session;
        timers.received(now);
        while let Some(event) = conn.receive_message(&mut input, store, &mut self.out) {
            match event {
                Event::Data(Message::Text(text)) => messages.push(text.to_owned()),
                Event::Data(Message::Binary(_)) => {
                    // The arguments are in order.
                    let _ = conn.fail(CloseCode::UNSUPPORTED_DATA, "text only", &mut self.out);
                }
                // The replies are in `out` already.
                Event::Ping | Event::Pong | Event::Close(_) | Event::Failed(_) => {}
            }
        }
    }

    pub(crate) fn send(&mut self, message: &Prepared) {
        if let Stage::Open(session) = &mut self.stage {
            // A connection that is closing is told nothing more.
            let _ = session.conn.send_prepared(message, &mut self.out);
            self.gone |= self.out.len() > MAX_QUEUE;
        }
    }

    pub(crate) fn fail(&mut self, code: CloseCode, reason: &str) {
        if let Stage::Open(session) = &mut self.stage {
            // The code and the length of the reason are in order.
            let _ = session.conn.fail(code, reason, &mut self.out);
        }
    }

    /// Does what is due, writes what the socket takes, and ends the connection when it is time.
    pub(crate) fn write(&mut self, now: Instant) {
        match &mut self.stage {
            Stage::Request { deadline } | Stage::Answered { deadline } => self.gone |= now >= *deadline,
            Stage::Open(session) => {
                session.timers.poll(now, session.conn.sender(), &mut self.out);
            }
        }
        while self.writable && !self.out.is_empty() {
            match self.socket.write(&self.out) {
                Ok(count) if count > 0 => drop(self.out.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.writable = false,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                _ => return self.gone = true,
            }
        }
        let transport = match &mut self.stage {
            Stage::Request { .. } if self.ended => Transport::Close,
            Stage::Request { .. } => Transport::Open,
            Stage::Answered { .. } if self.ended && self.out.is_empty() => Transport::Close,
            Stage::Answered { .. } => Transport::HalfClose,
            Stage::Open(session) => session.conn.transport(),
        };
        if self.out.is_empty() {
            self.out.shrink_to(4 * 1024);
            if let Stage::Open(session) = &mut self.stage {
                session.conn.resume(&mut self.out);
            }
        }
        match transport {
            // Then the client closes, and only then is it safe to: see `Transport::HalfClose`. Once, because the
            // system reports an event each time.
            Transport::HalfClose if self.out.is_empty() && !self.shut => {
                self.shut = true;
                let _ = self.socket.shutdown(Shutdown::Write);
            }
            Transport::Close => self.gone = true,
            Transport::HalfClose | Transport::Open | Transport::AwaitEof => {}
        }
    }
}

/// Appends the answer: one page, one WebSocket endpoint, and nothing else.
fn answer(request: &Request, out: &mut Vec<u8>) -> Result<Option<Connection>, Box<dyn Error>> {
    let response = match (request.path(), request.is_websocket()) {
        ("/ws", true) if request.is_same_origin() => {
            let config = Config::new().max_message(MAX_MESSAGE).max_frame(MAX_MESSAGE);
            return Ok(Some(request.accept(&acceptance(), config, out)?));
        }
        // 10.2: a page from elsewhere must not speak in the name of whoever looks at it.
        ("/ws", true) => plain(403, "only for the page of this server\n"),
        ("/ws", false) => plain(426, "this is a WebSocket endpoint\n"),
        ("/", false) => page()?,
        _ => plain(404, "there is nothing here\n"),
    };
    response.write(out)?;
    Ok(None)
}

/// With the feature `deflate` also compression, of each message for itself: nothing is kept between messages.
fn acceptance() -> Accept {
    let accept = Accept::new();
    #[cfg(feature = "deflate")]
    let accept = accept.deflate(
        sansws::deflate::Config::new().server_no_context_takeover(true).client_no_context_takeover(true),
    );
    accept
}

fn plain(status: u16, text: &str) -> Response {
    Response::new(status).header("Content-Type", "text/plain; charset=utf-8").body(text)
}

/// The page, with a policy that lets nothing run or load but its own script and style, which prove by a number
/// used once that they were not slipped in.
fn page() -> Result<Response, Box<dyn Error>> {
    let nonce = format!("{:032x}", u128::from_ne_bytes(sansws::entropy()?));
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'"
    );
    Ok(Response::new(200)
        .header("Content-Type", "text/html; charset=utf-8")
        .header("Content-Security-Policy", policy)
        .header("Referrer-Policy", "no-referrer")
        .header("X-Content-Type-Options", "nosniff")
        .header("Cache-Control", "no-store")
        .body(PAGE.replace("{{nonce}}", &nonce)))
}

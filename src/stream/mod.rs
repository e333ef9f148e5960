//! A blocking connection over any `Read + Write`: the core with a socket and buffers around it.
//!
//! For threads and scripts. An event loop or an async runtime drives [`Connection`] itself.
//!
//! Deadlines are those of the socket, for each read and write: set them, or a peer that goes silent holds the
//! thread. One that sends a byte now and then does so anyway; a server on the open internet wants deadlines for the
//! whole handshake and for closing, as `examples/echo_server.rs` and [`timer`](crate::timer) have them.

mod error;

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::string::String;
use std::time::{Duration, Instant};
use std::vec;
use std::vec::Vec;

pub use error::Error;

use crate::close::CloseCode;
use crate::config::Config;
use crate::connection::{Connection, Event, Outcome, Transport};
use crate::entropy;
use crate::handshake::{Uri, client, server};
use crate::input::Input;
use crate::message::{Message, MessageBuf};

/// Bytes asked of the socket at a time.
const READ: usize = 16 * 1024;

/// A blocking WebSocket over a socket.
///
/// An echo server:
///
/// ```no_run
/// use std::net::TcpListener;
/// use sansws::stream::WebSocket;
///
/// for socket in TcpListener::bind("127.0.0.1:9001")?.incoming() {
///     let mut socket = WebSocket::accept(socket?)?;
///     while let Some(message) = socket.read()? {
///         socket.send(&message)?;
///     }
/// }
/// # Ok::<(), sansws::stream::Error>(())
/// ```
///
/// A client:
///
/// ```no_run
/// use std::net::TcpStream;
/// use sansws::stream::WebSocket;
///
/// let socket = TcpStream::connect("127.0.0.1:9001")?;
/// let mut socket = WebSocket::connect("ws://127.0.0.1:9001/", socket)?;
/// socket.send("hello")?;
/// println!("{:?}", socket.read()?);
/// socket.close(None, "")?;
/// # Ok::<(), sansws::stream::Error>(())
/// ```
#[derive(Debug)]
pub struct WebSocket<S> {
    socket: S,
    conn: Connection,
    store: MessageBuf,
    buffer: Vec<u8>,
    /// The part of the buffer that was read and not received.
    start: usize,
    end: usize,
    out: Vec<u8>,
    #[cfg(feature = "deflate")]
    deflater: crate::deflate::Deflater,
}

impl<S: Read + Write> WebSocket<S> {
    /// Reads a request and accepts it: any path, no subprotocol, and requests of pages of other sites are
    /// refused with 403, as long as the page sends its origin (RFC 6455 10.2).
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for a bad request, which has been answered, [`Error::Io`].
    pub fn accept(socket: S) -> Result<Self, Error> {
        Self::accept_with(socket, Config::default(), |request| {
            // By its presence: one that is not even text is foreign, too.
            let has_origin = request.headers().any(|(name, _)| name.eq_ignore_ascii_case("Origin"));
            if has_origin && !request.is_same_origin() {
                return Err(server::Response::new(403));
            }
            Ok(server::Accept::new())
        })
    }

    /// Reads a request and lets `decide` look at it: path, origin, headers, subprotocols. Pings and Closes are
    /// always answered automatically, whatever `config` says.
    ///
    /// # Errors
    ///
    /// [`Error::Handshake`] for a bad request, which has been answered; [`Error::Refused`] if `decide`
    /// refused it; [`Error::Build`] for what cannot be sent, which was answered with status 500;
    /// [`Error::Io`], with [`io::ErrorKind::UnexpectedEof`] if the client went away.
    pub fn accept_with(
        mut socket: S,
        config: Config,
        decide: impl FnOnce(&server::Request) -> Result<server::Accept, server::Response>,
    ) -> Result<Self, Error> {
        let mut handshake = server::Handshake::new();
        let mut buffer = vec![0; READ];
        let mut out = Vec::new();
        let (request, start, end) = loop {
            let end = read_some(&mut socket, &mut buffer)?;
            let mut input = Input::new(&mut buffer[..end]);
            match handshake.receive(&mut input, &mut out) {
                None => {}
                Some(Ok(request)) => break (request, end - input.len(), end),
                Some(Err(error)) => {
                    write_out(&mut socket, &mut out)?;
                    return Err(error.into());
                }
            }
        };
        let accepted = match decide(&request) {
            Ok(accept) => request.accept(&accept, automatic(config), &mut out).map_err(|error| {
                // Something has to be said, and this can be.
                let _ = server::Response::new(500).write(&mut out);
                error.into()
            }),
            Err(response) => {
                Err(request.reject(&response, &mut out).map_or_else(Error::from, |()| Error::Refused))
            }
        };
        write_out(&mut socket, &mut out)?;
        Ok(Self::new(socket, accepted?, buffer, (start, end), out))
    }

    /// Sends a request for `uri` over a socket that is connected to its host, and reads the response. For
    /// `wss:` that is a TLS stream.
    ///
    /// # Errors
    ///
    /// Those of [`connect_with`](Self::connect_with) and [`Error::Uri`].
    pub fn connect(uri: &str, socket: S) -> Result<Self, Error> {
        let uri: Uri = uri.parse()?;
        Self::connect_with(&client::Request::new(uri), socket, Config::default()).map(|(socket, _)| socket)
    }

    /// The same with subprotocols, headers and limits, and with the response. Pings and Closes are always
    /// answered automatically, whatever `config` says.
    ///
    /// # Errors
    ///
    /// [`Error::Build`] if the request has something that must not be sent; [`Error::Handshake`] for a bad
    /// response; [`Error::Response`] for one that is not 101, such as a redirect; [`Error::Io`].
    pub fn connect_with(
        request: &client::Request,
        mut socket: S,
        config: Config,
    ) -> Result<(Self, client::Response), Error> {
        let mut out = Vec::new();
        let mut handshake = client::Handshake::start(request, entropy()?, &mut out)?;
        write_out(&mut socket, &mut out)?;
        let mut buffer = vec![0; READ];
        loop {
            let end = read_some(&mut socket, &mut buffer)?;
            let mut input = Input::new(&mut buffer[..end]);
            let Some(response) = handshake.receive(&mut input) else { continue };
            let (response, start) = (response?, end - input.len());
            let Ok(conn) = response.finish(automatic(config), entropy()?) else {
                return Err(Error::Response(response));
            };
            return Ok((Self::new(socket, conn, buffer, (start, end), out), response));
        }
    }

    fn new(socket: S, conn: Connection, buffer: Vec<u8>, (start, end): (usize, usize), out: Vec<u8>) -> Self {
        Self {
            socket,
            conn,
            store: MessageBuf::new(),
            buffer,
            start,
            end,
            out,
            #[cfg(feature = "deflate")]
            deflater: crate::deflate::Deflater::new(),
        }
    }

    /// Reads the next message; `None` once the closing handshake is done, in a client also the transport, which
    /// the server ends first.
    ///
    /// Pings and Closes are answered on the way. An error of a read with a timeout loses nothing: call again.
    ///
    /// # Errors
    ///
    /// [`Error::Violation`] if the peer broke the protocol, which it has been told; [`Error::Io`], with
    /// [`io::ErrorKind::UnexpectedEof`] if the peer went away without a Close.
    pub fn read(&mut self) -> Result<Option<OwnedMessage>, Error> {
        loop {
            let mut input = Input::new(&mut self.buffer[self.start..self.end]);
            while let Some(event) = self.conn.receive_message(&mut input, &mut self.store, &mut self.out) {
                match event {
                    Event::Data(message) => {
                        let message = message.into();
                        self.start = self.end - input.len();
                        return Ok(Some(message));
                    }
                    Event::Ping => {
                        // The Pong does not wait for the messages behind it to be read.
                        self.start = self.end - input.len();
                        write_out(&mut self.socket, &mut self.out)?;
                    }
                    Event::Pong | Event::Close(_) | Event::Failed(_) => {}
                }
            }
            (self.start, self.end) = (0, 0);
            self.flush()?;
            if let Some(violation) = self.conn.violation() {
                return Err(Error::Violation(violation));
            }
            match self.conn.transport() {
                Transport::Open | Transport::AwaitEof => {
                    if let Some(message) = self.read_more()? {
                        return Ok(Some(message));
                    }
                }
                Transport::HalfClose => return Ok(None),
                Transport::Close => {
                    return match self.conn.outcome() {
                        Some(Outcome { was_clean: true, .. }) => Ok(None),
                        _ => Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
                    };
                }
            }
        }
    }

    /// Sends a message and writes it: compressed, if both sides have agreed to that and it is of use.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] after a Close was sent or received; [`Error::Io`], with which the message is kept and
    /// goes out with the next call, so do not send it again.
    pub fn send<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        #[cfg(feature = "deflate")]
        self.conn.send_compressed(message, &mut self.deflater, &mut self.out)?;
        #[cfg(not(feature = "deflate"))]
        self.conn.send(message, &mut self.out)?;
        self.flush()
    }

    /// Sends a message as it is, whatever was agreed to, and writes it: for secrets beside what others may choose
    /// (RFC 7692 8).
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    #[cfg(feature = "deflate")]
    pub fn send_uncompressed<'m>(&mut self, message: impl Into<Message<'m>>) -> Result<(), Error> {
        self.conn.send(message, &mut self.out)?;
        self.flush()
    }

    /// Takes another deflater to send with, for its level, memory and threshold.
    #[cfg(feature = "deflate")]
    pub fn set_deflater(&mut self, deflater: crate::deflate::Deflater) {
        self.deflater = deflater;
    }

    /// Sends a Ping with up to 125 bytes of payload.
    ///
    /// # Errors
    ///
    /// [`Error::Send`], [`Error::Io`].
    pub fn ping(&mut self, payload: &[u8]) -> Result<(), Error> {
        self.conn.ping(payload, &mut self.out)?;
        self.flush()
    }

    /// Sends a Close. Then call [`read`](Self::read) until it gives `None`: the peer may still send messages.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] for a code or reason that must not be sent, [`Error::Io`].
    pub fn close(&mut self, code: Option<CloseCode>, reason: &str) -> Result<(), Error> {
        self.conn.close(code, reason, &mut self.out)?;
        self.flush()
    }

    /// Writes what is left of the output after a write that failed or timed out.
    ///
    /// # Errors
    ///
    /// [`Error::Io`]; what was not written is kept.
    pub fn flush(&mut self) -> Result<(), Error> {
        write_out(&mut self.socket, &mut self.out)?;
        self.conn.resume(&mut self.out);
        Ok(write_out(&mut self.socket, &mut self.out)?)
    }

    /// Reads into the buffer, or the rest of a large message to where it is put together.
    fn read_more(&mut self) -> io::Result<Option<OwnedMessage>> {
        let is_open = self.conn.transport() == Transport::Open;
        let space = self.conn.space(&mut self.store);
        // Not a small rest: what is behind it would need another read.
        let is_large = space.len() >= self.buffer.len();
        let count = read_into(&mut self.socket, if is_large { space } else { &mut self.buffer }, is_open)?;
        match count {
            0 => self.conn.receive_eof(&self.out),
            _ if is_large => {
                if let Some(Event::Data(message)) = self.conn.fill(count, &mut self.store, &mut self.out) {
                    return Ok(Some(message.into()));
                }
            }
            _ => self.end = count,
        }
        Ok(None)
    }

    /// The connection inside, for its state, outcome and close reason.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }

    /// The socket, for its timeouts and addresses.
    pub fn socket(&self) -> &S {
        &self.socket
    }

    /// The socket alone, to shut it down.
    pub fn into_socket(self) -> S {
        self.socket
    }
}

impl WebSocket<TcpStream> {
    /// Ends the connection as [`Transport`] says, waiting up to `patience` for the peer to do its part, and
    /// tells how it ended. Sends a Close without a code if none was sent.
    ///
    /// Dropping the socket instead may reset the connection and lose the last bytes on their way.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the transport was lost.
    pub fn finish(mut self, patience: Duration) -> Result<Outcome, Error> {
        let begun = Instant::now();
        let left = || patience.saturating_sub(begun.elapsed());
        self.conn.close(None, "", &mut self.out)?;
        let mut is_shut = false;
        while self.conn.outcome().is_none() {
            // A timeout of zero would mean none.
            let timeout = Some(left().max(Duration::from_millis(1)));
            self.socket.set_write_timeout(timeout)?;
            self.socket.set_read_timeout(timeout)?;
            let turn = self.finish_turn(&mut is_shut);
            let is_late = left().is_zero();
            match turn {
                Err(error) if !is_timeout(&error) => return Err(error.into()),
                // The peer had its time.
                _ if is_late => self.conn.receive_eof(&self.out),
                _ => {}
            }
        }
        self.conn.outcome().ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected).into())
    }

    /// Writes what is left, shuts down writing if it is time, reads once.
    fn finish_turn(&mut self, is_shut: &mut bool) -> io::Result<()> {
        let mut input = Input::new(&mut self.buffer[self.start..self.end]);
        while self.conn.receive_message(&mut input, &mut self.store, &mut self.out).is_some() {}
        (self.start, self.end) = (0, 0);
        write_out(&mut self.socket, &mut self.out)?;
        if self.conn.transport() == Transport::HalfClose && !*is_shut {
            *is_shut = true;
            self.socket.shutdown(Shutdown::Write)?;
        }
        self.read_more().map(drop)
    }
}

/// With the switches off nobody would answer here.
fn automatic(config: Config) -> Config {
    config.auto_pong(true).auto_close(true)
}

/// What a socket says when its timeout has passed.
fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// Reads at least a byte of a handshake.
fn read_some(socket: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    match read_into(socket, buffer, true)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => Ok(count),
    }
}

/// Reads some bytes; none at the end, or if a connection that is not open any more was reset.
fn read_into(socket: &mut impl Read, buffer: &mut [u8], is_open: bool) -> io::Result<usize> {
    loop {
        match socket.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // 7.1.1 has the server close cleanly, some reset instead. With both Closes exchanged nothing is lost by
            // that.
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset && !is_open => return Ok(0),
            result => return result,
        }
    }
}

/// Writes all of `out`; what could not be written stays there.
fn write_out(socket: &mut impl Write, out: &mut Vec<u8>) -> io::Result<()> {
    let mut written = 0;
    let result = loop {
        if written == out.len() {
            break socket.flush();
        }
        match socket.write(&out[written..]) {
            Ok(0) => break Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => written += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    out.drain(..written);
    out.shrink_to(READ);
    result
}

/// A message that owns its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnedMessage {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
}

impl From<Message<'_>> for OwnedMessage {
    fn from(message: Message<'_>) -> Self {
        match message {
            Message::Text(text) => Self::Text(text.into()),
            Message::Binary(bytes) => Self::Binary(bytes.into()),
        }
    }
}

impl<'m> From<&'m OwnedMessage> for Message<'m> {
    fn from(message: &'m OwnedMessage) -> Self {
        match message {
            OwnedMessage::Text(text) => Self::Text(text),
            OwnedMessage::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

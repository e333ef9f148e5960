//! The blocking WebSocket over real sockets.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use sansws::handshake::client::Request;
use sansws::handshake::server::{Accept, Response};
use sansws::handshake::{BuildError, HandshakeError, Uri, UriError};
use sansws::stream::{Error, OwnedMessage, WebSocket};
use sansws::{CloseCode, Config, SendError, Violation};

const PATIENCE: Duration = Duration::from_secs(10);

/// Serves one connection in a thread; the socket to it, and its URI.
fn serve<R: Send + 'static>(
    work: impl FnOnce(TcpStream) -> R + Send + 'static,
) -> (JoinHandle<R>, TcpStream, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        work(socket)
    });
    let socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    (server, socket, format!("ws://{address}/path?query"))
}

fn echo(socket: TcpStream) -> Result<(), Error> {
    let mut socket = WebSocket::accept(socket)?;
    while let Some(message) = socket.read()? {
        socket.send(&message)?;
    }
    assert!(socket.finish(PATIENCE)?.was_clean);
    Ok(())
}

#[test]
fn messages_go_both_ways() {
    let (server, socket, uri) = serve(echo);
    let mut socket = WebSocket::connect(&uri, socket).unwrap();
    let big = vec![7; 3 << 20];
    for message in
        [OwnedMessage::Text("κόσμε".into()), OwnedMessage::Binary(big), OwnedMessage::Text(String::new())]
    {
        socket.send(&message).unwrap();
        socket.ping(b"p").unwrap();
        assert_eq!(socket.read().unwrap(), Some(message));
    }
    socket.close(Some(CloseCode::NORMAL), "done").unwrap();
    assert_eq!(socket.read().unwrap(), None);
    assert!(matches!(socket.send("late"), Err(Error::Send(SendError::Closed))));
    let outcome = socket.connection().outcome().unwrap();
    assert!(outcome.was_clean && outcome.code == CloseCode::NORMAL);
    drop(socket);
    server.join().unwrap().unwrap();
}

/// 6455-4.1.C-13: frames in the same segment as the head of the request are not lost.
#[test]
fn frames_behind_the_head_are_kept() {
    let (server, mut socket, _) = serve(|socket| {
        let mut socket = WebSocket::accept(socket)?;
        let message = socket.read();
        socket.close(None, "")?;
        message
    });
    let request = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x82\0\0\0\0hi";
    socket.write_all(request).unwrap();
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 101 ") && answer.ends_with(b"\r\n\r\n\x88\x00"));
    assert_eq!(server.join().unwrap().unwrap(), Some(OwnedMessage::Text("hi".into())));
}

#[test]
fn subprotocols_and_refusals() {
    let decide = |request: &sansws::handshake::server::Request| {
        assert_eq!((request.path(), request.query()), ("/path", Some("query")));
        if request.header("Authorization") != Some("yes") {
            return Err(Response::new(401).header("WWW-Authenticate", "Basic"));
        }
        Ok(Accept::new().subprotocol(request.subprotocols().nth(1).unwrap_or_default()))
    };
    let ask = |authorization: &'static str| {
        let (server, socket, uri) =
            serve(move |socket| WebSocket::accept_with(socket, Config::default(), decide).map(|_| ()));
        let request = Request::new(uri.parse::<Uri>().unwrap())
            .subprotocol("a")
            .subprotocol("b")
            .header("Authorization", authorization);
        (server, WebSocket::connect_with(&request, socket, Config::default()))
    };
    let (server, connected) = ask("yes");
    assert_eq!(connected.unwrap().1.subprotocol(), Some("b"));
    server.join().unwrap().unwrap();

    let (server, connected) = ask("no");
    let Err(Error::Response(response)) = connected else { panic!("401 expected") };
    assert_eq!((response.status(), response.header("www-authenticate")), (401, Some("Basic")));
    assert!(matches!(server.join().unwrap(), Err(Error::Refused)));
}

/// 6455-10.2-1: by default a page of another site cannot connect.
#[test]
fn foreign_pages_are_refused() {
    let (server, socket, uri) = serve(echo);
    let request = Request::new(uri.parse::<Uri>().unwrap()).origin("http://evil.example");
    let connected = WebSocket::connect_with(&request, socket, Config::default());
    assert!(matches!(connected, Err(Error::Response(response)) if response.status() == 403));
    assert!(matches!(server.join().unwrap(), Err(Error::Refused)));
}

/// An origin that is not even text is foreign, too.
#[test]
fn broken_origins_are_refused() {
    let (server, mut socket, _) = serve(echo);
    socket
        .write_all(
            b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nOrigin: \xff\r\n\
            Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        )
        .unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(matches!(server.join().unwrap(), Err(Error::Refused)));
}

#[test]
fn bad_requests_are_answered() {
    let (server, mut socket, _) = serve(echo);
    socket.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 426 Upgrade Required\r\n"), "{answer}");
    assert!(matches!(server.join().unwrap(), Err(Error::Handshake(HandshakeError::NotUpgrade))));
}

/// 6455-7.2.1-1, 6455-4.1.C-17: a transport that ends early is an error, at whatever point.
#[test]
fn early_ends_are_errors() {
    let (server, socket, uri) = serve(|socket| {
        let mut socket = WebSocket::accept(socket).unwrap();
        socket.read()
    });
    WebSocket::connect(&uri, socket).unwrap();
    assert!(matches!(server.join().unwrap(), Err(Error::Io(_))));

    let (server, socket, uri) = serve(|mut socket| {
        socket.write_all(b"HTTP/1.1 101 Switching").unwrap();
        socket.shutdown(Shutdown::Write).unwrap();
        socket.read_to_end(&mut Vec::new()).unwrap();
    });
    assert!(matches!(WebSocket::connect(&uri, socket), Err(Error::Io(_))));
    server.join().unwrap();
}

/// A violation is told to the peer, and the Close is not lost though input is left unread.
#[test]
fn violations_are_told() {
    let (server, socket, uri) = serve(|socket| {
        let mut socket = WebSocket::accept(socket).unwrap();
        let violation = socket.read();
        socket.finish(PATIENCE).unwrap();
        violation
    });
    let socket = WebSocket::connect(&uri, socket).unwrap();
    let mut socket = socket.into_socket();
    socket.write_all(b"\x83\x80\0\0\0\0").unwrap();
    socket.write_all(&vec![0; 1 << 20]).unwrap();
    let mut answer = Vec::new();
    // Our own half stays open: the server must not wait for us to read its Close.
    let mut head = [0; 4];
    socket.read_exact(&mut head).unwrap();
    answer.extend(head);
    assert_eq!(answer, [0x88, answer[1], 0x03, 0xea]);
    drop(socket);
    assert!(matches!(server.join().unwrap(), Err(Error::Violation(Violation::ReservedOpcode(3)))));
}

/// An end without a Close stays an error, however often it is asked for.
#[test]
fn abnormal_ends_are_sticky() {
    let (server, socket, uri) = serve(|socket| drop(WebSocket::accept(socket).unwrap()));
    let mut socket = WebSocket::connect(&uri, socket).unwrap();
    server.join().unwrap();
    for _ in 0..3 {
        assert!(matches!(socket.read(), Err(Error::Io(_))));
    }
}

/// With the switches off nobody could answer: they are on.
#[test]
fn replies_are_always_automatic() {
    let (server, socket, uri) = serve(|socket| {
        let config = Config::new().auto_close(false).auto_pong(false);
        let mut socket = WebSocket::accept_with(socket, config, |_| Ok(Accept::new())).unwrap();
        socket.read().unwrap()
    });
    let mut socket = WebSocket::connect(&uri, socket).unwrap();
    socket.ping(b"p").unwrap();
    socket.close(None, "").unwrap();
    assert_eq!(socket.read().unwrap(), None);
    assert_eq!(server.join().unwrap(), None);
}

/// `finish` keeps to its time against a peer that goes on sending, one that never reads, and for ever.
#[test]
fn finishing_keeps_to_its_time() {
    let (server, socket, uri) = serve(|socket| {
        let mut socket = WebSocket::accept(socket).unwrap().into_socket();
        while socket.write_all(b"\x82\x01x").is_ok() {}
    });
    let socket = WebSocket::connect(&uri, socket).unwrap();
    assert!(!socket.finish(Duration::from_millis(100)).unwrap().was_clean);
    server.join().unwrap();

    let (server, socket, uri) = serve(|socket| {
        let socket = WebSocket::accept(socket).unwrap();
        thread::sleep(Duration::from_millis(500));
        drop(socket);
    });
    let mut socket = WebSocket::connect(&uri, socket).unwrap();
    socket.socket().set_write_timeout(Some(Duration::from_millis(10))).unwrap();
    while socket.send(&[0; 1 << 20]).is_ok() {}
    assert!(!socket.finish(Duration::from_millis(100)).unwrap().was_clean);
    server.join().unwrap();

    let (server, socket, uri) = serve(echo);
    let socket = WebSocket::connect(&uri, socket).unwrap();
    assert!(socket.finish(Duration::MAX).unwrap().was_clean);
    server.join().unwrap().unwrap();
}

/// A read that times out loses nothing.
#[test]
fn timeouts_lose_nothing() {
    let (server, socket, uri) = serve(|socket| {
        let mut socket = WebSocket::accept(socket).unwrap();
        socket.socket().set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let mut timeouts = 0;
        let message = loop {
            match socket.read() {
                Err(Error::Io(_)) => timeouts += 1,
                result => break result.unwrap(),
            }
        };
        (timeouts, message)
    });
    let socket = WebSocket::connect(&uri, socket).unwrap();
    let mut socket = socket.into_socket();
    for byte in *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58" {
        socket.write_all(&[byte]).unwrap();
        thread::sleep(Duration::from_millis(15));
    }
    let (timeouts, message) = server.join().unwrap();
    assert!(timeouts > 0);
    assert_eq!(message, Some(OwnedMessage::Text("Hello".into())));
}

/// What the application cannot answer with, a client hears of as 500.
#[test]
fn bad_answers_are_errors_of_the_server() {
    let (server, mut socket, _) = serve(|socket| {
        let decide = |_: &sansws::handshake::server::Request| Ok(Accept::new().header("X", "a\r\nb"));
        WebSocket::accept_with(socket, Config::default(), decide).map(|_| ())
    });
    socket.write_all(REQUEST).unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 500 ") && !answer.contains("X:"), "{answer}");
    assert!(matches!(server.join().unwrap(), Err(Error::Build(BuildError::HeaderValue(_)))));
}

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A socket that gives and takes one byte at a time, and is interrupted before each.
struct Slow {
    input: io::Cursor<Vec<u8>>,
    output: Vec<u8>,
    /// How many bytes it takes.
    room: usize,
    interrupted: bool,
}

impl Slow {
    fn new(input: Vec<u8>, room: usize) -> Self {
        Self { input: io::Cursor::new(input), output: Vec::new(), room, interrupted: false }
    }

    fn interrupt(&mut self) -> io::Result<()> {
        self.interrupted = !self.interrupted;
        if self.interrupted { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.interrupt()?;
        self.input.read(&mut buffer[..1])
    }
}

impl Write for Slow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.interrupt()?;
        let count = self.room.min(1).min(bytes.len());
        self.room -= count;
        self.output.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// 6455-4.2.1-1: heads and frames in single bytes, with signals between.
#[test]
fn bytes_may_come_one_by_one() {
    let input = [REQUEST, b"\x81\x82\0\0\0\0hi", b"\x88\x80\0\0\0\0"].concat();
    let mut slow = Slow::new(input, usize::MAX);
    let mut socket = WebSocket::accept(&mut slow).unwrap();
    assert_eq!(socket.read().unwrap(), Some(OwnedMessage::Text("hi".into())));
    socket.send("ho").unwrap();
    assert_eq!(socket.read().unwrap(), None);
    assert!(slow.output.starts_with(b"HTTP/1.1 101 "));
    assert!(slow.output.ends_with(b"\r\n\r\n\x81\x02ho\x88\x00"));
}

/// A socket that takes no more bytes is lost, and does not keep the thread.
#[test]
fn a_socket_that_takes_nothing_is_an_error() {
    for room in [0, 20, 200] {
        let mut slow = Slow::new(REQUEST.to_vec(), room);
        let result = WebSocket::accept(&mut slow).and_then(|mut socket| {
            for _ in 0..100 {
                socket.send("hello")?;
            }
            Ok(())
        });
        let Err(Error::Io(error)) = result else { panic!("{result:?} with room for {room} bytes") };
        assert_eq!(error.kind(), io::ErrorKind::WriteZero);
        assert_eq!(slow.output.len(), room);
    }
}

/// What ends a client says what the server answered.
#[test]
fn other_answers_are_told() {
    let (server, socket, uri) = serve(|mut socket| {
        let _ = socket.read(&mut [0; 4096]).unwrap();
        socket.write_all(b"HTTP/1.1 302 Found\r\nLocation: wss://other/\r\n\r\n").unwrap();
    });
    let error = WebSocket::connect(&uri, socket).map(|_| ()).unwrap_err();
    assert_eq!(error.to_string(), HandshakeError::Status(302).to_string());
    server.join().unwrap();
    // Nothing is sent for what is no URI, or must not be sent.
    for (uri, expected) in [("http://h/", UriError::Scheme), ("ws://a@h/", UriError::UserInfo)] {
        let mut slow = Slow::new(Vec::new(), usize::MAX);
        let result = WebSocket::connect(uri, &mut slow);
        assert!(matches!(result, Err(Error::Uri(error)) if error == expected));
        assert!(slow.output.is_empty());
    }
    let mut slow = Slow::new(Vec::new(), usize::MAX);
    let request = Request::new("ws://h/".parse::<Uri>().unwrap()).header("X", "a\r\nb");
    let result = WebSocket::connect_with(&request, &mut slow, Config::default());
    assert!(matches!(result, Err(Error::Build(BuildError::HeaderValue(_)))));
    assert!(slow.output.is_empty());
}

/// Large messages, most of which are read straight to where they are put together, come out whole and in order.
#[test]
fn large_messages_are_read_straight() {
    let (server, socket, uri) = serve(echo);
    let mut socket = WebSocket::connect(&uri, socket).unwrap();
    for size in [1 << 16, 300_000, 5 << 20] {
        let text: String = (0..size).map(|n| char::from(b'a' + (n % 23) as u8)).collect();
        socket.send(&text).unwrap();
        assert!(socket.read().unwrap() == Some(OwnedMessage::Text(text)), "{size}");
    }
    socket.send("after").unwrap();
    assert_eq!(socket.read().unwrap(), Some(OwnedMessage::Text("after".into())));
    assert!(socket.finish(Duration::MAX).unwrap().was_clean);
    server.join().unwrap().unwrap();
}

/// RFC 7692 8: what is secret can go uncompressed beside what is compressed; both arrive.
#[cfg(feature = "deflate")]
#[test]
fn secrets_go_uncompressed() {
    use sansws::deflate::{self, Deflater};

    let offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n";
    let request = [&REQUEST[..REQUEST.len() - 2], offer.as_bytes()].concat();
    let mut slow = Slow::new(request, usize::MAX);
    let decide = |_: &sansws::handshake::server::Request| Ok(Accept::new().deflate(deflate::Config::new()));
    let mut socket = WebSocket::accept_with(&mut slow, Config::default(), decide).unwrap();
    // By itself it is too short to be compressed.
    socket.send("token").unwrap();
    socket.set_deflater(Deflater::new().threshold(0).only_if_smaller(false));
    socket.send("token").unwrap();
    socket.send_uncompressed("token").unwrap();
    let end = slow.output.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    let frames = &slow.output[end..];
    let (first, rest) = frames.split_at(7);
    let (compressed, last) = rest.split_at(rest.len() - 7);
    assert_eq!((first, last), (&b"\x81\x05token"[..], &b"\x81\x05token"[..]));
    assert_eq!((compressed[0], usize::from(compressed[1])), (0xc1, compressed.len() - 2));
}

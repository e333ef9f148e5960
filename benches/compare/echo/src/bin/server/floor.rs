//! What an echo costs without WebSocket: each read is written back as it came.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{self, ready};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use crate::Failure;

const READ: usize = 64 * 1024;
const LISTENER: Token = Token(usize::MAX);

struct Peer {
    socket: TcpStream,
    unwritten: Vec<u8>,
}

/// The loop of the example `echo_epoll`: one thread, one read buffer, edge-triggered.
pub fn mio() -> io::Result<()> {
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    println!("listening on {}", listener.local_addr()?);
    let (mut buf, mut events) = (vec![0; READ], Events::with_capacity(1024));
    let (mut peers, mut free) = (Vec::<Option<Peer>>::new(), Vec::new());
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((mut socket, _)) = listener.accept() {
                    socket.set_nodelay(true)?;
                    let slot = free.pop().unwrap_or(peers.len());
                    let interest = Interest::READABLE | Interest::WRITABLE;
                    poll.registry().register(&mut socket, Token(slot), interest)?;
                    peers.resize_with(peers.len().max(slot + 1), || None);
                    peers[slot] = Some(Peer { socket, unwritten: Vec::new() });
                }
                continue;
            }
            let slot = event.token().0;
            let Some(Some(peer)) = peers.get_mut(slot) else { continue };
            if !peer.turn(&mut buf).unwrap_or(false) {
                peers[slot] = None;
                free.push(slot);
            }
        }
    }
}

impl Peer {
    /// Echoes until the socket would block; false at its end.
    fn turn(&mut self, buf: &mut [u8]) -> io::Result<bool> {
        loop {
            if !self.unwritten.is_empty() {
                let written = write_some(&mut self.socket, &self.unwritten)?;
                self.unwritten.drain(..written);
                if !self.unwritten.is_empty() {
                    return Ok(true);
                }
            }
            let count = match self.socket.read(buf) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                result => result?,
            };
            let written = write_some(&mut self.socket, &buf[..count])?;
            self.unwritten.extend_from_slice(&buf[written..count]);
            if count < buf.len() && self.unwritten.is_empty() {
                return Ok(count > 0);
            }
        }
    }
}

fn write_some(socket: &mut TcpStream, bytes: &[u8]) -> io::Result<usize> {
    let mut written = 0;
    while written < bytes.len() {
        match socket.write(&bytes[written..]) {
            Ok(count) => written += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    Ok(written)
}

thread_local! {
    static BUF: RefCell<Vec<u8>> = RefCell::new(vec![0; READ]);
}

/// As the example `echo_tokio`: one read buffer, lent to whoever can read.
pub async fn tokio(mut socket: tokio::net::TcpStream) -> Result<(), Failure> {
    let mut out = Vec::new();
    loop {
        let read = poll_fn(|context| {
            BUF.with_borrow_mut(|buf| {
                let mut buf = ReadBuf::new(buf);
                ready!(Pin::new(&mut socket).poll_read(context, &mut buf))?;
                // Nearly always the socket takes it at once, and nothing is copied.
                let written = match Pin::new(&mut socket).poll_write(context, buf.filled()) {
                    task::Poll::Ready(result) => result?,
                    task::Poll::Pending => 0,
                };
                out.extend_from_slice(&buf.filled()[written..]);
                task::Poll::Ready(io::Result::Ok(buf.filled().len()))
            })
        });
        if read.await? == 0 {
            return Ok(());
        }
        socket.write_all(&out).await?;
        out.clear();
    }
}

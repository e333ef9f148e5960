//! An echo server on tokio: `echo_tokio [ADDR]`, by default on 127.0.0.1:9001.
//!
//! [`Peer::turn`] may be dropped at any await and called again: what was read is in the connection, what was
//! not written is in `out`. The timers below rely on it, they drop it whenever a deadline passes.

use std::env;
use std::io;
use std::time::{Duration, Instant};

use sansws::handshake::server::{Accept, Handshake};
use sansws::timer::{Timeouts, Timers};
use sansws::{Config, Connection, Event, Input, MessageBuf, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout_at};

// One thread, as what it is compared with in benches/compare; without the flavor tokio uses all cores.
#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (socket, address) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Such as no free descriptor: the others go on, and some will end.
                eprintln!("{error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        tokio::spawn(async move {
            if let Err(error) = serve(socket).await {
                eprintln!("{address}: {error}");
            }
        });
    }
}

async fn serve(socket: TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let timeouts = Timeouts::new();
    let mut peer = match timeouts.handshake_deadline(Instant::now()) {
        Some(deadline) => timeout_at(deadline.into(), Peer::accept(socket, timeouts)).await??,
        None => Peer::accept(socket, timeouts).await?,
    };
    while peer.conn.transport() != Transport::Close {
        let turn = match peer.timers.deadline() {
            Some(deadline) => timeout_at(deadline.into(), peer.turn()).await,
            None => Ok(peer.turn().await),
        };
        // Otherwise the turn was dropped, and nothing with it.
        if let Ok(done) = turn {
            done?;
            peer.timers.received(Instant::now());
        }
        peer.timers.poll(Instant::now(), peer.conn.sender(), &mut peer.out);
    }
    Ok(())
}

struct Peer {
    socket: TcpStream,
    conn: Connection,
    store: MessageBuf,
    buf: Vec<u8>,
    out: Vec<u8>,
    timers: Timers<Instant>,
    half_closed: bool,
}

impl Peer {
    async fn accept(mut socket: TcpStream, timeouts: Timeouts) -> io::Result<Self> {
        let (mut handshake, mut store) = (Handshake::new(), MessageBuf::new());
        let (mut buf, mut out) = (vec![0; 16 * 1024], Vec::new());
        loop {
            let count = socket.read(&mut buf).await?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let mut input = Input::new(&mut buf[..count]);
            match handshake.receive(&mut input, &mut out) {
                None => {}
                Some(Ok(request)) => {
                    let accepted = request.accept(&Accept::new(), Config::default(), &mut out);
                    let mut conn = accepted.map_err(io::Error::other)?;
                    echo(&mut conn, &mut input, &mut store, &mut out);
                    let timers = Timers::new(timeouts, Instant::now());
                    return Ok(Self { socket, conn, store, buf, out, timers, half_closed: false });
                }
                Some(Err(error)) => {
                    socket.write_all(&out).await?;
                    socket.shutdown().await?;
                    // Until the client has read the refusal, or the handshake has taken too long.
                    while socket.read(&mut buf).await? > 0 {}
                    return Err(io::Error::other(error));
                }
            }
        }
    }

    /// Writes what is to be written, then reads once.
    async fn turn(&mut self) -> io::Result<()> {
        let Self { socket, conn, store, buf, out, timers, half_closed } = self;
        while !out.is_empty() {
            let count = socket.write(out).await?;
            out.drain(..count);
            timers.written(Instant::now(), out);
            conn.resume(out);
        }
        out.shrink_to(16 * 1024);
        if conn.transport() == Transport::HalfClose && !*half_closed {
            socket.shutdown().await?;
            *half_closed = true;
        }
        let count = socket.read(buf).await?;
        echo(conn, &mut Input::new(&mut buf[..count]), store, out);
        if count == 0 {
            conn.receive_eof(out);
        }
        Ok(())
    }
}

fn echo(conn: &mut Connection, input: &mut Input<'_>, store: &mut MessageBuf, out: &mut Vec<u8>) {
    while let Some(event) = conn.receive_message(input, store, out) {
        if let Event::Data(message) = event {
            // Fails only after a deadline made this side close: nobody waits for the echo then.
            let _ = conn.send(message, out);
        }
    }
}

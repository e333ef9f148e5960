//! An echo server on tokio: `echo_tokio [ADDR]`, by default on 127.0.0.1:9001.
//!
//! All connections of a thread share one read buffer and, while they write, one output: an idle connection owns
//! neither.
//!
//! [`Peer::turn`] may be dropped at any await and called again: what was read is in the connection, what was
//! not written is in `out`. The timers below rely on it, they drop it whenever a deadline passes.

use std::cell::{Cell, RefCell};
use std::env;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Poll, ready};
use std::time::{Duration, Instant};

use sansws::handshake::server::{Accept, Handshake};
use sansws::timer::{Timeouts, Timers};
use sansws::{Config, Connection, Event, Input, MessageBuf, State, Transport};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout_at};

thread_local! {
    static READ: RefCell<Vec<u8>> = RefCell::new(vec![0; 64 * 1024]);
    /// Taken when something was read, given back when all is written.
    static OUT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

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
    // Rings at once, to be set. The deadline moves with each read, the alarm does not: it finds a later deadline then.
    let mut alarm = pin!(sleep(Duration::ZERO));
    while peer.conn.transport() != Transport::Close {
        let turn = tokio::select! {
            biased;
            done = peer.turn() => Some(done),
            () = &mut alarm => None,
        };
        let now = Instant::now();
        if let Some(done) = turn {
            done?;
            peer.timers.received(now);
            if peer.conn.state() == State::Open {
                // Nothing is due, and nothing will be before the alarm.
                continue;
            }
        }
        let length = peer.out.len();
        peer.timers.poll(now, peer.conn.sender(), &mut peer.out);
        peer.has_ping |= peer.out.len() > length;
        let deadline = peer.timers.deadline().unwrap_or(now + Duration::from_secs(3600)).into();
        if alarm.is_elapsed() || deadline < alarm.deadline() {
            alarm.as_mut().reset(deadline);
        }
    }
    Ok(())
}

struct Peer {
    socket: TcpStream,
    conn: Connection,
    store: MessageBuf,
    out: Vec<u8>,
    timers: Timers<Instant>,
    /// A Ping, or a Close, of the timers is in `out`.
    has_ping: bool,
    half_closed: bool,
}

impl Peer {
    async fn accept(mut socket: TcpStream, timeouts: Timeouts) -> io::Result<Self> {
        let (mut handshake, mut store, mut out) = (Handshake::new(), MessageBuf::new(), Vec::new());
        let error = loop {
            let accepted = read(&mut socket, |bytes| {
                if bytes.is_empty() {
                    return Some(Err(io::ErrorKind::UnexpectedEof.into()));
                }
                let mut input = Input::new(bytes);
                let request = handshake.receive(&mut input, &mut out)?.map_err(io::Error::other);
                Some(request.and_then(|request| {
                    let accepted = request.accept(&Accept::new(), Config::default(), &mut out);
                    let mut conn = accepted.map_err(io::Error::other)?;
                    echo(&mut conn, &mut input, &mut store, &mut out);
                    Ok(conn)
                }))
            });
            match accepted.await? {
                None => {}
                Some(Ok(conn)) => {
                    let timers = Timers::new(timeouts, Instant::now());
                    return Ok(Self {
                        socket,
                        conn,
                        store,
                        out,
                        timers,
                        has_ping: false,
                        half_closed: false,
                    });
                }
                Some(Err(error)) => break error,
            }
        };
        socket.write_all(&out).await?;
        socket.shutdown().await?;
        // Until the client has read the refusal, or the handshake has taken too long.
        while read(&mut socket, |bytes| bytes.len()).await? > 0 {}
        Err(error)
    }

    /// Writes what is to be written, then reads once.
    async fn turn(&mut self) -> io::Result<()> {
        let Self { socket, conn, store, out, timers, has_ping, half_closed } = self;
        while !out.is_empty() {
            let count = socket.write(out).await?;
            out.drain(..count);
            // Most output needs no look at the clock.
            if *has_ping {
                timers.written(Instant::now(), out);
                *has_ping = !out.is_empty();
            }
            conn.resume(out);
        }
        if out.capacity() > 0 {
            out.shrink_to(128 * 1024);
            OUT.set(std::mem::take(out));
        }
        if conn.transport() == Transport::HalfClose && !*half_closed {
            socket.shutdown().await?;
            *half_closed = true;
        }
        read(socket, |bytes| {
            *out = OUT.take();
            let is_eof = bytes.is_empty();
            echo(conn, &mut Input::new(bytes), store, out);
            if is_eof {
                conn.receive_eof(out);
            }
        })
        .await
    }
}

/// Reads once, and hands `with` what came, or nothing at the end. Nothing stays in the thread's buffer.
async fn read<R>(socket: &mut TcpStream, mut with: impl FnMut(&mut [u8]) -> R) -> io::Result<R> {
    poll_fn(|context| {
        READ.with_borrow_mut(|buf| {
            let mut buf = ReadBuf::new(buf);
            ready!(Pin::new(&mut *socket).poll_read(context, &mut buf))?;
            Poll::Ready(Ok(with(buf.filled_mut())))
        })
    })
    .await
}

fn echo(conn: &mut Connection, input: &mut Input<'_>, store: &mut MessageBuf, out: &mut Vec<u8>) {
    while let Some(event) = conn.receive_message(input, store, out) {
        if let Event::Data(message) = event {
            // Fails only after a deadline made this side close: nobody waits for the echo then.
            let _ = conn.send(message, out);
        }
    }
}

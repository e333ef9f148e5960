//! An echo server with a thread for each connection: `echo_server [ADDR]`, by default on 127.0.0.1:9001.
//!
//! All of the core's API in one loop: this is what `sansws::stream` does, with one buffer fewer.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use std::{env, thread};

use sansws::handshake::server::{Accept, Handshake};
use sansws::timer::{Timeouts, Timers};
use sansws::{Config, Event, Input, MessageBuf, Transport};

/// For the handshake, for each write, and for a client to read a refusal.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address)?;
    println!("listening on {}", listener.local_addr()?);
    for socket in listener.incoming() {
        match socket {
            Ok(socket) => drop(thread::spawn(|| serve(socket).unwrap_or_else(|error| eprintln!("{error}")))),
            Err(error) => {
                // Such as no free descriptor: the others go on, and some will end.
                eprintln!("{error}");
                thread::sleep(Duration::from_millis(100));
            }
        }
    }
    Ok(())
}

fn serve(mut socket: TcpStream) -> Result<(), Box<dyn Error>> {
    socket.set_nodelay(true)?;
    socket.set_write_timeout(Some(PATIENCE))?;
    let config = Config::new().max_message(64 << 20).max_frame(16 << 20);
    let (mut handshake, deadline, mut open) = (Handshake::new(), Instant::now() + PATIENCE, None);
    let (mut buf, mut store, mut out) = (vec![0; 64 * 1024], MessageBuf::new(), Vec::new());
    let accept = Accept::new();
    #[cfg(feature = "deflate")]
    let (accept, mut deflater) =
        (accept.deflate(sansws::deflate::Config::new()), sansws::deflate::Deflater::new());
    let mut is_shut = false;
    loop {
        let due = open.as_ref().map_or(Some(deadline), |(_, timers): &(_, Timers<_>)| timers.deadline());
        let count = read(&mut socket, &mut buf, due)?;
        let mut input = Input::new(&mut buf[..count.unwrap_or(0)]);
        if open.is_none() {
            match handshake.receive(&mut input, &mut out) {
                None if matches!(count, None | Some(0)) => return Err("no handshake in time".into()),
                None => continue,
                Some(Ok(request)) => {
                    let conn = request.accept(&accept, config, &mut out)?;
                    open = Some((conn, Timers::new(Timeouts::new(), Instant::now())));
                }
                Some(Err(error)) => {
                    socket.write_all(&out)?;
                    return linger(socket, error);
                }
            }
        }
        let Some((conn, timers)) = &mut open else { continue };
        while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
            if let Event::Data(message) = event {
                // An error says that this side has closed, which is no reason to stop reading.
                #[cfg(feature = "deflate")]
                let _ = conn.send_compressed(message, &mut deflater, &mut out);
                #[cfg(not(feature = "deflate"))]
                let _ = conn.send(message, &mut out);
            }
        }
        match count {
            Some(0) => conn.receive_eof(&out),
            Some(_) => timers.received(Instant::now()),
            None => {}
        }
        timers.poll(Instant::now(), conn.sender(), &mut out);
        while !out.is_empty() && conn.transport() != Transport::Close {
            socket.write_all(&out)?;
            out.clear();
            timers.written(Instant::now(), &out);
            conn.resume(&mut out);
        }
        out.shrink_to(64 * 1024);
        match conn.transport() {
            Transport::HalfClose if !is_shut => {
                is_shut = true;
                socket.shutdown(Shutdown::Write)?;
            }
            Transport::Close => return Ok(()),
            Transport::HalfClose | Transport::Open | Transport::AwaitEof => {}
        }
    }
}

/// `None` if the deadline comes first.
fn read(socket: &mut TcpStream, buf: &mut [u8], deadline: Option<Instant>) -> io::Result<Option<usize>> {
    let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
    if left.is_some_and(|left| left.is_zero()) {
        return Ok(None);
    }
    socket.set_read_timeout(left)?;
    match socket.read(buf) {
        Ok(count) => Ok(Some(count)),
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads on until the client has seen the refusal and closes: closing with input unread would destroy it.
fn linger(mut socket: TcpStream, error: impl Error + 'static) -> Result<(), Box<dyn Error>> {
    socket.shutdown(Shutdown::Write)?;
    let deadline = Some(Instant::now() + PATIENCE);
    while let Ok(Some(1..)) = read(&mut socket, &mut [0; 4096], deadline) {}
    Err(error.into())
}

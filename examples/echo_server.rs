//! An echo server with a thread for each connection: `echo_server [ADDR]`, by default on 127.0.0.1:9001.
//!
//! All of the core's API in one loop: this is what `sansws::stream` does, with one buffer fewer.

use std::error::Error;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::{Duration, Instant};
use std::{env, thread};

use sansws::handshake::server::{Accept, Handshake};
use sansws::timer::Timeouts;
use sansws::{Config, Event, Input, MessageBuf, Transport};

fn main() -> Result<(), Box<dyn Error>> {
    let address = env::args().nth(1).unwrap_or_else(|| "127.0.0.1:9001".into());
    let listener = TcpListener::bind(&address)?;
    println!("listening on {}", listener.local_addr()?);
    for socket in listener.incoming() {
        let socket = socket?;
        thread::spawn(move || {
            if let Err(error) = serve(socket) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn serve(mut socket: TcpStream) -> Result<(), Box<dyn Error>> {
    socket.set_nodelay(true)?;
    let deadline = Timeouts::new().handshake_deadline(Instant::now());
    let config = Config::new().max_message(64 << 20).max_frame(16 << 20);
    let (mut handshake, mut conn, mut half_closed) = (Handshake::new(), None, false);
    let (mut buf, mut store, mut out) = (vec![0; 64 * 1024], MessageBuf::new(), Vec::new());
    loop {
        if let (None, Some(deadline)) = (&conn, deadline) {
            // Anew for each read, or a byte now and then would hold the thread for ever.
            let left = deadline.saturating_duration_since(Instant::now());
            socket.set_read_timeout(Some(left.max(Duration::from_millis(1))))?;
        }
        let count = socket.read(&mut buf)?;
        let mut input = Input::new(&mut buf[..count]);
        if conn.is_none() {
            let request = match handshake.receive(&mut input, &mut out) {
                None if count == 0 => return Ok(()),
                None => continue,
                Some(Ok(request)) => request,
                Some(Err(error)) => {
                    socket.write_all(&out)?;
                    return finish(socket, error);
                }
            };
            conn = Some(request.accept(&Accept::new(), config, &mut out)?);
            socket.set_read_timeout(None)?;
        }
        let Some(conn) = &mut conn else { continue };
        if count == 0 {
            conn.receive_eof(&out);
        }
        while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
            if let Event::Data(message) = event {
                // An error says that this side has closed, which is no reason to stop reading.
                let _ = conn.send(message, &mut out);
            }
        }
        socket.write_all(&out)?;
        out.clear();
        out.shrink_to(64 * 1024);
        conn.resume(&mut out);
        match conn.transport() {
            Transport::HalfClose if !half_closed => {
                half_closed = true;
                socket.set_read_timeout(Some(Duration::from_secs(10)))?;
                socket.shutdown(Shutdown::Write)?;
            }
            Transport::Close => return Ok(()),
            Transport::HalfClose | Transport::Open | Transport::AwaitEof => {}
        }
    }
}

/// Reads on until the client has seen the refusal and closes: closing with input unread would destroy it.
fn finish(mut socket: TcpStream, error: impl Error + 'static) -> Result<(), Box<dyn Error>> {
    socket.shutdown(Shutdown::Write)?;
    socket.set_read_timeout(Some(Duration::from_secs(1)))?;
    let _ = std::io::copy(&mut (&mut socket).take(1 << 20), &mut std::io::sink());
    Err(error.into())
}

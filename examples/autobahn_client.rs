//! The client under test for Autobahn|Testsuite: `autobahn_client [URL] [AGENT]`.
//!
//! Asks the fuzzing server how many cases it has, runs each as an echo, has the reports written.

use std::env;
use std::io;
use std::net::TcpStream;
use std::time::Duration;

use sansws::handshake::Uri;
use sansws::handshake::client::Request;
use sansws::stream::{Error, OwnedMessage, WebSocket};
use sansws::{Config, Transport};

fn main() -> Result<(), Error> {
    let mut args = env::args().skip(1);
    let url = args.next().unwrap_or_else(|| "ws://127.0.0.1:9001".into());
    let agent = args.next().unwrap_or_else(|| "sansws".into());

    let count = ask(&format!("{url}/getCaseCount"))?.parse::<u32>().map_err(io::Error::other)?;
    for case in 1..=count {
        if let Err(error) = echo(&format!("{url}/runCase?case={case}&agent={agent}")) {
            println!("case {case} of {count}: {error}");
        }
    }
    println!("{count} cases run");
    ask(&format!("{url}/updateReports?agent={agent}"))?;
    Ok(())
}

/// What the server says before it closes.
fn ask(url: &str) -> Result<String, Error> {
    let (mut socket, mut answer) = (open(url)?, String::new());
    while let Some(message) = socket.read()? {
        if let OwnedMessage::Text(text) = message {
            answer = text;
        }
    }
    Ok(answer)
}

fn open(url: &str) -> Result<WebSocket<TcpStream>, Error> {
    let uri: Uri = url.parse()?;
    let socket = TcpStream::connect((uri.host(), uri.port()))?;
    socket.set_nodelay(true)?;
    let request = Request::new(uri);
    #[cfg(feature = "deflate")]
    let request = request.deflate(sansws::deflate::Config::new());
    Ok(WebSocket::connect_with(&request, socket, Config::default())?.0)
}

/// Echoes until the server closes. What the server does wrong on purpose ends in an error.
fn echo(url: &str) -> Result<(), Error> {
    let mut socket = open(url)?;
    let result = loop {
        match socket.read() {
            Ok(Some(message)) => socket.send(&message)?,
            Ok(None) => return Ok(()),
            Err(error) => break Err(error),
        }
    };
    if socket.connection().transport() == Transport::HalfClose {
        socket.finish(Duration::from_secs(2))?;
    }
    result
}

//! Our side of the interop script's compressed cases: `interop_deflate server` or `interop_deflate client SPEC... URL`.
//!
//! A SPEC is a permessage-deflate extension whose parameters become the configuration. The client has one for each
//! case, the server is sent one as the query of the URL. Text is echoed in one frame, binary in three, empty ones too.

use std::env;
use std::error::Error;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

use sansws::deflate::{self, Deflater};
use sansws::handshake::{Extension, Uri, client, server};
use sansws::{Config, Connection, Event, Input, Message, MessageBuf, SendError, Transport, entropy};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// For each read and write.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Result {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["server"] => serve(),
        ["client", specs @ .., url] => {
            visit(specs, url);
            Ok(())
        }
        _ => Err("interop_deflate server, or interop_deflate client SPEC... URL".into()),
    }
}

fn serve() -> Result {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("listening on {}", listener.local_addr()?);
    for socket in listener.incoming() {
        if let Err(error) = accept(socket?) {
            eprintln!("{error}");
        }
    }
    Ok(())
}

fn accept(socket: TcpStream) -> Result {
    let mut socket = patient(socket)?;
    let (mut handshake, mut buf, mut out) = (server::Handshake::new(), vec![0; 64 * 1024], Vec::new());
    loop {
        let mut input = read(&mut socket, &mut buf)?;
        if let Some(request) = handshake.receive(&mut input, &mut out) {
            let request = request?;
            let accept = server::Accept::new().deflate(configuration(request.query().unwrap_or_default())?);
            let conn = request.accept(&accept, Config::new(), &mut out)?;
            return echo(socket, conn, input, out);
        }
    }
}

/// The paths are those of Autobahn's fuzzing server.
fn visit(specs: &[&str], url: &str) {
    for (case, spec) in (1..).zip(specs) {
        if let Err(error) = connect(spec, &format!("{url}/runCase?case={case}")) {
            println!("case {case}: {error}");
        }
    }
    println!("{} cases run", specs.len());
    if let Err(error) = connect("permessage-deflate", &format!("{url}/updateReports")) {
        println!("the end: {error}");
    }
}

fn connect(spec: &str, url: &str) -> Result {
    let uri: Uri = url.parse()?;
    let mut socket = patient(TcpStream::connect((uri.host(), uri.port()))?)?;
    let (mut buf, mut out) = (vec![0; 64 * 1024], Vec::new());
    let request = client::Request::new(uri).deflate(configuration(spec)?);
    let mut handshake = client::Handshake::start(&request, entropy()?, &mut out)?;
    socket.write_all(&out)?;
    loop {
        let mut input = read(&mut socket, &mut buf)?;
        if let Some(response) = handshake.receive(&mut input) {
            return echo(socket, response?.finish(Config::new(), entropy()?)?, input, Vec::new());
        }
    }
}

fn configuration(spec: &str) -> Result<deflate::Config> {
    let extensions = Extension::parse_list(spec.as_bytes()).ok_or("not an extension")?;
    let mut config = deflate::Config::new();
    for (name, value) in extensions.iter().flat_map(Extension::params) {
        let bits = value.map_or(Ok(0), str::parse::<u8>)?;
        config = match name {
            "server_no_context_takeover" => config.server_no_context_takeover(true),
            "client_no_context_takeover" => config.client_no_context_takeover(true),
            "server_max_window_bits" => config.server_max_window_bits(bits),
            "client_max_window_bits" => config.client_max_window_bits(bits),
            _ => return Err(format!("no parameter: {name}").into()),
        };
    }
    Ok(config)
}

fn patient(socket: TcpStream) -> Result<TcpStream> {
    socket.set_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok(socket)
}

fn read<'b>(socket: &mut TcpStream, buf: &'b mut [u8]) -> Result<Input<'b>> {
    match socket.read(buf)? {
        0 => Err("closed within the handshake".into()),
        count => Ok(Input::new(&mut buf[..count])),
    }
}

/// Echoes until the peer closes; an error unless that was clean.
fn echo(mut socket: TcpStream, mut conn: Connection, first: Input, mut out: Vec<u8>) -> Result {
    let (mut store, mut deflater) = (MessageBuf::new(), Deflater::new());
    let (mut buf, mut is_shut) = (vec![0; 64 * 1024], false);
    let mut count = first.len();
    buf[..count].copy_from_slice(first.into_rest());
    loop {
        let mut input = Input::new(&mut buf[..count]);
        while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
            if let Event::Data(message) = event {
                answer(&mut conn, message, &mut deflater, &mut out)?;
            }
        }
        socket.write_all(&out)?;
        out.clear();
        match conn.transport() {
            Transport::HalfClose if !is_shut => {
                is_shut = true;
                socket.shutdown(Shutdown::Write)?;
            }
            Transport::Close => break,
            Transport::HalfClose | Transport::Open | Transport::AwaitEof => {}
        }
        count = socket.read(&mut buf)?;
        if count == 0 {
            conn.receive_eof(&out);
        }
    }
    match conn.outcome() {
        Some(outcome) if outcome.was_clean => Ok(()),
        outcome => Err(format!("not a clean end: {outcome:?}").into()),
    }
}

fn answer(
    conn: &mut Connection,
    message: Message,
    deflater: &mut Deflater,
    out: &mut Vec<u8>,
) -> std::result::Result<(), SendError> {
    let Message::Binary(bytes) = message else { return conn.send_compressed(message, deflater, out) };
    let (start, rest) = bytes.split_at(bytes.len() / 3);
    let (middle, end) = rest.split_at(rest.len() / 2);
    for (part, last) in [(start, false), (middle, false), (end, true)] {
        conn.send_fragment_compressed(message.kind(), part, last, deflater, out)?;
    }
    Ok(())
}

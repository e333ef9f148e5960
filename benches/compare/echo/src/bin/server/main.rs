//! An echo server: `server NAME FORM`, on a free port of 127.0.0.1, which it prints.
//!
//! `simple` is the loop of the peer's README, a write for each message; `batched` answers all that is readable
//! and writes once. Every peer runs in a task of its own on one thread of tokio.

mod corked;
mod floor;
mod peers;

use std::env;
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [name, form] = &args[..] else { return Err("server NAME FORM".into()) };
    if name == "floor_mio" {
        return Ok(floor::mio()?);
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match (name.as_str(), form.as_str()) {
            ("floor_tokio", _) => listen(floor::tokio).await,
            ("tokio-tungstenite", "simple") => upgrade(peers::tungstenite_simple).await,
            ("tokio-tungstenite", "batched") => upgrade(peers::tungstenite_batched).await,
            ("fastwebsockets", "simple") => upgrade(peers::fastwebsockets).await,
            ("fastwebsockets", "batched") => upgrade_corked(peers::fastwebsockets).await,
            ("tokio-websockets", "simple") => upgrade(peers::tokio_websockets_simple).await,
            ("tokio-websockets", "batched") => upgrade(peers::tokio_websockets_batched).await,
            ("web-socket", "simple") => upgrade(peers::web_socket).await,
            ("web-socket", "batched") => upgrade_corked(peers::web_socket).await,
            ("soketto", "simple") => upgrade(peers::soketto_simple).await,
            ("soketto", "batched") => upgrade_corked(peers::soketto_batched).await,
            ("yawc", "simple") => upgrade(peers::yawc_simple).await,
            ("yawc", "batched") => upgrade(peers::yawc_batched).await,
            ("sockudo-ws", "simple") => upgrade(peers::sockudo_simple).await,
            ("sockudo-ws", "batched") => upgrade(peers::sockudo_batched).await,
            ("wtx", "simple") => upgrade(peers::wtx).await,
            ("wtx", "batched") => upgrade_corked(peers::wtx).await,
            _ => Err(format!("no server {name} {form}").into()),
        }
    })
}

/// Serves each connection in a task. How it ends is no matter: the load generator counts what it gets.
async fn listen<F>(serve: impl Fn(TcpStream) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(serve(socket));
    }
}

/// The opening handshake is the same for all, and no part of what is measured.
async fn upgrade<F>(serve: impl Fn(TcpStream) -> F + Copy + Send + 'static) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    listen(move |mut socket| async move {
        handshake(&mut socket).await?;
        serve(socket).await
    })
    .await
}

/// For those that write each message by themselves: a socket that holds the writes back until all is read.
async fn upgrade_corked<F>(serve: impl Fn(corked::Corked) -> F + Copy + Send + 'static) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    upgrade(move |socket| serve(corked::Corked::new(socket))).await
}

/// Knows one request, that of the load generator, which waits for the answer.
async fn handshake(socket: &mut TcpStream) -> io::Result<()> {
    let mut head = Vec::with_capacity(512);
    while !head.ends_with(b"\r\n\r\n") {
        if socket.read_buf(&mut head).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    socket.write_all(answer).await
}

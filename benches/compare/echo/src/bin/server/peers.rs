//! The peers, each through its public API. Where one is given a [`Corked`], see there.

use bytes::BytesMut;
use fastwebsockets::{FragmentCollector, OpCode};
use futures::{FutureExt, Sink, SinkExt, Stream, StreamExt};
use sockudo_ws::protocol::Protocol;
use soketto::connection;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::compat::TokioAsyncReadCompatExt;
use wtx::web_socket::{WebSocketBuffer, WebSocketPayloadOrigin};

use crate::Failure;
use crate::corked::Corked;

type Done = Result<(), Failure>;

/// So many messages are taken before the first is answered, if they are there.
const BATCH: usize = 64;

/// Takes all that is readable, feeds all the answers, flushes once. Not `feed` after each `next`: some write what
/// is fed before they read on.
async fn batched<W, M, E>(mut ws: W, is_data: impl Fn(&M) -> bool) -> Done
where
    W: Stream<Item = Result<M, E>> + Sink<M, Error = E> + Unpin,
    E: Into<Failure>,
{
    let mut batch = Vec::new();
    while let Some(first) = ws.next().await {
        batch.push(first.map_err(Into::into)?);
        while batch.len() < BATCH
            && let Some(Some(message)) = ws.next().now_or_never()
        {
            batch.push(message.map_err(Into::into)?);
        }
        for message in batch.drain(..).filter(&is_data) {
            ws.feed(message).await.map_err(Into::into)?;
        }
        ws.flush().await.map_err(Into::into)?;
    }
    Ok(())
}

pub async fn tungstenite_simple(socket: TcpStream) -> Done {
    let mut ws = WebSocketStream::from_raw_socket(socket, Role::Server, None).await;
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            ws.send(message).await?;
        }
    }
    Ok(())
}

pub async fn tungstenite_batched(socket: TcpStream) -> Done {
    // The buffer is filled with zeroes before each read, so the default of 128 KiB is not its fastest.
    let config = WebSocketConfig::default().read_buffer_size(16 * 1024);
    let ws = WebSocketStream::from_raw_socket(socket, Role::Server, Some(config)).await;
    batched(ws, |message| message.is_text() || message.is_binary()).await
}

pub async fn fastwebsockets<S: AsyncRead + AsyncWrite + Unpin>(socket: S) -> Done {
    let ws = fastwebsockets::WebSocket::after_handshake(socket, fastwebsockets::Role::Server);
    let mut ws = FragmentCollector::new(ws);
    loop {
        let frame = ws.read_frame().await?;
        match frame.opcode {
            OpCode::Close => return Ok(()),
            OpCode::Text | OpCode::Binary => ws.write_frame(frame).await?,
            _ => {}
        }
    }
}

pub async fn tokio_websockets_simple(socket: TcpStream) -> Done {
    let mut ws = tokio_websockets::ServerBuilder::new().serve(socket);
    while let Some(message) = ws.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            ws.send(message).await?;
        }
    }
    Ok(())
}

pub async fn tokio_websockets_batched(socket: TcpStream) -> Done {
    let config = tokio_websockets::Config::default().flush_threshold(64 * 1024);
    let ws = tokio_websockets::ServerBuilder::new().config(config).serve(socket);
    batched(ws, |message| message.is_text() || message.is_binary()).await
}

pub async fn web_socket<S: AsyncRead + AsyncWrite + Unpin>(socket: S) -> Done {
    use web_socket::{DataType, Event, WebSocket};
    // It reads a header in three parts, so without a buffer it would be slower by far.
    let mut ws = WebSocket::server(BufReader::new(socket));
    loop {
        match ws.recv().await? {
            Event::Data { ty: DataType::Complete(_), data } => ws.send(&*data).await?,
            Event::Ping(data) => ws.send_pong(data).await?,
            Event::Pong(_) => {}
            // The load generator sends no fragments.
            Event::Data { ty: DataType::Stream(_), .. } | Event::Error(_) | Event::Close { .. } => {
                return Ok(ws.close(()).await?);
            }
        }
    }
}

pub async fn soketto_simple(socket: TcpStream) -> Done {
    use futures::io::{BufReader, BufWriter};
    let socket = BufReader::new(BufWriter::new(socket.compat()));
    let (mut sender, mut receiver) = connection::Builder::new(socket, connection::Mode::Server).finish();
    let mut message = Vec::new();
    loop {
        message.clear();
        receiver.receive_data(&mut message).await?;
        sender.send_binary_mut(&mut message).await?;
        sender.flush().await?;
    }
}

pub async fn soketto_batched(socket: Corked) -> Done {
    let socket = futures::io::BufReader::with_capacity(64 * 1024, socket.compat());
    let (mut sender, mut receiver) = connection::Builder::new(socket, connection::Mode::Server).finish();
    let mut message = Vec::new();
    loop {
        message.clear();
        receiver.receive_data(&mut message).await?;
        sender.send_binary_mut(&mut message).await?;
    }
}

pub async fn yawc_simple(socket: TcpStream) -> Done {
    let options = yawc::Options::default().with_utf8();
    let mut ws = yawc::WebSocket::from_stream(socket, yawc::Role::Server, options)?;
    loop {
        let frame = ws.next_frame().await?;
        if matches!(frame.opcode(), yawc::OpCode::Text | yawc::OpCode::Binary) {
            ws.send(frame).await?;
        }
    }
}

pub async fn yawc_batched(socket: TcpStream) -> Done {
    // As its own benchmark does.
    let options = yawc::Options::default()
        .with_utf8()
        .with_read_buffer_capacity(128 * 1024)
        .with_backpressure_boundary(64 * 1024);
    let ws = yawc::WebSocket::from_stream(socket, yawc::Role::Server, options)?;
    let ws = ws.map(Ok::<_, yawc::WebSocketError>);
    batched(ws, |frame| matches!(frame.opcode(), yawc::OpCode::Text | yawc::OpCode::Binary)).await
}

pub async fn sockudo_simple(socket: TcpStream) -> Done {
    use sockudo_ws::{Config, Message, WebSocketStream};
    let mut ws = WebSocketStream::server(socket, Config::default());
    while let Some(message) = ws.next().await {
        match message? {
            message @ (Message::Text(_) | Message::Binary(_)) => ws.send(message).await?,
            Message::Close(_) => break,
            Message::Ping(_) | Message::Pong(_) => {}
        }
    }
    Ok(())
}

/// Without its stream, which brings the keep-alive and its timers.
pub async fn sockudo_batched(mut socket: TcpStream) -> Done {
    use sockudo_ws::{Config, Message};
    let config = Config::default();
    let mut protocol =
        Protocol::new(sockudo_ws::Role::Server, config.max_frame_size, config.max_message_size);
    let (mut buf, mut out) = (BytesMut::with_capacity(64 * 1024), BytesMut::new());
    let mut messages = Vec::new();
    loop {
        if socket.read_buf(&mut buf).await? == 0 {
            return Ok(());
        }
        protocol.process_into(&mut buf, &mut messages)?;
        for message in messages.drain(..) {
            match message {
                Message::Ping(data) => protocol.encode_pong(&data, &mut out),
                Message::Close(_) => protocol.encode_close_response(&mut out),
                Message::Pong(_) => {}
                message => protocol.encode_message(&message, &mut out)?,
            }
        }
        socket.write_all_buf(&mut out).await?;
        out.clear();
        buf.reserve(16 * 1024);
    }
}

pub async fn wtx<S: wtx::stream::Stream>(socket: S) -> Done {
    use wtx::collection::Vector;
    use wtx::rng::Xorshift64;
    use wtx::web_socket::{OpCode, WebSocket};
    let buffer = WebSocketBuffer::default();
    let mut ws = WebSocket::<_, _, _, _, false>::new((), false, Xorshift64::new(1), socket, buffer);
    let (mut common, mut reader, mut writer) = ws.split_mut();
    let mut message = Vector::new();
    loop {
        message.clear();
        let mut frame =
            reader.read_frame(&mut message, &mut common, WebSocketPayloadOrigin::Adaptive).await?;
        match frame.op_code() {
            OpCode::Text | OpCode::Binary => writer.write_frame(&mut common, &mut frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

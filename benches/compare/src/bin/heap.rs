//! What a connection of a server holds when it is new, and when it waits after a message of 1 KiB. A program of its
//! own, because its counting allocator costs time.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::future::{Future, pending};
use std::hint::black_box;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use bytes::BytesMut;
use compare::deflate;
use compare::memory::Memory;
use compare::row::{Class, Heap, Row, print};
use compare::wire::{Content, frame};
use futures_util::{SinkExt, StreamExt};

fn main() {
    sockudo_ws::init_clock();
    measure("sansws", Class::Sansws, sansws);
    measure("tungstenite", Class::Peer, tungstenite);
    measure("fastwebsockets", Class::Peer, fastwebsockets);
    measure("tokio-websockets", Class::Peer, tokio_websockets);
    measure("web-socket with BufReader", Class::Peer, web_socket);
    measure("soketto", Class::Peer, soketto);
    measure("yawc", Class::Peer, yawc);
    measure("sockudo-ws", Class::Peer, sockudo);
    measure("sockudo-ws Protocol", Class::Peer, sockudo_protocol);
    measure("wtx", Class::Peer, wtx);
    measure("websocket-sans-io", Class::Peer, websocket_sans_io);
    measure("embedded-websocket", Class::Peer, embedded_websocket);
    compressed();
}

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: it only counts what it passes on.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as above.
        unsafe { System.dealloc(ptr, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Default)]
struct Probe {
    before: usize,
    fresh: Cell<usize>,
    value: Cell<usize>,
}

impl Probe {
    /// The connection has been made; its value, with or without the stream, has this size.
    fn built(&self, value: usize) {
        self.fresh.set(HELD.load(Ordering::Relaxed) - self.before);
        self.value.set(value);
    }

    fn built_over<T>(&self, _connection: &T) {
        self.built(size_of::<T>() - size_of::<Memory>());
    }
}

/// Runs it until it waits for more.
fn measure<F: Future<Output = ()>>(
    name: &str,
    class: Class,
    serve: impl FnOnce(Memory, &'static Probe) -> F,
) {
    let mut message = Vec::new();
    frame(Content::Binary, &[7; 1024], Some([1, 2, 3, 4]), &mut message);
    wait(name, class, None, message, serve);
}

/// Serves this message, and looks at what is held then.
fn wait<F: Future<Output = ()>>(
    name: &str,
    class: Class,
    takeover: Option<bool>,
    message: Vec<u8>,
    serve: impl FnOnce(Memory, &'static Probe) -> F,
) {
    let stream = Memory::once(message.into());
    let probe = Box::leak(Box::<Probe>::default());
    probe.before = HELD.load(Ordering::Relaxed);
    let (probe, before) = (&*probe, probe.before);
    let mut serving = pin!(serve(stream, probe));
    assert!(serving.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let idle = HELD.load(Ordering::Relaxed) - before;
    print(&Row::Heap(Heap {
        name: name.into(),
        class,
        value: probe.value.get(),
        fresh: probe.fresh.get(),
        idle,
        takeover,
    }));
}

/// The read buffer of a core without IO is the caller's, and serves all connections.
fn read(stream: &mut Memory) -> Vec<u8> {
    let mut buf = vec![0; 4096];
    let n = std::io::Read::read(stream, &mut buf).expect("the message is there");
    buf.truncate(n);
    buf
}

async fn sansws(mut stream: Memory, probe: &Probe) {
    use sansws::{Config, Connection, Event, Input, MessageBuf, Role};

    let mut conn = Connection::new(Role::Server, Config::new());
    let (mut store, mut out) = (MessageBuf::new(), Vec::new());
    probe.built(size_of::<Connection>());
    let mut buf = read(&mut stream);
    let mut input = Input::new(&mut buf);
    let event = conn.receive_message(&mut input, &mut store, &mut out);
    assert!(matches!(event, Some(Event::Data(_))));
    drop(buf);
    pending::<()>().await;
    drop(conn);
}

async fn tungstenite(stream: Memory, probe: &Probe) {
    let mut socket =
        tungstenite::WebSocket::from_raw_socket(stream, tungstenite::protocol::Role::Server, None);
    probe.built_over(&socket);
    assert!(socket.read().expect("a message").is_binary());
    assert!(matches!(socket.read(), Err(tungstenite::Error::Io(_))));
    pending::<()>().await;
    drop(socket);
}

async fn fastwebsockets(stream: Memory, probe: &Probe) {
    let socket = fastwebsockets::WebSocket::after_handshake(stream, fastwebsockets::Role::Server);
    let mut socket = fastwebsockets::FragmentCollector::new(socket);
    probe.built_over(&socket);
    while let Ok(frame) = socket.read_frame().await {
        drop(black_box(frame));
    }
}

async fn tokio_websockets(stream: Memory, probe: &Probe) {
    let mut socket = tokio_websockets::ServerBuilder::new().serve(stream);
    probe.built_over(&socket);
    while let Some(message) = socket.next().await {
        drop(black_box(message));
    }
}

async fn web_socket(stream: Memory, probe: &Probe) {
    let mut socket = web_socket::WebSocket::server(tokio::io::BufReader::new(stream));
    probe.built_over(&socket);
    while let Ok(event) = socket.recv_event().await {
        drop(black_box(event));
    }
}

async fn soketto(stream: Memory, probe: &Probe) {
    let (sender, mut receiver) =
        soketto::connection::Builder::new(stream, soketto::connection::Mode::Server).finish();
    probe.built(size_of_val(&sender) + size_of_val(&receiver));
    loop {
        // It appends to what the caller brings.
        let mut message = Vec::new();
        if receiver.receive_data(&mut message).await.is_err() {
            break;
        }
        drop(black_box(message));
    }
}

async fn yawc(stream: Memory, probe: &Probe) {
    let options = yawc::Options::default().with_utf8();
    let mut socket = yawc::WebSocket::from_stream(stream, yawc::Role::Server, options).expect("no extension");
    probe.built_over(&socket);
    while let Ok(frame) = socket.next_frame().await {
        drop(black_box(frame));
    }
}

async fn sockudo(stream: Memory, probe: &Probe) {
    let config = sockudo_ws::Config::builder().idle_timeout(0).auto_ping(false).build();
    let mut socket = sockudo_ws::WebSocketStream::server(stream, config);
    probe.built_over(&socket);
    while let Some(message) = socket.next().await {
        drop(black_box(message));
    }
}

async fn sockudo_protocol(mut stream: Memory, probe: &Probe) {
    let mut protocol = sockudo_ws::protocol::Protocol::new(sockudo_ws::Role::Server, 16 << 20, 64 << 20);
    probe.built(size_of_val(&protocol));
    let mut buf = BytesMut::from(&read(&mut stream)[..]);
    drop(protocol.process(&mut buf).expect("a message"));
    drop(buf);
    pending::<()>().await;
    drop(protocol);
}

async fn wtx(stream: Memory, probe: &Probe) {
    use wtx::rng::Xorshift64;
    use wtx::web_socket::{WebSocketBuffer, WebSocketOwned, WebSocketPayloadOrigin};

    let buffer = WebSocketBuffer::new();
    let mut socket: WebSocketOwned<(), _, _, false> =
        WebSocketOwned::new((), false, Xorshift64::from(7), stream, buffer);
    probe.built_over(&socket);
    let mut message = wtx::collection::Vector::new();
    while let Ok(frame) = socket.read_frame(&mut message, WebSocketPayloadOrigin::Adaptive).await {
        black_box(&frame);
    }
}

async fn websocket_sans_io(mut stream: Memory, probe: &Probe) {
    let mut decoder = websocket_sans_io::WebsocketFrameDecoder::new();
    let encoder = websocket_sans_io::WebsocketFrameEncoder::new();
    probe.built(size_of_val(&decoder) + size_of_val(&encoder));
    let mut buf = read(&mut stream);
    let mut at = 0;
    while at < buf.len() {
        at += decoder.add_data(&mut buf[at..]).expect("never fails").consumed_bytes;
    }
    drop(buf);
    pending::<()>().await;
    black_box((decoder, encoder));
}

async fn embedded_websocket(mut stream: Memory, probe: &Probe) {
    let mut socket = embedded_websocket::WebSocketServer::new_server();
    socket.state = embedded_websocket::WebSocketState::Open;
    probe.built(size_of_val(&socket));
    let (buf, mut message) = (read(&mut stream), [0; 1024]);
    assert_eq!(socket.read(&buf, &mut message).expect("a message").len_to, 1024);
    drop(buf);
    pending::<()>().await;
    black_box(socket.state);
}

/// Connections that agreed to compress, and echo one message.
fn compressed() {
    for takeover in [false, true] {
        let message = deflate::sent();
        let peer = |name, serve: fn(Memory, &'static Probe, bool) -> Serving| {
            wait(name, Class::Peer, Some(takeover), message.clone(), |stream, probe| {
                serve(stream, probe, takeover)
            });
        };
        sansws_compressed(takeover, &message);
        peer("yawc", |stream, probe, takeover| Box::pin(yawc_compressed(stream, probe, takeover, None)));
        if !takeover {
            let pool = ::yawc::DeflatePool::new(4);
            let warm = |name| {
                wait(name, Class::Peer, Some(takeover), message.clone(), |stream, probe| {
                    yawc_compressed(stream, probe, takeover, Some(pool.clone()))
                });
            };
            warm("yawc, the first with a pool");
            warm("yawc, another with that pool");
        }
        peer("sockudo-ws", |stream, probe, takeover| Box::pin(sockudo_compressed(stream, probe, takeover)));
        if !takeover {
            peer("wtx", |stream, probe, _| Box::pin(wtx_compressed(stream, probe)));
        }
    }
}

type Serving = std::pin::Pin<Box<dyn Future<Output = ()>>>;

/// The first connection makes what the thread has for all of them.
fn sansws_compressed(takeover: bool, message: &[u8]) {
    use std::cell::RefCell;
    use std::rc::Rc;

    use sansws_compressing::deflate::{Agreed, Deflater};
    use sansws_compressing::{Config, Connection, Event, Input, MessageBuf, Role};

    struct Shared {
        deflater: Deflater,
        store: MessageBuf,
        out: Vec<u8>,
    }

    let shared = Rc::new(RefCell::new(Shared {
        deflater: Deflater::new(),
        store: MessageBuf::new(),
        out: Vec::new(),
    }));
    let serve = |mut stream: Memory, probe: &'static Probe| {
        let shared = shared.clone();
        async move {
            let agreed =
                Agreed::new().server_no_context_takeover(!takeover).client_no_context_takeover(!takeover);
            let mut conn = Connection::new(Role::Server, Config::new().deflate(agreed));
            probe.built(size_of::<Connection>());
            let mut buf = read(&mut stream);
            let mut echo = || {
                let Shared { deflater, store, out } = &mut *shared.borrow_mut();
                out.clear();
                let mut input = Input::new(&mut buf);
                let Some(Event::Data(message)) = conn.receive_message(&mut input, store, out) else {
                    panic!("no message")
                };
                conn.send_compressed(message, deflater, out).expect("open");
                assert!(out[0] & 0x40 != 0);
            };
            echo();
            drop(buf);
            pending::<()>().await;
            drop(conn);
        }
    };
    // With what it made for the others still held. The second is one of those.
    let first = |stream, probe| serve(stream, probe);
    wait(
        "sansws, the first, with what a thread shares",
        Class::Floor,
        Some(takeover),
        message.to_vec(),
        first,
    );
    wait("sansws", Class::Sansws, Some(takeover), message.to_vec(), serve);
}

async fn yawc_compressed(stream: Memory, probe: &Probe, takeover: bool, pool: Option<::yawc::DeflatePool>) {
    let level = ::yawc::CompressionLevel::new(deflate::LEVEL.into());
    let mut options = ::yawc::Options::default().with_utf8().with_compression_level(level);
    if let Some(pool) = pool {
        options = options.with_deflate_pool(pool);
    }
    let mut agreed = String::from("permessage-deflate");
    if !takeover {
        agreed += "; server_no_context_takeover; client_no_context_takeover";
    }
    let mut socket =
        ::yawc::WebSocket::from_stream_with_extensions(stream, ::yawc::Role::Server, Some(&agreed), options)
            .expect("an agreement");
    drop(agreed);
    probe.built_over(&socket);
    while let Ok(frame) = socket.next_frame().await {
        socket.send(frame).await.expect("an echo");
    }
}

async fn sockudo_compressed(stream: Memory, probe: &Probe, takeover: bool) {
    let config = sockudo_ws::Config::builder().idle_timeout(0).auto_ping(false).build();
    let agreed = sockudo_ws::DeflateConfig {
        server_no_context_takeover: !takeover,
        client_no_context_takeover: !takeover,
        ..sockudo_ws::DeflateConfig::default()
    };
    let mut socket = sockudo_ws::CompressedWebSocketStream::server(stream, config, agreed);
    probe.built_over(&socket);
    while let Some(message) = socket.next().await {
        socket.send(message.expect("a message")).await.expect("an echo");
    }
}

async fn wtx_compressed(stream: Memory, probe: &Probe) {
    use wtx::web_socket::{Frame, OpCode, WebSocketBuffer, WebSocketPayloadOrigin};

    let mut socket = compare::peers::wtx::compressing(stream, WebSocketBuffer::new());
    probe.built_over(&socket);
    let mut message = wtx::collection::Vector::new();
    while let Ok(frame) = socket.read_frame(&mut message, WebSocketPayloadOrigin::Adaptive).await {
        let mut payload = frame.payload().to_vec();
        let mut echo = Frame::new_fin(OpCode::Binary, &mut payload[..]);
        socket.write_frame(&mut echo).await.expect("an echo");
    }
}

//! Decoding, encoding and handshakes, through the public interface.
//!
//! `cargo bench --manifest-path benches/Cargo.toml --bench codec`

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use sansws::handshake::{client, server};
use sansws::{Config, Connection, Event, Input, Kind, Message, MessageBuf, Role};

const SIZES: [usize; 6] = [16, 125, 1024, 16 << 10, 64 << 10, 1 << 20];
const READ: usize = 64 << 10;
const SEED: [u8; 32] = [7; 32];

fn message(kind: Kind, payload: &[u8]) -> Message<'_> {
    match kind {
        Kind::Binary => Message::Binary(payload),
        Kind::Text => Message::Text(std::str::from_utf8(payload).unwrap_or_default()),
    }
}

/// Messages of one size in reads of 64 KiB, which are copied first, as a system does.
fn decode(criterion: &mut Criterion) {
    for (name, receiver, sender) in
        [("server", Role::Server, Role::Client(SEED)), ("client", Role::Client(SEED), Role::Server)]
    {
        for kind in [Kind::Binary, Kind::Text] {
            let mut group = criterion.benchmark_group(format!("decode {name} {kind:?}"));
            for size in SIZES {
                let payload = vec![b'a'; size];
                let count = ((4 << 20) / (size + 8)).min(40_000);
                let (mut conn, mut wire) = (Connection::new(sender, Config::new()), Vec::new());
                for _ in 0..count {
                    conn.send(message(kind, &payload), &mut wire).unwrap();
                }
                let mut buf = vec![0; READ];
                group.throughput(Throughput::Elements(count as u64));
                group.bench_function(BenchmarkId::new("the reads alone", size), |bencher| {
                    bencher.iter(|| {
                        for read in wire.chunks(READ) {
                            buf[..read.len()].copy_from_slice(read);
                            black_box(&mut buf);
                        }
                    });
                });
                let (mut store, mut out) = (MessageBuf::with_keep(2 << 20), Vec::new());
                group.bench_function(BenchmarkId::new("sansws", size), |bencher| {
                    bencher.iter(|| {
                        let mut conn = Connection::new(receiver, Config::new());
                        let mut received = 0;
                        for read in wire.chunks(READ) {
                            buf[..read.len()].copy_from_slice(read);
                            let mut input = Input::new(&mut buf[..read.len()]);
                            while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
                                if let Event::Data(message) = event {
                                    black_box(message.as_bytes().as_ptr());
                                    received += 1;
                                }
                            }
                        }
                        assert_eq!(received, count);
                    });
                });
            }
        }
    }
}

/// Messages of one size into one output that is emptied every 64 KiB.
fn encode(criterion: &mut Criterion) {
    for (name, role) in [("server", Role::Server), ("client", Role::Client(SEED))] {
        for kind in [Kind::Binary, Kind::Text] {
            let mut group = criterion.benchmark_group(format!("encode {name} {kind:?}"));
            for size in SIZES {
                let payload = vec![b'a'; size];
                let message = message(kind, &payload);
                let count = (READ / (size + 8)).max(1);
                let mut conn = Connection::new(role, Config::new());
                let mut out = Vec::with_capacity(2 * READ + size);
                group.throughput(Throughput::Elements(count as u64));
                group.bench_function(BenchmarkId::new("sansws", size), |bencher| {
                    bencher.iter(|| {
                        out.clear();
                        for _ in 0..count {
                            conn.send(black_box(message), &mut out).unwrap();
                        }
                        black_box(&mut out);
                    });
                });
            }
        }
    }
}

/// A request as browsers send it, and its answer, at both ends.
fn handshake(criterion: &mut Criterion) {
    const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\n\
        User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\nAccept: */*\r\n\
        Accept-Language: en-US,en;q=0.5\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
        Sec-WebSocket-Version: 13\r\nOrigin: https://server.example.com\r\n\
        Sec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
        Connection: keep-alive, Upgrade\r\nCache-Control: no-cache\r\nUpgrade: websocket\r\n\r\n";
    let mut group = criterion.benchmark_group("handshake");
    let (mut buf, mut out) = (REQUEST.to_vec(), Vec::new());
    group.bench_function("server", |bencher| {
        bencher.iter(|| {
            out.clear();
            let mut input = Input::new(&mut buf);
            let request = server::Handshake::new().receive(&mut input, &mut out).unwrap().unwrap();
            black_box(request.accept(&server::Accept::new(), Config::new(), &mut out).unwrap());
        });
    });

    let request = client::Request::new("ws://server.example.com/chat".parse().unwrap());
    let mut sent = Vec::new();
    client::Handshake::start(&request, [1; 16], &mut sent).unwrap();
    let mut answer = Vec::new();
    let accepted =
        server::Handshake::new().receive(&mut Input::new(&mut sent), &mut answer).unwrap().unwrap();
    accepted.accept(&server::Accept::new(), Config::new(), &mut answer).unwrap();
    group.bench_function("client", |bencher| {
        bencher.iter(|| {
            out.clear();
            let mut handshake = client::Handshake::start(&request, black_box([1; 16]), &mut out).unwrap();
            let response = handshake.receive(&mut Input::new(&mut answer)).unwrap().unwrap();
            black_box(response.finish(Config::new(), SEED).unwrap());
        });
    });
}

criterion_group! { name = benches; config = sansws_benches::criterion(); targets = decode, encode, handshake }
criterion_main!(benches);

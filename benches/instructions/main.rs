//! Does one thing `COUNT` times, for `benches/instructions/run` to count the instructions: `CASE COUNT`.
//! Without arguments it lists the cases.

use std::env;
use std::hint::black_box;

use sansws::handshake::server::{Accept, Handshake};
use sansws::{Config, Connection, Event, Input, Message, MessageBuf, Role};

/// What a browser sends.
const REQUEST: &[u8] = b"GET /chat?room=12 HTTP/1.1\r\nHost: server.example.com:9001\r\n\
    Connection: keep-alive, Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\nUpgrade: websocket\r\n\
    Origin: https://server.example.com\r\nSec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n\
    Accept-Language: en-US,en;q=0.9\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

type Case = (&'static str, fn(usize));

const CASES: [Case; 12] = [
    ("receive-binary-16", |count| receive(Role::Server, false, 16, count)),
    ("receive-binary-125", |count| receive(Role::Server, false, 125, count)),
    ("receive-binary-1024", |count| receive(Role::Server, false, 1024, count)),
    ("receive-text-16", |count| receive(Role::Server, true, 16, count)),
    ("receive-text-125", |count| receive(Role::Server, true, 125, count)),
    ("receive-text-1024", |count| receive(Role::Server, true, 1024, count)),
    ("receive-text-16-client", |count| receive(Role::Client([1; 32]), true, 16, count)),
    ("send-binary-16", |count| send(Role::Server, 16, count)),
    ("send-binary-125", |count| send(Role::Server, 125, count)),
    ("send-binary-125-client", |count| send(Role::Client([1; 32]), 125, count)),
    ("echo-binary-16", echo),
    ("handshake", handshake),
];

fn main() {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let [name, count] = &args[..] else {
        return CASES.iter().for_each(|(name, _)| println!("{name}"));
    };
    let (_, case) = CASES.iter().find(|(case, _)| case == name).expect("a case from the list");
    case(count.parse().expect("a count"));
}

/// The peer of `role` sends `count` messages; they are received in reads of 1.5 KiB.
fn receive(role: Role, is_text: bool, size: usize, count: usize) {
    let reads =
        frames(if role == Role::Server { Role::Client([2; 32]) } else { Role::Server }, is_text, size);
    let mut conn = Connection::new(role, Config::default());
    let (mut buf, mut store, mut out) = (reads.clone(), MessageBuf::new(), Vec::new());
    let mut left = count;
    while left > 0 {
        buf.copy_from_slice(&reads);
        let mut input = Input::new(&mut buf);
        while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
            let Event::Data(message) = event else { panic!("{event:?}") };
            assert_eq!(black_box(message).as_bytes().len(), size);
            left = left.saturating_sub(1);
        }
    }
}

/// 1.5 KiB of messages, or a little less: more would be copied by an instruction that counts once for each byte.
fn frames(sender: Role, is_text: bool, size: usize) -> Vec<u8> {
    let text = "a".repeat(size);
    let mut peer = Connection::new(sender, Config::default());
    let mut out = Vec::new();
    while out.len() + size + 14 <= 1536 {
        let message = if is_text { Message::Text(&text) } else { Message::Binary(text.as_bytes()) };
        peer.send(message, &mut out).expect("open");
    }
    out
}

fn send(role: Role, size: usize, count: usize) {
    let payload = vec![b'a'; size];
    let mut conn = Connection::new(role, Config::default());
    let mut out = Vec::with_capacity(4 << 10);
    for _ in 0..count {
        conn.send(black_box(&payload), &mut out).expect("open");
        if out.len() > 2 << 10 {
            black_box(&out);
            out.clear();
        }
    }
}

fn echo(count: usize) {
    let reads = frames(Role::Client([2; 32]), false, 16);
    let mut conn = Connection::new(Role::Server, Config::default());
    let (mut buf, mut store, mut out) = (reads.clone(), MessageBuf::new(), Vec::new());
    let mut left = count;
    while left > 0 {
        buf.copy_from_slice(&reads);
        let mut input = Input::new(&mut buf);
        while let Some(event) = conn.receive_message(&mut input, &mut store, &mut out) {
            if let Event::Data(message) = event {
                conn.send(message, &mut out).expect("open");
                left = left.saturating_sub(1);
            }
        }
        black_box(&out);
        out.clear();
    }
}

fn handshake(count: usize) {
    let (mut buf, mut out) = (REQUEST.to_vec(), Vec::with_capacity(1024));
    for _ in 0..count {
        buf.copy_from_slice(REQUEST);
        out.clear();
        let request =
            Handshake::new().receive(&mut Input::new(&mut buf), &mut out).expect("whole").expect("good");
        black_box(request.accept(&Accept::new(), Config::default(), &mut out).expect("acceptable"));
    }
}

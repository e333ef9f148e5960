//! What a connection costs: sizes, and every allocation counted.

mod common;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::*;
use sansws::handshake::server::Handshake;
use sansws::{Chunk, Config, Connection, Event, Input, Message, MessageBuf, Reply, Role, Violation};

struct Counting;

thread_local! {
    /// Allocations so far, bytes held, and the most ever held, of this thread.
    static COUNTS: Cell<(usize, isize, isize)> = const { Cell::new((0, 0, 0)) };
    /// Larger requests than this are refused, in this thread.
    static LARGEST: Cell<usize> = const { Cell::new(usize::MAX) };
}

fn is_refused(size: usize) -> bool {
    LARGEST.try_with(|largest| size > largest.get()).unwrap_or(false)
}

fn count(allocations: usize, bytes: isize) {
    // Not there any more while the thread ends.
    let _ = COUNTS.try_with(|counts| {
        let (total, held, most) = counts.get();
        counts.set((total + allocations, held + bytes, most.max(held + bytes)));
    });
}

#[allow(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is passed on to the system's allocator as it came, or refused.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if is_refused(layout.size()) {
            return std::ptr::null_mut();
        }
        count(1, layout.size() as isize);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        count(0, -(layout.size() as isize));
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if is_refused(size) {
            return std::ptr::null_mut();
        }
        count(1, size as isize - layout.size() as isize);
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The allocations during `work`, and the most bytes held above what was held before.
fn measure<R>(work: impl FnOnce() -> R) -> (R, usize, isize) {
    let (total, held, _) = COUNTS.get();
    COUNTS.set((total, held, held));
    let result = work();
    let (after, _, most) = COUNTS.get();
    (result, after - total, most - held)
}

#[test]
fn sizes() {
    assert!(size_of::<Connection>() <= 256, "{}", size_of::<Connection>());
    assert!(size_of::<Event<Chunk<'_>>>() <= 32);
    assert!(size_of::<Event<Message<'_>>>() <= 32);
    assert!(size_of::<Reply>() <= 128);
}

/// An idle server connection holds no heap at all, a client its generator of keys; nor does an empty buffer.
#[test]
fn idle_connections_hold_nothing() {
    let (_conn, allocations, _) =
        measure(|| (Connection::new(Role::Server, Config::default()), MessageBuf::new()));
    assert_eq!(allocations, 0);
    let (_conn, allocations, bytes) = measure(|| Connection::new(CLIENT, Config::default()));
    assert_eq!(allocations, 1);
    assert!(bytes < 512, "{bytes}");
}

/// messages that lie whole in the input, control frames, empty fragments, broken headers, chunks: nothing is
/// allocated for any of them, once the output has its room.
#[test]
fn receiving_allocates_nothing() {
    let data = frames(
        Role::Server,
        &[
            (0x81, b"text"),
            (0x82, &[1; 10_000]),
            (0x89, &[1; 125]),
            (0x8a, &[1; 125]),
            (0x01, b""),
            (0x00, b""),
            (0x80, b""),
            (0x88, b"\x03\xe8bye"),
        ],
    );
    for whole in [true, false] {
        let mut conn = Connection::new(Role::Server, Config::default());
        let (mut store, mut out) = (MessageBuf::new(), Vec::with_capacity(1000));
        let mut bytes = data.clone();
        let ((), allocations, _) = measure(|| {
            let mut input = Input::new(&mut bytes);
            if whole {
                while conn.receive_message(&mut input, &mut store, &mut out).is_some() {}
            } else {
                while let Some(byte) = input.rest().len().checked_sub(1) {
                    let rest = std::mem::take(&mut input).into_rest();
                    let (first, rest) = rest.split_at_mut(rest.len() - byte);
                    let mut one = Input::new(first);
                    while conn.receive(&mut one, &mut out).is_some() {}
                    input = Input::new(rest);
                }
            }
        });
        assert_eq!(allocations, 0);
        assert!(conn.outcome().is_none() && !out.is_empty());
    }
}

/// 6455-5.2-18, V3, V36, V73: a header promises, nothing is allocated; with limits off, memory follows the bytes.
#[test]
fn promises_allocate_nothing() {
    for role in ROLES {
        for config in [Config::default(), Config::new().max_frame(u64::MAX).max_message(u64::MAX)] {
            for length in [16 << 20, 1 << 32, u64::MAX >> 1] {
                let mut header = frame(role, 0x82, &[0; 65536]);
                header.truncate(header.len() - 65536);
                header[2..10].copy_from_slice(&length.to_be_bytes());
                let mut conn = Connection::new(role, config);
                let (mut store, mut out) = (MessageBuf::new(), Vec::with_capacity(200));
                let ((), allocations, _) = measure(|| {
                    while conn.receive_message(&mut Input::new(&mut header), &mut store, &mut out).is_some() {
                    }
                });
                assert_eq!(allocations, 0);
            }
        }
    }
}

/// A message that spans reads grows its buffer with the bytes received, to less than twice as much, in few steps;
/// V37: one byte at a time costs no more.
#[test]
fn memory_follows_the_bytes_received() {
    for piece in [1, 1000, 65536] {
        let payload = vec![1; 1 << 20];
        let mut bytes = frame(Role::Server, 0x82, &payload);
        let mut conn = Connection::new(Role::Server, Config::default());
        let (mut store, mut out) = (MessageBuf::new(), Vec::new());
        let ((), allocations, most) = measure(|| {
            let mut received = 0;
            for chunk in bytes.chunks_mut(piece) {
                received += chunk.len();
                let mut input = Input::new(chunk);
                while conn.receive_message(&mut input, &mut store, &mut out).is_some() {}
                assert!(store.capacity() <= 2 * received, "{} after {received}", store.capacity());
            }
        });
        assert!(allocations <= 22, "{allocations} allocations in pieces of {piece}");
        assert!(most <= 2 << 20, "{most}");
    }
}

/// V15: a million empty fragments, and a megabyte in fragments of one byte, cost nothing but their payload.
#[test]
fn fragments_cost_their_payload() {
    for payload in [&b""[..], b"x"] {
        let config = Config::new().max_fragments(u32::MAX);
        let mut conn = Connection::new(Role::Server, config);
        let (mut store, mut out) = (MessageBuf::new(), Vec::new());
        let one = frame(Role::Server, 0x00, payload);
        let mut first = frame(Role::Server, 0x02, payload);
        let mut many = one.repeat(1 << 10);
        let fresh = many.clone();
        let ((), _, most) = measure(|| {
            assert!(conn.receive_message(&mut Input::new(&mut first), &mut store, &mut out).is_none());
            for _ in 0..1 << 10 {
                many.copy_from_slice(&fresh);
                assert!(conn.receive_message(&mut Input::new(&mut many), &mut store, &mut out).is_none());
            }
        });
        let received = (payload.len() << 20) as isize;
        assert!(most <= 2 * received + 64, "{most} bytes for {received}");
    }
}

/// Hostile 5.1-23: after a large message the memory is given back at the next call; `with_keep` says how much stays.
#[test]
fn memory_is_given_back() {
    for keep in [0, 100, 64 << 10] {
        let mut run = Run::new(Role::Server, Config::default());
        run.store = MessageBuf::with_keep(keep);
        let bytes = frame(Role::Server, 0x82, &vec![1; 8 << 20]);
        bytes.chunks(65536).for_each(|chunk| run.feed(Api::Messages, chunk));
        // `feed` calls once more after each message.
        assert!(run.store.capacity() <= keep, "{} kept of {keep}", run.store.capacity());
        assert_eq!(run.got.len(), 1);
    }
}

/// What was put together of a message that will never be whole is given back when the connection ends inside it,
/// and the buffer may serve another one.
#[test]
fn unfinished_messages_are_given_back() {
    let start = frame(Role::Server, 0x01, &vec![b'a'; 4 << 20]);
    let ends = [(0x83, &b""[..]), (0x88, b"\x03\xe8"), (0x80, b"\xff"), (0x00, b"\xff\xff")];
    let ends = ends.map(|(first, payload)| frame(Role::Server, first, payload));
    for (end, veto) in ends.iter().map(|end| (&end[..], false)).chain([(&b""[..], true), (b"", false)]) {
        let mut run = Run::new(Role::Server, Config::default());
        start.chunks(65536).for_each(|chunk| run.feed(Api::Messages, chunk));
        assert!(run.store.capacity() >= 4 << 20 && !run.store.is_empty());
        if veto {
            run.conn.fail(sansws::CloseCode::POLICY_VIOLATION, "too slow", &mut run.out).unwrap();
        }
        run.feed(Api::Messages, end);
        let mut store = run.store;
        if !veto && end.is_empty() {
            store.clear();
        }
        assert!(store.capacity() <= 64 << 10 && store.is_empty());
        let mut next = Run::new(Role::Server, Config::default());
        next.store = store;
        next.feed(Api::Messages, &frames(Role::Server, &[(0x01, b"a"), (0x80, b"b")]));
        assert_eq!(next.got, [text("ab")]);
    }
}

/// V2: held back Pongs take one allocation, however many Pings come.
#[test]
fn ping_floods_allocate_once() {
    let mut conn = Connection::new(Role::Server, Config::new().reply_backlog(0));
    let (mut store, mut out) = (MessageBuf::new(), vec![0]);
    let pings = frame(Role::Server, 0x89, &[1; 125]).repeat(1000);
    let mut bytes = pings.clone();
    let ((), allocations, most) = measure(|| {
        for _ in 0..1000 {
            bytes.copy_from_slice(&pings);
            let mut input = Input::new(&mut bytes);
            while conn.receive_message(&mut input, &mut store, &mut out).is_some() {}
        }
    });
    assert_eq!((allocations, out.len()), (1, 1));
    assert!(most < 500);
}

/// V1: 10 MB of a head without an end, a byte at a time: refused at the limit, and memory bounded by it.
#[test]
fn heads_are_bounded() {
    let mut handshake = Handshake::new();
    let mut out = Vec::new();
    let mut verdicts = 0;
    let ((), _, most) = measure(|| {
        for byte in b"GET / HTTP/1.1\r\nX: ".iter().copied().chain(std::iter::repeat_n(b'a', 10_000_000)) {
            if handshake
                .receive(&mut Input::new(&mut [byte]), &mut out)
                .is_some_and(|verdict| verdict.is_err())
            {
                verdicts += 1;
            }
        }
    });
    assert_eq!(verdicts, 1);
    assert!(out.starts_with(b"HTTP/1.1 431 "));
    assert!(most <= 64 << 10, "{most}");
}

/// Memory that is not to be had for a message ends the connection, not the program.
#[test]
fn exhausted_memory_is_a_failure() {
    for role in ROLES {
        for first in [0x81, 0x82] {
            let bytes = frame(role, first, &[b'x'; 40_000]);
            let mut run = Run::new(role, Config::default());
            LARGEST.set(30_000);
            let mut pieces: Vec<_> = bytes.chunks(10_000).map(<[u8]>::to_vec).collect();
            let (mut events, mut store) = (Vec::new(), MessageBuf::new());
            for piece in &mut pieces {
                let mut input = Input::new(piece);
                while let Some(event) = run.conn.receive_message(&mut input, &mut store, &mut run.out) {
                    events.push(match event {
                        Event::Failed(violation) => violation,
                        event => panic!("{event:?}"),
                    });
                }
            }
            LARGEST.set(usize::MAX);
            assert_eq!(events, [Violation::Internal]);
            let (first, body) = sent(role, &run.out).pop().expect("a Close");
            assert_eq!((first, &body[..2]), (0x88, &1011_u16.to_be_bytes()[..]));
        }
    }
}

/// The same for what compression keeps: a message goes out as it is, or the connection fails, and what both ends hold
/// of the past never differs (RFC 7692 7.2.3.2).
#[cfg(feature = "deflate")]
#[test]
fn exhausted_memory_and_compression() {
    use sansws::deflate::{Agreed, Deflater};

    let config = || Config::new().deflate(Agreed::new());
    let long = "long and dull ".repeat(2000);
    for (from, to) in [(Role::Server, CLIENT), (CLIENT, Role::Server)] {
        for refused in [false, true] {
            let mut deflater = Deflater::new().threshold(0).only_if_smaller(false);
            let (mut one, mut other) = (Run::new(from, config()), Run::new(to, config()));
            one.out.reserve(100_000);
            one.conn.send_compressed("short and dull", &mut deflater, &mut one.out).expect("open");
            if refused {
                LARGEST.set(10_000);
            }
            let sent = one.conn.send_compressed(&long, &mut deflater, &mut one.out);
            LARGEST.set(usize::MAX);
            assert_eq!(sent, Ok(()));
            one.conn.send_compressed(&long, &mut deflater, &mut one.out).expect("open");
            let is_plain = one.out.len() > long.len();
            assert_eq!(is_plain, refused, "{} bytes", one.out.len());
            other.feed(Api::Messages, &one.out);
            assert_eq!(other.got, [text("short and dull"), text(&long), text(&long)]);
        }
        // A message that needs more than there is to be put together.
        let mut deflater = Deflater::new().threshold(0).only_if_smaller(false);
        let (mut one, mut other) = (Run::new(from, config()), Run::new(to, config()));
        one.conn.send_compressed("short and dull", &mut deflater, &mut one.out).expect("open");
        other.feed(Api::Messages, &one.out);
        one.out.clear();
        one.conn.send_compressed(&long, &mut deflater, &mut one.out).expect("open");
        let mut bytes = one.out.clone();
        let mut input = Input::new(&mut bytes);
        other.out.reserve(1000);
        LARGEST.set(10_000);
        let event = other.conn.receive_message(&mut input, &mut other.store, &mut other.out);
        LARGEST.set(usize::MAX);
        assert_eq!(event, Some(Event::Failed(Violation::Internal)));
    }
}

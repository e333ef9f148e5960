//! Payload read straight into the message buffer. The cases of all other files go this way, too: `Api::Direct`.

mod common;

use common::*;
use sansws::{Config, Connection, Event, Input, Message, MessageBuf, Violation};

/// Receives `bytes` through a buffer of the caller's.
fn receive(conn: &mut Connection, store: &mut MessageBuf, bytes: &[u8]) -> bool {
    let (mut bytes, mut out) = (bytes.to_vec(), Vec::new());
    conn.receive_message(&mut Input::new(&mut bytes), store, &mut out).is_some()
}

/// There is space only for the payload of a message that has begun in this buffer.
#[test]
fn space_is_offered_for_payload_only() {
    for role in ROLES {
        let mut conn = Connection::new(role, Config::default());
        let (mut store, mut other) = (MessageBuf::new(), MessageBuf::new());
        let message = frames(role, &[(0x01, b"Hello"), (0x89, b"ping"), (0x80, b", world")]);
        let mut offered = Vec::new();
        for byte in &message {
            offered.push(conn.space(&mut store).len());
            assert!(conn.space(&mut other).is_empty());
            receive(&mut conn, &mut store, &[*byte]);
        }
        let header = if role == CLIENT { 2 } else { 6 };
        let expected: Vec<usize> = [vec![0; header + 1], vec![4, 3, 2, 1], vec![0; 2 * header + 4]].concat();
        assert_eq!(offered[..expected.len()], expected);
        // Of the second fragment, too, from its first byte on: the message has begun.
        assert_eq!(offered[expected.len()..], [7, 6, 5, 4, 3, 2, 1]);
        assert!(conn.space(&mut store).is_empty());
    }
}

/// what a header promises reserves nothing; space comes with what was received.
#[test]
fn space_grows_with_the_bytes() {
    for role in ROLES {
        let mut conn = Connection::new(role, Config::default());
        let (mut store, mut out) = (MessageBuf::new(), Vec::new());
        let size = 10 << 20;
        let whole = frame(role, 0x82, &vec![0; size]);
        let begin = whole.len() - size + 1;
        receive(&mut conn, &mut store, &whole[..begin]);
        let mut received = 1;
        while received < size {
            let space = conn.space(&mut store);
            assert!(
                !space.is_empty() && space.len() <= (2 * received).max(8192),
                "{received} {}",
                space.len()
            );
            let count = space.len();
            space.copy_from_slice(&whole[begin - 1 + received..][..count]);
            received += count;
            assert!(store.capacity() <= (4 * received).max(8192));
            match conn.fill(count, &mut store, &mut out) {
                None => assert!(received < size),
                event => assert_eq!(event, Some(Event::Data(Message::Binary(&vec![0; size])))),
            }
        }
        assert_eq!(received, size);
    }
}

/// Misuse fails the connection, and neither panics nor forges a message.
#[test]
fn counts_beyond_the_space_fail() {
    for count in [5, 6, 1 << 20, usize::MAX] {
        let mut conn = Connection::new(CLIENT, Config::default());
        let (mut store, mut out) = (MessageBuf::new(), Vec::new());
        receive(&mut conn, &mut store, b"\x81\x05H");
        assert_eq!(conn.space(&mut store).len(), 4);
        assert_eq!(conn.fill(count, &mut store, &mut out), Some(Event::Failed(Violation::Internal)));
        assert_eq!(conn.fill(1, &mut store, &mut out), None);
    }
    // Where no space was offered.
    let mut conn = Connection::new(CLIENT, Config::default());
    let (mut store, mut out) = (MessageBuf::new(), Vec::new());
    assert_eq!(conn.fill(0, &mut store, &mut out), None);
    assert_eq!(conn.fill(1, &mut store, &mut out), Some(Event::Failed(Violation::Internal)));
}

/// 6455-8.1-2: text fails on its first bad byte here, too, and nothing is left of it.
#[test]
fn bad_text_fails_at_once() {
    let mut conn = Connection::new(CLIENT, Config::default());
    let (mut store, mut out) = (MessageBuf::new(), Vec::new());
    receive(&mut conn, &mut store, b"\x81\x7e\x01\x00H");
    conn.space(&mut store)[..2].copy_from_slice(b"\xce\xba");
    assert_eq!(conn.fill(2, &mut store, &mut out), None);
    conn.space(&mut store)[0] = 0xff;
    assert_eq!(conn.fill(1, &mut store, &mut out), Some(Event::Failed(Violation::InvalidUtf8)));
    assert!(store.is_empty() && conn.space(&mut store).is_empty());
}

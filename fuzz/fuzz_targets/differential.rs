//! The same bytes through tungstenite, as a server: the same messages, and nothing accepted that it refuses.
//!
//! Known differences, all of them stricter or earlier here: lengths that are not minimal fail; a broken rule fails
//! at the header, and bad text at its first bad byte, while tungstenite waits for the whole frame; a Close with a
//! code that must not be sent fails; close code 1014 is lawful.
#![no_main]

use std::io::{self, Read, Write};

use libfuzzer_sys::fuzz_target;
use sansws::{CloseCode, Config, Role, Violation};
use sansws_fuzz::{Got, Side};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket, protocol};

/// Gives the bytes, and then nothing for now.
struct Bytes<'a>(&'a [u8]);

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { self.0.read(buffer) }
    }
}

impl Write for Bytes<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug, PartialEq)]
enum End {
    Open,
    Closed,
    Failed,
}

fn theirs(data: &[u8]) -> (Vec<Got>, End) {
    let config = WebSocketConfig::default().max_frame_size(Some(2000)).max_message_size(Some(3000));
    let mut socket = WebSocket::from_raw_socket(Bytes(data), protocol::Role::Server, Some(config));
    let mut messages = Vec::new();
    loop {
        match socket.read() {
            Ok(Message::Text(text)) => messages.push(Got::Text(text.as_str().into())),
            Ok(Message::Binary(bytes)) => messages.push(Got::Binary(bytes.to_vec())),
            Ok(Message::Close(_)) => return (messages, End::Closed),
            Ok(_) => {}
            Err(Error::Io(_)) => return (messages, End::Open),
            Err(_) => return (messages, End::Failed),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let limits = Config::new().max_frame(2000).max_message(3000).max_fragments(u32::MAX);
    let mut side = Side::new(Role::Server, limits);
    side.feed(data.to_vec());
    let last = side.got.last().cloned();
    let ours: Vec<Got> =
        side.got.into_iter().filter(|got| matches!(got, Got::Text(_) | Got::Binary(_))).collect();
    let (theirs, end) = theirs(data);
    match last {
        // Whatever follows is taken by tungstenite in another way. In a control frame no longer form is minimal.
        Some(Got::Failed(Violation::LengthNotMinimal(_) | Violation::LongControl)) => {
            assert!(theirs.starts_with(&ours));
        }
        Some(Got::Failed(Violation::CloseBody | Violation::CloseCode(_) | Violation::CloseReason)) => {
            assert_eq!(ours, theirs);
        }
        Some(Got::Failed(violation)) => {
            assert_eq!(ours, theirs, "{violation}");
            assert_ne!(end, End::Closed, "{violation}");
        }
        Some(Got::Close(Some(CloseCode(1014)), _)) => assert_eq!(ours, theirs),
        Some(Got::Close(..)) => assert_eq!((ours, End::Closed), (theirs, end)),
        _ => assert_eq!((ours, End::Open), (theirs, end)),
    }
});

//! What the receiving half asks of the sending half.

use super::Event;
use crate::close::{CloseCode, MAX_CONTROL_PAYLOAD};
use crate::error::Violation;

/// What the receiving half wants the sending half to do: at most one for an event.
///
/// A plain value of 128 bytes to pass from one task to another; see [`Receiver`](super::Receiver).
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Reply(pub(super) Answer);

#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Ping(Control),
    Close(Option<CloseCode>),
    Fail(Violation),
    Eof,
}

impl Reply {
    pub(super) const EOF: Self = Self(Answer::Eof);

    pub(super) fn to<D>(event: &Event<D>, control_payload: &[u8]) -> Option<Self> {
        Some(Self(match event {
            Event::Data(_) | Event::Pong => return None,
            Event::Ping => Answer::Ping(Control::new(control_payload)),
            Event::Close(code) => Answer::Close(*code),
            Event::Failed(violation) => Answer::Fail(*violation),
        }))
    }
}

/// The payload of a control frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Control {
    bytes: [u8; MAX_CONTROL_PAYLOAD],
    length: u8,
}

impl Control {
    /// `payload` is at most 125 bytes.
    pub(super) fn new(payload: &[u8]) -> Self {
        let mut bytes = [0; MAX_CONTROL_PAYLOAD];
        bytes[..payload.len()].copy_from_slice(payload);
        Self { bytes, length: payload.len() as u8 }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

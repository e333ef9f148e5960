//! Reading the payload of a large message straight to where the message is put together.

use super::{Destination, Receiver};
use crate::connection::{Event, Reply};
use crate::error::Violation;
use crate::message::{Message, MessageBuf};

/// Room is offered for so many bytes at least, and otherwise for as many as have been received of the message.
const LEAST_SPACE: usize = 4096;

impl Receiver {
    /// As [`Connection::space`](crate::Connection::space).
    pub fn space<'m>(&self, store: &'m mut MessageBuf) -> &'m mut [u8] {
        let is_open = !self.stopped
            && self.frame_left > 0
            && self.opcode.is_some_and(|opcode| !opcode.is_control())
            && self.goes_to == Some(Destination::MessageBuf)
            && !self.is_compressed();
        if !is_open {
            return &mut [];
        }
        let received = self.announced - self.frame_left;
        store.space(received, self.frame_left, LEAST_SPACE, self.max_message)
    }

    /// As [`Connection::fill`](crate::Connection::fill), with the reply to pass on.
    pub fn fill<'m>(
        &mut self,
        count: usize,
        store: &'m mut MessageBuf,
    ) -> Option<(Event<Message<'m>>, Option<Reply>)> {
        let event = self.next_filled(count, store)?;
        let reply = Reply::to(&event, &[]);
        Some((event, reply))
    }

    pub(in crate::connection) fn next_filled<'m>(
        &mut self,
        count: usize,
        store: &'m mut MessageBuf,
    ) -> Option<Event<Message<'m>>> {
        let space = self.space(store).len();
        if count == 0 || self.stopped {
            return None;
        }
        let kind = self.message.filter(|_| count <= space);
        let mut key = self.masked.then_some(self.key);
        let filled = match kind {
            Some(kind) => store.fill(count, kind, &mut key),
            // More than there was room for, or in another buffer.
            None => Err(Violation::Internal),
        };
        self.key.turn(count);
        // No underflow: the space is not longer than what is left of the frame.
        self.frame_left = self.frame_left.saturating_sub(count as u64);
        let is_last = self.fin && self.frame_left == 0;
        if self.frame_left == 0 {
            self.opcode = None;
        }
        let message = match (filled, kind) {
            (Ok(()), Some(kind)) if is_last => {
                (self.message, self.goes_to) = (None, None);
                self.settle();
                store.deliver(kind)
            }
            (Ok(()), _) => return None,
            (Err(violation), _) => {
                // On `Internal` the buffer may hold another connection's message.
                if violation != Violation::Internal {
                    store.clear();
                }
                Err(violation)
            }
        };
        Some(match message {
            Ok(message) => Event::Data(message),
            Err(violation) => self.fail(violation, &mut Default::default()),
        })
    }
}

//! How a connection ends: the closing handshake, failing, and what became of it.

use alloc::vec::Vec;

use super::Sender;
use crate::close::{CloseBody, CloseCode};
use crate::connection::{Outcome, State, Transport};
use crate::error::{SendError, Violation};
use crate::frame::Opcode;

impl Sender {
    /// Starts the closing handshake, or answers the peer's Close if that is not done automatically.
    ///
    /// Without a code the Close is empty and the peer sees 1005. A fragmented message that is open is given
    /// up. A second call does nothing.
    ///
    /// # Errors
    ///
    /// [`SendError::CloseCode`], [`SendError::ReasonTooLong`] (over 123 bytes),
    /// [`SendError::ReasonWithoutCode`]. Nothing has changed then.
    pub fn close(
        &mut self,
        code: Option<CloseCode>,
        reason: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let body = CloseBody::new(code, reason, self.is_client())?;
        if self.check_open().is_ok() {
            self.append_close(&body, out);
        }
        Ok(())
    }

    /// Fails the connection: appends a Close unless one was sent, and ends the connection without waiting for
    /// the peer's (RFC 6455 7.1.7). [`Outcome::violation`] is [`Violation::Local`] then.
    ///
    /// In another task than the receiver call [`Receiver::stop`](crate::Receiver::stop) there. Does nothing
    /// if the connection has failed or ended before, or both Closes were exchanged.
    ///
    /// # Errors
    ///
    /// [`SendError::CloseCode`], [`SendError::ReasonTooLong`] (over 123 bytes). Nothing has changed then.
    pub fn fail(&mut self, code: CloseCode, reason: &str, out: &mut Vec<u8>) -> Result<(), SendError> {
        let body = CloseBody::new(Some(code), reason, self.is_client())?;
        self.fail_with(Violation::Local(code), &body, out);
        Ok(())
    }

    /// Gives the connection up, because a deadline of the caller's own has passed, or its receiver is in another
    /// task; otherwise there is [`Connection::receive_eof`](crate::Connection::receive_eof). As at EOF, the end is clean
    /// only if both Closes were exchanged and `unwritten`, what is left of the output, is empty.
    pub fn abort(&mut self, unwritten: &[u8]) {
        self.ended.get_or_insert(unwritten.is_empty());
        self.drop_pong();
    }

    /// Open, closing or closed.
    pub fn state(&self) -> State {
        if self.ended.is_some() {
            State::Closed
        } else if self.own_close || self.peer_close.is_some() || self.violation.is_some() {
            State::Closing
        } else {
            State::Open
        }
    }

    /// What to do with the socket.
    pub fn transport(&self) -> Transport {
        if self.ended.is_some() {
            Transport::Close
        } else if self.violation.is_some() {
            Transport::HalfClose
        } else if self.own_close && self.peer_close.is_some() {
            // 7.1.1: the server closes first, the client waits for it.
            if self.is_client() { Transport::AwaitEof } else { Transport::HalfClose }
        } else {
            Transport::Open
        }
    }

    /// Why this side failed the connection, if it did.
    pub fn violation(&self) -> Option<Violation> {
        self.violation
    }

    /// How the connection ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        let written = self.ended?;
        Some(Outcome {
            // 7.1.5: the first Close received tells, whoever closed first.
            code: match self.peer_close {
                Some(Some(code)) => code,
                Some(None) => CloseCode::NO_STATUS,
                None => CloseCode::ABNORMAL,
            },
            was_clean: written && self.own_close && self.peer_close.is_some() && self.violation.is_none(),
            violation: self.violation,
        })
    }

    pub(in crate::connection) fn close_received(&mut self, code: Option<CloseCode>, out: &mut Vec<u8>) {
        // 7.1.7: with split halves a Close may come from the receiver after the failure or the end.
        if self.is_over() {
            return;
        }
        self.peer_close.get_or_insert(code);
        // 5.5.2: no Ping needs its Pong any more.
        self.drop_pong();
        if self.auto_close && self.check_open().is_ok() {
            self.append_close(&CloseBody::echo(code), out);
        }
    }

    pub(in crate::connection) fn fail_by(&mut self, violation: Violation, out: &mut Vec<u8>) {
        self.fail_with(violation, &CloseBody::of(violation), out);
    }

    /// Whether the connection has failed or ended, so that no input matters any more.
    #[inline]
    pub(in crate::connection) fn is_over(&self) -> bool {
        self.violation.is_some() || self.ended.is_some()
    }

    fn fail_with(&mut self, violation: Violation, body: &CloseBody, out: &mut Vec<u8>) {
        // With both Closes exchanged there is nothing left to fail.
        if self.is_over() || (self.own_close && self.peer_close.is_some()) {
            return;
        }
        if !self.own_close {
            self.append_close(body, out);
        }
        self.violation = Some(violation);
    }

    fn append_close(&mut self, body: &CloseBody, out: &mut Vec<u8>) {
        self.append(Opcode::Close, true, body.as_bytes(), out);
        self.own_close = true;
        self.fragmented = None;
        self.drop_pong();
    }
}

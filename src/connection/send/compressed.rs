//! Sending compressed messages (RFC 7692 6.1).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::Sender;
use crate::connection::Prepared;
use crate::deflate::{Deflater, History, Side};
use crate::error::{SendError, Violation};
use crate::frame::{Header, MAX_HEADER, Opcode};
use crate::message::{Kind, Message};

impl Sender {
    /// Appends a message as one frame, compressed if the connection has agreed to it and it is of use: if the message
    /// is long enough for the deflater and gets smaller. Otherwise it goes as with [`send`](Self::send).
    ///
    /// Any deflater will do, every time; see [`Deflater`].
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn send_compressed<'m>(
        &mut self,
        message: impl Into<Message<'m>>,
        deflater: &mut Deflater,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let message = message.into();
        let (opcode, payload) = (message.kind().opcode(), message.as_bytes());
        self.check_whole()?;
        self.resume(out);
        let start = out.len();
        if let Some(side) = self.outbound.window().filter(|_| deflater.wants(payload)) {
            make_header_room(out);
            let history = if side.takeover { Some(self.history_for(side)) } else { None };
            if deflater.message(payload, side.bits, history, out) {
                self.frame(start, opcode, true, true, out);
                return Ok(());
            }
            out.truncate(start);
        }
        self.append(opcode, true, payload, out);
        Ok(())
    }

    /// Appends a fragment of a message, as [`send_fragment`](Self::send_fragment) does, compressed if the connection
    /// has agreed to it: for messages whose length or content is not known at once.
    ///
    /// What is compressed is flushed with each fragment, so that the peer can decompress all of it; below some hundred
    /// bytes that costs more than it saves. All fragments of a message have to be sent in this way.
    ///
    /// # Errors
    ///
    /// Those of [`send_fragment`](Self::send_fragment).
    ///
    /// ```
    /// use sansws::deflate::{Agreed, Deflater};
    /// use sansws::{Config, Connection, Kind, Role};
    ///
    /// let mut conn = Connection::new(Role::Server, Config::new().deflate(Agreed::new()));
    /// let (mut deflater, mut out) = (Deflater::new(), Vec::new());
    /// for line in ["one line\n", "another line\n"] {
    ///     conn.send_fragment_compressed(Kind::Text, line.as_bytes(), false, &mut deflater, &mut out)?;
    /// }
    /// conn.send_fragment_compressed(Kind::Text, b"", true, &mut deflater, &mut out)?;
    /// assert_eq!((out[0], out.last()), (0x41, Some(&0)));
    /// # Ok::<(), sansws::SendError>(())
    /// ```
    pub fn send_fragment_compressed(
        &mut self,
        kind: Kind,
        payload: &[u8],
        last: bool,
        deflater: &mut Deflater,
        out: &mut Vec<u8>,
    ) -> Result<(), SendError> {
        let opcode = self.check_fragment(kind)?;
        let is_first = self.fragmented.is_none();
        self.note_fragment(kind, payload, last)?;
        self.resume(out);
        if is_first {
            self.outbound.begin();
        }
        let Some(side) = self.outbound.window().filter(|_| self.outbound.is_open()) else {
            self.append(opcode, last, payload, out);
            return Ok(());
        };
        let start = out.len();
        make_header_room(out);
        let is_done = deflater.fragment(payload, last, side.bits, self.history_for(side), out);
        if last {
            self.outbound.end();
            if !side.takeover {
                *self.history() = None;
            }
        }
        if !is_done {
            // There is no memory, and no other way to go on with the message.
            out.truncate(start);
            self.fail_by(Violation::Internal, out);
            return Err(SendError::Closed);
        }
        self.frame(start, opcode, last, is_first, out);
        Ok(())
    }

    /// False if the connection does not take it compressed.
    pub(super) fn send_prepared_compressed(&mut self, prepared: &Prepared, out: &mut Vec<u8>) -> bool {
        let Some((frame, payload, bits)) = prepared.compressed_parts() else { return false };
        let Some(side) = self.outbound.window().filter(|side| side.bits >= bits) else { return false };
        // What comes later may refer to it.
        if side.takeover && !self.history_for(side).append(prepared.payload()) {
            return false;
        }
        if self.is_client() {
            let start = out.len();
            make_header_room(out);
            out.extend_from_slice(payload);
            self.frame(start, prepared.kind.opcode(), true, true, out);
        } else {
            out.extend_from_slice(frame);
        }
        true
    }

    /// What was agreed on for the messages of this side.
    pub(in crate::connection) fn own_side(&self) -> Option<Side> {
        self.outbound.side()
    }

    fn history_for(&mut self, side: Side) -> &mut History {
        self.history().get_or_insert_with(|| Box::new(History::new(side.bits)))
    }

    /// With context takeover there is one from the first compressed message on, without it inside a fragmented message.
    fn history(&mut self) -> &mut Option<Box<History>> {
        &mut self.rare.get_or_insert_default().history
    }

    /// Makes a frame of a payload that was appended behind room for the header; `marked` says that a compressed
    /// message begins.
    fn frame(&mut self, start: usize, opcode: Opcode, fin: bool, marked: bool, out: &mut Vec<u8>) {
        let payload_len = (out.len() - start - MAX_HEADER) as u64;
        let mut header = Header { fin, opcode, key: self.next_key(), payload_len }.encode();
        if marked {
            header.mark_compressed();
        }
        let end = start + header.as_bytes().len();
        out[start..end].copy_from_slice(header.as_bytes());
        out.drain(end..start + MAX_HEADER);
        header.mask(&mut out[end..]);
    }
}

/// How long a header is, is only known when the payload is there.
fn make_header_room(out: &mut Vec<u8>) {
    out.resize(out.len() + MAX_HEADER, 0);
}

//! A stream in memory, for the peers that want one, and an executor for those that are asynchronous.

use std::cell::RefCell;
use std::future::Future;
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::io::ReadBuf;

/// What one read hands out at most.
pub const READ: usize = 64 << 10;

/// Reads come from a fixed sequence of bytes, writes are copied into a ring.
pub struct Memory {
    data: Arc<[u8]>,
    at: usize,
    /// Begin anew at the end, for ever; else there is nothing more to read, but no EOF.
    again: bool,
    ring: Ring,
}

impl Memory {
    /// The same bytes over and over.
    pub fn cyclic(data: &[u8]) -> Self {
        Self { data: data.into(), at: 0, again: true, ring: Ring::recycled() }
    }

    /// These bytes, then silence.
    pub fn once(data: Arc<[u8]>) -> Self {
        Self { data, at: 0, again: false, ring: Ring::recycled() }
    }

    #[inline]
    fn take(&mut self, limit: usize) -> Option<&[u8]> {
        if self.at == self.data.len() {
            if !self.again {
                return None;
            }
            self.at = 0;
        }
        let end = self.data.len().min(self.at + limit.min(READ));
        let taken = &self.data[self.at..end];
        self.at = end;
        Some(taken)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        RINGS.with_borrow_mut(|rings| rings.push(std::mem::take(&mut self.ring)));
    }
}

thread_local! {
    /// Rings of streams that are gone: a handshake makes a stream each time, and must not pay for this one's ring.
    static RINGS: RefCell<Vec<Ring>> = const { RefCell::new(Vec::new()) };
}

/// What was written to the stream that was dropped last.
pub fn last_written() -> Vec<u8> {
    RINGS.with_borrow(|rings| rings.last().expect("a stream was dropped").written().to_vec())
}

/// 256 KiB, written over and over: the copy that a socket makes.
#[derive(Default)]
struct Ring {
    bytes: Vec<u8>,
    at: usize,
}

impl Ring {
    fn recycled() -> Self {
        let mut ring = RINGS.with_borrow_mut(Vec::pop).unwrap_or_default();
        ring.bytes.resize(256 << 10, 0);
        ring.at = 0;
        ring
    }

    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        if bytes.len() > self.bytes.len() - self.at {
            self.at = 0;
        }
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    /// What was written since the ring began anew.
    fn written(&self) -> &[u8] {
        &self.bytes[..self.at]
    }
}

impl Read for Memory {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let taken = self.take(buf.len()).ok_or(ErrorKind::WouldBlock)?;
        buf[..taken.len()].copy_from_slice(taken);
        Ok(taken.len())
    }
}

impl Write for Memory {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.ring.put(buf);
        Ok(buf.len())
    }

    fn write_vectored(&mut self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        bufs.iter().for_each(|buf| self.ring.put(buf));
        Ok(bufs.iter().map(|buf| buf.len()).sum())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tokio::io::AsyncRead for Memory {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(taken) = self.get_mut().take(buf.remaining()) else { return Poll::Pending };
        buf.put_slice(taken);
        Poll::Ready(Ok(()))
    }
}

impl tokio::io::AsyncWrite for Memory {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.get_mut().write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.get_mut().write_vectored(bufs))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl futures_util::AsyncRead for Memory {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.get_mut().read(buf) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
            result => Poll::Ready(result),
        }
    }
}

impl futures_util::AsyncWrite for Memory {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.get_mut().write(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.get_mut().write_vectored(bufs))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl wtx::stream::StreamReader for Memory {
    async fn read(&mut self, bytes: &mut [u8]) -> wtx::Result<usize> {
        match self.take(bytes.len()) {
            Some(taken) => {
                bytes[..taken.len()].copy_from_slice(taken);
                Ok(taken.len())
            }
            None => std::future::pending().await,
        }
    }
}

impl wtx::stream::StreamWriter for Memory {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        self.ring.put(bytes);
        Ok(())
    }

    async fn write_all_vectored(&mut self, bytes: &[&[u8]]) -> wtx::Result<()> {
        bytes.iter().for_each(|one| self.ring.put(one));
        Ok(())
    }
}

/// Runs what never has to wait.
#[inline]
pub fn run<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("waits for a stream that always has something"),
    }
}

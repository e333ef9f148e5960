//! A socket that writes once for all that could be read.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use wtx::stream::{StreamReader, StreamWriter};

/// What is written waits here until nothing more can be read, or until this much waits.
const LIMIT: usize = 64 * 1024;

pub struct Corked {
    socket: TcpStream,
    out: Vec<u8>,
}

impl Corked {
    pub fn new(socket: TcpStream) -> Self {
        Self { socket, out: Vec::new() }
    }

    fn poll_out(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut written = 0;
        let result = loop {
            if written == self.out.len() {
                break Poll::Ready(Ok(()));
            }
            match Pin::new(&mut self.socket).poll_write(context, &self.out[written..]) {
                Poll::Ready(Ok(count)) => written += count,
                Poll::Ready(Err(error)) => break Poll::Ready(Err(error)),
                Poll::Pending => break Poll::Pending,
            }
        };
        self.out.drain(..written);
        result
    }
}

impl AsyncRead for Corked {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.socket).poll_read(context, buf);
        if result.is_pending() {
            // If the socket does not take all, it wakes the same task when it does.
            if let Poll::Ready(Err(error)) = self.poll_out(context) {
                return Poll::Ready(Err(error));
            }
        }
        result
    }
}

impl AsyncWrite for Corked {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.out.len() >= LIMIT {
            ready!(self.poll_out(context))?;
        }
        self.out.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.out.len() >= LIMIT {
            ready!(self.poll_out(context))?;
        }
        for buf in bufs {
            self.out.extend_from_slice(buf);
        }
        Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_out(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(context))?;
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

impl StreamReader for Corked {
    async fn read(&mut self, bytes: &mut [u8]) -> wtx::Result<usize> {
        Ok(AsyncReadExt::read(self, bytes).await?)
    }
}

impl StreamWriter for Corked {
    async fn write_all(&mut self, bytes: &[u8]) -> wtx::Result<()> {
        Ok(AsyncWriteExt::write_all(self, bytes).await?)
    }

    async fn write_all_vectored(&mut self, bytes: &[&[u8]]) -> wtx::Result<()> {
        for part in bytes {
            AsyncWriteExt::write_all(self, part).await?;
        }
        Ok(())
    }
}

//! A server that never pauses, to be given to a client as its connector.

use std::io;
use std::task::{Context, Poll};

use http_client::connect::{Connect, Connecting, Stream};
use runtime::io::{AsyncRead, AsyncWrite};

/// A network at the other end of which a body without end is always ready to be read: no read ever waits.
pub(crate) struct Flood;

impl Connect for Flood {
    fn connect<'a>(&'a self, _host: &'a str, _port: u16) -> Connecting<'a> {
        Box::pin(async { Ok(Flow { head: b"HTTP/1.1 200 OK\r\n\r\n" }.into()) })
    }
}

struct Flow {
    /// What is left of it.
    head: &'static [u8],
}

impl Stream for Flow {}

impl AsyncRead for Flow {
    fn poll_read(&mut self, _cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let n = if self.head.is_empty() { buf.len() } else { self.head.len().min(buf.len()) };
        match self.head.split_at_checked(n) {
            Some((now, later)) => {
                buf[..n].copy_from_slice(now);
                self.head = later;
            }
            None => buf.fill(b'x'),
        }
        Poll::Ready(Ok(n))
    }
}

impl AsyncWrite for Flow {
    fn poll_write(&mut self, _cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

//! A network of the worst kind, to be given to a client as its connector.

use std::io;
use std::task::{Context, Poll};

use http_client::connect::{Connect, Connecting, Stream, Tcp};
use runtime::io::{AsyncRead, AsyncWrite};

/// A network that brings and takes one byte at a time, and makes everybody wait before each.
pub(crate) struct Dribble;

impl Connect for Dribble {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a> {
        Box::pin(async move {
            let connected = Tcp.connect(host, port).await?;
            Ok(Drip { stream: connected.stream, waited: [false; 2] }.into())
        })
    }
}

struct Drip {
    stream: Box<dyn Stream>,
    /// Whether the last read, and the last write, was put off.
    waited: [bool; 2],
}

impl Stream for Drip {}

impl Drip {
    /// Puts every other operation off to the task's next poll.
    fn is_put_off(&mut self, direction: usize, cx: &Context<'_>) -> bool {
        self.waited[direction] = !self.waited[direction];
        if self.waited[direction] {
            cx.waker().wake_by_ref();
        }
        self.waited[direction]
    }
}

impl AsyncRead for Drip {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.is_put_off(0, cx) {
            return Poll::Pending;
        }
        let some = buf.len().min(1);
        self.stream.poll_read(cx, &mut buf[..some])
    }
}

impl AsyncWrite for Drip {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_put_off(1, cx) {
            return Poll::Pending;
        }
        self.stream.poll_write(cx, &buf[..buf.len().min(1)])
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_close(cx)
    }
}

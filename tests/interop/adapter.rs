//! hyper's idea of a stream, a timer and an executor over this runtime: all that hyper 1 needs to run on it unmodified.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::rt::{Read, ReadBufCursor, Sleep, Timer, Write};
use runtime::io::{AsyncRead, AsyncWrite};
use runtime::net::TcpStream;

/// A TCP stream as hyper reads and writes it.
pub(crate) struct Stream {
    inner: TcpStream,
    /// hyper's buffer may be uninitialised, which safe code cannot hand to a read: so it is read here and copied there.
    buf: Box<[u8]>,
}

impl Stream {
    pub(crate) fn new(inner: TcpStream) -> Self {
        Stream { inner, buf: vec![0; 16 * 1024].into() }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut out: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let Stream { inner, buf } = &mut *self;
        let room = buf.len().min(out.remaining());
        let n = ready!(inner.poll_read(cx, &mut buf[..room]))?;
        out.put_slice(&buf[..n]);
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.inner.poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_close(cx)
    }
}

/// hyper's time-outs on this runtime's timers. hyper wants them `Send`; these are made where they are used, on the loop,
/// so each is a channel to a task that sleeps.
#[derive(Clone, Debug)]
pub(crate) struct Timers;

impl Timer for Timers {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(Instant::now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        let (sender, receiver) = futures::channel::oneshot::channel();
        runtime::spawn(async move {
            runtime::sleep_until(deadline).await;
            let _ = sender.send(());
        });
        Box::pin(Slept(receiver))
    }
}

struct Slept(futures::channel::oneshot::Receiver<()>);

impl Future for Slept {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(|_| ())
    }
}

impl Sleep for Slept {}

//! A network that is no network: what comes, and when, is a list. Under the virtual clock a day of waiting takes no
//! time, and a limit is met to the nanosecond.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use http_client::connect::{Connect, Connecting, Stream};
use runtime::io::{AsyncRead, AsyncWrite};
use runtime::{Builder, Clock, OnStall, Sleep, sleep};

/// Runs a test's future in virtual time. Where it would wait for ever, it fails.
pub(crate) fn run_virtual<T>(future: impl Future<Output = T>) -> T {
    let builder = Builder::new().clock(Clock::Virtual).on_stall(OnStall::Panic);
    builder.build().expect("a loop").block_on(future)
}

/// What comes, and how long after what came before. An empty piece is the end of the stream; after the last piece nothing
/// more comes, nor an end.
pub(crate) type Pieces = Box<dyn Iterator<Item = (Duration, Vec<u8>)>>;

/// The network: every connection brings the same pieces.
#[derive(Clone)]
pub(crate) struct Paced {
    pieces: Rc<dyn Fn() -> Pieces>,
    connects_after: Duration,
    /// How many bytes of the request are taken; then the other end reads no more.
    takes: usize,
    /// How many bytes the client has read, over all connections.
    given: Rc<Cell<usize>>,
    /// What it has sent.
    sent: Rc<RefCell<Vec<u8>>>,
}

impl Paced {
    /// A network with these pieces.
    pub(crate) fn new(pieces: impl Fn() -> Pieces + 'static) -> Paced {
        let (given, sent) = <(Rc<Cell<usize>>, Rc<RefCell<_>>)>::default();
        Paced { pieces: Rc::new(pieces), connects_after: Duration::ZERO, takes: usize::MAX, given, sent }
    }

    /// All of it at once, then the end.
    pub(crate) fn whole(bytes: impl Into<Vec<u8>>) -> Paced {
        let bytes = bytes.into();
        Paced::new(move || {
            Box::new([bytes.clone(), Vec::new()].map(|piece| (Duration::ZERO, piece)).into_iter())
        })
    }

    /// `start` at once, then `again` for ever, each time so long after the last.
    pub(crate) fn endless(start: &str, again: &str, pace: Duration) -> Paced {
        let (start, again) = (start.as_bytes().to_vec(), again.as_bytes().to_vec());
        Paced::new(move || {
            let again = again.clone();
            let first = [(Duration::ZERO, start.clone())].into_iter().filter(|(_, piece)| !piece.is_empty());
            Box::new(first.chain(std::iter::repeat_with(move || (pace, again.clone()))))
        })
    }

    /// Takes so long for a connection.
    pub(crate) fn connects_after(self, time: Duration) -> Paced {
        Paced { connects_after: time, ..self }
    }

    /// Takes so many bytes of a request and no more.
    pub(crate) fn takes(self, bytes: usize) -> Paced {
        Paced { takes: bytes, ..self }
    }

    /// What one connection brings.
    pub(crate) fn pieces(&self) -> Pieces {
        (self.pieces)()
    }

    /// How many bytes the client has read so far.
    pub(crate) fn given(&self) -> usize {
        self.given.get()
    }
}

impl Connect for Paced {
    fn connect<'a>(&'a self, _host: &'a str, _port: u16) -> Connecting<'a> {
        Box::pin(async move {
            sleep(self.connects_after).await;
            Ok(Wire { net: self.clone(), pieces: (self.pieces)(), next: None }.into())
        })
    }
}

struct Wire {
    net: Paced,
    pieces: Pieces,
    /// What comes next, and the time until then.
    next: Option<(Sleep, Vec<u8>)>,
}

impl Stream for Wire {}

impl AsyncRead for Wire {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.next.is_none() {
            self.next = self.pieces.next().map(|(after, piece)| (sleep(after), piece));
        }
        let Some((arrives, piece)) = &mut self.next else { return Poll::Pending };
        if Pin::new(arrives).poll(cx).is_pending() {
            return Poll::Pending;
        }
        let n = piece.len().min(buf.len());
        buf[..n].copy_from_slice(&piece[..n]);
        piece.drain(..n);
        self.net.given.set(self.net.given.get() + n);
        if n > 0 && piece.is_empty() {
            self.next = None;
        }
        Poll::Ready(Ok(n))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let mut sent = self.net.sent.borrow_mut();
        match buf.len().min(self.net.takes - sent.len()) {
            0 => Poll::Pending,
            n => {
                sent.extend_from_slice(&buf[..n]);
                Poll::Ready(Ok(n))
            }
        }
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

//! One connection to a server, and the bytes that have come on it and were not used yet.
//!
//! Invariant: what is in the buffer belongs to what is read next. A connection that is handed on has an empty one.

use std::future::poll_fn;
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::task::{Context, Poll, Waker, ready};

use runtime::io::AsyncReadExt;

use crate::connect::Stream;
use crate::slots::Slot;

/// How much is asked for at once.
pub(crate) const READ: usize = 16 * 1024;

/// A connection, with what has been read ahead.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    buf: Vec<u8>,
    /// `buf[start..end]` has come and was not used yet.
    start: usize,
    end: usize,
    /// The address at the other end, if it was told.
    pub(crate) peer: Option<SocketAddr>,
    /// It has served a request before: the server may have closed it since.
    pub(crate) used: bool,
    /// A request was not sent to its end: what follows on it would be taken for the rest.
    pub(crate) is_half_sent: bool,
    /// The right to have it; while it lies idle, nobody's.
    pub(crate) slot: Slot,
    /// The runtime it was made in: in another it would wait for ever.
    runtime: Option<u64>,
}

/// What [`Connection::send`] has done.
pub(crate) enum Sent {
    /// All is sent.
    All,
    /// A part; it goes on.
    Some,
    /// Nothing, but so many bytes have come; 0 is the end of the stream.
    Came(usize),
}

impl Connection {
    pub(crate) fn new(stream: Box<dyn Stream>, peer: Option<SocketAddr>) -> Self {
        Connection {
            stream,
            buf: Vec::new(),
            start: 0,
            end: 0,
            peer,
            used: false,
            is_half_sent: false,
            slot: Slot::default(),
            runtime: runtime::id(),
        }
    }

    /// Sends the next part of `unsent`, which moves on to what is left. With `listens`, what comes while the server takes
    /// nothing is put behind what is unread: it may say that the rest is not wanted (RFC 9112 9.5).
    pub(crate) async fn send(&mut self, unsent: &mut &[u8], listens: bool) -> io::Result<Sent> {
        poll_fn(|cx| {
            let sent = match unsent.is_empty() {
                true => self.stream.poll_flush(cx).map_ok(|()| Sent::All),
                false => self.stream.poll_write(cx, unsent).map(|n| match n? {
                    0 => Err(io::ErrorKind::WriteZero.into()),
                    n => {
                        *unsent = &unsent[n..];
                        Ok(Sent::Some)
                    }
                }),
            };
            if !listens || sent.is_ready() {
                return sent;
            }
            self.make_room();
            let n = ready!(self.stream.poll_read(cx, &mut self.buf[self.end..]))?;
            self.end += n;
            Poll::Ready(Ok(Sent::Came(n)))
        })
        .await
    }

    /// What has come and was not used yet.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.buf[self.start..self.end]
    }

    /// The first `n` bytes of [`unread`](Self::unread) are done with.
    pub(crate) fn consume(&mut self, n: usize) {
        self.start += n;
        debug_assert!(self.start <= self.end, "only what has come can be used");
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
    }

    /// Waits for more to come and puts it behind what is unread: how many bytes, 0 at the end of the stream.
    pub(crate) async fn fill(&mut self) -> io::Result<usize> {
        self.make_room();
        let n = self.stream.read(&mut self.buf[self.end..]).await?;
        self.end += n;
        Ok(n)
    }

    fn make_room(&mut self) {
        if self.buf.len() - self.end < READ / 4 {
            // What is unread moves to the front; only if it is long itself (a head that comes slowly, and whose
            // length is limited elsewhere) does the buffer grow.
            self.buf.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.buf.len() - self.end < READ / 4 {
                self.buf.resize(self.end + READ, 0);
            }
        }
    }

    /// Reads past the buffer, which must be empty, right to where it is wanted.
    pub(crate) async fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        debug_assert!(self.unread().is_empty(), "what came first is used first");
        self.stream.read(out).await
    }

    /// An idle connection that can be used: it belongs to this runtime, and nothing has come on it, neither bytes that
    /// nobody asked for nor an end (trap 45).
    pub(crate) fn is_quiet(&mut self) -> bool {
        if self.runtime != runtime::id() {
            return false;
        }
        self.stream.look_again();
        let mut byte = [0];
        let mut cx = Context::from_waker(Waker::noop());
        let quiet = self.stream.poll_read(&mut cx, &mut byte).is_pending();
        self.stream.forget_reader(); // nobody waits here: this was only a look
        quiet
    }

    /// Gives the buffer up while nobody reads.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        (self.start, self.end) = (0, 0);
        mem::take(&mut self.buf)
    }

    /// Takes a buffer that another has given up: what is in it means nothing.
    pub(crate) fn lend(&mut self, buffer: Vec<u8>) {
        if self.buf.is_empty() {
            self.buf = buffer;
        }
    }
}

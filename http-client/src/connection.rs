//! One connection to a server, and the bytes that have come on it and were not used yet.
//!
//! Invariant: what is in the buffer belongs to what is read next. A connection that is handed on has an empty one.

use std::io;
use std::task::{Context, Poll, Waker};

use runtime::io::{AsyncReadExt, AsyncWriteExt};

use crate::connect::Stream;

/// How much is asked for at once.
const READ: usize = 16 * 1024;

/// A connection, with what has been read ahead.
pub(crate) struct Connection {
    stream: Box<dyn Stream>,
    buf: Vec<u8>,
    /// `buf[start..end]` has come and was not used yet.
    start: usize,
    end: usize,
    /// It has served a request before: the server may have closed it since.
    pub(crate) used: bool,
    /// The runtime it was made in: in another it would wait for ever.
    runtime: Option<u64>,
}

impl Connection {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        let runtime = runtime::id();
        Connection { stream, buf: Vec::new(), start: 0, end: 0, used: false, runtime }
    }

    /// Sends all of it.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
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
        if self.buf.len() - self.end < READ / 4 {
            // What is unread moves to the front; only if it is long itself (a head that comes slowly, and whose
            // length is limited elsewhere) does the buffer grow.
            self.buf.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            if self.buf.len() - self.end < READ / 4 {
                self.buf.resize(self.end + READ, 0);
            }
        }
        let n = self.stream.read(&mut self.buf[self.end..]).await?;
        self.end += n;
        Ok(n)
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
        matches!(self.stream.poll_read(&mut cx, &mut byte), Poll::Pending)
    }

    /// Gives the buffer's memory back while nobody reads.
    pub(crate) fn rest(&mut self) {
        self.buf = Vec::new();
        (self.start, self.end) = (0, 0);
    }
}

//! Any source of the OS made awaitable: [`Async`].
//!
//! The rule for all of them: try first; only if the operation says `WouldBlock`, leave a waker with the reactor
//! and wait; woken, try again. Nothing is trusted but the operation itself.
//!
//! There are two ways to wait, and both may be used at once:
//! - the `poll_…` methods, for those who write futures: one waker a direction, the last who polled;
//! - the named futures [`Ready`] and [`With`]: each holds an entry of its own, so any number may wait in one
//!   direction (several tasks that accept from one listener).

use std::fmt;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use mio::event::Source as MioSource;

use crate::io::{AsyncRead, AsyncWrite};
use crate::reactor::{Direction, REACTOR, Reactor, Source};

/// A `mio` source whose operations can be awaited: a socket, a pipe, a timer descriptor.
///
/// `S` must be non-blocking, as mio's own types are. It is registered with the runtime on whose thread it was
/// made, for reading and writing, and deregistered when it is dropped. It is the seam for a new kind of I/O:
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::Async;
/// use std::io::{Read, Write};
///
/// let (sender, receiver) = mio::unix::pipe::new()?;
/// let (sender, receiver) = (Async::new(sender)?, Async::new(receiver)?);
/// sender.write_with(|mut pipe| pipe.write(b"hello")).await?;
/// let mut buffer = [0; 16];
/// let n = receiver.read_with(|mut pipe| pipe.read(&mut buffer)).await?;
/// assert_eq!(&buffer[..n], b"hello");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
pub struct Async<S: MioSource> {
    /// `None` only while `into_inner` takes it out.
    io: Option<S>,
    source: Rc<Source>,
    reactor: Rc<Reactor>,
}

impl<S: MioSource> Async<S> {
    /// Registers `io` with the runtime of this thread.
    ///
    /// # Errors
    /// The OS's, if it cannot watch this source (a regular file, say, or one that is registered already).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn new(mut io: S) -> io::Result<Self> {
        let reactor = REACTOR.with(|reactor| reactor.get("Async::new"));
        let source = reactor.register(&mut io)?;
        Ok(Async { io: Some(io), source, reactor })
    }

    /// The source itself. An operation tried on it directly says `WouldBlock` where one would have to wait, and
    /// the reactor does not hear of it: use the methods below.
    pub fn get_ref(&self) -> &S {
        match &self.io {
            Some(io) => io,
            None => unreachable!("only `into_inner` takes it out, and that takes `self`"),
        }
    }

    /// Deregisters the source and gives it back.
    pub fn into_inner(mut self) -> S {
        let Some(mut io) = self.io.take() else { unreachable!("it is taken only here") };
        self.reactor.deregister(&mut io, &self.source);
        io
    }

    /// Forgets that a read would have to wait: the next one asks the OS, also if no event has told of anything.
    ///
    /// Readiness is what the loop last heard. Between two turns of it more may have come; who must know of that now,
    /// such as a pool that is about to lend out a connection, calls this first.
    pub fn assume_readable(&self) {
        self.source.read.assume_ready();
    }

    /// Waits until a read is worth a try. That is a hint: what is tried then may still say `WouldBlock`.
    ///
    /// Cancel safe.
    pub fn readable(&self) -> Ready<'_> {
        Ready { direction: &self.source.read, entry: None }
    }

    /// Waits until a write is worth a try. Otherwise as [`readable`](Self::readable).
    pub fn writable(&self) -> Ready<'_> {
        Ready { direction: &self.source.write, entry: None }
    }

    /// Runs `op` until it says something other than `WouldBlock`, waiting for readability in between.
    ///
    /// Cancel safe: `op` has run to its end or not at all.
    ///
    /// # Errors
    /// Those of `op`. `Interrupted` is tried again.
    pub fn read_with<R, F>(&self, op: F) -> With<'_, S, F>
    where
        F: FnMut(&S) -> io::Result<R> + Unpin,
    {
        With { io: self.get_ref(), direction: &self.source.read, entry: None, op }
    }

    /// As [`read_with`](Self::read_with), for writing.
    ///
    /// # Errors
    /// Those of `op`. `Interrupted` is tried again.
    pub fn write_with<R, F>(&self, op: F) -> With<'_, S, F>
    where
        F: FnMut(&S) -> io::Result<R> + Unpin,
    {
        With { io: self.get_ref(), direction: &self.source.write, entry: None, op }
    }

    /// The same in poll form: one waker, that of the last task that polled for reading.
    ///
    /// # Errors
    /// Those of `op`. `Interrupted` is tried again.
    pub fn poll_read_with<R>(
        &self,
        cx: &Context<'_>,
        op: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        attempt(self.get_ref(), &self.source.read, op, |direction| direction.register(cx))
    }

    /// As [`poll_read_with`](Self::poll_read_with), for writing.
    ///
    /// # Errors
    /// Those of `op`. `Interrupted` is tried again.
    pub fn poll_write_with<R>(
        &self,
        cx: &Context<'_>,
        op: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        attempt(self.get_ref(), &self.source.write, op, |direction| direction.register(cx))
    }

    /// Reads from a byte *stream*: as `poll_read_with`, but spares the call that would only say `WouldBlock`.
    ///
    /// After a short read the kernel's buffer is empty, and half the calls of an echo server are saved by
    /// believing it. That holds for sockets that are streams; it does not for datagrams, an accept, or anything
    /// else that `S` may be, so it is not what `read_with` does.
    pub(crate) fn poll_read_stream<'a>(&'a self, cx: &Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>
    where
        &'a S: io::Read,
    {
        let read = attempt(
            self.get_ref(),
            &self.source.read,
            |mut io| io::Read::read(&mut io, buf),
            |direction| direction.register(cx),
        );
        if let Poll::Ready(Ok(n)) = read
            && n > 0
            && n < buf.len()
        {
            self.source.read.drained();
        }
        read
    }

    /// Writes to a byte stream: after a short write the kernel's buffer is full, and the next write would only
    /// say `WouldBlock`.
    pub(crate) fn poll_write_stream<'a>(&'a self, cx: &Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>
    where
        &'a S: io::Write,
    {
        let written = attempt(
            self.get_ref(),
            &self.source.write,
            |mut io| io::Write::write(&mut io, buf),
            |direction| direction.register(cx),
        );
        if let Poll::Ready(Ok(n)) = written
            && n > 0
            && n < buf.len()
        {
            self.source.write.drained();
        }
        written
    }
}

/// Try first, wait only on `WouldBlock`.
///
/// trap 27: `Pending` is returned in one place, after `wait` has left a waker; and readiness is taken back only
/// when the operation itself said that there is none, since the OS tells of each change once.
fn attempt<'a, S, R>(
    io: &'a S,
    direction: &Direction,
    mut op: impl FnMut(&'a S) -> io::Result<R>,
    wait: impl FnOnce(&Direction),
) -> Poll<io::Result<R>> {
    while direction.is_ready() {
        match op(io) {
            Err(e) if e.kind() == ErrorKind::WouldBlock => direction.blocked(),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            done => return Poll::Ready(done),
        }
    }
    wait(direction);
    Poll::Pending
}

impl<S: MioSource> Drop for Async<S> {
    fn drop(&mut self) {
        if let Some(io) = &mut self.io {
            self.reactor.deregister(io, &self.source); // trap 32
        }
    }
}

impl<S: MioSource + fmt::Debug> fmt::Debug for Async<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Async").field(&self.io).finish()
    }
}

/// The future of [`Async::readable`] and [`Async::writable`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Ready<'a> {
    direction: &'a Direction,
    entry: Option<u64>,
}

impl Future for Ready<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Ready { direction, entry } = &mut *self;
        if direction.is_ready() {
            return Poll::Ready(());
        }
        direction.waiters.register(entry, cx);
        Poll::Pending
    }
}

impl Drop for Ready<'_> {
    fn drop(&mut self) {
        self.direction.waiters.remove(&mut self.entry);
    }
}

/// The future of [`Async::read_with`] and [`Async::write_with`].
#[must_use = "a future does nothing until it is awaited"]
pub struct With<'a, S, F> {
    io: &'a S,
    direction: &'a Direction,
    entry: Option<u64>,
    op: F,
}

impl<S, R, F> Future for With<'_, S, F>
where
    F: FnMut(&S) -> io::Result<R> + Unpin,
{
    type Output = io::Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let With { io, direction, entry, op } = &mut *self;
        attempt(*io, direction, op, |direction| direction.waiters.register(entry, cx))
    }
}

impl<S, F> Drop for With<'_, S, F> {
    fn drop(&mut self) {
        self.direction.waiters.remove(&mut self.entry);
    }
}

// A source that `std::io` can read or write through a shared reference, as all of mio's sockets, is read and
// written in the same way here.

impl<S: MioSource> AsyncRead for Async<S>
where
    for<'a> &'a S: io::Read,
{
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_read_with(cx, |mut io| io::Read::read(&mut io, buf))
    }
}

impl<S: MioSource> AsyncWrite for Async<S>
where
    for<'a> &'a S: io::Write,
{
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_with(cx, |mut io| io::Write::write(&mut io, buf))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_write_with(cx, |mut io| io::Write::flush(&mut io))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_flush(cx)
    }
}

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
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use mio::event::Source as MioSource;

use crate::budget;
use crate::current::Current;
use crate::io::AsyncRead;
use crate::label;
use crate::reactor::{Direction, REACTOR, Reactor, Source};
use crate::resource::Resource;
use crate::trace::{self, What};

/// A `mio` source whose operations can be awaited: a socket, a pipe, a timer descriptor. asyncio's `add_reader` and
/// `add_writer`, tokio's `AsyncFd`.
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
///
/// A future written by hand waits with [`poll_read_with`](Self::poll_read_with):
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::Async;
/// use std::io::{Read, Write};
/// use std::pin::Pin;
/// use std::task::{Context, Poll};
///
/// /// The next byte of a pipe.
/// struct NextByte<'a>(&'a Async<mio::unix::pipe::Receiver>);
///
/// impl Future for NextByte<'_> {
///     type Output = std::io::Result<u8>;
///
///     fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<u8>> {
///         let mut byte = [0];
///         self.0.poll_read_with(cx, |mut pipe| pipe.read_exact(&mut byte)).map_ok(|()| byte[0])
///     }
/// }
///
/// let (mut sender, receiver) = mio::unix::pipe::new()?;
/// let receiver = Async::new(receiver)?;
/// let waiting = runtime::join_all([NextByte(&receiver)]);
/// sender.write_all(b"x")?;
/// assert_eq!(waiting.await[0].as_ref().ok(), Some(&b'x'));
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
        let reactor = Current::get(&REACTOR, "Async::new");
        let source = reactor.register(&mut io)?;
        Ok(Async { io: Some(io), source, reactor })
    }

    /// The source itself. An operation tried on it directly says `WouldBlock` where one would have to wait, and
    /// the reactor does not hear of it: use the methods below.
    ///
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{Async, mio::net::UdpSocket};
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?)?;
    /// assert_ne!(socket.get_ref().local_addr()?.port(), 0); // what does not wait
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn get_ref(&self) -> &S {
        match &self.io {
            Some(io) => io,
            None => unreachable!("only `into_inner` takes it out, and that takes `self`"),
        }
    }

    /// Deregisters the source and gives it back.
    ///
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{Async, mio::net::UdpSocket};
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?)?;
    /// let socket: UdpSocket = socket.into_inner();
    /// assert!(Async::new(socket).is_ok()); // it may be registered again, here or elsewhere
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_inner(mut self) -> S {
        let Some(mut io) = self.io.take() else { unreachable!("it is taken only here") };
        self.reactor.deregister(&mut io, &self.source);
        io
    }

    /// Marks the source as one that is there all the time, such as a signal pipe or a listener: that a task waits for it
    /// does not mean that the program gets on, so the stall report leaves it out of account.
    ///
    /// ```
    /// use runtime::{Async, Builder, OnStall, mio::net::UdpSocket};
    /// use std::panic::{AssertUnwindSafe, catch_unwind};
    /// let runtime = Builder::new().on_stall(OnStall::Panic).build()?;
    /// let stalled = catch_unwind(AssertUnwindSafe(|| {
    ///     runtime.block_on(async {
    ///         let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    ///         let announcements = Async::new(socket).unwrap();
    ///         announcements.set_background(true); // or this would wait for one, for ever
    ///         announcements.read_with(|socket| socket.recv(&mut [0; 8])).await
    ///     })
    /// }));
    /// assert!(stalled.is_err());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn set_background(&self, background: bool) {
        self.source.background.set(background);
    }

    /// Forgets that a read would have to wait: the next one asks the OS, also if no event has told of anything.
    ///
    /// Readiness is what the loop last heard. Between two turns of it more may have come; whoever must know of that now,
    /// such as a pool that is about to lend out a connection, calls this first.
    ///
    /// ```
    /// # #[cfg(unix)] runtime::block_on(async {
    /// use runtime::{Async, mio::unix::pipe};
    /// use std::{io::{Read, Write}, task::{Context, Waker}};
    /// let (mut sender, receiver) = pipe::new()?;
    /// let receiver = Async::new(receiver)?;
    /// let look = || {
    ///     let mut cx = Context::from_waker(Waker::noop());
    ///     receiver.poll_read_with(&mut cx, |mut pipe| pipe.read(&mut [0; 8]))
    /// };
    /// assert!(look().is_pending()); // from here on an event is waited for
    /// sender.write_all(b"news")?;
    /// assert!(look().is_pending()); // the loop has not heard of it yet
    /// receiver.assume_readable();
    /// assert!(look().is_ready());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn assume_readable(&self) {
        self.source.read.assume_ready();
    }

    /// Waits until a read is worth a try. That is a hint: what is tried then may still say `WouldBlock`. It is ready at
    /// once for a source that was not read yet.
    ///
    /// Then try with [`try_read_with`](Self::try_read_with), or [`read_with`](Self::read_with) in place of both: an
    /// operation on [`get_ref`](Self::get_ref) that says `WouldBlock` does not take the readiness back, and a loop of the
    /// two would spin. Cancel safe.
    ///
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{Async, mio::net::UdpSocket};
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?)?;
    /// socket.get_ref().send_to(b"news", socket.get_ref().local_addr()?)?;
    /// let mut buf = [0; 8];
    /// let n = loop {
    ///     socket.readable().await;
    ///     match socket.try_read_with(|socket| socket.recv(&mut buf)) {
    ///         Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {} // it was only a hint
    ///         done => break done?,
    ///     }
    /// };
    /// assert_eq!(&buf[..n], b"news");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn readable(&self) -> Ready<'_> {
        Ready { wait: Wait::new(&self.source, Resource::Readable) }
    }

    /// Waits until a write is worth a try. Otherwise as [`readable`](Self::readable), cancel safety included.
    ///
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{Async, mio::net::UdpSocket};
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?)?;
    /// let own = socket.get_ref().local_addr()?;
    /// socket.writable().await;
    /// assert_eq!(socket.try_write_with(|socket| socket.send_to(b"news", own))?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn writable(&self) -> Ready<'_> {
        Ready { wait: Wait::new(&self.source, Resource::Writable) }
    }

    /// Runs `op` until it says something other than `WouldBlock`, waiting for readability in between.
    ///
    /// Cancel safe: `op` has run to its end or not at all.
    ///
    /// # Errors
    /// Those of `op`. `Interrupted` is tried again.
    #[track_caller]
    pub fn read_with<R, F>(&self, op: F) -> With<'_, S, F>
    where
        F: FnMut(&S) -> io::Result<R> + Unpin,
    {
        With { io: self.get_ref(), wait: Wait::new(&self.source, Resource::Readable), op }
    }

    /// As [`read_with`](Self::read_with), for writing. Cancel safe.
    ///
    /// # Errors
    /// Those of `op`. `Interrupted` is tried again.
    #[track_caller]
    pub fn write_with<R, F>(&self, op: F) -> With<'_, S, F>
    where
        F: FnMut(&S) -> io::Result<R> + Unpin,
    {
        With { io: self.get_ref(), wait: Wait::new(&self.source, Resource::Writable), op }
    }

    /// Whoever read in poll form waits no longer.
    pub(crate) fn forget_reader(&self) {
        self.source.read.forget();
    }

    /// Whoever wrote in poll form waits no longer.
    pub(crate) fn forget_writer(&self) {
        self.source.write.forget();
    }

    /// Runs `op` once, now. That it says `WouldBlock` is remembered: [`readable`](Self::readable) then waits.
    ///
    /// # Errors
    /// Those of `op`.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{Async, mio::net::UdpSocket};
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?)?;
    /// let nothing = socket.try_read_with(|socket| socket.recv(&mut [0; 8]));
    /// assert_eq!(nothing.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn try_read_with<R>(&self, op: impl FnOnce(&S) -> io::Result<R>) -> io::Result<R> {
        self.tried(Resource::Readable, op(self.get_ref()))
    }

    /// As [`try_read_with`](Self::try_read_with), for writing: an example is at [`writable`](Self::writable).
    ///
    /// # Errors
    /// Those of `op`.
    pub fn try_write_with<R>(&self, op: impl FnOnce(&S) -> io::Result<R>) -> io::Result<R> {
        self.tried(Resource::Writable, op(self.get_ref()))
    }

    /// What came of a single try.
    fn tried<R>(&self, on: Resource, tried: io::Result<R>) -> io::Result<R> {
        if matches!(&tried, Err(e) if e.kind() == ErrorKind::WouldBlock) {
            side(&self.source, on).blocked();
        }
        tried
    }

    /// `read_with` in poll form: one waker, that of the last task that polled for reading.
    ///
    /// # Errors
    /// Those of `op`. `Interrupted` is tried again.
    pub fn poll_read_with<R>(
        &self,
        cx: &Context<'_>,
        op: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        attempt(self.get_ref(), &self.source, Resource::Readable, cx, op, |direction| direction.register(cx))
    }

    /// As [`poll_read_with`](Self::poll_read_with), for writing.
    ///
    /// # Errors
    /// Those of `op`. `Interrupted` is tried again.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{Async, mio::net::UdpSocket};
    /// let socket = Async::new(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?)?;
    /// let own = socket.get_ref().local_addr()?;
    /// let send = |cx: &mut std::task::Context<'_>| {
    ///     socket.poll_write_with(cx, |socket| socket.send_to(b"news", own))
    /// };
    /// assert_eq!(std::future::poll_fn(send).await?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn poll_write_with<R>(
        &self,
        cx: &Context<'_>,
        op: impl FnMut(&S) -> io::Result<R>,
    ) -> Poll<io::Result<R>> {
        attempt(self.get_ref(), &self.source, Resource::Writable, cx, op, |direction| direction.register(cx))
    }

    /// Reads from a byte *stream*: as `poll_read_with`, but spares the call that would only say `WouldBlock`.
    ///
    /// After a short read the kernel's buffer is empty, and half the calls of an echo server are saved by
    /// believing it. That holds for TCP, but for urgent data, before which a read stops short ([`reactor`](crate::reactor)
    /// sees to that). It does not hold for datagrams, an accept, a Unix socket that is sent descriptors, or whatever else
    /// `S` may be: so it is not what `read_with` does.
    pub(crate) fn poll_read_stream<'a>(&'a self, cx: &Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>
    where
        &'a S: io::Read,
    {
        let read = attempt(
            self.get_ref(),
            &self.source,
            Resource::Readable,
            cx,
            |mut io| io::Read::read(&mut io, buf),
            |direction| direction.register(cx),
        );
        if let Poll::Ready(Ok(n)) = read {
            self.moved(Resource::Readable, n, buf.len());
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
            &self.source,
            Resource::Writable,
            cx,
            |mut io| io::Write::write(&mut io, buf),
            |direction| direction.register(cx),
        );
        if let Poll::Ready(Ok(n)) = written {
            self.moved(Resource::Writable, n, buf.len());
        }
        written
    }

    /// A single try of [`poll_read_stream`](Self::poll_read_stream).
    pub(crate) fn try_read_stream<'a>(&'a self, buf: &mut [u8]) -> io::Result<usize>
    where
        &'a S: io::Read,
    {
        let n = self.tried(Resource::Readable, io::Read::read(&mut self.get_ref(), buf))?;
        self.moved(Resource::Readable, n, buf.len());
        Ok(n)
    }

    /// A single try of [`poll_write_stream`](Self::poll_write_stream).
    pub(crate) fn try_write_stream<'a>(&'a self, buf: &[u8]) -> io::Result<usize>
    where
        &'a S: io::Write,
    {
        let n = self.tried(Resource::Writable, io::Write::write(&mut self.get_ref(), buf))?;
        self.moved(Resource::Writable, n, buf.len());
        Ok(n)
    }

    /// So many bytes of a stream went over, of as many as there was room for, or there were.
    pub(crate) fn moved(&self, on: Resource, n: usize, of: usize) {
        trace::emit(|| What::Moved { source: self.source.id(), read: on == Resource::Readable, bytes: n });
        if n > 0 && n < of {
            side(&self.source, on).drained();
        }
    }
}

/// Try first, wait only on `WouldBlock`.
///
/// trap 27: `Pending` is returned only after `wait` has left a waker; and readiness is taken back only when the operation
/// itself said that there is none, since the OS tells of each change once.
fn attempt<'a, S, R>(
    io: &'a S,
    source: &Source,
    on: Resource,
    cx: &Context<'_>,
    mut op: impl FnMut(&'a S) -> io::Result<R>,
    wait: impl FnOnce(&Direction),
) -> Poll<io::Result<R>> {
    let direction = side(source, on);
    while direction.is_ready() {
        if budget::is_spent(cx) {
            return Poll::Pending;
        }
        match op(io) {
            Err(e) if e.kind() == ErrorKind::WouldBlock => direction.blocked(),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            done => {
                budget::spend();
                return Poll::Ready(done);
            }
        }
    }
    wait(direction);
    label::set(on, source.id(), None);
    Poll::Pending
}

/// The direction that one waits for.
fn side(source: &Source, on: Resource) -> &Direction {
    match on {
        Resource::Writable => &source.write,
        _ => &source.read,
    }
}

/// The place of a named future among those that wait for a source; given up when it is dropped.
struct Wait<'a> {
    source: &'a Source,
    on: Resource,
    entry: Option<u64>,
    at: &'static Location<'static>,
}

impl<'a> Wait<'a> {
    #[track_caller]
    fn new(source: &'a Source, on: Resource) -> Self {
        Wait { source, on, entry: None, at: Location::caller() }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        side(self.source, self.on).waiters.remove(&mut self.entry);
    }
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
///
/// Each has a place of its own among those who wait, so any number may wait for one source:
///
/// ```
/// # runtime::block_on(async {
/// use runtime::{Async, join_all, mio::net::UdpSocket};
/// let socket = Async::new(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?)?;
/// let _ = socket.try_read_with(|socket| socket.recv(&mut [0; 8])); // nothing has come yet
/// let all = join_all((0..3).map(|_| socket.readable()));
/// socket.get_ref().send_to(b"news", socket.get_ref().local_addr()?)?;
/// all.await;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Ready<'a> {
    wait: Wait<'a>,
}

impl Future for Ready<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Wait { source, on, entry, at } = &mut self.wait;
        let direction = side(source, *on);
        if direction.is_ready() {
            if budget::is_spent(cx) {
                return Poll::Pending;
            }
            budget::spend();
            return Poll::Ready(());
        }
        direction.waiters.register(entry, cx);
        label::set(*on, source.id(), Some(at));
        Poll::Pending
    }
}

/// The future of [`Async::read_with`] and [`Async::write_with`].
///
/// Dropped while it waits, it has taken nothing:
///
/// ```
/// # runtime::block_on(async {
/// use runtime::{Async, mio::net::UdpSocket, race, yield_now};
/// let socket = Async::new(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?)?;
/// race(socket.read_with(|socket| socket.recv(&mut [0; 8])), yield_now()).await;
/// socket.get_ref().send_to(b"news", socket.get_ref().local_addr()?)?;
/// assert_eq!(socket.read_with(|socket| socket.recv(&mut [0; 8])).await?, 4);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct With<'a, S, F> {
    io: &'a S,
    wait: Wait<'a>,
    op: F,
}

impl<S, R, F> Future for With<'_, S, F>
where
    F: FnMut(&S) -> io::Result<R> + Unpin,
{
    type Output = io::Result<R>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<R>> {
        let With { io, wait: Wait { source, on, entry, at }, op } = &mut *self;
        let done = attempt(*io, source, *on, cx, op, |direction| direction.waiters.register(entry, cx));
        if done.is_pending() {
            label::place(at);
        }
        done
    }
}

// A source that `std::io` can read through a shared reference, as all of mio's sockets, is read in the same way here. It is
// not written in the same way: `AsyncWrite` can also be closed, and how that is done is not the same for a socket, a pipe
// and a device. So `TcpStream` and the like implement it themselves, and an `Async<S>` has `write_with`.

impl<S: MioSource> AsyncRead for Async<S>
where
    for<'a> &'a S: io::Read,
{
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.poll_read_with(cx, |mut io| io::Read::read(&mut io, buf))
    }

    fn forget_reader(&mut self) {
        Async::forget_reader(self);
    }
}

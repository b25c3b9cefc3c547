//! `Stream`: one end of a connection, as a task reads and writes it.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Instant;

use super::conditions::Side;
use super::link::{Link, Step};
use super::waiter::Waiter;
use crate::clock::now;
use crate::io::{AsyncRead, AsyncWrite};
use crate::resource::Resource;
use crate::trace::mark;
use crate::{budget, label};

/// One end of a simulated connection. It behaves as a [`TcpStream`](crate::net::TcpStream) on Linux: read and written also
/// through a shared reference, half-closed by `close`, and reset if it is dropped while something was not read.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::sim::net::{Conditions, Net};
/// runtime::block_on(async {
///     let net = Net::new(1, Conditions::default());
///     let listener = net.listen("server", 80)?;
///     let mut client = net.connect("server", 80).await?;
///     let mut server = listener.accept().await?;
///     client.write_all(b"hello").await?;
///     client.close().await?; // the other direction is open
///     let mut heard = String::new();
///     server.read_to_string(&mut heard).await?;
///     server.write_all(heard.to_uppercase().as_bytes()).await?;
///     assert_eq!(client.read(&mut [0; 8]).await?, 5);
///     server.reset();
///     let error = client.read(&mut [0; 8]).await.unwrap_err();
///     assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct Stream {
    wire: Rc<Wire>,
    side: Side,
}

/// A connection and those who wait for it.
pub(super) struct Wire {
    /// For the trace.
    number: u64,
    link: RefCell<Link>,
    client: Waiters,
    server: Waiters,
}

/// Those who wait at one end. trap 30: reader and writer may be two tasks.
#[derive(Default)]
struct Waiters {
    read: Waiter,
    write: Waiter,
}

impl Wire {
    /// Both ends of a connection, the client's first.
    pub(super) fn pair(number: u64, link: Link) -> (Stream, Stream) {
        let link = RefCell::new(link);
        let wire = Rc::new(Wire { number, link, client: Waiters::default(), server: Waiters::default() });
        (Stream { wire: wire.clone(), side: Side::Client }, Stream { wire, side: Side::Server })
    }

    fn waiters(&self, side: Side) -> &Waiters {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    /// Does something to the connection; then those who wait learn when what they wait for arrives.
    fn with<T>(&self, act: impl FnOnce(&mut Link, Instant) -> T) -> T {
        let done = act(&mut self.link.borrow_mut(), now());
        for side in [Side::Client, Side::Server] {
            let (read, write) = {
                let mut link = self.link.borrow_mut();
                let late = link.lateness();
                (link.readable_at(side).map(|at| at + late), link.writable_at(side).map(|at| at + late))
            };
            // After the borrow: a waker is anybody's code.
            let waiters = self.waiters(side);
            read.into_iter().for_each(|at| waiters.read.expect(at));
            write.into_iter().for_each(|at| waiters.write.expect(at));
        }
        done
    }

    /// Leaves the waker of who has to wait.
    fn wait(&self, waiter: &Waiter, cx: &Context<'_>, at: Option<Instant>, on: &'static str) {
        let at = {
            let mut link = self.link.borrow_mut();
            let late = link.lateness();
            at.map(|at| at + late).or_else(|| link.false_wake(now()))
        };
        waiter.wait(cx, at);
        label::set(Resource::Other(on), self.number, None);
    }
}

impl Stream {
    /// Ends the connection at once (as a socket does that is closed with `SO_LINGER` of 0): the peer finds
    /// `ConnectionReset`, perhaps before what it has not read yet.
    pub fn reset(self) {
        self.tell("resets the connection");
        self.wire.with(|link, now| link.reset(self.side, now));
    }

    fn waiters(&self) -> &Waiters {
        self.wire.waiters(self.side)
    }

    /// Says in the trace what this end does.
    fn tell(&self, what: impl Display) {
        mark("network", format_args!("connection {}: the {} {what}", self.wire.number, self.side.name()));
    }
}

impl AsyncRead for &Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if budget::is_spent(cx) {
            return Poll::Pending;
        }
        let read = match self.wire.with(|link, now| link.read(self.side, now, buf)) {
            Ok(Step::Wait(at)) => {
                self.wire.wait(&self.waiters().read, cx, at, "bytes on a simulated connection");
                return Poll::Pending;
            }
            Ok(Step::Done(n)) => {
                self.tell(format_args!("reads {n} bytes"));
                Ok(n)
            }
            Err(e) => {
                self.tell(format_args!("reads: {e}"));
                Err(e)
            }
        };
        self.waiters().read.forget();
        budget::spend();
        Poll::Ready(read)
    }

    fn forget_reader(&mut self) {
        self.waiters().read.forget();
    }
}

impl AsyncWrite for &Stream {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if budget::is_spent(cx) {
            return Poll::Pending;
        }
        let written = match self.wire.with(|link, now| link.write(self.side, now, buf)) {
            Ok(Step::Wait(at)) => {
                self.wire.wait(&self.waiters().write, cx, at, "room on a simulated connection");
                return Poll::Pending;
            }
            Ok(Step::Done(n)) => {
                self.tell(format_args!("sends {n} bytes"));
                Ok(n)
            }
            Err(e) => {
                self.tell(format_args!("sends: {e}"));
                Err(e)
            }
        };
        self.waiters().write.forget();
        budget::spend();
        Poll::Ready(written)
    }

    /// Nothing is kept back here: what was written is on its way.
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tell("closes its direction");
        self.wire.with(|link, now| link.close(self.side, now));
        Poll::Ready(Ok(()))
    }

    fn forget_writer(&mut self) {
        self.waiters().write.forget();
    }
}

impl AsyncRead for Stream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        (&*self).poll_read(cx, buf)
    }

    fn forget_reader(&mut self) {
        (&*self).forget_reader();
    }
}

impl AsyncWrite for Stream {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        (&*self).poll_write(cx, buf)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (&*self).poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (&*self).poll_close(cx)
    }

    fn forget_writer(&mut self) {
        (&*self).forget_writer();
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.waiters().read.forget();
        self.waiters().write.forget();
        self.tell("is gone");
        self.wire.with(|link, now| link.leave(self.side, now));
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("number", &self.number).finish_non_exhaustive()
    }
}

//! The loop with a reactor, and TCP on it: exercise 10, for sockets.

use std::cell::RefCell;
use std::io::{self, ErrorKind, Read, Write};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mio::event::Source;
use mio::{Events, Interest, Token};
use slab::Slab;

use super::executor;
pub use super::executor::spawn;

/// The token of the bell.
const BELL: Token = Token(usize::MAX);

/// What is waited for on this thread.
struct Reactor {
    poll: mio::Poll,
    /// trap 30: a place for who reads and one for who writes.
    waiting: Slab<[Option<Waker>; 2]>,
}

thread_local! {
    static REACTOR: RefCell<Option<Reactor>> = const { RefCell::new(None) };
}

/// The loop, which sleeps in the OS's event queue.
///
/// # Panics
/// If the OS gives no event queue.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let poll = mio::Poll::new().expect("an event queue");
    let bell = mio::Waker::new(poll.registry(), BELL).expect("a bell");
    REACTOR.set(Some(Reactor { poll, waiting: Slab::new() }));
    let mut events = Events::with_capacity(256);
    // A failed ring means that the loop is gone.
    executor::run(main, move || drop(bell.wake()), |is_idle| turn(is_idle, &mut events))
}

fn turn(is_idle: bool, events: &mut Events) {
    let mut woken = Vec::new();
    REACTOR.with_borrow_mut(|reactor| {
        let Some(reactor) = reactor else { return };
        match reactor.poll.poll(events, (!is_idle).then_some(Duration::ZERO)) {
            Err(why) if why.kind() == ErrorKind::Interrupted => return, // trap 29
            Err(why) => panic!("the OS refused to wait: {why}"),
            Ok(()) => {}
        }
        for event in events.iter() {
            // trap 33: a late event of a token that is gone finds nothing, or wakes somebody once in vain.
            let Some([reader, writer]) = reactor.waiting.get_mut(event.token().0) else { continue };
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                woken.extend(reader.take());
            }
            if event.is_writable() || event.is_write_closed() || event.is_error() {
                woken.extend(writer.take());
            }
        }
    });
    for waker in woken {
        waker.wake(); // trap 16: the reactor is not borrowed now
    }
}

/// A source that can be waited for.
struct Io<S: Source> {
    source: S,
    token: Token,
}

/// Whom an event wakes.
#[derive(Clone, Copy)]
enum Side {
    Reads,
    Writes,
}

impl<S: Source> Io<S> {
    fn new(mut source: S) -> io::Result<Io<S>> {
        REACTOR.with_borrow_mut(|reactor| {
            let reactor = reactor.as_mut().ok_or_else(|| io::Error::other("no loop runs on this thread"))?;
            // Taken once the OS has agreed: else a source that it refuses would leave its place behind.
            let place = reactor.waiting.vacant_entry();
            let token = Token(place.key());
            // Once, for both: readiness is told as it comes, and nobody need register again.
            reactor.poll.registry().register(&mut source, token, Interest::READABLE | Interest::WRITABLE)?;
            place.insert([None, None]);
            Ok(Io { source, token })
        })
    }

    /// trap 27: tries first, and waits only when there is nothing.
    fn poll<T>(
        &mut self,
        side: Side,
        cx: &mut Context<'_>,
        mut operation: impl FnMut(&mut S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        loop {
            match operation(&mut self.source) {
                Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                result => return Poll::Ready(result),
            }
        }
        let waker = cx.waker().clone();
        let replaced = REACTOR.with_borrow_mut(|reactor| {
            let places = reactor.as_mut().and_then(|reactor| reactor.waiting.get_mut(self.token.0));
            places.and_then(|places| places[side as usize].replace(waker))
        });
        drop(replaced);
        Poll::Pending
    }
}

impl<S: Source> Drop for Io<S> {
    fn drop(&mut self) {
        // trap 32
        let removed = REACTOR.try_with(|reactor| {
            let mut reactor = reactor.borrow_mut();
            let reactor = reactor.as_mut()?;
            let _ = reactor.poll.registry().deregister(&mut self.source);
            reactor.waiting.try_remove(self.token.0)
        });
        drop(removed);
    }
}

/// A socket that takes connections.
pub struct TcpListener(Io<mio::net::TcpListener>);

impl TcpListener {
    /// Takes over the standard library's.
    ///
    /// # Errors
    /// The OS's.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<TcpListener> {
        listener.set_nonblocking(true)?;
        Io::new(mio::net::TcpListener::from_std(listener)).map(TcpListener)
    }

    /// The next connection.
    ///
    /// # Errors
    /// The OS's.
    pub async fn accept(&mut self) -> io::Result<TcpStream> {
        let io = &mut self.0;
        let accept = std::future::poll_fn(|cx| io.poll(Side::Reads, cx, |listener| listener.accept()));
        Io::new(accept.await?.0).map(TcpStream)
    }
}

/// A connection.
pub struct TcpStream(Io<mio::net::TcpStream>);

impl TcpStream {
    /// Reads what is there, and waits until there is something. 0 at the end.
    ///
    /// # Errors
    /// The OS's.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let io = &mut self.0;
        std::future::poll_fn(|cx| io.poll(Side::Reads, cx, |stream| stream.read(buffer))).await
    }

    /// Writes as much as there is room for, and waits until there is some. How much that was.
    ///
    /// # Errors
    /// The OS's.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let io = &mut self.0;
        std::future::poll_fn(|cx| io.poll(Side::Writes, cx, |stream| stream.write(bytes))).await
    }
}

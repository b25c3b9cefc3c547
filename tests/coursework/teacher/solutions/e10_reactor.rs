//! 10: a solution.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io::{self, ErrorKind, Read};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use mio::unix::pipe::Receiver;
use mio::{Events, Interest, Token};
use slab::Slab;

use crate::given::executor;
pub use crate::given::executor::spawn;

/// The token of the bell.
const BELL: Token = Token(usize::MAX);

/// What is waited for on this thread.
struct Reactor {
    poll: mio::Poll,
    waiting: Slab<Option<Waker>>,
}

thread_local! {
    static REACTOR: RefCell<Option<Reactor>> = const { RefCell::new(None) };
}

/// The loop of exercise 07, which sleeps in the OS's event queue.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let poll = mio::Poll::new().expect("an event queue");
    let bell = mio::Waker::new(poll.registry(), BELL).expect("a bell");
    REACTOR.set(Some(Reactor { poll, waiting: Slab::new() }));
    let mut events = Events::with_capacity(256);
    // The loop calls the first when a task was woken, and the second once a turn.
    executor::run(main, move || drop(bell.wake()), |is_idle| turn(is_idle, &mut events))
}

/// Asks the OS what is ready, and wakes who waits for that. If no task is ready (`is_idle`), it sleeps there until something comes; otherwise
/// it does not wait.
fn turn(is_idle: bool, events: &mut Events) {
    let mut woken = Vec::new();
    REACTOR.with_borrow_mut(|reactor| {
        let Some(reactor) = reactor else { return };
        match reactor.poll.poll(events, (!is_idle).then_some(Duration::ZERO)) {
            Err(why) if why.kind() == ErrorKind::Interrupted => return,
            Err(why) => panic!("the OS refused to wait: {why}"),
            Ok(()) => {}
        }
        for event in events.iter() {
            if let Some(waiting) = reactor.waiting.get_mut(event.token().0) {
                woken.extend(waiting.take());
            }
        }
    });
    for waker in woken {
        waker.wake();
    }
}

/// How many sources are registered. The bell does not count.
pub fn sources() -> usize {
    REACTOR.with_borrow(|reactor| reactor.as_ref().map_or(0, |reactor| reactor.waiting.len()))
}

/// The end of a pipe that is read.
pub struct PipeReader {
    pipe: Receiver,
    token: Token,
}

impl PipeReader {
    /// Registers the pipe with the reactor of this thread's loop.
    pub fn new(mut pipe: Receiver) -> io::Result<PipeReader> {
        REACTOR.with_borrow_mut(|reactor| {
            let reactor = reactor.as_mut().ok_or_else(|| io::Error::other("no loop runs on this thread"))?;
            let place = reactor.waiting.vacant_entry();
            let token = Token(place.key());
            reactor.poll.registry().register(&mut pipe, token, Interest::READABLE)?;
            place.insert(None);
            Ok(PipeReader { pipe, token })
        })
    }

    /// Reads what is there, and waits until there is something. 0 at the end.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        poll_fn(|cx| {
            loop {
                match self.pipe.read(buffer) {
                    Err(why) if why.kind() == ErrorKind::WouldBlock => break,
                    Err(why) if why.kind() == ErrorKind::Interrupted => {}
                    result => return Poll::Ready(result),
                }
            }
            let waker = cx.waker().clone();
            let replaced = REACTOR.with_borrow_mut(|reactor| {
                let waiting = reactor.as_mut().and_then(|reactor| reactor.waiting.get_mut(self.token.0));
                waiting.and_then(|waiting| waiting.replace(waker))
            });
            drop(replaced);
            Poll::Pending
        })
        .await
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let removed = REACTOR.with_borrow_mut(|reactor| {
            let reactor = reactor.as_mut()?;
            let _ = reactor.poll.registry().deregister(&mut self.pipe);
            reactor.waiting.try_remove(self.token.0)
        });
        drop(removed);
    }
}

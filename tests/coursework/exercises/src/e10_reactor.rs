//! 10 · A pipe, and the reactor
//!
//! # The idea
//! A task that reads from a pipe, or a socket, waits for the OS. The OS can watch many of them
//! at once: one registers each with its event queue (on Linux: epoll; here through the crate
//! mio) under a number, the *token*, and one call waits until any of them is ready. That is the
//! only place where the loop of a server ever sleeps. What is around it, the *reactor*, is a
//! table: token → waker.
//!
//! Three rules of mio:
//! - It is *edge-triggered*: it tells when a source **becomes** ready, once. Bytes that you
//!   leave in the pipe make no further event. So a read *tries first*, and only if the OS says
//!   `WouldBlock` does it leave its waker and wait: then the next byte is news.
//! - An event is a hint. When a task was woken and there is nothing, it waits again.
//! - The end of a pipe is an event, too, but `is_readable` may be false for it. So wake for any
//!   event of the token; the read will find out what it was.
//!
//! Wakes from other threads must end this sleep, too: parking is over, the thread sleeps in the
//! OS. A `mio::Waker` is registered with the same event queue, and to call it makes an event:
//! the *bell*. That is done below.
//!
//! # What to write
//! The reactor's table; [`turn`], which the loop calls after each batch of tasks, with `true`
//! when none is ready; [`PipeReader`] with `new`, `read` and its `Drop`; and [`sources`]. The pipes
//! that `new` gets are set not to block already.
//!
//! # What is checked
//! - What is there is read at once; what comes later is waited for; what came at once can be
//!   read in small pieces; the end is 0 bytes.
//! - A poll without news is `Pending`: `WouldBlock` is no error to the caller.
//! - While one task waits for a pipe others run; while all wait the thread sleeps; a wake from
//!   another thread ends that.
//! - Two pipes wake their own readers. A reader that is dropped, also while it waits, leaves
//!   nothing behind; the next one may get its token, and is woken for its own pipe only.
//! - A read that was polled by one task and is awaited by another wakes the second.
//!
//! # In the real thing
//! `runtime/src/reactor.rs` is the table, `source.rs` what waits. They remember what the OS has
//! said, and so spare a call now and then.
//!
//! # Traps (TRAPS.md)
//! - 6: the reader keeps the waker of an earlier poll.
//! - 8: the bell has to be one that the sleep sees.
//! - 16: to wake while the table is borrowed.
//! - 27: not reading until `WouldBlock` before waiting; or `Pending` without having left a
//!   waker.
//! - 28: a wake is taken for data.
//! - 29: `poll` may give `Interrupted`: that is no error.
//! - 31: a source that is always ready and that nobody reads makes the loop spin.
//! - 32, 33: a dropped source stays registered, or its late event reaches who has its token
//!   now.

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
    // The table. A `Slab` gives each entry a number, and uses free numbers again.
}

thread_local! {
    static REACTOR: RefCell<Option<Reactor>> = const { RefCell::new(None) };
}

/// The loop of exercise 07, which sleeps in the OS's event queue.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let poll = mio::Poll::new().expect("an event queue");
    let bell = mio::Waker::new(poll.registry(), BELL).expect("a bell");
    REACTOR.set(Some(Reactor { poll }));
    let mut events = Events::with_capacity(256);
    // The loop calls the first when a task was woken, and the second once a turn.
    executor::run(main, move || drop(bell.wake()), |is_idle| turn(is_idle, &mut events))
}

/// Asks the OS what is ready, and wakes who waits for that. If no task is ready (`is_idle`), it sleeps there until
/// something comes; otherwise it does not wait.
fn turn(is_idle: bool, events: &mut Events) {
    todo!("turn")
}

/// How many sources are registered. The bell does not count.
pub fn sources() -> usize {
    todo!("sources")
}

/// The end of a pipe that is read.
pub struct PipeReader {
    pipe: Receiver,
    token: Token,
}

impl PipeReader {
    /// Registers the pipe with the reactor of this thread's loop.
    pub fn new(mut pipe: Receiver) -> io::Result<PipeReader> {
        todo!("PipeReader::new")
    }

    /// Reads what is there, and waits until there is something. 0 at the end.
    pub async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        todo!("PipeReader::read")
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        // Here it is deregistered, and its place in the table is given up.
    }
}

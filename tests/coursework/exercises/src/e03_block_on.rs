//! 03 · block_on, which parks the thread
//!
//! # The idea
//! `run` of exercise 02 gave up when nobody had called the waker. But another thread may call
//! it later: then the thing to do is to sleep until that happens. The standard library can put
//! a thread to sleep, and another can get it up: `thread::park()` and `Thread::unpark()`. An
//! unpark that comes before the park is not lost: it leaves a token, and the next park returns
//! at once.
//!
//! So: poll; if it is pending, park; when you get up, poll again. Nearly. `park` may also
//! return without a reason, and anybody may unpark your thread for reasons of his own. That you
//! are awake does not mean that *your* future was woken. So a wake leaves a mark of its own, a
//! flag, before it unparks; and you look at the flag, and park again if it is not set.
//!
//! # What to write
//! [`block_on`], and the type that its waker is made of. The flag is a field of that type, as
//! is the `Thread` to unpark.
//!
//! # What is checked
//! - The output; the future may borrow from its surroundings (it is polled where it is:
//!   `pin!`).
//! - It is polled once at the start, and once after a wake: not while it waits, and not when
//!   somebody else unparks the thread. A future that waits costs no processor time.
//! - No wake is lost: not one during the poll, not one between the poll and the sleep, not one
//!   of 1,000 from another thread.
//! - A waker of a `block_on` that is over may be called, and disturbs nobody.
//!
//! # In the real thing
//! `runtime/src/block_on.rs` and `executor.rs`. There the loop does not park: it sleeps in the
//! OS's event queue, as it waits for sockets as well, and `runtime/src/inbox.rs` holds the
//! marks. How a flag and a sleep are brought together is told there, too.
//!
//! # Traps (TRAPS.md)
//! - 1: the flag is cleared after the poll, so a wake during the poll is forgotten. Clear it
//!   when you look at it (`swap`), before you poll.
//! - 8: check, then sleep: a wake between the two is lost. `park` has its token for that. With
//!   a `Condvar` you would need the flag *under its mutex*.
//! - 10, 15: a waker outlives its future. It must not reach the next one: no flag in a static
//!   or a thread-local.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Runs the future on this thread, and sleeps while it waits.
pub fn block_on<F: Future>(future: F) -> F::Output {
    todo!("block_on")
}

//! 12 · timeout, and cancellation
//!
//! # The idea
//! To cancel a future, drop it. That is all: it is a value, nobody but its owner polls it, and
//! when it is dropped, so is what it holds: its timers leave the table, its sockets are closed,
//! its place in a queue is given up. There is no signal and no exception. It can only happen
//! where the future waits, never in the middle of a poll.
//!
//! `timeout` is a combinator of a future and a sleep: it polls the one, then looks at the
//! other, and is ready with whichever is. And `cancellable` is one of a future and a flag that
//! somebody else raises. The hard part is that of every leaf future: who raises the flag must
//! wake who waits for it.
//!
//! # What to write
//! [`timeout`] and [`cancellable`] with its [`Canceller`]. `sleep` is given (exercise 09).
//!
//! # What is checked
//! - `timeout` gives `Ok(output)` if the future is ready in time, otherwise `Err(Elapsed)`, not
//!   before the time is over. The future is polled first and the clock looked at then: who is
//!   ready at once is in time, even with no time at all.
//! - When `timeout` says `Elapsed`, the future is gone already, and not only when the timeout
//!   itself is dropped. So it is with `cancellable`.
//! - No deadline stays behind; `Duration::MAX` is no limit; timeouts nest.
//! - `Canceller::cancel` ends a future that waits: it gives `Err(Cancelled)`. Before the first
//!   poll it keeps the future from being polled at all; after the end it changes nothing; twice
//!   is as once. A canceller that is dropped cancels nothing.
//!
//! # In the real thing
//! `Timeout` in `runtime/src/time.rs`; `runtime/src/futures/race.rs`; `demo lesson cancel`
//! shows what is lost and what is safe when a future is dropped.
//!
//! # Traps (TRAPS.md)
//! - 4: the future is polled again after it was ready.
//! - 6: the canceller keeps an old waker.
//! - 16, 18: to wake, or to drop the future, while something is borrowed.
//! - 23: a limit that was not needed stays in the table of timers. (Drop the sleep.)
//! - 41: with two that are ready at once, who wins? Say it.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::given::time::sleep;

/// The time was over first.
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed;

/// Somebody has cancelled it.
#[derive(Debug, PartialEq, Eq)]
pub struct Cancelled;

/// Gives the future so much time.
///
/// # Errors
/// [`Elapsed`] if that was too little.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    todo!("timeout")
}

/// Ends a future: the other end of [`cancellable`].
pub struct Canceller {
    // What do the two ends share?
}

impl Canceller {
    /// Ends it, if it is not over.
    pub fn cancel(&self) {
        todo!("Canceller::cancel")
    }
}

/// The future, and the handle that can end it. It gives `Err(Cancelled)` then.
pub fn cancellable<F: Future>(future: F) -> (Canceller, impl Future<Output = Result<F::Output, Cancelled>>) {
    (Canceller {}, poll_fn(|_| todo!("cancellable")))
}

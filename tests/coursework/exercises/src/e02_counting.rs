//! 02 · A waker that counts
//!
//! # The idea
//! Exercise 01 polled again and again, whether there was a reason or not. That is called
//! spinning: a processor at full load, to wait. The reason to poll again is a call of the
//! *waker*. A [`Waker`] is a handle that anybody may keep, clone and call, from any thread;
//! what the call does is up to whoever made it, that is, to the loop. The standard library
//! makes one for you from an `Arc` of any type that implements [`Wake`], without a line of
//! unsafe code: `Waker::from(arc)`.
//!
//! The simplest useful one counts. Then a loop can look: was it woken since I began the last
//! poll? If so, it is worth another poll. If not, then nobody can say when it will be, and a
//! loop that has nothing else to do is *stuck*.
//!
//! # What to write
//! [`Counter`] with its `impl Wake`, and [`run`].
//!
//! # What is checked
//! - Each call of a waker, or of a clone of it, counts one, by `wake` as by `wake_by_ref`. Four
//!   threads may call at once.
//! - Two counters count apart; when the wakers are gone, the counter's `Arc` has one holder.
//! - `run` polls once, and then once more after each poll during which the waker was called. It
//!   gives `Some(output)`, or `None` when the future is pending and was not woken. Three wakes
//!   during one poll make one more poll.
//! - A wake that comes *during* a poll counts, also from another thread (which, here, always
//!   comes before the poll returns).
//!
//! # In the real thing
//! `runtime/src/waker.rs`: there a wake marks the task and puts it on a queue. `Rooms::stall`
//! in `runtime/src/executor.rs` is what the real loop does when it is stuck: it says who waits
//! for what.
//!
//! # Traps (TRAPS.md)
//! - 1: a wake during the poll is lost, as the loop looks, or clears, at the wrong moment.
//! - 2: each wake makes a poll of its own.
//! - 7: a `Waker` is `Send + Sync`. An `Rc` or a `Cell` in the counter does not compile; a load
//!   and then a store does, and loses counts.
//! - 36: nothing can ever wake the task, and the loop waits for ever without a word.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Counts how often it is woken.
pub struct Counter {
    // What can count from any thread?
}

impl Counter {
    /// A counter at 0.
    pub fn new() -> Arc<Counter> {
        todo!("Counter::new")
    }

    /// How often it was woken.
    pub fn wakes(&self) -> usize {
        todo!("Counter::wakes")
    }
}

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        todo!("Counter::wake")
    }
}

/// Polls the future to its end, but only as long as it was woken. `None`: it is pending, and was not.
pub fn run<F: Future>(future: F) -> Option<F::Output> {
    todo!("run")
}

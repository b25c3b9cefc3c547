//! 22 · Two threads, one loop each (open)
//!
//! # The idea
//! An event loop is one thread. Who has two processors runs two loops; each has its own tasks,
//! timers and sockets, and they share nothing. But now and then one has work for the other.
//! What crosses is not a task (a task is `!Send`, it lives and dies on its loop) but a closure
//! that *makes* one: `FnOnce(…) -> future`, `Send` itself, called on the thread where the
//! future shall run.
//!
//! Between the two loops lies a queue for each direction, under a lock, as now two threads use
//! it. It is bounded: whoever passes work on faster than the other side takes it in has to
//! wait. And each waits for the other by its waker, which is `Send`, and finds its way back to
//! its own loop.
//!
//! This exercise is *open*: how you do it is yours, and only what comes of it is checked. What
//! is hard is not the queue. It is to know when all is over: a side with nothing to do is not
//! done, as the other one may pass it something at any time.
//!
//! # What to write
//! [`run`], [`Courier::side`] and [`Courier::pass`], with the types that they need. You may use
//! all of the `runtime` crate and the standard library. Useful: `runtime::Builder` with
//! `OnStall::Wait` (a loop that lives from another thread is not stalled when it has nothing to
//! do), `runtime::spawn`, `runtime::Handle`, `sync::oneshot::remote`; `std::thread::scope`,
//! `Mutex`, atomics.
//!
//! # What is checked
//! - Each work is done once, as a task of its own, on the side where it belongs: what is there
//!   at first on side 0 or 1, what is passed on the other side than that of who passed it. A
//!   side is one thread with one loop.
//! - The works of a side run at once: one may wait for another, or for one on the other side.
//! - `run` returns when no work is left anywhere, and says how many came to their end on each
//!   side. Then it can be called again.
//! - No more than `capacity` works that were passed lie on a side and are not begun; `pass`
//!   waits while there is no room. Both sides may be full at the same time. A `pass` that is
//!   dropped while it waits has passed nothing, and nobody waits for it. Dropped after it was
//!   woken it may have passed its work, or not; but nobody behind it is forgotten.
//! - A work that panics ends alone, and does not count. (`spawn` catches it. But what do you do
//!   at the end of a work?)
//! - Who waits sleeps: in 40 ms of waiting next to no polls, and next to no time on the
//!   processor.
//! - Trees of 500 works, to and fro, many times.
//!
//! # In the real thing
//! `runtime/examples/per_core.rs`: loops that share nothing. `runtime/src/handle.rs`: a way in
//! from other threads, which is not bounded. `runtime/src/inbox.rs`: what your wakers go
//! through. `runtime/src/sync/remote.rs` shows a lock between a loop and a thread, held for a
//! few moves.
//!
//! # Traps (TRAPS.md)
//! - 7: what is `!Send` stays on its thread. The compiler sees to it, unless you make the task
//!   on the wrong side.
//! - 8: look whether there is work, find none, sleep: and in between some was passed. Look and
//!   leave the waker under one lock.
//! - 16: to wake while the lock is held. The other thread wakes up and finds it taken; and your
//!   own loop's waker may run anything.
//! - 20: a panic that takes the count of what is left with it.
//! - 36: both wait for the other, for ever: for room, or for the end.
//! - 37: a `pass` that is dropped after it was woken takes the wake with it.

use std::cell::Cell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use runtime::{Builder, OnStall};

/// What is done on a side. It is called there, and the future that it makes runs there, as a task.
pub type Work = Box<dyn FnOnce(Courier) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// What a work gets, to pass others on with. It belongs to a side.
#[derive(Clone)]
pub struct Courier {
    // What do both sides share? And which one is this?
}

impl Courier {
    /// 0 or 1.
    pub fn side(&self) -> usize {
        todo!("Courier::side")
    }

    /// Gives a work to the other side, and waits while there is no room for it.
    pub async fn pass(&self, work: Work) {
        todo!("Courier::pass")
    }
}

/// Runs these works on two sides, and all that they pass on; says how many came to their end on each. `capacity` is at
/// least 1.
pub fn run(capacity: usize, first: [Vec<Work>; 2]) -> [usize; 2] {
    todo!("run")
}

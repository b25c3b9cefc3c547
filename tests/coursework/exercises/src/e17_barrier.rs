//! 17 · The barrier that the lecture wants
//!
//! # The idea
//! Three runners run three laps, and nobody begins a lap before all have ended the last. Where
//! they wait for each other is a *barrier*. It is made for a number of tasks, holds whoever
//! comes until that many are there, then lets all of them go on, and is ready for the next
//! round. One of each round is told that it is the *leader*: it does what only one shall do,
//! such as to count the laps.
//!
//! This project comes from a lecture, and that has a table of what asyncio offers for tasks
//! that wait for each other: the barrier is missing there. (Python's threads have one since
//! 3.2, its tasks since 3.11.) As theirs, yours can be called off: someone who cannot go on
//! calls [`abort`](Barrier::abort), and nobody waits in vain; [`reset`](Barrier::reset) sends
//! those who wait away and starts anew.
//!
//! It seems to be a counter: it goes up when somebody comes, and at three, all are woken. Three
//! things break that counter.
//! - *The next round.* The fast one is let through, runs its lap and comes again, before the
//!   slow one, which was let through as well, has had a turn. Whose count is it now? What was
//!   decided must be kept with each who waits, not in the barrier.
//! - *Leaving.* Who comes and is then cancelled (a timeout) must be taken off the count. Who is
//!   cancelled after it was let through must not: by then it is the next round that is counted,
//!   and it was never in that.
//! - *Being polled.* A future may be polled for no reason. It has come once.
//!
//! All three go away together if there is no counter: whoever waits has a place in a list, and
//! the list's length is the count.
//!
//! # What to write
//! [`Barrier`], a handle whose clones are of the same barrier, and [`Wait`], the future. Its
//! output is `Ok(true)` for the leader, `Ok(false)` for the others, and `Err(Broken)` for who
//! was sent away.
//!
//! # What is checked
//! - Nobody passes before the last has come; that one does not wait, and all others are woken.
//!   Then `waiting` is 0.
//! - The leader is the last to come: it cannot be cancelled between being let through and its
//!   turn, as it goes on at once.
//! - It can be used again, and the next round may fill before all have left the last.
//! - Who is dropped while it waits does not count any more. Who is dropped after it was let
//!   through changes nothing.
//! - `reset` sends those who wait away with `Broken`, and the barrier is as new, at once.
//!   `abort` does the same, but who comes then is sent away, too, at its first poll, until a
//!   `reset`. Who was let through before stays let through.
//! - `wait` that was not polled has not come. Polled again, it has come once, and wakes the
//!   waker of its latest poll.
//! - A waker may use the barrier when it is called (the round is over then: `waiting` is 0),
//!   and when it is dropped.
//! - On the real loop: three runners, three laps, three leaders, and each lap as long as the
//!   slowest one takes for it.
//!
//! # In the real thing
//! `runtime/src/sync/barrier.rs`. The same checks are run on it. Its docs say where asyncio's
//! differs. `demo lesson barrier` shows one at work.
//!
//! # Traps (TRAPS.md)
//! - 6: a future that keeps the waker of an earlier poll.
//! - 16, 17: waking, or dropping a waker, while a `RefCell` is borrowed. `self.line.take()`
//!   takes all places out in one statement.
//! - 38: a barrier used again, or a waiter cancelled, breaks the count.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// The barrier was reset or aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// A place where a number of tasks wait for each other. Clones are of the same one.
#[derive(Clone)]
pub struct Barrier {
    // An Rc of what they share: for how many it is, whether it is broken, and who waits.
}

impl Barrier {
    /// For so many tasks, at least 1.
    pub fn new(parties: usize) -> Barrier {
        todo!("Barrier::new")
    }

    /// Waits until as many wait as it is for. The last to come does not wait, and leads.
    pub fn wait(&self) -> Wait {
        todo!("Barrier::wait")
    }

    /// How many wait in this round.
    pub fn waiting(&self) -> usize {
        todo!("Barrier::waiting")
    }

    /// Sends away those who wait, and starts anew. Mends a broken barrier.
    pub fn reset(&self) {
        todo!("Barrier::reset")
    }

    /// Breaks it: sends away those who wait, and all who come, until a reset.
    pub fn abort(&self) {
        todo!("Barrier::abort")
    }
}

/// The future of [`Barrier::wait`].
pub struct Wait {
    // The barrier, and its place in the round, if it has come.
}

impl Future for Wait {
    type Output = Result<bool, Broken>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        todo!("Wait::poll")
    }
}

// impl Drop for Wait { … }

//! 13 · A priority scheduler
//!
//! # The idea
//! From here on you extend the real runtime, from outside: nothing in `runtime/` has to be
//! changed. Its first seam is the run queue. Who runs next is decided by a *policy*, a value
//! that implements [`Scheduler`], given to the loop with `Builder::new().scheduler(policy)`.
//! The loop calls `push` when a task becomes ready and `pop` when it wants the next to poll.
//! Between the two a task is not pushed again: that wakes coalesce is seen to already (exercise
//! 07).
//!
//! Here tasks have a priority: `Task::new().priority(5).spawn(…)`, any `i32`, 0 if nobody says
//! otherwise (the main future has 0, too). `push` finds it in `meta.priority`. A higher number
//! goes first.
//!
//! A policy by priority has a well-known fault: one urgent task that never waits keeps all
//! others from running, for ever. They *starve*. The docs of [`Scheduler`] show such a policy.
//! Yours shall be better. There are two usual ways:
//! - now and then (each tenth pop, say) it is the turn of whoever has waited longest, of
//!   whatever priority;
//! - *aging*: who waits rises, by one priority for so many pops that went to others.
//!
//! # What to write
//! [`ByPriority`]: its fields, `push` and `pop`.
//!
//! If one of them panics, the two checks on the real loop are *aborted*: the panic leaves the
//! loop, which then empties its queue with `pop`, and if that panics, too, the process ends.
//!
//! # What is checked
//! - The highest priority is popped first. Among equals it is first in, first out, also when
//!   those who were popped are pushed again.
//! - Any `i32` is a priority. Nobody is lost: what was pushed is popped once, and then `pop`
//!   gives `None`.
//! - Nobody starves: if one of priority 10 and three of priority 0 are always ready, each has a
//!   turn in 1000 pops. And the urgent one has at least half of all turns. On the real loop,
//!   beside an urgent task that spins, the main future has 3 turns within 1000 polls.
//! - The checks of the order pop 8 times at most from a new scheduler, so the first 8 pops must
//!   go by priority alone. Among equals the order is checked for longer.
//!
//! # In the real thing
//! `runtime/src/scheduler.rs` (the trait, and who calls it), `policies.rs` (three policies).
//!
//! # Traps (TRAPS.md)
//! - 13: last in, first out by accident, here among equals: a heap of `(priority, id)` is one.
//! - 21: equal keys overwrite each other. That is about timers there, and just as true of a map
//!   from priorities to tasks.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};

use runtime::{Scheduler, TaskId, TaskMeta};

/// The highest priority first, and yet nobody waits for ever.
#[derive(Default)]
pub struct ByPriority {
    // Who is ready, so that the right one is found; and what it takes to know who has waited long.
}

impl Scheduler for ByPriority {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        todo!("ByPriority::push")
    }

    fn pop(&mut self) -> Option<TaskId> {
        todo!("ByPriority::pop")
    }
}

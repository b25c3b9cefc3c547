//! 14 · A fair scheduler
//!
//! # The idea
//! First in, first out gives each task the same number of *polls*. That is fair only if all
//! polls take the same time: a task that computes for 10 ms in each has ten times as much of
//! the thread as one that computes for 1 ms. Linux shares its processors by *time*: whoever has
//! used the least runs next. Its completely fair scheduler did that for sixteen years, and what
//! follows is its heart.
//!
//! The loop tells a policy how long each poll took, in `ran`, if the policy's `wants_time` says
//! that it wants to know. You keep the sum for each task, in a map by [`TaskId`], and `pop`
//! gives the one with the smallest sum.
//!
//! Two things are less simple than they look.
//! - *When.* A task that wakes itself in its poll is pushed in the middle of it; `ran` comes
//!   after the poll. So what a task has used is not known when it is pushed: a queue that is
//!   sorted by `push` is sorted by old times.
//! - *Who comes late.* A new task has used nothing. If it started at 0, it would have the
//!   thread to itself until it has used as much as each of the others has since the program
//!   began. The same goes for one that waited for a socket for an hour. So there is a *floor*,
//!   where the others are: what the one that was popped last had used when it was popped. (It
//!   never goes down.) Who is pushed and has used less than the floor is lifted to it: its sum
//!   is the floor from then on. Who has used more stays where it is.
//!
//! # What to write
//! [`FairShare`]: its fields, and `push`, `pop`, `ran`, `wants_time` and `gone`.
//!
//! # What is checked
//! - `wants_time` is true. (On the real loop the checks give `ran` times that are made up, so
//!   that a busy machine is no matter.)
//! - Who has used the least in all its polls is popped first; among equals, who was pushed
//!   first.
//! - A poll counts though the task was pushed in the middle of it, before `ran`.
//! - Polls of 10 ms and of 1 ms: after some hundred turns both tasks have had the same time, to
//!   within 20 ms.
//! - Three tasks that are always ready, one of which is new, or back after a long wait: of the
//!   next 30 turns each has 5 to 15.
//! - Who has used 100 ms more than another, and waited for a moment, still comes after it.
//! - Nobody is lost, not even a task that woke itself in its last poll: it is gone, and its id
//!   still stands in the queue. What was pushed is popped once, and then `pop` gives `None`.
//! - A task that is [`gone`](Scheduler::gone) is forgotten: a server has a task for each
//!   connection, and a policy that keeps a number of each for ever never gives its memory back.
//!   If a wake that comes too late pushes its id once more, it is popped as a new one would be.
//!
//! To think about: a task that does each piece of its work in a new task starts at the floor
//! each time. Who pays? (In Linux a new process starts somewhat behind the others.)
//!
//! # In the real thing
//! `runtime/src/scheduler.rs`: `ran` and its example, which is the first half of this one;
//! `Rooms::attend` in `executor.rs`, which takes the times.
//!
//! # Traps (TRAPS.md)
//! - 13: the first tasks starve: behind newcomers that start at 0, or behind an equal that is
//!   always preferred.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use runtime::{Scheduler, TaskId, TaskMeta};

/// Whoever has used the least time is next.
#[derive(Default)]
pub struct FairShare {
    // Who is ready, in the order in which they were pushed; what each has used; the floor.
}

impl Scheduler for FairShare {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        todo!("FairShare::push")
    }

    fn pop(&mut self) -> Option<TaskId> {
        todo!("FairShare::pop")
    }

    fn ran(&mut self, id: TaskId, took: Duration) {
        todo!("FairShare::ran")
    }

    fn wants_time(&self) -> bool {
        todo!("FairShare::wants_time")
    }

    fn gone(&mut self, id: TaskId) {
        todo!("FairShare::gone")
    }
}

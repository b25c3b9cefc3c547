//! 05 · join: two at once
//!
//! # The idea
//! `a.await` and then `b.await` is one after the other: `b` is not even polled before `a` is
//! ready. If both wait for a second, that takes two. To wait for both *at once*, one future
//! polls both each time it is polled itself, and is ready when both are. No thread and no task
//! is needed: a future made of futures is a *combinator*.
//!
//! The two need not be ready in the same poll. So the output of the first is kept until the
//! other one is ready, and who is ready is never polled again.
//!
//! `join` has no waker of its own. It hands on the `Context` that it is polled with, and so
//! each child keeps the waker of the task that waits for the join. When one child wakes it, the
//! join does not know which: it polls whichever is not ready.
//!
//! # What to write
//! [`join`]. Its futures must be pinned to be polled, and safe Rust cannot pin a field of a
//! generic struct (PIN.md tells why). Two ways: box them (`Pin<Box<A>>` can be moved, so a
//! struct of them is easy), or an `async` block that pins them on its own stack with `pin!` and
//! polls them in a [`poll_fn`]. The signature takes either.
//!
//! # What is checked
//! - The first poll polls both. It is ready when both are, in whichever order they were, with
//!   each output on its side.
//! - Who is ready is not polled again. An output that is there is kept, and dropped with the
//!   join if that is dropped.
//! - Each child gets the waker of the latest poll. The join calls no waker itself.
//!
//! # In the real thing
//! `runtime/src/futures/join.rs` is this exercise, with boxes. `join_all` there has a thousand
//! children: to poll all on each wake would be quadratic, so `futures/engine.rs` gives each
//! child a waker of its own.
//!
//! # Traps (TRAPS.md)
//! - 4: a child that is ready is polled again.
//! - 6: a child keeps the waker of the first poll, not of the latest.
//! - 39: a join of N polls all N on each wake. With two that is no matter.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// Runs both at once, and gives both outputs.
pub fn join<A: Future, B: Future>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)> {
    poll_fn(|_| todo!("join"))
}

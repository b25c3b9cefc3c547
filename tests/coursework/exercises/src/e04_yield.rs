//! 04 · yield_now: to give way
//!
//! # The idea
//! Soon there will be many tasks on one thread, and nobody interrupts a task: it runs until it
//! waits. One that computes for a long time and waits for nothing keeps all others from
//! running. So it has to give way by itself, now and then. This is what *cooperative* means.
//!
//! To give way is to answer `Pending`, once, although there is nothing to wait for; and then,
//! when polled again, `Ready`. But a task that answers `Pending` is polled again only if its
//! waker is called. Nobody outside will do that. So who does?
//!
//! # What to write
//! [`yield_now`] with its future [`YieldNow`], by hand, and [`sum_politely`], an `async fn`
//! that uses it.
//!
//! # What is checked
//! - `yield_now` calls its waker once, at its first poll, and answers `Pending`; at its second
//!   poll it is ready.
//! - To call `yield_now()` does nothing: futures are lazy. Two of them do not know of each
//!   other.
//! - `sum_politely(&[1; 10], 3)` gives 10, and gives way three times: after each 3 numbers, if
//!   there are more. So of 9 numbers it gives way twice. (`every` is never 0.)
//!
//! # In the real thing
//! `runtime/src/futures/yield_now.rs`; and `runtime/src/budget.rs`: there a socket that is
//! always ready gives way for you. `demo lesson freeze` shows what happens to a program in
//! which somebody does not.
//!
//! # Traps (TRAPS.md)
//! - 14: a task that always wakes itself. The loop must not let it starve the rest: that is for
//!   exercise 07.

use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives way once: everybody else who is ready goes first.
pub fn yield_now() -> YieldNow {
    todo!("yield_now")
}

/// The future of [`yield_now`].
pub struct YieldNow {
    // What must it remember?
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        todo!("YieldNow::poll")
    }
}

/// The sum of the numbers. After each `every` of them it gives way, if there are more.
pub async fn sum_politely(numbers: &[u64], every: usize) -> u64 {
    todo!("sum_politely")
}

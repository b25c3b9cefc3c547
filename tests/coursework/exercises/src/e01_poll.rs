//! 01 · Poll a future by hand
//!
//! # The idea
//! A future is a value that can be asked: are you ready? The question is [`Future::poll`], and
//! there are two answers: `Poll::Ready(output)`, after which it must never be asked again, and
//! `Poll::Pending`: not yet. Nothing happens between two polls. A future does not run by
//! itself; `async { … }` makes a value, and whoever polls it runs it, on his own thread, up to
//! its next `.await` that is not ready. That is all of it: the rest of this course is about
//! *when* to ask.
//!
//! Two things come with the question.
//! - `Pin<&mut F>`: a promise that the future will not be moved any more, since an async block
//!   may hold references into itself. `std::pin::pin!(future)` makes one from a future that is
//!   yours; `pinned.as_mut()` lends it for one poll. More: PIN.md.
//! - `&mut Context`, which carries a `Waker`: whom to tell when it is worth asking again. To
//!   ask by hand, one that does nothing will do: `Context::from_waker(Waker::noop())`. A future
//!   that answers `Pending` owes its waker a call: at once, if it only wants another turn, or
//!   later, when what it waits for has come.
//!
//! # What to write
//! The bodies of [`poll_once`] and [`poll_to_end`], and a future of your own: [`Countdown`].
//!
//! # What is checked
//! - `poll_once` polls exactly once, and gives `Some(output)` for `Ready(output)`, `None` for
//!   `Pending`.
//! - `poll_to_end` polls until `Ready`, and not once more; it gives the output and the number
//!   of polls.
//! - `Countdown::new(3)` answers `Pending` three times, then `Ready("lift-off")`. It calls the
//!   waker that it was given once in each poll that answers `Pending`, and not when it is
//!   ready. Two countdowns do not disturb each other.
//!
//! # In the real thing
//! `Rooms::poll` in `runtime/src/executor.rs` is your `poll_once`;
//! `runtime/src/futures/yield_now.rs` is a countdown from 1.
//!
//! # Traps (TRAPS.md)
//! - 4: a future that is ready is polled again. An async block panics then.
//! - 6: a future that keeps the waker of an earlier poll. The latest one counts.

use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

/// Polls the future once, with a waker that does nothing. Its output, if it is ready.
pub fn poll_once<F: Future>(future: Pin<&mut F>) -> Option<F::Output> {
    todo!("poll_once")
}

/// Polls the future until it is ready. Its output, and how many polls that took.
pub fn poll_to_end<F: Future>(future: F) -> (F::Output, usize) {
    todo!("poll_to_end")
}

/// A future that is ready only after so many polls.
pub struct Countdown {
    // What must it remember from one poll to the next?
}

impl Countdown {
    /// Answers `Pending` `from` times, then `Ready("lift-off")`.
    pub fn new(from: u32) -> Countdown {
        todo!("Countdown::new")
    }
}

impl Future for Countdown {
    type Output = &'static str;

    // `mut self`: if you have a field `left`, `self.left -= 1` works as if there was no Pin, as all fields of a Countdown
    // can be moved (it is `Unpin`).
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<&'static str> {
        todo!("Countdown::poll")
    }
}

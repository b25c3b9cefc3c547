//! 09 · Timers, and sleep
//!
//! # The idea
//! A task that sleeps waits for an instant: its *deadline*. It leaves the deadline and its
//! waker in a table, and answers `Pending`. The loop looks at the table once a turn, and wakes
//! everybody whose time has come. And it changes how it sleeps: no more for ever, but until the
//! next deadline.
//!
//! The table wants to give the earliest deadline at once, and to give up one from its middle,
//! as a sleep may be dropped: a sorted map, `BTreeMap`, does both.
//!
//! # What to write
//! [`Timers`], [`Sleep`], and [`turn`], which the loop calls after each batch of tasks. It gets
//! `true` when no task is ready: then it waits until the next deadline, if there is one, or until
//! somebody unparks the thread (the loop's wakers do), whichever comes first. The loop itself is
//! given. The time of a [`sleep`] begins when it is called; its deadline is set in the table by
//! its first poll, as before that there is no waker.
//!
//! # What is checked
//! - A sleep never ends early, also if it is shorter than a millisecond; the shorter one ends
//!   first; equal deadlines come all, in the order in which they were set.
//! - While all sleep the thread is parked; a wake from another thread gets it up; an earlier
//!   deadline shortens the wait.
//! - Timers come also when some task is always ready: `turn(false)` fires, too, but does not
//!   wait.
//! - `Duration::MAX` waits for ever. A sleep that is dropped takes its deadline out
//!   (`Timers::len` counts those set).
//! - A sleep that was polled by one task and is awaited by another wakes the second.
//!
//! # In the real thing
//! `runtime/src/timer.rs` is the table, `time.rs` the sleep: both are hardly longer than your
//! answer. `clock.rs`: time that jumps to the next deadline when all wait, for tests.
//!
//! # Traps (TRAPS.md)
//! - 21: a map keyed by the instant alone: equal deadlines overwrite each other. Add a number
//!   to the key.
//! - 22: rounded down to whole milliseconds, a wait spins at its end, or ends early.
//! - 23: a dropped sleep stays in the table.
//! - 24: `Instant + Duration::MAX` panics. `checked_add` gives `None`: no deadline.
//! - 25: a new, earlier deadline does not shorten the wait.
//! - 6, 26: a sleep that is polled by another task wakes the first.
//! - 16: to wake while the table is borrowed. Take one out, end the borrow, wake it, look
//!   again.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::given::executor;
pub use crate::given::executor::spawn;

/// The deadlines that are set on this thread.
#[derive(Default)]
pub struct Timers {
    // What is the key?
}

thread_local! {
    static TIMERS: RefCell<Timers> = RefCell::default();
}

impl Timers {
    /// How many are set.
    pub fn len() -> usize {
        todo!("Timers::len")
    }
}

/// The loop's turn: wakes those whose deadline has come. If no task is ready (`is_idle`), it waits first.
fn turn(is_idle: bool) {
    todo!("turn")
}

/// The loop of exercise 07, which sleeps as [`turn`] says.
pub fn block_on<F: Future>(main: F) -> F::Output {
    let thread = thread::current();
    executor::run(main, move || thread.unpark(), turn)
}

/// Waits so long.
pub fn sleep(duration: Duration) -> Sleep {
    todo!("sleep")
}

/// Waits until then.
pub fn sleep_until(deadline: Instant) -> Sleep {
    todo!("sleep_until")
}

/// The future of [`sleep`].
pub struct Sleep {
    // When? And is the deadline set?
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        todo!("Sleep::poll")
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        // Here the deadline is taken out, if it is set.
    }
}

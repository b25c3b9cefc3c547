//! 19 · A source of the OS's: timerfd
//!
//! # The idea
//! The loop knows sockets, pipes and its own timers. Everything else that Linux can tell
//! through a file descriptor (a device, a signal, a change of a folder, a *timer*) can be
//! awaited in the same way, and needs no change of the loop: this is what `runtime::Async<S>`
//! is for. `S` is anything that mio can register: here it is a type of yours that holds the
//! descriptor.
//!
//! A timerfd (`man timerfd_create`) is the smallest example. It is set, it expires, and a read
//! gives 8 bytes: how often it has expired since the last read. If it has not, the read says
//! `WouldBlock`. So it is awaited as all sources are: *try first*; only if that says
//! `WouldBlock`, wait for the reactor; then try again. That the reactor says "readable" is a
//! hint. Only the read knows.
//!
//! # What to write
//! A type for the descriptor that implements [`Source`], and [`Timer`] around it: `new`, `set`,
//! `tick`. All in safe Rust:
//! - `rustix::time::timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::…)` gives an
//!   `OwnedFd`, which closes itself; `timerfd_settime(&fd, TimerfdTimerFlags::empty(),
//!   &Itimerspec { it_interval, it_value })` sets it, each a `Timespec { tv_sec, tv_nsec }`;
//!   `rustix::io::read(&fd, &mut buffer)` reads. Their error becomes an `io::Error` with `?`.
//! - [`SourceFd`] registers a raw descriptor with mio. Its three methods are those of
//!   [`Source`]: pass on what you are asked.
//! - `Async::new` makes it awaitable, and deregisters it when it is dropped; `read_with` is
//!   "try, wait, try again".
//!
//! # What is checked
//! - A tick comes when the timer has expired, not before; with a period again and again; it
//!   says how often it has expired, also what was missed while somebody held the thread.
//! - While it waits others run, and it is not polled. It is registered once.
//! - Two tasks may wait for the same timer: each of them gets a tick some time. A `tick` that
//!   is dropped has taken nothing.
//! - It may be set anew while somebody waits: `&self`. Between the event and the task's turn it
//!   may have been set anew, too: then there was an event, and there is no tick.
//! - `first` zero is at once, `period` zero is once; `Duration::MAX` is never, no error and no
//!   panic.
//! - When it is dropped, it is deregistered and the descriptor is closed.
//!
//! In real time: the OS ticks. So the checks wait for some milliseconds.
//!
//! # In the real thing
//! `runtime/src/source.rs` (`Async`, its example is a pipe) and `reactor.rs`.
//! `demo/src/signal.rs` awaits Ctrl-C in this way, through a pair of sockets. The runtime's own
//! timers (`timer.rs`) need no descriptor: thousands of them cost nothing but a table.
//!
//! # Traps (TRAPS.md)
//! - 22: an `it_value` of zero does not expire at once. It stops the timer.
//! - 24: the seconds of `Duration::MAX` do not fit into an `i64`.
//! - 27: to answer Pending without having tried: the reactor tells of each change once, and if
//!   that was before, never again.
//! - 28: spurious readiness is taken for data.
//! - 30: one place for a waker, and two who wait.
//! - 32: the descriptor is not closed, or not deregistered.
//! - 35: a read that blocks, because the descriptor does: the whole loop stands still.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use runtime::Async;
use runtime::mio::event::Source;
use runtime::mio::unix::SourceFd;
use runtime::mio::{Interest, Registry, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

/// A timer of the OS's that can be awaited.
pub struct Timer {
    // What is awaited, and what does `Async` need of it?
}

impl Timer {
    /// A timer that is not set.
    ///
    /// # Errors
    /// The OS's.
    pub fn new() -> io::Result<Timer> {
        todo!("Timer::new")
    }

    /// Expires after `first`, and then every `period`, or never again where that is zero. What was set before is forgotten.
    ///
    /// # Errors
    /// The OS's.
    pub fn set(&self, first: Duration, period: Duration) -> io::Result<()> {
        todo!("Timer::set")
    }

    /// Waits until it has expired, and says how often since the last tick.
    ///
    /// # Errors
    /// The OS's.
    pub async fn tick(&self) -> io::Result<u64> {
        todo!("Timer::tick")
    }
}

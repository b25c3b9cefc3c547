//! What time it is: the real time, or a virtual one that passes only when everybody waits for it.
//!
//! In a test that sleeps for an hour nothing happens for an hour. With the virtual clock the loop, once all tasks wait,
//! jumps to the next deadline instead of sleeping until it: the test takes no time, and takes the same turns each time.
//! (trio's `MockClock` with autojump, tokio's `pause`.)
//!
//! Everything in this crate that asks for the time asks here.

use std::cell::Cell;
use std::time::Instant;

thread_local! {
    /// The virtual time of the runtime that runs on this thread; `None`: its time is real.
    static VIRTUAL: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Which time a runtime keeps: see [`Builder::clock`](crate::Builder::clock).
///
/// ```
/// use runtime::{Builder, Clock, now, sleep};
/// use std::time::Duration;
/// assert_eq!(Clock::default(), Clock::Real);
/// let runtime = Builder::new().clock(Clock::Virtual).build()?;
/// let waited = runtime.block_on(async {
///     let start = now();
///     for attempt in 0..10 {
///         sleep(Duration::from_secs(1 << attempt)).await; // twice as long each time
///     }
///     now() - start
/// });
/// assert_eq!(waited, Duration::from_secs(1023)); // to the nanosecond, and in no time
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Clock {
    /// The OS's monotonic clock.
    #[default]
    Real,
    /// A clock that stands still while any task runs, and jumps to the next deadline when all wait. It starts at the
    /// real time with the first `block_on`; in the next ones of the same runtime it goes on.
    ///
    /// It does not jump while a blocking job is queued or runs, and looks for events of sources first. But it knows
    /// nothing of other threads and machines: a task that waits for an answer of theirs with a time-out sees the time-out.
    Virtual,
}

/// The time on the clock of the runtime that runs on this thread; the real time outside one.
///
/// ```
/// use std::time::Duration;
/// use runtime::{Builder, Clock};
/// let hour = Duration::from_secs(3600);
/// let runtime = Builder::new().clock(Clock::Virtual).build()?;
/// let real = std::time::Instant::now();
/// runtime.block_on(async {
///     let start = runtime::now();
///     runtime::sleep(hour).await;
///     assert_eq!(runtime::now() - start, hour);
/// });
/// assert!(real.elapsed() < hour);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn now() -> Instant {
    VIRTUAL.get().unwrap_or_else(Instant::now)
}

/// The virtual time, if that is what counts here.
pub(crate) fn virtual_now() -> Option<Instant> {
    VIRTUAL.get()
}

/// Sets the virtual time, or goes back to real time.
pub(crate) fn set_virtual(now: Option<Instant>) {
    VIRTUAL.set(now);
}

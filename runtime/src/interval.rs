//! `interval`: the same time again and again.
//!
//! A loop around `sleep(period)` drifts: each round takes the period and whatever the work in it took. An [`Interval`]
//! knows when its next tick is due, and waits until then.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::clock::now;
use crate::time::{Sleep, sleep_until};

/// A tick that is late by no more than this counts as one in time: the OS's timers round to milliseconds, and who adds
/// that to the next tick drifts. The same tolerance as tokio's.
const TOLERANCE: Duration = Duration::from_millis(5);

/// Ticks every `period`; the first tick is due at once. tokio's `interval`; asyncio has none.
///
/// # Panics
/// If `period` is zero.
///
/// # Example
/// ```
/// use runtime::interval;
/// use std::time::Duration;
/// runtime::block_on(async {
///     let mut interval = interval(Duration::from_millis(2));
///     let first = interval.tick().await;
///     let second = interval.tick().await;
///     assert_eq!(second - first, Duration::from_millis(2));
/// });
/// ```
#[track_caller]
pub fn interval(period: Duration) -> Interval {
    interval_at(now(), period)
}

/// Ticks at `start`, and every `period` from then on. Like [`interval`](fn@interval) in all else.
///
/// # Panics
/// If `period` is zero.
///
/// # Example
/// ```
/// use runtime::{interval_at, now};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let start = now() + Duration::from_millis(1);
///     assert_eq!(interval_at(start, Duration::from_secs(1)).tick().await, start);
/// });
/// ```
#[track_caller]
pub fn interval_at(start: Instant, period: Duration) -> Interval {
    assert!(!period.is_zero(), "an interval of no time would tick without end: give it a period above zero");
    Interval { period, missed: MissedTick::Burst, sleep: sleep_until(start) }
}

/// What an [`Interval`] does when a tick is late: nobody waited for it when it was due.
///
/// With a period of 10 ms, ticks due at 0, 10, 20, … and work that takes 25 ms after the first one:
///
/// | policy | ticks are given at |
/// | --- | --- |
/// | `Burst` | 0, 25, 25, 30, 40, 50 |
/// | `Delay` | 0, 25, 35, 45, 55 |
/// | `Skip` | 0, 25, 30, 40, 50 |
///
/// ```
/// use runtime::{Builder, Clock, MissedTick, interval, now, sleep};
/// use std::time::Duration;
/// fn given_at(policy: MissedTick) -> [u128; 5] {
///     let runtime = Builder::new().clock(Clock::Virtual).build().unwrap();
///     runtime.block_on(async {
///         let start = now();
///         let mut interval = interval(Duration::from_millis(10)).missed(policy);
///         let mut given = [0; 5];
///         interval.tick().await;
///         sleep(Duration::from_millis(25)).await; // the work
///         for at in &mut given[1..] {
///             interval.tick().await;
///             *at = (now() - start).as_millis();
///         }
///         given
///     })
/// }
/// assert_eq!(given_at(MissedTick::Burst), [0, 25, 25, 30, 40]);
/// assert_eq!(given_at(MissedTick::Delay), [0, 25, 35, 45, 55]);
/// assert_eq!(given_at(MissedTick::Skip), [0, 25, 30, 40, 50]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissedTick {
    /// Each tick is made up for, one straight after the other, until the interval has caught up: the number of ticks is
    /// right.
    #[default]
    Burst,
    /// The next tick is due a period after the late one was given: two ticks are never closer than a period. (A tick that is
    /// late by 5 ms or less counts as one in time.)
    Delay,
    /// The ticks that were missed are left out: each tick is due at a multiple of the period from the start.
    Skip,
}

/// The same time again and again: see [`interval`](fn@interval). tokio's `Interval`.
pub struct Interval {
    period: Duration,
    missed: MissedTick,
    /// Until the next tick; for ever, if that is beyond what the clock can tell.
    sleep: Sleep,
}

impl Interval {
    /// What to do about late ticks: [`MissedTick::Burst`] unless set.
    ///
    /// ```
    /// use runtime::{MissedTick, interval};
    /// use std::time::Duration;
    /// let interval = interval(Duration::from_secs(1)).missed(MissedTick::Skip);
    /// assert_eq!(interval.period(), Duration::from_secs(1));
    /// ```
    #[must_use]
    pub fn missed(mut self, policy: MissedTick) -> Self {
        self.missed = policy;
        self
    }

    /// The time between two ticks.
    pub fn period(&self) -> Duration {
        self.period
    }

    /// Waits for the next tick, and gives the instant it was due: a late one is due in the past.
    ///
    /// Cancel safety: a tick that nobody got stays due. Dropping it loses none.
    ///
    /// # Panics
    /// When polled outside a runtime.
    #[track_caller]
    pub fn tick(&mut self) -> Tick<'_> {
        self.sleep.wait_at(Location::caller());
        Tick { interval: self }
    }

    /// Begins anew: the next tick is due a period from now.
    ///
    /// ```
    /// use std::time::Duration;
    /// runtime::block_on(async {
    ///     let mut interval = runtime::interval(Duration::from_millis(2));
    ///     let start = runtime::now();
    ///     interval.reset();
    ///     assert!(interval.tick().await >= start + Duration::from_millis(2));
    /// });
    /// ```
    pub fn reset(&mut self) {
        self.sleep.set(now().checked_add(self.period));
    }

    /// Begins anew: the next tick is due at `start`.
    ///
    /// ```
    /// use std::time::Duration;
    /// runtime::block_on(async {
    ///     let mut hourly = runtime::interval(Duration::from_secs(3600));
    ///     hourly.tick().await;
    ///     let soon = runtime::now() + Duration::from_millis(1);
    ///     hourly.reset_at(soon);
    ///     assert_eq!(hourly.tick().await, soon);
    /// });
    /// ```
    pub fn reset_at(&mut self, start: Instant) {
        self.sleep.set(Some(start));
    }

    /// When the tick after the one that was due at `due` is due. (trap 24: a sum that the clock cannot tell is never.)
    fn after(&self, due: Instant) -> Option<Instant> {
        let now = now();
        let late = now.saturating_duration_since(due);
        match self.missed {
            MissedTick::Delay if late > TOLERANCE => now.checked_add(self.period),
            MissedTick::Skip => due.checked_add(late)?.checked_add(self.period - rest(late, self.period)),
            MissedTick::Burst | MissedTick::Delay => due.checked_add(self.period),
        }
    }
}

/// What is left of `time` when it is cut into periods.
fn rest(time: Duration, period: Duration) -> Duration {
    let rest = time.as_nanos() % period.as_nanos();
    const SECOND: u128 = 1_000_000_000;
    Duration::new((rest / SECOND) as u64, (rest % SECOND) as u32)
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interval")
            .field("due", &self.sleep.deadline())
            .field("period", &self.period)
            .field("missed", &self.missed)
            .finish()
    }
}

/// The future of [`Interval::tick`].
///
/// Dropped, it takes no tick along, so it may lose a race:
///
/// ```
/// use std::time::Duration;
/// runtime::block_on(async {
///     let start = runtime::now();
///     let mut interval = runtime::interval_at(start, Duration::from_secs(60));
///     drop(interval.tick());
///     assert_eq!(interval.tick().await, start);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
#[derive(Debug)]
pub struct Tick<'a> {
    interval: &'a mut Interval,
}

impl Future for Tick<'_> {
    type Output = Instant;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Instant> {
        let interval = &mut *self.interval;
        ready!(Pin::new(&mut interval.sleep).poll(cx));
        let due = interval.sleep.deadline().expect("a sleep that never ends is not ready");
        let next = interval.after(due);
        interval.sleep.set(next);
        Poll::Ready(due)
    }
}

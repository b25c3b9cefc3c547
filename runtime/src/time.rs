//! Waiting for a time: `sleep`, `sleep_until`, `timeout`, `timeout_at`.
//!
//! [`Sleep`] is the whole idea of a leaf future in one screen: look whether it is time; if not, leave the waker
//! where somebody will find it ([`timer`](crate::timer)), and return `Pending`. The rest is built on it.
//!
//! One deadline for several steps, where a `timeout` for each would add up:
//!
//! ```
//! use runtime::{Builder, Clock, now, sleep, timeout_at};
//! use std::time::Duration;
//! Builder::new().clock(Clock::Virtual).build()?.block_on(async {
//!     let deadline = now() + Duration::from_secs(10);
//!     let mut steps = 0;
//!     while timeout_at(deadline, sleep(Duration::from_secs(4))).await.is_ok() {
//!         steps += 1;
//!     }
//!     assert_eq!((steps, now()), (2, deadline));
//! });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The same time again and again is an [`interval`](fn@crate::interval).

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::budget;
use crate::clock::now;
use crate::current::Current;
use crate::label;
use crate::resource::Resource;
use crate::timer::{TIMERS, TimerKey, Timers};

/// Waits for `duration`, never less; the OS may add up to a millisecond, and the task waits for its turn. Like
/// asyncio's and tokio's `sleep`.
///
/// The time runs from this call, not from the first `await` (asyncio's from that). A duration too long for the clock
/// (`Duration::MAX`) never ends.
///
/// Cancel safety: dropping it leaves nothing behind.
///
/// # Panics
/// When polled outside a runtime.
///
/// # Example
/// ```
/// use std::time::{Duration, Instant};
/// let start = Instant::now();
/// runtime::block_on(runtime::sleep(Duration::from_millis(5)));
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// ```
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    // trap 24: `now + duration` would panic on overflow.
    Sleep { deadline: now().checked_add(duration), timer: None, at: Location::caller() }
}

/// Waits until `deadline`; ready at once if that has passed. Like [`sleep`] in all else, cancel safety included.
///
/// ```
/// runtime::block_on(runtime::sleep_until(runtime::now()));
/// ```
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline: Some(deadline), timer: None, at: Location::caller() }
}

/// The future of [`sleep`] and [`sleep_until`].
///
/// It is `Unpin`: it can be kept, looked at, and waited for in parts.
///
/// ```
/// use runtime::{Either, now, race, sleep_until};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let deadline = now() + Duration::from_millis(1);
///     let mut tea = sleep_until(deadline);
///     let first = race(&mut tea, runtime::yield_now()).await;
///     assert_eq!(tea.deadline(), Some(deadline)); // the same sleep still
///     if first == Either::Right(()) {
///         tea.await;
///     }
///     assert!(now() >= deadline);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Sleep {
    /// `None`: never.
    deadline: Option<Instant>,
    /// Where the waker lies, from the first `Pending` on, and in whose timers.
    timer: Option<(Rc<Timers>, TimerKey)>,
    at: &'static Location<'static>,
}

impl Sleep {
    /// When it will be ready; `None` for never.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Waits for another instant instead, whether or not it has fired. Nobody is woken by this: the new instant counts
    /// from the next poll on.
    ///
    /// ```
    /// use std::time::Duration;
    /// runtime::block_on(async {
    ///     let mut sleep = runtime::sleep(Duration::from_secs(3600));
    ///     sleep.reset(runtime::now());
    ///     sleep.await;
    /// });
    /// ```
    pub fn reset(&mut self, deadline: Instant) {
        self.set(Some(deadline));
    }

    /// As [`reset`](Self::reset); `None` for never.
    pub(crate) fn set(&mut self, deadline: Option<Instant>) {
        // trap 26: the entry in the timers is for the old deadline; whoever waits there waits for the new one now.
        if let Some((timers, key)) = self.timer.take()
            && let Some(key) = timers.postpone(key, deadline)
        {
            self.timer = Some((timers, key));
        }
        self.deadline = deadline;
    }

    /// Where the wait is begun, for reports, if not where the sleep was made.
    pub(crate) fn wait_at(&mut self, at: &'static Location<'static>) {
        self.at = at;
    }

    fn forget(&mut self) {
        if let Some((timers, key)) = self.timer.take() {
            timers.cancel(key);
        }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.deadline.is_some_and(|deadline| now() >= deadline) {
            // A loop around a sleep of no time must not keep the thread (rule 9): it counts as an operation.
            if self.timer.is_none() && budget::is_spent(cx) {
                return Poll::Pending;
            }
            budget::spend();
            self.forget();
            return Poll::Ready(());
        }
        let Some(deadline) = self.deadline else {
            label::set(Resource::Timer, 0, Some(self.at));
            return Poll::Pending;
        };
        let key = match &self.timer {
            Some((timers, key)) if timers.update(*key, cx) => *key,
            _ => {
                let timers = Current::get(&TIMERS, "sleep");
                let key = timers.set(deadline, cx);
                self.timer = Some((timers, key));
                key
            }
        };
        label::set(Resource::Timer, key.number(), Some(self.at));
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.forget(); // trap 23
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep").field("deadline", &self.deadline).finish_non_exhaustive()
    }
}

/// Gives `future` at most `limit`, counted from this call: its output, or [`Elapsed`].
///
/// Like asyncio's `wait_for` and tokio's `timeout`. If both are ready in the same poll, the output wins. When the
/// time is up, `future` is dropped where it stands, before this is ready: what that loses is for `future` to say.
///
/// Cancel safety: dropping it drops `future` and leaves no timer behind.
///
/// # Errors
/// [`Elapsed`] when the time was up first.
///
/// # Panics
/// When polled outside a runtime, and when polled again after it gave its result.
///
/// # Example
/// ```
/// use runtime::{sleep, timeout};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let hour = sleep(Duration::from_secs(3600));
///     assert!(timeout(Duration::from_millis(1), hour).await.is_err());
///     assert_eq!(timeout(Duration::from_secs(3600), async { 7 }).await, Ok(7));
/// });
/// ```
#[track_caller]
pub fn timeout<F: Future>(limit: Duration, future: F) -> Timeout<F> {
    Timeout { future: Some(Box::pin(future)), sleep: sleep(limit) }
}

/// Gives `future` until `deadline`. Like [`timeout`] in all else, cancel safety included. asyncio's and tokio's
/// `timeout_at`.
///
/// # Errors
/// [`Elapsed`] when the deadline came first.
///
/// # Example
/// ```
/// use runtime::{now, timeout_at};
/// let late = runtime::block_on(timeout_at(now(), std::future::pending::<()>()));
/// assert!(late.is_err());
/// ```
#[track_caller]
pub fn timeout_at<F: Future>(deadline: Instant, future: F) -> Timeout<F> {
    Timeout { future: Some(Box::pin(future)), sleep: sleep_until(deadline) }
}

/// The future of [`timeout`] and [`timeout_at`].
///
/// It is `Unpin`, so that one can wait a little, look after something else, and wait on under the same limit:
///
/// ```
/// use runtime::{Either, race, timeout, yield_now};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let (sender, receiver) = runtime::sync::oneshot::channel();
///     let mut answer = timeout(Duration::from_secs(60), receiver);
///     assert_eq!(race(&mut answer, yield_now()).await, Either::Right(()));
///     sender.send("here").unwrap();
///     assert_eq!(answer.await, Ok(Ok("here")));
/// });
/// ```
//
// A future that contains another one of any type, as here, meets the question of `Pin`. Three ways:
// - `future: F` as a field. `poll` gets a `Pin<&mut Timeout<F>>` and needs a `Pin<&mut F>`; there is no safe way from the
//   one to the other. (Crates that do it contain the unsafe line.)
// - An `async` block around `pin!(future)` and `poll_fn`. Safe, and no allocation. But the compiler gives the future two
//   places in the block, as what it captured and as what it pinned (rustc issue 62958): 1 KiB became 2.1 KiB in one
//   timeout, 18.1 KiB in four nested ones.
// - A box, as here: 64 bytes and an allocation a timeout. It is as fast for one (200 ns around a future that yields,
//   either way) and faster for four nested ones (470 ns, not 1,000), as nothing large is moved.
#[must_use = "a future does nothing until it is awaited"]
pub struct Timeout<F> {
    /// `None`: one of the two was ready.
    future: Option<Pin<Box<F>>>,
    sleep: Sleep,
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else {
            panic!("a timeout was polled again after it gave its result")
        };
        let polled = match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => {
                // What the future waits for tells more than that there is a limit.
                let waiting = label::get();
                let late = Pin::new(&mut self.sleep).poll(cx);
                if waiting.is_some() {
                    label::restore(waiting);
                }
                late.map(|()| Err(Elapsed))
            }
        };
        if polled.is_ready() {
            // Now, and not when the whole is dropped, which may be later.
            let future = self.future.take();
            drop(future);
            self.sleep.forget();
        }
        polled
    }
}

impl<F> fmt::Debug for Timeout<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeout").field("deadline", &self.sleep.deadline()).finish_non_exhaustive()
    }
}

/// The time was up before the future was done. asyncio's `TimeoutError`, tokio's `Elapsed`.
///
/// In a function that gives an `io::Result`, `?` makes an [`io::Error`](std::io::Error) of it:
///
/// ```
/// use std::{future::pending, io, time::Duration};
/// async fn answer() -> io::Result<u32> {
///     Ok(runtime::timeout(Duration::from_millis(1), pending()).await?)
/// }
/// let late = runtime::block_on(answer()).unwrap_err();
/// assert_eq!(late.kind(), io::ErrorKind::TimedOut);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the time limit passed before it was done")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for std::io::Error {
    fn from(elapsed: Elapsed) -> Self {
        std::io::Error::new(std::io::ErrorKind::TimedOut, elapsed)
    }
}

//! Waiting for a time: `sleep`, `sleep_until`, `timeout`, `timeout_at`.
//!
//! [`Sleep`] is the whole idea of a leaf future in one screen: look whether it is time; if not, leave the waker
//! where somebody will find it ([`timer`](crate::timer)), and return `Pending`. The rest is built on it.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::timer::{TIMERS, TimerKey, Timers};

/// Waits for `duration`, never less; the OS may add up to a millisecond. Like asyncio's `sleep`.
///
/// The time runs from this call, not from the first `await`. A duration too long for the clock
/// (`Duration::MAX`) never ends.
///
/// Cancel safety: dropping it leaves nothing behind.
///
/// # Panics
/// When polled outside a runtime.
///
/// ```
/// use std::time::{Duration, Instant};
/// let start = Instant::now();
/// runtime::block_on(runtime::sleep(Duration::from_millis(5)));
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// ```
pub fn sleep(duration: Duration) -> Sleep {
    // trap 24: `now + duration` would panic on overflow.
    Sleep { deadline: Instant::now().checked_add(duration), timer: None }
}

/// Waits until `deadline`; ready at once if that has passed. Like [`sleep`] in all else.
///
/// ```
/// runtime::block_on(runtime::sleep_until(std::time::Instant::now()));
/// ```
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep { deadline: Some(deadline), timer: None }
}

/// The future of [`sleep`] and [`sleep_until`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Sleep {
    /// `None`: never.
    deadline: Option<Instant>,
    /// Where the waker lies, from the first `Pending` on, and in whose timers.
    timer: Option<(Rc<Timers>, TimerKey)>,
}

impl Sleep {
    /// When it will be ready; `None` for never.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Waits for another instant instead, whether or not it has fired.
    ///
    /// ```
    /// use std::time::{Duration, Instant};
    /// runtime::block_on(async {
    ///     let mut sleep = runtime::sleep(Duration::from_secs(3600));
    ///     sleep.reset(Instant::now());
    ///     sleep.await;
    /// });
    /// ```
    pub fn reset(&mut self, deadline: Instant) {
        self.forget(); // trap 26: the entry in the timers is for the old deadline
        self.deadline = Some(deadline);
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
        let Some(deadline) = self.deadline else { return Poll::Pending };
        if Instant::now() >= deadline {
            self.forget();
            return Poll::Ready(());
        }
        match &self.timer {
            Some((timers, key)) if timers.update(*key, cx) => {}
            _ => {
                let timers = TIMERS.with(|timers| timers.get("sleep"));
                let key = timers.set(deadline, cx);
                self.timer = Some((timers, key));
            }
        }
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
/// time is up, `future` is dropped where it stands: what that loses is for `future` to say.
///
/// # Errors
/// [`Elapsed`] when the time was up first.
///
/// # Panics
/// When polled outside a runtime.
///
/// ```
/// use runtime::{sleep, timeout};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let hour = sleep(Duration::from_secs(3600));
///     assert!(timeout(Duration::from_millis(1), hour).await.is_err());
///     assert_eq!(timeout(Duration::from_secs(3600), async { 7 }).await, Ok(7));
/// });
/// ```
pub fn timeout<F: Future>(limit: Duration, future: F) -> impl Future<Output = Result<F::Output, Elapsed>> {
    before(sleep(limit), future)
}

/// Gives `future` until `deadline`. Like [`timeout`] in all else.
///
/// # Errors
/// [`Elapsed`] when the deadline came first.
///
/// ```
/// use std::time::Instant;
/// let done = runtime::block_on(runtime::timeout_at(Instant::now(), std::future::pending::<()>()));
/// assert!(done.is_err());
/// ```
pub fn timeout_at<F: Future>(
    deadline: Instant,
    future: F,
) -> impl Future<Output = Result<F::Output, Elapsed>> {
    before(sleep_until(deadline), future)
}

// Why this is not a `struct Timeout<F> { future: F, sleep: Sleep }` with a `poll`: that `poll` would get
// `Pin<&mut Timeout<F>>` and need `Pin<&mut F>`, and there is no safe way from the one to the other (crates that
// do it contain the unsafe line). A leaf future owns no other future and so never meets this; one that does is
// written around `pin!`, which pins a local, and `poll_fn`, which borrows it.
async fn before<F: Future>(mut sleep: Sleep, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Ok(output));
        }
        Pin::new(&mut sleep).poll(cx).map(|()| Err(Elapsed))
    })
    .await
}

/// The time was up before the future was done.
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

//! `join_all`: all at once, each output in its place.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::engine::{Boxed, Engine, Outputs};

/// Runs futures at once, inside the calling task, and gives all outputs in the order of the futures. asyncio's
/// `gather`, tokio's `join!` for a list.
///
/// They take turns on this thread, but only the ones that were woken are polled: with N futures, a wake-up costs the
/// same as with one. After a batch of them the task gives way, as the loop does after a batch of tasks.
///
/// Cancel safety: dropping it drops all that are not ready and the outputs of those that are.
///
/// # Panics
/// Where one of the futures does; [`gather`](fn@super::gather) is for those who want to know and go on.
///
/// # Example
/// ```
/// use runtime::{Builder, Clock, join_all, now, sleep};
/// use std::time::Duration;
/// Builder::new().clock(Clock::Virtual).build()?.block_on(async {
///     let start = now();
///     let slept = join_all([3, 1, 2].map(|seconds| async move {
///         sleep(Duration::from_secs(seconds)).await;
///         seconds
///     }));
///     assert_eq!(slept.await, [3, 1, 2]);
///     assert_eq!(now() - start, Duration::from_secs(3)); // the longest, not the sum
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn join_all<I>(futures: I) -> JoinAll<I::Item>
where
    I: IntoIterator,
    I::Item: Future,
{
    let engine = Engine::of(Location::caller(), futures);
    let outputs = Outputs::new(engine.left());
    JoinAll { engine, outputs }
}

/// The future of [`join_all`].
///
/// It can be given up, with all in it, by being dropped; or waited for a while, and then on:
///
/// ```
/// use runtime::{join_all, sleep, timeout};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let mut all = join_all([4, 2].map(|ms| sleep(Duration::from_millis(ms))));
///     if timeout(Duration::from_millis(1), &mut all).await.is_err() {
///         println!("still at it");
///         all.await;
///     }
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct JoinAll<F: Future> {
    engine: Engine<Boxed<F>>,
    outputs: Outputs<F::Output>,
}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<F::Output>> {
        let JoinAll { engine, outputs } = &mut *self;
        let mut round = engine.round(cx);
        while let Some(done) = ready!(round.next_output()) {
            outputs.put(done.number, done.output);
        }
        Poll::Ready(outputs.take())
    }
}

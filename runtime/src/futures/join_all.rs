//! `join_all`: all at once, each result in its place.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::engine::Engine;

/// Runs futures at once, inside the calling task, and gives all outputs in the order of the futures. asyncio's
/// `gather`.
///
/// They take turns on this thread, but only the ones that were woken are polled: with N futures, a wake-up costs the
/// same as with one. A panic in one is the calling task's.
///
/// Cancel safety: dropping it drops all that are not ready and the outputs of those that are.
///
/// ```
/// use std::time::{Duration, Instant};
/// let start = Instant::now();
/// let slept = runtime::block_on(runtime::join_all((1..=10).map(|n| async move {
///     runtime::sleep(Duration::from_millis(n)).await;
///     n
/// })));
/// assert_eq!(slept, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
/// assert!(start.elapsed() < Duration::from_millis(1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10));
/// ```
pub fn join_all<I>(futures: I) -> JoinAll<I::Item>
where
    I: IntoIterator,
    I::Item: Future,
{
    let engine = Engine::new(futures);
    let outputs = (0..engine.left()).map(|_| None).collect();
    JoinAll { engine, outputs }
}

/// The future of [`join_all`].
#[must_use = "a future does nothing until it is awaited"]
pub struct JoinAll<F: Future> {
    engine: Engine<F>,
    outputs: Vec<Option<F::Output>>,
}

// The futures are pinned in boxes of their own, and the outputs need no pinning.
impl<F: Future> Unpin for JoinAll<F> {}

impl<F: Future> Future for JoinAll<F> {
    type Output = Vec<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Vec<F::Output>> {
        while let Some((number, output)) = ready!(self.engine.poll_next(cx)) {
            self.outputs[number] = Some(output);
        }
        Poll::Ready(self.outputs.drain(..).flatten().collect())
    }
}

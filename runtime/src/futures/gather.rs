//! `gather`: all at once, and every result counts.

use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::engine::{Boxed, Engine, Outputs};
use crate::outcome::JoinError;

/// Runs futures at once, as [`join_all`](fn@super::join_all) does, and gives what became of each, in the order of the
/// futures: its output, or [`JoinError::Panicked`] if it panicked. The others go on. asyncio's
/// `gather(…, return_exceptions=True)`.
///
/// A future whose destructor panics, after it was ready, counts as one that panicked.
///
/// Cancel safety: dropping it drops all that are not ready and the results of those that are.
///
/// It does not panic where they do. (The panics are printed, as all are.)
///
/// ```
/// use runtime::{JoinError, gather};
/// let results = runtime::block_on(gather([4, 0, 2].map(|n| async move { 100 / n })));
/// assert!(matches!(results[0], Ok(25)));
/// assert!(matches!(results[1], Err(JoinError::Panicked(_))));
/// assert!(matches!(results[2], Ok(50)));
/// ```
#[track_caller]
pub fn gather<I>(futures: I) -> Gather<I::Item>
where
    I: IntoIterator,
    I::Item: Future,
{
    let engine = Engine::of(Location::caller(), futures);
    let results = Outputs::new(engine.left());
    Gather { engine, results }
}

/// The future of [`gather`].
///
/// A panic stays in here as a result, so the task around it goes on:
///
/// ```
/// use runtime::{JoinError, spawn};
/// runtime::block_on(async {
///     let numbers = ["1", "two"].map(|text| async move { text.parse::<u8>().unwrap() });
///     let task = spawn(runtime::gather(numbers));
///     let results = task.await.expect("the task itself did not panic");
///     assert!(matches!(results[..], [Ok(1), Err(JoinError::Panicked(_))]));
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Gather<F: Future> {
    engine: Engine<Boxed<F>>,
    results: Outputs<Result<F::Output, JoinError>>,
}

impl<F: Future> Future for Gather<F> {
    type Output = Vec<Result<F::Output, JoinError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Gather { engine, results } = &mut *self;
        let mut round = engine.round(cx);
        while let Some(done) = ready!(round.next(poll_caught)) {
            let dropped = caught(|| drop(done.child));
            results.put(done.number, done.output.and_then(|output| dropped.map(|()| output)));
        }
        Poll::Ready(results.take())
    }
}

/// A future that panics is ready, with that as its result.
fn poll_caught<F: Future>(future: &mut Boxed<F>, cx: &mut Context<'_>) -> Poll<Result<F::Output, JoinError>> {
    match caught(|| future.as_mut().poll(cx)) {
        Ok(polled) => polled.map(Ok),
        Err(panicked) => Poll::Ready(Err(panicked)),
    }
}

fn caught<T>(f: impl FnOnce() -> T) -> Result<T, JoinError> {
    // `AssertUnwindSafe`: what a panic leaves half done is the future's, and that is dropped and never seen again.
    catch_unwind(AssertUnwindSafe(f)).map_err(JoinError::Panicked)
}

//! `try_join_all`: all at once, until one fails.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::engine::{Boxed, Engine, Outputs};

/// Runs futures at once, as [`join_all`](fn@super::join_all) does, until all have given `Ok` or one gives `Err`: then the
/// others are dropped where they stand. asyncio's `gather`, which leaves the others running; tokio's `try_join!`.
///
/// Cancel safety: dropping it drops all that are not ready and the outputs of those that are.
///
/// # Errors
/// The first error, in time and not in the order of the futures.
///
/// # Panics
/// Where one of the futures does.
///
/// # Example
/// ```
/// use runtime::try_join_all;
/// runtime::block_on(async {
///     let parsed = ["1", "2", "3"].map(|text| async move { text.parse::<u8>() });
///     assert_eq!(try_join_all(parsed).await, Ok(vec![1, 2, 3]));
///
///     let failing = ["1", "many"].map(|text| async move { text.parse::<u8>() });
///     assert!(try_join_all(failing).await.is_err());
/// });
/// ```
#[track_caller]
pub fn try_join_all<I, T, E>(futures: I) -> TryJoinAll<I::Item, T>
where
    I: IntoIterator,
    I::Item: Future<Output = Result<T, E>>,
{
    let engine = Engine::of(Location::caller(), futures);
    let outputs = Outputs::new(engine.left());
    TryJoinAll { engine, outputs }
}

/// The future of [`try_join_all`].
///
/// When it gives an error, the others have been dropped already:
///
/// ```
/// use std::rc::Rc;
/// let alive = Rc::new(());
/// let failed = runtime::block_on(async {
///     let steps = [Ok(()), Err("no paper")].map(|end| {
///         let alive = alive.clone();
///         async move {
///             runtime::yield_now().await;
///             end.inspect(|()| drop(alive))
///         }
///     });
///     runtime::try_join_all(steps).await
/// });
/// assert_eq!(failed, Err("no paper"));
/// assert_eq!(Rc::strong_count(&alive), 1);
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct TryJoinAll<F, T> {
    engine: Engine<Boxed<F>>,
    outputs: Outputs<T>,
}

impl<F, T, E> Future for TryJoinAll<F, T>
where
    F: Future<Output = Result<T, E>>,
{
    type Output = Result<Vec<T>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<Vec<T>, E>> {
        let TryJoinAll { engine, outputs } = &mut *self;
        let mut round = engine.round(cx);
        while let Some(done) = ready!(round.next_output()) {
            match done.output {
                Ok(output) => outputs.put(done.number, output),
                Err(error) => {
                    // Now, and not when this future is dropped, which may be later.
                    drop((done.child, engine.take_all(), outputs.forget()));
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(outputs.take()))
    }
}

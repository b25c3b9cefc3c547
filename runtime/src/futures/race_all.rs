//! `race_all`: whichever of many is ready first.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::engine::{Boxed, Engine};
use super::race::pick;

/// Runs futures at once and gives the output of the one that is ready first, with its number, counted from 0; the others
/// are dropped where they stand, and what they have done until then stays done. The counterpart of
/// [`race`](fn@super::race) for many of one type; the `futures` crate's `select_all`.
///
/// If several are ready at once, it is not always the first of them that wins: each race is begun by another one (trap
/// 41).
///
/// Cancel safety: dropping it drops all.
///
/// # Panics
/// If there are no futures: nobody can win. Where one of them does. And when polled again after it gave its result.
///
/// # Example
/// ```
/// use runtime::{race_all, sleep};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let sleeps = [60_000, 1, 30_000].map(|ms| async move {
///         sleep(Duration::from_millis(ms)).await;
///         ms
///     });
///     assert_eq!(race_all(sleeps).await, (1, 1));
/// });
/// ```
#[track_caller]
pub fn race_all<I>(futures: I) -> RaceAll<I::Item>
where
    I: IntoIterator,
    I::Item: Future,
{
    let mut engine = Engine::of(Location::caller(), futures);
    assert!(engine.left() > 0, "race_all was given no futures, so none of them can ever be ready");
    engine.begin_with(pick(engine.left()));
    RaceAll { engine }
}

/// The future of [`race_all`].
///
/// The losers are dropped before this is ready. Raced through `&mut`, they may run again:
///
/// ```
/// use runtime::{race_all, sleep};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let mut waits = Vec::from([4, 2].map(|ms| sleep(Duration::from_millis(ms))));
///     while !waits.is_empty() {
///         let (number, ()) = race_all(&mut waits).await;
///         drop(waits.swap_remove(number));
///     }
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct RaceAll<F> {
    engine: Engine<Boxed<F>>,
}

impl<F: Future> Future for RaceAll<F> {
    type Output = (usize, F::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match ready!(self.engine.round(cx).next_output()) {
            Some(first) => {
                // Now, and not when this future is dropped, which may be later.
                drop((first.child, self.engine.take_all()));
                Poll::Ready((first.number, first.output))
            }
            None => panic!("a race_all was polled again after it gave its result"),
        }
    }
}

//! `as_completed`: all at once, each output as soon as it is there.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::engine::{Boxed, Engine};

/// Runs futures at once and hands out each output when it is ready, with the number of its future: the first one first.
/// asyncio's `as_completed`, tokio's `JoinSet` without tasks, the `futures` crate's `FuturesUnordered`.
///
/// They run only while somebody waits in [`next`](AsCompleted::next): between two calls nothing is polled. More of them
/// may join at any time, with [`push`](AsCompleted::push); `as_completed([])` begins with none.
///
/// Cancel safety: dropping it drops all that are not ready. Dropping a `next` loses nothing.
///
/// ```
/// use runtime::{as_completed, yield_now};
/// runtime::block_on(async {
///     let mut runners = as_completed([3, 1, 2].map(|laps| async move {
///         for _ in 0..laps {
///             yield_now().await;
///         }
///         laps
///     }));
///     let mut finish = Vec::new();
///     while let Some((number, laps)) = runners.next().await {
///         finish.push((number, laps));
///     }
///     assert_eq!(finish, [(1, 1), (2, 2), (0, 3)]);
/// });
/// ```
#[track_caller]
pub fn as_completed<I>(futures: I) -> AsCompleted<I::Item>
where
    I: IntoIterator,
    I::Item: Future,
{
    let mut all = AsCompleted { engine: Engine::new(Location::caller()), given: 0 };
    for future in futures {
        all.push(future);
    }
    all
}

/// Futures that run at once: [`as_completed`].
///
/// ```
/// use runtime::as_completed;
/// runtime::block_on(async {
///     let mut answers = as_completed(["a", "b", "c"].map(|text| async move { text }));
///     let (number, first) = answers.next().await.unwrap();
///     assert_eq!((number, first, answers.len()), (0, "a", 2));
///     drop(answers); // one was enough
/// });
/// ```
pub struct AsCompleted<F> {
    engine: Engine<Numbered<F>>,
    /// How many futures there were so far.
    given: usize,
}

/// A future with its number. (The engine's numbers are those of places, which are used again.)
type Numbered<F> = (usize, Boxed<F>);

impl<F: Future> AsCompleted<F> {
    /// Adds a future, and gives its number. It is not polled before the next call of [`next`](Self::next). A list that
    /// grows while it is worked off is tokio's `JoinSet`, or `asyncio.wait` in a loop:
    ///
    /// ```
    /// use runtime::{as_completed, yield_now};
    /// runtime::block_on(async {
    ///     let visit = async |page: u32| {
    ///         yield_now().await; // here one would download it
    ///         [2 * page, 2 * page + 1].into_iter().filter(|link| *link < 100)
    ///     };
    ///     let (mut pages, mut visits, mut seen) = (vec![1], as_completed([]), 0);
    ///     while !pages.is_empty() || !visits.is_empty() {
    ///         while visits.len() < 4 && let Some(page) = pages.pop() {
    ///             visits.push(visit(page)); // four at once
    ///         }
    ///         let (_, links) = visits.next().await.unwrap();
    ///         pages.extend(links);
    ///         seen += 1;
    ///     }
    ///     assert_eq!(seen, 99);
    /// });
    /// ```
    pub fn push(&mut self, future: F) -> usize {
        let number = self.given;
        self.given += 1;
        self.engine.push((number, Box::pin(future)));
        number
    }

    /// The next output, and the number of its future, counted from 0 in the order they were given; `None` when all have
    /// been handed out, until another is [pushed](Self::push).
    ///
    /// Cancel safety: dropping it loses nothing; the futures go on with the next call.
    ///
    /// # Panics
    /// Where one of the futures does. The others are unharmed, and the one that panicked is never ready.
    #[expect(clippy::should_implement_trait, reason = "it is what an iterator that awaits would have")]
    pub fn next(&mut self) -> Next<'_, F> {
        Next { engine: &mut self.engine }
    }

    /// How many futures are in it: outputs that have not been handed out.
    pub fn len(&self) -> usize {
        self.engine.left()
    }

    /// All outputs have been handed out.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`len`](Self::len).
    pub fn left(&self) -> usize {
        self.len()
    }
}

impl<F> fmt::Debug for AsCompleted<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsCompleted").field("len", &self.engine.left()).finish_non_exhaustive()
    }
}

/// The future of [`AsCompleted::next`].
///
/// A limit on the wait for the next output takes nothing from the outputs:
///
/// ```
/// use runtime::{as_completed, sleep, timeout};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let mut sleeps = as_completed([sleep(Duration::from_millis(3))]);
///     while timeout(Duration::from_millis(1), sleeps.next()).await.is_err() {
///         assert_eq!(sleeps.len(), 1);
///     }
///     assert_eq!(sleeps.next().await, None);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Next<'a, F> {
    engine: &'a mut Engine<Numbered<F>>,
}

impl<F: Future> Future for Next<'_, F> {
    type Output = Option<(usize, F::Output)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let polled = self.engine.round(cx).next(|(_, future), cx| future.as_mut().poll(cx));
        polled.map(|done| done.map(|done| (done.child.0, done.output)))
    }
}

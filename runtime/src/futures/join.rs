//! `join`: two at once, whatever they are.

use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::label;

/// Runs two futures at once and gives both outputs. asyncio's `gather`, tokio's `join!`; for more than two unlike
/// ones, join a join: `join(a, join(b, c))`.
///
/// Whenever the task is woken, whichever of the two is not ready is polled; they take turns at being the first.
///
/// Cancel safety: dropping it drops those that are not ready and the output of one that is.
///
/// # Panics
/// Where one of the two does, and when polled again after it gave its result.
///
/// # Example
/// ```
/// let both = runtime::block_on(runtime::join(async { 1 }, async { "two" }));
/// assert_eq!(both, (1, "two"));
/// ```
#[track_caller]
pub fn join<A: Future, B: Future>(a: A, b: B) -> Join<A, B> {
    Join { a: Side::new(a), b: Side::new(b), a_first: true, at: Location::caller() }
}

/// The future of [`join`].
///
/// What one of the two gave is kept in here until the other is ready, also while nobody waits:
///
/// ```
/// use runtime::{Either, race, yield_now};
/// runtime::block_on(async {
///     let (sender, receiver) = runtime::sync::oneshot::channel();
///     let mut both = runtime::join(async { 1 }, receiver);
///     assert_eq!(race(&mut both, yield_now()).await, Either::Right(()));
///     sender.send(2).unwrap();
///     assert_eq!(both.await, (1, Ok(2)));
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Join<A: Future, B: Future> {
    a: Side<A>,
    b: Side<B>,
    /// Or else one that uses up what a task may do in a poll (`budget.rs`) would leave nothing to the other, ever.
    a_first: bool,
    at: &'static Location<'static>,
}

enum Side<F: Future> {
    // Why a box: see `Timeout` in `time.rs`.
    Waiting(Pin<Box<F>>),
    Ready(F::Output),
    Gone,
}

// The futures are pinned in boxes of their own, and the outputs need no pinning.
impl<A: Future, B: Future> Unpin for Join<A, B> {}

impl<A: Future, B: Future> Future for Join<A, B> {
    type Output = (A::Output, B::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Join { a, b, a_first, .. } = &mut *self;
        for a_is_next in [*a_first, !*a_first] {
            if a_is_next { a.poll(cx) } else { b.poll(cx) }
        }
        if a.is_ready() && b.is_ready() {
            return Poll::Ready((a.take(), b.take()));
        }
        *a_first = !*a_first;
        label::place(self.at);
        Poll::Pending
    }
}

impl<F: Future> Side<F> {
    fn new(future: F) -> Self {
        Side::Waiting(Box::pin(future))
    }

    /// Polls it unless it is ready (rule 5).
    fn poll(&mut self, cx: &mut Context<'_>) {
        if let Side::Waiting(future) = self
            && let Poll::Ready(output) = future.as_mut().poll(cx)
        {
            *self = Side::Ready(output);
        }
    }

    fn is_ready(&self) -> bool {
        !matches!(self, Side::Waiting(_))
    }

    fn take(&mut self) -> F::Output {
        match std::mem::replace(self, Side::Gone) {
            Side::Ready(output) => output,
            _ => panic!("a join was polled again after it gave its result"),
        }
    }
}

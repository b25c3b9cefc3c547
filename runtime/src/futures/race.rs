//! `race`: whichever of two is ready first.

use std::cell::Cell;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::label::{self, Label};
use crate::waker;

/// One of two: who has won a [`race`].
///
/// ```
/// use runtime::{Either, race};
/// async fn answer<U, L>(user: U, limit: L) -> String
/// where
///     U: Future<Output = String>,
///     L: Future<Output = ()>,
/// {
///     match race(user, limit).await {
///         Either::Left(text) => text,
///         Either::Right(()) => "no answer".to_owned(),
///     }
/// }
/// let silence = answer(std::future::pending(), async {});
/// assert_eq!(runtime::block_on(silence), "no answer");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first.
    Left(A),
    /// The second.
    Right(B),
}

/// Runs two futures at once and gives the output of the one that is ready first; the other is dropped where it
/// stands, and what it has done until then stays done. asyncio's `wait(…, return_when=FIRST_COMPLETED)`, tokio's `select!`.
///
/// If both are ready in the same poll, it is not always the first that wins: they take turns at being polled first
/// (trap 41).
///
/// Cancel safety: dropping it drops both. What is lost with the loser is for the loser to say: race what is cancel
/// safe, or a `&mut` to it.
///
/// # Panics
/// Where one of the two does, and when polled again after it gave its result.
///
/// # Example
/// ```
/// use runtime::{Either, race, sleep};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let first = race(async { "now" }, sleep(Duration::from_secs(3600))).await;
///     assert_eq!(first, Either::Left("now"));
/// });
/// ```
#[track_caller]
pub fn race<A: Future, B: Future>(a: A, b: B) -> Race<A, B> {
    // Why boxes: see `Timeout` in `time.rs`.
    let sides = Some((Box::pin(a), Box::pin(b)));
    Race { sides, a_first: a_is_first(), at: Location::caller() }
}

/// The future of [`race`].
///
/// In a dump it waits for what its left side waits for. The loser is dropped before this is ready. It need not be: raced through `&mut`, it waits on.
///
/// ```
/// use runtime::{Either, race, yield_now};
/// runtime::block_on(async {
///     let (sender, mut receiver) = runtime::sync::oneshot::channel();
///     assert_eq!(race(&mut receiver, yield_now()).await, Either::Right(()));
///     sender.send("late").unwrap();
///     assert_eq!(receiver.await, Ok("late"));
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Race<A, B> {
    /// `None`: one has won.
    sides: Option<Sides<A, B>>,
    /// The other one with the next poll, or else one that uses up what a task may do in a poll (`budget.rs`) would leave
    /// nothing to the other, ever.
    a_first: bool,
    at: &'static Location<'static>,
}

type Sides<A, B> = (Pin<Box<A>>, Pin<Box<B>>);

impl<A: Future, B: Future> Future for Race<A, B> {
    type Output = Either<A::Output, B::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let a_first = self.a_first;
        let Some((a, b)) = &mut self.sides else {
            panic!("a race was polled again after it gave its result");
        };
        let mut left_waits = Label::NONE;
        for a_is_next in [a_first, !a_first] {
            let polled = if a_is_next {
                let polled = a.as_mut().poll(cx);
                left_waits = label::get();
                polled.map(Either::Left)
            } else {
                b.as_mut().poll(cx).map(Either::Right)
            };
            if polled.is_ready() {
                // Now, and not when this future is dropped, which may be later.
                let loser = self.sides.take();
                drop(loser);
                return polled;
            }
        }
        self.a_first = !a_first;
        // What the left one waits for, whoever was polled last: a dump and a trace say one thing, and not now this, now that.
        label::restore(left_waits.or(label::get()));
        label::place(self.at);
        Poll::Pending
    }
}

/// Which side is polled first in the first poll: an explored run tries both.
fn a_is_first() -> bool {
    #[cfg(feature = "sim")]
    if crate::sim::is_explored() {
        return crate::sim::choose(2) == 0;
    }
    pick(2) == 0
}

/// Who of `n` goes first, when that must not be always the same one (trap 41): a number below `n`.
///
/// Steps of the golden ratio around a circle. They meet all parts of it alike, and so does every second or third of them;
/// with a plain counter, two races in one loop would each always be begun by the same side. Not a random number either:
/// the steps begin anew with every runtime, so that a run can be repeated.
pub(super) fn pick(n: usize) -> usize {
    thread_local! {
        /// Whose steps these are, and where they have come to.
        static STEPS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    }
    let (runtime, before) = STEPS.get();
    let now = waker::entered();
    let step = if runtime == now { before.wrapping_add(0x9e37_79b9_7f4a_7c15) } else { 0 };
    STEPS.set((now, step));
    // The circle has 2^64 points: what part of it lies behind, as a part of `n`.
    ((u128::from(step) * n as u128) >> 64) as usize
}

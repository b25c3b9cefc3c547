//! `race`: whichever of two is ready first.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

/// One of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first.
    Left(A),
    /// The second.
    Right(B),
}

/// Runs two futures at once and gives the output of the one that is ready first; the other is dropped where it
/// stands, and what it has done until then stays done. asyncio's `wait(…, return_when=FIRST_COMPLETED)`.
///
/// trap 41: if both are ready in the same poll, it is not always the first that wins: they take turns at being
/// polled first.
///
/// Cancel safety: dropping it drops both.
///
/// ```
/// use runtime::{Either, race, sleep};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let first = race(async { "now" }, sleep(Duration::from_secs(3600))).await;
///     assert_eq!(first, Either::Left("now"));
/// });
/// ```
pub async fn race<A: Future, B: Future>(a: A, b: B) -> Either<A::Output, B::Output> {
    // Why `pin!` and `poll_fn`, and not a struct with a `poll`: see `timeout` in `time.rs`.
    let (mut a, mut b) = (pin!(a), pin!(b));
    let mut a_first = next_turn();
    poll_fn(|cx| {
        a_first = !a_first;
        if a_first && let Poll::Ready(output) = a.as_mut().poll(cx) {
            return Poll::Ready(Either::Left(output));
        }
        if let Poll::Ready(output) = b.as_mut().poll(cx) {
            return Poll::Ready(Either::Right(output));
        }
        if !a_first && let Poll::Ready(output) = a.as_mut().poll(cx) {
            return Poll::Ready(Either::Left(output));
        }
        Poll::Pending
    })
    .await
}

/// Which side begins: the other one than last time on this thread. A counter and not a random number, so that a run
/// can be repeated.
fn next_turn() -> bool {
    use std::cell::Cell;
    thread_local! {
        static TURN: Cell<bool> = const { Cell::new(false) };
    }
    TURN.replace(!TURN.get())
}

//! 05: a solution.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

pub fn join<A: Future, B: Future>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)> {
    async move {
        let (mut a, mut b) = (pin!(a), pin!(b));
        let (mut x, mut y) = (None, None);
        poll_fn(move |cx| {
            if x.is_none()
                && let Poll::Ready(output) = a.as_mut().poll(cx)
            {
                x = Some(output);
            }
            if y.is_none()
                && let Poll::Ready(output) = b.as_mut().poll(cx)
            {
                y = Some(output);
            }
            if let (Some(_), Some(_)) = (&x, &y)
                && let (Some(x), Some(y)) = (x.take(), y.take())
            {
                return Poll::Ready((x, y));
            }
            Poll::Pending
        })
        .await
    }
}

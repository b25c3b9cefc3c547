//! 04, wrong: it answers Pending, and nobody calls the waker.
//! says: it must do so itself, or it waits for ever

use std::pin::Pin;
use std::task::{Context, Poll};

pub fn yield_now() -> YieldNow {
    YieldNow { yielded: false }
}

pub struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.yielded {
            return Poll::Ready(());
        }
        self.yielded = true;
        Poll::Pending
    }
}

pub async fn sum_politely(numbers: &[u64], every: usize) -> u64 {
    let mut sum = 0;
    for (n, piece) in numbers.chunks(every).enumerate() {
        if n > 0 {
            yield_now().await;
        }
        sum += piece.iter().sum::<u64>();
    }
    sum
}

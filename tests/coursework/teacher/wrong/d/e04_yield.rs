//! 04, wrong: it is ready at once.
//! says: then nobody else gets a turn

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
        cx.waker().wake_by_ref();
        Poll::Ready(())
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

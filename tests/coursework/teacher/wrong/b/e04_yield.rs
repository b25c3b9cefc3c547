//! 04, wrong: whether it has given way is in a static.
//! says: not in a static

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

pub fn yield_now() -> YieldNow {
    YieldNow {}
}

pub struct YieldNow {}

static YIELDED: AtomicBool = AtomicBool::new(false);

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if YIELDED.swap(false, Ordering::SeqCst) {
            return Poll::Ready(());
        }
        YIELDED.store(true, Ordering::SeqCst);
        cx.waker().wake_by_ref();
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

//! Wakes from another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::task::{Poll, Waker};
use std::thread;

use crate::clock::{Cost, Repeat};

/// A thread counts up and wakes a task each time; the task looks at the count each time it is polled, until it is
/// all. So wakes find the loop asleep, awake, or the task in the queue already, as it comes.
pub(super) async fn wake(repeat: Repeat) -> Cost {
    const N: u64 = 100_000;
    let (begin, begun) = mpsc::channel::<(Waker, Arc<AtomicU64>)>();
    let waking = thread::spawn(move || {
        while let Ok((waker, count)) = begun.recv() {
            for _ in 0..N {
                count.fetch_add(1, Ordering::Release);
                waker.wake_by_ref();
            }
        }
    });
    let cost = repeat
        .time(N as usize, async || {
            let count = Arc::new(AtomicU64::new(0));
            let mut begun = false;
            std::future::poll_fn(|cx| {
                if !begun {
                    begun = true;
                    begin.send((cx.waker().clone(), count.clone())).expect("the thread is there");
                }
                if count.load(Ordering::Acquire) == N { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
        })
        .await;
    drop(begin);
    waking.join().expect("it counts");
    cost
}

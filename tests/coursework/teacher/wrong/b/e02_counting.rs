//! 02, wrong: the count is looked at after the poll only, so a wake during the poll is lost (trap 1).
//! says: woke itself during its poll, and `run` gave None

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

pub struct Counter {
    wakes: AtomicUsize,
}

impl Counter {
    pub fn new() -> Arc<Counter> {
        Arc::new(Counter { wakes: AtomicUsize::new(0) })
    }

    pub fn wakes(&self) -> usize {
        self.wakes.load(Ordering::SeqCst)
    }
}

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.wakes.fetch_add(1, Ordering::SeqCst);
    }
}

pub fn run<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let counter = Counter::new();
    let waker = Waker::from(counter.clone());
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        let before = counter.wakes();
        if counter.wakes() == before {
            return None;
        }
    }
}

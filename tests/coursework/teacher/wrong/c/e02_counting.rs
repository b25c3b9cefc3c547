//! 02, wrong: a load and a store, and a wake between them (trap 7).
//! says: A load and then a store lose what comes

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
        let before = self.wakes.load(Ordering::SeqCst);
        std::thread::yield_now();
        self.wakes.store(before + 1, Ordering::SeqCst);
    }
}

pub fn run<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let counter = Counter::new();
    let waker = Waker::from(counter.clone());
    loop {
        let before = counter.wakes();
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return Some(output);
        }
        if counter.wakes() == before {
            return None;
        }
    }
}

//! A waker that counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use crate::log::{self, Log};

/// What a counting waker has counted.
#[derive(Clone)]
pub struct CountWaker(Arc<Counted>);

struct Counted {
    name: &'static str,
    wakes: AtomicUsize,
    log: Option<Log>,
}

/// A waker that only counts how often it is woken.
pub fn count_waker(name: &'static str) -> (CountWaker, Waker) {
    let counted = Arc::new(Counted { name, wakes: AtomicUsize::new(0), log: Log::current() });
    (CountWaker(counted.clone()), Waker::from(counted))
}

impl CountWaker {
    /// How often it was woken.
    pub fn wakes(&self) -> usize {
        self.0.wakes.load(Ordering::SeqCst)
    }

    /// How many wakers there are, clones included.
    pub fn alive(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

impl Wake for Counted {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let before = self.wakes.fetch_add(1, Ordering::SeqCst);
        match &self.log {
            Some(log) => {
                log.event(format_args!("waker {}: woken, the {} time", self.name, super::nth(before + 1)));
            }
            None => log::event(format_args!("waker {}: woken", self.name)),
        }
    }
}

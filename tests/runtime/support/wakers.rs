//! Wakers of the tests' own.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that counts how often it was woken and how many clones of it are kept.
pub(crate) struct Counting {
    count: Arc<Count>,
    waker: Waker,
}

#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Counting {
    pub(crate) fn new() -> Counting {
        let count = Arc::new(Count::default());
        Counting { waker: Waker::from(count.clone()), count }
    }

    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Polls a future once, by hand.
    pub(crate) fn poll<F: Future + Unpin + ?Sized>(&self, future: &mut F) -> Poll<F::Output> {
        std::pin::Pin::new(future).poll(&mut Context::from_waker(&self.waker))
    }

    /// How often it was woken.
    pub(crate) fn wakes(&self) -> usize {
        self.count.0.load(Ordering::SeqCst)
    }

    /// How many clones others keep.
    pub(crate) fn kept(&self) -> usize {
        Arc::strong_count(&self.count) - 2
    }
}

/// A waker that runs one piece of code when it is woken and another when its last clone is dropped.
pub(crate) fn hooked(
    on_wake: impl Fn() + Send + Sync + 'static,
    on_drop: impl Fn() + Send + Sync + 'static,
) -> Waker {
    Waker::from(Arc::new(Hooked { on_wake, on_drop }))
}

struct Hooked<W, D: Fn()> {
    on_wake: W,
    on_drop: D,
}

impl<W: Fn() + Send + Sync, D: Fn() + Send + Sync> Wake for Hooked<W, D> {
    fn wake(self: Arc<Self>) {
        (self.on_wake)();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        (self.on_wake)();
    }
}

impl<W, D: Fn()> Drop for Hooked<W, D> {
    fn drop(&mut self) {
        (self.on_drop)();
    }
}

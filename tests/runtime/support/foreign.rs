//! Another executor, a rude one: its wakers poll inside `wake`, on the spot.
//!
//! Whoever wakes one of its futures therefore runs, in the middle of the call, whatever that future does next:
//! set timers, register sources, drop them, spawn. A runtime that holds a borrow or a lock while it wakes panics
//! or deadlocks here (rule 6, traps 16 and 17).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

thread_local! {
    static FUTURES: RefCell<BTreeMap<usize, Entry>> = const { RefCell::new(BTreeMap::new()) };
}

struct Entry {
    /// `None` while it is being polled.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
    /// Woken meanwhile.
    again: bool,
}

struct Inline(usize);

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        poll(self.0);
    }
}

/// Starts a future on this thread's foreign executor: it is polled at once, and then whenever it is woken.
pub(crate) fn start(future: impl Future<Output = ()> + 'static) {
    let id = FUTURES.with_borrow_mut(|futures| {
        let id = futures.last_key_value().map_or(0, |(id, _)| id + 1);
        futures.insert(id, Entry { future: Some(Box::pin(future)), again: false });
        id
    });
    poll(id);
}

/// How many of its futures are not done.
pub(crate) fn left() -> usize {
    FUTURES.with_borrow(BTreeMap::len)
}

/// Drops those that are left.
pub(crate) fn clear() {
    let futures = FUTURES.take();
    drop(futures);
}

fn poll(id: usize) {
    let taken = FUTURES.with_borrow_mut(|futures| {
        let entry = futures.get_mut(&id)?;
        entry.again = entry.future.is_none();
        entry.future.take()
    });
    let Some(mut future) = taken else { return };
    let waker = Waker::from(Arc::new(Inline(id)));
    loop {
        if let Poll::Ready(()) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            let entry = FUTURES.with_borrow_mut(|futures| futures.remove(&id));
            drop(entry);
            return;
        }
        let again = FUTURES.with_borrow_mut(|futures| {
            futures.get_mut(&id).is_some_and(|entry| std::mem::take(&mut entry.again))
        });
        if !again {
            break;
        }
    }
    let dropped = FUTURES.with_borrow_mut(|futures| match futures.get_mut(&id) {
        Some(entry) => entry.future.replace(future),
        // Cleared meanwhile.
        None => Some(future),
    });
    drop(dropped);
}

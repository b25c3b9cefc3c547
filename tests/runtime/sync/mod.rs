//! `runtime::sync`: who waits, who is served, in which order, and what remains when somebody gives up.
//!
//! Two kinds of tests. Those that poll futures by hand, with a waker that counts, look at one step at a time. Those that run
//! `everywhere` look at what tasks see, whatever the order of their turns.

mod barrier;
mod condvar;
mod event;
mod mpsc;
mod mutex;
mod oneshot;
mod reentrancy;
mod remote;
mod semaphore;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use runtime::{Builder, OnStall};

/// A waker that counts how often it is woken, and how many hold it.
struct Counter {
    wakes: Arc<Wakes>,
    waker: Waker,
}

struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Counter {
    fn new() -> Self {
        let wakes = Arc::new(Wakes(AtomicUsize::new(0)));
        Counter { waker: Waker::from(wakes.clone()), wakes }
    }

    /// Polls by hand, once.
    fn poll<F: Future + Unpin>(&self, future: &mut F) -> Poll<F::Output> {
        Pin::new(future).poll(&mut Context::from_waker(&self.waker))
    }

    fn is_pending<F: Future + Unpin>(&self, future: &mut F) -> bool {
        self.poll(future).is_pending()
    }

    /// Polls what must be ready.
    fn ready<F: Future + Unpin>(&self, future: &mut F) -> F::Output {
        match self.poll(future) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it is not ready"),
        }
    }

    fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::Relaxed)
    }

    /// How many wakers were left somewhere.
    fn kept(&self) -> usize {
        Arc::strong_count(&self.wakes) - 2
    }
}

/// What happened, in order.
#[derive(Clone, Default)]
struct Log<T>(Rc<RefCell<Vec<T>>>);

impl<T: Clone> Log<T> {
    fn new() -> Self {
        Log(Rc::default())
    }

    fn push(&self, entry: T) {
        self.0.borrow_mut().push(entry);
    }

    fn entries(&self) -> Vec<T> {
        self.0.borrow().clone()
    }
}

/// A value that notes when it is dropped.
struct Noted<T: Clone>(T, Log<T>);

impl<T: Clone> Drop for Noted<T> {
    fn drop(&mut self) {
        self.1.push(self.0.clone());
    }
}

/// Random numbers, the same for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
}

/// The message of the panic that `f` ends with.
fn panic_of<T>(f: impl FnOnce() -> T) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(f)) else { panic!("it did not panic") };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => (*payload.downcast::<&str>().expect("a text")).to_owned(),
    }
}

/// Runs `future` in the usual order; a stall is a panic.
fn run<T>(future: impl Future<Output = T>) -> T {
    Builder::new().on_stall(OnStall::Panic).build().expect("a runtime").block_on(future)
}

/// What the loop says when it stalls in `future`.
fn stall_of(future: impl Future<Output = ()>) -> String {
    panic_of(|| run(future))
}

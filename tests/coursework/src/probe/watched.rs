//! A future of the answer's, polled by hand: for checks that need no loop.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{CountWaker, count_waker};
use crate::check::fault;
use crate::log;

/// A future that is polled by hand, with a waker that counts.
pub struct Watched<'a, T> {
    name: &'static str,
    future: Pin<Box<dyn Future<Output = T> + 'a>>,
    count: CountWaker,
    waker: Waker,
    ready: bool,
}

/// Watches a future: `name` is what the log calls it.
pub fn watch<'a, T>(name: &'static str, future: impl Future<Output = T> + 'a) -> Watched<'a, T> {
    let (count, waker) = count_waker(name);
    Watched { name, future: Box::pin(future), count, waker, ready: false }
}

impl<T> Watched<'_, T> {
    /// Polls it with its own waker.
    pub fn poll(&mut self) -> Option<T> {
        let waker = self.waker.clone();
        self.poll_with(&waker)
    }

    /// Polls it with another waker.
    pub fn poll_with(&mut self, waker: &Waker) -> Option<T> {
        let polled = self.future.as_mut().poll(&mut Context::from_waker(waker));
        let is_pending = polled.is_pending();
        log::event(format_args!("{}: polled: {}", self.name, if is_pending { "Pending" } else { "Ready" }));
        self.ready |= !is_pending;
        match polled {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    /// Polls it, and it must be ready: `trap` and `why` say what it means if it is not.
    ///
    /// # Panics
    /// If it is not.
    pub fn ready(&mut self, trap: u8, why: &str) -> T {
        match self.poll() {
            Some(output) => output,
            None => fault(trap, format!("`{}` answered Pending. {why}", self.name)),
        }
    }

    /// How often its own waker was woken.
    pub fn wakes(&self) -> usize {
        self.count.wakes()
    }

    /// How many clones of its own waker are kept by others.
    pub fn kept(&self) -> usize {
        self.count.alive() - 1
    }

    /// Whether it has been ready.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    /// Drops it.
    pub fn give_up(self) {
        log::event(format_args!("{}: dropped", self.name));
        drop(self);
    }
}

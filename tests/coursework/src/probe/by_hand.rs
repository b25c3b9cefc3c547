//! A future that a check polls by hand, so that it sees what comes between two polls.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use super::{CountWaker, count_waker};
use crate::log;

/// A future that is polled by hand.
pub struct ByHand<T> {
    name: &'static str,
    future: Pin<Box<dyn Future<Output = T>>>,
    count: CountWaker,
    waker: Waker,
}

/// A future that is polled by hand, with a waker that counts.
pub fn by_hand<T>(name: &'static str, future: impl Future<Output = T> + 'static) -> ByHand<T> {
    let (count, waker) = count_waker(name);
    ByHand { name, future: Box::pin(future), count, waker }
}

impl<T> ByHand<T> {
    /// Polls it once: its output if it is ready. Not after that.
    pub fn poll(&mut self) -> Option<T> {
        let waker = self.waker.clone();
        self.poll_with(&waker)
    }

    /// Polls it with another waker.
    pub fn poll_with(&mut self, waker: &Waker) -> Option<T> {
        let polled = self.future.as_mut().poll(&mut Context::from_waker(waker));
        let answer = if polled.is_ready() { "Ready" } else { "Pending" };
        log::event(format_args!("{}: polled: {answer}", self.name));
        match polled {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    /// How often its waker was called.
    pub fn wakes(&self) -> usize {
        self.count.wakes()
    }

    /// Whether its waker was called.
    pub fn is_woken(&self) -> bool {
        self.wakes() > 0
    }
}

impl<T> Drop for ByHand<T> {
    fn drop(&mut self) {
        log::event(format_args!("{}: dropped", self.name));
    }
}

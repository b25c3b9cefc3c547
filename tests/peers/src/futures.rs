//! Futures that are the same for all runtimes.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// Gives way once: wakes its own task and is pending. What most runtimes call `yield_now`.
#[derive(Default)]
pub(crate) struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Gives way once.
pub(crate) fn yield_once() -> Yield {
    Yield::default()
}

/// Polls a future a first time, and says no more.
pub(crate) async fn poll_once<F: Future>(mut future: Pin<&mut F>) {
    std::future::poll_fn(|cx| {
        let _ = future.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
}

/// Waits until somebody opens it. Keeps the waker of its last poll: an idle task, and nothing else.
#[derive(Clone, Default)]
pub(crate) struct Gate(Rc<(Cell<bool>, Cell<Option<Waker>>)>);

impl Gate {
    pub(crate) fn open(&self) {
        self.0.0.set(true);
        if let Some(waker) = self.0.1.take() {
            waker.wake();
        }
    }
}

impl Future for Gate {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.0.0.get() {
            return Poll::Ready(());
        }
        self.0.1.set(Some(cx.waker().clone()));
        Poll::Pending
    }
}

/// A ball that two tasks play to each other: whose it is, and who waits for it.
#[derive(Default)]
pub(crate) struct Ball {
    at: Cell<usize>,
    waiting: [Cell<Option<Waker>>; 2],
}

impl Ball {
    /// Waits until the ball is at this player's, and plays it back.
    pub(crate) fn play(&self, player: usize) -> impl Future<Output = ()> {
        std::future::poll_fn(move |cx| {
            if self.at.get() != player {
                self.waiting[player].set(Some(cx.waker().clone()));
                return Poll::Pending;
            }
            let other = 1 - player;
            self.at.set(other);
            if let Some(waker) = self.waiting[other].take() {
                waker.wake();
            }
            Poll::Ready(())
        })
    }
}

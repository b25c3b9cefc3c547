//! Small futures of the tests' own.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Something that happens once, on this thread. Clones are the same event.
#[derive(Clone, Default)]
pub(crate) struct Event(Rc<(Cell<bool>, RefCell<Vec<Waker>>)>);

impl Event {
    pub(crate) fn new() -> Event {
        Event::default()
    }

    pub(crate) fn set(&self) {
        self.0.0.set(true);
        for waker in self.0.1.take() {
            waker.wake();
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.0.get()
    }

    pub(crate) async fn wait(&self) {
        std::future::poll_fn(|cx| {
            if self.is_set() {
                return Poll::Ready(());
            }
            self.0.1.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// A place for one waker that any thread may wake. Clones are the same place.
#[derive(Clone, Default)]
pub(crate) struct Place(Arc<Mutex<Option<Waker>>>);

impl Place {
    pub(crate) fn new() -> Place {
        Place::default()
    }

    /// Keeps the waker of the task that polls.
    pub(crate) fn keep(&self, cx: &Context<'_>) {
        let waker = cx.waker().clone();
        let replaced = self.0.lock().unwrap().replace(waker);
        drop(replaced);
    }

    /// A clone of what is kept, if anything is.
    pub(crate) fn waker(&self) -> Option<Waker> {
        self.0.lock().unwrap().clone()
    }

    /// Wakes who is kept, and keeps him.
    pub(crate) fn wake(&self) {
        if let Some(waker) = self.waker() {
            waker.wake();
        }
    }
}

/// Counts the polls of a future, and fails if it is polled after it was ready (rule 5).
pub(crate) struct Polls<F> {
    future: Pin<Box<F>>,
    polls: Rc<Cell<usize>>,
    done: bool,
}

/// Wraps `future`; the cell counts.
pub(crate) fn polls<F: Future>(future: F, polls: &Rc<Cell<usize>>) -> Polls<F> {
    Polls { future: Box::pin(future), polls: polls.clone(), done: false }
}

impl<F: Future> Future for Polls<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        assert!(!self.done, "polled again after it was ready");
        self.polls.set(self.polls.get() + 1);
        let polled = self.future.as_mut().poll(cx);
        self.done = polled.is_ready();
        polled
    }
}

/// Waits for ever, and leaves its task's waker in `place`, at each poll anew.
pub(crate) async fn waits_in(place: &Place) {
    std::future::poll_fn(|cx| {
        place.keep(cx);
        Poll::<()>::Pending
    })
    .await;
}

/// Runs its closure when it is dropped.
pub(crate) struct OnDrop<F: FnOnce()>(Option<F>);

pub(crate) fn on_drop<F: FnOnce()>(f: F) -> OnDrop<F> {
    OnDrop(Some(f))
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

/// What has happened, in order. Clones write into the same log.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn new() -> Log {
        Log::default()
    }

    pub(crate) fn add(&self, what: impl Into<String>) {
        self.0.borrow_mut().push(what.into());
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.borrow().clone()
    }

    /// Notes `what` when the returned value is dropped.
    pub(crate) fn at_drop(&self, what: impl Into<String>) -> OnDrop<impl FnOnce() + 'static> {
        let (log, what) = (self.clone(), what.into());
        on_drop(move || log.add(what))
    }
}

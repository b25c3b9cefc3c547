//! A coroutine without an event loop: this is all that one does for it.

use std::cell::RefCell;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

use runtime::sync::oneshot;

/// A coroutine that waits for a letter, and writes down how far it has come.
async fn reader(log: &RefCell<Vec<&'static str>>, letter: oneshot::Receiver<u32>) -> u32 {
    log.borrow_mut().push("begun");
    let kept = 40; // needed after the wait, so it is part of the state
    let read = letter.await.unwrap_or(0);
    log.borrow_mut().push("resumed");
    kept + read
}

/// Plays the event loop for one coroutine.
pub(super) fn poll() -> ByHand {
    let (log, counter) = (RefCell::new(Vec::new()), Arc::new(Counter::default()));
    let waker = Waker::from(counter.clone());
    let mut cx = Context::from_waker(&waker);
    let step = |result| Step { ran: log.borrow().clone(), wakes: counter.0.load(Relaxed), result };

    let (sender, letter) = oneshot::channel();
    let mut coroutine = pin!(reader(&log, letter));
    let called = step(None);
    let result = coroutine.as_mut().poll(&mut cx);
    let polled = step(Some(result));
    let _ = sender.send(2);
    let woken = step(None);
    let result = coroutine.as_mut().poll(&mut cx);
    let polled_again = step(Some(result));
    ByHand { called, polled, woken, polled_again }
}

/// A waker that counts how often it is used, and does nothing else.
#[derive(Default)]
struct Counter(AtomicU64);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// The state of affairs after a step.
#[derive(Debug, PartialEq, Eq)]
pub struct Step {
    /// What the coroutine has done so far.
    pub ran: Vec<&'static str>,
    /// How often it was woken so far.
    pub wakes: u64,
    /// What its poll returned, if the step was one.
    pub result: Option<Poll<u32>>,
}

/// The steps of a coroutine that is polled by hand.
#[derive(Debug)]
pub struct ByHand {
    /// After the call of the `async fn`.
    pub called: Step,
    /// After its first poll.
    pub polled: Step,
    /// After what it waits for has come.
    pub woken: Step,
    /// After its second poll.
    pub polled_again: Step,
}

//! A future that waits until somebody opens its gate, from this thread or another.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::nth;
use crate::check::fault;
use crate::log::Log;

/// The side that opens. Clones are of the same gate.
#[derive(Clone)]
pub struct Gate(Arc<Shared>);

/// The side that waits: a leaf future as it should be. It keeps the waker of its latest poll, and says what it sees.
#[must_use = "a future does nothing until it is polled"]
pub struct Passage(Arc<Shared>);

struct Shared {
    name: String,
    log: Option<Log>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: bool,
    ready: bool,
    dropped: bool,
    polls: usize,
    waker: Option<Waker>,
}

/// A gate, closed, and the future that waits for it.
pub fn gate(name: impl Into<String>) -> (Gate, Passage) {
    let shared = Arc::new(Shared { name: name.into(), log: Log::current(), state: Mutex::default() });
    (Gate(shared.clone()), Passage(shared))
}

impl Gate {
    /// Opens it and wakes who waits.
    pub fn open(&self) {
        self.0.event("its gate opens");
        self.0.with(|state| state.open = true);
        self.wake();
    }

    /// [`open`](Self::open), without a word in the log: for checks that do it very often.
    pub fn open_quietly(&self) {
        let waker = self.0.with(|state| {
            state.open = true;
            state.waker.clone()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Wakes who waits, also though nothing has changed: with the waker of the latest poll.
    pub fn wake(&self) {
        if let Some(waker) = self.0.with(|state| state.waker.clone()) {
            self.0.event("its waker is called");
            waker.wake();
        }
    }

    /// The waker of the latest poll.
    pub fn waker(&self) -> Option<Waker> {
        self.0.with(|state| state.waker.clone())
    }

    /// How often the future was polled.
    pub fn polls(&self) -> usize {
        self.0.with(|state| state.polls)
    }

    /// Whether the future has given `Ready`.
    pub fn is_ready(&self) -> bool {
        self.0.with(|state| state.ready)
    }

    /// Whether the future is gone.
    pub fn is_dropped(&self) -> bool {
        self.0.with(|state| state.dropped)
    }
}

impl Future for Passage {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let shared = &self.0;
        let waker = cx.waker().clone();
        let (polls, was_ready, is_open, replaced) = shared.with(|state| {
            state.polls += 1;
            let was_ready = state.ready;
            state.ready = state.open;
            // Also of the last poll: it is kept for those who check late wakes.
            (state.polls, was_ready, state.open, state.waker.replace(waker))
        });
        drop(replaced);
        let count = nth(polls);
        if was_ready {
            shared.event(format_args!("polled for the {count} time, after it was ready"));
            fault(4, format!("The future {:?} had given Ready, and was polled again.", shared.name));
        }
        let answer = if is_open { Poll::Ready(()) } else { Poll::Pending };
        shared.event(format_args!(
            "polled for the {count} time: {}",
            if is_open { "Ready" } else { "Pending" }
        ));
        answer
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        self.0.event("dropped");
        let waker = self.0.with(|state| {
            state.dropped = true;
            if state.ready { None } else { state.waker.take() }
        });
        drop(waker);
    }
}

impl Shared {
    fn event(&self, what: impl std::fmt::Display) {
        if let Some(log) = self.log.as_ref().filter(|_| !self.name.is_empty()) {
            log.event(format_args!("{}: {what}", self.name));
        }
    }

    /// No waker is called or dropped in `look`.
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

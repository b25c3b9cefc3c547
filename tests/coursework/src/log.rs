//! What happened in a check, event by event: what `--trace` shows.
//!
//! The probes write into it: polled, woken, dropped. A check runs in a process of its own when it is a student's, and each
//! event is written out when it happens, so that the log is there also if the check hangs.

use std::cell::RefCell;
use std::fmt::{self, Display};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use crate::check::{Fault, Outcome};
use crate::report::Line;

/// An answer that spins makes events without end: so many are kept.
pub const MOST: usize = 2000;

/// An event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Microseconds since the check began.
    pub at: u64,
    /// On another thread than the one the check runs on.
    pub elsewhere: bool,
    /// What happened.
    pub text: String,
}

/// Where events and mistakes are written to as they happen.
pub type Sink = Box<dyn FnMut(Line) + Send>;

/// The events of one check. Clones are of the same log.
#[derive(Clone)]
pub struct Log(Arc<Shared>);

struct Shared {
    start: Instant,
    thread: ThreadId,
    state: Mutex<State>,
}

struct State {
    events: usize,
    sink: Sink,
    fault: Option<Fault>,
}

thread_local! {
    static CURRENT: RefCell<Option<Log>> = const { RefCell::new(None) };
}

impl Log {
    /// An empty log.
    pub fn new(sink: Sink) -> Log {
        let state = Mutex::new(State { events: 0, sink, fault: None });
        Log(Arc::new(Shared { start: Instant::now(), thread: thread::current().id(), state }))
    }

    /// The log of the check that runs on this thread.
    pub fn current() -> Option<Log> {
        CURRENT.try_with(|current| current.try_borrow().ok()?.clone()).ok().flatten()
    }

    /// Runs `body` with this as the thread's log.
    pub fn enter<T>(&self, body: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(self.clone()));
        let result = body();
        CURRENT.set(before);
        result
    }

    /// Something happened.
    pub fn event(&self, text: impl Display) {
        let state = &mut *self.state();
        state.events += 1;
        let text = match state.events {
            ..MOST => text.to_string(),
            MOST => format!("… and more: {MOST} events are kept"),
            _ => return,
        };
        let at = u64::try_from(self.0.start.elapsed().as_micros()).unwrap_or(u64::MAX);
        (state.sink)(Line::Event(Event { at, elsewhere: thread::current().id() != self.0.thread, text }));
    }

    /// A mistake was found. The first one counts.
    pub(crate) fn blame(&self, fault: Fault) {
        let state = &mut *self.state();
        if state.fault.is_none() {
            state.fault = Some(fault.clone());
            (state.sink)(Line::Fault(fault));
        }
    }

    /// A `todo!()` was reached.
    pub(crate) fn undone(&self) {
        (self.state().sink)(Line::Ended(Outcome::Todo));
    }

    /// The first mistake that was found.
    pub fn fault(&self) -> Option<Fault> {
        self.state().fault.clone()
    }

    fn state(&self) -> impl std::ops::DerefMut<Target = State> + '_ {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something happened in the check that runs on this thread: `log::event(format_args!("{name}: polled"))`.
pub fn event(text: fmt::Arguments<'_>) {
    if let Some(log) = Log::current() {
        log.event(text);
    }
}

//! A check, and what may become of it.
//!
//! A check is a function that looks at one thing an answer must do. Where it does not, the check calls [`fault`] (or
//! [`require`]) with a text that says what was seen, with numbers, and what it means: `assertion failed` teaches nothing.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use serde::{Deserialize, Serialize};

use crate::log::Log;

/// One thing that an answer must do.
pub struct Check {
    /// What that is, as a sentence about the answer: "a wake during its own poll is not lost".
    pub name: &'static str,
    /// What it means if the check does not come to an end.
    pub hang: Option<Fault>,
    run: fn(),
}

/// A mistake that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// What was seen, and what it means.
    pub text: String,
    /// The well-known mistake that it is: its number in `TRAPS.md`.
    pub trap: Option<u8>,
}

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It does what it must.
    Passed,
    /// The exercise, or a part that the check wants, is not done yet: a `todo!()` was reached.
    Todo,
    /// The check found a mistake.
    Failed(Fault),
    /// The answer panicked.
    Panicked {
        /// What it said.
        text: String,
        /// Where.
        place: String,
    },
    /// It did not end in time.
    Hung {
        /// What that means here.
        fault: Option<Fault>,
        /// How long it was waited for, in seconds.
        limit: f64,
        /// How long it was busy meanwhile, where that is known.
        busy: Option<f64>,
    },
    /// It was not run, as others hang.
    NotRun,
    /// The process ended by itself, without a word: the stack ran over, or the answer called `exit`.
    Died(String),
}

impl Check {
    /// A check.
    pub fn new(name: &'static str, run: fn()) -> Check {
        Check { name, hang: None, run }
    }

    /// What it means if this check hangs. 0 is no trap.
    pub fn hang(self, trap: u8, text: &str) -> Check {
        Check { hang: Some(Fault::new(trap, text)), ..self }
    }

    /// Runs it on this thread. What happens meanwhile is in `log`.
    pub fn run(&self, log: &Log) -> Outcome {
        quiet_panics();
        let run = self.run;
        let ended = log.enter(|| panic::catch_unwind(AssertUnwindSafe(run)));
        // First what the check has found: an answer that catches panics may have caught this one.
        match (log.fault(), ended) {
            (Some(fault), _) => Outcome::Failed(fault),
            (None, Ok(())) => Outcome::Passed,
            (None, Err(payload)) => panicked(&*payload),
        }
    }
}

impl Fault {
    /// A mistake; 0 is no trap.
    pub fn new(trap: u8, text: impl Into<String>) -> Fault {
        Fault { text: text.into(), trap: (trap > 0).then_some(trap) }
    }
}

/// The check has found a mistake, and ends here. `trap` is its number in `TRAPS.md`, or 0.
///
/// # Panics
/// Always: it is the way out of the answer that is being checked.
pub fn fault(trap: u8, text: impl Into<String>) -> ! {
    let fault = Fault::new(trap, text);
    if let Some(log) = Log::current() {
        log.blame(fault.clone());
    }
    // Not `panic!`: no hook needs to tell it.
    panic::resume_unwind(Box::new(fault))
}

/// [`fault`], unless `ok`.
///
/// # Panics
/// Unless `ok`.
pub fn require(ok: bool, trap: u8, text: impl FnOnce() -> String) {
    if !ok {
        fault(trap, text());
    }
}

/// Runs `body`, in which a task panics on purpose: that must not come out.
///
/// # Panics
/// If it does: that is the [`fault`].
pub fn survives<T>(trap: u8, text: &str, body: impl FnOnce() -> T) -> T {
    match panic::catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        // What the check itself has found, and a `todo!()`, are told as they are.
        Err(payload) if payload.is::<Fault>() || is_todo(&*payload) => panic::resume_unwind(payload),
        Err(_) => fault(trap, text),
    }
}

/// A number of times: `never`, `once`, `twice`, `3 times`.
///
/// ```
/// assert_eq!(coursework::check::times(1), "once");
/// ```
pub fn times(n: usize) -> String {
    match n {
        0 => "never".into(),
        1 => "once".into(),
        2 => "twice".into(),
        n => format!("{n} times"),
    }
}

thread_local! {
    /// Where this thread panicked last.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}

fn is_todo(payload: &(dyn Any + Send)) -> bool {
    text_of(payload).is_some_and(|text| text.starts_with("not yet implemented"))
}

fn panicked(payload: &(dyn Any + Send)) -> Outcome {
    if is_todo(payload) {
        return Outcome::Todo;
    }
    let text = text_of(payload).unwrap_or("a panic without a text").to_owned();
    Outcome::Panicked { text, place: PLACE.take().unwrap_or_default() }
}

/// Panics are told with the result, not on stderr by the hook: here only their place is kept.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let Some(log) = Log::current() else { return usual(info) };
            if is_todo(info.payload()) {
                log.undone();
            }
            let place = info.location().map(ToString::to_string);
            // The thread may be at its end, and its thread-locals gone.
            let _ = PLACE.try_with(|at| at.set(place));
        }));
    });
}

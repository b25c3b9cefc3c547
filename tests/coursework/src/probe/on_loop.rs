//! The real runtime, as checks use it: in virtual time, with its events in the log, and never for ever.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;

use runtime::trace::{Event, Observer, What};
use runtime::{Builder, Clock, JoinHandle, OnStall, Scheduler, Task};

use super::observe::narrator;
use crate::check::fault;

thread_local! {
    /// What a task of a check panicked with.
    static PANIC: Cell<Option<Box<dyn Any + Send>>> = const { Cell::new(None) };
}

/// A runtime for one check.
///
/// ```
/// use coursework::probe::{on_loop, spawn};
/// let hour = std::time::Duration::from_secs(3600);
/// let end = on_loop().run(async { spawn("sleeper", runtime::sleep(hour)).await });
/// assert!(end.is_ok()); // at once
/// ```
#[must_use = "it runs in `run`"]
pub struct Loop {
    builder: Builder,
    real_time: bool,
    observer: Option<Box<dyn Observer>>,
    stalled: (u8, &'static str),
}

/// A runtime for one check, in virtual time.
pub fn on_loop() -> Loop {
    Loop { builder: Builder::new(), real_time: false, observer: None, stalled: (0, "") }
}

impl Loop {
    /// With this policy.
    pub fn scheduler(self, scheduler: impl Scheduler + 'static) -> Loop {
        Loop { builder: self.builder.scheduler(scheduler), ..self }
    }

    /// Watched by this one, too.
    pub fn observer(self, observer: impl Observer + 'static) -> Loop {
        Loop { observer: Some(Box::new(observer)), ..self }
    }

    /// In real time: for checks with other threads and the OS. These may wake a task at any time, so here a loop that has
    /// nothing to do waits: see [`Check::hang`](crate::check::Check::hang).
    pub fn real_time(self) -> Loop {
        Loop { real_time: true, ..self }
    }

    /// What it means here if nothing can ever wake a task again. 0 is no trap.
    pub fn if_stalled(self, trap: u8, meaning: &'static str) -> Loop {
        Loop { stalled: (trap, meaning), ..self }
    }

    /// Runs the check's main future, in which tasks are [spawned](spawn).
    ///
    /// # Panics
    /// With what the main future or a task panicked with; and if nothing can ever wake a task again, that is a
    /// [fault](crate::check::fault).
    pub fn run<F: Future>(self, main: F) -> F::Output {
        PANIC.set(None);
        let (clock, policy) =
            if self.real_time { (Clock::Real, OnStall::Wait) } else { (Clock::Virtual, OnStall::Panic) };
        let stuck = Rc::new(RefCell::new(None));
        let watch = Watch { narrator: narrator(!self.real_time), own: self.observer, stuck: stuck.clone() };
        let runtime = self.builder.clock(clock).on_stall(policy).observer(watch).build();
        let runtime = runtime.expect("the OS gives a new event queue");
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on(main)));
        // A task that panicked may be why the others wait.
        if let Some(payload) = PANIC.take() {
            resume_unwind(payload);
        }
        match ended {
            Ok(output) => output,
            Err(payload) => match stuck.take() {
                Some(who) => {
                    fault(self.stalled.0, format!("Nothing can ever go on: {who}. {}", self.stalled.1))
                }
                None => resume_unwind(payload),
            },
        }
    }
}

/// Spawns a task of a check. Its panic is the check's.
pub fn spawn<T: 'static>(name: &str, future: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    spawn_as(Task::new().name(name), future)
}

/// The same, with a priority or a group.
pub fn spawn_as<T: 'static>(task: Task, future: impl Future<Output = T> + 'static) -> JoinHandle<T> {
    let mut future = Box::pin(future);
    task.spawn(poll_fn(move |cx| {
        catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))).unwrap_or_else(|payload| {
            PANIC.set(Some(payload));
            resume_unwind(Box::new("it is told at the end of the check"))
        })
    }))
}

/// The narrator, the answer's own observer if there is one, and a look at who waits when the loop stalls.
struct Watch {
    narrator: super::Narrator,
    own: Option<Box<dyn Observer>>,
    stuck: Rc<RefCell<Option<String>>>,
}

impl Observer for Watch {
    fn event(&self, event: &Event<'_>) {
        self.narrator.event(event);
        if let Some(own) = &self.own {
            own.event(event);
        }
        if let What::Stalled = event.what {
            let tasks = runtime::dump().tasks;
            let who: Vec<_> = tasks
                .iter()
                .map(|task| {
                    let name = task.name.as_deref().unwrap_or_default();
                    format!("{} {name}", task.id).trim_end().to_owned()
                })
                .collect();
            let waits = if who.len() == 1 {
                "waits, and nobody will wake it"
            } else {
                "wait, and nobody will wake them"
            };
            *self.stuck.borrow_mut() = Some(format!("{} {waits}", who.join(", ")));
        }
    }
}

//! What the real runtime does, in words: with this observer, `--trace` shows it.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::{Duration, Instant};

use runtime::trace::{By, Event, Observer, What};
use runtime::{TaskId, Waiting};

use crate::log;

/// An observer that writes what happens into the log of the check.
#[derive(Default)]
pub struct Narrator {
    names: RefCell<HashMap<TaskId, String>>,
    start: Cell<Option<Instant>>,
    /// What the clock showed when that was last told.
    told: Cell<Duration>,
    tell_time: bool,
}

/// An observer that writes what happens into the log of the check. Where time is virtual, it tells the time, too.
pub fn narrator(virtual_time: bool) -> Narrator {
    Narrator { tell_time: virtual_time, ..Narrator::default() }
}

impl Narrator {
    fn name(&self, task: TaskId) -> String {
        self.names.borrow().get(&task).cloned().unwrap_or_else(|| task.to_string())
    }

    /// Who did it; nothing, if it is the loop.
    fn by(&self, by: By) -> String {
        match by {
            By::Task(task) => format!(" by {}", self.name(task)),
            By::Timer(timer) => format!(" by timer {timer}"),
            By::Source(source) => format!(" by source {source}"),
            By::Thread => " by another thread".to_owned(),
            _ => String::new(),
        }
    }

    /// A time on the clock of the runtime, as seconds since the first event.
    fn since(&self, at: Instant) -> Duration {
        at.saturating_duration_since(self.start.get().unwrap_or(at))
    }

    fn time(&self, at: Instant) {
        if self.start.get().is_none() {
            self.start.set(Some(at));
        }
        let now = self.since(at);
        if self.tell_time && now != self.told.replace(now) {
            log::event(format_args!("the clock shows {:.3} s", now.as_secs_f64()));
        }
    }

    /// `None`: not told. A turn of the loop is no news, and what a `Pending` waits for is told with that.
    fn words(&self, event: &Event<'_>) -> Option<String> {
        Some(match event.what {
            What::Spawned { task, name, .. } => {
                let name = name.map_or_else(|| task.to_string(), |name| format!("{task} {name}"));
                self.names.borrow_mut().insert(task, name.clone());
                format!("{name}: spawned")
            }
            What::Queued { task, .. } => format!("{}: queued{}", self.name(task), self.by(event.by)),
            What::Coalesced { task } => {
                format!("{}: woken{}, was queued", self.name(task), self.by(event.by))
            }
            What::Late { task } => format!("{}: woken too late", self.name(task)),
            What::Polled { task } => format!("{}: polled", self.name(task)),
            What::Pending { task, on, .. } => match on {
                // Not where: that line would be too long.
                Some(on) => format!("{}: Pending, waits for {}", self.name(task), Waiting { at: None, ..on }),
                None => format!("{}: Pending", self.name(task)),
            },
            What::Lost { task } => format!("{}: nobody holds its waker", self.name(task)),
            What::Ready { task } => format!("{}: Ready", self.name(task)),
            What::Panicked { task } => format!("{}: panicked", self.name(task)),
            What::Cancelled { task } => format!("{}: cancelled", self.name(task)),
            What::Inbox { wakes, sent, .. } => format!("from other threads: {wakes} wakes, {sent} closures"),
            What::Asleep { until: Some(until), .. } => {
                format!("the loop sleeps until {:.3} s", self.since(until).as_secs_f64())
            }
            What::Asleep { until: None, .. } => "the loop sleeps".to_owned(),
            What::Awake { events, bell, .. } if bell || events > 0 => {
                format!("the OS has {events} events{}", if bell { ", and the bell rang" } else { "" })
            }
            What::Registered { source, kind, .. } => {
                format!("source {source}: registered, {}", kind.rsplit("::").next().unwrap_or(kind))
            }
            What::Readiness { source, readable, writable, closed } => {
                let ready = [(readable, " readable"), (writable, " writable"), (closed, " closed")];
                let ready: String = ready.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
                format!("source {source}:{ready}")
            }
            What::Moved { source, read, bytes } => {
                format!("source {source}: {bytes} bytes {}", if read { "read" } else { "written" })
            }
            What::Deregistered { source } => format!("source {source}: deregistered"),
            What::TimerSet { timer, deadline } => {
                format!("timer {timer}: set to {:.3} s", self.since(deadline).as_secs_f64())
            }
            What::TimerFired { timer } => format!("timer {timer}: fires"),
            What::TimerDropped { timer } => format!("timer {timer}: dropped"),
            What::JobQueued { job, .. } => format!("job {job}: queued"),
            What::JobStarted { job, .. } => format!("job {job}: started"),
            What::JobDone { job, .. } => format!("job {job}: done"),
            What::Sync { on, id, step } => format!("{on:?} {id}: {step:?}"),
            What::Mark { name, detail } => format!("{name}: {detail}"),
            What::Stalled => "nothing can wake any task any more".to_owned(),
            _ => return None,
        })
    }
}

impl Observer for Narrator {
    fn event(&self, event: &Event<'_>) {
        self.time(event.at);
        if let Some(words) = self.words(event) {
            log::event(format_args!("{words}"));
        }
    }
}

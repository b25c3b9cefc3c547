//! The story of one run, an event a line: what the loop's [observer](Observer) hears, in plain words.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;
use std::rc::Rc;
use std::time::Instant;

use super::chooser::CHOICE;
use crate::id::TaskId;
use crate::trace::{By, ChildStep, Event, Observer, What};

/// How many lines are kept: the last ones.
const LINES: usize = 2000;

/// The story so far. A clone is the same story.
#[derive(Clone, Default)]
pub(super) struct Story(Rc<RefCell<Told>>);

#[derive(Default)]
struct Told {
    lines: VecDeque<String>,
    /// How many were told.
    count: usize,
    begin: Option<Instant>,
    names: BTreeMap<TaskId, String>,
    spans: BTreeMap<u64, &'static str>,
}

impl Story {
    /// All of it.
    pub(super) fn text(&self) -> String {
        let told = self.0.borrow();
        let mut text = String::new();
        if told.count > told.lines.len() {
            let _ = writeln!(text, "  … and {} events before", told.count - told.lines.len());
        }
        told.lines.iter().for_each(|line| text.extend([line, "\n"]));
        text
    }
}

impl Observer for Story {
    fn event(&self, event: &Event<'_>) {
        let told = &mut *self.0.borrow_mut();
        if let What::Spawned { task, name, .. } = event.what {
            told.names.insert(task, format!("{task} {}", name.unwrap_or("task")));
        }
        if let What::SpanBegan { span, name, .. } = event.what {
            told.spans.insert(span, name);
        }
        let begin = *told.begin.get_or_insert(event.at);
        let Some(sentence) = told.sentence(event) else { return };
        told.count += 1;
        let at = format!("{:?}", event.at.saturating_duration_since(begin));
        // What a task does stands further in than what the loop does.
        let inner = matches!(event.by, By::Task(_)) && !ends_poll(&event.what);
        let indent = if inner { "  " } else { "" };
        if told.lines.len() == LINES {
            told.lines.pop_front();
        }
        told.lines.push_back(format!("{:4} {at:>9}  {indent}{sentence}", told.count));
    }
}

impl Told {
    fn name(&self, task: TaskId) -> String {
        self.names.get(&task).cloned().unwrap_or_else(|| task.to_string())
    }

    fn who(&self, by: By) -> String {
        match by {
            By::Task(task) => self.name(task),
            By::Source(source) => format!("source {source}"),
            By::Timer(timer) => format!("timer {timer}"),
            By::Thread => "another thread".to_owned(),
            By::Loop => "the loop".to_owned(),
        }
    }

    /// `None`: nothing worth a line.
    fn sentence(&self, event: &Event<'_>) -> Option<String> {
        let who = || self.who(event.by);
        let name = |task| self.name(task);
        let waits = |on: Option<_>| on.map_or_else(String::new, |on| format!(", waits for {on}"));
        Some(match event.what {
            // Without its place, which is that of the call, here and in a replay.
            What::Spawned { parent: None, .. } => "the test begins".to_owned(),
            What::Spawned { task, at, .. } => format!("{} is spawned at {at}", name(task)),
            What::Queued { task, .. } => match event.by {
                By::Task(by) if by == task => format!("{} is queued again", name(task)),
                By::Loop => format!("{} is queued", name(task)),
                _ => format!("{} is queued, by {}", name(task), who()),
            },
            What::Coalesced { task } => {
                format!("{} is woken by {}, and is queued already", name(task), who())
            }
            What::Late { task } => format!("{task} was woken too late: it is gone"),
            What::Polled { task } => format!("{} runs", name(task)),
            What::Waits { on, .. } => format!("{} has to wait for {on}", who()),
            What::Pending { task, on, .. } => format!("{} pauses{}", name(task), waits(on)),
            What::Lost { task } => format!("{} is lost: nobody holds its waker", name(task)),
            What::Ready { task } => format!("{} is ready", name(task)),
            What::Panicked { task } => format!("{} panics", name(task)),
            What::Cancelled { task } => format!("{} is cancelled", name(task)),
            What::Child { child, step } => match step {
                ChildStep::Spawned { name, at } => {
                    format!("child {child} {} begins, at {at}", name.unwrap_or("future"))
                }
                ChildStep::Polled => format!("child {child} runs"),
                ChildStep::Pending { on } => format!("child {child} pauses{}", waits(on)),
                ChildStep::Ready => format!("child {child} is ready"),
                ChildStep::Panicked => format!("child {child} panics"),
                ChildStep::Cancelled => format!("child {child} is cancelled"),
            },
            What::TimerSet { timer, deadline } => {
                format!("timer {timer} is set, due in {:?}", deadline.saturating_duration_since(event.at))
            }
            What::TimerFired { timer } => format!("timer {timer} is due"),
            What::TimerDropped { timer } => format!("timer {timer} is dropped"),
            What::JobQueued { job, at } => format!("{} runs blocking job {job}, at {at}", who()),
            What::Sync { on, id, step } => format!("{}: {on:?} {id}: {step:?}", who()),
            What::Mark { name: CHOICE, detail } => format!("choice {detail}"),
            What::Mark { name, detail } => format!("{}: {name} {detail}", who()),
            What::SpanBegan { name, detail, .. } => format!("{} begins: {name} {detail}", who()),
            What::SpanEnded { span } => format!("{} has finished: {}", who(), self.spans.get(&span)?),
            What::Stalled => "nothing can ever go on".to_owned(),
            // The loop's own turns; and what an explored run has not: sources, threads, polls that were measured.
            _ => return None,
        })
    }
}

/// Whether this is the last of a poll.
fn ends_poll(what: &What<'_>) -> bool {
    matches!(what, What::Pending { .. } | What::Ready { .. } | What::Panicked { .. } | What::Lost { .. })
}

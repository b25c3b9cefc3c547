//! The replay: folds a log into the state of the machine, event by event.
//!
//! It believes everything it is told, so any beginning of any log folds; whether it is true, [`check`](super::check) says.
//! The player's page has the same fold in `state.js`. A test compares the two, by [`Machine::canonical`].

use std::collections::{BTreeMap, VecDeque};

use serde::ser::{Serialize, SerializeMap, Serializer};

use super::event::{By, Child, Event, Resource, Text, Waiting, What};

/// The machine as it stands after an event.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// How many events were folded.
    pub n: u32,
    /// The turn of the last of them.
    pub turn: u32,
    /// Its time.
    pub t: u64,
    /// The loop sleeps in the OS.
    pub asleep: bool,
    /// The task that is the future of the present `block_on`.
    pub root: u32,
    /// The task that is being polled.
    pub running: Option<u32>,
    /// The tasks that are ready, in the order in which they came. Some may be gone: their wakes came too late.
    pub queue: VecDeque<u32>,
    /// All tasks there were.
    pub tasks: BTreeMap<u32, Task>,
    /// All children of task groups there were.
    pub children: BTreeMap<Child, Task>,
    /// The timers that are set, with their deadlines.
    pub timers: BTreeMap<u32, u64>,
    /// The sources that are registered.
    pub sources: BTreeMap<u32, Source>,
    /// The blocking jobs that are queued or run: whether they run.
    pub jobs: BTreeMap<u32, bool>,
    /// The spans that have begun and not ended, with their names.
    pub spans: BTreeMap<u32, Text>,
}

/// A task, or a child of a group.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its name.
    pub name: Option<Text>,
    /// Its group.
    pub group: Option<Text>,
    /// Who spawned it.
    pub parent: Option<u32>,
    /// Its slot in the table of tasks.
    pub key: u32,
    /// Where it was spawned.
    pub at: Text,
    /// What it does.
    pub stage: Stage,
    /// Since when.
    pub since: u64,
    /// How often it was polled.
    pub polls: u32,
    /// How many wakers of it others held when it was last looked at.
    pub wakers: u32,
}

/// What a task does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It was spawned, and is about to be queued.
    New,
    /// It stands in the run queue.
    Queued,
    /// It is being polled.
    Running,
    /// It waits: for this, if it is known.
    Waiting(Option<Waiting>),
    /// It is over, and is being dropped.
    Done(End),
    /// It is no more.
    Gone(End),
}

/// How a task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With its output.
    Ready,
    /// In a panic.
    Panicked,
    /// It was dropped before.
    Cancelled,
}

/// A source of the reactor.
#[derive(Clone, Debug)]
pub struct Source {
    /// The key by which the OS names it.
    pub token: u32,
    /// The Rust type of it.
    pub kind: Text,
    /// The task that registered it.
    pub owner: Option<u32>,
}

impl Machine {
    /// The machine after the first events of a log.
    pub fn after(events: &[Event]) -> Machine {
        let mut machine = Machine::default();
        events.iter().for_each(|event| machine.apply(event));
        machine
    }

    /// One event further.
    pub fn apply(&mut self, event: &Event) {
        (self.n, self.turn, self.t) = (event.n, event.turn, event.t);
        match &event.what {
            What::Spawned { task, key, parent, name, group, at } => {
                if is_root(event) {
                    self.begin_anew();
                    self.root = *task;
                }
                let (name, group) = (name.clone(), group.clone());
                let new = Task { name, group, parent: *parent, key: *key, ..Task::new(at, event.t) };
                self.tasks.insert(*task, new);
            }
            What::Queued { task, .. } => {
                self.queue.push_back(*task);
                self.turn_to(*task, |stage| match stage {
                    Stage::New | Stage::Waiting(_) => Some(Stage::Queued),
                    _ => None,
                });
            }
            What::Polled { task } => {
                self.unqueue(*task);
                self.running = Some(*task);
                self.turn_to(*task, |_| Some(Stage::Running));
                if let Some(task) = self.tasks.get_mut(task) {
                    task.polls += 1;
                }
            }
            What::Pending { task, on, wakers } => {
                self.running = None;
                let woken = self.queue.contains(task);
                let stage = if woken { Stage::Queued } else { Stage::Waiting(on.clone()) };
                self.turn_to(*task, |_| Some(stage));
                if let Some(task) = self.tasks.get_mut(task) {
                    task.wakers = *wakers;
                }
            }
            // From another thread it gets no further than the inbox.
            What::Late { task } if event.by != By::Thread => self.unqueue(*task),
            What::Late { .. } => {}
            What::Ready { task } => self.end(*task, End::Ready),
            What::Panicked { task } => self.end(*task, End::Panicked),
            What::Cancelled { task } => self.end(*task, End::Cancelled),
            What::Gone { task, wakers } => {
                // A root that panics goes in the middle of its poll.
                let running = self.running.take_if(|running| running == task);
                let otherwise = if running.is_some() { End::Panicked } else { End::Cancelled };
                self.turn_to(*task, |stage| match stage {
                    Stage::Done(end) => Some(Stage::Gone(*end)),
                    _ => Some(Stage::Gone(otherwise)),
                });
                if let Some(task) = self.tasks.get_mut(task) {
                    task.wakers = *wakers;
                }
            }
            What::ChildSpawned { child, name, at } => {
                let new = Task { name: name.clone(), parent: Some(child.task), ..Task::new(at, event.t) };
                self.children.insert(*child, new);
            }
            What::ChildPolled { child } => {
                self.child(*child, Stage::Running);
                if let Some(child) = self.children.get_mut(child) {
                    child.polls += 1;
                }
            }
            What::ChildPending { child, on } => self.child(*child, Stage::Waiting(on.clone())),
            What::ChildReady { child } => self.child(*child, Stage::Gone(End::Ready)),
            What::ChildPanicked { child } => self.child(*child, Stage::Gone(End::Panicked)),
            What::ChildCancelled { child } => self.child(*child, Stage::Gone(End::Cancelled)),
            What::Asleep { .. } => self.asleep = true,
            What::Awake { .. } => self.asleep = false,
            What::Registered { source, token, kind } => {
                let owner = match event.by {
                    By::Task(task) => Some(task),
                    _ => None,
                };
                self.sources.insert(*source, Source { token: *token, kind: kind.clone(), owner });
            }
            What::Deregistered { source } => drop(self.sources.remove(source)),
            What::TimerSet { timer, deadline } => drop(self.timers.insert(*timer, *deadline)),
            What::TimerFired { timer } | What::TimerDropped { timer } => drop(self.timers.remove(timer)),
            What::JobQueued { job, .. } => drop(self.jobs.insert(*job, false)),
            What::JobStarted { job, .. } => drop(self.jobs.insert(*job, true)),
            What::JobDone { job, .. } => drop(self.jobs.remove(job)),
            What::SpanBegan { span, name, .. } => drop(self.spans.insert(*span, name.clone())),
            What::SpanEnded { span } => drop(self.spans.remove(span)),
            What::Coalesced { .. }
            | What::Waits { .. }
            | What::Lost { .. }
            | What::Turn
            | What::Inbox { .. }
            | What::Readiness { .. }
            | What::Moved { .. }
            | What::Sync { .. }
            | What::Mark { .. }
            | What::SlowPoll { .. }
            | What::Stalled
            | What::Unknown => {}
        }
    }

    /// A `block_on` begins. Of the one before, if there was one, nothing is left.
    fn begin_anew(&mut self) {
        self.queue.clear();
        (self.running, self.asleep) = (None, false);
        for task in self.tasks.values_mut() {
            task.stage = match task.stage {
                Stage::Done(end) | Stage::Gone(end) => Stage::Gone(end),
                _ => Stage::Gone(End::Cancelled),
            };
        }
    }

    /// The root is over: `block_on` is being left.
    pub fn is_left(&self) -> bool {
        self.tasks.get(&self.root).is_some_and(Task::is_over)
    }

    /// The first place of the task in the queue, if it has one, is free again.
    fn unqueue(&mut self, task: u32) {
        // Almost always it is the first in the queue.
        if let Some(place) = self.queue.iter().position(|queued| *queued == task) {
            self.queue.remove(place);
        }
    }

    fn end(&mut self, task: u32, end: End) {
        if self.running == Some(task) {
            self.running = None;
        } else {
            // Aborted while it waited, it has come to the head of the queue; and that was not a poll.
            self.unqueue(task);
        }
        self.turn_to(task, |_| Some(Stage::Done(end)));
    }

    fn turn_to(&mut self, task: u32, next: impl FnOnce(&Stage) -> Option<Stage>) {
        if let Some(task) = self.tasks.get_mut(&task)
            && let Some(next) = next(&task.stage)
        {
            (task.stage, task.since) = (next, self.t);
        }
    }

    fn child(&mut self, child: Child, stage: Stage) {
        if let Some(child) = self.children.get_mut(&child) {
            (child.stage, child.since) = (stage, self.t);
        }
    }

    /// The state as one line of JSON that is the same wherever it is computed:
    /// `{"n":…,"turn":…,"loop":"running","running":4,"queue":[2,8],"tasks":{"1":{"state":"waiting","on":"timer","id":3,"polls":2}},
    /// "timers":[3],"sources":[1],"jobs":{"1":"running"}}`. Tasks that are gone are not in it.
    pub fn canonical(&self) -> String {
        // Numbers and texts, in maps with keys of text: there is nothing in it that JSON could not say.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Whether the event is the spawn of a root, with which a `block_on` begins: nobody but the loop does that.
pub(super) fn is_root(event: &Event) -> bool {
    match &event.what {
        What::Spawned { parent: None, name: Some(name), .. } => event.by == By::Loop && &**name == "root",
        _ => false,
    }
}

impl Task {
    fn new(at: &Text, since: u64) -> Task {
        Task {
            name: None,
            group: None,
            parent: None,
            key: 0,
            at: at.clone(),
            stage: Stage::New,
            since,
            polls: 0,
            wakers: 0,
        }
    }

    /// It has ended.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Done(_) | Stage::Gone(_))
    }

    /// What it waits for.
    pub fn waits_for(&self) -> Option<&Resource> {
        match &self.stage {
            Stage::Waiting(Some(waiting)) => Some(&waiting.on),
            _ => None,
        }
    }
}

impl Serialize for Machine {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("n", &self.n)?;
        map.serialize_entry("turn", &self.turn)?;
        map.serialize_entry("loop", if self.asleep { "asleep" } else { "running" })?;
        map.serialize_entry("running", &self.running)?;
        map.serialize_entry("queue", &self.queue)?;
        let alive = self.tasks.iter().filter(|(_, task)| !matches!(task.stage, Stage::Gone(_)));
        map.serialize_entry("tasks", &alive.collect::<BTreeMap<_, _>>())?;
        map.serialize_entry("timers", &self.timers.keys().collect::<Vec<_>>())?;
        map.serialize_entry("sources", &self.sources.keys().collect::<Vec<_>>())?;
        let jobs = self.jobs.iter().map(|(job, runs)| (job, if *runs { "running" } else { "queued" }));
        map.serialize_entry("jobs", &jobs.collect::<BTreeMap<_, _>>())?;
        map.end()
    }
}

impl Serialize for Task {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry(
            "state",
            match self.stage {
                Stage::New => "new",
                Stage::Queued => "queued",
                Stage::Running => "running",
                Stage::Waiting(_) => "waiting",
                Stage::Done(_) | Stage::Gone(_) => "done",
            },
        )?;
        if let Some(on) = self.waits_for() {
            map.serialize_entry("on", on.kind())?;
            if let Some(id) = on.id() {
                map.serialize_entry("id", &id)?;
            }
        }
        map.serialize_entry("polls", &self.polls)?;
        map.end()
    }
}

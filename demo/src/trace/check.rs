//! The log, checked: what must hold on every run of every loop, event by event.
//!
//! The rules are those of the loop (`runtime`'s front page), seen from outside. A log that breaks one is a fault of the
//! runtime or of its trace, so the tests check all they record.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::fmt;

use super::event::{By, Event, Resource, What};
use super::log::Log;
use super::replay::{Machine, Stage, Task};

/// A log that cannot be true: which event says so, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untrue {
    /// The number of the event.
    pub n: u32,
    /// Which rule it breaks.
    pub why: String,
}

/// A replay that looks at each event before it believes it.
#[derive(Default)]
pub struct Check {
    machine: Machine,
    /// The tasks whose wakers were just fired, and by whom.
    owed: Option<(By, Vec<u32>)>,
    /// The tasks whose wakers lie with timers.
    timers: HashMap<u32, u32>,
    jobs_done: BTreeSet<u32>,
}

/// Checks a whole log.
///
/// # Errors
/// The first event that breaks a rule.
pub fn check(log: &Log) -> Result<(), Untrue> {
    let mut check = Check::default();
    log.events.iter().try_for_each(|event| check.event(event))
}

impl Check {
    /// The machine after the events so far.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The next event.
    ///
    /// # Errors
    /// If it breaks a rule.
    pub fn event(&mut self, event: &Event) -> Result<(), Untrue> {
        let looked = self.order(event).and_then(|()| self.wakes(event)).and_then(|()| self.look(event));
        looked.map_err(|why| Untrue { n: event.n, why })?;
        self.machine.apply(event);
        self.after(event);
        Ok(())
    }

    /// Numbers have no gaps; time and turns do not run backwards.
    fn order(&self, event: &Event) -> Result<(), String> {
        let machine = &self.machine;
        require(event.n == machine.n + 1, || format!("it follows event {}", machine.n))?;
        require(event.t >= machine.t, || format!("it is earlier than event {}", machine.n))?;
        let next = machine.turn + u32::from(event.what == What::Turn);
        require(event.turn == next, || format!("turn {} cannot follow turn {}", event.turn, machine.turn))
    }

    /// Whose waker was fired by a source or a timer is on the queue before anybody else acts.
    fn wakes(&mut self, event: &Event) -> Result<(), String> {
        match self.owed.take() {
            Some((by, tasks)) if by == event.by => self.owed = Some((by, tasks)),
            Some((by, tasks)) => {
                for task in tasks {
                    let waits = matches!(self.task(task)?.stage, Stage::Waiting(_));
                    require(!waits, || {
                        format!("{by:?} fired the waker of #{task}, which is not on the queue")
                    })?;
                }
            }
            None => {}
        }
        Ok(())
    }

    fn look(&mut self, event: &Event) -> Result<(), String> {
        let machine = &self.machine;
        let busy = || match machine.running {
            Some(task) => Err(format!("#{task} is being polled")),
            None => Ok(()),
        };
        let is_queued = |task: &u32| machine.queue.contains(task);
        match &event.what {
            What::Spawned { task, .. } => {
                let newest = machine.tasks.keys().next_back().copied().unwrap_or_default();
                require(*task > newest, || format!("its number is used: there was #{newest}"))?;
            }
            What::Queued { task, len } => {
                self.task(*task)?;
                require(!is_queued(task), || format!("#{task} stands in the queue already"))?;
                let there = machine.queue.len() + 1;
                // Once the root is over, tasks that are ready are dropped where they stand.
                let is_true = *len as usize == there || machine.is_left();
                require(is_true, || format!("the queue has {there}, not {len}"))?;
                self.actor(event.by)?;
            }
            What::Coalesced { task } => {
                let over = self.task(*task)?.is_over();
                require(is_queued(task) || over, || format!("#{task} does not stand in the queue"))?;
            }
            What::Late { task } => {
                require(self.task(*task)?.is_over(), || format!("#{task} is not over"))?;
                // From another thread it gets no further than the inbox.
                require(event.by == By::Thread || is_queued(task), || {
                    format!("#{task} does not stand in the queue")
                })?;
            }
            What::Polled { task } => {
                busy()?;
                require(!machine.asleep, || "the loop sleeps".to_owned())?;
                require(!self.task(*task)?.is_over(), || format!("#{task} is over"))?;
                require(is_queued(task), || format!("#{task} was not queued"))?;
            }
            What::Pending { task, .. } | What::Ready { task } | What::Panicked { task } => {
                require(machine.running == Some(*task), || format!("#{task} is not being polled"))?;
            }
            What::Cancelled { task } => {
                require(!self.task(*task)?.is_over(), || format!("#{task} is over"))?;
            }
            What::Gone { task, .. } => {
                let stage = &self.task(*task)?.stage;
                // A root that panics goes without a word: its panic is already on its way through `block_on`.
                let panics = *stage == Stage::Running && *task == machine.root;
                require(panics || matches!(stage, Stage::Done(_)), || format!("#{task} is {stage:?}"))?;
            }
            What::Lost { task } => {
                let task_state = self.task(*task)?;
                require(task_state.wakers == 0, || format!("somebody holds a waker of #{task}"))?;
                let waits = matches!(task_state.stage, Stage::Waiting(_));
                require(waits, || format!("#{task} does not wait"))?;
            }
            What::ChildSpawned { child, .. } => {
                require(!machine.children.contains_key(child), || "it was spawned before".to_owned())?;
            }
            What::ChildPolled { child } => {
                require(machine.running == Some(child.task), || "its parent is not being polled".to_owned())?;
                require(!self.child(event)?.is_over(), || "it is over".to_owned())?;
            }
            What::ChildPending { .. } | What::ChildReady { .. } | What::ChildPanicked { .. } => {
                let runs = self.child(event)?.stage == Stage::Running;
                require(runs, || "it is not being polled".to_owned())?;
            }
            What::ChildCancelled { .. } => {
                require(!self.child(event)?.is_over(), || "it is over".to_owned())?;
            }
            What::Turn | What::Inbox { .. } | What::Stalled => busy()?,
            What::Asleep { .. } => {
                busy()?;
                require(!machine.asleep, || "the loop sleeps already".to_owned())?;
                let first = machine.queue.front();
                require(first.is_none(), || format!("#{} is ready", first.copied().unwrap_or_default()))?;
            }
            What::Awake { slept, .. } => {
                // The other way round is true: when it was about to sleep, its deadline had come.
                require(!slept || machine.asleep, || "the loop was not asleep".to_owned())?;
            }
            What::Registered { source, .. } => {
                let newest = machine.sources.keys().next_back().copied().unwrap_or_default();
                require(*source > newest, || format!("its number is used: there is source {newest}"))?;
            }
            What::Readiness { source, .. } | What::Moved { source, .. } | What::Deregistered { source } => {
                require(machine.sources.contains_key(source), || format!("there is no source {source}"))?;
            }
            What::TimerSet { timer, .. } => {
                require(!machine.timers.contains_key(timer), || format!("timer {timer} is set already"))?;
            }
            What::TimerFired { timer } => {
                let Some(deadline) = machine.timers.get(timer) else {
                    return Err(format!("timer {timer} is not set"));
                };
                require(event.t >= *deadline, || format!("timer {timer} is due only at {deadline} ns"))?;
            }
            What::TimerDropped { timer } => {
                require(machine.timers.contains_key(timer), || format!("timer {timer} is not set"))?;
            }
            What::JobQueued { job, .. } => {
                let used = machine.jobs.contains_key(job) || self.jobs_done.contains(job);
                require(!used, || format!("there was a job {job}"))?;
            }
            What::JobStarted { job, .. } => {
                require(machine.jobs.get(job) == Some(&false), || format!("job {job} was not queued"))?;
            }
            What::JobDone { job, .. } => {
                require(machine.jobs.contains_key(job), || format!("job {job} was not queued, or is done"))?;
                self.jobs_done.insert(*job);
            }
            What::SpanBegan { span, .. } => {
                require(!machine.spans.contains_key(span), || format!("span {span} has begun"))?;
            }
            What::SpanEnded { span } => {
                require(machine.spans.contains_key(span), || format!("span {span} has not begun"))?;
            }
            What::Waits { .. } | What::Sync { .. } | What::Mark { .. } => {}
            What::SlowPoll { .. } | What::Unknown => {}
        }
        Ok(())
    }

    /// Notes whose wakers lie where, and whose are fired by this event.
    fn after(&mut self, event: &Event) {
        if let (What::Waits { on, .. }, By::Task(task)) = (&event.what, event.by)
            && let Resource::Timer { id } = on.on
        {
            self.timers.insert(id, task);
        }
        let fired = match &event.what {
            What::Readiness { source, readable, writable, closed } => {
                let (by, id) = (By::Source(*source), *source);
                let fired = |on: &Resource| match on {
                    Resource::Readable { id: awaited } => (*readable || *closed) && *awaited == id,
                    Resource::Writable { id: awaited } => (*writable || *closed) && *awaited == id,
                    _ => false,
                };
                Some((by, self.waiting(fired)))
            }
            What::TimerFired { timer } => {
                Some((By::Timer(*timer), self.timers.remove(timer).into_iter().collect()))
            }
            _ => None,
        };
        if fired.is_some() {
            self.owed = fired;
        }
    }

    fn waiting(&self, fired: impl Fn(&Resource) -> bool) -> Vec<u32> {
        let all = self.machine.tasks.iter();
        all.filter(|(_, task)| task.waits_for().is_some_and(&fired)).map(|(number, _)| *number).collect()
    }

    fn task(&self, number: u32) -> Result<&Task, String> {
        self.machine.tasks.get(&number).ok_or_else(|| format!("there is no task #{number}"))
    }

    fn child(&self, event: &Event) -> Result<&Task, String> {
        let child = match &event.what {
            What::ChildPolled { child } | What::ChildPending { child, .. } => child,
            What::ChildReady { child } | What::ChildPanicked { child } | What::ChildCancelled { child } => {
                child
            }
            _ => return Err("it is no event of a child".to_owned()),
        };
        self.machine.children.get(child).ok_or_else(|| "it was not spawned".to_owned())
    }

    /// Who acts exists.
    fn actor(&self, by: By) -> Result<(), String> {
        match by {
            By::Task(task) => self.task(task).map(drop),
            By::Source(source) => {
                require(self.machine.sources.contains_key(&source), || format!("there is no source {source}"))
            }
            By::Timer(timer) => {
                let is_set = self.machine.timers.contains_key(&timer);
                require(!is_set, || format!("timer {timer} has not fired"))
            }
            By::Thread | By::Loop => Ok(()),
        }
    }
}

fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

impl fmt::Display for Untrue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} cannot be: {}", self.n, self.why)
    }
}

impl Error for Untrue {}

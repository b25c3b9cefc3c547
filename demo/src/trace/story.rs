//! An event in words: a sentence or two, as a person would tell it. What happened, why, and what comes of it.
//!
//! The player's page says the same of each type of event, in `tell.js`; who changes the one should look at the other.

use super::event::{By, Event, Resource, Step, What};
use super::hindsight::Hindsight;
use super::log::Log;
use super::names::{Names, span};
use super::replay::{Machine, Stage, is_root};
use crate::text::{self, counted};

/// The story as far as it was told: what an event means depends on what went before.
pub struct Story {
    names: Names,
    known: Hindsight,
    machine: Machine,
    /// When the loop fell asleep, and until when it meant to sleep.
    asleep: Option<(u64, Option<u64>)>,
    /// When the spans began that have not ended.
    spans: Vec<(u32, u64)>,
}

impl Story {
    /// A story at its beginning.
    pub fn new(log: &Log) -> Story {
        let (names, known) = (Names::of(log), Hindsight::of(log));
        Story { names, known, machine: Machine::default(), asleep: None, spans: Vec::new() }
    }

    /// The machine before the event that is told next.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The next event, which must be the one after the last, in words.
    pub fn tell(&mut self, event: &Event) -> String {
        let told = capital(&self.sentence(event));
        match event.what {
            What::Asleep { until, .. } => self.asleep = Some((event.t, until)),
            What::Awake { .. } => self.asleep = None,
            What::SpanBegan { span, .. } => self.spans.push((span, event.t)),
            What::SpanEnded { span } => self.spans.retain(|(open, _)| *open != span),
            _ => {}
        }
        self.machine.apply(event);
        told
    }

    fn sentence(&self, event: &Event) -> String {
        let names = &self.names;
        let task = |number: &u32| names.task(*number);
        let who = || self.who(event.by);
        match &event.what {
            What::Spawned { .. } if is_root(event) => {
                "block_on begins: its future, the root, becomes a task like any other.".to_owned()
            }
            What::Spawned { task: new, parent: Some(parent), at, .. } => {
                format!("{} spawns {}, at {at}. Nothing of it has run yet.", task(parent), task(new))
            }
            What::Spawned { task: new, parent: None, at, .. } => {
                format!("{} is spawned, at {at}. Nothing of it has run yet.", task(new))
            }
            What::Queued { task: queued, len } => self.queued(event, *queued, *len),
            What::Coalesced { task: queued } => {
                let comes = match self.known.aborts.contains_key(&event.n) {
                    true => "before it is polled again, it is cancelled",
                    false => "two wakes, one poll",
                };
                let pushed = self.pushed(event, *queued, " again");
                format!("{} is {pushed}, and stands in the run queue already: {comes}.", task(queued))
            }
            What::Late { task: gone } if event.by == By::Thread => format!(
                "Another thread has fired the waker of {}, which is gone: too late. Nothing is queued.",
                task(gone)
            ),
            What::Late { task: gone } => format!(
                "The queue comes to {}, which is gone: somebody fired its waker too late. Nothing is polled.",
                task(gone)
            ),
            What::Polled { task: polled } => self.polled(event, *polled),
            What::Waits { on, replaced } => {
                let replaced = if *replaced { " Another waker lay there; this one replaces it." } else { "" };
                match self.keeper(&on.on, event.by) {
                    Some(keeper) => format!("{} leaves its waker with {keeper}.{replaced}", who()),
                    None => {
                        let waited = names.waited(&on.on, task_of(event.by));
                        format!("{} has to wait for {waited}.{replaced}", who())
                    }
                }
            }
            What::Pending { task: pending, on, wakers } => {
                self.pending(event.t, *pending, on.as_ref().map(|on| &on.on), *wakers)
            }
            What::Lost { task: lost } => format!(
                "{} is lost: it waits, but it left its waker with nobody, so nothing will ever wake it.",
                task(lost)
            ),
            What::Ready { task: ready } if *ready == self.machine.root => {
                format!("{} is ready: block_on has its output, and what is left is dropped.", task(ready))
            }
            What::Ready { task: ready } => {
                format!("{} is ready: it has returned its output, after {}.", task(ready), self.polls(*ready))
            }
            What::Panicked { task: panicked } => format!(
                "{} panics. The panic ends this task alone: who joins it gets it as an error.",
                task(panicked)
            ),
            What::Cancelled { task: cancelled } => {
                let why = if self.machine.is_left() { "block_on is being left" } else { "it was aborted" };
                format!("{} is cancelled: {why}. Its future is dropped where it stands.", task(cancelled))
            }
            What::Gone { task: gone, wakers: 0 } => {
                format!("{} is gone: its future is dropped, its slot is free.", task(gone))
            }
            What::Gone { task: gone, wakers } => format!(
                "{} is gone: its future is dropped, its slot is free. {}.",
                task(gone),
                match wakers {
                    1 => "1 waker of it is still held: fired now, it is too late".to_owned(),
                    n => format!(
                        "{} of it are still held: fired now, they are too late",
                        counted((*n).into(), "waker")
                    ),
                }
            ),
            What::ChildSpawned { child, .. } => {
                format!("{} begins: it lives inside its task, and is polled there.", names.child(*child))
            }
            What::ChildPolled { child } => {
                format!("{} was woken, so it is polled.", names.child(*child))
            }
            What::ChildPending { child, on } => {
                let waits = on.as_ref().map(|on| names.waited(&on.on, Some(child.task)));
                let waits = waits.map_or_else(String::new, |on| format!(": it waits for {on}"));
                format!("{} cannot go on{waits}.", names.child(*child))
            }
            What::ChildReady { child } => format!("{} is over.", names.child(*child)),
            What::ChildPanicked { child } => {
                format!("{} panics, and so the whole group ends.", names.child(*child))
            }
            What::ChildCancelled { child } => {
                format!("{} is cancelled: no child outlives its group.", names.child(*child))
            }
            What::Turn => format!("Turn {} of the loop begins.", text::count(event.turn.into())),
            What::Inbox { wakes, sent, coalesced } => {
                let sent = if *sent > 0 {
                    format!(" and {}", counted((*sent).into(), "future"))
                } else {
                    String::new()
                };
                let more = match coalesced {
                    0 => String::new(),
                    n => format!(
                        " {} came for tasks that were on their way already.",
                        counted((*n).into(), "more wake")
                    ),
                };
                let wakes = counted((*wakes).into(), "wake");
                format!("The loop takes in what other threads have left: {wakes}{sent}.{more}")
            }
            What::Asleep { until, timers, sources, jobs } => {
                asleep(event.t, *until, *sources, *timers, *jobs)
            }
            What::Awake { slept, events, bell } => self.awake(event.t, *slept, *events, *bell),
            What::Registered { source, token, .. } => format!(
                "{} registers a {} with the OS, which calls it token {token} from now on.",
                who(),
                names.kind(*source)
            ),
            What::Readiness { source, readable, writable, closed } => {
                self.readiness(event, *source, [*readable, *writable, *closed])
            }
            What::Moved { source, read, bytes } => {
                let source = names.source(*source, task_of(event.by));
                match read {
                    true if *bytes == 0 => {
                        format!("{} finds {source} at its end: no more will come.", who())
                    }
                    true => format!("{} reads {} from {source}.", who(), counted(*bytes, "byte")),
                    false => format!("{} writes {} to {source}.", who(), counted(*bytes, "byte")),
                }
            }
            What::Deregistered { source } => {
                format!("{} is closed, and not watched any more.", names.source(*source, task_of(event.by)))
            }
            What::TimerSet { timer, deadline } => {
                let due = span(deadline.saturating_sub(event.t));
                format!("{} sets timer {timer}, which is due in {due}.", who())
            }
            What::TimerFired { timer } => {
                let owner = names.owner_of_timer(*timer).map_or_else(String::new, |owner| {
                    format!(" for {}: the loop fires the waker that was left there", task(&owner))
                });
                format!("Timer {timer} is due{owner}.")
            }
            What::TimerDropped { timer } => {
                format!("Timer {timer} is dropped before it was due: nobody waits for it any more.")
            }
            What::JobQueued { job, .. } => format!(
                "{} gives job {job} to the blocking pool: it would hold this thread, and all tasks with it.",
                who()
            ),
            What::JobStarted { job, ago } => {
                format!("A thread of the pool has begun job {job}, {} ago.", span(*ago))
            }
            What::JobDone { job, ago } => format!("Job {job} is done, since {}.", span(*ago)),
            What::Sync { on, step, .. } => format!("{} {}.", who(), done(on, *step)),
            What::Mark { name, detail } => {
                format!("{} notes: {name}{}.", who(), after_comma(detail))
            }
            What::SpanBegan { name, detail, .. } => {
                format!("{} begins: {name}{}.", who(), after_comma(detail))
            }
            What::SpanEnded { span: ended } => {
                let name = self.machine.spans.get(ended).map_or("a span", |name| name);
                let began = self.spans.iter().find(|(open, _)| open == ended);
                let took = began.map_or_else(String::new, |(_, t)| {
                    format!(", after {}", span(event.t.saturating_sub(*t)))
                });
                format!("{} has finished: {name}{took}.", who())
            }
            What::SlowPoll { task: slow, took } => format!(
                "The poll of {} held the thread for {}, and no other task could run.",
                task(slow),
                span(*took)
            ),
            What::Stalled => {
                "The loop stalls: nothing in it can wake a task any more. Only another thread could."
                    .to_owned()
            }
            What::Unknown => "Something happens that this program does not know.".to_owned(),
        }
    }

    fn queued(&self, event: &Event, task: u32, len: u32) -> String {
        let place = match len {
            len if !self.known.is_fifo => format!("which has {} now", counted(len.into(), "task")),
            0 | 1 => "first in line".to_owned(),
            len => format!("as {} in line", nth(len)),
        };
        let name = self.names.task(task);
        match self.machine.tasks.get(&task).map(|task| &task.stage) {
            Some(Stage::New) => {
                format!("{name} joins the run queue, {place}, to be polled for the first time.")
            }
            Some(stage) => {
                let then = match self.known.aborts.get(&event.n) {
                    Some(true) => ", to be cancelled when its turn comes",
                    Some(false) => "; before it is polled again, it is cancelled",
                    None if *stage == Stage::Running => ": it wants to be polled again",
                    None => "",
                };
                let pushed = self.pushed(event, task, "");
                format!("{name} is {pushed} and joins the run queue, {place}{then}.")
            }
            None => format!("{name} joins the run queue, {place}."),
        }
    }

    fn polled(&self, event: &Event, task: u32) -> String {
        let name = self.names.task(task);
        match self.machine.tasks.get(&task) {
            Some(state) if state.polls > 0 => {
                let queued = span(event.t.saturating_sub(state.since));
                format!(
                    "The loop polls {name}, for the {} time; it was in the queue for {queued}.",
                    nth(state.polls + 1)
                )
            }
            _ => format!("The loop polls {name}, for the first time: it runs from its beginning."),
        }
    }

    fn pending(&self, t: u64, task: u32, on: Option<&Resource>, wakers: u32) -> String {
        let name = self.names.task(task);
        let ran = self.machine.tasks.get(&task).map(|task| task.since);
        let took = ran.map_or_else(String::new, |since| format!(" after {}", span(t.saturating_sub(since))));
        if self.machine.queue.contains(&task) {
            let behind = if self.known.is_fifo { ", behind the others" } else { "" };
            return match on {
                Some(Resource::Turn) => format!("{name} gives way{took}; it is in the queue again{behind}."),
                _ => format!(
                    "{name} returns Pending{took}, but has been woken meanwhile: it is in the queue again{behind}."
                ),
            };
        }
        let waits =
            on.map_or_else(String::new, |on| format!(": it waits for {}", self.names.waited(on, Some(task))));
        format!("{name} returns Pending{took}{waits}. {}", held(wakers))
    }

    fn awake(&self, t: u64, slept: bool, events: u32, bell: bool) -> String {
        let news = match (events, bell) {
            (0, false) => "nothing is new".to_owned(),
            (0, true) => "another thread has rung the bell".to_owned(),
            (n, bell) => {
                let bell = if bell { ", and another thread has rung the bell" } else { "" };
                format!(
                    "{} something to say{bell}",
                    if n == 1 { "1 source has".to_owned() } else { format!("{n} sources have") }
                )
            }
        };
        match self.asleep {
            Some((since, until)) if slept => {
                let is_due = events == 0 && !bell && until.is_some_and(|until| t >= until);
                let news = if is_due { "the first deadline has come".to_owned() } else { news };
                format!("The loop wakes after {}: {news}.", span(t.saturating_sub(since)))
            }
            // Its deadline came while it was about to fall asleep.
            Some(_) => format!("The loop need not sleep: the deadline has come, and {news}."),
            None => format!("The loop asks the OS in passing: {news}."),
        }
    }

    fn readiness(&self, event: &Event, source: u32, [readable, writable, closed]: [bool; 3]) -> String {
        let is = [(readable, "readable"), (writable, "writable"), (closed, "closed at the other end")];
        let is: Vec<_> = is.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
        let what = if is.is_empty() { "of interest".to_owned() } else { is.join(" and ") };
        let awaited = |on: &Resource| match on {
            Resource::Readable { id } => *id == source && (readable || closed),
            Resource::Writable { id } => *id == source && (writable || closed),
            _ => false,
        };
        let waiting = self.machine.tasks.iter();
        let waiting: Vec<_> = waiting.filter(|(_, task)| task.waits_for().is_some_and(awaited)).collect();
        let led = match waiting[..] {
            [] => "Nobody waits for it alone, so it is remembered.".to_owned(),
            [(number, task), ..] => {
                let since = span(event.t.saturating_sub(task.since));
                format!("The loop fires the waker that {} left there {since} ago.", self.names.task(*number))
            }
        };
        format!("The OS says that {} is {what}. {led}", self.names.source(source, None))
    }

    fn polls(&self, task: u32) -> String {
        counted(self.machine.tasks.get(&task).map_or(0, |task| task.polls.into()), "poll")
    }

    fn who(&self, by: By) -> String {
        match by {
            By::Task(task) => self.names.task(task),
            By::Source(_) => "the reactor".to_owned(),
            By::Timer(timer) => format!("timer {timer}"),
            By::Thread => "another thread".to_owned(),
            By::Loop => "the loop".to_owned(),
        }
    }

    fn by_whom(&self, by: By, woken: u32) -> String {
        match by {
            By::Task(task) if task == woken => " by itself".to_owned(),
            By::Task(task) => format!(" by {}", self.names.task(task)),
            By::Source(source) => format!(" by {}", self.names.source(source, Some(woken))),
            By::Timer(timer) => format!(" by timer {timer}"),
            By::Thread => " by another thread".to_owned(),
            By::Loop => String::new(),
        }
    }

    /// `woken by …`; or `aborted by …`, which puts a task on the queue as well.
    fn pushed(&self, event: &Event, task: u32, again: &str) -> String {
        let by = self.by_whom(event.by, task);
        match self.known.aborts.get(&event.n) {
            Some(true) => format!("aborted{by}"),
            Some(false) => format!("woken{again}, or aborted,{by}"),
            None => format!("woken{again}{by}"),
        }
    }

    /// Who keeps the waker of one who waits for this.
    fn keeper(&self, on: &Resource, by: By) -> Option<String> {
        Some(match on {
            Resource::Readable { id } => {
                format!("{}, until it is readable", self.names.source(*id, task_of(by)))
            }
            Resource::Writable { id } => {
                format!("{}, until it is writable", self.names.source(*id, task_of(by)))
            }
            Resource::Timer { id: 0 } => return None,
            Resource::Timer { id } => format!("timer {id}"),
            Resource::Lock { id } => format!("lock {id}"),
            Resource::Permits { id } => format!("semaphore {id}"),
            Resource::Barrier { id } => format!("barrier {id}"),
            Resource::Event { id } => format!("event {id}"),
            Resource::Condvar { id } => format!("condition {id}"),
            Resource::Message { id } => format!("channel {id}, until there is a message"),
            Resource::Room { id } => format!("channel {id}, until there is room"),
            Resource::Task { id } => format!("{}, until that is over", self.names.task(*id)),
            Resource::Job { id } => format!("blocking job {id}"),
            Resource::Children { .. } | Resource::Turn | Resource::Other { .. } => return None,
        })
    }
}

fn asleep(t: u64, until: Option<u64>, sources: u32, timers: u32, jobs: u32) -> String {
    let mut ends = Vec::new();
    if sources > 0 {
        ends.push(format!("news of {}", counted(sources.into(), "source")));
    }
    if timers > 0 {
        ends.push(format!("the first of {}", counted(timers.into(), "timer")));
    }
    if jobs > 0 {
        ends.push(format!("the end of {}", counted(jobs.into(), "blocking job")));
    }
    let ends = match ends.is_empty() {
        true => "only another thread".to_owned(),
        false => format!("{} or another thread", ends.join(", ")),
    };
    let limit = until.map(|until| format!(" until the first deadline, in {}", span(until.saturating_sub(t))));
    format!(
        "The queue is empty, so the loop sleeps in the OS{}: {ends} will wake it.",
        limit.unwrap_or_default()
    )
}

/// What was done to the thing, after the name of who did it.
fn done(on: &Resource, step: Step) -> String {
    let thing = match on {
        Resource::Lock { id } => format!("lock {id}"),
        Resource::Permits { id } => format!("semaphore {id}"),
        Resource::Barrier { id } => format!("barrier {id}"),
        Resource::Event { id } => format!("event {id}"),
        Resource::Condvar { id } => format!("condition {id}"),
        Resource::Message { id } | Resource::Room { id } => format!("channel {id}"),
        other => format!("{} {}", other.kind(), other.id().unwrap_or_default()),
    };
    let permits = |n: u32| counted(n.into(), "permit");
    let messages = |n: u32| counted(n.into(), "message");
    match (on, step) {
        (Resource::Permits { .. }, Step::Acquired { count }) => {
            format!("takes {} of {thing}", permits(count))
        }
        (Resource::Permits { .. }, Step::Released { count }) => {
            format!("gives {} back to {thing}; the first in line may go on", permits(count))
        }
        (_, Step::Acquired { .. }) => format!("takes {thing}; who comes now must wait"),
        (_, Step::Released { .. }) => format!("gives {thing} back; the first in line may go on"),
        (_, Step::Sent { len }) => format!("puts a message into {thing}, which now has {}", messages(len)),
        (_, Step::Received { len }) => {
            format!("takes a message out of {thing}, which now has {}", messages(len))
        }
        (_, Step::Arrived { waiting, parties }) => {
            format!("comes to {thing}: {waiting} of {parties} are there")
        }
        (_, Step::Opened) => format!("is the last at {thing}: all may go on"),
        (_, Step::Broken) => format!("breaks {thing}: those who wait there are sent away"),
        (_, Step::Set) => format!("sets {thing}: all who wait for it may go on"),
        (_, Step::Cleared) => format!("clears {thing}: who comes now must wait"),
        (_, Step::Notified { count }) => {
            format!("tells {} at {thing} to look again", counted(count.into(), "task"))
        }
        (_, Step::Closed) => format!("closes {thing}: nobody need wait there any more"),
        (_, Step::Unknown) => format!("does something to {thing}"),
    }
}

fn task_of(by: By) -> Option<u32> {
    match by {
        By::Task(task) => Some(task),
        By::Source(_) | By::Timer(_) | By::Thread | By::Loop => None,
    }
}

fn held(wakers: u32) -> String {
    match wakers {
        0 => "Nobody holds its waker.".to_owned(),
        n => format!("{} held by others.", are(n, "waker")),
    }
}

/// `1 waker is`, `2 wakers are`.
fn are(n: u32, noun: &str) -> String {
    format!("{} {}", counted(n.into(), noun), if n == 1 { "is" } else { "are" })
}

fn after_comma(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(", {detail}") }
}

/// `1st`, `2nd`, `3rd`, `4th`.
fn nth(n: u32) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{ending}", text::count(n.into()))
}

/// A sentence begins with a capital, unless with a name.
fn capital(words: &str) -> String {
    let rest = ["the ", "a ", "another ", "child ", "timer ", "task "];
    match words.chars().next() {
        Some(first) if rest.iter().any(|start| words.starts_with(start)) => {
            first.to_uppercase().chain(words.chars().skip(1)).collect()
        }
        _ => words.to_owned(),
    }
}

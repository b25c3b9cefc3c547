//! The log in the trace-event format that Perfetto (<https://ui.perfetto.dev>) and `chrome://tracing` open.
//!
//! One track for the loop: its turns, and in them the time asleep in the OS. One for each task: running, in the queue,
//! waiting for what; the children of its groups within its polls. Flow arrows lead from where a waker was fired to the poll
//! that it led to. Spans of the program and blocking jobs are asynchronous slices, as they end when they please. Counters
//! show the length of the run queue, the tasks that wait for sockets, and the bytes moved.
//!
//! The format: "Trace Event Format", Google, as Perfetto's documentation of the JSON importer has it. What matters of it:
//! slices of one track nest or follow each other; a flow has one start `s` and one end `f` of the same `cat`, `name` and
//! `id`, each inside a slice (`bp: e`: the one around it); times are microseconds.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::event::{By, Event, Resource, What};
use super::log::Log;
use super::names::Names;
use super::replay::{Machine, Stage, Task};

/// The track of the loop. Those of the tasks have the tasks' numbers, which begin at 1.
const LOOP: u32 = 0;

/// Writes the trace, an event a line.
///
/// # Errors
/// Those of the writer.
pub fn write(log: &Log, to: impl Write) -> io::Result<()> {
    let mut writer = Writer { to, first: true };
    let title = json!({ "title": log.header.title, "version": log.header.version, "cut": log.header.cut });
    write!(writer.to, "{{\"displayTimeUnit\":\"ns\",\"otherData\":{title},\"traceEvents\":[")?;
    Tracks::new(log).write(log, &mut writer)?;
    writer.to.write_all(b"\n]}\n")
}

struct Writer<W> {
    to: W,
    first: bool,
}

impl<W: Write> Writer<W> {
    fn put(&mut self, entry: &Entry<'_>) -> io::Result<()> {
        self.to.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        Ok(serde_json::to_writer(&mut self.to, entry)?)
    }
}

/// One entry of the format.
#[derive(Serialize)]
struct Entry<'a> {
    ph: &'static str,
    name: &'a str,
    cat: &'static str,
    pid: u32,
    tid: u32,
    /// Microseconds.
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    args: Map<String, Value>,
}

impl<'a> Entry<'a> {
    fn new(ph: &'static str, cat: &'static str, name: &'a str, tid: u32, t: u64) -> Self {
        let args = Map::new();
        Entry { ph, name, cat, pid: 1, tid, ts: t as f64 / 1000.0, id: None, bp: None, s: None, args }
    }

    fn id(mut self, id: u32) -> Self {
        self.id = Some(id);
        self
    }

    fn arg(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.args.insert(key.to_owned(), value.into());
        self
    }
}

/// Slices begin and end with `B` and `E`: in the order of the log they nest by themselves, also where times are equal, as
/// in virtual time.
struct Tracks {
    machine: Machine,
    names: Names,
    /// Slices that are open, by track.
    open: HashMap<u32, u32>,
    /// The wake that is to lead to the next poll of a task.
    flows: HashMap<u32, u32>,
    /// Jobs and spans that are open, with their names.
    asynchronous: HashMap<(&'static str, u32), String>,
    /// Read and written so far.
    bytes: [u64; 2],
    /// The tasks that wait for sockets.
    on_socket: HashSet<u32>,
}

impl Tracks {
    fn new(log: &Log) -> Self {
        Tracks {
            machine: Machine::default(),
            names: Names::of(log),
            open: HashMap::new(),
            flows: HashMap::new(),
            asynchronous: HashMap::new(),
            bytes: [0; 2],
            on_socket: HashSet::new(),
        }
    }

    fn write<W: Write>(mut self, log: &Log, to: &mut Writer<W>) -> io::Result<()> {
        self.describe(log, to)?;
        for event in &log.events {
            self.event(event, to)?;
        }
        // What is still open ends with the log.
        let end = log.end();
        let mut open: Vec<_> = self.open.iter().map(|(track, depth)| (*track, *depth)).collect();
        open.sort_unstable();
        for (track, depth) in open {
            for _ in 0..depth {
                to.put(&Entry::new("E", "", "", track, end))?;
            }
        }
        let mut left: Vec<_> = self.asynchronous.drain().collect();
        left.sort_unstable();
        for ((cat, id), name) in left {
            to.put(&Entry::new("e", cat, &name, LOOP, end).id(id))?;
        }
        Ok(())
    }

    /// The tracks' names, and their order: the loop, then the tasks by age.
    fn describe<W: Write>(&self, log: &Log, to: &mut Writer<W>) -> io::Result<()> {
        to.put(&Entry::new("M", "", "process_name", LOOP, 0).arg("name", log.header.title.as_str()))?;
        let tasks = log.events.iter().filter_map(|event| match event.what {
            What::Spawned { task, .. } => Some(task),
            _ => None,
        });
        for track in [LOOP].into_iter().chain(tasks) {
            let name = if track == LOOP { "loop".to_owned() } else { self.names.task(track) };
            to.put(&Entry::new("M", "", "thread_name", track, 0).arg("name", name))?;
            to.put(&Entry::new("M", "", "thread_sort_index", track, 0).arg("sort_index", track))?;
        }
        Ok(())
    }

    fn event<W: Write>(&mut self, event: &Event, to: &mut Writer<W>) -> io::Result<()> {
        let t = event.t;
        let before = self.machine.asleep;
        self.machine.apply(event);
        match &event.what {
            What::Turn => {
                self.close_all(LOOP, t, to)?;
                let name = format!("turn {}", event.turn);
                self.begin(Entry::new("B", "loop", &name, LOOP, t), to)?;
            }
            What::Asleep { until, .. } => {
                let mut slice = Entry::new("B", "loop", "asleep", LOOP, t);
                if let Some(until) = until {
                    slice = slice.arg("until_us", *until as f64 / 1000.0);
                }
                self.begin(slice, to)?;
            }
            What::Awake { .. } if before => self.end(LOOP, t, to)?,
            What::Awake { events, .. } => self.instant("asked the OS", LOOP, t, json!(events), to)?,
            What::Queued { task, .. } => {
                // A task that wakes itself goes on running; its flow starts here all the same.
                if self.machine.running != Some(*task) {
                    self.task(*task, t, to)?;
                }
                let from = match event.by {
                    By::Task(task) if self.open.get(&task).is_some_and(|depth| *depth > 0) => task,
                    // Outside the first turn there is no slice to start in.
                    _ if self.open.get(&LOOP).is_some_and(|depth| *depth > 0) => LOOP,
                    _ => return Ok(()),
                };
                if from != *task {
                    self.flows.insert(*task, event.n);
                    to.put(&Entry { bp: Some("e"), ..Entry::new("s", "wake", "wake", from, t).id(event.n) })?;
                }
            }
            What::Polled { task } => {
                self.task(*task, t, to)?;
                if let Some(flow) = self.flows.remove(task) {
                    to.put(&Entry { bp: Some("e"), ..Entry::new("f", "wake", "wake", *task, t).id(flow) })?;
                }
            }
            What::Pending { task, .. } => self.task(*task, t, to)?,
            What::Ready { task } => self.over("ready", *task, t, to)?,
            What::Panicked { task } => self.over("panicked", *task, t, to)?,
            What::Cancelled { task } => self.over("cancelled", *task, t, to)?,
            What::Gone { task, .. } => {
                self.close_all(*task, t, to)?;
                self.drop_flow(*task, t, to)?;
            }
            What::Late { task } if event.by != By::Thread => self.drop_flow(*task, t, to)?,
            What::ChildPolled { child } => {
                let name = self.names.child(*child);
                self.begin(Entry::new("B", "child", &name, child.task, t), to)?;
            }
            What::ChildPending { child, .. } | What::ChildReady { child } | What::ChildPanicked { child } => {
                self.end(child.task, t, to)?;
            }
            What::Moved { read, bytes, .. } => {
                self.bytes[usize::from(!read)] += bytes;
                let counter = Entry::new("C", "io", "bytes", LOOP, t);
                to.put(&counter.arg("read", self.bytes[0]).arg("written", self.bytes[1]))?;
            }
            What::JobQueued { job, .. } => {
                self.asynchronous(("job", *job), format!("job {job}"), t, to)?;
            }
            What::JobDone { job, .. } => self.asynchronous_end(("job", *job), t, to)?,
            What::SpanBegan { span, name, detail } => {
                self.asynchronous(("span", *span), format!("{name} {detail}").trim_end().to_owned(), t, to)?;
            }
            What::SpanEnded { span } => self.asynchronous_end(("span", *span), t, to)?,
            What::Mark { name, detail } => self.instant(name, track(event.by), t, json!(&**detail), to)?,
            What::SlowPoll { task, took } => self.instant("slow poll", *task, t, json!(took), to)?,
            What::Lost { task } => self.instant("lost", *task, t, Value::Null, to)?,
            What::Stalled => self.instant("stalled", LOOP, t, Value::Null, to)?,
            // They are in the slices and arrows already, or would bury them.
            What::Coalesced { .. }
            | What::Late { .. }
            | What::Waits { .. }
            | What::Inbox { .. }
            | What::Registered { .. }
            | What::Readiness { .. }
            | What::Deregistered { .. }
            | What::TimerSet { .. }
            | What::TimerFired { .. }
            | What::TimerDropped { .. }
            | What::JobStarted { .. }
            | What::Spawned { .. }
            | What::ChildSpawned { .. }
            | What::ChildCancelled { .. }
            | What::Sync { .. }
            | What::Unknown => {}
        }
        self.count(event, to)
    }

    /// The next slice of a task: what it does from now on.
    fn task<W: Write>(&mut self, task: u32, t: u64, to: &mut Writer<W>) -> io::Result<()> {
        self.close_all(task, t, to)?;
        let Some(state) = self.machine.tasks.get(&task) else { return Ok(()) };
        let (cat, name, at) = match &state.stage {
            Stage::New | Stage::Queued if state.polls == 0 => {
                ("queued", "in the queue".to_owned(), Some(&state.at))
            }
            Stage::New | Stage::Queued => ("queued", "in the queue".to_owned(), None),
            Stage::Running => ("running", "running".to_owned(), None),
            Stage::Waiting(None) => ("waiting", "waits".to_owned(), None),
            Stage::Waiting(Some(waiting)) => {
                let waited = self.names.waited(&waiting.on, Some(task));
                ("waiting", format!("waits for {waited}"), waiting.at.as_ref())
            }
            Stage::Done(_) | Stage::Gone(_) => return Ok(()),
        };
        let mut slice = Entry::new("B", cat, &name, task, t);
        if let Some(at) = at {
            slice = slice.arg("at", &**at);
        }
        self.begin(slice, to)
    }

    fn over<W: Write>(&mut self, how: &'static str, task: u32, t: u64, to: &mut Writer<W>) -> io::Result<()> {
        // The slice goes on until the task is gone: its destructors run in it, and may wake.
        if self.open.get(&task).is_none_or(|depth| *depth == 0) {
            self.begin(Entry::new("B", "running", "dropped", task, t), to)?;
        }
        self.instant(how, task, t, Value::Null, to)
    }

    /// The task ends before the poll that its wake should have led to: the arrow ends with it.
    fn drop_flow<W: Write>(&mut self, task: u32, t: u64, to: &mut Writer<W>) -> io::Result<()> {
        match self.flows.remove(&task) {
            Some(flow) => {
                to.put(&Entry { bp: Some("e"), ..Entry::new("f", "wake", "wake", LOOP, t).id(flow) })
            }
            None => Ok(()),
        }
    }

    fn begin<W: Write>(&mut self, slice: Entry<'_>, to: &mut Writer<W>) -> io::Result<()> {
        *self.open.entry(slice.tid).or_default() += 1;
        to.put(&slice)
    }

    fn end<W: Write>(&mut self, track: u32, t: u64, to: &mut Writer<W>) -> io::Result<()> {
        match self.open.get_mut(&track) {
            Some(depth @ 1..) => {
                *depth -= 1;
                to.put(&Entry::new("E", "", "", track, t))
            }
            _ => Ok(()),
        }
    }

    fn close_all<W: Write>(&mut self, track: u32, t: u64, to: &mut Writer<W>) -> io::Result<()> {
        while self.open.get(&track).is_some_and(|depth| *depth > 0) {
            self.end(track, t, to)?;
        }
        Ok(())
    }

    fn instant<W: Write>(
        &self,
        name: &str,
        track: u32,
        t: u64,
        detail: Value,
        to: &mut Writer<W>,
    ) -> io::Result<()> {
        let instant = Entry { s: Some("t"), ..Entry::new("i", "event", name, track, t) };
        to.put(&if detail.is_null() { instant } else { instant.arg("detail", detail) })
    }

    fn asynchronous<W: Write>(
        &mut self,
        key: (&'static str, u32),
        name: String,
        t: u64,
        to: &mut Writer<W>,
    ) -> io::Result<()> {
        to.put(&Entry::new("b", key.0, &name, LOOP, t).id(key.1))?;
        self.asynchronous.insert(key, name);
        Ok(())
    }

    fn asynchronous_end<W: Write>(
        &mut self,
        key: (&'static str, u32),
        t: u64,
        to: &mut Writer<W>,
    ) -> io::Result<()> {
        match self.asynchronous.remove(&key) {
            Some(name) => to.put(&Entry::new("e", key.0, &name, LOOP, t).id(key.1)),
            None => Ok(()),
        }
    }

    /// The counters that this event has changed.
    fn count<W: Write>(&mut self, event: &Event, to: &mut Writer<W>) -> io::Result<()> {
        let (What::Queued { task, .. }
        | What::Polled { task }
        | What::Pending { task, .. }
        | What::Late { task }
        | What::Cancelled { task }) = event.what
        else {
            return Ok(());
        };
        let on_socket = |on: &Resource| matches!(on, Resource::Readable { .. } | Resource::Writable { .. });
        let waits = self.machine.tasks.get(&task).and_then(Task::waits_for).is_some_and(on_socket);
        let changed = if waits { self.on_socket.insert(task) } else { self.on_socket.remove(&task) };
        if changed {
            let counter = Entry::new("C", "io", "tasks waiting for sockets", LOOP, event.t);
            to.put(&counter.arg("tasks", self.on_socket.len()))?;
        }
        let queue = Entry::new("C", "loop", "run queue", LOOP, event.t);
        to.put(&queue.arg("tasks", self.machine.queue.len()))
    }
}

fn track(by: By) -> u32 {
    match by {
        By::Task(task) => task,
        By::Source(_) | By::Timer(_) | By::Thread | By::Loop => LOOP,
    }
}

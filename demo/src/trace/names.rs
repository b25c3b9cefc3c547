//! What the things in a log are called by people: all views that use words call them the same.

use std::collections::HashMap;
use std::time::Duration;

use super::event::{By, Child, Resource, Text, What};
use super::log::Log;
use crate::text;

/// The names of all that comes in a log.
#[derive(Default)]
pub struct Names {
    tasks: HashMap<u32, Text>,
    children: HashMap<Child, Text>,
    sources: HashMap<u32, Source>,
    /// The tasks that set them.
    timers: HashMap<u32, u32>,
}

struct Source {
    kind: &'static str,
    token: u32,
    owner: Option<u32>,
}

impl Names {
    /// Gathers them.
    pub fn of(log: &Log) -> Names {
        let mut names = Names::default();
        for event in &log.events {
            let owner = match event.by {
                By::Task(task) => Some(task),
                _ => None,
            };
            match &event.what {
                What::Spawned { task, name: Some(name), .. } => {
                    names.tasks.insert(*task, Text::from(text::one_line(name)));
                }
                What::ChildSpawned { child, name: Some(name), .. } => {
                    names.children.insert(*child, Text::from(text::one_line(name)));
                }
                What::Registered { source, token, kind } => {
                    names.sources.insert(*source, Source { kind: kind_of(kind), token: *token, owner });
                }
                What::TimerSet { timer, .. } => {
                    names.timers.extend(owner.map(|owner| (*timer, owner)));
                }
                _ => {}
            }
        }
        names
    }

    /// `file3.txt (task 5)`, or `task 5` if it has no name.
    pub fn task(&self, task: u32) -> String {
        match self.tasks.get(&task) {
            Some(name) => format!("{name} (task {task})"),
            None => format!("task {task}"),
        }
    }

    /// `file3.txt`, or `task 5` if it has no name.
    pub fn short(&self, task: u32) -> String {
        self.tasks.get(&task).map_or_else(|| format!("task {task}"), Text::to_string)
    }

    /// `child 2 of root (task 1)`; the block that spawned the others is the body of the group.
    pub fn child(&self, child: Child) -> String {
        let task = self.task(child.task);
        match (child.number, self.children.get(&child)) {
            (0, _) => format!("the body of the group in {task}"),
            (number, None) => format!("child {number} of {task}"),
            (number, Some(name)) => format!("child {number} of {task}, {name},"),
        }
    }

    /// `the socket of file3.txt (token 7)`; whose it is, only if that is not the one who is spoken of.
    pub fn source(&self, source: u32, of: Option<u32>) -> String {
        let Some(Source { kind, token, owner }) = self.sources.get(&source) else {
            return format!("source {source}");
        };
        match owner {
            Some(owner) if Some(*owner) != of => {
                format!("the {kind} of {} (token {token})", self.short(*owner))
            }
            _ => format!("the {kind} with token {token}"),
        }
    }

    /// `a listening socket`: what kind of source it is.
    pub fn kind(&self, source: u32) -> &'static str {
        self.sources.get(&source).map_or("source", |source| source.kind)
    }

    /// The task that set the timer.
    pub fn owner_of_timer(&self, timer: u32) -> Option<u32> {
        self.timers.get(&timer).copied()
    }

    /// What stands after "waits for", where `of` waits.
    pub fn waited(&self, on: &Resource, of: Option<u32>) -> String {
        match on {
            Resource::Readable { id } => format!("{} to become readable", self.source(*id, of)),
            Resource::Writable { id } => format!("{} to become writable", self.source(*id, of)),
            Resource::Timer { id: 0 } => "a time that never comes".to_owned(),
            Resource::Timer { id } => format!("timer {id}"),
            Resource::Lock { id } => format!("lock {id}"),
            Resource::Permits { id } => format!("permits of semaphore {id}"),
            Resource::Barrier { id } => format!("the others at barrier {id}"),
            Resource::Event { id } => format!("event {id}"),
            Resource::Condvar { id } => format!("condition {id}"),
            Resource::Message { id } => format!("a message in channel {id}"),
            Resource::Room { id } => format!("room in channel {id}"),
            Resource::Task { id } => format!("the end of {}", self.task(*id)),
            Resource::Job { id } => format!("blocking job {id}"),
            Resource::Children { left, lost: 0 } => {
                format!("{} inside it", text::counted((*left).into(), "future"))
            }
            Resource::Children { left, lost } => {
                format!("{} inside it, {lost} of them lost", text::counted((*left).into(), "future"))
            }
            Resource::Turn => "its next turn".to_owned(),
            Resource::Other { text } => text::one_line(text),
        }
    }
}

/// A time span in nanoseconds, for people.
pub fn span(nanos: u64) -> String {
    text::duration(Duration::from_nanos(nanos))
}

/// What a source is, by its Rust type: `mio::net::tcp::stream::TcpStream`.
fn kind_of(kind: &str) -> &'static str {
    let path = kind.split('<').next().unwrap_or_default();
    match path.rsplit("::").next().unwrap_or_default() {
        "TcpStream" => "socket",
        "UnixStream" | "UnixDatagram" => "Unix socket",
        "UdpSocket" => "UDP socket",
        "TcpListener" | "UnixListener" => "listening socket",
        "Receiver" | "Sender" => "pipe",
        _ => "source",
    }
}

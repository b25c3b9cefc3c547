//! Thousands of connections: on one thread, and on a thread each.
//!
//! They are opened, left idle, and each exchanges a byte. The two ends are processes of their own, since each process may
//! have only so many open files, and so that the memory of one end can be told from that of the other.

mod host;
mod limits;
mod peers;

use runtime::Builder;
use serde::{Deserialize, Serialize};

use self::host::{IDLE, on_the_loop};
pub(super) use self::{host::part, peers::part as peers_part};
use super::meter::Cost;
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};
use crate::text;

/// How many connections there shall be, if the limit of open files allows it.
pub const WANTED: usize = 10_000;
/// How many there are in a recording, so that it can be looked at.
const RECORDED: usize = 100;

/// What the lesson measures.
#[derive(Clone, Debug)]
pub struct TenThousand {
    /// On one thread.
    pub on_loop: Host,
    /// On one thread each.
    pub threads: Host,
    /// The limit of open files: the soft one, which anybody may raise up to the hard one.
    pub open_files: (u64, u64),
}

/// Has many connections, first on one thread and then on one each.
///
/// # Errors
/// If the OS does not give what they need.
pub fn measure(stage: &Stage) -> Outcome<TenThousand> {
    if stage.is_recording() {
        on_the_loop(stage, &stage.runtime("a hundred connections", Builder::new())?, RECORDED)?;
    }
    let host = |way: &str| {
        let mut part = stage.part("ten-thousand", [way, WANTED.to_string().as_str()])?;
        let host = part.hear()?;
        part.end()?;
        Outcome::Ok(host)
    };
    Ok(TenThousand { on_loop: host("loop")?, threads: host("threads")?, open_files: limits::open_files()? })
}

/// What it took to have many connections.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Host {
    /// How many were open in the end.
    pub open: usize,
    /// To open them.
    pub opening: Cost,
    /// The memory that they took, in bytes, if the OS tells.
    pub memory: Option<u64>,
    /// To have them for a second in which nothing comes.
    pub idle: Cost,
    /// To have each exchange a byte.
    pub exchange: Cost,
    /// How many did.
    pub exchanged: usize,
    /// Why the OS gave no more threads, if it did not.
    pub refused: Option<String>,
}

impl Host {
    /// The memory that one connection takes, in bytes.
    pub fn memory_each(&self) -> Option<u64> {
        self.memory?.checked_div(self.open as u64)
    }

    /// How often the kernel switched to another thread while each connection exchanged a byte.
    pub fn switches(&self) -> u64 {
        self.exchange.voluntary + self.exchange.involuntary
    }
}

impl Measured for TenThousand {
    fn show(&self, stage: &Stage) {
        let both = [&self.on_loop, &self.threads];
        let mut table = Table::new(["", "one thread", "one thread each"]);
        let mut line = |name: &str, value: fn(&Host) -> String| {
            table.row(name).with(value(both[0])).with(value(both[1]));
        };
        line("connections", |it| text::count(it.open as u64));
        line("to open them", |it| text::duration(it.opening.wall));
        line("memory for each", |it| it.memory_each().map_or("not told".to_owned(), text::bytes));
        line("CPU in an idle second", |it| text::duration(it.idle.cpu));
        line("each exchanges a byte", |it| text::duration(it.exchange.wall));
        line("  CPU for that", |it| text::duration(it.exchange.cpu));
        line("  context switches", |it| text::count(it.switches()));
        stage.table(&table);

        for remark in limits::remarks(self) {
            stage.line("");
            stage.prose(&remark);
        }
    }

    fn verdict(&self) -> Verdict {
        let TenThousand { on_loop, threads, .. } = self;
        let each = on_loop.memory_each().zip(threads.memory_each());
        let memory = each.map_or(String::new(), |(one, other)| {
            format!(", each in {}; on threads each takes {}", text::bytes(one), text::bytes(other))
        });
        Verdict::seen(format!("{} on one thread{memory}", text::counted(on_loop.open as u64, "connection")))
            .needs(on_loop.open >= 1000, "the limit of open files leaves less than a thousand connections")
            .needs(on_loop.exchanged == on_loop.open, "not every connection exchanged its byte")
            .needs(on_loop.idle.cpu < IDLE / 10, "idle connections took CPU time")
            .needs(
                each.is_none_or(|(one, other)| one < other / 2),
                "a connection on a thread took as little memory",
            )
            .needs(on_loop.switches() < threads.switches(), "threads needed fewer context switches")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "ten-thousand",
    about: "thousands of connections on one thread",
    claim: "One thread with an event loop can hold thousands of connections, with few resources. With a thread for each \
            it takes thousands of threads.",
    runs: "Ten thousand connections on loopback, if the limit of open files allows it: opened, left idle for a second, \
           and then each exchanges a byte. First with one thread for all and then with one for each. The other ends \
           are in another process.",
    look: "The memory for each connection: that of a task is what it keeps over its await, that of a thread is its \
           stack. (The kernel's own part, a socket and for each thread a stack of some 16 kB, is not in it.) And the \
           context switches: a loop that is awake takes many bytes one after the other. (The threads may exchange \
           faster: they share the cores, and the loop has one. What it saves is memory and switches.)",
    read: &[
        ("demo/src/lesson/ten_thousand/host.rs", "on_a_task, on_a_thread: the same connection"),
        ("runtime/src/reactor.rs", "one question to the OS for all sockets"),
        ("runtime/src/task.rs", "what a task is, in memory"),
    ],
    try_this: "Give each connection's task an array of 4 kB that it needs after its await: what does a connection take then, \
               and what a thread?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};

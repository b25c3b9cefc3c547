//! The works: what is measured, and in which unit. Lower is better in each.

mod memory;
mod net;
mod sync;
mod tasks;
mod threads;
mod timers;

pub use memory::COUNTING;

use crate::clock::{Cost, Repeat};
use crate::peer::{Net, Peer};
use crate::runtimes::{Compio, LocalPool, Monoio, MonoioUring, Roundabout, Smol, TokioLocal, TokioLocalSet};

/// One work.
pub struct Work {
    /// Its name, as `--only` takes it.
    pub name: &'static str,
    /// What a number of it is.
    pub unit: &'static str,
    /// What is done, in a few words.
    pub what: &'static str,
    needs: Needs,
}

#[derive(PartialEq)]
enum Needs {
    Tasks,
    Timers,
    Net,
}

const fn work(name: &'static str, unit: &'static str, needs: Needs, what: &'static str) -> Work {
    Work { name, unit, what, needs }
}

/// All of them, in the order in which they are run and told.
pub const WORKS: &[Work] = &[
    work("spawn-one", "ns", Needs::Tasks, "spawn a task and await it, one after the other"),
    work("spawn-batch", "ns", Needs::Tasks, "spawn 1,000 tasks, then await them all"),
    work("spawn-batch-100k", "ns", Needs::Tasks, "spawn 100,000 tasks, then await them all"),
    work("yield-1", "ns", Needs::Tasks, "one task gives way again and again"),
    work("yield-1000", "ns", Needs::Tasks, "1,000 tasks give way again and again"),
    work("ping-pong", "ns", Needs::Tasks, "two tasks wake each other in turn; a wake each"),
    work("channel", "ns", Needs::Tasks, "a number through a channel of 64 places, to another task"),
    work("mutex", "ns", Needs::Tasks, "16 tasks want one lock, and give way while they have it"),
    work("join-all", "ns", Needs::Tasks, "10,000 futures awaited together, each gives way once"),
    work("remote-wake", "ns", Needs::Tasks, "another thread wakes a task, 100,000 times as fast as it can"),
    work("timer-cancel", "ns", Needs::Timers, "a timer of an hour is set and dropped"),
    work("timer-timeout", "ns", Needs::Timers, "a timeout of an hour around a future that gives way once"),
    work("timer-live", "ns", Needs::Timers, "20,000 timers are set, all live at once, then dropped"),
    work("timer-fire", "ns", Needs::Timers, "100,000 tasks sleep for 1 to 4 ms each"),
    work("echo-1", "ns", Needs::Net, "64 B there and back over TCP; both ends on the loop"),
    work("echo-64", "ns", Needs::Net, "the same on 64 connections"),
    work("echo-1-64k", "ns", Needs::Net, "64 KiB there and back"),
    work("echo-64-64k", "ns", Needs::Net, "the same on 64 connections"),
    work("accept", "ns", Needs::Net, "connect, accept, close both ends"),
    work("echo-calls", "calls", Needs::Net, "system calls of 64 B there and back, both ends"),
    work("task-bytes", "bytes", Needs::Tasks, "an idle task, its handle and all it takes; 10,000 of them"),
    work("connection-bytes", "bytes", Needs::Net, "an idle connection with a task that reads; 400 of them"),
    work("allocs", "allocations", Needs::Tasks, "allocations to spawn a task and await it"),
];

/// Those that count what is allocated, and need the program that does so.
pub const COUNTED: [&str; 3] = ["task-bytes", "connection-bytes", "allocs"];

/// That which counts system calls, and needs strace.
pub const CALLS: &str = "echo-calls";

/// How many messages a batch of it is.
pub const CALLS_MESSAGES: usize = 256;

impl Work {
    /// The runtime of this name has what it takes.
    pub fn suits(&self, runtime: &str) -> bool {
        self.needs == Needs::Tasks || runtime != "localpool"
    }
}

/// Does the work of this name on the runtime of this name.
///
/// # Errors
/// There is no such work or runtime, the runtime cannot do it, or it cannot run here.
pub fn run(work: &str, runtime: &str, repeat: Repeat) -> Result<Cost, String> {
    let known = WORKS.iter().find(|known| known.name == work);
    let work = known.ok_or_else(|| format!("there is no work {work}"))?;
    match runtime {
        "roundabout" => on::<Roundabout>(work, repeat),
        "tokio-localset" => on::<TokioLocalSet>(work, repeat),
        "tokio-local" => on::<TokioLocal>(work, repeat),
        "smol" => on::<Smol>(work, repeat),
        "localpool" => with_tasks::<LocalPool>(work, repeat),
        "monoio" => on::<Monoio>(work, repeat),
        "monoio-uring" => on::<MonoioUring>(work, repeat),
        "compio" => on::<Compio>(work, repeat),
        _ => Err(format!("there is no runtime {runtime}")),
    }
}

fn on<P: Net>(work: &Work, repeat: Repeat) -> Result<Cost, String> {
    match work.name {
        "timer-cancel" => P::run(|_| timers::cancel::<P>(repeat)),
        "timer-timeout" => P::run(|_| timers::timeout::<P>(repeat)),
        "timer-live" => P::run(|_| timers::live::<P>(repeat)),
        "timer-fire" => P::run(|peer| timers::fire(peer, repeat)),
        "echo-1" => P::run(|peer| net::echo(peer, repeat, 1, 64, 1024)),
        "echo-64" => P::run(|peer| net::echo(peer, repeat, 64, 64, 1024)),
        "echo-1-64k" => P::run(|peer| net::echo(peer, repeat, 1, 64 * 1024, 128)),
        "echo-64-64k" => P::run(|peer| net::echo(peer, repeat, 64, 64 * 1024, 128)),
        CALLS => P::run(|peer| net::echo(peer, repeat, 1, 64, CALLS_MESSAGES)),
        "accept" => P::run(|_| net::accept::<P>(repeat)),
        "connection-bytes" => P::run(memory::connections),
        _ => with_tasks::<P>(work, repeat),
    }
}

fn with_tasks<P: Peer>(work: &Work, repeat: Repeat) -> Result<Cost, String> {
    match work.name {
        "spawn-one" => P::run(|peer| tasks::spawn_one(peer, repeat)),
        "spawn-batch" => P::run(|peer| tasks::spawn_batch(peer, repeat, 1000)),
        "spawn-batch-100k" => P::run(|peer| tasks::spawn_batch(peer, repeat, 100_000)),
        "yield-1" => P::run(|peer| tasks::give_way(peer, repeat, 1)),
        "yield-1000" => P::run(|peer| tasks::give_way(peer, repeat, 1000)),
        "ping-pong" => P::run(|peer| tasks::ping_pong(peer, repeat)),
        "join-all" => P::run(|peer| tasks::join_all(peer, repeat)),
        "channel" => P::run(|peer| sync::channel(peer, repeat)),
        "mutex" => P::run(|peer| sync::mutex(peer, repeat)),
        "remote-wake" => P::run(|_| threads::wake(repeat)),
        "task-bytes" => P::run(memory::tasks),
        "allocs" => P::run(memory::allocations),
        name => Err(format!("it cannot do {name}")),
    }
}

//! Three models of doing several things at once: an event loop, threads, processes. Each does the same two jobs.
//!
//! One job waits: a hundred downloads from a server that takes its time. The other computes. Where each model wins is not
//! a matter of opinion: wall time, CPU time, memory and context switches are measured on the machine at hand.

mod ways;

use std::thread::available_parallelism;
use std::time::Duration;

use runtime::Builder;

pub use self::ways::Measure;
pub(super) use self::ways::part;
use self::ways::{Job, on_the_loop};
use super::slow_server::SlowServer;
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};
use crate::text;

/// How many downloads there are.
pub const DOWNLOADS: usize = 100;
/// How long the server waits before it answers.
pub const LATENCY: Duration = Duration::from_millis(100);
/// In how many pieces the computing comes.
pub const PIECES: usize = 8;

/// One job in each of the models.
#[derive(Clone, Copy, Debug)]
pub struct Models {
    /// On an event loop.
    pub on_loop: Measure,
    /// On a thread each.
    pub threads: Measure,
    /// In a process each.
    pub processes: Measure,
}

/// What the lesson measures.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// The job that waits.
    pub waiting: Models,
    /// The job that computes.
    pub computing: Models,
    /// How many cores there are.
    pub cores: usize,
}

/// Runs each job in each of the models, one after the other.
///
/// # Errors
/// If the OS does not give what they need.
pub fn measure(stage: &Stage) -> Outcome<Comparison> {
    let server = SlowServer::start(stage, LATENCY)?;
    let waiting = Job::Wait(server.addr);
    if stage.is_recording() {
        // Those that are measured run in other processes, and unwatched.
        on_the_loop(waiting, &stage.runtime("waiting, on the loop", Builder::new())?)?;
        on_the_loop(Job::Compute, &stage.runtime("computing, on the loop", Builder::new())?)?;
    }
    let run = |way: &str, job: Job| {
        let mut part = stage.part("models", [way, &job.to_string()])?;
        let measure = part.hear()?;
        part.end()?;
        Outcome::Ok(measure)
    };
    let models = |job| {
        let (on_loop, threads) = (run("loop", job)?, run("threads", job)?);
        Outcome::Ok(Models { on_loop, threads, processes: run("processes", job)? })
    };
    let cores = available_parallelism().map_or(1, usize::from);
    Ok(Comparison { waiting: models(waiting)?, computing: models(Job::Compute)?, cores })
}

impl Measure {
    /// How often the kernel switched to another thread, for whatever reason.
    pub fn switches(&self) -> u64 {
        self.cost.voluntary + self.cost.involuntary
    }
}

impl Models {
    /// The models with their names, and that one for which this is least.
    fn least<T: PartialOrd>(&self, what: fn(&Measure) -> T) -> &'static str {
        let [first, others @ ..] = self.all();
        others.into_iter().fold(first, |least, it| if what(&it.1) < what(&least.1) { it } else { least }).0
    }

    fn all(&self) -> [(&'static str, Measure); 3] {
        [("event loop", self.on_loop), ("threads", self.threads), ("processes", self.processes)]
    }
}

impl Measured for Comparison {
    fn show(&self, stage: &Stage) {
        let mut table = Table::new(["job", "model", "took", "CPU", "memory", "switches"]);
        for (job, models) in [("waiting", self.waiting), ("computing", self.computing)] {
            for (model, it) in models.all() {
                let memory = it.memory.map_or("-".to_owned(), text::bytes);
                table
                    .row(job)
                    .with(model)
                    .with(it.cost.wall)
                    .with(it.cost.cpu)
                    .with(memory)
                    .with(it.switches());
            }
        }
        stage.table(&table);
        stage.line("");
        let mut table = Table::new(["best at", "time", "CPU", "memory", "switches"]);
        for (job, models) in [("waiting", self.waiting), ("computing", self.computing)] {
            let row =
                table.row(job).with(models.least(|it| it.cost.wall)).with(models.least(|it| it.cost.cpu));
            row.with(models.least(|it| it.memory)).with(models.least(Measure::switches));
        }
        stage.table(&table);
    }

    fn verdict(&self) -> Verdict {
        let Comparison { waiting, computing, cores } = self;
        let (in_turn, took) = (LATENCY * DOWNLOADS as u32, waiting.on_loop.cost.wall);
        let (alone, together) = (computing.on_loop.cost, computing.threads.cost);
        let busy = match together.wall < alone.wall.mul_f64(0.85) {
            true => "",
            false if *cores == 1 => " (there is only one core)",
            false => " (the other cores were busy with something else)",
        };
        let same = |models: &Models| models.all().iter().all(|(_, it)| it.sum == models.on_loop.sum);
        Verdict::seen(format!(
            "{DOWNLOADS} waits of {} took the loop {}, with fewer voluntary switches than the threads, and less memory; but for its \
             {} of computing it took {}, threads {}{busy}",
            text::duration(LATENCY),
            text::duration(took),
            text::duration(alone.cpu),
            text::duration(alone.wall),
            text::duration(together.wall),
        ))
        .needs(same(waiting) && same(computing), "the models came to different results")
        .needs(took < in_turn / 10, "the loop's downloads were hardly faster than one after the other")
        .needs(
            waiting.on_loop.cost.voluntary < waiting.threads.cost.voluntary,
            "the threads needed fewer context switches than the loop",
        )
        .needs(
            waiting.on_loop.memory <= waiting.threads.memory,
            "the threads needed less memory than the loop",
        )
        .needs(waiting.on_loop.memory < waiting.processes.memory, "the processes needed less memory")
        .needs(alone.cpu <= alone.wall.mul_f64(1.1), "the loop computed on more than one core")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "models",
    about: "loop, threads, processes: which is good at what",
    claim: "An event loop suits input and output: thousands of connections with few resources. It brings nothing where \
            the work is computing: for that, threads or processes share the cores, at the price of memory and \
            switches.",
    runs: "A hundred downloads from a server that waits for 100 ms before it answers, and eight pieces of computing; \
           each job with tasks on one event loop, with a thread each, and with a process each whose result comes \
           through a pipe. Each of the six is measured in a process of its own.",
    look: "At waiting, the loop and the threads take about as long as one download; processes take longer, as each \
           has to be started. The loop takes the least of all else. At computing, the loop takes as long as the CPU does, as it has only one thread. Memory is at its peak, \
           without the program itself, which all processes share. Switches are between \
           threads, as the kernel counts them.",
    read: &[
        ("demo/src/lesson/models/ways.rs", "on_the_loop, on_threads, in_processes: the same job"),
        ("demo/src/lesson/meter.rs", "where the numbers come from"),
        ("runtime/src/blocking.rs", "spawn_blocking: computing beside a loop"),
        ("runtime/examples/per_core.rs", "a loop on each core, when one thread is not enough"),
    ],
    try_this: "Let the loop compute through spawn_blocking (on_the_loop in ways.rs): which row does it then resemble?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};

//! Three models of doing several things at once: an event loop, threads, processes. Each does the same two jobs.
//!
//! One job waits: a hundred downloads from a server that takes its time. The other computes. Where each model wins is not
//! a matter of opinion: wall time, CPU time, memory and context switches are measured on the machine at hand.

mod compared;
mod ways;

use std::thread::available_parallelism;
use std::time::Duration;

use runtime::Builder;

pub use self::compared::Models;
pub use self::ways::Measure;
pub(super) use self::ways::part;
use self::ways::{Job, on_the_loop};
use super::slow_server::SlowServer;
use super::{Lesson, Measured, Outcome, Stage, Verdict};
use crate::text;

/// How many downloads there are.
pub const DOWNLOADS: usize = 100;
/// How long the server waits before it answers.
pub const LATENCY: Duration = Duration::from_millis(100);
/// In how many pieces the computing comes.
pub const PIECES: usize = 8;

/// Who computes in less than this part of the loop's time is faster. On two idle cores it is a half.
const FASTER: f64 = 0.85;

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

impl Measured for Comparison {
    fn show(&self, stage: &Stage) {
        stage.table(&compared::costs(self));
        stage.line("");
        stage.table(&compared::winners(self));
    }

    fn verdict(&self) -> Verdict {
        match (self.at_waiting(), self.at_computing()) {
            (Verdict::Seen(waiting), Verdict::Seen(computing)) => {
                Verdict::seen(format!("{waiting}; but {computing}"))
            }
            (Verdict::Seen(waiting), Verdict::Missed(why)) => {
                Verdict::Missed(format!("for waiting it was seen ({waiting}), but not for computing ({why})"))
            }
            (missed, _) => missed,
        }
    }
}

impl Comparison {
    /// The lecture's advantage of a loop.
    pub fn at_waiting(&self) -> Verdict {
        let (models, took) = (&self.waiting, self.waiting.on_loop.cost.wall);
        let (latency, took_text) = (text::duration(LATENCY), text::duration(took));
        Verdict::seen(format!(
            "{DOWNLOADS} waits of {latency} took the loop {took_text}, with the fewest switches and the least memory"
        ))
        .needs(models.agree(), "the downloads came to different results")
        .needs(took < LATENCY * DOWNLOADS as u32 / 10, "the loop's waits were hardly shorter than in turn")
        .needs(models.loop_needs_less(|it| Some(it.switches())), "others waited with fewer switches than the loop")
        .needs(models.loop_needs_less(|it| it.memory), "others waited in less memory than the loop")
    }

    /// Its drawback.
    pub fn at_computing(&self) -> Verdict {
        let [alone, threads, processes] = self.computing.all().map(|(_, it)| it.cost.wall);
        let took = format!(
            "computing took it {}, threads {} and processes {}",
            text::duration(alone),
            text::duration(threads),
            text::duration(processes)
        );
        let hardly = match self.cores {
            1 => format!("{took}, as there is only one core"),
            cores => format!("{took}, with {cores} cores, which may be busy with something else"),
        };
        Verdict::seen(took)
            .needs(self.computing.agree(), "it came to different results")
            .needs(
                self.computing.on_loop.cost.cpu <= alone.mul_f64(1.1),
                "the loop computed on more than one core",
            )
            .needs(threads.min(processes) < alone.mul_f64(FASTER), hardly)
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
    look: "At waiting, the loop and the threads take about as long as one download; processes take longer, as each has to \
           be started. The loop takes the least of all else. At computing, the loop takes as long as the CPU does, as \
           it has only one thread. Memory is at its peak, without the program itself, which all processes share. \
           Switches are between threads, voluntary and forced, as the kernel counts them.",
    read: &[
        ("demo/src/lesson/models/ways.rs", "on_the_loop, on_threads, in_processes: the same job"),
        ("demo/src/lesson/meter.rs", "where the numbers come from"),
        ("runtime/src/blocking.rs", "spawn_blocking: computing beside a loop"),
        ("runtime/examples/per_core.rs", "a loop on each core, when one thread is not enough"),
    ],
    try_this: "Let the loop compute through spawn_blocking (on_the_loop in ways.rs): which row does it then resemble?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};

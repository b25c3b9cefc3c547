//! The same two jobs in three ways. Each way runs in a process of its own, which measures itself: so none of them finds
//! memory that another one has left, and children are counted with their parents.

use std::hint::black_box;
use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::{env, net, thread};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::TcpStream;
use runtime::{Runtime, join_all, spawn};
use serde::{Deserialize, Serialize};

use super::{DOWNLOADS, PIECES};
use crate::lesson::meter::{self, Cost, Meter, Whose};
use crate::lesson::{Outcome, Stage, part};

const REQUEST: &[u8] = b"GET / HTTP/1.0\r\n\r\n";

/// What is to be done, so many times at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// Download a page from a slow server.
    Wait(SocketAddr),
    /// Compute.
    Compute,
}

impl Job {
    fn times(self) -> usize {
        match self {
            Job::Wait(_) => DOWNLOADS,
            Job::Compute => PIECES,
        }
    }

    /// Once, on a task.
    async fn as_task(self) -> io::Result<u64> {
        let Job::Wait(addr) = self else { return Ok(compute()) };
        let mut stream = TcpStream::connect(addr).await?;
        stream.write_all(REQUEST).await?;
        let mut page = Vec::new();
        stream.read_to_end(&mut page).await?;
        Ok(page.len() as u64)
    }

    /// Once, on a thread: the same without `async` and `await`.
    fn as_thread(self) -> io::Result<u64> {
        let Job::Wait(addr) = self else { return Ok(compute()) };
        let mut stream = net::TcpStream::connect(addr)?;
        stream.write_all(REQUEST)?;
        let mut page = Vec::new();
        stream.read_to_end(&mut page)?;
        Ok(page.len() as u64)
    }
}

/// On an event loop: a task each.
pub(super) fn on_the_loop(job: Job, runtime: &Runtime) -> Outcome<u64> {
    runtime.block_on(async {
        let tasks = (0..job.times()).map(|_| spawn(job.as_task()));
        join_all(tasks).await.into_iter().try_fold(0, |sum, done| Ok(sum + done??))
    })
}

/// On threads: one each.
fn on_threads(job: Job) -> Outcome<u64> {
    let threads: Vec<_> = (0..job.times())
        .map(|_| thread::Builder::new().spawn(move || job.as_thread()))
        .collect::<io::Result<_>>()
        .map_err(|e| format!("the OS gives no more threads: {e}"))?;
    threads.into_iter().try_fold(0, |sum, thread| Ok(sum + thread.join().map_err(|_| "a thread panicked")??))
}

/// In processes: one each. They tell their results through pipes.
fn in_processes(job: Job) -> Outcome<(u64, Option<u64>)> {
    let stage = Stage::quiet(env::current_exe()?);
    let parts = (0..job.times()).map(|_| stage.part("models", ["once", &job.to_string()]));
    let parts: Vec<_> = parts.collect::<Outcome<_>>()?;
    parts.into_iter().try_fold((0, Some(0)), |(sum, memory), mut part| {
        let once: Measure = part.hear()?;
        part.end()?; // the kernel counts a child with its parent once it was waited for
        Ok((sum + once.sum, memory.zip(once.memory).map(|(all, one)| all + one)))
    })
}

/// A piece of computing: Marsaglia's xorshift, in which each number takes the one before it.
fn compute() -> u64 {
    (0..20_000_000_u64).fold(black_box(1_u64), |x, n| {
        let x = x ^ n ^ x << 13;
        let x = x ^ x >> 7;
        x ^ x << 17
    }) >> 40
}

/// What one way of doing one job took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Measure {
    /// All results together: each way must have the same.
    pub sum: u64,
    /// What it cost.
    pub cost: Cost,
    /// The most memory it took, in bytes, if the OS tells: that of all its processes together.
    pub memory: Option<u64>,
}

impl Measure {
    /// How often the kernel switched to another thread, for whatever reason.
    pub fn switches(&self) -> u64 {
        self.cost.voluntary + self.cost.involuntary
    }
}

/// The part: `lesson-part models WAY JOB`.
pub(in crate::lesson) fn part(args: &[String]) -> Outcome<()> {
    let [way, job] = args else { return Err("a way and a job are needed".into()) };
    let job = match job.as_str() {
        "compute" => Job::Compute,
        addr => Job::Wait(addr.parse()?),
    };
    let meter = Meter::start(Whose::Family)?;
    let (sum, children) = match way.as_str() {
        "loop" => (on_the_loop(job, &Runtime::new()?)?, Some(0)),
        "threads" => (on_threads(job)?, Some(0)),
        "processes" => in_processes(job)?,
        _ => (job.as_thread()?, Some(0)), // one of the processes
    };
    let cost = meter.read()?;
    let memory = meter::peak_memory().zip(children).map(|(own, children)| own + children);
    part::tell(&Measure { sum, cost, memory })
}

impl std::fmt::Display for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Job::Wait(addr) => addr.fmt(f),
            Job::Compute => f.write_str("compute"),
        }
    }
}

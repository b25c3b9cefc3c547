//! The lecture, lesson by lesson: each of its claims as a program that runs, measures, and says what it saw.
//!
//! A lesson is a file of its own here, and opens with what it shows. It has a [`Lesson`], which is its texts, and a
//! `measure` that runs real code on the real runtime and gives what it measured, as a struct that is [`Measured`]: it
//! draws itself as tables and says whether the claim was seen. Nothing printed is a canned number.
//!
//! | file | concept |
//! | --- | --- |
//! | `coroutine.rs`, `coroutine/` | a function that stops half-way; the same as a state machine |
//! | `event_loop.rs`, `event_loop/` | the loop at work, event by event |
//! | `cooperative.rs`, `preemptive.rs`, `counting.rs` | who decides when another one runs |
//! | `freeze.rs` | a task that does not await |
//! | `models.rs`, `models/` | loop, threads and processes at the same two jobs |
//! | `mutex.rs`, `semaphore.rs`, `barrier.rs` | who waits for whom: three mechanisms, each in three models |
//! | `ten_thousand.rs`, `ten_thousand/` | connections, on one thread and on one each |
//! | `debugging.rs`, `debugging/` | four bugs, and how they are found |
//! | `compatibility.rs`, `compatibility/` | what blocks, and what is foreign |
//! | `cancel.rs`, `cancel/` | what is dropped when, what is safe, what is lost |
//! | `download.rs`, `download/` | the lecture's program |
//!
//! The plumbing, which no lesson is about:
//!
//! | file | concept |
//! | --- | --- |
//! | `stage.rs`, `stage/` | where a lesson stands: its output, its runtimes, its child processes; its recordings |
//! | `table.rs` | tables in 80 columns |
//! | `verdict.rs` | what was seen or missed, and the three tries |
//! | `meter.rs` | time, CPU, memory and context switches, as the kernel counts them |
//! | `part.rs`, `slow_server.rs` | the parts of a lesson that run in processes of their own; one of them |
//! | `heartbeat.rs` | how long the loop is held up |
//! | `quiet.rs` | a panic that a lesson asks for |
//! | `cells.rs`, `crew.rs`, `board.rs`, `coordinator.rs`, `coordinator/` | of the three mechanisms: a row of their table; their workers, and what these did; locks for processes |

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use crate::trace::{Output, Wanted};
use crate::{cli, text};

mod board;
pub mod cells;
mod coordinator;
mod crew;
pub mod heartbeat;
pub mod meter;
pub mod part;
mod quiet;
mod slow_server;
pub mod stage;
pub mod table;
pub mod verdict;

pub mod barrier;
pub mod cancel;
pub mod compatibility;
pub mod cooperative;
pub mod coroutine;
pub mod counting;
pub mod debugging;
pub mod download;
pub mod event_loop;
pub mod freeze;
pub mod models;
pub mod mutex;
pub mod preemptive;
pub mod semaphore;
pub mod ten_thousand;

pub use stage::{Stage, Style};
pub use table::Table;
pub use verdict::{Measured, Verdict};

/// What a lesson gives, unless the machine fails it: no socket, no child process.
pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// All lessons, in the order in which to take them.
pub const LESSONS: &[&Lesson] = &[
    &coroutine::LESSON,
    &event_loop::LESSON,
    &cooperative::LESSON,
    &preemptive::LESSON,
    &freeze::LESSON,
    &models::LESSON,
    &mutex::LESSON,
    &semaphore::LESSON,
    &barrier::LESSON,
    &ten_thousand::LESSON,
    &debugging::LESSON,
    &compatibility::LESSON,
    &cancel::LESSON,
    &download::LESSON,
];

/// A lesson: its texts, and how it is run. Texts are sentences; they are broken into lines where they are printed.
pub struct Lesson {
    /// What it is called on the command line.
    pub name: &'static str,
    /// What it is about, in a few words: the list has a line for each.
    pub about: &'static str,
    /// What the lecture claims, in one to three sentences.
    pub claim: &'static str,
    /// What is run.
    pub runs: &'static str,
    /// What to look at in that which was measured.
    pub look: &'static str,
    /// Where to read on: files, each with what to find there.
    pub read: &'static [(&'static str, &'static str)],
    /// One thing to try next.
    pub try_this: &'static str,
    /// Runs it once.
    pub measure: fn(&Stage) -> Outcome<Box<dyn Measured>>,
}

/// Runs the command: the list, a lesson, or all of them.
pub fn run(args: &cli::Lesson) -> ExitCode {
    if args.step && args.name.as_deref() != Some(event_loop::LESSON.name) {
        crate::fail("only one lesson has steps: demo lesson event-loop --step");
        return ExitCode::from(2);
    }
    let views =
        Wanted { file: args.trace.clone(), narrate: args.narrate, timeline: args.timeline, on_stderr: false };
    // Told before anything runs: it could be the reader's minute.
    if let Err(why) = args.trace.as_deref().map_or(Ok(()), |path| Output::create(path).map(drop)) {
        return crate::fail(why);
    }
    let stage = Stage::of_terminal(args.step, views);
    match args.name.as_deref() {
        None | Some("all") if stage.is_recording() => {
            crate::fail("--trace, --narrate and --timeline are for one lesson: name it");
            ExitCode::from(2)
        }
        None => list(&stage),
        Some("all") => all(&stage),
        Some(name) => match LESSONS.iter().find(|lesson| lesson.name == name) {
            Some(lesson) => exit_code(give(&stage, lesson)),
            None => crate::fail(format_args!("there is no lesson {name:?}; `demo lesson` lists them")),
        },
    }
}

fn list(stage: &Stage) -> ExitCode {
    let mut table = Table::new(["", ""]);
    for lesson in LESSONS {
        table.row(lesson.name).with(lesson.about);
    }
    stage.heading("The lecture, lesson by lesson");
    stage.table(&table);
    stage.line("");
    stage.prose("`demo lesson NAME` runs one, `demo lesson all` all of them in under a minute.");
    ExitCode::SUCCESS
}

/// All lessons, one after the other, and then which claims were seen.
fn all(stage: &Stage) -> ExitCode {
    let mut seen_all = true;
    let mut table = Table::new(["lesson", "claim", "took"]);
    let start = Instant::now();
    for lesson in LESSONS {
        let start = Instant::now();
        let seen = give(stage, lesson);
        stage.line("");
        seen_all &= seen;
        let row = table.row(lesson.name);
        let row = if seen { row.good("seen") } else { row.bad("not seen") };
        row.with(start.elapsed());
    }
    stage.heading(&format!("All lessons, in {}", text::duration(start.elapsed())));
    stage.table(&table);
    exit_code(seen_all)
}

fn exit_code(seen: bool) -> ExitCode {
    if seen { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One lesson, from its claim to what to try next; whether the claim was seen.
fn give(stage: &Stage, lesson: &Lesson) -> bool {
    let stage = &stage.of(lesson.name);
    stage.heading(&format!("{}: {}", lesson.name, lesson.about));
    stage.section("The claim", lesson.claim);
    stage.section("What runs", lesson.runs);
    let measured = match verdict::three_tries(stage, || (lesson.measure)(stage)) {
        Ok(measured) => measured,
        Err(why) => {
            stage.line("");
            crate::fail(format_args!("lesson {}: {why}", lesson.name));
            return false;
        }
    };
    stage.title("What was measured");
    measured.show(stage);
    let seen = verdict::tell(stage, &measured.verdict());
    stage.section("Look at", lesson.look);
    stage.title("Read on");
    let mut table = Table::new(["", ""]);
    for (file, what) in lesson.read {
        table.row(*file).with(*what);
    }
    stage.table(&table);
    stage.section("Try", lesson.try_this);
    stage.show_recordings() && seen
}

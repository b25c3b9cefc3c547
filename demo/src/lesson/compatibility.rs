//! What blocks does not fit a loop, and has to go elsewhere; what is a future fits any loop.
//!
//! A library that was not written for a loop asks a slow server and holds its thread until the answer has come. Called in a
//! task, the thread is the loop's. Called through `spawn_blocking`, it is one of the pool's. The other way round there
//! is no trouble: a future needs nothing but somebody who polls it, with a `Waker`, so one of a foreign crate runs here
//! and one of ours runs elsewhere.

use runtime::Stats;

use self::blocking::{THINKING, beside};
use super::heartbeat::Heartbeat;
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};
use crate::text;

pub mod blocking;
mod foreign;

/// What the lesson measures: what a library did to the heart, and whether what is foreign to each other got along.
#[derive(Debug)]
pub struct Compatibility {
    /// Beside the library in a task.
    pub in_a_task: Heartbeat,
    /// Beside the library in the pool.
    pub in_the_pool: Heartbeat,
    /// Beside a client written for a loop.
    pub for_a_loop: Heartbeat,
    /// What the foreign future gave here, and what the loop did for it.
    pub foreign_future: (&'static str, Stats),
    /// What a future of ours gave under a foreign executor.
    pub foreign_executor: &'static str,
}

/// Asks in three ways, and crosses the border in both directions.
///
/// # Errors
/// If the OS does not give what a loop or a server needs.
pub fn measure(stage: &Stage) -> Outcome<Compatibility> {
    Ok(Compatibility {
        in_a_task: beside(stage, "blocking, in a task", blocking::in_a_task)?,
        in_the_pool: beside(stage, "blocking, in the pool", blocking::in_the_pool)?,
        for_a_loop: beside(stage, "not blocking", blocking::for_a_loop)?,
        foreign_future: foreign::theirs_on_ours(stage)?,
        foreign_executor: foreign::ours_on_theirs()?,
    })
}

impl Measured for Compatibility {
    fn show(&self, stage: &Stage) {
        let mut table = Table::new(["a library that waits 500 ms", "longest gap", "reported as slow"]);
        for (way, heart) in [
            ("blocking, called in a task", &self.in_a_task),
            ("blocking, through spawn_blocking", &self.in_the_pool),
            ("not blocking, for a loop", &self.for_a_loop),
        ] {
            let gap = heart.longest_gap;
            table.row(way).mark(gap < THINKING / 2, gap).with(heart.reported());
        }
        stage.table(&table);
        stage.line("");
        let (heard, stats) = &self.foreign_future;
        let (polls, sleeps) = (text::counted(stats.polls, "poll"), text::counted(stats.sleeps, "sleep"));
        stage.prose(&format!(
            "A future of the crate futures-channel, here: it gave {heard:?} after {polls} and {sleeps} of the loop."
        ));
        stage.prose(&format!(
            "A future of ours, under an executor of ten lines: it gave {:?}.",
            self.foreign_executor
        ));
    }

    fn verdict(&self) -> Verdict {
        let frozen = &self.in_a_task;
        let free = self.in_the_pool.longest_gap.max(self.for_a_loop.longest_gap);
        let (still, free_for) = (text::duration(frozen.longest_gap), text::duration(free));
        let (_, stats) = &self.foreign_future;
        Verdict::seen(format!(
            "the library stopped the heart for {still}, called elsewhere for {free_for} at most"
        ))
        .needs(frozen.longest_gap >= THINKING, "the heart beat on beside a library that blocks the loop")
        .needs(frozen.slow_poll.is_some(), "nobody was reported")
        .needs(free < THINKING / 2, format!("called elsewhere it still stopped the heart for {free_for}"))
        .needs(stats.polls == 2, format!("the foreign future took {} polls, not 2", stats.polls))
        .needs(stats.sleeps > 0, "the loop did not sleep while the foreign future waited")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "compatibility",
    about: "what blocks, and what is foreign",
    claim: "Libraries have to be written for the loop: one that blocks stops everything, and must be called on another \
            thread.",
    runs: "A heartbeat, due every 10 ms, and a library that blocks until a server has answered, after 500 ms: called in a \
           task, called through spawn_blocking, and beside them a client written for a loop. Then a future of a crate \
           that does not know this runtime, and one of ours where there is no runtime at all.",
    look: "The first gap: as long as the server thinks, although the thread does nothing but wait. It is reported as a \
           slow poll (the lines from `runtime:` on): to the loop, waiting in a call is as bad as computing. And the two polls of \
           the foreign future: it left its waker, the loop slept, another thread fired it. (What cannot cross: sockets \
           and timers of another runtime, which look for its reactor.)",
    read: &[
        ("runtime/src/blocking.rs", "spawn_blocking: the pool, and how a job's end wakes the loop"),
        ("runtime/src/inbox.rs", "how a wake from another thread gets in"),
        ("tests/interop/main.rs", "hyper, and more of the crate futures, on this loop"),
        ("demo/src/lesson/compatibility/", "blocking; foreign: all that a future needs"),
    ],
    try_this: "Call the library from ten tasks at once, in each way. Which one's time grows tenfold?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};

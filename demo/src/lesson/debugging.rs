//! Four bugs that programs with a loop have, and the tools of the runtime that find them.

use std::time::Duration;

use self::deadlock::{Dinner, SEATS};
use self::hidden_race::{Race, Run, SEEDS, WORKERS};
use self::lost_task::Wait;
use self::slow_poll::{COMPUTING, CULPRIT};
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};
use crate::text;

pub mod deadlock;
pub mod hidden_race;
pub mod lost_task;
pub mod slow_poll;

/// What the lesson measures.
#[derive(Debug)]
pub struct Bugs {
    /// A dinner, left forks first. A fork is a lock.
    pub stuck: Dinner,
    /// The same, with the locks in order.
    pub dinner: Dinner,
    /// Who held the thread for too long, as reported, and for how long.
    pub slow: Option<(String, Duration)>,
    /// A letter waited for in vain.
    pub forgotten: Wait,
    /// The same with the waker kept.
    pub kept: Wait,
    /// The search for the seed.
    pub race: Race,
}

/// Makes the four bugs, finds them, and mends those that can be.
///
/// # Errors
/// If the OS does not give what a loop needs.
pub fn measure(stage: &Stage) -> Outcome<Bugs> {
    Ok(Bugs {
        stuck: deadlock::dine(stage, false)?,
        dinner: deadlock::dine(stage, true)?,
        slow: slow_poll::compute(stage)?,
        forgotten: lost_task::wait(stage, true)?,
        kept: lost_task::wait(stage, false)?,
        race: hidden_race::search(stage)?,
    })
}

impl Measured for Bugs {
    fn show(&self, stage: &Stage) {
        let Bugs { stuck, dinner, slow, forgotten, kept, race } = self;
        stage.prose(&format!(
            "1. A deadlock: {} of {SEATS} philosophers ate. (Each of the {SEATS} locks is a fork.) The loop said:",
            stuck.fed
        ));
        stage.quote(stuck.report.as_deref().unwrap_or("nothing"));
        stage.prose(&format!(
            "With the locks taken in the order of their numbers, {} of {SEATS} ate.",
            dinner.fed
        ));
        stage.line("");
        let slow = slow.as_ref().map_or("nobody".to_owned(), |(name, took)| {
            format!("`{name}`, for {} in one poll", text::duration(*took))
        });
        stage.prose(&format!("2. A slow poll: found to hold the thread was {slow}."));
        stage.line("");
        stage.prose("3. A lost task, as `dump` shows it while it is still alive:");
        stage.quote(&forgotten.lost.join("\n"));
        let read = |wait: &Wait| if wait.read { "is read" } else { "is never read" };
        let (without, with) = (read(forgotten), read(kept));
        stage.prose(&format!("The letter comes, and {without}. With the waker kept it {with}."));
        stage.line("");
        stage.prose(&format!(
            "4. A race that hides: {WORKERS} workers add one to a count, in different orders."
        ));
        let mut table = Table::new(["order", "count", ""]);
        let count = |run: &Run| format!("{} of {WORKERS}", run.count);
        table.row("first in, first out").mark(race.usual.count == WORKERS, count(&race.usual));
        if let Some((seed, [first, again @ ..])) = &race.found {
            table.row(format!("seed {seed}")).bad(count(first)).with("the first seed that shows it");
            for (run, nth) in again.iter().zip(["2nd", "3rd"]) {
                let what = if run == first { "step by step the same" } else { "in other steps" };
                table.row(format!("seed {seed}, {nth} run")).bad(count(run)).with(what);
            }
        }
        stage.table(&table);
        let all = format!("{WORKERS} of {WORKERS}");
        stage.prose(&format!("With a lock, {} of {SEEDS} seeds give {all}.", race.mended));
    }

    fn verdict(&self) -> Verdict {
        let Bugs { stuck, dinner, slow, forgotten, kept, race } = self;
        let slow_one = slow.as_ref().is_some_and(|(name, took)| name == CULPRIT && *took >= COMPUTING);
        let again = race.found.as_ref().is_some_and(|(_, runs)| runs.iter().all(|run| *run == runs[0]));
        Verdict::seen("all four bugs were found by the runtime's own tools")
            .needs(stuck.fed == 0 && stuck.circle == SEATS, "the philosophers did not all wait in a circle")
            .needs(dinner.fed == SEATS && dinner.report.is_none(), "not all ate with the locks in order")
            .needs(slow_one, "another task than the one that computes was reported as slow, or none")
            .needs(forgotten.lost.len() == 1 && !forgotten.read, "the lost task was not found")
            .needs(kept.lost.is_empty() && kept.read, "a task that keeps its waker was lost")
            .needs(race.usual.count == WORKERS, "the race is seen in the usual order, too")
            .needs(race.found.is_some(), "no seed shows the race")
            .needs(again, "the seed that shows the race does not show it again")
            .needs(race.mended == SEEDS, "with a lock a count was lost")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "debugging",
    about: "four bugs, and the tools that find them",
    claim: "Asynchronous programs are hard to debug: what goes wrong depends on who ran when, and a program that is \
            stuck shows nothing, as its one thread just sleeps.",
    runs: "Five dining philosophers, and a lock for each fork; a task that computes for 100 ms where others wait; a future \
           that forgets its waker; and the lost update of the lesson `mutex`, hidden so well that the usual order \
           never shows it. The lines from `runtime:` on are the loop's own report of the second.",
    look: "What the report of the stall says of each philosopher: where it was spawned, for which lock it waits and \
           where, who has that. And the seed: a race that comes back whenever it is called is half mended.",
    read: &[
        ("runtime/src/dump.rs", "Dump::deadlocks: how the circle is found"),
        ("runtime/src/executor.rs", "stall, took: when the loop speaks up"),
        ("runtime/src/policies.rs", "Random: an order for each seed"),
        ("demo/src/lesson/debugging/", "deadlock, slow_poll, lost_task, hidden_race: the four bugs"),
    ],
    try_this: "Put a `timeout` around the second lock in `philosopher`; who gives up lets go of the first as well. Do \
               all eat, and is there still a circle to be found?",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};

//! To cancel a task is to drop its future where it stands: at an `await`, as it can stand nowhere else.
//!
//! What the future held is dropped with it, before anybody hears that it is over. What it had taken out of a channel and
//! was not done with is lost. And what runs on another thread goes on, as nothing can stop it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use runtime::{Builder, Clock};

use self::messages::{MESSAGES, Received};
use self::order::Log;
use super::{Lesson, Measured, Outcome, Stage, Table, Verdict};

mod job;
pub mod messages;
mod order;

/// What the lesson measures.
#[derive(Debug)]
pub struct Cancel {
    /// What happened with a time limit, in order.
    pub time_limit: Vec<String>,
    /// With an abort.
    pub abort: Vec<String>,
    /// In a group.
    pub group: Vec<String>,
    /// With a limit on the waiting alone.
    pub careful: Received,
    /// With a limit on all.
    pub careless: Received,
    /// Whether a job was given up, and whether it was done all the same.
    pub job: (bool, bool),
}

/// Cancels in every way.
///
/// # Errors
/// If the OS does not give what a loop needs.
pub fn measure(stage: &Stage) -> Outcome<Cancel> {
    // In virtual time: an hour costs nothing, and no limit depends on how busy this machine is.
    let runtime = |title| stage.runtime(title, Builder::new().clock(Clock::Virtual));
    let log = Log::default();
    runtime("a time limit")?.block_on(order::time_limit(log.clone()));
    let time_limit = log.take();
    runtime("an abort")?.block_on(order::abort(log.clone()));
    let abort = log.take();
    runtime("a group")?.block_on(order::group(log.clone()));
    let group = log.take();
    let careful = runtime("a limit on the waiting")?.block_on(messages::careful());
    let careless = runtime("a limit on all")?.block_on(messages::careless());
    let done = Arc::new(AtomicBool::new(false));
    let given_up = stage.runtime("a job", Builder::new())?.block_on(job::given_up(done.clone()));
    Ok(Cancel { time_limit, abort, group, careful, careless, job: (given_up, done.load(Relaxed)) })
}

impl Measured for Cancel {
    fn show(&self, stage: &Stage) {
        let mut table = Table::new(["", "what happened, in order"]);
        for (way, log) in [("timeout", &self.time_limit), ("abort", &self.abort), ("task_group", &self.group)]
        {
            table.row(way).with(log.join(", "));
        }
        stage.table(&table);
        stage.line("");
        let mut table = Table::new(["messages, with a limit", "sent", "saved", "lost", "given up"]);
        for (way, got) in [("on the waiting alone", self.careful), ("on taking and saving", self.careless)] {
            let row = table.row(way).with(MESSAGES as u64).with(got.saved as u64);
            row.mark(got.saved == MESSAGES, (MESSAGES - got.saved) as u64);
            row.with(got.given_up as u64);
        }
        stage.table(&table);
        stage.line("");
        let (given_up, done) = self.job;
        let awaited =
            if given_up { "was given up by the task that awaited it" } else { "was awaited to its end" };
        let ended = if done { "ran to its end" } else { "did not run to its end" };
        stage.prose(&format!("A blocking job {awaited}, and {ended}."));
    }

    fn verdict(&self) -> Verdict {
        // Whoever hears that something is over can rely on it.
        let last_is = |log: &[String], last: &str| log.last().is_some_and(|entry| entry == last);
        let tidied = |log: &[String]| log.iter().filter(|entry| entry.ends_with("tidied up")).count();
        let in_order = tidied(&self.time_limit) == 1 && last_is(&self.time_limit, "time is up");
        let aborted = tidied(&self.abort) == 1 && last_is(&self.abort, "awaited: cancelled");
        let grouped = tidied(&self.group) == 2 && last_is(&self.group, "file 3 failed");
        let lost = MESSAGES - self.careless.saved;
        Verdict::seen(format!(
            "what was cancelled was tidied up before anybody heard of it; {lost} messages that it had taken were lost"
        ))
            .needs(in_order, "the time limit did not tidy up, or too late")
            .needs(aborted, "the abort did not tidy up, or too late")
            .needs(grouped, "the group left one of its own behind")
            .needs(
                self.careful.saved == MESSAGES && self.careful.given_up > 0,
                "a given-up `recv` lost a message",
            )
            .needs(self.careless.saved < MESSAGES, "nothing was lost where it should have been")
            .needs(self.job == (true, true), "a job that runs was stopped, which cannot be")
    }
}

/// The lesson.
pub const LESSON: Lesson = Lesson {
    name: "cancel",
    about: "time limits, aborts, groups: what is dropped when",
    claim: "A task can be cancelled, which a thread cannot: at its next await it ends, and what it used is released.",
    runs: "Work that takes an hour, ended by a time limit, by an abort, and by another one of its group that fails; \
           messages received with a time limit, in two ways; and a job on a thread that nobody waits for any more. \
           All but the job in virtual time, which jumps to the next deadline when all wait.",
    look: "`tidied up` always stands before the word that it is over. Three messages were lost where the limit was \
           around more than `recv`: what a future has taken goes with it. That is what `cancel safe` in the docs of \
           each item is about.",
    read: &[
        ("runtime/src/time.rs", "Timeout::poll: the future first, then the clock"),
        ("runtime/src/task.rs", "abort, end_aborted: marked, queued, dropped"),
        ("runtime/src/futures/group.rs", "RunTaskGroup::cancel: all of them, the oldest first"),
        ("runtime/src/blocking.rs", "what becomes of a job whose future is dropped"),
    ],
    try_this: "In `careless` (demo/src/lesson/cancel/messages.rs) take `save` out of the limit, line by line: from where \
               on is nothing lost? Then receive with `race(messages.recv(), sleep(LIMIT))`.",
    measure: |stage| Ok(Box::new(measure(stage)?)),
};

//! The closing summary: what was done, and what the loop did meanwhile.
//!
//! A pure function from numbers to text of 80 columns, without colours: it reads the same on a terminal, in a
//! file and in a test. Three columns: what, how much, and what to think of it.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::text;

/// The numbers of a run. [`Display`] writes them as lines, each with its line break.
///
/// ```
/// use std::time::Duration;
/// use demo::summary::Summary;
///
/// let summary = Summary { done: 10, bytes: 1_820_000, wall: Duration::from_millis(1_520), ..Summary::default() };
/// assert!(summary.to_string().starts_with("10 files, 1.82 MB, in 1.52 s on one thread\n"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Summary {
    /// Files that are there and whole.
    pub done: u64,
    /// Files that failed.
    pub failed: u64,
    /// Files that Ctrl-C stopped, or kept from starting.
    pub stopped: u64,
    /// Bytes of the bodies, of all files.
    pub bytes: u64,
    /// From the first request to the last file in its place.
    pub wall: Duration,
    /// The file that took longest from its request to its place, and how long.
    pub slowest: Option<(String, Duration)>,
    /// The times of all files, summed.
    pub summed: Duration,
    /// The files came one after the other, so that `wall` *is* what that takes.
    pub sequential: bool,
    /// The most threads that the blocking pool had at once, beside the one of the loop.
    pub pool_threads: u64,
    /// Polls of all tasks but the embedded server's.
    pub polls: u64,
    /// Polls of the embedded server's tasks, if it ran in this thread too.
    pub server_polls: Option<u64>,
    /// How often the loop went around.
    pub turns: u64,
    /// How often it slept, with nothing to do.
    pub sleeps: u64,
    /// How long it slept in all.
    pub asleep: Duration,
    /// The poll that held the thread longest, and whose it was.
    pub longest_poll: Option<(String, Duration)>,
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.headline())?;
        writeln!(f)?;
        if let Some((name, took)) = &self.slowest {
            row(f, "slowest file alone", &text::duration(*took), &text::one_line(name))?;
        }
        self.one_after_the_other(f)?;

        let pool = match self.pool_threads {
            0 => "no other".to_owned(),
            n => format!("and {n} of the blocking pool (files, DNS)"),
        };
        row(f, "threads", "1", &pool)?;
        row(f, "polls", &text::count(self.polls), "of the tasks that download")?;
        if let Some(polls) = self.server_polls {
            row(f, "", &text::count(polls), "of the embedded server's, in the same thread")?;
        }
        row(f, "turns of the loop", &text::count(self.turns), "")?;
        let (asleep, share) = (text::duration(self.asleep), percent(self.asleep, self.wall));
        row(
            f,
            "sleeps of the loop",
            &text::count(self.sleeps),
            &format!("{asleep} in all, {share} of the time"),
        )?;
        if let Some((task, took)) = &self.longest_poll {
            row(f, "longest poll", &text::duration(*took), &format!("in {}", text::one_line(task)))?;
        }
        Ok(())
    }
}

impl Summary {
    fn headline(&self) -> String {
        let all = self.done + self.failed + self.stopped;
        let (bytes, wall) = (text::bytes(self.bytes), text::duration(self.wall));
        let interrupted = if self.stopped > 0 { "Interrupted: " } else { "" };
        let files = match all == self.done {
            true => text::counted(all, "file"),
            false => format!("{} of {}", text::count(self.done), text::counted(all, "file")),
        };
        let failed = match self.failed {
            0 => String::new(),
            n => format!(", {} failed", text::count(n)),
        };
        format!("{interrupted}{files}{failed}, {bytes}, in {wall} on one thread")
    }

    fn one_after_the_other(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const WHAT: &str = "one after the other";
        // With one file there is no other to be after; and of a run that was stopped nobody knows.
        if self.done + self.failed < 2 || self.stopped > 0 || self.wall.is_zero() {
            return Ok(());
        }
        if self.sequential {
            return row(f, WHAT, &text::duration(self.wall), "measured: that is what this run did");
        }
        // Many small files wait for the processor and the disk, so for each other, and alone they would not: the sum
        // is an upper bound. Where they wait for servers, as in the main job, it is close.
        let factor = self.summed.as_secs_f64() / self.wall.as_secs_f64();
        let note = format!("{factor:.1} times as long, or less: summed from");
        row(f, WHAT, &text::duration(self.summed), &note)?;
        row(f, "", "", "this run; `--sequential` measures it")
    }
}

fn row(f: &mut Formatter<'_>, what: &str, value: &str, note: &str) -> fmt::Result {
    const NOTE: usize = 80 - (2 + 19 + 2 + 11 + 2);
    let line = format!("  {what:<19}  {value:>11}  {}", text::shorten(note, NOTE));
    writeln!(f, "{}", line.trim_end())
}

/// The part of the whole, at most all of it: a sleep may end a little after the clock of the run was read.
fn percent(part: Duration, whole: Duration) -> String {
    if whole.is_zero() {
        return "none".to_owned();
    }
    format!("{:.1} %", (part.as_secs_f64() / whole.as_secs_f64() * 100.0).min(100.0))
}

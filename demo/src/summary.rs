//! The closing summary: what was done, and what the loop did meanwhile.
//!
//! A pure function from numbers to text, without colours: it reads the same on a terminal, in a file and in a test.
//! Three columns: what, how much, and what to think of it. They take 80 columns of a terminal, or fewer if it has
//! fewer.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::text;

/// How many failures are named, at most.
pub const NAMED: usize = 5;

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
    /// How many of those were whole already, and were not asked for.
    pub whole: u64,
    /// Files that failed.
    pub failed: u64,
    /// Which, and why: the first [`NAMED`] of them.
    pub failures: Vec<String>,
    /// Files that Ctrl-C stopped, or kept from starting.
    pub stopped: u64,
    /// Which those are, and what became of them: the first [`NAMED`] of them.
    pub unfinished: Vec<String>,
    /// Bytes of parts that wait for `--continue`.
    pub kept: u64,
    /// Bytes of the bodies, of all files.
    pub bytes: u64,
    /// From the first request to the last file in its place.
    pub wall: Duration,
    /// How long the file took that took longest from its request to its place, and which it was.
    pub slowest: Option<(Duration, String)>,
    /// What one after the other would have taken.
    pub in_turn: InTurn,
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
    /// How long the poll took that held the thread longest, and whose it was.
    pub longest_poll: Option<(Duration, String)>,
    /// How many columns the terminal has; `None` if it goes to none.
    pub columns: Option<usize>,
}

/// What is known of how long the files would have taken one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum InTurn {
    /// Nothing: files waited for one another, and in their times that waiting is counted over and over.
    #[default]
    Unknown,
    /// They came one after the other, so that it is the time of the run.
    Measured,
    /// The sum of their times. All ran from the start, none waited for its turn.
    Summed(Duration),
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for line in text::wrapped(&self.headline(), self.width()) {
            writeln!(f, "{line}")?;
        }
        if self.whole > 0 {
            self.row(f, "whole already", &text::count(self.whole), "by their sums: not asked for")?;
        }
        if let Some((took, name)) = &self.slowest {
            self.row(f, "slowest file alone", &text::duration(*took), &text::one_line(name))?;
        }
        self.one_after_the_other(f)?;

        let pool = match self.pool_threads {
            0 => "no other".to_owned(),
            n => format!("and {n} of the blocking pool (files, DNS)"),
        };
        self.row(f, "threads", "1", &pool)?;
        let server = self.server_polls.map_or_else(String::new, |polls| {
            format!("and {} of the embedded server's tasks", text::count(polls))
        });
        self.row(f, "polls", &text::count(self.polls), &server)?;
        let (asleep, share) = (text::duration(self.asleep), percent(self.asleep, self.wall));
        let sleeps = format!("{}: {asleep}, {share} of the time", text::counted(self.sleeps, "sleep"));
        self.row(f, "turns of the loop", &text::count(self.turns), &sleeps)?;
        if let Some((took, task)) = &self.longest_poll {
            self.row(f, "longest poll", &text::duration(*took), &format!("in {}", text::one_line(task)))?;
        }
        self.failures(f)
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
        match self.in_turn {
            InTurn::Unknown => Ok(()),
            InTurn::Measured => {
                self.row(f, WHAT, &text::duration(self.wall), "measured: that is what this run did")
            }
            // They still share the processor, the disk and the line, so the sum is an upper bound. Where they wait for
            // servers, as in the main job, it is close.
            InTurn::Summed(sum) => {
                let factor = sum.as_secs_f64() / self.wall.as_secs_f64();
                let note = format!("{factor:.1} times as long, or less: see --sequential");
                self.row(f, WHAT, &text::duration(sum), &note)
            }
        }
    }

    /// The failures once more: they were told as they came, and have scrolled away since. And what else is not done.
    fn failures(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.named(f, "Failed", &self.failures, self.failed)?;
        self.named(f, "Not done", &self.unfinished, self.stopped)?;
        if self.kept == 0 {
            return Ok(());
        }
        let kept = format!("{} kept: --continue goes on with them.", text::bytes(self.kept));
        writeln!(f)?;
        text::wrapped(&kept, self.width()).iter().try_for_each(|line| writeln!(f, "{line}"))
    }

    /// The first of so many files, a line each.
    fn named(&self, f: &mut Formatter<'_>, what: &str, files: &[String], count: u64) -> fmt::Result {
        if files.is_empty() {
            return Ok(());
        }
        writeln!(f, "\n{what}:")?;
        let named = &files[..files.len().min(NAMED)];
        for file in named {
            writeln!(f, "  {}", text::shorten(&text::one_line(file), self.width() - 2))?;
        }
        match count.saturating_sub(named.len() as u64) {
            0 => Ok(()),
            more => writeln!(f, "  … and {} more", text::count(more)),
        }
    }

    /// No line is longer.
    fn width(&self) -> usize {
        self.columns.map_or(80, |columns| columns.clamp(20, 80))
    }

    fn row(&self, f: &mut Formatter<'_>, what: &str, value: &str, note: &str) -> fmt::Result {
        const LEFT: usize = 2 + 19 + 2 + 11;
        // A narrow terminal takes no notes, and a very narrow one a line for each of the rest.
        let room = match self.width() {
            width if width < LEFT => return writeln!(f, "{what}\n{value:>width$}"),
            width if width < LEFT + 20 => 0,
            width => width - LEFT - 2,
        };
        let mut notes = text::wrapped(note, room).into_iter();
        let line = format!("  {what:<19}  {value:>11}  {}", notes.next().unwrap_or_default());
        writeln!(f, "{}", line.trim_end())?;
        notes.try_for_each(|note| writeln!(f, "{:LEFT$}  {note}", ""))
    }
}

/// The part of the whole, at most all of it: a sleep may end a little after the clock of the run was read.
fn percent(part: Duration, whole: Duration) -> String {
    if whole.is_zero() {
        return "none".to_owned();
    }
    format!("{:.1} %", (part.as_secs_f64() / whole.as_secs_f64() * 100.0).min(100.0))
}

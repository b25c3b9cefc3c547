//! What happened in many stories, counted: whether they are wild enough.

use demo::download::record::Outcome;

use super::{Run, Story};

/// Counts of files, but where something else is said.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// Runs that something went wrong in.
    troubled: u64,
    /// Things that went wrong.
    troubles: u64,
    interrupted: u64,
    done: u64,
    failed: u64,
    /// Done, though not at the first attempt.
    retried: u64,
    /// Gone on with, within a run.
    continued: u64,
    /// Not done, but a part is kept.
    kept: u64,
    /// Gone on with in the next run.
    resumed: u64,
    /// Errors of the body and of the head, of connecting, and time limits.
    cut: u64,
    headless: u64,
    unconnected: u64,
    late: u64,
    events: u64,
}

impl Tally {
    pub(super) fn of(story: &Story, [first, second]: &[Run; 2]) -> Tally {
        let happened = story.server.happened().len() as u64;
        let events = (first.log.events.len() + second.log.events.len()) as u64;
        let mut tally =
            Tally { troubled: u64::from(happened > 0), troubles: happened, events, ..Tally::default() };
        tally.interrupted += u64::from(first.records.is_none());
        for record in first.records.iter().flatten() {
            let is_done = record.result == Outcome::Done;
            tally.done += u64::from(is_done);
            tally.failed += u64::from(!is_done);
            tally.retried += u64::from(is_done && record.retries > 0);
            tally.continued += u64::from(record.continued > 0);
            tally.kept += u64::from(record.kept > 0);
            let why = record.error.as_deref().unwrap_or_default();
            tally.cut += u64::from(why.contains("cut short"));
            tally.headless += u64::from(why.contains("head") || why.contains("without a reply"));
            tally.unconnected += u64::from(why.contains("could not connect"));
            tally.late += u64::from(why.contains("timed out"));
        }
        let next = second.records.iter().flatten();
        tally.resumed += next.filter(|record| record.continued > 0).count() as u64;
        tally
    }

    fn counts(&mut self) -> [&mut u64; 14] {
        let Tally {
            troubled, troubles, interrupted, done, failed, retried, continued, kept, resumed, ..
        } = self;
        let Tally { cut, headless, unconnected, late, events, .. } = self;
        [
            troubled,
            troubles,
            interrupted,
            done,
            failed,
            retried,
            continued,
            kept,
            resumed,
            cut,
            headless,
            unconnected,
            late,
            events,
        ]
    }

    pub(super) fn add(&mut self, other: &Tally) {
        let mut other = Tally { ..*other };
        for (sum, more) in self.counts().into_iter().zip(other.counts()) {
            *sum += *more;
        }
    }

    /// None of it has become rare.
    pub(super) fn check(&mut self, runs: u64) {
        let least = self.counts().into_iter().map(|count| *count).min().unwrap_or_default();
        assert!(least >= runs / 100, "something happens in less than one of a hundred runs: {self:?}");
    }
}

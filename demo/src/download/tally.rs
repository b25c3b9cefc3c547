//! What has become of the files so far: numbers for the summary, and with `--json` a line for each file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::record::{Outcome, Record};
use crate::summary::{self, Summary};

/// The record of a file that is being worked at, shared with who does.
pub(super) type Shared = Rc<RefCell<Record>>;

/// What has become of the files so far.
#[derive(Default)]
pub(super) struct Tally {
    done: u64,
    /// How many of those were there already.
    whole: u64,
    failed: u64,
    stopped: u64,
    /// The first of the failures, and of the files that were stopped.
    failures: Vec<String>,
    unfinished: Vec<String>,
    bytes: u64,
    /// Bytes that wait for the next run.
    kept: u64,
    pub(super) summed: Duration,
    slowest: Option<(Duration, String)>,
    /// Those that run, with their names, in the order in which they began.
    running: BTreeMap<u64, (String, Shared, Instant)>,
    begun: u64,
}

impl Tally {
    /// A file's turn has come: the number it runs under.
    pub(super) fn begin(&mut self, name: &str, record: Shared) -> u64 {
        self.begun += 1;
        self.running.insert(self.begun, (name.to_owned(), record, Instant::now()));
        self.begun
    }

    /// A file that ran has come to its end.
    pub(super) fn count(&mut self, number: u64) {
        let Some((name, record, _)) = self.running.remove(&number) else { return };
        let record = record.borrow();
        self.summed += record.seconds;
        self.kept += record.kept;
        match &record.error {
            None if record.was_whole() => {
                self.done += 1;
                self.whole += 1;
            }
            None => {
                self.done += 1;
                self.bytes += record.bytes;
                if self.slowest.as_ref().is_none_or(|(before, _)| record.seconds > *before) {
                    self.slowest = Some((record.seconds, name));
                }
            }
            Some(why) => {
                self.failed += 1;
                if self.failures.len() < summary::NAMED {
                    self.failures.push(format!("{name}: {why}"));
                }
            }
        }
    }

    /// Nothing runs any more: what ran was stopped.
    pub(super) fn stop(&mut self) -> Vec<Shared> {
        let running = std::mem::take(&mut self.running);
        let mut stopped = |(name, record, start): (String, Shared, Instant)| {
            record.borrow_mut().seconds = start.elapsed();
            self.stopped(&name, record)
        };
        running.into_values().map(&mut stopped).collect()
    }

    /// A file was stopped, perhaps before its turn came.
    pub(super) fn stopped(&mut self, name: &str, record: Shared) -> Shared {
        self.stopped += 1;
        {
            let mut record = record.borrow_mut();
            record.result = Outcome::Stopped;
            self.kept += record.kept;
            if self.unfinished.len() < summary::NAMED {
                self.unfinished.push(record.so_far(name));
            }
        }
        record
    }

    /// Whether a file failed.
    pub(super) fn has_failures(&self) -> bool {
        self.failed > 0
    }

    /// Its part of the summary.
    pub(super) fn summary(self) -> Summary {
        Summary {
            done: self.done,
            whole: self.whole,
            failed: self.failed,
            failures: self.failures,
            stopped: self.stopped,
            unfinished: self.unfinished,
            kept: self.kept,
            bytes: self.bytes,
            slowest: self.slowest,
            ..Summary::default()
        }
    }
}

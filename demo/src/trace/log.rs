//! A log: a header, and the events of a run in their order. All views are made from it.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::event::Event;
use crate::text;

/// The version of the log's format. It grows when a program that knows the old one would misread the new one; further
/// types of events and further fields do not count.
pub const VERSION: u32 = 1;

/// A recorded run.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// What holds for all of it.
    pub header: Header,
    /// What happened: event `n` is `events[n - 1]`.
    pub events: Vec<Event>,
}

/// The first line of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of the format: [`VERSION`].
    pub roundabout: u32,
    /// What was run, in a few words.
    pub title: String,
    /// Which time its times are of.
    #[serde(default)]
    pub clock: Clock,
    /// The recorder stopped at its limit: the run went on, the log does not.
    #[serde(default)]
    pub cut: bool,
    /// The version of the program that wrote it.
    #[serde(default)]
    pub version: String,
    /// The program's lines that events name, by `file:line`, as far as its source was at hand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lines: BTreeMap<String, String>,
}

/// Which time it was: [`runtime::Clock`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clock {
    /// The real one.
    #[default]
    Real,
    /// A virtual one, which jumps from deadline to deadline.
    Virtual,
}

impl Header {
    /// The header of a new log.
    pub fn new(title: impl Into<String>) -> Self {
        Header {
            roundabout: VERSION,
            title: title.into(),
            clock: Clock::Real,
            cut: false,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lines: BTreeMap::new(),
        }
    }
}

impl Clock {
    /// The clock of the runtime that runs on this thread.
    pub(super) fn of_this_runtime() -> Clock {
        // A real clock never shows less than it did before; a virtual one stands where it stood when the run began.
        let real = Instant::now();
        if runtime::now() < real { Clock::Virtual } else { Clock::Real }
    }
}

impl Log {
    /// How much it holds: `6,282 events`; and if it is not all of the run, that it is not.
    pub(super) fn size(&self) -> String {
        let events = text::counted(self.events.len() as u64, "event");
        match self.header.cut {
            true => format!("{events}; the run went on, but the recorder stopped there, at its limit"),
            false => events,
        }
    }

    /// When the last event happened, in nanoseconds since the first.
    pub fn end(&self) -> u64 {
        self.events.last().map_or(0, |event| event.t)
    }
}

//! What the child process tells the runner: lines of JSON in a file. Not on stdout: that belongs to the answer.

use serde::{Deserialize, Serialize};

use crate::check::{Fault, Outcome};
use crate::log::Event;

/// A line of the report.
#[derive(Debug, Serialize, Deserialize)]
pub enum Line {
    /// Something happened.
    Event(Event),
    /// A mistake was found.
    Fault(Fault),
    /// How the check ended.
    Ended(Outcome),
}

/// The checks of one exercise, as the child lists them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Listed {
    /// The exercise's number.
    pub number: String,
    /// Its checks, in their order.
    pub checks: Vec<ListedCheck>,
}

/// A check, as the child lists it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListedCheck {
    /// What it looks at.
    pub name: String,
    /// What it means if it hangs.
    pub hang: Option<Fault>,
}

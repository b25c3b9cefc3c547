//! What a lesson saw: its claim, or not.
//!
//! Lessons measure a real machine, on which something else may run just then. So one that did not see its claim tries
//! again, twice at most, and what it says then counts.

use super::{Outcome, Stage, Style};

/// How often a lesson is run at most.
pub const TRIES: u32 = 3;

/// What a lesson measured.
pub trait Measured {
    /// Prints it.
    fn show(&self, stage: &Stage);

    /// Whether the claim can be seen in it.
    fn verdict(&self) -> Verdict;
}

/// Whether a claim was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was: in a sentence, with its numbers.
    Seen(String),
    /// It was not: why.
    Missed(String),
}

impl Verdict {
    /// It was seen, unless one of the conditions that follow says otherwise.
    ///
    /// ```
    /// use demo::lesson::Verdict;
    /// let gap = 12;
    /// let verdict = Verdict::seen(format!("it stood still for {gap} ms"))
    ///     .needs(gap >= 10, "it did not stand still")
    ///     .needs(gap < 11, "it stood still for longer than it should");
    /// assert_eq!(verdict, Verdict::Missed("it stood still for longer than it should".to_owned()));
    /// ```
    pub fn seen(what: impl Into<String>) -> Verdict {
        Verdict::Seen(what.into())
    }

    /// Missed, and why, unless the condition holds. The first of several counts.
    #[must_use]
    pub fn needs(self, condition: bool, or_else: impl Into<String>) -> Verdict {
        match self {
            Verdict::Seen(_) if !condition => Verdict::Missed(or_else.into()),
            verdict => verdict,
        }
    }

    /// Whether it was.
    pub fn is_seen(&self) -> bool {
        matches!(self, Verdict::Seen(_))
    }
}

impl Measured for Box<dyn Measured> {
    fn show(&self, stage: &Stage) {
        (**self).show(stage);
    }

    fn verdict(&self) -> Verdict {
        (**self).verdict()
    }
}

/// Runs a lesson until its claim is seen, three times at most: what was measured in the end.
///
/// # Errors
/// Those of `measure`: that which failed is not tried again.
pub fn three_tries<M: Measured>(stage: &Stage, measure: impl Fn() -> Outcome<M>) -> Outcome<M> {
    let measure = || {
        stage.begin();
        measure()
    };
    for tried in 1..TRIES {
        let measured = measure()?;
        match measured.verdict() {
            Verdict::Seen(_) => return Ok(measured),
            Verdict::Missed(why) => {
                stage.line("");
                stage.prose(&format!("Try {tried} of {TRIES} did not show it: {why}."));
            }
        }
    }
    measure()
}

/// Prints the verdict; whether the claim was seen.
pub(super) fn tell(stage: &Stage, verdict: &Verdict) -> bool {
    stage.line("");
    match verdict {
        Verdict::Seen(what) => stage.painted(Style::Good, &format!("Seen: {what}.")),
        Verdict::Missed(why) => {
            stage.painted(Style::Bad, &format!("Not seen on this machine, in {TRIES} tries: {why}."));
        }
    }
    verdict.is_seen()
}

//! What the explorer has found: a run that fails, with all that is needed to have it again.

use std::error::Error;
use std::fmt;

/// A run that fails. Printed, it says why, how to have it again, and what happened in it, an event a line.
///
/// ```
/// use runtime::sim::{self, Options, Why};
/// use runtime::{spawn, sync::Mutex, yield_now};
/// use std::rc::Rc;
///
/// async fn take_both(first: Rc<Mutex<()>>, second: Rc<Mutex<()>>) {
///     let _first = first.lock().await;
///     let _second = second.lock().await; // at once: fine, as long as nobody gets in between
///     yield_now().await;
/// }
///
/// let failure = sim::try_explore(Options::new(), || async {
///     let (left, right) = (Rc::new(Mutex::new(())), Rc::new(Mutex::new(())));
///     let held = left.lock().await;
///     let one = spawn(take_both(left.clone(), right.clone()));
///     let two = spawn(take_both(right.clone(), left.clone()));
///     yield_now().await;
///     drop(held);
///     one.await.unwrap();
///     two.await.unwrap();
/// })
/// .unwrap_err();
/// assert!(matches!(failure.why, Why::Stalled(_)));
/// assert!(failure.to_string().contains("#2 task has to wait for lock 1"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// What is wrong.
    pub why: Why,
    /// The choices of the run, for [`Options::replay`](super::Options::replay). Those after the last are all 0.
    pub choices: Vec<usize>,
    /// The seed of the run, if it was one of [`Options::seeds`](super::Options::seeds).
    pub seed: Option<u64>,
    /// How often a turn was passed over in it.
    pub deviations: usize,
    /// How many schedules were run, this one included.
    pub schedules: u64,
    /// What happened, an event a line. The same text each time the run is had again.
    pub story: String,
}

/// Why a run fails.
///
/// ```
/// use runtime::sim::{self, Options, Why};
/// let failure = sim::try_explore(Options::new(), || async { panic!("as an example") });
/// assert_eq!(failure.unwrap_err().why, Why::Panicked("as an example".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The test panicked, with these words.
    Panicked(String),
    /// A task panicked, and its [`JoinError`](crate::JoinError) says this.
    TaskPanicked(String),
    /// It does not go on: nothing can ever wake a task again. With what each of them waits for.
    Stalled(String),
    /// It does not come to an end: it has taken [so many polls](super::Options::polls).
    Endless(u64),
    /// The test was over, and tasks were left. Which.
    Leaked(String),
    /// The same choices did not lead to the same run: the test depends on something else, such as the real time, a random
    /// number, another thread, or the order in a `HashMap`; or the choices are not of this test.
    NotRepeatable,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { why, choices, seed, deviations, schedules, story } = self;
        writeln!(f, "schedule {schedules} fails: {why}")?;
        write!(f, "to have it again: Options::replay({choices:?})")?;
        if let Some(seed) = seed {
            write!(f, ", or Options::seeds({seed}..{})", seed.saturating_add(1))?;
        }
        writeln!(f, "; deviations from first in, first out: {deviations}")?;
        write!(f, "what happened:\n{story}")
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Panicked(text) => write!(f, "the test panicked: {text}"),
            Why::TaskPanicked(text) => f.write_str(text),
            Why::Stalled(text) => f.write_str(text.trim_end()),
            Why::Endless(polls) => write!(f, "it has not come to an end after {polls} polls"),
            Why::Leaked(text) => write!(f, "the test was over, and tasks were left:\n{}", text.trim_end()),
            Why::NotRepeatable => f.write_str(
                "the same choices did not lead to the same run: they are not of this test, or it depends on something else (the real time, a random number, another thread, the order in a HashMap)",
            ),
        }
    }
}

impl Error for Failure {}

//! A test under many or all orders of its tasks.
//!
//! A run of the loop is settled by what comes from outside (time, sources, other threads) and by the order in which it
//! polls what is ready. In an explored run nothing comes from outside: time is virtual, real sources are refused, blocking
//! jobs run on the loop's own thread. What is left is the order, and that is asked of the [`chooser`](super::chooser). So
//! a run is made again by giving the same answers, and all of them are made by giving all answers.
//!
//! Ours is the idea of *stateless* model checking: no state of the program is kept or compared, each run begins anew
//! (Godefroid, Model checking for programming languages using VeriSoft, POPL 1997; loom and shuttle do so with threads).
//! What bounds the number of runs is that of Emmi, Qadeer and Rakamarić (Delay-bounded scheduling, POPL 2011): a
//! scheduler that is deterministic, here first in, first out, may be made to *delay* the one whose turn it is so many
//! times. With a bound of d, a run of n steps has in the order of n^d schedules however many tasks there are, and most
//! faults show with few delays. No two of them are taken to be the same: there is no partial-order reduction.

use std::mem::discriminant;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;

use super::chooser::{Choice, Chooser, InCharge, Line, OutOfPolls};
use super::failure::{Failure, Why};
use super::narrate::Story;
use super::orders::{Orders, deviations};
use crate::block_on;
use crate::builder::{Builder, OnStall};
use crate::clock::Clock;
use crate::label;
use crate::outcome::JoinError;

/// Runs `test` under many or all orders of its tasks, each time on a runtime of its own; panics at the first order in
/// which it fails.
///
/// A run fails if it panics, in the test itself or in a task; if it *stalls*, which is to say that tasks wait and nothing
/// can ever wake them; if it does not come to an end; and, where that is asked for, if it leaves tasks behind.
///
/// In a run:
/// - Time is [virtual](Clock::Virtual), and stands still as long as any task is ready.
/// - Which of the tasks that are ready runs next is open. So are, inside one task, the order in which the futures that were
///   woken are polled in a [`join_all`](fn@crate::join_all), a [`task_group`](fn@crate::task_group) and the like, and which
///   side a [`race`](fn@crate::race) begins with. And what the test asks for: [`choose`](super::choose).
/// - What this crate promises is not open: who is first in line for a lock gets it first.
/// - A blocking job runs at once, within the call that submits it. A real source (a socket, a pipe) is an error of the
///   kind [`Unsupported`](std::io::ErrorKind::Unsupported).
///
/// So nothing but the choices settles what happens, unless the test itself looks at the real time, draws random numbers,
/// iterates over a `HashMap` or waits for another thread: that is noticed, mostly, and reported
/// ([`Why::NotRepeatable`]).
///
/// # Panics
/// With the [`Failure`] as its text, if the test fails under one of the orders: why, how to have that run again
/// ([`Options::replay`]), and what happened in it. For a program that wants to go on, there is [`try_explore`]. And on a
/// thread that already runs a runtime, or if the OS has no file descriptor left for one.
///
/// # Example
/// Between the look and the store, another task gets its turn:
/// ```should_panic
/// use runtime::{sim::{self, Options}, spawn, yield_now};
/// use std::{cell::Cell, rc::Rc};
///
/// sim::explore(Options::new(), || async {
///     let count = Rc::new(Cell::new(0));
///     let tasks = [1, 2].map(|_| {
///         let count = count.clone();
///         spawn(async move {
///             let seen = count.get();
///             yield_now().await;
///             count.set(seen + 1);
///         })
///     });
///     for task in tasks {
///         task.await.unwrap();
///     }
///     assert_eq!(count.get(), 2);
/// });
/// ```
/// ```text
/// schedule 1 fails: the test panicked: assertion `left == right` failed …
/// to have it again: Options::replay([]); deviations from first in, first out: 0
/// what happened:
///    1       0ns  #1 root is spawned at src/lib.rs:5:1
///    …
/// ```
/// With a lock around the two lines it holds, in every order that there is:
/// ```
/// use runtime::{sim::{self, Options}, spawn, sync::Mutex, yield_now};
/// use std::rc::Rc;
///
/// let explored = sim::explore(Options::new(), || async {
///     let count = Rc::new(Mutex::new(0));
///     let tasks = [1, 2].map(|_| {
///         let count = count.clone();
///         spawn(async move {
///             let mut count = count.lock().await;
///             yield_now().await;
///             *count += 1;
///         })
///     });
///     for task in tasks {
///         task.await.unwrap();
///     }
///     assert_eq!(*count.lock().await, 2);
/// });
/// assert!(explored.complete && explored.schedules > 1);
/// ```
#[track_caller]
pub fn explore<F, T>(options: Options, test: F) -> Explored
where
    F: FnMut() -> T,
    T: Future<Output = ()>,
{
    match Search::new(options, test, Location::caller()).search() {
        Ok(explored) => explored,
        Err(failure) => panic!("{failure}"),
    }
}

/// As [`explore`], but gives the failure to the caller.
///
/// # Errors
/// The first run that fails.
///
/// # Panics
/// On a thread that already runs a runtime, or if the OS has no file descriptor left for one.
///
/// # Example
/// ```
/// use runtime::sim::{self, Options};
/// use runtime::{sleep, spawn};
/// use std::time::Duration;
///
/// let test = || async {
///     let (sender, mut receiver) = runtime::sync::mpsc::channel(2);
///     for name in ["first", "second"] {
///         let sender = sender.clone();
///         spawn(async move { sender.send(name).await.unwrap() });
///     }
///     sleep(Duration::from_secs(1)).await;
///     assert_eq!(receiver.recv().await, Some("first")); // as it happens, if nobody goes before the others
/// };
/// sim::explore(Options::new().deviations(0), test);
/// let failure = sim::try_explore(Options::new(), test).unwrap_err();
/// assert_eq!((&failure.choices[..], failure.schedules), (&[1][..], 2)); // #3 before #2
/// let again = sim::try_explore(Options::replay(failure.choices), test).unwrap_err();
/// assert_eq!(again.story, failure.story);
/// ```
#[track_caller]
pub fn try_explore<F, T>(options: Options, test: F) -> Result<Explored, Failure>
where
    F: FnMut() -> T,
    T: Future<Output = ()>,
{
    Search::new(options, test, Location::caller()).search()
}

/// Which orders are run, and what counts as a failure.
///
/// A small test is run under [all of them](Self::new), perhaps within a [bound](Self::deviations); a larger one under as
/// many as one has time for, [at random](Self::seeds).
#[derive(Clone, Debug)]
pub struct Options {
    which: Which,
    deviations: usize,
    schedules: u64,
    polls: u64,
    leaks_fail: bool,
    panics_fail: bool,
}

#[derive(Clone, Debug)]
enum Which {
    All,
    Seeds(Range<u64>),
    One(Vec<usize>),
}

impl Options {
    /// All orders, those with the fewest deviations first: so the first that fails is as plain as there is one. At most
    /// 10,000 schedules, unless [said otherwise](Self::schedules).
    pub fn new() -> Self {
        Options {
            which: Which::All,
            deviations: usize::MAX,
            schedules: 10_000,
            polls: 100_000,
            leaks_fail: false,
            panics_fail: true,
        }
    }

    /// Orders at random, one for each seed. For tests with more orders than can be run.
    ///
    /// ```
    /// use runtime::sim::{self, Options};
    /// let explored = sim::explore(Options::seeds(0..50), || async {
    ///     let sleeps = (0..100).map(|_| runtime::sleep(std::time::Duration::from_secs(1)));
    ///     runtime::join_all(sleeps).await;
    /// });
    /// assert_eq!(explored.schedules, 50);
    /// ```
    pub fn seeds(seeds: Range<u64>) -> Self {
        Options { which: Which::Seeds(seeds), ..Options::new() }
    }

    /// One run, again: that of the [choices](Failure::choices) of a failure. None at all: first in, first out.
    ///
    /// ```
    /// use runtime::sim::{self, Options};
    /// use std::cell::RefCell;
    /// let log = RefCell::new(Vec::new());
    /// sim::explore(Options::replay([2, 1]), || async {
    ///     let say = async |word| log.borrow_mut().push(word);
    ///     runtime::join_all(["a", "b", "c"].map(say)).await;
    /// });
    /// assert_eq!(log.take(), ["c", "b", "a"]); // two let the third go first; then one of two
    /// ```
    pub fn replay(choices: impl Into<Vec<usize>>) -> Self {
        Options { which: Which::One(choices.into()), ..Options::new() }
    }

    /// Of all orders, only those with so few deviations from first in, first out.
    ///
    /// A deviation is this: one whose turn it is lets the next go first, and goes to the end of the line itself. If it is
    /// the third's turn who is polled, that is two. The usual order is the one with none.
    ///
    /// ```
    /// use runtime::sim::{self, Options};
    /// let schedules = |most| {
    ///     sim::explore(Options::new().deviations(most), || async {
    ///         let [a, b, c] = [1, 2, 3].map(|_| runtime::spawn(async {}));
    ///         runtime::sleep(std::time::Duration::from_secs(1)).await;
    ///         drop((a, b, c));
    ///     })
    ///     .schedules
    /// };
    /// assert_eq!([0, 1, 2, 3, 4].map(schedules), [1, 3, 5, 6, 6]); // of three, there are six orders
    /// ```
    pub fn deviations(mut self, most: usize) -> Self {
        self.deviations = most;
        self
    }

    /// How many schedules are run at most. When that is not enough for all, [`Explored::complete`] says so.
    ///
    /// ```
    /// use runtime::sim::{self, Options};
    /// let explored = sim::explore(Options::new().schedules(5), || async {
    ///     runtime::join_all((0..10).map(|_| runtime::yield_now())).await;
    /// });
    /// assert_eq!((explored.schedules, explored.complete), (5, false));
    /// ```
    pub fn schedules(mut self, most: u64) -> Self {
        self.schedules = most;
        self
    }

    /// How many polls of tasks a run may take before it counts as one without end; 100,000 unless set.
    ///
    /// ```
    /// use runtime::sim::{self, Options, Why};
    /// let failure = sim::try_explore(Options::new().polls(50), || async {
    ///     loop {
    ///         runtime::yield_now().await; // until what?
    ///     }
    /// });
    /// assert_eq!(failure.unwrap_err().why, Why::Endless(50));
    /// ```
    pub fn polls(mut self, most: u64) -> Self {
        self.polls = most;
        self
    }

    /// A run fails, too, if tasks are left when the test is over.
    ///
    /// ```
    /// use runtime::sim::{self, Options, Why};
    /// let failure = sim::try_explore(Options::new().no_leaks(), || async {
    ///     let forgotten = runtime::Task::new().name("forgotten");
    ///     forgotten.spawn(runtime::sleep(std::time::Duration::from_secs(1)));
    /// });
    /// let Why::Leaked(tasks) = failure.unwrap_err().why else { panic!() };
    /// assert!(tasks.contains("#2 forgotten"));
    /// ```
    pub fn no_leaks(mut self) -> Self {
        self.leaks_fail = true;
        self
    }

    /// A run does not fail because a task of it panics: for tests of just that. In others, a panic is most often an
    /// assertion, and its handle may have been dropped.
    ///
    /// ```
    /// use runtime::sim::{self, Options};
    /// sim::explore(Options::new().allow_panics(), || async {
    ///     let task = runtime::spawn(async { panic!("as an example") });
    ///     assert!(task.await.is_err());
    /// });
    /// ```
    pub fn allow_panics(mut self) -> Self {
        self.panics_fail = false;
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Options::new()
    }
}

/// What was done by an exploration that found nothing.
///
/// ```
/// use runtime::sim::{self, Options};
/// let explored = sim::explore(Options::new(), || async {
///     runtime::join_all([runtime::yield_now(), runtime::yield_now()]).await;
/// });
/// println!("{} schedules of at most {} choices", explored.schedules, explored.choices);
/// assert!(explored.complete);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explored {
    /// How many schedules were run. No two of them were the same, unless they were at random.
    pub schedules: u64,
    /// They were all there are, within the bound on deviations. Never so at random.
    pub complete: bool,
    /// How many choices there were in a run, at most.
    pub choices: usize,
}

/// An exploration under way.
struct Search<F> {
    options: Options,
    test: F,
    at: &'static Location<'static>,
    done: Explored,
}

/// What a run came to.
struct Run {
    why: Option<Why>,
    made: Vec<Choice>,
}

impl<F, T> Search<F>
where
    F: FnMut() -> T,
    T: Future<Output = ()>,
{
    fn new(options: Options, test: F, at: &'static Location<'static>) -> Self {
        Search { options, test, at, done: Explored { schedules: 0, complete: false, choices: 0 } }
    }

    fn search(mut self) -> Result<Explored, Failure> {
        if block_on::id().is_some() {
            panic!(
                "explore was called on a thread that is already running a runtime: it runs the test on runtimes of its own"
            );
        }
        match self.options.which.clone() {
            Which::All => self.all()?,
            Which::Seeds(seeds) => {
                for seed in seeds.take(usize::try_from(self.options.schedules).unwrap_or(usize::MAX)) {
                    self.schedule(Vec::new(), Some(seed))?;
                }
            }
            Which::One(choices) => {
                self.schedule(choices, None)?;
            }
        }
        Ok(self.done)
    }

    fn all(&mut self) -> Result<(), Failure> {
        let mut orders = Orders::new(self.options.deviations);
        let mut given: Option<Vec<Choice>> = Some(Vec::new());
        while let Some(first) = given {
            if self.done.schedules == self.options.schedules {
                return Ok(());
            }
            let made = self.schedule(taken(&first), None)?;
            if !made.starts_with(&first) {
                return Err(self.failure(Why::NotRepeatable, &made, None, ""));
            }
            orders.made(made, first.len());
            given = orders.next();
        }
        self.done.complete = true;
        Ok(())
    }

    /// One schedule of those that were asked for. Gives its choices.
    fn schedule(&mut self, given: Vec<usize>, seed: Option<u64>) -> Result<Vec<Choice>, Failure> {
        self.done.schedules += 1;
        let Run { why, made } = self.run(given, seed, None);
        self.done.choices = self.done.choices.max(made.len());
        let Some(why) = why else { return Ok(made) };
        // Once more, and now somebody listens: to tell a story costs more than the run itself, so the others go without.
        let story = Story::default();
        let again = self.run(taken(&made), None, Some(story.clone()));
        let same =
            again.made == made && again.why.is_some_and(|again| discriminant(&again) == discriminant(&why));
        let why = if same { why } else { Why::NotRepeatable };
        Err(self.failure(why, &made, seed, &story.text()))
    }

    fn failure(&self, why: Why, made: &[Choice], seed: Option<u64>, story: &str) -> Failure {
        let mut choices = taken(made);
        let last = choices.iter().rposition(|taken| *taken > 0);
        choices.truncate(last.map_or(0, |last| last + 1));
        let (deviations, schedules) = (deviations(made), self.done.schedules);
        Failure { why, choices, seed, deviations, schedules, story: story.to_owned() }
    }

    /// Runs the test once.
    fn run(&mut self, given: Vec<usize>, seed: Option<u64>, story: Option<Story>) -> Run {
        let chooser = Chooser::new(given, seed, self.options.polls);
        let mut builder =
            Builder::new().clock(Clock::Virtual).on_stall(OnStall::Panic).scheduler(Line::default());
        builder.sealed = true;
        builder.observer = story.map(|story| Rc::new(story) as _);
        let runtime = match builder.build() {
            Ok(runtime) => runtime,
            Err(e) => panic!("the OS would not give what an event loop needs (an epoll or the like): {e}"),
        };
        // Locks and channels are called by their numbers in what is told: they begin with 1 in each run.
        let before = label::renumber(0);
        let (options, test, in_charge) = (&self.options, &mut self.test, chooser.clone());
        let root = async move {
            let _in_charge = InCharge::new(in_charge);
            test().await;
            options.leaks_fail.then(left_behind).flatten()
        };
        // `AssertUnwindSafe`: what the panic left half done was the run's. What the test shares between runs is its own
        // affair.
        let ended = catch_unwind(AssertUnwindSafe(|| runtime.block_on_at(root, self.at)));
        let last = label::renumber(before);
        label::renumber(last.max(before));
        let panicked = chooser.panicked().filter(|_| self.options.panics_fail);
        let why = match (ended, panicked) {
            _ if chooser.was_misled() => Some(Why::NotRepeatable),
            (Err(payload), _) if payload.is::<OutOfPolls>() => Some(Why::Endless(self.options.polls)),
            // Before what comes of it: that the test unwraps the result, or waits in vain for what the task was to do.
            (_, Some((task, words))) => Some(Why::TaskPanicked(format!("task {task}: {words}"))),
            (Err(payload), None) if runtime.has_stalled() => Some(Why::Stalled(words(payload))),
            (Err(payload), None) => Some(Why::Panicked(words(payload))),
            (Ok(left), None) => left.map(Why::Leaked),
        };
        Run { why, made: chooser.made() }
    }
}

fn taken(made: &[Choice]) -> Vec<usize> {
    made.iter().map(|choice| choice.taken).collect()
}

/// The tasks that are left at the end of the root, in words.
fn left_behind() -> Option<String> {
    let mut dump = block_on::dump();
    dump.tasks.remove(0); // the root
    (!dump.tasks.is_empty()).then(|| dump.to_string())
}

/// The words of a panic.
fn words(payload: Box<dyn std::any::Any + Send>) -> String {
    let text = JoinError::Panicked(payload).to_string();
    text.split_once(": ").map(|(_, words)| words.to_owned()).unwrap_or(text)
}

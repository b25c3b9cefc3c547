//! The chooser: what is left open in a run, an explored one has decided here, and written down.
//!
//! Left open is, which of the tasks that are ready runs next ([`Line`], a [`Scheduler`]); which of the futures that were
//! woken inside a `join_all` or a `task_group` is polled next, and which side of a `race` first; and whatever the test
//! itself asks for ([`choose`]). Each of these is a *choice point* if there is more than one way to go on. The numbers of
//! the ways gone, in order, are the *choices* of the run: all there is to know of it, since nothing else in it is open.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::rc::Rc;

use crate::current::Current;
use crate::id::TaskId;
use crate::outcome::JoinError;
use crate::policies::next_random;
use crate::scheduler::{Scheduler, TaskMeta};
use crate::trace;

thread_local! {
    /// The run on this thread is an explored one. Const and without a destructor: all that other runs pay is a look at it.
    static EXPLORED: Cell<bool> = const { Cell::new(false) };
    static CHOOSER: Current<Chooser> = const { Current::new() };
}

/// The [mark](trace::mark) of a choice.
pub(super) const CHOICE: &str = "choice";

/// One choice, made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Choice {
    /// The way gone, from 0: the usual one.
    pub(super) taken: usize,
    /// How many there were.
    pub(super) of: usize,
    /// It is about an order, so that any way but 0 is a deviation: `taken` of those whose turn it was were passed over.
    pub(super) is_order: bool,
}

/// Decides in one run.
pub(super) struct Chooser {
    /// What is decided already.
    given: Vec<usize>,
    /// After that: at random, from this state, or else the usual way.
    random: Cell<Option<u64>>,
    made: RefCell<Vec<Choice>>,
    /// A given choice was none of those that there were.
    misled: Cell<bool>,
    /// How many more polls the run may take.
    polls: Cell<u64>,
    panicked: RefCell<Option<(TaskId, String)>>,
}

/// The run has taken more polls than it may: what it is ended with.
pub(super) struct OutOfPolls;

impl Chooser {
    pub(super) fn new(given: Vec<usize>, seed: Option<u64>, polls: u64) -> Rc<Self> {
        Rc::new(Chooser {
            given,
            random: Cell::new(seed),
            made: RefCell::default(),
            misled: Cell::new(false),
            polls: Cell::new(polls),
            panicked: RefCell::default(),
        })
    }

    /// The choices that were made.
    pub(super) fn made(&self) -> Vec<Choice> {
        self.made.borrow().clone()
    }

    /// The choices that were given do not belong to this program, or it does not repeat.
    pub(super) fn was_misled(&self) -> bool {
        let unused = self.given.iter().skip(self.made.borrow().len());
        self.misled.get() || unused.into_iter().any(|taken| *taken > 0)
    }

    /// The first task that has panicked, and its words.
    pub(super) fn panicked(&self) -> Option<(TaskId, String)> {
        self.panicked.borrow().clone()
    }

    fn decide(&self, of: usize, is_order: bool) -> usize {
        let mut made = self.made.borrow_mut();
        let taken = match (self.given.get(made.len()), self.random.get()) {
            (Some(&given), _) => given,
            (None, None) => 0,
            (None, Some(mut state)) => {
                let random = next_random(&mut state);
                self.random.set(Some(state));
                ((u128::from(random) * of as u128) >> 64) as usize
            }
        };
        self.misled.set(self.misled.get() || taken >= of);
        let taken = taken.min(of - 1);
        made.push(Choice { taken, of, is_order });
        taken
    }
}

/// For as long as it lives, the chooser is asked.
///
/// It lives in the root future: what happens after the end of that (the queue is emptied) is not open any more.
pub(super) struct InCharge;

impl InCharge {
    pub(super) fn new(chooser: Rc<Chooser>) -> Self {
        CHOOSER.with(|current| current.set(Some(chooser)));
        EXPLORED.set(true);
        InCharge
    }
}

impl Drop for InCharge {
    fn drop(&mut self) {
        EXPLORED.set(false);
        CHOOSER.with(|current| current.set(None));
    }
}

fn in_charge() -> Option<Rc<Chooser>> {
    if EXPLORED.get() { CHOOSER.with(Current::try_get) } else { None }
}

/// The run on this thread is an explored one.
#[inline]
pub(crate) fn is_explored() -> bool {
    EXPLORED.get()
}

fn decide(of: usize, is_order: bool, say: impl FnOnce(usize) -> String) -> usize {
    let Some(chooser) = in_charge().filter(|_| of > 1) else { return 0 };
    let taken = chooser.decide(of, is_order);
    let number = chooser.made.borrow().len();
    if trace::is_watched() {
        trace::mark(CHOICE, format_args!("{number} is {taken}: {}", say(taken)));
    }
    taken
}

/// A number below `n` that is left open: an explored run tries each. For what else may happen in a test, or not: a task
/// is aborted early or late, a message is lost.
///
/// It is no deviation in the sense of [`Options::deviations`](super::Options::deviations), so all of them are tried under
/// any bound. Outside an explored run, and for an `n` of 0 or 1, it is 0.
///
/// ```
/// use runtime::sim::{self, Options};
/// use std::{cell::RefCell, collections::BTreeSet};
/// let seen = RefCell::new(BTreeSet::new());
/// let explored = sim::explore(Options::new(), || async {
///     seen.borrow_mut().insert((sim::choose(2), sim::choose(3)));
/// });
/// assert_eq!((explored.schedules, seen.take().len()), (6, 6));
/// ```
pub fn choose(n: usize) -> usize {
    decide(n, false, |taken| format!("the test goes way {taken} of {n}"))
}

/// How many of the first ones in a line of `n` let others go first. `names` is called only if somebody watches.
pub(crate) fn pass_over(n: usize, names: impl FnOnce() -> Vec<String>) -> usize {
    decide(n, true, |taken| {
        let names = names();
        format!("{} is next, of {}", names[taken], names.join(", "))
    })
}

/// A task has panicked.
pub(crate) fn task_panicked(task: TaskId, error: &JoinError) {
    if let Some(chooser) = in_charge() {
        let mut panicked = chooser.panicked.borrow_mut();
        panicked.get_or_insert_with(|| (task, error.to_string()));
    }
}

/// The run queue of an explored run: first in, first out, where the chooser does not say otherwise.
///
/// Those passed over go to the end of the line. So who is passed over once has to wait for all others that are ready: a
/// single deviation, where one that left them at the front would have to pass them over again and again.
#[derive(Default)]
pub(super) struct Line {
    ready: VecDeque<TaskId>,
}

impl Scheduler for Line {
    fn push(&mut self, id: TaskId, _: &TaskMeta) {
        self.ready.push_back(id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        if let Some(chooser) = in_charge() {
            match chooser.polls.get().checked_sub(1) {
                Some(left) => chooser.polls.set(left),
                // Not a panic: there is no fault at this place for the hook to report.
                None => resume_unwind(Box::new(OutOfPolls)),
            }
        }
        let passed = pass_over(self.ready.len(), || self.ready.iter().map(TaskId::to_string).collect());
        self.ready.rotate_left(passed);
        self.ready.pop_front()
    }
}

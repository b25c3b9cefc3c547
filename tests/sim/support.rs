//! What the tests of this binary share.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use runtime::sim::{self, Failure, Options};
use runtime::{JoinHandle, Task, yield_now};

/// Explores a test in all orders that it has, and fails if they are too many to be run. Says how many they were.
#[track_caller]
pub(crate) fn in_all_orders<T: Future<Output = ()>>(test: impl FnMut() -> T) {
    let explored = sim::explore(Options::new().schedules(100_000).no_leaks(), test);
    assert!(explored.complete, "there are more than {} orders", explored.schedules);
    assert!(explored.schedules > 1, "nothing was left open");
    println!("{} schedules: all there are", explored.schedules);
}

/// How much more than usual is to be done: the variable `SIM_MORE`, 1 unless set.
pub(crate) fn more() -> u32 {
    std::env::var("SIM_MORE").ok().and_then(|more| more.parse().ok()).unwrap_or(1)
}

/// Explores a test in all orders with so few deviations from first in, first out, as it has too many for every day; with
/// `SIM_MORE` in any, up to so many times 10,000 of them. Says how many they were.
#[track_caller]
pub(crate) fn within<T: Future<Output = ()>>(deviations: usize, test: impl FnMut() -> T) {
    if more() > 1 {
        let options = Options::new().schedules(10_000 * u64::from(more())).no_leaks();
        return println!("{:?}", sim::explore(options, test));
    }
    let options = Options::new().deviations(deviations).schedules(100_000).no_leaks();
    let explored = sim::explore(options, test);
    assert!(explored.complete, "there are more than {} orders", explored.schedules);
    assert!(explored.schedules > 1, "nothing was left open");
    println!("{} schedules: all with {deviations} deviations at most", explored.schedules);
}

/// Explores a test that has a fault, which has to be found; and has the failing run again, which has to be the very same.
#[track_caller]
pub(crate) fn found<T: Future<Output = ()>>(options: Options, mut test: impl FnMut() -> T) -> Failure {
    let mut explore = |options| sim::try_explore(options, &mut test);
    let failure = match explore(options) {
        Ok(explored) => panic!("the fault was not found in {} schedules", explored.schedules),
        Err(failure) => failure,
    };
    println!("found in schedule {}, with {} deviations", failure.schedules, failure.deviations);
    let again = match explore(Options::replay(failure.choices.clone())) {
        Ok(_) => panic!("it does not fail again: {failure}"),
        Err(again) => again,
    };
    assert_eq!(again.why, failure.why);
    assert_eq!(again.choices, failure.choices);
    assert_eq!(again.story, failure.story);
    assert_eq!(again.schedules, 1);
    failure
}

/// Aborts a task after 0 to `turns - 1` turns: each of these is tried.
pub(crate) fn abort_somewhen<T: 'static>(task: &JoinHandle<T>, turns: usize) -> JoinHandle<()> {
    let task = task.abort_handle();
    Task::new().name("aborter").spawn(async move {
        for _ in 0..sim::choose(turns) {
            yield_now().await;
        }
        task.abort();
    })
}

/// Waits until nobody else is ready: until then no time passes. (A yield says nothing of the others, as anybody may be
/// passed over any number of times.)
pub(crate) async fn settled() {
    runtime::sleep(Duration::from_millis(1)).await;
}

/// A room for one: whoever enters while another is inside has found a hole in the lock before it.
#[derive(Clone, Default)]
pub(crate) struct Room(Rc<Cell<usize>>);

impl Room {
    #[track_caller]
    pub(crate) fn enter(&self) -> Inside {
        self.enter_with(1)
    }

    /// A room for `most`.
    #[track_caller]
    pub(crate) fn enter_with(&self, most: usize) -> Inside {
        self.0.set(self.0.get() + 1);
        assert!(self.0.get() <= most, "{} are inside", self.0.get());
        Inside(self.0.clone())
    }
}

/// Somebody is inside.
pub(crate) struct Inside(Rc<Cell<usize>>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Counts values, and their destructors.
#[derive(Clone, Default)]
pub(crate) struct Drops(Rc<(Cell<usize>, Cell<usize>)>);

impl Drops {
    /// A value that is counted.
    pub(crate) fn value(&self) -> Counted {
        self.0.0.set(self.0.0.get() + 1);
        Counted(self.clone())
    }

    /// How many were dropped.
    pub(crate) fn dropped(&self) -> usize {
        self.0.1.get()
    }

    /// Each that was made has been dropped, once.
    #[track_caller]
    pub(crate) fn balance(&self) {
        assert_eq!(self.0.0.get(), self.dropped(), "values made, and dropped");
    }
}

/// A value that is counted.
pub(crate) struct Counted(Drops);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.1.set(self.0.dropped() + 1);
    }
}

/// Runs `body`, which has to panic, and gives the text.
#[track_caller]
pub(crate) fn panics<T>(body: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(_) => panic!("it should have panicked"),
        Err(payload) => text_of(&*payload),
    }
}

fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default()
}

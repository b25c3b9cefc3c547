//! What the tests of this binary share.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use runtime::sim::{self, Failure, Options};

/// Explores a test that has a fault, which has to be found; and has the failing run again, which has to be the very same.
#[track_caller]
pub(crate) fn found<T: Future<Output = ()>>(options: Options, mut test: impl FnMut() -> T) -> Failure {
    let mut explore = |options| sim::try_explore(options, &mut test);
    let failure = match explore(options) {
        Ok(explored) => panic!("the fault was not found in {} schedules", explored.schedules),
        Err(failure) => failure,
    };
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

//! What later exercises stand on instead of the student's own: the same checks.

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use coursework::suites;

use super::all_pass;

// As they are there, in a program of its own.
#[path = "exercises/src/given/executor.rs"]
#[expect(unreachable_pub)]
mod executor;
#[path = "exercises/src/given/time.rs"]
#[expect(unreachable_pub)]
mod time;

/// The loops that later exercises are given.
struct Given;

impl suites::e06_spawn::Spawn for Given {
    fn block_on<F: Future>(main: F) -> F::Output {
        executor::block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        executor::spawn(task);
    }
}

impl suites::e09_timers::Timers for Given {
    fn block_on<F: Future>(main: F) -> F::Output {
        time::block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        time::spawn(task);
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        time::sleep(duration)
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + 'static {
        time::sleep_until(deadline)
    }

    fn set() -> usize {
        time::timers()
    }
}

#[test]
fn what_later_exercises_are_given_passes_the_checks_of_what_it_stands_for() {
    all_pass(&suites::e06_spawn::checks::<Given>());
    all_pass(&suites::e07_wakes::checks::<Given>());
    all_pass(&suites::e09_timers::checks::<Given>());
}

#[test]
fn a_waker_that_is_called_after_the_given_loop_is_over_keeps_nothing_of_it() {
    let bell = Arc::new(());
    let held = bell.clone();
    let mut kept = None;
    let main = std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref(); // it stands in the queue when the loop ends
        kept = Some(cx.waker().clone());
        Poll::Ready(())
    });
    executor::run(main, move || drop(held.clone()), |_| ());
    assert_eq!(Arc::strong_count(&bell), 1, "the queue, which has the bell, is still there");
    kept.expect("it was polled").wake();
    assert_eq!(Arc::strong_count(&bell), 1);
}

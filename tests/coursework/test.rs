//! The checks of the course, run on the real thing: what they ask for, the runtime does.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use coursework::check::{Check, Outcome};
use coursework::log::Log;
use coursework::report::Line;
use coursework::suites;
use coursework::suites::e08_join_handle::Why;
use runtime::trace::{Event, What};
use runtime::{Builder, JoinError, JoinHandle, OnStall};

/// The runtime's own counterparts of what the exercises ask for.
struct Real;

thread_local! {
    /// The timers that are set.
    static TIMERS: RefCell<BTreeSet<u64>> = RefCell::default();
}

/// Some checks let another thread wake the only task, which a runtime calls a stall: not here.
fn block_on<F: Future>(main: F) -> F::Output {
    let timers = |event: &Event<'_>| {
        TIMERS.with_borrow_mut(|timers| match event.what {
            What::TimerSet { timer, .. } => {
                timers.insert(timer);
            }
            What::TimerFired { timer } | What::TimerDropped { timer } => {
                timers.remove(&timer);
            }
            _ => {}
        });
    };
    let runtime = Builder::new().on_stall(OnStall::Wait).observer(timers).build().expect("a runtime");
    runtime.block_on(main)
}

impl suites::e06_spawn::Spawn for Real {
    fn block_on<F: Future>(main: F) -> F::Output {
        block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        drop(runtime::spawn(task));
    }
}

impl suites::e03_block_on::BlockOn for Real {
    fn block_on<F: Future>(future: F) -> F::Output {
        block_on(future)
    }
}

impl suites::e04_yield::Yield for Real {
    fn yield_now() -> impl Future<Output = ()> {
        runtime::yield_now()
    }

    async fn sum_politely(numbers: &[u64], every: usize) -> u64 {
        let mut sum = 0;
        for (n, piece) in numbers.chunks(every).enumerate() {
            if n > 0 {
                runtime::yield_now().await;
            }
            sum += piece.iter().sum::<u64>();
        }
        sum
    }
}

impl suites::e05_join::Join for Real {
    fn join<A: Future, B: Future>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)> {
        runtime::join(a, b)
    }
}

impl suites::e08_join_handle::Tasks for Real {
    type Error = JoinError;
    type Handle<T: 'static> = JoinHandle<T>;

    fn block_on<F: Future>(main: F) -> F::Output {
        block_on(main)
    }

    fn spawn<T: 'static>(task: impl Future<Output = T> + 'static) -> JoinHandle<T> {
        runtime::spawn(task)
    }

    fn is_finished<T: 'static>(handle: &JoinHandle<T>) -> bool {
        handle.is_finished()
    }

    fn abort<T: 'static>(handle: &JoinHandle<T>) {
        handle.abort();
    }

    fn why(error: &JoinError) -> Why {
        match error {
            JoinError::Panicked(_) => Why::Panicked,
            JoinError::Cancelled => Why::Cancelled,
        }
    }
}

impl suites::e09_timers::Timers for Real {
    fn block_on<F: Future>(main: F) -> F::Output {
        block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        drop(runtime::spawn(task));
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        runtime::sleep(duration)
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + 'static {
        runtime::sleep_until(deadline)
    }

    fn set() -> usize {
        TIMERS.with_borrow(BTreeSet::len)
    }
}

fn all_pass(checks: &[Check]) {
    for check in checks {
        let log = Log::new(Box::new(|line| {
            if let Line::Event(event) = line {
                println!("{:>8} µs  {}", event.at, event.text);
            }
        }));
        println!("{}", check.name);
        assert_eq!(check.run(&log), Outcome::Passed, "{}", check.name);
    }
}

#[test]
fn spawn_is_the_runtimes() {
    all_pass(&suites::e06_spawn::checks::<Real>());
}

#[test]
fn block_on_is_the_runtimes() {
    all_pass(&suites::e03_block_on::checks::<Real>());
}

#[test]
fn yield_now_is_the_runtimes() {
    all_pass(&suites::e04_yield::checks::<Real>());
}

#[test]
fn join_is_the_runtimes() {
    all_pass(&suites::e05_join::checks::<Real>());
}

#[test]
fn its_wakes_are_the_runtimes() {
    all_pass(&suites::e07_wakes::checks::<Real>());
}

#[test]
fn join_handle_is_the_runtimes() {
    all_pass(&suites::e08_join_handle::checks::<Real>());
}

#[test]
fn its_timers_are_the_runtimes() {
    all_pass(&suites::e09_timers::checks::<Real>());
}

use std::time::{Duration, Instant};

use coursework::suites::e09_timers::Timers;

use crate::e09_timers;

pub(crate) struct Mine;

impl Timers for Mine {
    fn block_on<F: Future>(main: F) -> F::Output {
        e09_timers::block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        e09_timers::spawn(task);
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        e09_timers::sleep(duration)
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + 'static {
        e09_timers::sleep_until(deadline)
    }

    fn set() -> usize {
        e09_timers::Timers::len()
    }
}

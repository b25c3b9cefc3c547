use std::io;
use std::time::Duration;

use coursework::suites::e19_timerfd::Timer;

use crate::e19_timerfd;

pub(crate) struct Mine(e19_timerfd::Timer);

impl Timer for Mine {
    fn new() -> io::Result<Self> {
        e19_timerfd::Timer::new().map(Mine)
    }

    fn set(&self, first: Duration, period: Duration) -> io::Result<()> {
        self.0.set(first, period)
    }

    fn tick(&self) -> impl Future<Output = io::Result<u64>> {
        self.0.tick()
    }
}

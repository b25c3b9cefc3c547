use coursework::suites::e13_priority::Priority13;
use runtime::Scheduler;

use crate::e13_priority;

pub(crate) struct Mine;

impl Priority13 for Mine {
    fn scheduler() -> impl Scheduler + 'static {
        e13_priority::ByPriority::default()
    }
}

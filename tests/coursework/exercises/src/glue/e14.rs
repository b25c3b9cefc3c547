use coursework::suites::e14_fair::Fair14;
use runtime::Scheduler;

use crate::e14_fair;

pub(crate) struct Mine;

impl Fair14 for Mine {
    fn scheduler() -> impl Scheduler + 'static {
        e14_fair::FairShare::default()
    }
}

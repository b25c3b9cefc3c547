//! How the checks reach the answers: for each exercise, its functions as the trait that its suite checks. Nothing here is
//! to be filled in.

use coursework::serve::Served;
use coursework::suites;

mod e01;
mod e02;
mod e03;
mod e04;
mod e05;
mod e06;
mod e07;
mod e08;
mod e09;
mod e10;
mod e11;
mod e12;
mod e13;
mod e14;
mod e15;
mod e16;
mod e17;
mod e18;
mod e19;
mod e20;
mod e21;
mod e22;

/// The checks of all exercises, on the answers that are compiled in.
pub(crate) fn all() -> Vec<Served> {
    vec![
        ("01", suites::e01_poll::checks::<e01::Mine>()),
        ("02", suites::e02_counting::checks::<e02::Mine>()),
        ("03", suites::e03_block_on::checks::<e03::Mine>()),
        ("04", suites::e04_yield::checks::<e04::Mine>()),
        ("05", suites::e05_join::checks::<e05::Mine>()),
        ("06", suites::e06_spawn::checks::<e06::Mine>()),
        ("07", suites::e07_wakes::checks::<e07::Mine>()),
        ("08", suites::e08_join_handle::checks::<e08::Mine>()),
        ("09", suites::e09_timers::checks::<e09::Mine>()),
        ("10", suites::e10_reactor::checks::<e10::Mine>()),
        ("11", suites::e11_echo::checks::<e11::Mine>()),
        ("12", suites::e12_timeout::checks::<e12::Mine>()),
        ("13", suites::e13_priority::checks::<e13::Mine>()),
        ("14", suites::e14_fair::checks::<e14::Mine>()),
        ("15", suites::e15_lanes::checks::<e15::Mine>()),
        ("16", suites::e16_semaphore::checks::<e16::Mine>()),
        ("17", suites::e17_barrier::checks::<e17::Mine>()),
        ("18", suites::e18_channel::checks::<e18::Mine>()),
        ("19", suites::e19_timerfd::checks::<e19::Mine>()),
        ("20", suites::e20_limiter::checks::<e20::Mine>()),
        ("21", suites::e21_chunked::checks::<e21::Mine>()),
        ("22", suites::e22_two_loops::checks::<e22::Mine>()),
    ]
}

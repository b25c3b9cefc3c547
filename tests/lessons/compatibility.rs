//! The lesson `compatibility`.

use demo::lesson::compatibility::blocking::THINKING;
use demo::lesson::compatibility::measure;

use crate::seen;

#[test]
fn a_library_that_blocks_stops_the_loop_in_a_task_and_not_in_the_pool() {
    let found = seen(measure);
    assert!(found.in_a_task.longest_gap >= THINKING, "{found:?}");
    assert!(found.in_the_pool.longest_gap < THINKING / 2, "{found:?}");
    assert!(found.for_a_loop.longest_gap < THINKING / 2, "{found:?}");
}

#[test]
fn a_library_that_blocks_in_a_task_is_reported_as_a_slow_poll_of_that_task() {
    let found = seen(measure);
    let (culprit, held) = found.in_a_task.slow_poll.expect("it was reported");
    assert_eq!(culprit, "asker");
    assert!(held >= THINKING);
    assert_eq!((found.in_the_pool.slow_poll, found.for_a_loop.slow_poll), (None, None));
}

#[test]
fn a_foreign_future_takes_two_polls_here_and_ours_runs_under_a_foreign_executor() {
    let found = seen(measure);
    let (heard, stats) = found.foreign_future;
    assert_eq!(heard, "from abroad");
    assert_eq!(stats.polls, 2);
    assert!(stats.sleeps > 0, "{stats:?}");
    assert_eq!(found.foreign_executor, "from here");
}

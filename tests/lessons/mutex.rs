//! The lesson `mutex`.

use demo::lesson::Stage;
use demo::lesson::mutex::{ALL, measure};

use crate::seen;

#[test]
fn counts_are_lost_without_a_lock_and_kept_with_one_in_all_three_models() {
    let counts = seen(measure);
    for (model, cell) in counts.cells.all() {
        assert!((1..ALL).contains(&cell.without), "{model}: {cell:?}");
        assert_eq!(cell.with, ALL, "{model}");
    }
}

#[test]
fn tasks_lose_a_count_at_each_await_in_the_middle_and_none_without_one() {
    let counts = seen(measure);
    // All four read the same each time, as the queue is first in, first out: this is no chance.
    assert_eq!(counts.cells.tasks.without, ALL / 4);
    assert_eq!(counts.in_one_go, ALL);
}

#[test]
fn children_that_end_at_once_or_cannot_be_started_are_errors_and_no_endless_wait() {
    let failed = measure(&Stage::quiet("false")).expect_err("no child does its part").to_string();
    assert!(failed.contains("child process"), "{failed}");
    let missing = measure(&Stage::quiet("/nowhere/demo")).expect_err("there is no child").to_string();
    assert!(missing.contains("cannot start a child process"), "{missing}");
}

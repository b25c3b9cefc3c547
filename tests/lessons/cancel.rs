//! The lesson `cancel`.

use demo::lesson::cancel::measure;
use demo::lesson::cancel::messages::MESSAGES;

use crate::seen;

#[test]
fn what_is_cancelled_is_tidied_up_before_anybody_hears_of_it() {
    let cancel = seen(measure);
    assert_eq!(cancel.time_limit, ["download begun", "download tidied up", "time is up"]);
    let aborted = ["download begun", "abort called", "download tidied up", "awaited: cancelled"];
    assert_eq!(cancel.abort, aborted);
    let grouped = ["file 1 begun", "file 2 begun", "file 1 tidied up", "file 2 tidied up", "file 3 failed"];
    assert_eq!(cancel.group, grouped);
}

#[test]
fn a_limit_on_the_waiting_loses_no_message_and_one_on_all_loses_each() {
    let cancel = seen(measure);
    assert_eq!(cancel.careful.saved, MESSAGES);
    assert!(cancel.careful.given_up > 0); // it was put to the test
    assert_eq!(cancel.careless.saved, 0);
}

#[test]
fn a_job_that_was_given_up_runs_to_its_end() {
    assert_eq!(seen(measure).job, (true, true));
}

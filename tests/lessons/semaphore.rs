//! The lesson `semaphore`.

use demo::lesson::semaphore::{PERMITS, measure};

use crate::seen;

#[test]
fn it_gets_too_full_without_permits_and_just_full_with_them_in_all_three_models() {
    let crowds = seen(measure);
    for (model, cell) in crowds.0.all() {
        assert!(cell.without > PERMITS, "{model}: {cell:?}");
        assert!((1..=PERMITS).contains(&cell.with), "{model}: {cell:?}");
    }
    assert_eq!(crowds.0.tasks.with, PERMITS); // as full as it may be
}

//! `demo::download::retry`: whether to try again, and when.

use std::time::Duration;

use demo::download::retry::{self, LONGEST, PATIENCE, Retry};

const RETRY: Retry = Retry { times: 40, first: Duration::from_secs(1) };

#[test]
fn the_waits_double_up_to_the_longest() {
    let waits: Vec<_> = (0..9).map(|n| RETRY.wait(n, None, 1.0).unwrap().as_secs()).collect();
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert_eq!(RETRY.wait(39, None, 1.0), Some(LONGEST));
}

#[test]
fn half_of_a_wait_is_left_to_chance() {
    for n in 0..40 {
        let (least, most) = (RETRY.wait(n, None, 0.0).unwrap(), RETRY.wait(n, None, 1.0).unwrap());
        assert_eq!(least * 2, most);
        let between = RETRY.wait(n, None, 0.5).unwrap();
        assert!(least < between && between < most);
        // Whatever dice somebody brings.
        for dice in [-1.0, 2.0, f64::INFINITY] {
            assert!((least..=most).contains(&RETRY.wait(n, None, dice).unwrap()));
        }
    }
}

#[test]
fn after_so_many_there_is_no_other() {
    let retry = Retry { times: 2, ..RETRY };
    assert!(retry.wait(1, None, 0.5).is_some());
    assert_eq!(retry.wait(2, None, 0.5), None);
    assert_eq!(retry.wait(u32::MAX, Some(Duration::ZERO), 0.5), None);
    assert_eq!(Retry { times: 0, ..RETRY }.wait(0, None, 0.5), None);
}

#[test]
fn what_the_server_asks_for_is_waited_for_and_a_little_more() {
    for asked in [0, 1, 7, 600].map(Duration::from_secs) {
        for (n, dice) in [(0, 0.0), (0, 1.0), (9, 0.3)] {
            let wait = RETRY.wait(n, Some(asked), dice).unwrap();
            assert!(wait >= asked && wait <= asked + RETRY.first, "{asked:?}: {wait:?}");
        }
    }
}

#[test]
fn who_asks_for_too_much_is_not_asked_again() {
    for asked in [PATIENCE + Duration::from_nanos(1), Duration::MAX] {
        assert_eq!(RETRY.wait(0, Some(asked), 0.5), None);
    }
}

#[test]
fn the_largest_of_all_numbers_are_waits_too() {
    let retry = Retry { times: u32::MAX, first: Duration::MAX };
    assert_eq!(retry.wait(u32::MAX - 1, None, 1.0), Some(LONGEST));
    assert_eq!(Retry { first: Duration::ZERO, ..retry }.wait(9, None, 1.0), Some(Duration::ZERO));
}

#[test]
fn the_dice_fall_within_their_range_and_not_always_alike() {
    let thrown: Vec<_> = (0..100).map(|_| retry::dice()).collect();
    assert!(thrown.iter().all(|dice| (0.0..=1.0).contains(dice)));
    assert!(thrown.iter().any(|dice| *dice < 0.4) && thrown.iter().any(|dice| *dice > 0.6), "{thrown:?}");
}

#[test]
fn the_statuses_that_pass_are_curls() {
    let passing: Vec<_> = (100..1000).filter(|code| retry::is_transient_status(*code)).collect();
    assert_eq!(passing, [408, 429, 500, 502, 503, 504]);
}

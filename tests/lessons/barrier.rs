//! The lesson `barrier`.

use demo::lesson::barrier::{LAPS, measure};

use crate::seen;

#[test]
fn a_runner_is_ahead_without_a_barrier_and_never_with_one_in_all_three_models() {
    let races = seen(measure);
    for (model, cell) in races.0.all() {
        assert!(cell.without.ahead > 0, "{model}: {cell:?}");
        assert_eq!(cell.with.ahead, 0, "{model}");
    }
}

#[test]
fn each_round_of_a_barrier_has_one_leader_in_all_three_models() {
    let races = seen(measure);
    for (model, cell) in races.0.all() {
        assert_eq!((cell.without.led, cell.with.led), (0, LAPS), "{model}");
    }
}

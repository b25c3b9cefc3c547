//! Who decides when another one runs.

use demo::lesson::counting::{BLOCKS, WORKERS};
use demo::lesson::{cooperative, preemptive};

use crate::seen;

#[test]
fn tasks_hand_over_only_between_blocks_and_in_an_order_that_can_be_had_again() {
    let tasks = seen(cooperative::measure);
    for run in tasks.in_turn.iter().chain(&tasks.by_dice) {
        assert_eq!(run.in_the_middle(), 0);
        assert!(run.handovers.len() >= WORKERS);
    }
    let [first, second] = &tasks.in_turn;
    let expected: Vec<_> = (0..BLOCKS).flat_map(|_| 0..WORKERS).collect();
    assert_eq!(first.handovers.iter().map(|it| it.to).collect::<Vec<_>>(), expected);
    assert_eq!(first.handovers, second.handovers);
    assert_eq!(tasks.by_dice[0].handovers, tasks.by_dice[1].handovers);
    assert_ne!(tasks.by_dice[0].handovers, first.handovers);
}

#[test]
fn threads_are_interrupted_in_the_middle_and_never_in_the_same_way() {
    let run = seen(preemptive::measure);
    for threads in &run.threads {
        assert!(threads.in_the_middle() > 0);
        assert!(threads.cost.involuntary > 0);
    }
    assert_ne!(run.threads[0].handovers, run.threads[1].handovers);
    assert!(run.tasks.iter().all(|tasks| tasks.in_the_middle() == 0));
}

//! Loop, threads and processes at the same two jobs.

use std::time::Duration;

use demo::lesson::meter::Cost;
use demo::lesson::models::{Comparison, DOWNLOADS, LATENCY, Measure, Models, measure};
use demo::lesson::{Measured, Stage, Verdict};

use crate::seen;

/// The half of the claim that does not depend on whether the other cores are free.
struct AtWaiting(Comparison);

impl Measured for AtWaiting {
    fn show(&self, _: &Stage) {}

    fn verdict(&self) -> Verdict {
        self.0.at_waiting()
    }
}

#[test]
fn the_loop_waits_for_a_hundred_at_once_with_the_least_and_computes_one_after_the_other() {
    let Comparison { waiting, computing, .. } = seen(|stage| Ok(AtWaiting(measure(stage)?))).0;
    for models in [waiting, computing] {
        assert_eq!(models.threads.sum, models.on_loop.sum);
        assert_eq!(models.processes.sum, models.on_loop.sum);
        assert!(models.on_loop.sum > 0);
    }
    // Each waited, and all at the same time.
    assert!(waiting.on_loop.cost.wall >= LATENCY);
    assert!(waiting.on_loop.cost.wall < LATENCY * DOWNLOADS as u32 / 10);
    assert!(waiting.on_loop.switches() < waiting.threads.switches());
    assert!(waiting.on_loop.switches() < waiting.processes.switches());
    assert!(waiting.on_loop.memory < waiting.processes.memory);
    // One thread computes no faster than its core.
    assert!(computing.on_loop.cost.wall.mul_f64(1.1) >= computing.on_loop.cost.cpu);
}

/// So many milliseconds and kilobytes, and so many switches of either kind.
fn took(wall: u64, kilobytes: u64, voluntary: u64, involuntary: u64) -> Measure {
    let wall = Duration::from_millis(wall);
    let cost = Cost { wall, cpu: wall.min(LATENCY), voluntary, involuntary };
    Measure { sum: 1, cost, memory: Some(kilobytes * 1000) }
}

/// As a machine with two idle cores has it.
fn as_claimed() -> Comparison {
    Comparison {
        waiting: Models {
            on_loop: took(105, 600, 10, 2),
            threads: took(106, 1300, 220, 5),
            processes: took(200, 35_000, 700, 20),
        },
        computing: Models {
            on_loop: took(500, 300, 1, 4),
            threads: took(260, 470, 12, 30),
            processes: took(270, 3400, 30, 40),
        },
        cores: 2,
    }
}

fn missed(comparison: Comparison) -> String {
    match comparison.verdict() {
        Verdict::Missed(why) => why,
        seen => panic!("{seen:?}"),
    }
}

#[test]
fn computing_that_threads_and_processes_do_hardly_faster_than_the_loop_is_not_seen() {
    assert!(as_claimed().verdict().is_seen(), "{:?}", as_claimed().verdict());
    let mut slow = as_claimed();
    slow.computing.threads.cost.wall = Duration::from_millis(490);
    assert!(slow.verdict().is_seen(), "{:?}", slow.verdict()); // threads or processes, says the claim
    slow.computing.processes.cost.wall = Duration::from_millis(510);
    let why = missed(slow);
    assert!(why.contains("490 ms and processes 510 ms, with 2 cores"), "{why}");
    assert!(why.contains("the fewest switches"), "{why}"); // the other half was seen, and it says so
    assert!(missed(Comparison { cores: 1, ..slow }).contains("one core"));
}

#[test]
fn the_switches_that_are_compared_are_all_of_them_and_those_of_threads_and_processes() {
    let mut forced = as_claimed();
    forced.waiting.on_loop.cost.involuntary = 300; // the voluntary ones are fewer still
    assert!(missed(forced).contains("switches"));
    let mut few_in_processes = as_claimed();
    few_in_processes.waiting.processes.cost.voluntary = 0;
    few_in_processes.waiting.processes.cost.involuntary = 1;
    assert!(missed(few_in_processes).contains("switches"));
}

#[test]
fn best_are_all_that_are_within_ten_percent_of_the_least() {
    let Comparison { waiting, mut computing, .. } = as_claimed();
    let wall = |it: &Measure| Some(it.cost.wall.as_secs_f64());
    assert_eq!(waiting.best(wall), "event loop, threads");
    assert_eq!(computing.best(wall), "threads, processes");
    assert_eq!(waiting.best(|it| Some(it.switches() as f64)), "event loop");
    computing.threads.cost.wall = computing.on_loop.cost.wall;
    computing.processes.cost.wall = computing.on_loop.cost.wall;
    assert_eq!(computing.best(wall), "no difference");
    assert_eq!(computing.best(|_| None), "not told");
}

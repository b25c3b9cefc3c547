//! Loop, threads and processes at the same two jobs.

use demo::lesson::models::{DOWNLOADS, LATENCY, measure};

use crate::seen;

#[test]
fn the_loop_waits_for_a_hundred_at_once_with_the_least_and_computes_one_after_the_other() {
    let comparison = seen(measure);
    let (waiting, computing) = (comparison.waiting, comparison.computing);
    for models in [waiting, computing] {
        assert_eq!(models.threads.sum, models.on_loop.sum);
        assert_eq!(models.processes.sum, models.on_loop.sum);
        assert!(models.on_loop.sum > 0);
    }
    // Each waited, and all at the same time.
    assert!(waiting.on_loop.cost.wall >= LATENCY);
    assert!(waiting.on_loop.cost.wall < LATENCY * DOWNLOADS as u32 / 10);
    assert!(waiting.on_loop.cost.voluntary < waiting.threads.cost.voluntary);
    assert!(waiting.on_loop.memory < waiting.processes.memory);
    // One thread computes no faster than its core.
    assert!(computing.on_loop.cost.wall.mul_f64(1.1) >= computing.on_loop.cost.cpu);
}

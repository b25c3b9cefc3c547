//! One runtime a core: each thread has an event loop of its own, and they share nothing but what they send.
//!
//! ```text
//! cargo run --release -p runtime --example per_core
//! ```

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

fn main() {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (results, all) = mpsc::channel();
    thread::scope(|scope| {
        for core in 0..cores {
            let results = results.clone();
            scope.spawn(move || {
                let polls = runtime::block_on(async {
                    let sleepers = (0..1000).map(|n| runtime::sleep(Duration::from_millis(n % 10)));
                    runtime::join_all(sleepers).await;
                    runtime::stats().polls
                });
                let _ = results.send((core, polls));
            });
        }
    });
    drop(results);
    for (core, polls) in all {
        println!("loop {core}: 1,000 sleepers, {polls} polls");
    }
}

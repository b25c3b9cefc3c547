//! Soak: hours of mixed load with chaos, and nothing that grows.
//!
//! ```text
//! cargo run --release -p tests --bin soak                     an hour
//! cargo run --release -p tests --bin soak -- --seconds 60     a minute, as in CI
//! cargo run --release -p tests --bin soak -- --seed 7 ...     from another seed on
//! ```
//!
//! It goes round by round; what a round does is in [`load`], and is settled by its seed (but for what the OS decides). Every
//! other round runs on one runtime that lives as long as the soak; the others on a new one each, and those are recorded:
//! their log must hold by every rule of `demo::trace::check`. After each round no task is left, all that the tasks owned
//! was dropped, and the process has the open files and the memory that it had after the first few.

use std::alloc::System;
use std::time::{Duration, Instant};

use demo::trace::Recorder;
use demo::trace::check::check;
use runtime::{Builder, Runtime, dump};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tests::gate::eventually;

mod load;

use load::Tally;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Rounds until everything that is made once is there: threads, tables, pools.
const WARM_UP: u64 = 6;

/// By how much memory may differ after it: tables keep what the largest round so far took.
const SLACK: i64 = 4 * 1024 * 1024;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let number = |flag: &str, usual: u64| match args.iter().position(|arg| arg == flag) {
        Some(at) => {
            args.get(at + 1).and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("{flag} wants a number"))
        }
        None => usual,
    };
    let length = Duration::from_secs(number("--seconds", 3600));
    let first = number("--seed", 1);
    load::panics_on_purpose_are_quiet();

    let start = Instant::now();
    let lasting = Runtime::new().expect("a runtime");
    let all = Tally::default();
    let (mut events, mut logs) = (0, 0);
    let mut before = None;
    let mut told = start;
    for round in 0.. {
        let seed = first + round;
        // Should anything below panic, or hang, this says where.
        if told.elapsed() >= Duration::from_secs(10) {
            told = Instant::now();
            println!("{:6.0} s  round {round}, seed {seed}: {all}", start.elapsed().as_secs_f64());
        }
        if round % 2 == 0 {
            all.add(&run(&lasting, seed));
        } else {
            let recorder = Recorder::new(format!("soak, seed {seed}"));
            let runtime = Builder::new().observer(recorder.clone()).build().expect("a runtime");
            all.add(&run(&runtime, seed));
            let log = recorder.take();
            if let Err(untrue) = check(&log) {
                let end = untrue.n as usize;
                for event in &log.events[end.saturating_sub(30)..end] {
                    println!("{event:?}");
                }
                panic!("seed {seed}: the log breaks a rule: {untrue}");
            }
            events += log.events.len();
            logs += usize::from(!log.header.cut);
        }
        match before {
            None if round >= WARM_UP => before = Some((open_files(), live())),
            // Threads of the load that were left to themselves hold on to this and that for a moment longer.
            Some((files, bytes)) => eventually("as many open files and as much memory as at first", || {
                open_files() == files && (live() - bytes).abs() < SLACK
            }),
            None => {}
        }
        if start.elapsed() >= length && before.is_some() {
            println!("{:6.0} s  {} rounds: {all}", start.elapsed().as_secs_f64(), round + 1);
            println!("{logs} logs of {events} events hold by every rule");
            let files = open_files().unwrap_or_default();
            println!("at the end {files} open files and {} bytes, as at first", live());
            return;
        }
    }
}

/// A round on this runtime; afterwards nothing of it is left.
fn run(runtime: &Runtime, seed: u64) -> Tally {
    let tally = runtime.block_on(async {
        let tally = load::round(seed).await;
        let left = dump();
        assert_eq!(left.tasks.len(), 1, "seed {seed}: tasks are left: {left}");
        tally
    });
    assert_eq!(tally.alive(), 0, "seed {seed}: something that tasks owned was not dropped");
    tally
}

/// How many files this process has open, where that can be told.
fn open_files() -> Option<usize> {
    std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count)
}

/// Bytes that are allocated now.
fn live() -> i64 {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated as i64 - stats.bytes_deallocated as i64
}

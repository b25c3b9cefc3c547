//! After a story memory and open files are back where they were.
//!
//! Both belong to the whole process, so this is measured in one of its own, in which no other test runs.

use std::alloc::System;
use std::env;
use std::fs;
use std::process::Command;

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use super::{Story, folder};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated now.
fn live() -> i64 {
    let stats = ALLOCATOR.stats();
    // A reallocation is counted in these two as well.
    stats.bytes_allocated as i64 - stats.bytes_deallocated as i64
}

/// Open files, where the system tells.
fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn each_story_gives_back_its_memory_and_its_files() {
    let test = "faults::memory::measured_alone";
    let mut alone = Command::new(env::current_exe().unwrap());
    alone.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    let output = alone.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
#[ignore = "run by the test above, alone in its process"]
fn measured_alone() {
    let root = folder();
    let tell = |seed| drop(Story::new(seed, root.path()).tell());
    // What is made once and kept (the tables of the standard library, say) is there after these.
    (0..40).for_each(tell);
    let (memory, files) = (live(), open_files());
    for seed in 40..160 {
        tell(seed);
        let (now, open) = (live() - memory, open_files());
        assert_eq!(now, 0, "seed {seed}: so many bytes are left");
        assert_eq!(open, files, "seed {seed}: open files");
    }
}

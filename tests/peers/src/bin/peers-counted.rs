//! The bench of event loops, with an allocator that counts; see `works/memory.rs`.

use std::alloc::System;
use std::process::ExitCode;

use stats_alloc::StatsAlloc;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = peers::works::COUNTING;

fn main() -> ExitCode {
    peers::cli::main()
}

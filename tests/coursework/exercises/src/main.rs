//! The exercises, and the program that checks the answers to them. It is for the runner: `cargo run -p coursework`.
//!
//! | file | concept |
//! | --- | --- |
//! | `e01_poll.rs` and so on | an exercise: its text, and what is to be filled in |
//! | `glue/` | how the checks reach the answers |
//! | `given/` | the answers to earlier exercises that later ones stand on |
//!
//! An answer is a copy of the exercise's file in `answers/`, beside this package. Where there is one, `build.rs` says so
//! (`answered`), and it is compiled in place of the exercise. So the exercises stay as they are, and answers travel as a
//! folder of small files. `overlay` is set when the answers are in another folder: that is how others are graded.

// What is to be filled in says `todo!()`, and what it takes is not used yet.
#![allow(clippy::todo, dead_code, unreachable_code, unused_imports, unused_mut, unused_variables)]
// A program of its own, in which nothing is published; and some signatures leave open how they are filled in.
#![allow(missing_docs, unreachable_pub, clippy::manual_async_fn, clippy::ptr_arg)]

#[cfg(not(overlay))]
#[cfg_attr(answered = "01", path = "../../answers/e01_poll.rs")]
mod e01_poll;
#[cfg(not(overlay))]
#[cfg_attr(answered = "02", path = "../../answers/e02_counting.rs")]
mod e02_counting;
#[cfg(not(overlay))]
#[cfg_attr(answered = "03", path = "../../answers/e03_block_on.rs")]
mod e03_block_on;
#[cfg(not(overlay))]
#[cfg_attr(answered = "04", path = "../../answers/e04_yield.rs")]
mod e04_yield;
#[cfg(not(overlay))]
#[cfg_attr(answered = "05", path = "../../answers/e05_join.rs")]
mod e05_join;
#[cfg(not(overlay))]
#[cfg_attr(answered = "06", path = "../../answers/e06_spawn.rs")]
mod e06_spawn;
#[cfg(not(overlay))]
#[cfg_attr(answered = "07", path = "../../answers/e07_wakes.rs")]
mod e07_wakes;
#[cfg(not(overlay))]
#[cfg_attr(answered = "08", path = "../../answers/e08_join_handle.rs")]
mod e08_join_handle;
#[cfg(not(overlay))]
#[cfg_attr(answered = "09", path = "../../answers/e09_timers.rs")]
mod e09_timers;
#[cfg(not(overlay))]
#[cfg_attr(answered = "10", path = "../../answers/e10_reactor.rs")]
mod e10_reactor;
#[cfg(not(overlay))]
#[cfg_attr(answered = "11", path = "../../answers/e11_echo.rs")]
mod e11_echo;
#[cfg(not(overlay))]
#[cfg_attr(answered = "12", path = "../../answers/e12_timeout.rs")]
mod e12_timeout;
#[cfg(not(overlay))]
#[cfg_attr(answered = "13", path = "../../answers/e13_priority.rs")]
mod e13_priority;
#[cfg(not(overlay))]
#[cfg_attr(answered = "14", path = "../../answers/e14_fair.rs")]
mod e14_fair;
#[cfg(not(overlay))]
#[cfg_attr(answered = "15", path = "../../answers/e15_lanes.rs")]
mod e15_lanes;
#[cfg(not(overlay))]
#[cfg_attr(answered = "16", path = "../../answers/e16_semaphore.rs")]
mod e16_semaphore;
#[cfg(not(overlay))]
#[cfg_attr(answered = "17", path = "../../answers/e17_barrier.rs")]
mod e17_barrier;
#[cfg(not(overlay))]
#[cfg_attr(answered = "18", path = "../../answers/e18_channel.rs")]
mod e18_channel;
#[cfg(not(overlay))]
#[cfg_attr(answered = "19", path = "../../answers/e19_timerfd.rs")]
mod e19_timerfd;
#[cfg(not(overlay))]
#[cfg_attr(answered = "20", path = "../../answers/e20_limiter.rs")]
mod e20_limiter;
#[cfg(not(overlay))]
#[cfg_attr(answered = "21", path = "../../answers/e21_chunked.rs")]
mod e21_chunked;
#[cfg(not(overlay))]
#[cfg_attr(answered = "22", path = "../../answers/e22_two_loops.rs")]
mod e22_two_loops;

#[cfg(overlay)]
include!(concat!(env!("OUT_DIR"), "/overlay.rs"));

mod given;
mod glue;

fn main() -> std::process::ExitCode {
    coursework::serve::main(&glue::all())
}

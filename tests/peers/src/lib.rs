//! The same work on this event loop and on others, measured side by side.
//!
//! ```text
//! cargo run --release -p peers                                      the event loops: all works, all runtimes
//! cargo run --release -p peers -- --quick                           the same within a minute, rougher
//! cargo run --release -p peers -- --only yield-1 --json FILE        one of them; one JSON object a line
//! cargo run --release -p peers --features downloads --bin peers-downloads     the demo against other clients
//! ```
//!
//! | file | what it holds |
//! | --- | --- |
//! | `peer.rs` | what a runtime must be able to do to be compared: three small traits |
//! | `runtimes/` | those traits for each runtime, one file each: how its documentation says it is used |
//! | `works/` | the works, generic over the traits: so all do the same |
//! | `clock.rs` | how one work is timed: in batches, wall clock and CPU |
//! | `child.rs` | one work on one runtime, in a process of its own |
//! | `rounds.rs` | all works on all runtimes, in turn, round after round |
//! | `table.rs` | medians, spreads and ratios, as text and as JSON |
//! | `downloads/` | the other bench: many files from one nginx, by the demo and by others |
//! | `../builds/` | two small downloaders, on this repository's crates and on reqwest: how long a clean build of each takes |
//!
//! # What makes it fair
//!
//! - Everything runs on one thread: current-thread runtimes, local tasks, nothing that must be `Send`.
//! - A work is written once. Where runtimes differ in what they offer (a channel, a lock), each uses its own; where one
//!   has none, the file in `runtimes/` says what stands in.
//! - A work runs inside a spawned task, not in the future given to `block_on`: some runtimes treat that one apart
//!   (tokio asks the OS whenever it is woken, compio polls it every time round), and programs that care spawn.
//! - Yielding is the same hand-written future for all. tokio's own goes through epoll each time and would lose by ten.
//! - One measurement is one process: no runtime finds the heap, the caches or the threads that another has left. The
//!   runtimes take turns within a round, so that a slow second on the machine meets all of them.
//! - Timers and I/O are switched on for all, as `#[tokio::main]` does.
//! - The numbers are medians. Look at min and max as well: if they are far apart, the machine was busy.

pub mod child;
pub mod cli;
pub mod clock;
#[cfg(feature = "downloads")]
pub mod downloads;
mod futures;
pub mod peer;
pub mod rounds;
pub mod runtimes;
pub mod table;
pub mod works;

//! The course: build an event loop yourself, one exercise at a time, each checked as you go.
//!
//! This library holds the *checks*. An exercise's checks are a conformance suite: functions that are generic over a trait,
//! and the trait is what the exercise asks for. So the same checks run on a student's answer, on the reference
//! solution, and on the runtime's own counterpart, where it has one: that the real thing passes is what proves a check right.
//!
//! | file | concept |
//! | --- | --- |
//! | `catalogue.rs` | which exercises there are |
//! | `check.rs` | a check, and what may become of it |
//! | `log.rs` | what happened in a check: for `--trace` |
//! | `probe/` | futures, wakers and threads that watch how they are treated |
//! | `suites/` | the checks, a file for each exercise |
//! | `report.rs`, `serve.rs` | the child process that runs one check, and what it tells the runner |
//!
//! The runner, which builds the answers, starts that child and prints what it found, is the binary (`main.rs` and
//! `runner/`). The answers themselves are in a package apart, `exercises`: an answer that does not compile is a result that
//! the runner shows, and not the end of the runner.

pub mod catalogue;
pub mod check;
pub mod log;
pub mod probe;
pub mod report;
pub mod serve;
pub mod suites;

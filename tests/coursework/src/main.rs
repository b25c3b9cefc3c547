//! The runner of the course: builds the answers, runs the checks, and says what they found.
//!
//! | file | concept |
//! | --- | --- |
//! | `runner/cli.rs` | the command line |
//! | `runner/course.rs` | where things stand: exercises, answers, hints, the teacher's folder |
//! | `runner/cargo.rs` | building answers, of which some may not compile |
//! | `runner/child.rs` | a check, in a process of its own, with a time limit |
//! | `runner/screen.rs`, `runner/show.rs` | 80 columns, with colours on a terminal; results in words |
//! | `runner/progress.rs`, `runner/passed.rs` | what is solved, and what comes next; not to be checked again |
//! | `runner/grade.rs`, `runner/student.rs`, `runner/selfcheck.rs` | for the teacher |

mod runner;

fn main() -> std::process::ExitCode {
    runner::cli::main()
}

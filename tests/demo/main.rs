//! The demo from outside: its binary run as a process, judged by its output, its exit code and the files it leaves.
//!
//! A topic a file. What only has to hold for a reader's eye (colours, the picture) is not tested here.

use tests::run::{Finished, Program};

mod atomic;
mod checksums;
mod disposition;
mod errors;
mod get;
mod get_flags;
mod harness;
mod https;
mod interrupted;
mod json;
mod killed;
mod limits;
mod lists;
mod names;
mod parts;
mod peers;
mod ranges;
mod requests;
mod resume;
mod retries;
mod serve;
mod serve_rough;
mod statuses;
mod ten_files;
mod threads;

/// The demo with these arguments.
fn demo(args: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_demo-under-test")).args(args)
}

/// `demo download` with these arguments more, into the folder `out` of `dir`.
fn download(dir: &std::path::Path, args: &[&str]) -> Program {
    demo(&["download", "-o", "out"]).args(args).dir(dir)
}

/// The one line a failure is told in, on standard error; fails if there are more, or none, or it is not ours.
#[track_caller]
fn one_line(done: &Finished) -> &str {
    let lines: Vec<_> = done.err().lines().collect();
    let [line] = lines[..] else { panic!("wanted one line on standard error:\n{}", done.report()) };
    assert!(line.starts_with("demo: ") || line.starts_with("Failed "), "an odd line:\n{}", done.report());
    line
}

/// The lines of JSON that a run with `--json` printed, in their order.
#[track_caller]
fn records(done: &Finished) -> Vec<serde_json::Value> {
    let line = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}\n{}", done.report()));
    done.out().lines().map(line).collect()
}

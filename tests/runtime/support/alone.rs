//! A test in a process of its own, for what the OS counts by process: descriptors, threads, memory, signals.
//!
//! The tests of one binary run side by side in one process. Where such a count is the point, the test runs this
//! very binary again, with a filter that leaves that one test.

use std::env;
use std::time::Duration;

use tests::run::{Finished, Program};

const CHILD: &str = "ROUNDABOUT_ALONE";

/// Whether this is the process of its own.
pub(crate) fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Runs `body` in a process of its own; fails if it fails there. To be called from the test function itself.
pub(crate) fn alone<F: FnOnce()>(body: F) {
    if is_child() {
        body();
        return;
    }
    let done = child_of(&body).run();
    passed(&done);
}

/// The process that would run only the test whose body (a closure in the test function) this is.
pub(crate) fn child_of<F>(body: &F) -> Program {
    // The closure's type is named after the function it stands in: `runtime::process::some_test::{{closure}}`.
    let name = std::any::type_name_of_val(body).trim_end_matches("::{{closure}}");
    let (_, name) = name.split_once("::").expect("a path begins with the crate");
    let exe = env::current_exe().expect("the path of this binary");
    Program::new(exe).args([name, "--exact", "--nocapture"]).env(CHILD, "1").deadline(Duration::from_secs(25))
}

/// Fails unless the one test ran there and passed.
#[track_caller]
pub(crate) fn passed(done: &Finished) {
    let passed = done.out().contains("test result: ok. 1 passed");
    assert!(passed && done.code == Some(0), "it did not pass alone:\n{}", done.report());
}

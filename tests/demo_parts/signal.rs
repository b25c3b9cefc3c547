//! `demo::signal`: Ctrl-C ends the main part in order, and a second one the process.
//!
//! Signals are for a whole process, so each of these tests runs this very binary again, with a filter that leaves the
//! one test that plays the program.

use std::env;
use std::io::{self, Write};
use std::thread;

use demo::signal::unless_interrupted;
use tests::run::{Program, Running};

const CHILD: &str = "ROUNDABOUT_SIGNALLED";

/// Says on standard output that it was dropped.
struct Told;

impl Drop for Told {
    fn drop(&mut self) {
        say("tidied up");
    }
}

fn say(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// The program: its main part waits for a job that never ends.
#[test]
fn plays_a_program_whose_job_hangs() {
    if env::var_os(CHILD).is_none() {
        return;
    }
    let ended = runtime::block_on(unless_interrupted(async {
        let _told = Told;
        let hangs = || -> () {
            say("the job hangs");
            loop {
                thread::park();
            }
        };
        runtime::spawn_blocking(hangs).await
    }));
    unreachable!("the job never ends: {ended:?}");
}

fn hanging() -> Running {
    let exe = env::current_exe().expect("the path of this binary");
    let args = ["signal::plays_a_program_whose_job_hangs", "--exact", "--nocapture"];
    let mut running = Program::new(exe).args(args).env(CHILD, "1").start();
    running.wait_for("the job hangs");
    running
}

#[test]
fn the_first_ctrl_c_tidies_up_and_the_second_ends_what_hangs() {
    for (second, code) in [("INT", 130), ("TERM", 143)] {
        let mut running = hanging();
        running.interrupt();
        running.wait_for("tidied up");
        assert!(running.runs(), "it waits for the job");
        running.signal(second);
        assert_eq!(running.wait().code, Some(code));
    }
}

//! The lessons: each claim asserted from what was measured, not from what was printed.
#![cfg(unix)]

use std::sync::{Mutex, PoisonError};

use demo::lesson::verdict::three_tries;
use demo::lesson::{Measured, Outcome, Stage};

mod barrier;
mod cancel;
mod command;
mod compatibility;
mod coroutine;
mod debugging;
mod download;
mod event_loop;
mod freeze;
mod models;
mod multitasking;
mod mutex;
mod semaphore;
mod ten_thousand;
mod texts;

/// What a lesson measured when it saw its claim: in one of three tries, as for everybody.
fn seen<M: Measured>(measure: fn(&Stage) -> Outcome<M>) -> M {
    // One at a time: they measure the machine, and the process.
    static ONE: Mutex<()> = Mutex::new(());
    let _alone = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let stage = Stage::quiet(env!("CARGO_BIN_EXE_demo-under-test"));
    let measured = three_tries(&stage, || measure(&stage)).expect("this machine runs it");
    let verdict = measured.verdict();
    assert!(verdict.is_seen(), "{verdict:?}");
    measured
}

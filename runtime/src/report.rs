//! What the loop says of itself when something looks wrong: a poll that was slow, a stall.
//!
//! It goes to stderr, as the messages of a panic do.

use std::io::{self, Write};
use std::panic::Location;
use std::time::Duration;

use crate::dump::Dump;

/// Rule 11: a poll that held the thread for longer than the threshold. asyncio's slow-callback warning.
///
/// What, where, what to do: a line each, as a path alone may fill one.
pub(crate) fn slow_poll(task: &str, spawned_at: &Location<'_>, took: Duration) {
    print(&format!(
        "runtime: {task} held the thread for {took:.1?} in one poll, and nothing else ran\n    \
         spawned at {spawned_at}\n    \
         let it yield_now, or give the work to spawn_blocking"
    ));
}

/// Rule 10: nothing can wake a task any more.
pub(crate) fn stall(dump: &Dump, handles: usize) -> String {
    let outside = match handles {
        0 => String::new(),
        n => format!(" ({n} Handles are alive, through which another thread may send work)"),
    };
    format!(
        "runtime: stalled: no task is ready, no timer is set, no source is awaited and no blocking job runs, so nothing here can wake what is left{outside}:\n{dump}"
    )
}

pub(crate) fn print(text: &str) {
    // stderr may be closed; there is nobody else to tell.
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
}

//! Threads, in a check.

use std::panic::resume_unwind;
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::log::Log;

/// How long this thread has been on a processor.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// How often this thread has gone to sleep, where that is known (Linux, proc_pid_status(5)).
pub fn sleeps() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/thread-self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))?.trim().parse().ok()
}

/// A thread of a check. Joined when dropped, unless the check has failed.
pub struct Helper<T>(Option<JoinHandle<T>>);

/// Runs `body` on another thread, which writes into the same log.
pub fn helper<T: Send + 'static>(body: impl FnOnce() -> T + Send + 'static) -> Helper<T> {
    let log = Log::current();
    Helper(Some(std::thread::spawn(move || match log {
        Some(log) => log.enter(body),
        None => body(),
    })))
}

impl<T> Helper<T> {
    /// Waits for its end.
    ///
    /// # Panics
    /// If the thread did.
    pub fn join(mut self) -> T {
        match self.0.take().map(JoinHandle::join) {
            Some(Ok(value)) => value,
            Some(Err(payload)) => resume_unwind(payload),
            None => unreachable!("it is joined once"),
        }
    }
}

impl<T> Drop for Helper<T> {
    fn drop(&mut self) {
        // If the check has failed, what this thread waits for may never come.
        if let Some(thread) = self.0.take().filter(|_| !std::thread::panicking()) {
            let _ = thread.join();
        }
    }
}

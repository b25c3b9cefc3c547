//! The settings of a runtime.

use std::io;
use std::thread;

use crate::executor::Runtime;

/// Makes a [`Runtime`] with other than the usual settings.
///
/// ```
/// let runtime = runtime::Builder::new().measure(true).build()?;
/// let longest = runtime.block_on(async {
///     runtime::yield_now().await;
///     runtime::stats().longest_poll
/// });
/// assert!(longest.is_some());
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Builder {
    pub(crate) batch: usize,
    pub(crate) blocking_threads: usize,
    pub(crate) measure: bool,
}

impl Builder {
    /// The usual settings.
    pub fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Builder { batch: 128, blocking_threads: (cores + 4).min(32), measure: false }
    }

    /// How many polls the loop does before it looks at the timers and asks the OS again; 128 unless set, at least 1.
    ///
    /// Fewer: a socket or a timer waits for less when there is much to do. More: fewer system calls.
    pub fn batch(mut self, polls: usize) -> Self {
        self.batch = polls.max(1);
        self
    }

    /// How many threads the blocking pool may have; unless set as in Python's, four more than there are cores and 32
    /// at most. At least 1.
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.blocking_threads = threads.max(1);
        self
    }

    /// Measures the polls and sleeps for [`stats`](crate::stats()). Off unless set, as looking at the clock costs more
    /// than a short poll.
    pub fn measure(mut self, measure: bool) -> Self {
        self.measure = measure;
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// If the OS has no file descriptor left for its event queue and bell.
    pub fn build(&self) -> io::Result<Runtime> {
        Runtime::with(self)
    }
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

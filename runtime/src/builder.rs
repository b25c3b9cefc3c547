//! The settings of a runtime.

use std::fmt;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use crate::clock::Clock;
use crate::scheduler::Scheduler;
use crate::trace::Observer;

/// Makes a [`Runtime`](crate::Runtime) with other than the usual settings.
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
pub struct Builder {
    pub(crate) scheduler: Option<Box<dyn Scheduler>>,
    pub(crate) clock: Clock,
    pub(crate) batch: usize,
    pub(crate) io_budget: u32,
    pub(crate) blocking_threads: usize,
    pub(crate) measure: bool,
    pub(crate) observer: Option<Rc<dyn Observer>>,
    pub(crate) slow_poll: Option<Duration>,
    pub(crate) on_stall: OnStall,
}

/// What to do when nothing in the runtime can ever wake a task again: no timer is set, no source is awaited, no blocking
/// job runs (trap 36). Most often that is a deadlock; but another thread may hold a waker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStall {
    /// Say so on stderr, once a stall, with what every task waits for; and wait on.
    #[default]
    Report,
    /// Panic with the same text, out of `block_on`: for tests.
    Panic,
    /// Wait without a word.
    Wait,
}

impl Builder {
    /// The usual settings.
    pub fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        Builder {
            scheduler: None,
            clock: Clock::Real,
            batch: 128,
            io_budget: 128,
            blocking_threads: (cores + 4).min(32),
            measure: false,
            observer: None,
            slow_poll: None,
            on_stall: OnStall::Report,
        }
    }

    /// Who runs next among the tasks that are ready; first in, first out unless set. See [`Scheduler`].
    pub fn scheduler(mut self, scheduler: impl Scheduler + 'static) -> Self {
        self.scheduler = Some(Box::new(scheduler));
        self
    }

    /// Which time counts; the real one unless set.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Who hears of everything that happens: see [`trace`](crate::trace).
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Rc::new(observer));
        self
    }

    /// How many polls the loop does before it looks at the timers and asks the OS again; 128 unless set, at least 1.
    ///
    /// Fewer: a socket or a timer waits for less when there is much to do. More: fewer system calls.
    pub fn batch(mut self, polls: usize) -> Self {
        self.batch = polls.max(1);
        self
    }

    /// How many operations on sources may succeed in one poll before the task has to give way; 128 unless set, at least
    /// 1. So a socket that always has more to read does not keep the thread.
    pub fn io_budget(mut self, operations: u32) -> Self {
        self.io_budget = operations.max(1);
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

    /// Reports each poll that holds the thread for this long or longer, with the task's name and where it was spawned.
    /// Off unless set. asyncio's `slow_callback_duration`.
    pub fn slow_poll(mut self, threshold: Duration) -> Self {
        self.slow_poll = Some(threshold);
        self
    }

    /// What to do when nothing can ever wake a task again; [`OnStall::Report`] unless set.
    pub fn on_stall(mut self, policy: OnStall) -> Self {
        self.on_stall = policy;
        self
    }
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("clock", &self.clock)
            .field("batch", &self.batch)
            .finish_non_exhaustive()
    }
}

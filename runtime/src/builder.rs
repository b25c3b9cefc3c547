//! The settings of a runtime.

use std::fmt;
use std::rc::Rc;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use crate::clock::Clock;
use crate::scheduler::Scheduler;
use crate::trace::Observer;

/// Makes a [`Runtime`](crate::Runtime) with other than the usual settings.
///
/// For a test, where time costs nothing and a deadlock is a panic:
///
/// ```
/// use runtime::{Builder, Clock, OnStall};
/// use std::time::Duration;
/// let runtime = Builder::new().clock(Clock::Virtual).on_stall(OnStall::Panic).build()?;
/// runtime.block_on(runtime::sleep(Duration::from_secs(3600)));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// For a look at what a program does to its loop:
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
    /// Nothing from outside gets in, so that a run repeats exactly: real sources are refused, and blocking jobs run on
    /// the loop's own thread. For what the feature `sim` brings.
    pub(crate) sealed: bool,
}

/// What to do when nothing in the runtime can ever wake a task again: no timer is set, no source is awaited, no blocking
/// job runs (trap 36). Most often that is a deadlock; but another thread may hold a waker.
///
/// ```
/// use runtime::{Builder, OnStall, sync::oneshot};
/// // This program lives from another thread: a loop with nothing to do is no fault.
/// let runtime = Builder::new().on_stall(OnStall::Wait).build()?;
/// runtime.block_on(async {
///     let (sender, receiver) = oneshot::remote();
///     std::thread::spawn(move || sender.send("news"));
///     assert_eq!(receiver.await, Ok("news"));
/// });
/// assert_eq!(OnStall::default(), OnStall::Report); // that of who says nothing
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// In a test, a deadlock is then a failure with a text, and no test that never ends:
///
/// ```should_panic
/// use runtime::{Builder, OnStall};
/// let runtime = Builder::new().on_stall(OnStall::Panic).build().unwrap();
/// runtime.block_on(std::future::pending::<()>());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnStall {
    /// Say so on stderr, with what every task waits for; and wait on. If a thread then wakes a task, it was a false alarm,
    /// and for the rest of that `block_on` a stall is told only if it lasts for a second.
    #[default]
    Report,
    /// Panic with the same text, out of `block_on`: for tests.
    Panic,
    /// Wait without a word.
    Wait,
}

impl Builder {
    /// The usual settings: those of [`block_on`](crate::block_on).
    pub fn new() -> Self {
        static CORES: OnceLock<usize> = OnceLock::new();
        let cores = *CORES.get_or_init(|| thread::available_parallelism().map_or(1, usize::from));
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
            sealed: false,
        }
    }

    /// Who runs next among the tasks that are ready; first in, first out unless set. See [`Scheduler`].
    ///
    /// ```
    /// use runtime::{Builder, Lifo, spawn};
    /// use std::{cell::RefCell, rc::Rc};
    /// let log = Rc::new(RefCell::new(Vec::new()));
    /// Builder::new().scheduler(Lifo::default()).build()?.block_on(async {
    ///     let tasks = ["a", "b", "c"].map(|name| {
    ///         let log = log.clone();
    ///         spawn(async move { log.borrow_mut().push(name) })
    ///     });
    ///     runtime::join_all(tasks).await;
    /// });
    /// assert_eq!(*log.borrow(), ["c", "b", "a"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn scheduler(mut self, scheduler: impl Scheduler + 'static) -> Self {
        self.scheduler = Some(Box::new(scheduler));
        self
    }

    /// Which time counts; the real one unless set.
    ///
    /// ```
    /// use runtime::{Builder, Clock};
    /// use std::time::{Duration, Instant};
    /// let (real, day) = (Instant::now(), Duration::from_secs(24 * 60 * 60));
    /// Builder::new().clock(Clock::Virtual).build()?.block_on(runtime::sleep(day));
    /// assert!(real.elapsed() < day);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Who hears of everything that happens: see [`trace`](crate::trace).
    ///
    /// ```
    /// use std::{cell::Cell, rc::Rc};
    /// let events = Rc::new(Cell::new(0));
    /// let last = events.clone();
    /// let runtime = runtime::Builder::new()
    ///     .observer(move |event: &runtime::trace::Event<'_>| last.set(event.number))
    ///     .build()?;
    /// runtime.block_on(runtime::yield_now());
    /// assert!(events.get() > 4); // it was spawned, queued, polled, …
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn observer(mut self, observer: impl Observer + 'static) -> Self {
        self.observer = Some(Rc::new(observer));
        self
    }

    /// How many polls the loop does before it looks at the timers and asks the OS again; 128 unless set, at least 1.
    ///
    /// Fewer: a socket or a timer waits for less when there is much to do. More: fewer system calls.
    ///
    /// ```
    /// let turns = |batch| {
    ///     let runtime = runtime::Builder::new().batch(batch).build().unwrap();
    ///     runtime.block_on(async {
    ///         for _ in 1..100 {
    ///             runtime::yield_now().await;
    ///         }
    ///     });
    ///     runtime.stats().turns
    /// };
    /// assert_eq!((turns(1), turns(10), turns(100)), (100, 10, 1));
    /// ```
    pub fn batch(mut self, polls: usize) -> Self {
        self.batch = polls.max(1);
        self
    }

    /// How many operations on sources may succeed in one poll before the task has to give way; 128 unless set, never
    /// below one. So a socket that always has more to read does not keep the thread. tokio's `coop`.
    ///
    /// ```
    /// use runtime::{Builder, net::UdpSocket};
    /// fn polls(io_budget: u32) -> std::io::Result<u64> {
    ///     let runtime = Builder::new().io_budget(io_budget).build()?;
    ///     runtime.block_on(async {
    ///         let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    ///         for _ in 0..8 {
    ///             socket.send_to(b"no waiting", socket.local_addr()?).await?;
    ///         }
    ///         Ok(runtime::stats().polls)
    ///     })
    /// }
    /// assert_eq!((polls(2)?, polls(128)?), (4, 1));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn io_budget(mut self, operations: u32) -> Self {
        self.io_budget = operations.max(1);
        self
    }

    /// How many threads the blocking pool may have, at least 1. Unless set it is as in Python's: four more than there
    /// are cores, and 32 at most.
    ///
    /// ```
    /// let runtime = runtime::Builder::new().blocking_threads(2).build()?;
    /// runtime.block_on(async {
    ///     let jobs = (0..20).map(|n| runtime::spawn_blocking(move || n));
    ///     assert_eq!(runtime::join_all(jobs).await.len(), 20);
    /// });
    /// assert!(runtime.stats().blocking_threads <= 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn blocking_threads(mut self, threads: usize) -> Self {
        self.blocking_threads = threads.max(1);
        self
    }

    /// Measures the polls and sleeps for [`stats`](crate::stats()). Off unless set, as looking at the clock costs more
    /// than a short poll. An example is [above](Self).
    pub fn measure(mut self, measure: bool) -> Self {
        self.measure = measure;
        self
    }

    /// Reports each poll that holds the thread for this long or longer, with the task's name and where it was spawned.
    /// Off unless set. asyncio's `slow_callback_duration`. The report goes to stderr, and to an
    /// [observer](Self::observer) as [`What::SlowPoll`](crate::trace::What::SlowPoll).
    ///
    /// ```
    /// use std::time::Duration;
    /// let runtime = runtime::Builder::new().slow_poll(Duration::from_millis(1)).build()?;
    /// runtime.block_on(async {
    ///     let clumsy = runtime::Task::new().name("clumsy").spawn(async {
    ///         std::thread::sleep(Duration::from_millis(2)); // blocks them all
    ///     });
    ///     clumsy.await.unwrap();
    /// });
    /// // stderr: "runtime: clumsy held the thread for 2.1ms in one poll, and nothing else ran", where it was spawned,
    /// // and what to do
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn slow_poll(mut self, threshold: Duration) -> Self {
        self.slow_poll = Some(threshold);
        self
    }

    /// What to do when nothing can ever wake a task again; [`OnStall::Report`] unless set.
    ///
    /// ```
    /// use runtime::{Builder, OnStall, sync::Mutex};
    /// use std::panic::{AssertUnwindSafe, catch_unwind};
    /// let runtime = Builder::new().on_stall(OnStall::Panic).build()?;
    /// let stalled = catch_unwind(AssertUnwindSafe(|| {
    ///     runtime.block_on(async {
    ///         let mutex = Mutex::new(());
    ///         let _held = mutex.lock().await;
    ///         mutex.lock().await; // waits for itself
    ///     });
    /// }));
    /// let report = stalled.unwrap_err().downcast::<String>().unwrap();
    /// assert!(report.contains("#1 root") && report.contains("waits for lock"));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn on_stall(mut self, policy: OnStall) -> Self {
        self.on_stall = policy;
        self
    }

    /// Lets nothing in from outside, so that a run repeats itself: a real source is an error of the kind
    /// [`Unsupported`](std::io::ErrorKind::Unsupported), and a blocking job runs at once, on the loop's own thread, within
    /// the call that submits it. For a run over the [simulated network](crate::sim::net), with [`Clock::Virtual`]; those of
    /// the explorer are sealed always.
    ///
    /// ```
    /// use runtime::{Builder, net::UdpSocket, spawn_blocking};
    /// Builder::new().sealed().build()?.block_on(async {
    ///     let real = UdpSocket::bind("127.0.0.1:0".parse().unwrap());
    ///     assert_eq!(real.unwrap_err().kind(), std::io::ErrorKind::Unsupported);
    ///     let here = std::thread::current().id();
    ///     assert_eq!(spawn_blocking(|| std::thread::current().id()).await.unwrap(), here);
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[cfg(feature = "sim")]
    pub fn sealed(mut self) -> Self {
        self.sealed = true;
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

//! Work that blocks, off the loop: a bounded pool of threads.
//!
//! A call that makes its thread wait (a file, a DNS lookup, a long computation) would stop every task if it ran
//! on the loop. Here it runs on a thread of the pool, and its end comes back to the loop as a wake-up from another
//! thread. A thread is started when a job finds none idle, up to the limit; an idle one ends after a while.
//!
//! Invariants:
//! - A job is run or dropped, once, and its [`Blocking`] future hears of either.
//! - No job is run, dropped or woken for under the lock.
//! - `idle + busy <= threads <= limit`, and no job waits while a thread is idle or could be started.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use crate::current::Current;
use crate::label;
use crate::outcome::JoinError;
use crate::panics::quietly;
use crate::prim::lock;
use crate::resource::Resource;
use crate::sync::remote::{self, RemoteReceiver, RemoteSender};
use crate::trace::{self, What};
use crate::waker::RemoteInbox;

thread_local! {
    /// The pool of the runtime that runs on this thread.
    pub(crate) static POOL: Current<Pool> = const { Current::new() };
}

/// How long an idle thread waits for another job before it ends.
const IDLE: Duration = Duration::from_secs(5);

/// Runs `job` on a thread of the blocking pool and gives what it returns. asyncio's `to_thread`, tokio's
/// `spawn_blocking`.
///
/// The job is queued by this call, not by the first `await`. `block_on` does not return before the jobs that run have
/// ended; those still queued then are dropped.
///
/// Cancel safety: dropping the future detaches the job, which runs all the same.
///
/// # Errors
/// [`JoinError::Panicked`] if the job panicked; [`JoinError::Cancelled`] if it was dropped before it began, as
/// `block_on` was being left.
///
/// # Panics
/// Outside a runtime, and if the OS does not give even one thread for the pool.
///
/// # Example
/// ```
/// runtime::block_on(async {
///     let sum = runtime::spawn_blocking(|| (1..=1000u64).sum::<u64>());
///     assert_eq!(sum.await.unwrap(), 500_500);
/// });
/// ```
#[track_caller]
pub fn spawn_blocking<T, F>(job: F) -> Blocking<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let pool = Current::get(&POOL, "spawn_blocking");
    let at = Location::caller();
    let number = pool.numbers.get() + 1;
    pool.numbers.set(number);
    trace::emit(|| What::JobQueued { job: number, at });
    // Without a handle: a job is no way in from outside, and the loop asks the pool whether one runs.
    let (sender, result) = remote::pair(None, number, at);
    let told = trace::is_watched();
    let report = Report { sender: Some(sender), pool: pool.shared.clone(), number, told };
    pool.submit(Box::new(move || report.run(job)), told);
    Blocking { result, given: false, number, at }
}

/// The future of [`spawn_blocking`].
///
/// # Panics
/// When polled again after it gave its result.
///
/// # Example
/// ```
/// use runtime::spawn_blocking;
/// use std::sync::mpsc;
/// runtime::block_on(async {
///     let (sender, receiver) = mpsc::channel();
///     drop(spawn_blocking(move || sender.send("detached"))); // it runs all the same
///     let heard = spawn_blocking(move || receiver.recv());
///     assert_eq!(heard.await.unwrap(), Ok("detached"));
/// });
/// ```
#[must_use = "dropping it detaches the job; await it for the result"]
pub struct Blocking<T> {
    /// `Closed`: the job was dropped before it began.
    result: RemoteReceiver<Result<T, JoinError>>,
    /// The result was there and has been given.
    given: bool,
    number: u64,
    at: &'static Location<'static>,
}

impl<T> Blocking<T> {
    /// Says another place for the label: that of the call which this job is a part of.
    pub(crate) fn at(mut self, at: &'static Location<'static>) -> Self {
        self.at = at;
        self
    }
}

impl<T> Future for Blocking<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        assert!(!self.given, "the future of a blocking job was polled again after it gave its result");
        let polled = self.result.poll_value(cx);
        match polled {
            Poll::Ready(_) => self.given = true,
            Poll::Pending => label::set(Resource::Job, self.number, Some(self.at)),
        }
        polled.map(|result| result.unwrap_or(Err(JoinError::Cancelled)))
    }
}

impl<T> fmt::Debug for Blocking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}

/// The job's end, until it has sent the result. If it is dropped before, the job was never run.
struct Report<T> {
    sender: Option<RemoteSender<Result<T, JoinError>>>,
    pool: Arc<Shared>,
    number: u64,
    /// Somebody watches.
    told: bool,
}

impl<T> Report<T> {
    fn run(mut self, job: impl FnOnce() -> T) {
        self.tell(false);
        let result = catch_unwind(AssertUnwindSafe(job));
        self.tell(true); // before the wake, so that the observer hears of the end first
        if let Some(sender) = self.sender.take() {
            // What comes back is dropped here: nobody wants it.
            let _ = sender.send(result.map_err(JoinError::Panicked));
        }
    }

    fn tell(&self, ended: bool) {
        if self.told {
            let mut state = lock(&self.pool.state);
            state.unended -= usize::from(ended);
            state.news.push(News { job: self.number, ended, when: Instant::now() });
        }
    }
}

impl<T> Drop for Report<T> {
    fn drop(&mut self) {
        if self.sender.is_some() {
            self.tell(true);
        }
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// The pool of one runtime.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    /// Of jobs, so far.
    numbers: Cell<u64>,
    /// No threads: a job runs on the loop's own, within the call that submits it, and so in the same place each time.
    sealed: bool,
}

struct Shared {
    state: Mutex<State>,
    /// There is a job, or the pool closes.
    work: Condvar,
    /// A job has ended.
    ended: Condvar,
    limit: usize,
    inbox: Arc<RemoteInbox>,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// For the observer, who lives on the loop's thread.
    news: Vec<News>,
    threads: usize,
    /// The most there were at once.
    most: usize,
    idle: usize,
    /// Threads that have a job, to the very end of it: until then it may run anybody's code. Its wake comes before: if it
    /// came after, the loop could see that no job is left, and nobody woken (trap 36).
    busy: usize,
    /// Jobs of which the observer has not been told that they have ended.
    unended: usize,
    /// The loop counts on the end of a job.
    awaited: bool,
    /// For the threads' names.
    started: usize,
    /// `block_on` is being left: nothing new is taken.
    draining: bool,
    closed: bool,
}

impl State {
    fn left(&self) -> usize {
        self.busy + self.jobs.len()
    }
}

/// A job has begun or ended.
struct News {
    job: u64,
    ended: bool,
    when: Instant,
}

impl Pool {
    pub(crate) fn new(limit: usize, inbox: Arc<RemoteInbox>, sealed: bool) -> Self {
        let state = Mutex::new(State::default());
        let shared = Arc::new(Shared { state, work: Condvar::new(), ended: Condvar::new(), limit, inbox });
        Pool { shared, numbers: Cell::new(0), sealed }
    }

    fn submit(&self, job: Job, told: bool) {
        let mut state = lock(&self.shared.state);
        state.unended += usize::from(told);
        if state.draining {
            // A destructor submits while `block_on` is being left: the job is dropped, like all that are queued.
            drop(state);
            return drop(job);
        }
        if self.sealed {
            drop(state);
            quietly(job);
            return self.tell_news();
        }
        state.jobs.push_back(job);
        if state.idle >= state.jobs.len() {
            drop(state); // or it would wake only to wait for the lock
            self.shared.work.notify_one();
        } else if state.threads < self.shared.limit {
            let name = format!("blocking-{}", state.started + 1);
            let shared = self.shared.clone();
            match thread::Builder::new().name(name).spawn(move || shared.serve()) {
                Ok(_) => {
                    state.threads += 1;
                    state.most = state.most.max(state.threads);
                    state.started += 1;
                }
                // The OS gives no more threads: those there are will get to it.
                Err(_) if state.threads > 0 => {}
                Err(e) => {
                    let job = state.jobs.pop_back();
                    drop(state);
                    drop(job);
                    panic!("no thread for blocking work could be started: {e}");
                }
            }
        }
    }

    /// Leaves `block_on`: drops the jobs that nobody has begun, and waits for those that run.
    pub(crate) fn drain(&self) {
        let unbegun = {
            let mut state = lock(&self.shared.state);
            state.draining = true;
            mem::take(&mut state.jobs)
        };
        for job in unbegun {
            quietly(|| drop(job));
        }
        let mut state = lock(&self.shared.state);
        while state.busy > 0 {
            state = self.shared.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.draining = false;
    }

    /// How many jobs are queued or run.
    pub(crate) fn left(&self) -> usize {
        lock(&self.shared.state).left()
    }

    /// How many have not ended, by what the observer was told.
    pub(crate) fn unended(&self) -> usize {
        lock(&self.shared.state).unended
    }

    /// The loop is about to sleep: do jobs run or wait? If so, the end of the last one is told to it.
    pub(crate) fn is_awaited(&self) -> bool {
        let mut state = lock(&self.shared.state);
        state.awaited = state.left() > 0;
        state.awaited
    }

    /// Tells the observer what has become of the jobs.
    pub(crate) fn tell_news(&self) {
        let news = mem::take(&mut lock(&self.shared.state).news);
        for News { job, ended, when } in news {
            // A sealed run is told in the same words each time, and in its time a job takes none.
            let ago = if self.sealed { Duration::ZERO } else { when.elapsed() };
            trace::emit(|| match ended {
                false => What::JobStarted { job, ago },
                true => What::JobDone { job, ago },
            });
        }
    }

    /// The most threads that there were at once.
    pub(crate) fn most_threads(&self) -> usize {
        lock(&self.shared.state).most
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        lock(&self.shared.state).closed = true;
        self.shared.work.notify_all();
    }
}

impl Shared {
    /// The life of one thread.
    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some(job) = state.jobs.pop_front() {
                state.busy += 1;
                drop(state);
                // Its panic is in its report; what may still panic here is the destructor of a result nobody wants.
                quietly(job);
                state = lock(&self.state);
                state.busy -= 1;
                // Each call is one of the OS's, also if nobody waits.
                if state.draining {
                    self.ended.notify_all();
                }
                if state.left() == 0 && mem::take(&mut state.awaited) {
                    // That a job ran may have been all that the loop waited for, and nobody may have awaited it.
                    drop(state);
                    self.inbox.nudge();
                    state = lock(&self.state);
                }
                continue;
            }
            if state.closed {
                break;
            }
            state.idle += 1;
            let timed_out;
            (state, timed_out) = match self.work.wait_timeout(state, IDLE) {
                Ok((state, waited)) => (state, waited.timed_out()),
                Err(poisoned) => (poisoned.into_inner().0, false),
            };
            state.idle -= 1;
            if timed_out && state.jobs.is_empty() {
                break;
            }
        }
        state.threads -= 1;
    }
}

/// Runs a blocking operation on files or names in the pool, for the call at `at`.
///
/// A panic in it goes on in the caller, as if it had run here.
pub(crate) async fn off_loop<T: Send + 'static>(
    at: &'static Location<'static>,
    operation: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    done(spawn_blocking(operation).at(at).await)?
}

/// What a blocking operation gave; its panic goes on here.
pub(crate) fn done<T>(job: Result<T, JoinError>) -> io::Result<T> {
    match job {
        Ok(result) => Ok(result),
        Err(JoinError::Panicked(payload)) => std::panic::resume_unwind(payload),
        Err(JoinError::Cancelled) => Err(io::Error::other("the runtime was left before the operation began")),
    }
}

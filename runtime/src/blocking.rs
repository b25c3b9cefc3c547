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

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::current::Current;
use crate::join::JoinError;
use crate::label::{self, Resource};
use crate::panics::quietly;
use crate::trace::{self, What};

thread_local! {
    /// The pool of the runtime that runs on this thread.
    pub(crate) static POOL: Current<Pool> = const { Current::new() };
}

/// How long an idle thread waits for another job before it ends.
const IDLE: Duration = Duration::from_secs(5);

/// Runs `job` on a thread of the blocking pool and gives what it returns. asyncio's `to_thread`.
///
/// The job is queued by this call, not by the first `await`. Await gives [`JoinError::Panicked`] if the job panicked.
/// Dropping the future detaches the job. `block_on` does not return before the jobs that run have ended; those
/// still queued then are dropped.
///
/// # Panics
/// Outside a runtime.
///
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
    let slot = Arc::new(Mutex::new(Slot { result: None, waker: None, given: false }));
    let report = Report(Some(slot.clone()));
    pool.submit(Box::new(move || report.run(job)));
    trace::emit(|| What::JobQueued);
    Blocking { slot, at: Location::caller() }
}

/// The future of [`spawn_blocking`].
///
/// # Panics
/// When polled again after it gave its result.
#[must_use = "dropping it detaches the job; await it for the result"]
pub struct Blocking<T> {
    slot: Arc<Mutex<Slot<T>>>,
    at: &'static Location<'static>,
}

impl<T> Blocking<T> {
    /// Says another place for the label: that of the call which this job is a part of.
    pub(crate) fn at(mut self, at: &'static Location<'static>) -> Self {
        self.at = at;
        self
    }
}

struct Slot<T> {
    result: Option<Result<T, JoinError>>,
    waker: Option<Waker>,
    /// The result was there and has been given.
    given: bool,
}

impl<T> Future for Blocking<T> {
    type Output = Result<T, JoinError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = cx.waker().clone();
        let mut slot = lock(&self.slot);
        match slot.result.take() {
            Some(result) => {
                slot.given = true;
                Poll::Ready(result)
            }
            None if slot.given => {
                drop(slot);
                panic!("the future of a blocking job was polled again after it gave its result");
            }
            None => {
                label::set(Resource::Job, 0, Some(self.at));
                let replaced = slot.waker.replace(waker);
                drop(slot);
                drop(replaced); // trap 17: after the lock
                Poll::Pending
            }
        }
    }
}

impl<T> fmt::Debug for Blocking<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").finish_non_exhaustive()
    }
}

/// The job's end of the slot, until the result is in it. If it is dropped before, the job was never run.
struct Report<T>(Option<Arc<Mutex<Slot<T>>>>);

impl<T> Report<T> {
    fn run(mut self, job: impl FnOnce() -> T) {
        let result = catch_unwind(AssertUnwindSafe(job));
        self.put(result.map_err(JoinError::Panicked));
    }

    fn put(&mut self, result: Result<T, JoinError>) {
        let Some(slot) = self.0.take() else { return };
        let waker = {
            let mut slot = lock(&slot);
            slot.result = Some(result);
            slot.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake(); // trap 16: after the lock
        }
    }
}

impl<T> Drop for Report<T> {
    fn drop(&mut self) {
        self.put(Err(JoinError::Cancelled));
    }
}

type Job = Box<dyn FnOnce() + Send>;

/// The pool of one runtime.
pub(crate) struct Pool(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// There is a job, or the pool closes.
    work: Condvar,
    /// A job has ended.
    ended: Condvar,
    limit: usize,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    /// The most there were at once.
    most: usize,
    idle: usize,
    busy: usize,
    /// For the threads' names.
    started: usize,
    /// `block_on` is being left: nothing new is taken.
    draining: bool,
    closed: bool,
}

impl Pool {
    pub(crate) fn new(limit: usize) -> Self {
        let state = Mutex::new(State::default());
        Pool(Arc::new(Shared { state, work: Condvar::new(), ended: Condvar::new(), limit }))
    }

    fn submit(&self, job: Job) {
        let mut state = lock(&self.0.state);
        if state.draining {
            // A destructor submits while `block_on` is being left: the job is dropped, like all that are queued.
            drop(state);
            return drop(job);
        }
        state.jobs.push_back(job);
        if state.idle >= state.jobs.len() {
            self.0.work.notify_one();
        } else if state.threads < self.0.limit {
            let name = format!("blocking-{}", state.started + 1);
            let shared = self.0.clone();
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
            let mut state = lock(&self.0.state);
            state.draining = true;
            mem::take(&mut state.jobs)
        };
        for job in unbegun {
            quietly(|| drop(job));
        }
        let mut state = lock(&self.0.state);
        while state.busy > 0 {
            state = self.0.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.draining = false;
    }

    /// Jobs are queued or run.
    pub(crate) fn is_busy(&self) -> bool {
        let state = lock(&self.0.state);
        state.busy > 0 || !state.jobs.is_empty()
    }

    /// The most threads that there were at once.
    pub(crate) fn most_threads(&self) -> usize {
        lock(&self.0.state).most
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        lock(&self.0.state).closed = true;
        self.0.work.notify_all();
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
                self.ended.notify_all();
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

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code of the user's runs under these locks, so what a panic leaves behind is whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

//! A place where a number of tasks wait for each other.

use std::cell::Cell;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waiters::{Place, Waiters};
use crate::label;
use crate::resource::Resource;
use crate::trace::{self, SyncStep};

/// A place where a number of tasks wait until the last of them has come; then all go on, and it can be used again.
/// asyncio's and tokio's `Barrier`.
///
/// It can be called off: [`reset`](Self::reset) sends those who wait away with [`Broken`] and starts anew;
/// [`abort`](Self::abort) does the same, and sends away all who come, too, until a `reset`.
///
/// How it compares with asyncio's:
/// - A task that is cancelled while it waits just no longer counts; the others wait on. So it is in asyncio since 3.11.
///   (Python's barrier for threads would break.)
/// - Each place in a round is given once. asyncio's counts from who is there at the moment, so after a cancellation two
///   tasks may be given the same.
/// - What the last one's arrival has decided stays so: an `abort` or `reset` that follows at once does not reach those
///   who were let through but had no turn yet. In asyncio it does.
/// - The next round may fill while tasks of the last one have had no turn yet. asyncio lets nobody in until they have.
///
/// ```
/// use runtime::sync::Barrier;
/// use std::rc::Rc;
/// runtime::block_on(async {
///     let barrier = Rc::new(Barrier::new(3));
///     let tasks = [1, 2, 3].map(|n| {
///         let barrier = barrier.clone();
///         runtime::spawn(async move {
///             runtime::sleep(std::time::Duration::from_millis(n)).await;
///             barrier.wait().await.unwrap().is_leader()
///         })
///     });
///     let led = runtime::join_all(tasks).await;
///     assert_eq!(led.iter().filter(|led| matches!(led, Ok(true))).count(), 1);
/// });
/// ```
pub struct Barrier {
    id: u64,
    parties: usize,
    broken: Cell<bool>,
    /// trap 38: no count is kept beside the line, so none can be wrong: whoever waits stands here. Each is granted its
    /// place in the round, or told that it is broken.
    line: Waiters<Result<usize, Broken>>,
}

impl Barrier {
    /// A barrier for so many tasks.
    ///
    /// # Panics
    /// If `parties` is 0: nobody could come last.
    #[track_caller]
    pub fn new(parties: usize) -> Self {
        assert!(parties > 0, "a barrier for 0 tasks: it takes at least 1, which then never waits");
        Barrier { id: label::new_id(), parties, broken: Cell::new(false), line: Waiters::new() }
    }

    /// Waits until as many wait as the barrier is for. The last to come does not wait.
    ///
    /// Cancel safety: a future that is dropped no longer counts. One that is dropped after the last had come misses
    /// what it was let through to, and changes nothing for the others.
    ///
    /// # Errors
    /// [`Broken`] if the barrier is broken, or is reset or aborted while this one waits.
    #[track_caller]
    pub fn wait(&self) -> Arrival<'_> {
        Arrival { barrier: self, place: Place::default(), at: Location::caller() }
    }

    /// Sends away those who wait, and starts anew. Mends a broken barrier.
    ///
    /// ```
    /// use runtime::sync::{Barrier, Broken};
    /// use std::rc::Rc;
    /// runtime::block_on(async {
    ///     let barrier = Rc::new(Barrier::new(2));
    ///     let task = runtime::spawn({
    ///         let barrier = barrier.clone();
    ///         async move { barrier.wait().await }
    ///     });
    ///     runtime::yield_now().await;
    ///     assert_eq!(barrier.n_waiting(), 1);
    ///     barrier.reset();
    ///     assert_eq!(task.await.unwrap(), Err(Broken));
    ///     assert!(!barrier.is_broken());
    /// });
    /// ```
    pub fn reset(&self) {
        self.broken.set(false);
        self.tell(SyncStep::Broken);
        self.line.grant_all(|got| *got = Err(Broken));
    }

    /// Breaks it: those who wait are sent away, and so are all who come, until a [`reset`](Self::reset). For a task
    /// that cannot go on and knows that others wait for it.
    ///
    /// ```
    /// use runtime::{join, sync::{Barrier, Broken}};
    /// runtime::block_on(async {
    ///     let barrier = Barrier::new(2);
    ///     let (waited, ()) = join(barrier.wait(), async { barrier.abort() }).await;
    ///     assert_eq!(waited, Err(Broken));
    ///     assert_eq!(barrier.wait().await, Err(Broken)); // whoever comes later need not wait in vain
    ///     barrier.reset();
    ///     assert!(join(barrier.wait(), barrier.wait()).await.0.is_ok());
    /// });
    /// ```
    pub fn abort(&self) {
        self.broken.set(true);
        self.tell(SyncStep::Broken);
        self.line.grant_all(|got| *got = Err(Broken));
    }

    fn tell(&self, step: SyncStep) {
        trace::sync(Resource::Barrier, self.id, step);
    }

    /// How many it is for.
    ///
    /// ```
    /// let barrier = runtime::sync::Barrier::new(3);
    /// assert_eq!(barrier.parties() - barrier.n_waiting(), 3); // to come yet
    /// ```
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// How many wait in this round.
    pub fn n_waiting(&self) -> usize {
        self.line.len()
    }

    /// It was aborted, and not reset since.
    pub fn is_broken(&self) -> bool {
        self.broken.get()
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier")
            .field("id", &self.id)
            .field("parties", &self.parties)
            .field("n_waiting", &self.n_waiting())
            .field("broken", &self.broken.get())
            .finish()
    }
}

/// The future of [`Barrier::wait`].
///
/// One that is dropped while it waits does not count, and so is not taken for the one that is missing:
///
/// ```
/// use runtime::{race, sync::Barrier, yield_now};
/// runtime::block_on(async {
///     let barrier = Barrier::new(2);
///     race(barrier.wait(), yield_now()).await; // came, and went
///     let mut second = barrier.wait();
///     race(&mut second, yield_now()).await;
///     assert_eq!(barrier.n_waiting(), 1);
///     assert!(barrier.wait().await.unwrap().is_leader());
///     assert_eq!(second.await.unwrap().index(), 0);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Arrival<'a> {
    barrier: &'a Barrier,
    place: Place,
    at: &'static Location<'static>,
}

impl Future for Arrival<'_> {
    type Output = Result<BarrierWait, Broken>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let barrier = self.barrier;
        if !self.place.is_taken() {
            if barrier.broken.get() {
                return Poll::Ready(Err(Broken));
            }
            let index = barrier.line.len();
            barrier.tell(SyncStep::Arrived { waiting: index + 1, parties: barrier.parties });
            if index + 1 == barrier.parties {
                barrier.tell(SyncStep::Opened);
                let mut place = 0;
                barrier.line.grant_all(|got| {
                    *got = Ok(place);
                    place += 1;
                });
                return Poll::Ready(Ok(BarrierWait { index, leader: true }));
            }
            self.place = barrier.line.join(Ok(index));
        }
        match barrier.line.poll(&mut self.place, cx) {
            Poll::Ready(got) => Poll::Ready(got.map(|index| BarrierWait { index, leader: false })),
            Poll::Pending => {
                label::set(Resource::Barrier, barrier.id, Some(self.at));
                Poll::Pending
            }
        }
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        // A grant is not handed on: it says that the round is over, and the others of the round have been told.
        self.barrier.line.leave(&mut self.place);
    }
}

/// What a task knows when it has passed a [`Barrier`].
///
/// ```
/// use runtime::{join_all, sync::Barrier};
/// runtime::block_on(async {
///     let barrier = Barrier::new(3);
///     let passed = join_all([(), (), ()].map(|()| barrier.wait())).await;
///     for (came, wait) in passed.into_iter().enumerate() {
///         let wait = wait.unwrap();
///         assert_eq!((wait.index(), wait.is_leader()), (came, came == 2)); // the last leads
///     }
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BarrierWait {
    index: usize,
    leader: bool,
}

impl BarrierWait {
    /// Which of the round it was, in the order in which they came: from 0 to one less than the parties.
    pub fn index(&self) -> usize {
        self.index
    }

    /// It is the one of the round who does what only one shall do.
    ///
    /// It is the last to come. Any other could be dropped after it was let through and before its turn, and then the
    /// round would have no leader; the last goes on at once.
    pub fn is_leader(&self) -> bool {
        self.leader
    }
}

/// The barrier was reset or aborted. asyncio's `BrokenBarrierError`.
///
/// ```
/// use runtime::sync::{Barrier, Broken};
/// let barrier = Barrier::new(2);
/// barrier.abort();
/// assert_eq!(runtime::block_on(async { barrier.wait().await }), Err(Broken));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier was reset or aborted, so its tasks do not wait for each other any more")
    }
}

impl std::error::Error for Broken {}

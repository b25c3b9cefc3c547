//! What can happen on the loop, one variant each: the vocabulary of the event log.
//!
//! Who acted, when, and in which turn stands in the [`Event`](super::Event) around it.

use std::panic::Location;
use std::time::{Duration, Instant};

use crate::id::{ChildId, TaskId};
use crate::resource::{Resource, Waiting};

/// What has happened.
///
/// A task's life in events: `Spawned`, `Queued`, then any number of times `Polled` … `Pending` … `Queued`, and at last
/// `Polled`, one of `Ready`, `Panicked` and `Cancelled`, and `Gone`. (One that is aborted is queued, and ends without
/// being polled.)
///
/// The loop's in a turn: `Turn`, the `Inbox` if anything came from other threads, what the polls bring about,
/// `TimerFired`, and `Awake` if it asked the OS, with an `Asleep` before it if it slept. The names alone, of a
/// time-out that passes (in virtual time, so that there is no `Asleep`):
///
/// ```
/// use runtime::{Builder, Clock, sleep, timeout, trace::Event};
/// use std::{cell::RefCell, rc::Rc, time::Duration};
///
/// let names = Rc::new(RefCell::new(Vec::new()));
/// let log = names.clone();
/// let observer = move |event: &Event<'_>| {
///     let what = format!("{:?}", event.what);
///     log.borrow_mut().extend(what.split(' ').next().map(str::to_owned));
/// };
/// let runtime = Builder::new().clock(Clock::Virtual).observer(observer).build()?;
/// let [limit, long] = [1, 2].map(Duration::from_secs);
/// assert!(runtime.block_on(async { timeout(limit, sleep(long)).await }).is_err());
/// assert_eq!(
///     names.borrow().join(" "),
///     "Spawned Queued \
///      Turn Polled TimerSet Waits TimerSet Waits Pending \
///      Turn TimerFired Queued \
///      Turn Polled Waits TimerDropped Ready Gone"
/// );
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Each wait that ends shows its whole chain. That for a socket:
///
/// ```
/// use runtime::{io::AsyncReadExt, net::{TcpListener, TcpStream}};
/// use runtime::trace::{By, Event, What};
/// use std::{cell::RefCell, rc::Rc};
///
/// let chain = Rc::new(RefCell::new(Vec::new()));
/// let log = chain.clone();
/// let observer = move |event: &Event<'_>| {
///     log.borrow_mut().push(match (event.what, event.by) {
///         (What::Pending { task, on: Some(on), .. }, _) => format!("{task} waits for {on}"),
///         (What::Readiness { readable: true, .. }, _) => "a source is readable".to_owned(),
///         (What::Queued { task, .. }, By::Source(_)) => format!("{task} is woken"),
///         (What::Polled { task }, _) => format!("{task} runs"),
///         (What::Moved { bytes, read: true, .. }, _) => format!("{bytes} bytes are read"),
///         _ => return,
///     });
/// };
/// runtime::Builder::new().observer(observer).build()?.block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     let client = TcpStream::connect(listener.local_addr()?).await?;
///     let (mut server, _) = listener.accept().await?;
///     let heard = runtime::spawn(async move { server.read(&mut [0; 8]).await });
///     runtime::yield_now().await; // #2 runs, and waits
///     runtime::io::AsyncWriteExt::write_all(&mut &client, b"hello").await?;
///     heard.await?
/// })?;
/// let chain = chain.borrow();
/// let woken = chain.iter().position(|line| line == "#2 is woken").unwrap();
/// assert!(chain[..woken].iter().any(|line| line.starts_with("#2 waits for source")));
/// assert_eq!(chain[woken - 1], "a source is readable");
/// assert_eq!(chain[woken + 1..], ["#2 runs", "5 bytes are read", "#1 runs"]);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// To count, and to hear of what went wrong:
///
/// ```
/// use runtime::{net::UdpSocket, spawn, spawn_blocking};
/// use runtime::trace::{Event, What};
/// use std::{cell::RefCell, collections::BTreeMap, rc::Rc};
///
/// let counts = Rc::new(RefCell::new(BTreeMap::new()));
/// let counter = counts.clone();
/// let observer = move |event: &Event<'_>| {
///     let what = match event.what {
///         What::Asleep { .. } => "sleeps",
///         What::Awake { slept: false, .. } => "looks in passing",
///         What::Inbox { .. } => "mails",
///         What::Registered { .. } => "sources that came",
///         What::Deregistered { .. } => "sources that went",
///         What::JobQueued { .. } => "jobs",
///         What::JobStarted { .. } | What::JobDone { .. } => "news of jobs",
///         What::Coalesced { .. } => "wakes that were spared",
///         What::Late { .. } => "wakes that came too late",
///         What::Cancelled { .. } => "tasks that were cancelled",
///         What::Panicked { .. } => "tasks that panicked",
///         What::Lost { .. } => "tasks that nothing can wake",
///         What::SlowPoll { .. } => "polls that held up all others",
///         What::Stalled => "times when nothing could happen",
///         _ => return,
///     };
///     *counter.borrow_mut().entry(what).or_insert(0) += 1;
/// };
/// runtime::Builder::new().observer(observer).build()?.block_on(async {
///     drop(UdpSocket::bind("127.0.0.1:0".parse().unwrap())?);
///     spawn_blocking(|| ()).await?;
///     spawn(async { panic!("as an example") }).await.unwrap_err();
///     spawn(std::future::pending::<()>()); // it keeps no waker
///     spawn(async {}).abort(); // it is queued already, and need not be queued for that
///     runtime::yield_now().await;
///     Ok::<(), std::io::Error>(())
/// })?;
/// let counts = counts.borrow();
/// assert_eq!(counts["sources that came"], counts["sources that went"]);
/// assert_eq!((counts["jobs"], counts["wakes that were spared"]), (1, 1));
/// assert_eq!((counts["tasks that panicked"], counts["tasks that nothing can wake"]), (1, 1));
/// assert_eq!(counts["tasks that were cancelled"], 2); // the one that is lost, too, at the end
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// The program's own words are [`Mark`](Self::Mark) and spans: see [`mark`](super::mark) and [`span`](super::span).
/// Those on children are at [`ChildStep`], those on locks and channels at [`SyncStep`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum What<'a> {
    /// A task came to be.
    Spawned {
        /// It.
        task: TaskId,
        /// The task that spawned it; none for the root, and for one that came through a [`Handle`](crate::Handle).
        parent: Option<TaskId>,
        /// Its name, if it has one.
        name: Option<&'a str>,
        /// Its group, if it is in one.
        group: Option<&'static str>,
        /// Where it was spawned.
        at: &'static Location<'static>,
    },
    /// A task's waker was fired, and the task was put on the run queue.
    Queued {
        /// It.
        task: TaskId,
        /// How many stand there now, itself included: its place, if the queue is first in, first out.
        len: usize,
    },
    /// A task's waker was fired while it stood on the run queue already: the wakes are one.
    Coalesced {
        /// It.
        task: TaskId,
    },
    /// The queue came to a task that is gone, or the inbox did ([`By::Thread`](super::By::Thread)): its waker was fired too
    /// late.
    Late {
        /// It.
        task: TaskId,
    },
    /// A task's poll begins.
    Polled {
        /// It.
        task: TaskId,
    },
    /// A future of this crate is about to return `Pending`: what it waits for keeps the waker now.
    ///
    /// There may be several in one poll, as when a task waits for a socket and a timer at once.
    Waits {
        /// For what.
        on: Waiting,
        /// Another waker was there, which this one has replaced: another task waited, or the same through other
        /// futures.
        replaced: bool,
    },
    /// The poll is over: the task waits.
    Pending {
        /// It.
        task: TaskId,
        /// What the last future said it waits for, if one did.
        on: Option<Waiting>,
        /// How many wakers of it others hold.
        wakers: usize,
    },
    /// A task returned `Pending`, and nobody holds its waker: nothing will ever wake it.
    Lost {
        /// It.
        task: TaskId,
    },
    /// The poll is over, and so is the task: it gave its output.
    Ready {
        /// It.
        task: TaskId,
    },
    /// The poll ended in a panic, and so did the task.
    Panicked {
        /// It.
        task: TaskId,
    },
    /// A task is dropped before its end: it was aborted, or `block_on` is being left.
    Cancelled {
        /// It.
        task: TaskId,
    },
    /// The future of a task that is over has been dropped. Its slot is free, or will be when its handle is gone, too.
    Gone {
        /// It.
        task: TaskId,
        /// How many wakers of it others still hold. If they are fired, that is too late.
        wakers: usize,
    },
    /// Something about a child of a [`task_group`](fn@crate::task_group), which is polled inside its parent.
    Child {
        /// It.
        child: ChildId,
        /// What.
        step: ChildStep<'a>,
    },
    /// The loop begins a turn.
    Turn,
    /// What other threads have left for the loop is taken in.
    Inbox {
        /// Tasks that they woke.
        wakes: usize,
        /// Closures that they sent through a [`Handle`](crate::Handle).
        sent: usize,
        /// Further wakes of tasks that were on their way already: each is one with the first.
        coalesced: u64,
    },
    /// Nothing is to be done: the loop sleeps in the OS.
    Asleep {
        /// Until this deadline at the latest; none: until something comes.
        until: Option<Instant>,
        /// How many deadlines are set.
        timers: usize,
        /// How many sources are registered.
        sources: usize,
        /// How many blocking jobs are queued or run.
        jobs: usize,
    },
    /// The loop has asked the OS what is ready.
    Awake {
        /// It has slept for that; else it asked in passing.
        slept: bool,
        /// How many sources the OS had news of.
        events: usize,
        /// The bell has rung: another thread has left something.
        bell: bool,
    },
    /// A source is watched from now on.
    Registered {
        /// Its number, from 1, which is never used again.
        source: u64,
        /// The key by which the OS names it, which is.
        token: usize,
        /// The Rust type of it.
        kind: &'static str,
    },
    /// The OS says that a source has become ready.
    Readiness {
        /// Its number.
        source: u64,
        /// It can be read.
        readable: bool,
        /// It can be written.
        writable: bool,
        /// The other end has closed, or there was an error.
        closed: bool,
    },
    /// Bytes were read from a stream, or written to one.
    Moved {
        /// The source's number.
        source: u64,
        /// Read; else written.
        read: bool,
        /// How many.
        bytes: usize,
    },
    /// A source is not watched any more.
    Deregistered {
        /// Its number.
        source: u64,
    },
    /// A deadline was set; for a timer that has one already, another.
    TimerSet {
        /// The number of the timer, from 1.
        timer: u64,
        /// When it is due.
        deadline: Instant,
    },
    /// A deadline has come.
    TimerFired {
        /// The number of the timer.
        timer: u64,
    },
    /// A deadline is not waited for any more.
    TimerDropped {
        /// The number of the timer.
        timer: u64,
    },
    /// A job was given to the blocking pool.
    JobQueued {
        /// Its number, from 1.
        job: u64,
        /// Where.
        at: &'static Location<'static>,
    },
    /// A thread of the pool has begun a job. The loop hears of it only when it next takes in what other threads left.
    JobStarted {
        /// Its number.
        job: u64,
        /// So long ago.
        ago: Duration,
    },
    /// A job has ended: run, or dropped. The loop hears of it as of its begin.
    JobDone {
        /// Its number.
        job: u64,
        /// So long ago.
        ago: Duration,
    },
    /// Something was done to a lock, a semaphore, a barrier, an event, a condition or a channel.
    Sync {
        /// Of which kind it is: what waiting for it would be called.
        on: Resource,
        /// Its number.
        id: u64,
        /// What was done.
        step: SyncStep,
    },
    /// The program says something: [`mark`](super::mark).
    Mark {
        /// In a word.
        name: &'static str,
        /// More of it.
        detail: &'a str,
    },
    /// A part of the program's work begins: [`span`](super::span).
    SpanBegan {
        /// Its number, from 1.
        span: u64,
        /// In a word.
        name: &'static str,
        /// More of it.
        detail: &'a str,
    },
    /// A part of the program's work is over.
    SpanEnded {
        /// Its number.
        span: u64,
    },
    /// A poll held the thread for longer than the threshold.
    SlowPoll {
        /// The task.
        task: TaskId,
        /// How long.
        took: Duration,
    },
    /// Nothing in the runtime can wake a task any more.
    Stalled,
}

/// What happens to a child of a [`task_group`](fn@crate::task_group). All of it lies within polls of its parent.
///
/// ```
/// use runtime::{Builder, task_group, trace::{ChildStep, Event, What}};
/// use std::{cell::RefCell, future::pending, io, rc::Rc};
///
/// let log = Rc::new(RefCell::new(Vec::new()));
/// let lines = log.clone();
/// let observer = move |event: &Event<'_>| {
///     let What::Child { child, step } = event.what else { return };
///     lines.borrow_mut().push(match step {
///         ChildStep::Spawned { name: Some(name), .. } => format!("{child} is {name}"),
///         ChildStep::Ready => format!("{child} is over"),
///         ChildStep::Panicked | ChildStep::Cancelled => format!("{child} does not get to its end"),
///         ChildStep::Pending { .. } => format!("{child} waits"),
///         ChildStep::Polled | _ => return,
///     });
/// };
/// let failed = Builder::new().observer(observer).build()?.block_on(task_group(async |group| {
///     group.spawn_named("the printer", pending::<io::Result<()>>());
///     group.spawn_named("the paper", async { Err::<(), _>(io::Error::other("none is left")) });
///     Ok(())
/// }));
/// assert_eq!(failed.unwrap_err().to_string(), "none is left");
/// assert_eq!(
///     *log.borrow(),
///     [
///         "#1.0 is body",
///         "#1.1 is the printer",
///         "#1.2 is the paper",
///         "#1.0 is over",
///         "#1.1 waits",
///         "#1.2 is over",
///         "#1.1 does not get to its end",
///     ]
/// );
/// # Ok::<(), io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ChildStep<'a> {
    /// It came to be.
    Spawned {
        /// Its name, if it has one.
        name: Option<&'a str>,
        /// Where it was spawned.
        at: &'static Location<'static>,
    },
    /// Its poll begins.
    Polled,
    /// The poll is over: it waits.
    Pending {
        /// For what, if that is known.
        on: Option<Waiting>,
    },
    /// It is over, and gave an output or an error.
    Ready,
    /// It panicked.
    Panicked,
    /// It is dropped before its end.
    Cancelled,
}

/// What is done to the things that tasks wait with.
///
/// ```
/// use runtime::{Builder, Resource, sync, trace::{Event, SyncStep, What}};
/// use std::{cell::RefCell, rc::Rc};
///
/// let steps = Rc::new(RefCell::new(Vec::new()));
/// let log = steps.clone();
/// let observer = move |event: &Event<'_>| match event.what {
///     What::Sync { on, step, .. } => log.borrow_mut().push((on, step)),
///     _ => {}
/// };
/// let mut expected = Vec::new();
/// Builder::new().observer(observer).build()?.block_on(async {
///     let permits = sync::Semaphore::new(2);
///     drop(permits.acquire(2).await);
///     permits.close();
///     let did = [SyncStep::Acquired { n: 2 }, SyncStep::Released { n: 2 }, SyncStep::Closed];
///     expected.extend(did.map(|step| (Resource::Permits, step)));
///
///     let (sender, mut receiver) = sync::mpsc::channel(8);
///     sender.send("hello").await.unwrap();
///     receiver.recv().await;
///     let did = [SyncStep::Sent { len: 1 }, SyncStep::Received { len: 0 }];
///     expected.extend(did.map(|step| (Resource::Message, step)));
///
///     let barrier = sync::Barrier::new(1);
///     barrier.wait().await.unwrap();
///     barrier.abort();
///     let came = SyncStep::Arrived { waiting: 1, parties: 1 };
///     let did = [came, SyncStep::Opened, SyncStep::Broken];
///     expected.extend(did.map(|step| (Resource::Barrier, step)));
///
///     let event = sync::Event::new();
///     event.set();
///     event.clear();
///     expected.extend([SyncStep::Set, SyncStep::Cleared].map(|step| (Resource::Event, step)));
///
///     sync::Condvar::new().notify_all();
///     expected.push((Resource::Condvar, SyncStep::Notified { n: 0 })); // nobody waits
///     assert_eq!(*steps.borrow(), expected);
/// });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyncStep {
    /// A lock, or so many permits, came into somebody's hands.
    Acquired {
        /// How many; 1 for a lock.
        n: usize,
    },
    /// A lock or permits were given back.
    Released {
        /// How many; 1 for a lock.
        n: usize,
    },
    /// A message was put into a channel.
    Sent {
        /// How many are in it now.
        len: usize,
    },
    /// A message was taken out of a channel.
    Received {
        /// How many are in it now.
        len: usize,
    },
    /// One more has come to a barrier.
    Arrived {
        /// How many are there now.
        waiting: usize,
        /// How many it is for.
        parties: usize,
    },
    /// All have come: the barrier lets them go on.
    Opened,
    /// The barrier was reset or aborted: those who waited are sent away.
    Broken,
    /// An event was set.
    Set,
    /// An event was cleared.
    Cleared,
    /// So many who wait for a condition are told to look again.
    Notified {
        /// How many.
        n: usize,
    },
    /// A semaphore or a channel was closed.
    Closed,
}

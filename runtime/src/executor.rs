//! The loop itself.
//!
//! Everything else in this crate is a list that this loop empties: tasks that are ready, wakes from other threads,
//! timers that are due, events of the OS. It runs on one thread, the one that called `block_on`, and nothing ever
//! interrupts a task: the loop goes on when a poll returns. That is cooperative multitasking.
//!
//! Look for `loop` in [`Runtime::run`]: that is the event loop.

use std::cell::{Cell, RefCell};
use std::io;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use mio::Events;

use crate::blocking::{POOL, Pool};
use crate::budget;
use crate::builder::{Builder, OnStall};
use crate::clock::{self, Clock, now};
use crate::current::Current;
use crate::dump::Dump;
use crate::handle::{WAY_IN, WayIn};
use crate::id::{self, TaskId};
use crate::inbox::Inbox;
use crate::panics::quietly;
use crate::reactor::{EVENTS, REACTOR, Reactor};
use crate::report;
use crate::scheduler::RunQueue;
use crate::stats::Stats;
use crate::task::{self, Begun, Tasks};
use crate::timer::{TIMERS, Timers};
use crate::trace::{self, By, Trace, What};
use crate::waker::{self, Mail, RemoteInbox};

thread_local! {
    /// The runtime that runs on this thread.
    static CURRENT: Current<Rooms> = const { Current::new() };
}

/// Runs a future to its end on a new [`Runtime`] with its usual settings, and gives its output. asyncio's `run`, tokio's
/// `block_on` of a `current_thread` runtime.
///
/// # Panics
/// Where the future does; if a runtime is running on this thread already; and if the OS has no file descriptor left
/// for a new one ([`Runtime::new`] gives that as an error).
///
/// ```
/// assert_eq!(runtime::block_on(async { 1 + 1 }), 2);
/// ```
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    match Runtime::new() {
        Ok(runtime) => runtime.block_on(future),
        Err(e) => panic!("the OS would not give what an event loop needs (an epoll or the like): {e}"),
    }
}

/// What the runtime on this thread has done so far.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// runtime::block_on(async {
///     runtime::yield_now().await;
///     assert_eq!(runtime::stats().polls, 2);
/// });
/// ```
#[track_caller]
pub fn stats() -> Stats {
    Current::get(&CURRENT, "stats").stats()
}

/// All tasks of the runtime on this thread: what each does, what it waits for, and where it was spawned.
///
/// # Panics
/// Outside a runtime.
///
/// ```
/// runtime::block_on(async {
///     let task = runtime::Task::new().name("sleeper").spawn(runtime::sleep(std::time::Duration::MAX));
///     runtime::yield_now().await;
///     let dump = runtime::dump();
///     assert_eq!(dump.tasks[1].name.as_deref(), Some("sleeper"));
///     assert!(dump.to_string().contains("waits for a time"));
///     task.abort();
/// });
/// ```
#[track_caller]
pub fn dump() -> Dump {
    Current::get(&CURRENT, "dump").dump()
}

/// A number that is this runtime's own in the process; `None` outside one. Sources and timers work only inside the runtime
/// they were made in: who keeps some for later can tell by this.
///
/// ```
/// assert!(runtime::block_on(async { runtime::id() }).is_some());
/// assert_eq!(runtime::id(), None);
/// ```
pub fn id() -> Option<u64> {
    Some(waker::entered()).filter(|id| *id != 0)
}

/// An event loop: one thread, its tasks, its timers, its sources.
///
/// It belongs to the thread that made it and may run several futures, one after the other. Every thread may have
/// one of its own, which is how one uses several cores.
///
/// ```
/// let runtime = runtime::Runtime::new()?;
/// let sum = runtime.block_on(async {
///     let task = runtime::spawn(async { 40 });
///     task.await.unwrap() + 2
/// });
/// assert_eq!(sum, 42);
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Runtime {
    rooms: Rc<Rooms>,
}

/// What a runtime consists of. Shared with what runs on it, through the thread-locals of each room.
struct Rooms {
    id: u64,
    queue: Rc<RunQueue>,
    tasks: Rc<Tasks>,
    inbox: Arc<RemoteInbox>,
    way_in: Rc<WayIn>,
    timers: Rc<Timers>,
    reactor: Rc<Reactor>,
    pool: Rc<Pool>,
    batch: usize,
    io_budget: u32,
    clock: Clock,
    measure: bool,
    /// A poll is timed: for the statistics, for a report or for the scheduler.
    timed: bool,
    /// A poll is timed or watched.
    attentive: bool,
    slow_poll: Option<Duration>,
    on_stall: OnStall,
    trace: Option<Rc<Trace>>,
    /// The present stall was reported: no task has run since.
    stalled: Cell<bool>,
    counted: Counted,
}

/// What the loop counts. Plain cells: adding one costs next to nothing.
#[derive(Default)]
struct Counted {
    turns: Cell<u64>,
    polls: Cell<u64>,
    sleeps: Cell<u64>,
    asleep: Cell<Duration>,
    longest_poll: RefCell<Option<(Duration, String)>>,
}

fn add_one(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

impl Builder {
    /// Makes the runtime.
    ///
    /// # Errors
    /// If the OS has no file descriptor left for its event queue and bell.
    pub fn build(self) -> io::Result<Runtime> {
        Runtime::with(self)
    }
}

impl Runtime {
    /// A runtime with the usual settings; [`Builder`] makes others.
    ///
    /// # Errors
    /// If the OS has no file descriptor left for its event queue and bell.
    pub fn new() -> io::Result<Self> {
        Builder::new().build()
    }

    fn with(builder: Builder) -> io::Result<Self> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        let reactor = Rc::new(Reactor::new()?);
        let inbox = Arc::new(Inbox::new(reactor.bell()?));
        let queue = Rc::new(RunQueue::new(builder.scheduler));
        let tasks = Rc::new(Tasks::new(id, queue.clone(), inbox.clone()));
        let timed = builder.measure || builder.slow_poll.is_some() || queue.wants_time();
        let rooms = Rooms {
            id,
            timed,
            attentive: timed || builder.observer.is_some(),
            queue,
            tasks,
            way_in: Rc::new(WayIn::new(inbox.clone())),
            inbox,
            timers: Rc::default(),
            reactor,
            pool: Rc::new(Pool::new(builder.blocking_threads)),
            batch: builder.batch,
            io_budget: builder.io_budget,
            clock: builder.clock,
            measure: builder.measure,
            slow_poll: builder.slow_poll,
            on_stall: builder.on_stall,
            trace: builder.observer.map(|observer| Rc::new(Trace::new(observer))),
            stalled: Cell::new(false),
            counted: Counted::default(),
        };
        Ok(Runtime { rooms: Rc::new(rooms) })
    }

    /// Runs `future` to its end, and every task it spawns beside it, and gives its output.
    ///
    /// The future stays where it is: it need not be `'static` and may borrow from the caller. Before this returns, all
    /// tasks that are left are dropped (the oldest first), the blocking jobs that run are waited for and those queued
    /// are dropped. So nothing outlives this call.
    ///
    /// # Panics
    /// Where the future does, and then, too, nothing is left behind. If a runtime is running on this thread already:
    /// the inner one would stop the outer one's tasks for as long as it runs. On a stall, under
    /// [`OnStall::Panic`](crate::OnStall::Panic).
    ///
    /// ```
    /// let runtime = runtime::Runtime::new()?;
    /// let mut log = Vec::new();
    /// runtime.block_on(async { log.push("borrowed") });
    /// runtime.block_on(async { log.push("and once more") });
    /// assert_eq!(log, ["borrowed", "and once more"]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let _left_at_the_end = self.enter(Location::caller());
        let root = pin!(future);
        self.run(root)
    }

    /// What this runtime has done so far, in all its `block_on`s.
    ///
    /// ```
    /// let runtime = runtime::Runtime::new()?;
    /// for _ in 0..2 {
    ///     runtime.block_on(runtime::yield_now()); // two polls each: it gives way once
    /// }
    /// assert_eq!(runtime.stats().polls, 4);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn stats(&self) -> Stats {
        self.rooms.stats()
    }

    /// The event loop.
    fn run<F: Future>(&self, mut root: Pin<&mut F>) -> F::Output {
        let rooms = &*self.rooms;
        let mut events = Events::with_capacity(EVENTS);
        let mut mail = Vec::new();
        // This `loop` right here is the event loop.
        loop {
            add_one(&rooms.counted.turns);
            if rooms.trace.is_some() {
                trace::turn(rooms.counted.turns.get());
            }

            // 1. Tasks that other threads have woken or sent join the queue.
            rooms.inbox.take(&mut mail);
            if !mail.is_empty() {
                rooms.take_in(&mut mail);
            }

            // 2. A batch of the tasks that are ready are polled. The batch is bounded, since a task may make
            //    itself ready again, and so might keep all else waiting (rule 9, trap 14).
            for _ in 0..rooms.batch {
                let Some(id) = rooms.queue.pop() else { break };
                if let Poll::Ready(output) = rooms.poll(id, root.as_mut()) {
                    return output;
                }
            }

            // 3. Tasks whose time has come join the queue.
            let mut next = rooms.timers.next();
            if next.is_some() {
                rooms.timers.fire(now());
                next = rooms.timers.next();
            }

            // 4. The OS tells which sources have become ready, and those who wait for them join the queue. Who has
            //    work does not wait for that; who has none sleeps here, until the next deadline at most.
            rooms.ask_the_os(&mut events, next);
        }
    }

    /// Makes this runtime the thread's current one until the value is dropped.
    fn enter(&self, at: &'static Location<'static>) -> Entered<'_> {
        if waker::entered() != 0 {
            panic!(
                "block_on was called on a thread that is already running a runtime: await the future, or spawn it, or call block_on in spawn_blocking or on another thread"
            );
        }
        let rooms = &self.rooms;
        waker::enter(rooms.id, Some(rooms.queue.clone()));
        trace::enter(rooms.trace.clone());
        rooms.inbox.open();
        if rooms.clock == Clock::Virtual {
            clock::set_virtual(Some(Instant::now()));
        }
        task::enter(Some(rooms.tasks.clone()));
        TIMERS.with(|timers| timers.set(Some(rooms.timers.clone())));
        REACTOR.with(|reactor| reactor.set(Some(rooms.reactor.clone())));
        POOL.with(|pool| pool.set(Some(rooms.pool.clone())));
        WAY_IN.with(|way_in| way_in.set(Some(rooms.way_in.clone())));
        CURRENT.with(|current| current.set(Some(rooms.clone())));
        rooms.tasks.insert_root(at);
        Entered { rooms }
    }
}

impl Rooms {
    /// What other threads have left.
    fn take_in(&self, mail: &mut Vec<Mail>) {
        if self.trace.is_some() {
            self.pool.tell_news();
        }
        trace::act(By::Thread);
        let (mut wakes, mut sent, mut all) = (0, 0, 0);
        for mail in mail.drain(..) {
            match mail {
                Mail::Wake(id) => {
                    wakes += 1;
                    all += u64::from(self.tasks.arrived(id));
                }
                Mail::Run(spawn) => {
                    sent += 1;
                    spawn();
                }
            }
        }
        trace::emit(|| What::Inbox { wakes, sent, coalesced: all.saturating_sub(wakes as u64) });
        trace::act(By::Loop);
    }

    /// Polls the task `id` once. `Ready` when it was the root and the root is done.
    fn poll<F: Future>(&self, id: TaskId, root: Pin<&mut F>) -> Poll<F::Output> {
        match self.tasks.begin(id) {
            Begun::Task(mut body, waker) => {
                let polled = self.run_one(id, || body.poll(&mut Context::from_waker(&waker)));
                match polled {
                    Poll::Pending => {
                        if let Some(aborted) = self.tasks.pause(id, body, waker) {
                            self.tasks.end_aborted(id, aborted);
                        }
                    }
                    Poll::Ready(Ok(())) => self.tasks.end(id, body, Some(waker), None),
                    Poll::Ready(Err(error)) => self.tasks.end(id, body, Some(waker), Some(error)),
                }
            }
            // Rule 2: polled in place; its panic is not caught but goes through `block_on` to the caller.
            Begun::Root(waker) => {
                let polled = self.run_one(id, || root.poll(&mut Context::from_waker(&waker)));
                self.tasks.pause_root(id, waker);
                if polled.is_ready() {
                    trace::emit(|| What::Ready { task: id });
                }
                return polled;
            }
            Begun::Aborted(body) => self.tasks.end_aborted(id, body),
            Begun::Gone => trace::emit(|| What::Late { task: id }),
        }
        Poll::Pending
    }

    /// Runs a poll of task `id`.
    fn run_one<T>(&self, id: TaskId, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        add_one(&self.counted.polls);
        self.stalled.set(false);
        budget::start(self.io_budget);
        if self.attentive { self.attend(id, poll) } else { poll() }
    }

    /// Watches and measures a poll, as was asked for. Apart from the others: looking at the clock twice costs more than a
    /// whole poll that does nothing.
    #[cold]
    fn attend<T>(&self, id: TaskId, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        trace::emit(|| What::Polled { task: id });
        trace::act(By::Task(id));
        let start = self.timed.then(Instant::now);
        let polled = poll();
        if let Some(start) = start {
            self.took(id, start.elapsed());
        }
        if polled.is_pending() && trace::is_watched() {
            self.tasks.tell_pending(id);
        }
        trace::act(By::Loop);
        polled
    }

    fn took(&self, id: TaskId, took: Duration) {
        self.queue.ran(id, took);
        if self.measure {
            let mut longest = self.counted.longest_poll.borrow_mut();
            if longest.as_ref().is_none_or(|(before, _)| took > *before) {
                *longest = Some((took, self.tasks.label(id)));
            }
        }
        if self.slow_poll.is_some_and(|limit| took >= limit) {
            trace::emit(|| What::SlowPoll { task: id, took });
            report::slow_poll(&self.tasks.label(id), took);
        }
    }

    /// Asks the reactor, and sleeps in it if there is nothing to do.
    fn ask_the_os(&self, events: &mut Events, next: Option<Instant>) {
        let ready = self.queue.len() > 0;
        // That tasks are ready is no reason for a system call: only if somebody waits for the OS. With virtual time,
        // what the OS has goes before the jump to the next deadline.
        if (ready || clock::virtual_now().is_some()) && self.reactor.sources() > 0 {
            self.wait(events, Some(Duration::ZERO));
        }
        // Asked before the inbox: the wake of a job that is over by now is in there.
        let busy = (next.is_none() || clock::virtual_now().is_some()) && self.pool.busy() > 0;
        // trap 8: announced and looked at again in one step, so no wake falls between the look and the sleep.
        if ready || self.queue.len() > 0 || !self.inbox.fall_asleep() {
            return;
        }
        match (next, clock::virtual_now()) {
            (Some(next), Some(_)) if !busy => {
                clock::set_virtual(Some(next));
                self.inbox.awake();
                return;
            }
            (None, _) if !busy && !self.reactor.is_awaited() => self.stall(),
            _ => {}
        }
        // Virtual time stands still while a job runs. trap 25: the limit is computed now, after all that ran in this
        // turn has set its timers.
        let deadline = next.filter(|_| clock::virtual_now().is_none());
        trace::emit(|| What::Asleep {
            until: deadline,
            timers: self.timers.len(),
            sources: self.reactor.sources(),
            jobs: self.pool.busy(),
        });
        let start = (self.measure || deadline.is_some()).then(Instant::now);
        let limit = deadline.zip(start).map(|(deadline, now)| deadline.saturating_duration_since(now));
        self.wait(events, limit);
        self.inbox.awake();
        add_one(&self.counted.sleeps);
        if self.measure
            && let Some(start) = start
        {
            self.counted.asleep.set(self.counted.asleep.get() + start.elapsed());
        }
    }

    /// Rule 10, trap 36: nothing in this runtime can ever wake a task again. Another thread may, so the loop says it,
    /// once, and sleeps.
    fn stall(&self) {
        if self.stalled.replace(true) {
            return;
        }
        trace::emit(|| What::Stalled);
        if self.on_stall == OnStall::Wait {
            return;
        }
        let text = report::stall(&self.dump(), self.way_in.handles());
        match self.on_stall {
            OnStall::Panic => {
                self.inbox.awake();
                panic!("{text}");
            }
            _ => report::print(&text),
        }
    }

    fn dump(&self) -> Dump {
        Dump { tasks: self.tasks.dump() }
    }

    fn wait(&self, events: &mut Events, limit: Option<Duration>) {
        if let Err(e) = self.reactor.wait(events, limit) {
            // Signals are no errors here, and an event queue has no others but a descriptor that is not one (any more):
            // somebody closed it. There is no way on.
            panic!("the OS refused to wait for events: {e}");
        }
    }

    fn stats(&self) -> Stats {
        let counted = &self.counted;
        Stats {
            turns: counted.turns.get(),
            polls: counted.polls.get(),
            sleeps: counted.sleeps.get(),
            spawned: self.tasks.spawned(),
            asleep: self.measure.then(|| counted.asleep.get()),
            longest_poll: counted.longest_poll.borrow().clone(),
            blocking_threads: self.pool.most_threads(),
            by_group: self.tasks.polls(),
        }
    }
}

/// Rule 8: leaving `block_on`, by its end or by a panic. The root future has been dropped by then.
struct Entered<'a> {
    rooms: &'a Rooms,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // While all rooms are still up: destructors may spawn, wake, and drop sockets and timers.
        self.rooms.tasks.close();
        self.rooms.pool.drain();
        self.rooms.pool.tell_news();
        for mail in self.rooms.inbox.close() {
            quietly(|| drop(mail)); // what was sent to be run is somebody's closure
        }
        self.rooms.queue.clear();
        self.rooms.tasks.reopen();
        clock::set_virtual(None);
        budget::start(u32::MAX);
        CURRENT.with(|current| current.set(None));
        WAY_IN.with(|way_in| way_in.set(None));
        POOL.with(|pool| pool.set(None));
        REACTOR.with(|reactor| reactor.set(None));
        TIMERS.with(|timers| timers.set(None));
        task::enter(None);
        trace::enter(None);
        id::set_running(None);
        waker::enter(0, None);
    }
}

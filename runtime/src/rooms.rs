//! What a runtime consists of: its rooms, made together, and hung up for as long as a `block_on` runs.
//!
//! Each room is a file of its own: the table of tasks, the run queue, the inbox, the timers, the reactor, the blocking
//! pool. Here they are brought together ([`Rooms::new`]), put where code on the loop finds them ([`Rooms::enter`]), and
//! cleared and taken down in a fixed order ([`Entered`]). What happens between the two is in
//! [`executor`](crate::executor).

use std::cell::{Cell, RefCell};
use std::io;
use std::panic::Location;
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::blocking::{POOL, Pool};
use crate::budget;
use crate::builder::{Builder, OnStall};
use crate::clock::{self, Clock};
use crate::current::Current;
use crate::dump::Dump;
use crate::handle::{WAY_IN, WayIn};
use crate::id;
use crate::inbox::Inbox;
use crate::panics::quietly;
use crate::reactor::{REACTOR, Reactor};
use crate::scheduler::RunQueue;
use crate::stats::Stats;
use crate::task::{self, Tasks};
use crate::timer::{TIMERS, Timers};
use crate::trace::{self, Trace};
use crate::waker::{self, RemoteInbox};

thread_local! {
    /// The runtime that runs on this thread.
    pub(crate) static CURRENT: Current<Rooms> = const { Current::new() };
}

/// What a runtime consists of. Shared with what runs on it, through the thread-locals of each room.
pub(crate) struct Rooms {
    pub(crate) id: u64,
    pub(crate) queue: Rc<RunQueue>,
    pub(crate) tasks: Rc<Tasks>,
    pub(crate) inbox: Arc<RemoteInbox>,
    pub(crate) way_in: Rc<WayIn>,
    pub(crate) timers: Rc<Timers>,
    pub(crate) reactor: Rc<Reactor>,
    pub(crate) pool: Rc<Pool>,
    /// How many tasks are polled in a turn at most.
    pub(crate) batch: usize,
    /// How many operations on sources may succeed in a poll.
    pub(crate) io_budget: u32,
    pub(crate) clock: Clock,
    /// What the virtual clock showed when the last `block_on` was left.
    pub(crate) virtual_now: Cell<Option<Instant>>,
    /// Sleeps and polls are timed for [`Stats`].
    pub(crate) measure: bool,
    /// A poll is timed: for the statistics, for a report or for the scheduler.
    pub(crate) timed: bool,
    /// A poll is timed or watched.
    pub(crate) attentive: bool,
    /// A poll that takes so long is reported.
    pub(crate) slow_poll: Option<Duration>,
    pub(crate) on_stall: OnStall,
    pub(crate) trace: Option<Rc<Trace>>,
    /// It has stalled, and no task has run since.
    pub(crate) stalled: Cell<bool>,
    /// A stall was reported in this `block_on`.
    pub(crate) told_stall: Cell<bool>,
    /// The present one was not yet: the last one was a false alarm.
    pub(crate) doubt: Cell<bool>,
    pub(crate) counted: Counted,
}

/// What the loop counts. Plain cells: adding one costs next to nothing.
#[derive(Default)]
pub(crate) struct Counted {
    pub(crate) turns: Cell<u64>,
    pub(crate) polls: Cell<u64>,
    pub(crate) sleeps: Cell<u64>,
    pub(crate) asleep: Cell<Duration>,
    pub(crate) longest_poll: RefCell<Option<(Duration, String)>>,
}

pub(crate) fn add_one(counter: &Cell<u64>) {
    counter.set(counter.get() + 1);
}

impl Rooms {
    /// # Errors
    /// The OS's.
    pub(crate) fn new(builder: Builder) -> io::Result<Self> {
        static IDS: AtomicU64 = AtomicU64::new(1);
        let id = IDS.fetch_add(1, Ordering::Relaxed);
        let reactor = Rc::new(Reactor::new(builder.sealed)?);
        let inbox = Arc::new(Inbox::new(reactor.bell()?));
        let queue = Rc::new(RunQueue::new(builder.scheduler));
        let tasks = Rc::new(Tasks::new(queue.clone(), inbox.clone()));
        let timed = builder.measure || builder.slow_poll.is_some() || queue.wants_time();
        let bell = inbox.clone();
        Ok(Rooms {
            id,
            timed,
            attentive: timed || builder.observer.is_some(),
            queue,
            tasks,
            way_in: Rc::new(WayIn::new(inbox.clone())),
            inbox,
            timers: Rc::default(),
            reactor,
            pool: Rc::new(Pool::new(builder.blocking_threads, bell, builder.sealed)),
            batch: builder.batch,
            io_budget: builder.io_budget,
            clock: builder.clock,
            virtual_now: Cell::new(None),
            measure: builder.measure,
            slow_poll: builder.slow_poll,
            on_stall: builder.on_stall,
            trace: builder.observer.map(|observer| Rc::new(Trace::new(observer))),
            stalled: Cell::new(false),
            told_stall: Cell::new(false),
            doubt: Cell::new(false),
            counted: Counted::default(),
        })
    }

    /// Makes this runtime the thread's current one until the value is dropped.
    #[track_caller]
    pub(crate) fn enter(self: &Rc<Self>, at: &'static Location<'static>) -> Entered<'_> {
        if waker::entered() != 0 {
            panic!(
                "block_on was called on a thread that is already running a runtime: await the future, or spawn it, or call block_on in spawn_blocking or on another thread"
            );
        }
        let rooms = self;
        // First, so that a panic below (of a scheduler) leaves nothing behind.
        let entered = Entered { rooms };
        waker::enter(rooms.id, Arc::as_ptr(&rooms.inbox), Some(rooms.queue.clone()));
        trace::enter(rooms.trace.clone());
        rooms.inbox.open();
        if rooms.clock == Clock::Virtual {
            // In a further `block_on` time goes on from where it stood, or would run backwards.
            clock::set_virtual(Some(rooms.virtual_now.get().unwrap_or_else(Instant::now)));
        }
        task::enter(Some(rooms.tasks.clone()));
        TIMERS.with(|timers| timers.set(Some(rooms.timers.clone())));
        REACTOR.with(|reactor| reactor.set(Some(rooms.reactor.clone())));
        POOL.with(|pool| pool.set(Some(rooms.pool.clone())));
        WAY_IN.with(|way_in| way_in.set(Some(rooms.way_in.clone())));
        CURRENT.with(|current| current.set(Some(rooms.clone())));
        rooms.tasks.insert_root(at);
        entered
    }

    pub(crate) fn dump(&self) -> Dump {
        Dump { tasks: self.tasks.dump() }
    }

    pub(crate) fn stats(&self) -> Stats {
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
pub(crate) struct Entered<'a> {
    rooms: &'a Rooms,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // While all rooms are still up: destructors may spawn, wake, and drop sockets and timers.
        self.rooms.tasks.close();
        // Before the wait for the jobs: one may wait for what it has sent here.
        for mail in self.rooms.inbox.close() {
            quietly(|| drop(mail)); // what was sent to be run is somebody's closure
        }
        self.rooms.pool.drain();
        self.rooms.pool.tell_news();
        self.rooms.queue.clear();
        self.rooms.tasks.reopen();
        self.rooms.virtual_now.set(clock::virtual_now());
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
        waker::enter(0, ptr::null(), None);
    }
}

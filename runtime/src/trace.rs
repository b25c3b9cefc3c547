//! The loop, watched: an [`Observer`] hears of everything that happens, in the order in which it happens.
//!
//! Each place in this crate where something happens says so here ([`emit`]). Without an observer that is a look at a
//! flag. With one, the event is made, numbered and handed over at once, on the loop's thread and in the middle of what
//! the loop is doing: so an observer must be quick, and must not spawn, wake or await. It may ask for a
//! [`dump`](crate::dump()).
//!
//! ```
//! use std::cell::RefCell;
//! use std::rc::Rc;
//! use runtime::trace::{Event, Observer, What};
//!
//! /// Writes down who is polled.
//! #[derive(Clone, Default)]
//! struct Polls(Rc<RefCell<Vec<String>>>);
//!
//! impl Observer for Polls {
//!     fn event(&self, event: &Event<'_>) {
//!         if let What::Polled { task } = event.what {
//!             self.0.borrow_mut().push(task.to_string());
//!         }
//!     }
//! }
//!
//! let polls = Polls::default();
//! let runtime = runtime::Builder::new().observer(polls.clone()).build()?;
//! runtime.block_on(async {
//!     runtime::spawn(async {}).await.unwrap();
//! });
//! assert_eq!(*polls.0.borrow(), ["#1", "#2", "#1"]);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::cell::Cell;
use std::panic::Location;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::current::Current;
use crate::id::TaskId;
use crate::label::Waiting;

thread_local! {
    /// Somebody watches. Const and without a destructor, so that a look at it is one instruction.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static TRACE: Current<Trace> = const { Current::new() };
    /// On whose behalf the loop acts at the moment: who wakes a task then, is the one who woke it.
    static ACTOR: Cell<By> = const { Cell::new(By::Loop) };
}

/// Is told of everything that happens: see [`Builder::observer`](crate::Builder::observer).
pub trait Observer {
    /// Something has happened.
    fn event(&self, event: &Event<'_>);
}

/// Something that has happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The number of the event, from 1: the order of all that happens.
    pub number: u64,
    /// The turn of the loop, from 1.
    pub turn: u64,
    /// When, on the [clock](crate::now) of the runtime.
    pub at: Instant,
    /// What.
    pub what: What<'a>,
}

/// Who wakes a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// The task that is being polled: another one, or itself.
    Task(TaskId),
    /// The reactor, as this source has become ready.
    Source(u64),
    /// A timer that was due.
    Timer,
    /// Another thread, through the inbox.
    Thread,
    /// The loop itself.
    Loop,
}

/// What has happened.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum What<'a> {
    /// A task came to be.
    Spawned {
        /// It.
        task: TaskId,
        /// The task that spawned it; none for the root.
        parent: Option<TaskId>,
        /// Its name, if it has one.
        name: Option<&'a str>,
        /// Its group, if it is in one.
        group: Option<&'static str>,
        /// Where it was spawned.
        at: &'static Location<'static>,
    },
    /// A task was put on the run queue.
    Queued {
        /// It.
        task: TaskId,
        /// How many stand there now, itself included.
        len: usize,
        /// Who woke it.
        by: By,
    },
    /// A task was woken that stood on the run queue already: the wakes are one.
    Coalesced {
        /// It.
        task: TaskId,
        /// Who woke it.
        by: By,
    },
    /// A task was woken that is gone.
    Late {
        /// It.
        task: TaskId,
    },
    /// A task's poll begins.
    Polled {
        /// It.
        task: TaskId,
    },
    /// The poll is over: the task waits.
    Pending {
        /// It.
        task: TaskId,
        /// For what, if that is known.
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
    /// A task was dropped before its end.
    Cancelled {
        /// It.
        task: TaskId,
    },
    /// The loop begins a turn.
    Turn,
    /// Nothing is to be done: the loop sleeps in the OS.
    Asleep {
        /// Until this deadline at the latest; none: until something comes.
        until: Option<Instant>,
    },
    /// The loop has asked the OS, and perhaps slept.
    Awake {
        /// How many events the OS had.
        events: usize,
    },
    /// A source is watched from now on.
    Registered {
        /// Its number.
        source: u64,
    },
    /// The OS says that a source has become ready.
    Readiness {
        /// Its number.
        source: u64,
        /// It can be read.
        readable: bool,
        /// It can be written.
        writable: bool,
    },
    /// A source is not watched any more.
    Deregistered {
        /// Its number.
        source: u64,
    },
    /// A deadline was set.
    TimerSet {
        /// The number of the timer.
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
    JobQueued,
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

/// The observer of a runtime, and the numbers of its events.
pub(crate) struct Trace {
    observer: Rc<dyn Observer>,
    number: Cell<u64>,
    turn: Cell<u64>,
}

impl Trace {
    pub(crate) fn new(observer: Rc<dyn Observer>) -> Self {
        Trace { observer, number: Cell::new(0), turn: Cell::new(0) }
    }
}

/// Makes a runtime's observer that of this thread, or says that there is none.
pub(crate) fn enter(trace: Option<Rc<Trace>>) {
    WATCHED.set(trace.is_some());
    TRACE.with(|current| current.set(trace));
    ACTOR.set(By::Loop);
}

/// Somebody watches: for what is worth computing only then.
#[inline]
pub(crate) fn is_watched() -> bool {
    WATCHED.get()
}

/// Says that something has happened. `what` is called only if somebody watches.
#[inline]
pub(crate) fn emit<'a>(what: impl FnOnce() -> What<'a>) {
    if WATCHED.get() {
        tell(what());
    }
}

/// A turn of the loop begins.
#[inline]
pub(crate) fn turn(number: u64) {
    if WATCHED.get() {
        TRACE.with(|trace| {
            if let Some(trace) = trace.try_get() {
                trace.turn.set(number);
            }
        });
        tell(What::Turn);
    }
}

/// From now on, what happens is done by this one. Only kept up to date while somebody watches.
#[inline]
pub(crate) fn act(by: By) {
    if WATCHED.get() {
        ACTOR.set(by);
    }
}

/// The task that acts at the moment, if it is one.
pub(crate) fn acting_task() -> Option<TaskId> {
    match ACTOR.get() {
        By::Task(task) => Some(task),
        _ => None,
    }
}

/// Who acts at the moment.
pub(crate) fn actor() -> By {
    ACTOR.get()
}

#[cold]
fn tell(what: What<'_>) {
    // `try_with`: a thread-local's destructor may wake, when `TRACE` is gone already. And out of the borrow: the
    // observer is the user's code.
    let Ok(Some(trace)) = TRACE.try_with(Current::try_get) else { return };
    let number = trace.number.get() + 1;
    trace.number.set(number);
    let event = Event { number, turn: trace.turn.get(), at: crate::clock::now(), what };
    trace.observer.event(&event);
}

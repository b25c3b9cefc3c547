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

mod mark;
mod what;

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::Instant;

use crate::current::Current;
use crate::id::TaskId;
use crate::resource::Resource;

pub use mark::{Span, mark, span};
pub use what::{ChildStep, SyncStep, What};

thread_local! {
    /// Somebody watches. Const and without a destructor, so that a look at it is one instruction.
    static WATCHED: Cell<bool> = const { Cell::new(false) };
    static TRACE: Current<Trace> = const { Current::new() };
    /// On whose behalf the loop acts at the moment: who wakes a task then, is the one who woke it.
    static ACTOR: Cell<By> = const { Cell::new(By::Loop) };
}

/// Is told of everything that happens: see [`Builder::observer`](crate::Builder::observer).
///
/// A closure that takes the event is one, too. The event is lent: what is to be kept of it must be copied out.
/// If it panics, the loop goes on, and the panic comes out of `block_on` at its end.
///
/// ```
/// use runtime::trace::{Event, Observer, What};
/// use std::{cell::Cell, rc::Rc};
///
/// /// How many tasks there are, and were at most.
/// #[derive(Clone, Default)]
/// struct Alive(Rc<Cell<(u32, u32)>>);
///
/// impl Observer for Alive {
///     fn event(&self, event: &Event<'_>) {
///         let (now, most) = self.0.get();
///         let now = match event.what {
///             What::Spawned { .. } => now + 1,
///             What::Ready { .. } | What::Panicked { .. } | What::Cancelled { .. } => now - 1,
///             _ => now,
///         };
///         self.0.set((now, most.max(now)));
///     }
/// }
///
/// let alive = Alive::default();
/// let runtime = runtime::Builder::new().observer(alive.clone()).build()?;
/// runtime.block_on(async {
///     runtime::join_all((0..10).map(|_| runtime::spawn(async {}))).await;
/// });
/// assert_eq!(alive.0.get(), (0, 11));
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Observer {
    /// Something has happened.
    fn event(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>)> Observer for F {
    fn event(&self, event: &Event<'_>) {
        self(event);
    }
}

/// Something that has happened.
///
/// ```
/// use runtime::trace::Event;
/// let start = runtime::now();
/// let log = move |event: &Event<'_>| {
///     let Event { number, turn, at, by, what, .. } = event;
///     eprintln!("{number:4} {:9.3?} turn {turn}, {by:?}: {what:?}", at.duration_since(start));
/// };
/// runtime::Builder::new().observer(log).build()?.block_on(async {});
/// // stderr: "   4     0.021ms turn 1, Loop: Polled { task: TaskId(#1 in slot 0) }", and so on
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The number of the event, from 1: the order of all that happens.
    pub number: u64,
    /// The turn of the loop, from 1.
    pub turn: u64,
    /// When, on the [clock](crate::now) of the runtime.
    pub at: Instant,
    /// Who acted: for [`What::Queued`], who fired the waker.
    pub by: By,
    /// What.
    pub what: What<'a>,
}

/// On whose behalf something happens.
///
/// ```
/// use runtime::{Builder, Clock, join, net::UdpSocket, sync::oneshot};
/// use runtime::trace::{By, Event, What};
/// use std::{cell::RefCell, rc::Rc, sync::mpsc, time::Duration};
///
/// let wakers = Rc::new(RefCell::new(Vec::new()));
/// let log = wakers.clone();
/// let observer = move |event: &Event<'_>| match event.what {
///     What::Queued { task, .. } if task.number() == 1 => log.borrow_mut().push(event.by),
///     _ => {}
/// };
/// let runtime = Builder::new().clock(Clock::Virtual).observer(observer).build()?;
/// runtime.block_on(async {
///     runtime::sleep(Duration::from_secs(1)).await;
///
///     let (sender, receiver) = oneshot::channel();
///     runtime::spawn(async move { sender.send("hello") });
///     receiver.await.unwrap();
///
///     let (go, wait) = mpsc::channel();
///     let job = runtime::spawn_blocking(move || wait.recv());
///     join(job, async { go.send(()) }).await.0.unwrap().unwrap();
///
///     let socket = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
///     let (buf, own) = (&mut [0; 8], socket.local_addr()?);
///     join(socket.recv(buf), socket.send_to(b"hello", own)).await.0
/// })?;
/// // Who has woken the root, each time. The first is its start.
/// assert!(matches!(
///     wakers.borrow()[..],
///     [By::Loop, By::Timer(_), By::Task(_), By::Thread, By::Source(_)]
/// ));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum By {
    /// The task that is being polled, or dropped.
    Task(TaskId),
    /// The reactor, as this source has become ready.
    Source(u64),
    /// This timer, which was due.
    Timer(u64),
    /// Another thread, through the inbox.
    Thread,
    /// The loop itself.
    Loop,
}

/// The observer of a runtime, and the numbers of its events.
pub(crate) struct Trace {
    observer: Rc<dyn Observer>,
    number: Cell<u64>,
    turn: Cell<u64>,
    /// The observer is being told something.
    telling: Cell<bool>,
    /// What the observer panicked with, the first time.
    panicked: Cell<Option<Box<dyn Any + Send>>>,
}

impl Trace {
    /// Goes on with the observer's panic, if there was one.
    pub(crate) fn resume(&self) {
        if let Some(payload) = self.panicked.take() {
            resume_unwind(payload);
        }
    }

    pub(crate) fn new(observer: Rc<dyn Observer>) -> Self {
        Trace {
            observer,
            number: Cell::new(0),
            turn: Cell::new(0),
            telling: Cell::new(false),
            panicked: Cell::new(None),
        }
    }
}

/// Makes a runtime's observer that of this thread, or says that there is none.
pub(crate) fn enter(trace: Option<Rc<Trace>>) {
    WATCHED.set(trace.is_some());
    TRACE.with(|current| current.set(trace));
    ACTOR.set(By::Loop);
}

/// An observer watches the runtime of this thread: for what is worth computing only then.
///
/// ```
/// use runtime::trace::{Event, is_watched};
/// assert!(!runtime::block_on(async { is_watched() }));
/// let runtime = runtime::Builder::new().observer(|_: &Event<'_>| {}).build()?;
/// assert!(runtime.block_on(async { is_watched() }));
/// # Ok::<(), std::io::Error>(())
/// ```
#[inline]
pub fn is_watched() -> bool {
    WATCHED.get()
}

/// Says that something has happened. `what` is called only if somebody watches.
#[inline]
pub(crate) fn emit<'a>(what: impl FnOnce() -> What<'a>) {
    if WATCHED.get() {
        tell_of(what);
    }
}

/// The event is made in here, so that no code of it stands in the way where nobody watches.
#[cold]
fn tell_of<'a>(what: impl FnOnce() -> What<'a>) {
    tell(what());
}

/// A turn of the loop begins.
#[cold]
pub(crate) fn turn(number: u64) {
    if let Some(trace) = TRACE.with(Current::try_get) {
        trace.turn.set(number);
        tell(What::Turn);
    }
}

/// Something was done to a lock, a channel or the like.
#[inline]
pub(crate) fn sync(on: Resource, id: u64, step: SyncStep) {
    emit(|| What::Sync { on, id, step });
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

#[cold]
fn tell(what: What<'_>) {
    // `try_with`: a thread-local's destructor may wake, when `TRACE` is gone already. And out of the borrow: the
    // observer is the user's code.
    let Ok(Some(trace)) = TRACE.try_with(Current::try_get) else { return };
    // What the observer itself brings about (it may mark, or drop something) is not told: that would have no end.
    if trace.telling.replace(true) {
        return;
    }
    let number = trace.number.get() + 1;
    trace.number.set(number);
    let event = Event { number, turn: trace.turn.get(), at: crate::clock::now(), by: ACTOR.get(), what };
    // Its panic must not end whatever the loop is just doing; it is kept for the end of `block_on`.
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| trace.observer.event(&event))) {
        let first = trace.panicked.take().unwrap_or(payload);
        trace.panicked.set(Some(first));
    }
    trace.telling.set(false);
}

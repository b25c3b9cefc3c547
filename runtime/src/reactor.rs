//! Where readiness comes from: the OS's queue of events, and the table of sources that wait for them.
//!
//! The OS watches sockets and the like for us (epoll on Linux, through mio). A source is registered once, for
//! both directions. The loop asks [`Reactor::wait`], which may sleep; each event names a token, the token a source,
//! and the source has the wakers of those who wait to read or write.
//!
//! mio is edge-triggered: an event says that something *became* ready, once. So readiness is remembered here
//! ([`Direction::ready`]) until an operation says `WouldBlock`. And it is a hint: an event may come for nothing
//! (trap 28), or late, for a source that is gone (trap 33).
//!
//! How a future waits for a source is in [`source`](crate::source).

use std::any::type_name;
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::task::Context;
use std::time::Duration;

use mio::event::{Event, Source as MioSource};
use mio::{Events, Interest, Poll, Registry, Token};
use slab::Slab;

use crate::current::Current;
use crate::trace::{self, By, What};
use crate::waiting::{WakerCell, WakerList};

thread_local! {
    /// The reactor of the runtime that runs on this thread.
    pub(crate) static REACTOR: Current<Reactor> = const { Current::new() };
}

/// How many events one call takes from the OS. More are not lost: they come with the next call.
pub(crate) const EVENTS: usize = 1024;

/// Both directions; and where the OS tells of urgent data, that too, as a read stops short at it ([`Direction::drained`]).
#[cfg(any(target_os = "linux", target_os = "android"))]
const INTEREST: Interest = Interest::READABLE.add(Interest::WRITABLE).add(Interest::PRIORITY);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const INTEREST: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// The token of the bell ([`inbox`](crate::inbox)): no source ever gets it.
const BELL: Token = Token(usize::MAX);

/// A token is a key in the table of sources, with the source's generation above it.
const KEY_BITS: u32 = if usize::BITS == 64 { 32 } else { 20 };

fn key(token: Token) -> usize {
    token.0 & ((1 << KEY_BITS) - 1)
}

/// The OS's event queue, and who waits on it.
pub(crate) struct Reactor {
    poll: RefCell<Poll>,
    registry: Registry,
    sources: RefCell<Slab<Rc<Source>>>,
    /// Takes no sources: what they do cannot be repeated.
    sealed: bool,
    generation: Cell<usize>,
}

/// What the reactor knows of one registered source.
pub(crate) struct Source {
    token: Token,
    pub(crate) read: Direction,
    pub(crate) write: Direction,
    /// It is there all the time (a signal, an accept loop): that somebody waits for it is no sign of work to come.
    pub(crate) background: Cell<bool>,
}

/// One direction of a source.
///
/// trap 30: a source that is read by one task and written by another has two of these, so that neither takes the
/// other's waker away.
pub(crate) struct Direction {
    /// Worth a try. Starts true ("try first"): set by an event, cleared by `WouldBlock`.
    ready: Cell<bool>,
    /// The peer has closed, or there was an error. Sticky: data and the end of the stream may come as one edge,
    /// and none comes after it.
    closed: Cell<bool>,
    /// Who waits through a `poll_…` method: the last who polled.
    poller: WakerCell,
    /// Who waits through a named future: each has its own entry.
    pub(crate) waiters: WakerList,
}

impl Reactor {
    /// # Errors
    /// The OS's, in particular when the process has no file descriptor left.
    pub(crate) fn new(sealed: bool) -> io::Result<Self> {
        let poll = Poll::new()?;
        let registry = poll.registry().try_clone()?;
        Ok(Reactor {
            poll: RefCell::new(poll),
            registry,
            sources: RefCell::default(),
            sealed,
            generation: Cell::new(0),
        })
    }

    /// The bell that makes [`wait`](Self::wait) return. There can be only one.
    pub(crate) fn bell(&self) -> io::Result<mio::Waker> {
        mio::Waker::new(&self.registry, BELL)
    }

    /// Starts to watch a source, both directions at once.
    ///
    /// trap 31: with an edge-triggered queue, interest in writing may stay on for good: an idle connection that
    /// could be written to makes one event, not one a turn.
    ///
    /// # Errors
    /// The OS's; and if this runtime takes no sources.
    pub(crate) fn register<S: MioSource>(&self, io: &mut S) -> io::Result<Rc<Source>> {
        if self.sealed {
            let kind = type_name::<S>();
            let text = format!(
                "an explored run takes no real source ({kind}), as it could not be repeated: use the simulated network"
            );
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        let source = {
            let mut sources = self.sources.borrow_mut();
            let entry = sources.vacant_entry();
            // trap 33: keys are used again; with the generation in the token, a late event for the last holder
            // of this key is told apart.
            let generation = self.generation.get();
            self.generation.set(generation.wrapping_add(1));
            let token = Token(generation << KEY_BITS | entry.key());
            let source = Rc::new(Source {
                token,
                read: Direction::new(),
                write: Direction::new(),
                background: Cell::new(false),
            });
            entry.insert(source.clone());
            source
        };
        // After the borrow: a source may be anybody's type.
        match self.registry.register(io, source.token, INTEREST) {
            Ok(()) => {
                trace::emit(|| What::Registered {
                    source: source.id(),
                    token: key(source.token),
                    kind: type_name::<S>(),
                });
                Ok(source)
            }
            Err(e) => {
                self.forget(&source);
                Err(e)
            }
        }
    }

    /// Stops watching a source. trap 32: also when its owner was dropped in the middle of a wait.
    pub(crate) fn deregister(&self, io: &mut impl MioSource, source: &Source) {
        // An error means that the OS does not know it (any more), which is what is wanted.
        let _ = self.registry.deregister(io);
        self.forget(source);
        trace::emit(|| What::Deregistered { source: source.id() });
    }

    fn forget(&self, source: &Source) {
        let removed = self.sources.borrow_mut().try_remove(key(source.token));
        drop(removed);
    }

    /// How many sources are registered.
    pub(crate) fn sources(&self) -> usize {
        self.sources.borrow().len()
    }

    /// Somebody waits for a source that is not a background one.
    pub(crate) fn is_awaited(&self) -> bool {
        let sources = self.sources.borrow();
        sources.iter().any(|(_, s)| !s.background.get() && (s.read.is_awaited() || s.write.is_awaited()))
    }

    /// Asks the OS what is ready, sleeping for at most `limit` (`None`: for as long as it takes), and wakes whoever
    /// waits for it.
    ///
    /// A limit is rounded up to whole milliseconds: cut down, one below a millisecond would be no wait at all, and
    /// the loop would spin until the deadline (trap 22).
    pub(crate) fn wait(&self, events: &mut Events, limit: Option<Duration>) -> io::Result<()> {
        match self.poll.borrow_mut().poll(events, limit) {
            // trap 29: a signal came. Nothing is wrong: there is no news, and the loop goes round and asks again.
            Err(e) if e.kind() == io::ErrorKind::Interrupted => events.clear(),
            asked => asked?,
        }
        trace::emit(|| {
            let bell = events.iter().any(|event| event.token() == BELL);
            let slept = limit != Some(Duration::ZERO);
            What::Awake { slept, events: events.iter().count() - usize::from(bell), bell }
        });
        for event in events.iter() {
            let source = self.sources.borrow().get(key(event.token())).cloned();
            if let Some(source) = source
                && source.token == event.token()
            {
                trace::act(By::Source(source.id()));
                source.became_ready(event);
            }
        }
        trace::act(By::Loop);
        Ok(())
    }
}

impl Source {
    /// Its number, from 1, for people: the how manyth source it is.
    pub(crate) fn id(&self) -> u64 {
        (self.token.0 >> KEY_BITS) as u64 + 1
    }

    fn became_ready(&self, event: &Event) {
        trace::emit(|| What::Readiness {
            source: self.id(),
            readable: event.is_readable() || event.is_read_closed(),
            writable: event.is_writable() || event.is_write_closed(),
            closed: event.is_read_closed() || event.is_error(),
        });
        let failed = event.is_error();
        if event.is_readable() || event.is_read_closed() || failed {
            self.read.became_ready(event.is_read_closed() || failed || event.is_priority());
        }
        if event.is_writable() || event.is_write_closed() || failed {
            self.write.became_ready(event.is_write_closed() || failed);
        }
    }
}

impl Direction {
    fn new() -> Self {
        Direction {
            ready: Cell::new(true),
            closed: Cell::new(false),
            poller: WakerCell::default(),
            waiters: WakerList::default(),
        }
    }

    fn is_awaited(&self) -> bool {
        !self.poller.is_empty() || !self.waiters.is_empty()
    }

    /// An operation is worth a try.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready.get()
    }

    /// The next operation is to be tried, whatever is known.
    pub(crate) fn assume_ready(&self) {
        self.ready.set(true);
    }

    /// The operation said `WouldBlock`: wait for the next event.
    pub(crate) fn blocked(&self) {
        self.ready.set(false);
    }

    /// The operation took less than it asked for, so there is nothing more just now: the next one would only
    /// hear `WouldBlock`. Not so after a close, whose edge has been and will not come again.
    ///
    /// On Windows mio arms a source again only after a real `WouldBlock`, so there it has to be heard.
    pub(crate) fn drained(&self) {
        if cfg!(not(windows)) {
            self.ready.set(self.closed.get());
        }
    }

    /// Leaves the waker of a `poll_…` method.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.poller.register(cx);
    }

    /// Lets go of the waker of a `poll_…` method.
    pub(crate) fn forget(&self) {
        self.poller.clear();
    }

    fn became_ready(&self, closed: bool) {
        self.ready.set(true);
        if closed {
            self.closed.set(true);
        }
        self.poller.wake();
        self.waiters.wake_all();
    }
}

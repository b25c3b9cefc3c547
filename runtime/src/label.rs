//! What a task waits for: the label that every future of this crate leaves behind when it returns `Pending`.
//!
//! A future that cannot go on stores here what it waits for; after the poll the loop takes the label into the task's
//! slot. From there [`dump`](crate::dump), the stall report and an observer read it. The cost is a store, so it is
//! always on. A future that waits for several things leaves the last one it looked at.

use std::cell::{Cell, RefCell};
use std::panic::Location;

use crate::resource::{Resource, Waiting};
use crate::trace::{self, What};

/// A [`Waiting`], or none, in 16 bytes and not 40: each task has one, and one is stored in each poll.
#[derive(Clone, Copy)]
pub(crate) struct Label {
    /// The kind in the lowest byte, 0 for none, and its number above it. (Of 56 bits: it is counted, not chosen.)
    what: u64,
    at: Option<&'static Location<'static>>,
}

/// The kinds that are told by their number alone: what stands at `n` has the code `n + 1`.
const PLAIN: [Resource; 13] = [
    Resource::Readable,
    Resource::Writable,
    Resource::Timer,
    Resource::Lock,
    Resource::Permits,
    Resource::Barrier,
    Resource::Event,
    Resource::Condvar,
    Resource::Message,
    Resource::Room,
    Resource::Task,
    Resource::Job,
    Resource::Turn,
];
const CHILDREN: u64 = PLAIN.len() as u64 + 1;
const OTHER: u64 = CHILDREN + 1;

/// The number of children in a label, which has room for two such.
const MOST: u32 = (1 << 28) - 1;

impl Label {
    /// Nothing is said.
    pub(crate) const NONE: Label = Label { what: 0, at: None };

    // The kind is known where this is called, so that inlined it is a constant: a store, as promised.
    #[inline(always)]
    fn new(on: Resource, id: u64, at: Option<&'static Location<'static>>) -> Self {
        let (kind, number) = match on {
            Resource::Readable => (1, id),
            Resource::Writable => (2, id),
            Resource::Timer => (3, id),
            Resource::Lock => (4, id),
            Resource::Permits => (5, id),
            Resource::Barrier => (6, id),
            Resource::Event => (7, id),
            Resource::Condvar => (8, id),
            Resource::Message => (9, id),
            Resource::Room => (10, id),
            Resource::Task => (11, id),
            Resource::Job => (12, id),
            Resource::Turn => (13, id),
            Resource::Children { left, lost } => {
                (CHILDREN, u64::from(left.min(MOST)) << 28 | u64::from(lost.min(MOST)))
            }
            Resource::Other(words) => (OTHER, number_of(words)),
        };
        Label { what: number << 8 | kind, at }
    }

    /// Something is said.
    pub(crate) fn is_some(self) -> bool {
        self.what != 0
    }

    pub(crate) fn waiting(self) -> Option<Waiting> {
        let number = self.what >> 8;
        let (on, id) = match self.what & 0xff {
            0 => return None,
            CHILDREN => {
                let [left, lost] = [number >> 28, number & u64::from(MOST)].map(|n| n as u32);
                (Resource::Children { left, lost }, 0)
            }
            OTHER => (Resource::Other(words_of(number)), 0),
            plain => (PLAIN[plain as usize - 1], number),
        };
        Some(Waiting { on, id, at: self.at })
    }

    /// This one, or the other if this says nothing.
    pub(crate) fn or(self, other: Label) -> Label {
        if self.is_some() { self } else { other }
    }
}

thread_local! {
    static LABEL: Cell<Label> = const { Cell::new(Label::NONE) };
    static IDS: Cell<u64> = const { Cell::new(0) };
    /// Where the waker has just been left, it replaced another's.
    static REPLACED: Cell<bool> = const { Cell::new(false) };
    /// What programs say in words, each once: a program has few.
    static WORDS: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

#[cold]
fn number_of(words: &'static str) -> u64 {
    let find = |known: &RefCell<Vec<_>>| {
        let known = &mut *known.borrow_mut();
        known.iter().position(|known| *known == words).unwrap_or_else(|| {
            known.push(words);
            known.len() - 1
        })
    };
    // `try_with`: in a thread-local's destructor somebody may still poll, and nobody asks what for.
    WORDS.try_with(find).unwrap_or_default() as u64
}

fn words_of(number: u64) -> &'static str {
    WORDS.with_borrow(|known| known.get(number as usize).copied().unwrap_or_default())
}

/// Says what the future that is being polled waits for, just before it returns `Pending`. For futures written by hand.
///
/// ```
/// use std::future::poll_fn;
/// use std::task::Poll;
/// runtime::block_on(async {
///     let stuck = runtime::Task::new().name("stuck").spawn(poll_fn(|_| -> Poll<()> {
///         runtime::waiting_on("the printer");
///         Poll::Pending
///     }));
///     runtime::yield_now().await;
///     assert!(runtime::dump().to_string().contains("the printer"));
///     stuck.abort();
/// });
/// ```
#[track_caller]
pub fn waiting_on(what: &'static str) {
    set(Resource::Other(what), 0, Some(Location::caller()));
}

/// Leaves a label: the future has left its waker with this, and is about to return `Pending`.
#[inline]
pub(crate) fn set(on: Resource, id: u64, at: Option<&'static Location<'static>>) {
    LABEL.set(Label::new(on, id, at));
    trace::emit(|| What::Waits { on: Waiting { on, id, at }, replaced: REPLACED.take() });
}

/// Leaves a label where nothing else keeps the waker: the task has been woken, or its children keep wakers of theirs.
#[inline]
pub(crate) fn set_own(on: Resource, at: Option<&'static Location<'static>>) {
    LABEL.set(Label::new(on, 0, at));
}

/// Leaves a label again that another has covered.
pub(crate) fn restore(label: Label) {
    LABEL.set(label);
}

/// Says that the waker that is being left somewhere takes the place of another.
pub(crate) fn replaced() {
    REPLACED.set(true);
}

/// Adds the place to a label that was left without one.
pub(crate) fn place(at: &'static Location<'static>) {
    let label = LABEL.get();
    if label.is_some() && label.at.is_none() {
        LABEL.set(Label { at: Some(at), ..label });
    }
}

/// A poll begins: nothing is waited for yet.
pub(crate) fn clear() {
    LABEL.set(Label::NONE);
    REPLACED.set(false);
}

/// The label that the poll left.
pub(crate) fn get() -> Label {
    LABEL.get()
}

/// The numbers begin anew, so that a run that is repeated gives the same ones. Gives the last one before.
#[cfg(feature = "sim")]
pub(crate) fn renumber(last: u64) -> u64 {
    IDS.replace(last)
}

/// A number for a new lock, channel or the like.
pub(crate) fn new_id() -> u64 {
    let id = IDS.get() + 1;
    IDS.set(id);
    id
}

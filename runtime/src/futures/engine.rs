//! The engine below the combinators: many children inside one task, of which only those are polled that were woken.
//!
//! The naive way polls all children whenever the task is woken: N children that are woken once each cost N² polls
//! (trap 39). Here each child has a waker of its own, which notes the child's number and wakes the task
//! ([`woken`](super::woken)); the task then polls the children that were noted. It is the executor once more, in small: a
//! list of the ready, a flag for each so that none stands there twice, cleared before the poll.
//!
//! What a child is, and how it is polled, is for whoever uses the engine to say: most often a future in a box ([`Boxed`]).
//!
//! Invariants:
//! - A child is in its slot until it is ready, and is then given back. (One that panics is gone.)
//! - A slot is used again only when its number is not on the list any more.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use slab::Slab;

use super::woken::{Own, Woken};
use crate::budget;
use crate::label;
use crate::resource::Resource;

/// How many children are polled before the task gives way, as the loop does after a batch of tasks (rule 9, trap 14).
const BATCH: usize = 128;

/// Children that are polled together inside one task.
pub(super) struct Engine<C> {
    slots: Slab<Slot<C>>,
    /// Those on their way to be polled, the next one first: new ones, and those that were taken from the list.
    ready: VecDeque<usize>,
    woken: Arc<Woken>,
    /// A waker that no child has: of the last one that was done. With it a child that is ready at once costs 33 ns in all,
    /// and not 80, as nothing is allocated for it but its box.
    spare: Option<Own>,
    /// How many are not ready yet.
    left: usize,
    /// Of those, the ones that nothing can wake.
    lost: usize,
    /// How many were polled since the task last gave way.
    polled: usize,
    /// Where the children came together.
    at: &'static Location<'static>,
    /// It stays on its thread: its wakers know that as their home.
    _home: PhantomData<Rc<()>>,
}

struct Slot<C> {
    /// `None`: it is done, but its number is still on the list.
    child: Option<C>,
    /// `None`: it was not polled yet. A child that is ready at once may then do with a spare one.
    own: Option<Own>,
}

/// The outputs of a number of children, each in its place.
pub(super) struct Outputs<T>(Option<Vec<Option<T>>>);

// They are moved about, never pinned.
impl<T> Unpin for Outputs<T> {}

impl<T> Outputs<T> {
    pub(super) fn new(children: usize) -> Self {
        Outputs(Some((0..children).map(|_| None).collect()))
    }

    /// The output of one of them.
    pub(super) fn put(&mut self, number: usize, output: T) {
        if let Some(outputs) = &mut self.0 {
            outputs[number] = Some(output);
        }
    }

    /// Gives up what is there: it is the caller's to drop. There is nothing to [`take`](Self::take) then.
    pub(super) fn forget(&mut self) -> Option<Vec<Option<T>>> {
        self.0.take()
    }

    /// All of them, once.
    ///
    /// # Panics
    /// If they were taken before, or one is missing: then what they are the outputs of was polled again after its end.
    pub(super) fn take(&mut self) -> Vec<T> {
        let outputs = self.0.take().expect("it was polled again after it gave its result");
        let missing = "a child panicked, and what it was part of was polled again";
        outputs.into_iter().map(|output| output.expect(missing)).collect()
    }
}

/// A child that is ready.
pub(super) struct Done<C, T> {
    pub(super) number: usize,
    pub(super) output: T,
    /// To be dropped by whoever gets it: its destructor is anybody's code.
    pub(super) child: C,
}

impl<C> Engine<C> {
    pub(super) fn new(at: &'static Location<'static>) -> Self {
        Engine {
            slots: Slab::new(),
            ready: VecDeque::new(),
            woken: Woken::new(),
            spare: None,
            left: 0,
            lost: 0,
            polled: 0,
            at,
            _home: PhantomData,
        }
    }

    /// Those that are ready are polled in a circle that begins with this child. For a new engine.
    pub(super) fn begin_with(&mut self, number: usize) {
        self.ready.rotate_left(number);
    }

    /// Adds a child: it is polled after those that are ready now.
    pub(super) fn push(&mut self, child: C) {
        let number = self.slots.insert(Slot { child: Some(child), own: None });
        self.ready.push_back(number);
        self.left += 1;
    }

    /// How many are not ready yet.
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// All that are not ready, by number.
    pub(super) fn children(&self) -> impl Iterator<Item = &C> {
        self.slots.iter().filter_map(|(_, slot)| slot.child.as_ref())
    }

    /// Gives up all that are not ready, by number.
    pub(super) fn take_all(&mut self) -> Vec<C> {
        (self.left, self.lost) = (0, 0);
        self.slots.iter_mut().filter_map(|(_, slot)| slot.child.take()).collect()
    }

    /// Begins a round: what is done in one poll of the task.
    pub(super) fn round<'a, 'cx>(&'a mut self, cx: &'a mut Context<'cx>) -> Round<'a, 'cx, C> {
        self.look(cx);
        Round { engine: self, cx }
    }

    /// Who is polled next of those that are ready: first come, first served.
    fn next(&mut self) -> Option<usize> {
        #[cfg(feature = "sim")]
        self.let_another_go_first();
        self.ready.pop_front()
    }

    /// In an explored run it may be any of them; those passed over go to the end.
    #[cfg(feature = "sim")]
    fn let_another_go_first(&mut self) {
        if crate::sim::is_explored() {
            let waits = |at: &usize| self.slots[self.ready[*at]].child.is_some();
            let waiting: Vec<_> = (0..self.ready.len()).filter(waits).collect();
            let number = |at: &usize| format!("future {}", self.ready[*at]);
            let passed = crate::sim::pass_over(waiting.len(), || waiting.iter().map(number).collect());
            self.ready.rotate_left(waiting.get(passed).copied().unwrap_or(0));
        }
    }

    fn poll_one<T>(
        &mut self,
        number: usize,
        poll: impl FnOnce(&mut C, &mut Context<'_>) -> Poll<T>,
    ) -> Option<Done<C, T>> {
        let slot = &mut self.slots[number];
        let Some(mut child) = slot.child.take() else {
            self.free(number);
            return None;
        };
        let own = slot.own.get_or_insert_with(|| match self.spare.take() {
            Some(own) => own.reuse(number),
            None => Own::new(number, &self.woken),
        });
        own.about_to_poll();
        // While it is polled it is out of its slot and of the counts: if it panics it is gone, and the others may go on.
        self.left -= 1;
        self.polled += 1;
        match poll(&mut child, &mut Context::from_waker(own.waker())) {
            Poll::Pending => {
                // It waits, and nobody but its slot holds its waker: it will never be polled again.
                self.lost += usize::from(own.is_lost());
                self.left += 1;
                slot.child = Some(child);
                None
            }
            Poll::Ready(output) => {
                if !own.is_queued() {
                    self.free(number);
                }
                Some(Done { number, output, child })
            }
        }
    }

    /// The slot of a child that is done and not on the list may be used again, and so may its waker.
    fn free(&mut self, number: usize) {
        let own = self.slots.remove(number).own;
        self.spare = own.and_then(Own::retire).or(self.spare.take());
    }

    /// What a task waits for that waits for these.
    fn resource(&self) -> Resource {
        let [left, lost] = [self.left, self.lost].map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        Resource::Children { left, lost }
    }

    /// Takes over the list of those that were woken: behind those that are ready already.
    fn look(&mut self, cx: &Context<'_>) {
        let before = self.ready.len();
        let mut next = self.woken.take(cx);
        while let Some(number) = next {
            self.ready.push_front(number); // the list begins with the last
            next = self.slots[number].own.as_ref().and_then(Own::below);
        }
        self.ready.rotate_left(self.ready.len() - before);
    }
}

/// A future as a child.
///
/// Boxed, one by one: a list of futures cannot be pinned as a whole without unsafe code, and one that moved when the list
/// grows would break the promise of `Pin`.
pub(super) type Boxed<F> = Pin<Box<F>>;

impl<F: Future> Engine<Boxed<F>> {
    /// An engine of futures, numbered from 0.
    pub(super) fn of(at: &'static Location<'static>, futures: impl IntoIterator<Item = F>) -> Self {
        let mut engine = Engine::new(at);
        futures.into_iter().for_each(|future| engine.push(Box::pin(future)));
        engine
    }
}

impl<C> Drop for Engine<C> {
    fn drop(&mut self) {
        // A child's waker that somebody keeps would else keep the task's.
        self.woken.forget_task();
    }
}

/// One poll of the task around the children. It looks at the list once, at its begin: a child that is woken later, by
/// itself or by another, is polled with the task's next poll.
pub(super) struct Round<'a, 'cx, C> {
    engine: &'a mut Engine<C>,
    cx: &'a mut Context<'cx>,
}

impl<C> Round<'_, '_, C> {
    /// Adds a child, as [`Engine::push`].
    pub(super) fn push(&mut self, child: C) {
        self.engine.push(child);
    }

    /// The next child that is ready, polled by `poll`. `Ready(None)` when none is left.
    pub(super) fn next<T>(
        &mut self,
        mut poll: impl FnMut(&mut C, &mut Context<'_>) -> Poll<T>,
    ) -> Poll<Option<Done<C, T>>> {
        while self.engine.left > 0 {
            if self.engine.ready.is_empty() {
                return self.pending(self.engine.resource());
            }
            if self.engine.polled == BATCH {
                self.cx.waker().wake_by_ref();
                return self.pending(Resource::Turn);
            }
            // The operations on sources that the task may do in one poll are used up. Whoever were polled now would be
            // told so, each of them; and that would make N busy sockets cost N² polls.
            if budget::is_spent(self.cx) {
                return self.pending(Resource::Turn);
            }
            if let Some(number) = self.engine.next()
                && let Some(done) = self.engine.poll_one(number, &mut poll)
            {
                return Poll::Ready(Some(done));
            }
        }
        Poll::Ready(None)
    }

    fn pending<T>(&mut self, on: Resource) -> Poll<T> {
        self.engine.polled = 0;
        label::set_own(on, Some(self.engine.at));
        Poll::Pending
    }
}

impl<F: Future> Round<'_, '_, Boxed<F>> {
    /// The next future that is ready, with its output.
    pub(super) fn next_output(&mut self) -> Poll<Option<Done<Boxed<F>, F::Output>>> {
        self.next(|future, cx| future.as_mut().poll(cx))
    }
}

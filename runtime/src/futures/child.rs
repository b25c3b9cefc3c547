//! A child of a task group, and its two ends: the future that runs, and the handle that waits for its output.

use std::cell::Cell;
use std::fmt;
use std::mem;
use std::panic::Location;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use crate::id::{ChildId, TaskId, current_task};
use crate::label::{self, Label};
use crate::resource::Resource;
use crate::trace::{self, ChildStep, What};
use crate::waiting::WakerCell;

/// A child of a [`TaskGroup`](super::TaskGroup): await it for its output, or let go of it and the child runs on.
///
/// There is no error to be handled: if the child fails, the group is cancelled, and with it whoever in the group waits.
///
/// Cancel safety: dropped while it waits, it cancels nothing.
///
/// # Panics
/// When awaited for a child that was cancelled, which only somebody outside the group can do; and when polled again after
/// it gave the output.
///
/// # Example
/// ```
/// # type Error = std::convert::Infallible;
/// let sum = runtime::block_on(runtime::task_group(async |group| {
///     let children = [1, 2, 3].map(|n| group.spawn(async move { Ok(n * n) }));
///     assert_eq!(children[2].number(), 3);
///     assert!(!children[2].is_finished()); // it runs when the body waits
///     let mut sum = 0;
///     for child in children {
///         sum += child.await;
///     }
///     Ok::<_, Error>(sum)
/// }));
/// assert_eq!(sum, Ok(14));
/// ```
pub struct Child<T> {
    number: u64,
    end: Rc<End<T>>,
}

/// Where a child leaves its output. Cells only, as in the `Join` of a task.
struct End<T> {
    output: Cell<Option<T>>,
    /// The child is gone.
    gone: Cell<bool>,
    waiter: WakerCell,
}

impl<T> Child<T> {
    /// The two ends of a child that runs `future`.
    pub(super) fn new<F>(about: About, future: F) -> (Running<F, T>, Self) {
        let end =
            Rc::new(End { output: Cell::new(None), gone: Cell::new(false), waiter: WakerCell::default() });
        let child = Child { number: about.number, end: end.clone() };
        (Running { future: Some(Box::pin(future)), end, about }, child)
    }

    /// The output, if it is there and was not taken.
    pub(super) fn output(&self) -> Option<T> {
        self.end.output.take()
    }

    /// The number of the child within its group, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The child is gone: an `await` here is ready at once.
    pub fn is_finished(&self) -> bool {
        self.end.gone.get()
    }
}

impl<T> Future for Child<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        if !self.end.gone.get() {
            self.end.waiter.register(cx);
            label::set(Resource::Other("a child of its group"), 0, None);
            return Poll::Pending;
        }
        match self.output() {
            Some(output) => Poll::Ready(output),
            None => panic!(
                "child {} of a task group has no output: it was cancelled with the group, or has given it already",
                self.number
            ),
        }
    }
}

impl<T> fmt::Debug for Child<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("number", &self.number).field("finished", &self.is_finished()).finish()
    }
}

/// What is known of a child: a name within its task (`#4.2`), and enough for a lane of its own in a trace.
pub(super) struct About {
    /// Its group's.
    group: u64,
    /// Its number within the group; the body is 0.
    pub(super) number: u64,
    /// The observer knows of it.
    told: bool,
    name: Option<Box<str>>,
    spawned_at: &'static Location<'static>,
    polls: u32,
    /// It was told how it ended.
    over: bool,
    /// What its last poll said it waits for.
    waiting: Label,
}

impl About {
    pub(super) fn new(
        group: u64,
        number: u64,
        name: Option<Box<str>>,
        spawned_at: &'static Location<'static>,
    ) -> Self {
        About { group, number, told: false, name, spawned_at, polls: 0, over: false, waiting: Label::NONE }
    }

    /// Tells the observer, if there is one, that there is such a child; once.
    pub(super) fn introduce(&mut self) {
        if trace::is_watched()
            && let Some(task) = current_task()
            && !mem::replace(&mut self.told, true)
        {
            let step = ChildStep::Spawned { name: self.name.as_deref(), at: self.spawned_at };
            trace::emit(|| What::Child { child: self.id(task), step });
        }
    }

    /// The same of what happens to it.
    fn tell(&mut self, step: ChildStep<'_>) {
        if trace::is_watched()
            && let Some(task) = current_task()
        {
            self.introduce();
            trace::emit(|| What::Child { child: self.id(task), step });
        }
    }

    /// The same of what happens last.
    fn end(&mut self, step: ChildStep<'_>) {
        self.tell(step);
        self.over = true;
    }

    fn id(&self, task: TaskId) -> ChildId {
        ChildId { task, group: self.group, number: self.number }
    }
}

/// A child whose type, and whose output's type, have been forgotten.
pub(super) trait Run<E> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>>;
    /// Its poll has ended in a panic.
    fn panicked(&mut self);
    fn about(&self) -> &About;
}

/// The child itself: leaves its output where the handle finds it, and gives the group what else there is to know.
pub(super) struct Running<F, T> {
    // A box, although the whole will be in one as well: an `async` block that did the same as the `poll` below would hold
    // the future twice, once as captured and once as awaited.
    future: Option<Pin<Box<F>>>,
    end: Rc<End<T>>,
    about: About,
}

impl<F, T, E> Run<E> for Running<F, T>
where
    F: Future<Output = Result<T, E>>,
{
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), E>> {
        let Some(future) = &mut self.future else { unreachable!("the engine polls no child that is ready") };
        self.about.polls = self.about.polls.saturating_add(1);
        self.about.tell(ChildStep::Polled);
        label::clear();
        let polled = future.as_mut().poll(cx);
        self.about.waiting = label::get();
        if polled.is_pending() {
            self.about.tell(ChildStep::Pending { on: self.about.waiting.waiting() });
        }
        let result = ready!(polled);
        self.about.end(ChildStep::Ready);
        let future = self.future.take();
        drop(future);
        Poll::Ready(result.map(|output| self.end.output.set(Some(output))))
    }

    fn about(&self) -> &About {
        &self.about
    }

    fn panicked(&mut self) {
        self.about.end(ChildStep::Panicked);
    }
}

impl<F, T> Drop for Running<F, T> {
    /// The handle is woken last, when the output is there and the future gone; or else for nothing, as it was cancelled.
    fn drop(&mut self) {
        if !self.about.over {
            self.about.tell(ChildStep::Cancelled);
        }
        self.end.gone.set(true);
        self.end.waiter.wake();
    }
}

impl fmt::Debug for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut child = f.debug_struct("Child");
        child.field("number", &self.number).field("name", &self.name);
        child.field("spawned_at", &format_args!("{}", self.spawned_at)).field("polls", &self.polls);
        match self.waiting.waiting() {
            Some(waiting) => child.field("waits_for", &format_args!("{waiting}")).finish(),
            None => child.finish_non_exhaustive(),
        }
    }
}

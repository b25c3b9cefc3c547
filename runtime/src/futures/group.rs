//! `task_group`: structured concurrency. Children that have ended before their parent goes on, whatever happens.
//!
//! The body and the children it spawns are all polled by one [`engine`](super::engine), inside the future that
//! [`task_group`](fn@task_group) gives. That future owns them. What the body gets, a [`TaskGroup`], is only the way to a
//! list where new children wait until that future takes them over. So a child lives as long as the group and no longer,
//! and may borrow from whatever outlives the group; the compiler checks that by the lifetime `'env`.
//!
//! Invariants:
//! - When the group is ready, and when it was dropped, no child is left: each has ended or was dropped.
//! - Once the group is over nothing gets on the list any more. So no child is forgotten there, and one that holds a
//!   `TaskGroup` itself makes no circle that would keep both (trap 11).

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::mem;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::thread;

use super::child::{About, Child, Run};
use super::engine::Engine;
use crate::label;
use crate::waiting::WakerCell;

/// Runs `body`, and beside it the children that it spawns, inside the calling task; ready when all of them have ended.
/// trio's nursery, asyncio's `TaskGroup`; in tokio one would use a `JoinSet`, whose tasks cannot borrow.
///
/// - Children may borrow from outside the body, also mutably: they cannot outlive what they borrow from, as they cannot
///   outlive this future. (Of what is inside the body they cannot borrow, since it ends before they do.)
/// - Children may be spawned as long as one runs, by the body and by children. A child spawns through a
///   [clone](TaskGroup::clone) of the group.
/// - The first `Err`, of the body or of a child, cancels the rest: they are dropped where they stand, the oldest first,
///   and the group gives that error.
/// - A panic, too, cancels the rest, and is then raised again in the parent.
/// - If nothing fails, the group waits for all and gives the output of the body. (Where nothing says what the error type
///   is, the body's last line can: `Ok::<_, io::Error>(…)`.)
///
/// Only the children that were woken are polled, whatever their number.
///
/// Cancel safety: dropping it drops the body and all children, the oldest first.
///
/// # Errors
/// The first error of the body or a child. Later ones are lost: whoever would give them has been dropped.
///
/// # Panics
/// Where the body or a child does; where a destructor of one that is cancelled does; and when polled again after it gave
/// its result.
///
/// # Example
/// ```
/// use std::io;
/// use std::time::Duration;
/// use runtime::{sleep, task_group};
///
/// async fn fetch(name: &str) -> io::Result<usize> {
///     sleep(Duration::from_millis(1)).await;
///     Ok(name.len())
/// }
///
/// # fn main() -> io::Result<()> {
/// runtime::block_on(async {
///     let names = vec!["a".to_owned(), "bc".to_owned()];
///     let mut second = 0;
///     let first = task_group(async |group| {
///         let first = group.spawn(fetch(&names[0]));
///         group.spawn(async {
///             second = fetch(&names[1]).await?;
///             Ok(())
///         });
///         Ok::<_, io::Error>(first.await)
///     });
///     assert_eq!(first.await?, 1);
///     assert_eq!(second, 2);
///     Ok(())
/// })
/// # }
/// ```
///
/// What would end before the child does not compile:
///
/// ```compile_fail,E0597
/// runtime::block_on(runtime::task_group(async |group| {
///     let inside = String::from("dropped when the body ends");
///     let inside = &inside;
///     group.spawn(async move { Ok(inside.len()) });
///     Ok::<_, ()>(())
/// }));
/// ```
#[track_caller]
pub fn task_group<'env, T, E, F>(body: F) -> RunTaskGroup<'env, T, E>
where
    F: AsyncFnOnce(TaskGroup<'env, E>) -> Result<T, E> + 'env,
    T: 'env,
    E: 'env,
{
    let at = Location::caller();
    let group = TaskGroup {
        arrivals: Rc::new(Arrivals {
            list: RefCell::default(),
            id: label::new_id(),
            open: Cell::new(true),
            count: Cell::new(0),
            task: WakerCell::default(),
        }),
    };
    // The body is child 0: it waits, fails and is cancelled as every other.
    let body = group.add(body(group.clone()), Some("body".into()), at);
    RunTaskGroup { arrivals: group.arrivals, engine: Engine::new(at), body }
}

/// The way into a running [`task_group`](fn@task_group): spawns children into it.
///
/// The body is given one. `'env` is what the children may borrow from, `E` the error that any of them may end with.
///
/// A clone is another way into the same group, for a child that spawns:
///
/// ```
/// use runtime::{futures::TaskGroup, task_group};
/// use std::{cell::Cell, io};
///
/// /// Visits a binary tree, a child a node.
/// async fn visit<'env>(
///     depth: u32,
///     leaves: &'env Cell<u32>,
///     group: TaskGroup<'env, io::Error>,
/// ) -> io::Result<()> {
///     if depth == 0 {
///         leaves.set(leaves.get() + 1);
///     } else {
///         group.spawn(visit(depth - 1, leaves, group.clone()));
///         group.spawn(visit(depth - 1, leaves, group.clone()));
///     }
///     Ok(())
/// }
///
/// let leaves = Cell::new(0);
/// runtime::block_on(task_group(async |group| visit(5, &leaves, group).await))?;
/// assert_eq!(leaves.get(), 32);
/// # Ok::<(), io::Error>(())
/// ```
pub struct TaskGroup<'env, E> {
    arrivals: Rc<Arrivals<'env, E>>,
}

/// The new children, which the group has not taken over yet.
struct Arrivals<'env, E> {
    list: RefCell<Vec<Member<'env, E>>>,
    /// The group's number.
    id: u64,
    /// The group is not over.
    open: Cell<bool>,
    /// How many there have been: the number of the next.
    count: Cell<u64>,
    /// The task around the group, to be woken when somebody arrives.
    task: WakerCell,
}

impl<'env, E: 'env> TaskGroup<'env, E> {
    /// Starts a child: it is first polled when the group is polled next, after all that were ready before it.
    ///
    /// The handle gives the child's output, for whoever wants it. If the group is over (it has given its result, or is
    /// being cancelled), `future` is dropped at once.
    ///
    /// Cancel safety: dropping the handle cancels nothing.
    ///
    /// ```
    /// use runtime::task_group;
    /// let mut scores = [0; 2];
    /// let [first, second] = &mut scores;
    /// let best = runtime::block_on(task_group(async |group| {
    ///     group.spawn(async {
    ///         *first = 3; // a child may borrow from outside the body
    ///         Ok(())
    ///     });
    ///     let second = group.spawn(async {
    ///         *second = 7;
    ///         Ok(*second)
    ///     });
    ///     Ok::<_, std::io::Error>(second.await)
    /// }))?;
    /// assert_eq!((best, scores), (7, [3, 7]));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[track_caller]
    pub fn spawn<T, F>(&self, future: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        self.add(future, None, Location::caller())
    }

    /// As [`spawn`](Self::spawn), with a name, which the `Debug` form of the group's [future](RunTaskGroup) shows.
    ///
    /// ```
    /// use runtime::{race, task_group, yield_now};
    /// use std::{future::pending, io};
    /// runtime::block_on(async {
    ///     let mut group = task_group(async |group| {
    ///         group.spawn_named("the printer", pending::<io::Result<()>>());
    ///         Ok(())
    ///     });
    ///     race(&mut group, yield_now()).await;
    ///     assert!(format!("{group:?}").contains("the printer"));
    /// });
    /// ```
    #[track_caller]
    pub fn spawn_named<T, F>(&self, name: impl Into<Box<str>>, future: F) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        self.add(future, Some(name.into()), Location::caller())
    }

    fn add<T, F>(&self, future: F, name: Option<Box<str>>, spawned_at: &'static Location<'static>) -> Child<T>
    where
        F: Future<Output = Result<T, E>> + 'env,
        T: 'env,
    {
        let arrivals = &*self.arrivals;
        let number = arrivals.count.get();
        arrivals.count.set(number + 1);
        let mut about = About::new(arrivals.id, number, name, spawned_at);
        // The body, which is number 0, is told of when it is first polled: the task that runs the group may be another than
        // the one that makes it here.
        if arrivals.open.get() && number > 0 {
            about.introduce();
        }
        let (running, child) = Child::new(about, future);
        if arrivals.open.get() {
            let member = Box::new(running);
            arrivals.list.borrow_mut().push(member);
            arrivals.task.wake();
        }
        child
    }
}

impl<E> Clone for TaskGroup<'_, E> {
    fn clone(&self) -> Self {
        TaskGroup { arrivals: self.arrivals.clone() }
    }
}

impl<E> fmt::Debug for TaskGroup<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskGroup").field("open", &self.arrivals.open.get()).finish_non_exhaustive()
    }
}

type Member<'env, E> = Box<dyn Run<E> + 'env>;

type Payload = Box<dyn Any + Send>;

/// Polls a child once. `Ready(Err)`: it panicked.
fn poll_caught<E>(member: &mut Member<'_, E>, cx: &mut Context<'_>) -> Poll<Result<Result<(), E>, Payload>> {
    // `AssertUnwindSafe`: what the panic left half done is the child's, and that is dropped and never seen again. What it
    // left half done outside, the parent may see only after the panic was raised again there.
    match catch_unwind(AssertUnwindSafe(|| member.poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(payload) => {
            member.panicked();
            Poll::Ready(Err(payload))
        }
    }
}

/// The future of [`task_group`](fn@task_group).
///
/// It owns the body and the children, and drops them when it is dropped: a limit on the whole is a
/// [`timeout`](crate::timeout) around it.
///
/// ```
/// use runtime::{task_group, timeout};
/// use std::{future::pending, io, rc::Rc, time::Duration};
/// runtime::block_on(async {
///     let shared = Rc::new(());
///     let group = task_group(async |group| {
///         for _ in 0..3 {
///             let shared = shared.clone();
///             group.spawn(async move {
///                 let _kept = shared;
///                 pending::<io::Result<()>>().await
///             });
///         }
///         Ok(())
///     });
///     assert!(timeout(Duration::from_millis(1), group).await.is_err());
///     assert_eq!(Rc::strong_count(&shared), 1); // nobody is left
/// });
/// ```
///
/// Its `Debug` form lists the children that are left: the number and name of each, where it was spawned, how often it
/// was polled, and what it waits for.
#[must_use = "a future does nothing until it is awaited"]
pub struct RunTaskGroup<'env, T, E> {
    arrivals: Rc<Arrivals<'env, E>>,
    engine: Engine<Member<'env, E>>,
    body: Child<T>,
}

impl<T, E> Future for RunTaskGroup<'_, T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, E>> {
        let RunTaskGroup { arrivals, engine, body } = &mut *self;
        arrivals.task.register(cx);
        // Before the round looks who was woken: a body that spawns and then yields goes on after the child has begun.
        for member in arrivals.list.take() {
            engine.push(member);
        }
        let mut round = engine.round(cx);
        let failed = loop {
            for member in arrivals.list.take() {
                round.push(member);
            }
            let Some(done) = ready!(round.next(poll_caught)) else {
                arrivals.open.set(false);
                let output = body.output().expect("a task group was polled again after it gave its result");
                return Poll::Ready(Ok(output));
            };
            match done.output {
                Ok(Ok(())) => drop(done.child),
                Ok(Err(error)) => break (Ok(error), done.child),
                Err(payload) => break (Err(payload), done.child),
            }
        };
        let (why, member) = failed;
        let cancelled = self.cancel(Some(member));
        drop(self.body.output()); // there is one if the body was ready before the child failed
        match (why, cancelled) {
            (Ok(error), Ok(())) => Poll::Ready(Err(error)),
            (Ok(_), Err(payload)) => resume_unwind(payload),
            (Err(payload), later) => {
                mem::forget(later);
                resume_unwind(payload)
            }
        }
    }
}

impl<'env, T, E> RunTaskGroup<'env, T, E> {
    /// Drops all that are left, and `failed`, the oldest first. Each of them, even if a destructor panics: gives the first
    /// such panic.
    fn cancel(&mut self, failed: Option<Member<'env, E>>) -> Result<(), Payload> {
        self.arrivals.open.set(false);
        let mut left = self.engine.take_all();
        left.extend(failed);
        left.extend(self.arrivals.list.take());
        left.sort_by_key(|member| member.about().number);
        let mut first = Ok(());
        for member in left {
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(member))) {
                match first {
                    Ok(()) => first = Err(payload),
                    Err(_) => mem::forget(payload), // as in `panics.rs`: its destructor may panic as well
                }
            }
        }
        first
    }
}

impl<T, E> Drop for RunTaskGroup<'_, T, E> {
    fn drop(&mut self) {
        if let Err(payload) = self.cancel(None) {
            // A second panic while another is under way would end the process.
            if thread::panicking() {
                mem::forget(payload);
            } else {
                resume_unwind(payload);
            }
        }
    }
}

impl<T, E> fmt::Debug for RunTaskGroup<'_, T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.engine.children().map(|member| member.about())).finish()
    }
}

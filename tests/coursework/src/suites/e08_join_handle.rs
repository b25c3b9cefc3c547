//! 08: `JoinHandle`: the other end of a task.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use crate::check::{Check, fault, require, survives};
use crate::log;
use crate::probe::{gate, pause, token};

/// Why a task gave no output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It panicked.
    Panicked,
    /// It was aborted.
    Cancelled,
}

/// What the exercise asks for.
pub trait Tasks: 'static {
    /// What a handle gives for a task without an output.
    type Error;
    /// Awaited, it gives the output.
    type Handle<T: 'static>: Future<Output = Result<T, Self::Error>> + Unpin + 'static;
    /// As in exercise 06.
    fn block_on<F: Future>(main: F) -> F::Output;
    /// Spawns a task with an output.
    fn spawn<T: 'static>(task: impl Future<Output = T> + 'static) -> Self::Handle<T>;
    /// Whether the task is over.
    fn is_finished<T: 'static>(handle: &Self::Handle<T>) -> bool;
    /// Ends the task where it waits.
    fn abort<T: 'static>(handle: &Self::Handle<T>);
    /// Why there is no output.
    fn why(error: &Self::Error) -> Why;
}

/// The checks of exercise 08.
pub fn checks<T: Tasks>() -> Vec<Check> {
    const LOST: &str = "Who awaits the handle was not woken when the task ended.";
    vec![
        Check::new("the handle gives the output", output::<T>).hang(0, LOST),
        Check::new("also when it is awaited after the task has ended", after_the_end::<T>).hang(0, LOST),
        Check::new("is_finished says whether the task is over", is_finished::<T>).hang(0, LOST),
        Check::new("a task whose handle is dropped goes on", detached::<T>).hang(0, LOST),
        Check::new("an output that nobody wants is dropped", unwanted::<T>).hang(0, LOST),
        Check::new("a panic ends its task alone, and the handle says so", panics::<T>).hang(20, LOST),
        Check::new("a panic in a task without a handle harms nobody", panics_alone::<T>).hang(20, LOST),
        Check::new("abort drops the task, and the handle says so", aborts::<T>)
            .hang(0, "The task was aborted, and who awaits its handle was not woken: an abort must wake the task, so that it ends."),
        Check::new("abort after the end changes nothing", aborts_late::<T>).hang(0, LOST),
        Check::new("a handle that is polled by another task wakes that one", moved::<T>).hang(
            6,
            "A handle was polled by one task, then awaited by another; when the task ended, the second was not woken. The waker of the latest \
             poll counts.",
        ),
    ]
}

async fn a_few_turns() {
    for n in 1..=5 {
        log::event(format_args!("main: gives way ({n} of 5)"));
        pause().await;
    }
}

/// The output, or a fault.
fn given<T: Tasks, V>(what: &str, result: Result<V, T::Error>) -> V {
    match result {
        Ok(output) => output,
        Err(error) => {
            fault(0, format!("{what}: the task ended well, and its handle says {:?}.", T::why(&error)))
        }
    }
}

fn output<T: Tasks>() {
    let result = T::block_on(async {
        T::spawn(async {
            pause().await;
            String::from("six")
        })
        .await
    });
    let output = given::<T, _>("A task that gives way once", result);
    require(output == "six", 0, || format!("The task gave \"six\", and its handle {output:?}."));
}

fn after_the_end<T: Tasks>() {
    let result = T::block_on(async {
        let handle = T::spawn(async { 6 });
        a_few_turns().await;
        handle.await
    });
    let output = given::<T, _>("A handle that is awaited late", result);
    require(output == 6, 0, || format!("The task gave 6, and its handle {output}."));
}

fn is_finished<T: Tasks>() {
    T::block_on(async {
        let (gate, passage) = gate("task");
        let handle = T::spawn(passage);
        a_few_turns().await;
        require(!T::is_finished(&handle), 0, || {
            "The task waits, and its handle says that it is finished.".into()
        });
        gate.open();
        a_few_turns().await;
        require(T::is_finished(&handle), 0, || {
            "The task has ended, and its handle says that it is not finished.".into()
        });
    });
}

fn detached<T: Tasks>() {
    T::block_on(async {
        let (gate, passage) = gate("task");
        let done = Rc::new(Cell::new(false));
        let seen = done.clone();
        drop(T::spawn(async move {
            passage.await;
            done.set(true);
        }));
        a_few_turns().await;
        require(!gate.is_dropped(), 0, || {
            "The handle was dropped, and the task with it. To let go of a handle lets the task go on by itself: it is detached.".into()
        });
        gate.open();
        a_few_turns().await;
        require(seen.get(), 0, || "A task whose handle was dropped did not come to its end.".into());
    });
}

fn unwanted<T: Tasks>() {
    T::block_on(async {
        let (token, dropped) = token("output");
        let handle = T::spawn(async move { token });
        drop(handle);
        a_few_turns().await;
        require(dropped.load(Ordering::SeqCst), 11, || {
            "The task has ended, nobody has a handle, and its output still exists: somebody who is never asked keeps it.".into()
        });
    });
}

const ESCAPED: &str = "A task panicked, and the panic came out of `block_on`: it took the loop and all other tasks with it. Catch it \
                       where the task is polled (`catch_unwind`), and give it to the handle.";

fn panics<T: Tasks>() {
    survives(20, ESCAPED, || {
        T::block_on(async {
            let (gate, passage) = gate("other task");
            let other = T::spawn(async move {
                passage.await;
                "goes on"
            });
            let handle = T::spawn(async {
                pause().await;
                panic!("a panic on purpose");
            });
            let result: Result<(), _> = handle.await;
            let why = result.err().map(|error| T::why(&error));
            require(why == Some(Why::Panicked), 20, || {
                format!("The task panicked, and its handle says {why:?}.")
            });
            gate.open();
            given::<T, _>("Another task", other.await);
        });
    });
}

fn panics_alone<T: Tasks>() {
    survives(20, ESCAPED, || {
        T::block_on(async {
            drop(T::spawn(async { panic!("a panic on purpose") }));
            a_few_turns().await;
            given::<T, _>("A task after one that panicked", T::spawn(async { 1 }).await);
        });
    });
}

fn aborts<T: Tasks>() {
    T::block_on(async {
        let (gate, passage) = gate("task");
        let handle = T::spawn(passage);
        a_few_turns().await;
        T::abort(&handle);
        let result = handle.await;
        let why = result.err().map(|error| T::why(&error));
        require(why == Some(Why::Cancelled), 0, || {
            format!("The task was aborted, and its handle says {why:?}.")
        });
        require(gate.is_dropped(), 0, || {
            "The handle says that the task was cancelled, and its future still exists: what it holds is not released.".into()
        });
        require(gate.polls() == 1, 0, || {
            format!("An aborted task was polled again: {} polls.", gate.polls())
        });
    });
}

fn aborts_late<T: Tasks>() {
    let result = T::block_on(async {
        let handle = T::spawn(async { 6 });
        a_few_turns().await;
        T::abort(&handle);
        T::abort(&handle);
        handle.await
    });
    given::<T, _>("A task that was aborted after its end", result);
}

fn moved<T: Tasks>() {
    T::block_on(async {
        let (gate, passage) = gate("task");
        let mut handle = T::spawn(passage);
        let place = Rc::new(Cell::new(None));
        let left = place.clone();
        drop(T::spawn(async move {
            let first =
                std::future::poll_fn(|cx| Poll::Ready(Pin::new(&mut handle).poll(cx).is_ready())).await;
            log::event(format_args!("first task: has polled the handle (ready: {first}), and hands it on"));
            left.set(Some(handle));
        }));
        a_few_turns().await;
        let Some(handle) = place.take() else { fault(0, "A task was spawned, and did not run.") };
        let opens = T::spawn(async move {
            a_few_turns().await;
            gate.open();
        });
        log::event(format_args!("main: awaits the handle"));
        given::<T, _>("A handle that was handed on", handle.await);
        drop(opens);
    });
}

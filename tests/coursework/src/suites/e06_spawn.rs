//! 06: a run queue, and `spawn`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use crate::check::{Check, fault, require, survives, times};
use crate::log;
use crate::probe::{gate, pause, token};

/// What the exercise asks for. So do those after it that are about an executor.
pub trait Spawn: 'static {
    /// Runs a future, and with it all tasks that are spawned meanwhile, until that future is done.
    fn block_on<F: Future>(main: F) -> F::Output;
    /// Puts a task on the run queue of the `block_on` that runs on this thread.
    fn spawn(task: impl Future<Output = ()> + 'static);
}

/// The checks of exercise 06.
pub fn checks<T: Spawn>() -> Vec<Check> {
    const LOST: &str = "Nothing ran any more. Either a task that was woken did not get back on the queue, or the loop \
                        waits though tasks are in the queue.";
    vec![
        Check::new("block_on gives the output of its future", output::<T>).hang(0, LOST),
        Check::new("tasks run in the order in which they were spawned", in_order::<T>).hang(0, LOST),
        Check::new("spawn itself polls nothing", lazy::<T>).hang(0, LOST),
        Check::new("who gives way goes to the end of the queue", round_robin::<T>).hang(13, LOST),
        Check::new("a task that waits is kept, and polled only when woken", waits::<T>).hang(0, LOST),
        Check::new("the main future is polled only when woken, too", main_waits::<T>).hang(15, LOST),
        Check::new("a task may spawn another", nested::<T>).hang(19, LOST),
        Check::new("a task that is done is dropped at once", dropped::<T>).hang(0, LOST),
        Check::new("a late wake polls nothing", late_wake::<T>).hang(4, LOST),
        Check::new("a late wake does not reach the next task either", next_task::<T>).hang(5, LOST),
        Check::new("what a task drops may spawn", drop_spawns::<T>).hang(18, LOST),
        Check::new("tasks that are left are dropped when block_on returns", left_over::<T>).hang(0, LOST),
        Check::new("after that, block_on can be called again", again::<T>).hang(0, LOST),
    ]
}

/// Lets everybody who is ready have a turn, a few times.
async fn a_few_turns() {
    for n in 1..=5 {
        log::event(format_args!("main: gives way ({n} of 5)"));
        pause().await;
    }
}

fn output<T: Spawn>() {
    let text = String::from("borrowed");
    let length = T::block_on(async {
        pause().await;
        text.len()
    });
    require(length == 8, 0, || format!("`block_on` of a future that gives 8 gave {length}."));
}

fn lazy<T: Spawn>() {
    let polled = Rc::new(Cell::new(false));
    let seen = polled.clone();
    T::block_on(async move {
        let mark = polled.clone();
        T::spawn(async move { mark.set(true) });
        require(!polled.get(), 12, || {
            "The task ran inside `spawn`. It only joins the queue there: the loop polls it when its turn comes.".into()
        });
        a_few_turns().await;
    });
    require(seen.get(), 0, || {
        "The main future gave way 5 times, and the task that it had spawned never ran.".into()
    });
}

fn in_order<T: Spawn>() {
    let order = order_of::<T>(5, 0);
    require(order == [0, 1, 2, 3, 4], 13, || {
        format!(
            "Five tasks were spawned as 0 1 2 3 4, and the main future gave way 5 times. They ran in the order {order:?}. The \
             queue is popped at the front and pushed at the back: also for the main future, when it gives way."
        )
    });
}

fn round_robin<T: Spawn>() {
    let order = order_of::<T>(3, 2);
    require(order == [0, 1, 2, 0, 1, 2, 0, 1, 2], 13, || {
        format!(
            "Three tasks that give way twice each ran in the order {order:?}. Who was just polled goes behind those who \
             wait: else they starve."
        )
    });
}

/// In which order tasks run that give way so often.
fn order_of<T: Spawn>(tasks: usize, pauses: usize) -> Vec<usize> {
    let order = Rc::new(RefCell::new(Vec::new()));
    T::block_on(async {
        for task in 0..tasks {
            let order = order.clone();
            T::spawn(async move {
                for n in 0..=pauses {
                    log::event(format_args!("task {task} runs"));
                    order.borrow_mut().push(task);
                    if n < pauses {
                        pause().await;
                    }
                }
            });
        }
        a_few_turns().await;
    });
    order.take()
}

fn waits<T: Spawn>() {
    let (gate, passage) = gate("task");
    let went_on = Rc::new(Cell::new(false));
    let polls = T::block_on({
        let (gate, went_on) = (gate.clone(), went_on.clone());
        async move {
            T::spawn(async move {
                passage.await;
                went_on.set(true);
            });
            a_few_turns().await;
            let before = gate.polls();
            require(before > 0, 0, || {
                "The main future gave way 5 times, and the task that it had spawned never ran.".into()
            });
            require(!gate.is_dropped(), 0, || {
                "The task answered Pending, and was dropped. Only Ready ends a task: put it back into the table.".into()
            });
            gate.open();
            a_few_turns().await;
            before
        }
    });
    require(polls == 1, 2, || {
        format!(
            "The task's future was polled {} before anybody called its waker. Only tasks on the queue are polled, and \
             only a wake puts one there.",
            times(polls)
        )
    });
    require(went_on.get(), 0, || {
        "The task was woken, and did not go on: a wake puts it back on the queue.".into()
    });
}

fn main_waits<T: Spawn>() {
    let (gate, passage) = gate("main");
    T::block_on({
        let gate = gate.clone();
        async move {
            T::spawn(async move {
                for _ in 0..10 {
                    pause().await;
                }
                gate.open();
            });
            passage.await;
        }
    });
    let polls = gate.polls();
    require(polls == 2, 15, || {
        format!(
            "The main future was polled {}: once at the start and once after its wake would do. It is not to be polled \
             when others are woken.",
            times(polls)
        )
    });
}

fn nested<T: Spawn>() {
    let (gate, passage) = gate("main");
    T::block_on(async move {
        T::spawn(async move {
            T::spawn(async move {
                T::spawn(async move { gate.open() });
            });
        });
        passage.await;
    });
}

fn dropped<T: Spawn>() {
    let (token, dropped) = token("what the task holds");
    T::block_on(async move {
        T::spawn(async move {
            pause().await;
            drop(token);
        });
        a_few_turns().await;
    });
    require(dropped.load(Ordering::SeqCst), 0, || "The task did not come to its end.".into());
    let (gate, passage) = gate("task");
    gate.open();
    T::block_on(async move {
        T::spawn(passage);
        a_few_turns().await;
        require(gate.is_dropped(), 0, || {
            "A task was ready, and 5 turns later its future is still there. A future that is ready is dropped by the loop.".into()
        });
    });
}

fn late_wake<T: Spawn>() {
    let (gate, passage) = gate("task");
    T::block_on(async move {
        T::spawn(passage);
        a_few_turns().await;
        gate.open();
        a_few_turns().await;
        require(gate.is_ready(), 0, || "The task was woken, and not polled.".into());
        for _ in 0..3 {
            gate.wake(); // the probe says so if it is polled
        }
        a_few_turns().await;
    });
}

fn next_task<T: Spawn>() {
    let (old, passage) = gate("old task");
    T::block_on(async move {
        T::spawn(passage);
        a_few_turns().await;
        old.open();
        a_few_turns().await;
        let new: Vec<_> = (0..3)
            .map(|n| {
                let (new, passage) = gate(format!("new task {n}"));
                T::spawn(passage);
                new
            })
            .collect();
        a_few_turns().await;
        old.wake();
        a_few_turns().await;
        for (n, new) in new.iter().enumerate() {
            let polls = new.polls();
            require(polls > 0, 0, || format!("New task {n} was spawned and never ran."));
            require(polls == 1, 5, || {
                format!(
                    "The waker of a task that is over was called, and new task {n} was polled by that, {} in all: it has \
                     got the old one's place, and the old one's name.",
                    times(polls)
                )
            });
        }
    });
}

struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        log::event(format_args!("task: dropped, and spawns another"));
        (self.0)();
    }
}

fn drop_spawns<T: Spawn>() {
    let ran = Rc::new(Cell::new(false));
    let inner = ran.clone();
    T::block_on(async move {
        let held = OnDrop(move || {
            let ran = inner.clone();
            T::spawn(async move { ran.set(true) });
        });
        // Ready at the first poll; what the future holds is dropped with it, by the loop.
        T::spawn(std::future::poll_fn(move |_| {
            let _ = &held;
            Poll::Ready(())
        }));
        a_few_turns().await;
    });
    if !ran.get() {
        fault(18, "What a task held spawned another when it was dropped, and that one never ran.");
    }
}

fn left_over<T: Spawn>() {
    let (gate, passage) = gate("task");
    T::block_on(async move {
        T::spawn(passage);
        a_few_turns().await;
    });
    require(gate.is_dropped(), 11, || {
        "`block_on` has returned, and the task that was left still exists: nobody will ever poll it, and nobody owns it.".into()
    });
    gate.wake();
    // One that spawns when it is dropped: whatever becomes of that, the loop is left in peace.
    survives(
        18,
        "A task was left when `block_on` returned. When it was dropped it spawned another, and that panicked: the tasks that are \
         left are dropped while `spawn` still finds the executor, and until there are none.",
        || {
            T::block_on(async {
                let held = OnDrop(|| T::spawn(async {}));
                T::spawn(std::future::poll_fn(move |_| {
                    let _ = &held;
                    Poll::<()>::Pending
                }));
                a_few_turns().await;
            });
        },
    );
}

fn again<T: Spawn>() {
    let one = order_of::<T>(2, 1);
    let two = order_of::<T>(2, 1);
    require(one == two, 0, || {
        format!("The first `block_on` ran its tasks as {one:?}, the second as {two:?}.")
    });
}

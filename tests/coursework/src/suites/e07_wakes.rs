//! 07: wakes that coalesce, and are never lost. What is asked for is [`Spawn`], as in 06.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

use super::e06_spawn::Spawn;
use crate::check::{Check, require, times};
use crate::log;
use crate::probe::{Gate, gate, helper, pause, steps};

/// The checks of exercise 07.
pub fn checks<T: Spawn>() -> Vec<Check> {
    const LOST: &str = "A task was woken, and is not polled: the wake was lost.";
    vec![
        Check::new("a wake during its own poll is not lost", during_poll::<T>).hang(
            1,
            "A task woke itself during its poll, and was never polled again: the wake was lost. The mark 'it is queued' must be cleared \
             before the poll. Cleared after it, a wake that comes during the poll finds the mark set, and is forgotten.",
        ),
        Check::new("woken three times before its turn, a task is polled once", coalesce::<T>).hang(0, LOST),
        Check::new("so is the main future", main_coalesces::<T>).hang(0, LOST),
        Check::new("three wakes during its own poll make one more poll", three_during_poll::<T>)
            .hang(1, "A task woke itself during its poll, and was never polled again: the wake was lost."),
        Check::new("a wake by another thread during the poll is not lost", thread_during_poll::<T>)
            .hang(1, "Another thread woke the task during its poll, and it was never polled again: the wake was lost."),
        Check::new("a woken task runs in its turn, not inside the wake", not_inline::<T>).hang(12, LOST),
        Check::new("a wake from another thread ends the sleep of the loop", wakes_the_loop::<T>).hang(
            8,
            "Another thread woke a task, and the loop slept on: who puts a task on the queue must unpark the loop's thread, after the push.",
        ),
        Check::new("a task that is ready in the poll that wakes it is over", wakes_and_ends::<T>).hang(4, LOST),
        Check::new("a task that always wakes itself keeps nobody waiting", fair::<T>).hang(14, LOST),
        Check::new("four threads wake one task: the last word arrives", four_threads::<T>).hang(
            1,
            "Four threads published a number each time before they woke the task, and it did not see the last: a wake was lost. To mark and to \
             see whether it was marked must be one step (`swap`).",
        ),
    ]
}

async fn a_few_turns() {
    for n in 1..=5 {
        log::event(format_args!("main: gives way ({n} of 5)"));
        pause().await;
    }
}

fn coalesce<T: Spawn>() {
    let (gate, passage) = gate("task");
    let seen = gate.clone();
    T::block_on(async move {
        T::spawn(passage);
        a_few_turns().await;
        (0..3).for_each(|_| gate.wake());
        a_few_turns().await;
        gate.open();
        a_few_turns().await;
    });
    let polls = seen.polls();
    require(polls == 3, 2, || {
        format!(
            "The task was polled at its start, then its waker was called 3 times before its turn came, later once more. It was polled \
             {}: 3 times is enough. It stood in the queue several times at once; a task that stands there needs not join again.",
            times(polls)
        )
    });
}

fn main_coalesces<T: Spawn>() {
    let (gate, passage) = gate("main");
    let seen = gate.clone();
    T::block_on(async move {
        T::spawn(async move {
            (0..3).for_each(|_| gate.wake());
            a_few_turns().await;
            gate.open();
        });
        passage.await;
    });
    let polls = seen.polls();
    require(polls == 3, 2, || {
        format!(
            "The main future was woken 3 times before its turn, later once more, and was polled {}: 3 times is enough. It has a mark as \
             every task has.",
            times(polls)
        )
    });
}

fn during_poll<T: Spawn>() {
    let (task, polls) = steps("task", 3);
    let (gate, passage) = gate("main");
    T::block_on(async move {
        T::spawn(async move {
            task.await;
            gate.open();
        });
        passage.await;
    });
    require(polls.get() == 4, 2, || {
        format!("A task that is ready at its 4th poll was polled {}.", times(polls.get()))
    });
}

fn three_during_poll<T: Spawn>() {
    let polls = Rc::new(Cell::new(0));
    let seen = polls.clone();
    T::block_on(async move {
        T::spawn(std::future::poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            log::event(format_args!("task: polled for the {}. time", polls.get()));
            if polls.get() == 1 {
                (0..3).for_each(|_| cx.waker().wake_by_ref());
            }
            Poll::Pending
        }));
        a_few_turns().await;
    });
    require(seen.get() != 1, 1, || {
        "The task woke itself 3 times during its first poll, and was not polled again: the wake was lost. Clear the mark before the poll.".into()
    });
    require(seen.get() == 2, 2, || {
        format!(
            "The task woke itself 3 times during its first poll, and was polled {} in all: twice is enough.",
            times(seen.get())
        )
    });
}

fn thread_during_poll<T: Spawn>() {
    let mut polls = 0;
    T::block_on(async move {
        let (gate, passage) = gate("main");
        T::spawn(std::future::poll_fn(move |cx| {
            polls += 1;
            if polls > 1 {
                gate.open();
                return Poll::Ready(());
            }
            let waker = cx.waker().clone();
            helper(move || {
                log::event(format_args!("task: woken during its poll"));
                waker.wake();
            })
            .join();
            Poll::Pending
        }));
        passage.await;
    });
}

fn not_inline<T: Spawn>() {
    let order = Rc::new(RefCell::new(Vec::new()));
    let seen = order.clone();
    T::block_on(async move {
        let (gate, passage) = gate("b");
        let (first, second) = (order.clone(), order);
        T::spawn(async move {
            passage.await;
            first.borrow_mut().push("b runs");
        });
        a_few_turns().await;
        T::spawn(async move {
            second.borrow_mut().push("a wakes b");
            gate.open();
            second.borrow_mut().push("a goes on");
        });
        a_few_turns().await;
    });
    let seen = seen.take();
    require(seen == ["a wakes b", "a goes on", "b runs"], 12, || {
        format!(
            "It went: {}. To wake is to put on the queue: b runs when its turn comes, after a.",
            seen.join(", ")
        )
    });
}

fn wakes_the_loop<T: Spawn>() {
    let (gate, passage) = gate("task");
    let opens = opened_later(gate);
    let (done, passed) = crate::probe::gate("main");
    T::block_on(async move {
        T::spawn(async move {
            passage.await;
            done.open();
        });
        passed.await;
    });
    opens.join();
}

/// Opens it from another thread, when it was polled and the loop is probably asleep.
fn opened_later(gate: Gate) -> crate::probe::Helper<()> {
    helper(move || {
        while gate.polls() == 0 {
            thread::sleep(Duration::from_micros(200));
        }
        thread::sleep(Duration::from_millis(10));
        gate.open();
    })
}

fn wakes_and_ends<T: Spawn>() {
    let polls = Rc::new(Cell::new(0));
    let seen = polls.clone();
    T::block_on(async move {
        T::spawn(std::future::poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            cx.waker().wake_by_ref();
            Poll::Ready(())
        }));
        a_few_turns().await;
    });
    require(seen.get() == 1, 4, || {
        format!(
            "The task woke itself and was ready in the same poll, and it was polled {}.",
            times(seen.get())
        )
    });
}

fn fair<T: Spawn>() {
    let turns = Rc::new(Cell::new(0));
    let seen = turns.clone();
    let after = T::block_on(async move {
        T::spawn(std::future::poll_fn(move |cx| {
            turns.set(turns.get() + 1);
            cx.waker().wake_by_ref();
            Poll::Pending
        }));
        let (gate, passage) = gate("main");
        T::spawn(async move { gate.open() });
        passage.await;
        seen.get()
    });
    require(after <= 3, 14, || {
        format!(
            "A task that wakes itself was polled {} before a task behind it in the queue had its first turn.",
            times(after)
        )
    });
}

fn four_threads<T: Spawn>() {
    const EACH: usize = 500;
    let sum = Arc::new(AtomicUsize::new(0));
    let slot: Arc<std::sync::Mutex<Option<Waker>>> = Arc::default();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (sum, slot) = (sum.clone(), slot.clone());
            helper(move || {
                for _ in 0..EACH {
                    sum.fetch_add(1, Ordering::SeqCst);
                    let waker = slot.lock().ok().and_then(|slot| slot.clone());
                    if let Some(waker) = waker {
                        waker.wake();
                    }
                }
            })
        })
        .collect();
    T::block_on(async move {
        let (gate, passage) = gate("main");
        T::spawn(std::future::poll_fn(move |cx| {
            if let Ok(mut slot) = slot.lock() {
                let replaced = slot.replace(cx.waker().clone());
                drop(slot);
                drop(replaced);
            }
            if sum.load(Ordering::SeqCst) < 4 * EACH {
                return Poll::Pending;
            }
            gate.open();
            Poll::Ready(())
        }));
        passage.await;
    });
    threads.into_iter().for_each(crate::probe::Helper::join);
}

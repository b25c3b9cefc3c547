//! 03: `block_on`, which sleeps while there is nothing to do.

use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use crate::check::{Check, require, times};
use crate::log;
use crate::probe::{cpu_time, gate, helper, sleeps, steps};

/// What the exercise asks for.
pub trait BlockOn {
    /// Runs the future on this thread, and sleeps while it waits.
    fn block_on<F: Future>(future: F) -> F::Output;
}

/// The checks of exercise 03.
pub fn checks<T: BlockOn>() -> Vec<Check> {
    vec![
        Check::new("block_on gives the output, also of a future that borrows", output::<T>),
        Check::new("a future that wakes itself is polled again", self_waking::<T>)
            .hang(1, "The future woke itself during its own poll, and `block_on` went to sleep all the same: the wake was lost."),
        Check::new("a wake from another thread ends the sleep", woken::<T>)
            .hang(8, "Another thread called the waker, and `block_on` did not get up."),
        Check::new("a wake between the poll and the sleep is not lost", between::<T>).hang(
            8,
            "The waker was called after the future had looked and before `block_on` slept, and it slept all the same. A wake must \
             leave a mark that is looked at before the sleep, in one step with it.",
        ),
        Check::new("while it waits it does not poll", does_not_poll::<T>),
        Check::new("while it waits it uses no processor", does_not_spin::<T>),
        Check::new("who unparks the thread without a wake is not obeyed", stranger::<T>),
        Check::new("three wakes before the poll returns make one more poll", coalesce::<T>)
            .hang(1, "The wakes came during the poll, and were lost."),
        Check::new("a waker of an earlier block_on does not disturb the next", late::<T>)
            .hang(10, "The waker of a future that is over was called, and `block_on` hangs."),
        Check::new("1,000 wakes from a thread, one after the other, all arrive", many::<T>)
            .hang(8, "One of many wakes from another thread was lost: it fell between the look and the sleep."),
    ]
}

fn output<T: BlockOn>() {
    let text = String::from("borrowed");
    let length = T::block_on(async { text.len() });
    require(length == 8, 0, || format!("`block_on` of a future that gives 8 gave {length}."));
}

fn self_waking<T: BlockOn>() {
    let (future, polls) = steps("a", 3);
    T::block_on(future);
    require(polls.get() == 4, 0, || {
        format!("A future that is ready at its 4th poll was polled {}.", times(polls.get()))
    });
}

fn woken<T: BlockOn>() {
    let (gate, passage) = gate("a");
    let _opens = helper(move || {
        wait_for_poll(&gate);
        thread::sleep(Duration::from_millis(10)); // by now it probably sleeps; if not, this checks less, but is not wrong
        gate.open();
    });
    T::block_on(passage);
}

fn between<T: BlockOn>() {
    let mut polls = 0;
    T::block_on(std::future::poll_fn(|cx| {
        polls += 1;
        if polls > 1 {
            return Poll::Ready(());
        }
        log::event(format_args!("a: looks, and finds nothing"));
        let waker = cx.waker().clone();
        helper(move || {
            log::event(format_args!("a: its waker is called"));
            waker.wake();
        })
        .join();
        log::event(format_args!("a: answers Pending"));
        Poll::Pending
    }));
}

/// What was seen while a future waited for 40 ms in `block_on`.
struct Seen {
    /// How often it was polled.
    polls: usize,
    /// How long this thread was busy.
    busy: Duration,
    /// How often this thread went to sleep.
    sleeps: Option<u64>,
}

fn waits<T: BlockOn>(meanwhile: impl FnOnce() + Send + 'static) -> Seen {
    let (gate, passage) = gate("a");
    let opened = gate.clone();
    let opens = helper(move || {
        wait_for_poll(&opened);
        let start = Instant::now();
        meanwhile();
        thread::sleep(Duration::from_millis(40).saturating_sub(start.elapsed()));
        opened.open();
    });
    let before = (cpu_time(), sleeps());
    T::block_on(passage);
    let busy = cpu_time().saturating_sub(before.0);
    let sleeps = sleeps().zip(before.1).map(|(after, before)| after - before);
    opens.join();
    Seen { polls: gate.polls(), busy, sleeps }
}

fn wait_for_poll(gate: &crate::probe::Gate) {
    while gate.polls() == 0 {
        thread::sleep(Duration::from_micros(200));
    }
}

fn does_not_poll<T: BlockOn>() {
    let Seen { polls, .. } = waits::<T>(|| ());
    require(polls == 2, 0, || {
        format!(
            "The future waited for 40 ms, was woken once, and was polled {}: once at the start and once after the wake is \
             enough. To ask without a reason is to spin.",
            times(polls)
        )
    });
}

fn does_not_spin<T: BlockOn>() {
    let Seen { polls, busy, sleeps } = waits::<T>(|| ());
    // On a machine that is busy with other things, one that spins gets little time, too; but it never goes to sleep.
    require(busy < Duration::from_millis(10) && sleeps != Some(0), 0, || {
        let slept = sleeps.map_or(String::new(), |n| format!(", and went to sleep {}", times(n as usize)));
        format!(
            "The future waited for 40 ms and was polled {}, and the thread was busy for {busy:.1?} of that{slept}: it spins. Let \
             the OS put it to sleep: park it.",
            times(polls)
        )
    });
}

fn stranger<T: BlockOn>() {
    let waiting = thread::current();
    let Seen { polls, .. } = waits::<T>(move || {
        for _ in 0..5 {
            log::event(format_args!("somebody unparks the thread"));
            waiting.unpark();
            thread::sleep(Duration::from_millis(1));
        }
    });
    require(polls == 2, 0, || {
        format!(
            "The thread was unparked 5 times by somebody else, and the future was polled {} for one wake. `park` may return without a \
             reason: what counts is a flag that your own waker sets. Look at it, and park again.",
            times(polls)
        )
    });
}

fn coalesce<T: BlockOn>() {
    let mut polls = 0;
    let (gate, passage) = gate("a");
    let mut passage = std::pin::pin!(passage);
    let opened = gate.clone();
    let opens = helper(move || {
        wait_for_poll(&opened);
        thread::sleep(Duration::from_millis(20));
        opened.open();
    });
    T::block_on(std::future::poll_fn(|cx| {
        polls += 1;
        let answer = passage.as_mut().poll(cx);
        if polls == 1 {
            (0..3).for_each(|_| cx.waker().wake_by_ref());
        }
        answer
    }));
    opens.join();
    require(polls <= 3, 2, || {
        format!(
            "The future was woken 3 times during its first poll, and once later, and was polled {}: 3 times is enough.",
            times(polls)
        )
    });
}

fn late<T: BlockOn>() {
    let (old, passage) = gate("old");
    old.open();
    T::block_on(passage);
    let (gate, passage) = gate("new");
    let opened = gate.clone();
    let opens = helper(move || {
        wait_for_poll(&opened);
        for _ in 0..3 {
            old.wake();
            thread::sleep(Duration::from_millis(1));
        }
        opened.open();
    });
    T::block_on(passage);
    opens.join();
    let polls = gate.polls();
    require(polls == 2, 15, || {
        format!(
            "The waker of an earlier `block_on` was called 3 times, and the new future, woken once, was polled {}. Each `block_on` has a \
             flag of its own.",
            times(polls)
        )
    });
}

fn many<T: BlockOn>() {
    let (sender, wakers) = mpsc::channel::<crate::probe::Gate>();
    let opens = helper(move || wakers.into_iter().for_each(|gate| gate.open_quietly()));
    for _ in 0..1_000 {
        let (gate, passage) = gate("");
        let _ = sender.send(gate);
        T::block_on(passage);
    }
    drop(sender);
    opens.join();
}

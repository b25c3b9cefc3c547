//! 02: a waker that counts, and a loop that polls only who was woken.

use std::cell::Cell;
use std::sync::Arc;
use std::task::{Poll, Wake, Waker};

use crate::check::{Check, require, times};
use crate::log;
use crate::probe::{gate, helper, steps};

/// What the exercise asks for.
pub trait Counting {
    /// Counts how often it is woken.
    type Counter: Wake + Send + Sync + 'static;
    /// A counter at 0.
    fn counter() -> Arc<Self::Counter>;
    /// How often it was woken.
    fn wakes(counter: &Self::Counter) -> usize;
    /// Polls the future to its end, but only when it was woken. `None`: it waits, and was not.
    fn run<F: Future>(future: F) -> Option<F::Output>;
}

/// The checks of exercise 02.
pub fn checks<T: Counting>() -> Vec<Check> {
    const ENDLESS: &str =
        "`run` does not end. When the future is pending and was not woken, there is no more to do: None.";
    vec![
        Check::new("a new counter is at 0", zero::<T>),
        Check::new("wake_by_ref and wake count one each", one_each::<T>),
        Check::new("clones of a waker count into the same counter", clones::<T>),
        Check::new("two counters do not count together", two_counters::<T>),
        Check::new("no wake is lost when four threads wake at once", threads::<T>),
        Check::new("run polls a future that wakes itself to its end", self_waking::<T>).hang(0, ENDLESS),
        Check::new("run gives None when nobody will ever wake it", stuck::<T>).hang(36, ENDLESS),
        Check::new("two wakes during one poll make one more poll", coalesce::<T>).hang(0, ENDLESS),
        Check::new("a wake from another thread during the poll counts", from_thread::<T>).hang(0, ENDLESS),
    ]
}

fn zero<T: Counting>() {
    let wakes = T::wakes(&T::counter());
    require(wakes == 0, 0, || format!("A counter that nobody has woken says {wakes}."));
}

fn one_each<T: Counting>() {
    let counter = T::counter();
    let waker = Waker::from(counter.clone());
    waker.wake_by_ref();
    let first = T::wakes(&counter);
    waker.wake();
    let both = T::wakes(&counter);
    require((first, both) == (1, 2), 0, || {
        format!(
            "After `wake_by_ref` the counter said {first}, after `wake` on top of that {both}. Each is one wake. (Of the \
             two, only `wake` must be written; if one calls the other, only one of them may count.)"
        )
    });
}

fn clones<T: Counting>() {
    let counter = T::counter();
    let waker = Waker::from(counter.clone());
    let other = waker.clone();
    other.wake();
    waker.wake();
    let wakes = T::wakes(&counter);
    require(wakes == 2, 0, || {
        format!("A waker and its clone were called once each, and the counter says {wakes}.")
    });
    let holders = Arc::strong_count(&counter);
    require(holders == 1, 11, || {
        format!("All wakers are gone, and the counter has {holders} holders, not one: it holds itself.")
    });
}

fn two_counters<T: Counting>() {
    let (a, b) = (T::counter(), T::counter());
    Waker::from(a.clone()).wake();
    let counts = (T::wakes(&a), T::wakes(&b));
    require(counts == (1, 0), 0, || {
        format!(
            "Of two counters, one was woken once. They say {counts:?}: the count belongs into the counter, not into a static."
        )
    });
}

fn threads<T: Counting>() {
    const EACH: usize = 5_000;
    let counter = T::counter();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let waker = Waker::from(counter.clone());
            helper(move || (0..EACH).for_each(|_| waker.wake_by_ref()))
        })
        .collect();
    threads.into_iter().for_each(crate::probe::Helper::join);
    let wakes = T::wakes(&counter);
    require(wakes == 4 * EACH, 7, || {
        format!(
            "Four threads called a waker {} times in all, and the counter says {wakes}. A load and then a store lose what comes \
             between the two: count in one step, as `fetch_add` does.",
            4 * EACH
        )
    });
}

fn self_waking<T: Counting>() {
    let (future, polls) = steps("a", 4);
    let output = T::run(async {
        future.await;
        "done"
    });
    require(output.is_some(), 1, || {
        format!(
            "The future woke itself during its poll, and `run` gave None after {} polls: that wake was lost. Look at the \
             counter before the poll and after it; what comes during the poll counts.",
            polls.get()
        )
    });
    require(polls.get() == 5, 0, || {
        format!("A future that is ready at its 5th poll was polled {}.", times(polls.get()))
    });
}

fn stuck<T: Counting>() {
    let (gate, passage) = gate("a");
    let output = T::run(passage);
    require(output.is_none(), 0, || "`run` gave an output of a future that waits for ever.".into());
    let polls = gate.polls();
    require(polls == 1, 0, || {
        format!(
            "A future that is never woken was polled {}, not once: to ask again without a reason is to spin.",
            times(polls)
        )
    });
}

fn coalesce<T: Counting>() {
    let polls = Cell::new(0);
    let output = T::run(std::future::poll_fn(|cx| {
        polls.set(polls.get() + 1);
        log::event(format_args!("a: polled, {}", polls.get()));
        if polls.get() > 1 {
            return Poll::<()>::Pending;
        }
        (0..3).for_each(|_| cx.waker().wake_by_ref());
        Poll::Pending
    }));
    require(output.is_none(), 0, || "`run` gave an output of a future that waits for ever.".into());
    require(polls.get() == 2, 2, || {
        format!(
            "The future was woken 3 times during its first poll and never again, and was polled {} in all. A wake says that it is \
             worth asking once more, not how often.",
            times(polls.get())
        )
    });
}

fn from_thread<T: Counting>() {
    let mut polls = 0;
    let output = T::run(std::future::poll_fn(|cx| {
        polls += 1;
        if polls > 1 {
            return Poll::Ready(());
        }
        let waker = cx.waker().clone();
        helper(move || waker.wake()).join();
        Poll::Pending
    }));
    require(output.is_some(), 1, || {
        format!(
            "Another thread called the waker during the poll, and `run` gave None after {polls} poll: the wake was lost."
        )
    });
}

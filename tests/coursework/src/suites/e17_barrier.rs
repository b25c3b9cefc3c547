//! 17: a barrier that can be used again, reset and aborted, and that nobody breaks by leaving.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use crate::check::{Check, fault, require, survives, times};
use crate::log;
use crate::probe::{ByHand, Moment, by_hand, calling_waker, count_waker, on_loop, spawn};

/// What the exercise asks for: a handle to a barrier, whose clones are of the same one.
pub trait Barrier17: Clone + 'static {
    /// For so many tasks.
    fn new(parties: usize) -> Self;
    /// Waits for the others. `Ok(true)` for the leader of the round, `Err` if the barrier was reset or aborted.
    fn wait(&self) -> impl Future<Output = Result<bool, Broken>> + 'static;
    /// How many wait.
    fn waiting(&self) -> usize;
    /// Sends away those who wait, and starts anew.
    fn reset(&self);
    /// Sends away those who wait and all who come, until a reset.
    fn abort(&self);
}

/// The barrier was reset or aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

/// The checks of exercise 17.
pub fn checks<T: Barrier17>() -> Vec<Check> {
    vec![
        Check::new("nobody passes before the last has come, then all do", all_or_none::<T>),
        Check::new("the last to come is the leader, and nobody else", one_leader::<T>),
        Check::new("a barrier for one", for_one::<T>),
        Check::new("a future that was not polled has not come", lazy::<T>),
        Check::new("polled twice, it has come once", polled_twice::<T>),
        Check::new("it can be used again", again::<T>),
        Check::new("the next round may fill before all have left the last", laps::<T>),
        Check::new("who is dropped while it waits does not count", leaves::<T>),
        Check::new("who is dropped after it was let through changes nothing", leaves_late::<T>),
        Check::new("reset sends away who waits, and starts anew", reset::<T>),
        Check::new("abort sends away who waits and who comes, until a reset", abort::<T>),
        Check::new("who was let through stays so, also if it is aborted then", decided::<T>),
        Check::new("the waker of the latest poll is woken", latest_waker::<T>),
        Check::new("a waker may use the barrier", wake_uses_it::<T>),
        Check::new("so may a waker that is dropped", drop_uses_it::<T>),
        Check::new("on the loop: three runners, three laps", race::<T>),
    ]
}

type Waiter = ByHand<Result<bool, Broken>>;

/// Comes, and must wait. Trap 38: it is not the first round.
fn comes<T: Barrier17>(barrier: &T, name: &'static str, trap: u8) -> Waiter {
    let mut waiter = by_hand(name, barrier.wait());
    let passed = waiter.poll();
    require(passed.is_none(), trap, || {
        let means = if trap == 38 { ": something of the last round is still counted" } else { "" };
        format!(
            "{name} came to a barrier where others were missing yet, and its `wait` was ready at once, with {passed:?}{means}."
        )
    });
    waiter
}

/// Comes last.
fn comes_last<T: Barrier17>(barrier: &T, name: &'static str, trap: u8, why: &str) {
    let passed = by_hand(name, barrier.wait()).poll();
    require(passed == Some(Ok(true)), trap, || match passed {
        None => format!("{name} came as the last that was missing, and waits: {why}."),
        Some(other) => {
            format!("{name} came last, and its `wait` gave {other:?}: the last to come leads, so Ok(true).")
        }
    });
}

/// Has been let through, as a follower.
fn passes(waiter: &mut Waiter, name: &str, trap: u8, why: &str) {
    require(waiter.is_woken(), trap, || format!("All had come, and {name} was not woken: {why}."));
    let passed = waiter.poll();
    require(passed == Some(Ok(false)), trap, || match passed {
        None => format!("All had come, {name} was woken and polled, and waits still: {why}."),
        Some(Ok(true)) => {
            format!("{name} was not the last to come, and `wait` gave it Ok(true): who leads is the last.")
        }
        Some(other) => format!("All had come, and `wait` gave {other:?} to {name}, not Ok(false): {why}."),
    });
}

fn is_waiting<T: Barrier17>(barrier: &T, expected: usize, trap: u8, when: &str) {
    let waiting = barrier.waiting();
    require(waiting == expected, trap, || {
        format!("{when}, `waiting` is {waiting}, and it must be {expected}.")
    });
}

fn all_or_none<T: Barrier17>() {
    let barrier = T::new(3);
    is_waiting(&barrier, 0, 0, "At first");
    let mut a = comes(&barrier, "a", 0);
    let mut b = comes(&barrier, "b", 0);
    is_waiting(&barrier, 2, 0, "Of three, a and b have come. Then");
    require(!a.is_woken() && !b.is_woken(), 0, || {
        format!("Two of three have come, and a was woken {}, b {}.", times(a.wakes()), times(b.wakes()))
    });
    comes_last(&barrier, "c", 0, "nobody is missing any more");
    passes(&mut a, "a", 0, "who comes last wakes all the others");
    passes(&mut b, "b", 0, "who comes last wakes all the others");
    is_waiting(&barrier, 0, 38, "All three have passed. Then");
}

fn one_leader<T: Barrier17>() {
    let barrier = T::new(3);
    let mut waiters = ["a", "b"].map(|name| comes(&barrier, name, 0));
    let last = by_hand("c", barrier.wait()).poll();
    let led: Vec<_> = waiters.iter_mut().map(Waiter::poll).chain([last]).collect();
    let leaders = led.iter().filter(|led| **led == Some(Ok(true))).count();
    require(leaders == 1, 0, || {
        format!(
            "a, b and c came, in this order, and `wait` gave {led:?}: {leaders} leaders. There must be one a round, who does what \
             only one shall do."
        )
    });
    require(led[2] == Some(Ok(true)), 0, || {
        format!(
            "a, b and c came, in this order, and `wait` gave {led:?}. The last leads: any other may be dropped after it was let \
             through and before its turn, and then the round has no leader."
        )
    });
}

fn for_one<T: Barrier17>() {
    let barrier = T::new(1);
    for _ in 0..2 {
        comes_last(&barrier, "a", 0, "but a barrier for 1 never makes anybody wait");
    }
}

fn lazy<T: Barrier17>() {
    let barrier = T::new(2);
    let not_polled = barrier.wait();
    is_waiting(&barrier, 0, 0, "`wait` was called, and its future not polled yet: futures are lazy. Then");
    let _b = comes(&barrier, "b", 0);
    drop(not_polled);
    is_waiting(&barrier, 1, 38, "b waits, and a future that was never polled was dropped. Then");
}

fn polled_twice<T: Barrier17>() {
    let barrier = T::new(3);
    let mut a = comes(&barrier, "a", 0);
    for _ in 0..3 {
        let passed = a.poll();
        require(passed.is_none(), 38, || {
            format!(
                "a came to a barrier for three, alone, was polled once more, and `wait` gave {passed:?}: it has come once."
            )
        });
    }
    is_waiting(&barrier, 1, 38, "a has come alone, and was polled four times. Then");
}

fn again<T: Barrier17>() {
    let barrier = T::new(2);
    for round in 1..=3 {
        let why = format!("this is round {round}, and the barrier is to be as it was at first");
        let mut a = comes(&barrier, "a", 38);
        comes_last(&barrier, "b", 38, &why);
        passes(&mut a, "a", 38, &why);
        is_waiting(&barrier, 0, 38, &format!("Round {round} is over. Then"));
    }
}

fn laps<T: Barrier17>() {
    let barrier = T::new(2);
    let mut slow = comes(&barrier, "slow", 0);
    comes_last(&barrier, "fast", 0, "both are there");
    // `slow` was let through, and has not had its turn. `fast` has run a lap meanwhile.
    let mut fast = comes(&barrier, "fast", 38);
    is_waiting(&barrier, 1, 38, "slow was let through, and fast has come for the next round. Then");
    passes(
        &mut slow,
        "slow",
        38,
        "fast had come for the next round before slow had its turn, which is none of slow's business",
    );
    require(!fast.is_woken(), 38, || {
        "slow has left the first round, and fast, who waits in the second, was woken.".into()
    });
    comes_last(&barrier, "slow", 38, "fast and slow are both in the second round");
    passes(&mut fast, "fast", 38, "both had come to the second round");
}

fn leaves<T: Barrier17>() {
    let barrier = T::new(2);
    let a = comes(&barrier, "a", 0);
    drop(a); // as a timeout does it
    is_waiting(
        &barrier,
        0,
        38,
        "a has come, and was dropped: the destructor of who waits takes it out of the count. Then",
    );
    let mut b = by_hand("b", barrier.wait());
    let passed = b.poll();
    require(passed.is_none(), 38, || {
        format!(
            "a barrier for two: a came and was dropped, then b came, and `wait` gave {passed:?}: b has passed though it is alone."
        )
    });
    comes_last(&barrier, "c", 38, "b and c are there");
    passes(&mut b, "b", 38, "b and c are there");
}

fn leaves_late<T: Barrier17>() {
    let barrier = T::new(3);
    let a = comes(&barrier, "a", 0);
    let mut b = comes(&barrier, "b", 0);
    comes_last(&barrier, "c", 0, "all are there");
    let mut d = comes(&barrier, "d", 38);
    drop(a); // it was let through and has not had its turn
    is_waiting(
        &barrier,
        1,
        38,
        "a was let through in the first round, d has come to the second, then a was dropped, which does not concern the second. Then",
    );
    passes(&mut b, "b", 38, "that a is gone changes nothing for b");
    let mut e = comes(&barrier, "e", 38);
    comes_last(&barrier, "f", 38, "d, e and f are there");
    passes(&mut d, "d", 38, "d, e and f are there");
    passes(&mut e, "e", 38, "d, e and f are there");
}

/// Was sent away.
fn is_sent_away(waiter: &mut Waiter, what: &str) {
    require(waiter.is_woken(), 0, || {
        format!("a waited when the barrier was {what}, and was not woken: it waits for ever.")
    });
    let sent = waiter.poll();
    require(sent == Some(Err(Broken)), 0, || {
        format!("a waited when the barrier was {what}, and `wait` gave {sent:?}, not Err(Broken).")
    });
}

fn works<T: Barrier17>(barrier: &T, when: &str) {
    is_waiting(barrier, 0, 38, when);
    let mut b = comes(barrier, "b", 38);
    comes_last(barrier, "c", 38, "b and c are there");
    passes(&mut b, "b", 38, "b and c are there");
}

fn reset<T: Barrier17>() {
    let barrier = T::new(2);
    let mut a = comes(&barrier, "a", 0);
    log::event(format_args!("the barrier is reset"));
    barrier.reset();
    works(
        &barrier,
        "a waited, and the barrier was reset: it begins anew, though a has not had its turn. Then",
    );
    is_sent_away(&mut a, "reset");
}

fn abort<T: Barrier17>() {
    let barrier = T::new(2);
    let mut a = comes(&barrier, "a", 0);
    log::event(format_args!("the barrier is aborted"));
    barrier.abort();
    is_sent_away(&mut a, "aborted");
    for name in ["b", "c"] {
        let passed = by_hand(name, barrier.wait()).poll();
        require(passed == Some(Err(Broken)), 0, || {
            format!(
                "The barrier was aborted, {name} came, and `wait` gave {passed:?}: until a reset it must be Err(Broken), at once."
            )
        });
    }
    log::event(format_args!("the barrier is reset"));
    barrier.reset();
    works(&barrier, "The barrier was aborted and then reset. Then");
}

fn decided<T: Barrier17>() {
    let barrier = T::new(2);
    let mut a = comes(&barrier, "a", 0);
    comes_last(&barrier, "b", 0, "both are there");
    log::event(format_args!("the barrier is aborted"));
    barrier.abort();
    passes(
        &mut a,
        "a",
        0,
        "that the barrier was aborted after the last had come, and before a had its turn, does not change what was decided",
    );
}

fn latest_waker<T: Barrier17>() {
    let barrier = T::new(2);
    let mut a = comes(&barrier, "a", 0);
    let (second, waker) = count_waker("a's second waker");
    let passed = a.poll_with(&waker);
    require(passed.is_none(), 38, || {
        format!("a has come alone, was polled twice, and `wait` gave {passed:?}.")
    });
    comes_last(&barrier, "b", 0, "both are there");
    require((a.wakes(), second.wakes()) == (0, 1), 6, || {
        format!(
            "a was polled with one waker, then with another: it has moved to another task. When the last had come, the first waker \
             was called {}, the second {}.",
            times(a.wakes()),
            times(second.wakes())
        )
    });
}

fn wake_uses_it<T: Barrier17>() {
    let barrier = T::new(2);
    let seen = Rc::new(Cell::new(None));
    let (other, mark) = (barrier.clone(), seen.clone());
    let waker = calling_waker("a", move |moment| {
        if moment == Moment::Woken {
            mark.set(Some(other.waiting()));
        }
    });
    let mut a = by_hand("a", barrier.wait());
    require(a.poll_with(&waker).is_none(), 0, || "a has come alone, and has passed.".into());
    let text = "a's waker asked the barrier how many wait, and that panicked: something is still borrowed. To wake may run \
                anybody's code: take the wakers out, end the borrow, then wake.";
    survives(16, text, || comes_last(&barrier, "b", 0, "both are there"));
    require(seen.get() == Some(0), 16, || {
        format!(
            "The last came, and a was woken. In its waker, `waiting` was {:?}: the round is over when the first waker is called, so \
             it must be 0.",
            seen.get()
        )
    });
    let mut a = by_hand("a", barrier.wait());
    require(a.poll_with(&waker).is_none(), 38, || "a has come alone, and has passed.".into());
    survives(16, &text.replace("how many wait", "how many wait, in a reset"), || barrier.reset());
}

fn drop_uses_it<T: Barrier17>() {
    let barrier = T::new(2);
    let waker = |barrier: &T| {
        let other = barrier.clone();
        calling_waker("a", move |moment| {
            if moment == Moment::Dropped {
                other.reset();
            }
        })
    };
    let mut a = by_hand("a", barrier.wait());
    require(a.poll_with(&waker(&barrier)).is_none(), 0, || "a has come alone, and has passed.".into());
    let text = "a was polled with another waker than before. The destructor of the old one reset the barrier, and that panicked: \
                it was dropped while something was borrowed. Take it out, end the borrow, then drop it.";
    let _ = survives(17, text, || a.poll_with(&waker(&barrier)));
    let text = "a was dropped while it waited. The destructor of its waker reset the barrier, and that panicked: it was dropped \
                while something was borrowed.";
    survives(17, text, || drop(a));
    works(&barrier, "Nobody waits any more. Then");
}

fn race<T: Barrier17>() {
    const RUNNERS: u64 = 3;
    const LAPS: u64 = 3;
    let ended = Rc::new(RefCell::new(Vec::new()));
    let leaders = Rc::new(Cell::new(0));
    let took = on_loop()
        .if_stalled(38, "All who are expected wait at the barrier, or the count is wrong.")
        .run(async {
            let barrier = T::new(RUNNERS as usize);
            let start = runtime::now();
            let runners = (1..=RUNNERS).map(|runner| {
                let (barrier, ended, leaders) = (barrier.clone(), ended.clone(), leaders.clone());
                spawn("runner", async move {
                    for lap in 1..=LAPS {
                        runtime::sleep(Duration::from_secs(runner)).await;
                        ended.borrow_mut().push(lap);
                        if barrier.wait().await == Ok(true) {
                            leaders.set(leaders.get() + 1);
                        }
                    }
                })
            });
            runtime::join_all(runners).await;
            runtime::now() - start
        });
    let ended = ended.take();
    if !ended.is_sorted() {
        fault(
            38,
            format!(
                "Three runners, a barrier after each lap. The laps were ended as {ended:?}: somebody did not wait."
            ),
        );
    }
    require((leaders.get(), took) == (LAPS, Duration::from_secs(RUNNERS * LAPS)), 38, || {
        format!(
            "Three runners (1, 2 and 3 s a lap), three laps: {} leaders, and {took:?} for all. It must be 3, and 9 s: each lap is as \
             long as that of the slowest.",
            leaders.get()
        )
    });
}

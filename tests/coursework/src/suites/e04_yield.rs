//! 04: `yield_now`, and a computation that gives way.

use std::pin::pin;
use std::task::{Context, Poll};

use crate::check::{Check, require, times};
use crate::log;
use crate::probe::count_waker;

/// What the exercise asks for.
pub trait Yield {
    /// `Pending` once, and then `Ready`.
    fn yield_now() -> impl Future<Output = ()>;
    /// The sum; after each `every` numbers it gives way, if there are more.
    fn sum_politely(numbers: &[u64], every: usize) -> impl Future<Output = u64>;
}

/// The checks of exercise 04.
pub fn checks<T: Yield>() -> Vec<Check> {
    vec![
        Check::new("yield_now is pending at its first poll", pending_once::<T>),
        Check::new("it wakes its own task before it says Pending", wakes::<T>),
        Check::new("it is ready at its second poll, without a wake", then_ready::<T>),
        Check::new("to call yield_now does nothing before the first poll", lazy::<T>),
        Check::new("two of them do not know of each other", independent::<T>),
        Check::new("sum_politely gives the sum", sums::<T>),
        Check::new("sum_politely gives way as often as it should", gives_way::<T>),
        Check::new("two sums at once take turns", take_turns::<T>),
    ]
}

fn pending_once<T: Yield>() {
    let (_, waker) = count_waker("w");
    let mut future = pin!(T::yield_now());
    let first = future.as_mut().poll(&mut Context::from_waker(&waker));
    require(first.is_pending(), 0, || {
        "`yield_now` was ready at its first poll: then nobody else gets a turn.".into()
    });
}

fn wakes<T: Yield>() {
    let (count, waker) = count_waker("w");
    let mut future = pin!(T::yield_now());
    let _ = future.as_mut().poll(&mut Context::from_waker(&waker));
    let wakes = count.wakes();
    require(wakes == 1, 0, || {
        format!(
            "`yield_now` answered Pending and had called its waker {}, not once. Nothing outside will wake this task: it must do so \
             itself, or it waits for ever.",
            times(wakes)
        )
    });
}

fn then_ready<T: Yield>() {
    let (count, waker) = count_waker("w");
    let mut future = pin!(T::yield_now());
    let cx = &mut Context::from_waker(&waker);
    let _ = future.as_mut().poll(cx);
    let before = count.wakes();
    let second = future.as_mut().poll(cx);
    require(second.is_ready(), 0, || {
        "`yield_now` was pending at its second poll, too: it must remember that it has given way.".into()
    });
    require(count.wakes() == before, 0, || {
        "At its second poll `yield_now` called the waker again: who is ready needs no wake.".into()
    });
}

fn lazy<T: Yield>() {
    let (_, waker) = count_waker("w");
    let mut first = pin!(T::yield_now());
    let _never_polled = T::yield_now();
    let answer = first.as_mut().poll(&mut Context::from_waker(&waker));
    require(answer.is_pending(), 0, || {
        "A `yield_now` that was made and not polled has changed another one. What a future remembers is in the future.".into()
    });
}

fn independent<T: Yield>() {
    let (_, waker) = count_waker("w");
    let cx = &mut Context::from_waker(&waker);
    let (mut a, mut b) = (pin!(T::yield_now()), pin!(T::yield_now()));
    let first = [a.as_mut().poll(cx).is_ready(), b.as_mut().poll(cx).is_ready()];
    let second = [b.as_mut().poll(cx).is_ready(), a.as_mut().poll(cx).is_ready()];
    require((first, second) == ([false; 2], [true; 2]), 0, || {
        format!(
            "Two `yield_now`s, polled in turn, were ready {first:?} at their first polls and {second:?} at their second. What a future \
             remembers is in the future, not in a static."
        )
    });
}

/// The sum, and how often it was pending.
fn run<T: Yield>(numbers: &[u64], every: usize) -> (u64, usize) {
    let (count, waker) = count_waker("w");
    let mut future = pin!(T::sum_politely(numbers, every));
    let mut pending = 0;
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(sum) => return (sum, pending),
            Poll::Pending => pending += 1,
        }
        require(count.wakes() >= pending, 0, || {
            format!(
                "`sum_politely` was pending {} and had called its waker {}.",
                times(pending),
                times(count.wakes())
            )
        });
    }
}

fn sums<T: Yield>() {
    for (numbers, every) in [(&[1, 2, 3][..], 1), (&[5; 100], 7), (&[], 3)] {
        let (sum, _) = run::<T>(numbers, every);
        let right = numbers.iter().sum::<u64>();
        require(sum == right, 0, || {
            format!("The sum of {} numbers is {right}, and `sum_politely` gave {sum}.", numbers.len())
        });
    }
}

fn gives_way<T: Yield>() {
    for (len, every, right) in [(10, 3, 3), (9, 3, 2), (3, 3, 0), (0, 3, 0), (5, 1, 4)] {
        let (_, pending) = run::<T>(&vec![1; len], every);
        require(pending == right, 14, || {
            format!(
                "Of {len} numbers, giving way after each {every} if there are more: that is {}. It gave way {}.",
                times(right),
                times(pending)
            )
        });
    }
}

fn take_turns<T: Yield>() {
    let (_, waker) = count_waker("w");
    let cx = &mut Context::from_waker(&waker);
    let numbers = [1; 6];
    let (mut a, mut b) = (pin!(T::sum_politely(&numbers, 2)), pin!(T::sum_politely(&numbers, 2)));
    let mut turns = String::new();
    for _ in 0..3 {
        for (name, ready) in [('a', a.as_mut().poll(cx).is_ready()), ('b', b.as_mut().poll(cx).is_ready())] {
            log::event(format_args!("{name} is polled: ready {ready}"));
            turns.push(if ready { name.to_ascii_uppercase() } else { name });
        }
    }
    require(turns == "ababAB", 14, || {
        format!(
            "Two sums of 6 numbers, 2 at a time, polled in turn, went {turns} (a capital: ready). It should be ababAB."
        )
    });
}

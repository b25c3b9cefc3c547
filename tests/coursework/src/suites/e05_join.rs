//! 05: `join` of two.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use crate::check::{Check, require, times};
use crate::probe::{count_waker, gate, token};

/// What the exercise asks for.
pub trait Join {
    /// Runs both at once, and gives both outputs.
    fn join<A: Future, B: Future>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)>;
}

/// The checks of exercise 05.
pub fn checks<T: Join>() -> Vec<Check> {
    vec![
        Check::new("join gives both outputs, each on its side", outputs::<T>),
        Check::new("the first poll polls both", polls_both::<T>),
        Check::new("it is ready when both are, whichever is first", both_orders::<T>),
        Check::new("who is ready is not polled again", not_again::<T>),
        Check::new("it hands on the waker of its latest poll", latest_waker::<T>),
        Check::new("it calls no waker itself", wakes_nobody::<T>),
        Check::new("dropping it drops what it holds", drops::<T>),
        Check::new("a join can be joined", nested::<T>),
    ]
}

fn outputs<T: Join>() {
    let (_, waker) = count_waker("w");
    let mut both = pin!(T::join(async { 1 }, async { "two" }));
    let answer = both.as_mut().poll(&mut Context::from_waker(&waker));
    require(answer == Poll::Ready((1, "two")), 0, || {
        format!("A join of two that are ready with 1 and \"two\" answered {answer:?} at its first poll.")
    });
}

fn polls_both<T: Join>() {
    let (_, waker) = count_waker("w");
    let ((a, first), (b, second)) = (gate("a"), gate("b"));
    let mut both = pin!(T::join(first, second));
    let _ = both.as_mut().poll(&mut Context::from_waker(&waker));
    require((a.polls(), b.polls()) == (1, 1), 0, || {
        format!(
            "Both wait, and after the first poll of the join `a` was polled {} and `b` {}. At once means that neither waits for the \
             other: `a.await` and then `b.await` is one after the other.",
            times(a.polls()),
            times(b.polls())
        )
    });
}

fn both_orders<T: Join>() {
    for a_is_first in [true, false] {
        let (_, waker) = count_waker("w");
        let cx = &mut Context::from_waker(&waker);
        let ((a, first), (b, second)) = (gate("a"), gate("b"));
        let both = T::join(
            async {
                first.await;
                String::from("output of a")
            },
            async {
                second.await;
                2
            },
        );
        let mut both = pin!(both);
        let mut answers = vec![both.as_mut().poll(cx).is_ready()];
        let (early, last) = if a_is_first { (a, b) } else { (b, a) };
        early.open();
        answers.push(both.as_mut().poll(cx).is_ready());
        last.open();
        let end = both.as_mut().poll(cx);
        require(answers == [false, false], 0, || {
            format!("One of two was ready, and the join said: ready {answers:?}.")
        });
        require(end == Poll::Ready(("output of a".into(), 2)), 0, || {
            format!(
                "Both were ready, one after the other, and the join answered {end:?}. The output of the first must be kept."
            )
        });
    }
}

fn not_again<T: Join>() {
    let (_, waker) = count_waker("w");
    let cx = &mut Context::from_waker(&waker);
    for a_is_first in [true, false] {
        let ((a, first), (b, second)) = (gate("a"), gate("b"));
        let mut both = pin!(T::join(first, second));
        let early = if a_is_first { &a } else { &b };
        early.open();
        for _ in 0..3 {
            let _ = both.as_mut().poll(cx); // the probe says so if the one that is ready is polled again
        }
        require(early.polls() == 1, 4, || {
            format!("Who was ready at once was polled {}.", times(early.polls()))
        });
    }
}

fn latest_waker<T: Join>() {
    let ((first, one), (second, two)) = (count_waker("first"), count_waker("second"));
    let ((a, passage), (_b, other)) = (gate("a"), gate("b"));
    let mut both = pin!(T::join(passage, other));
    let _ = both.as_mut().poll(&mut Context::from_waker(&one));
    let _ = both.as_mut().poll(&mut Context::from_waker(&two));
    a.open();
    require((first.wakes(), second.wakes()) == (0, 1), 6, || {
        format!(
            "The join was polled with one waker, then with another. When `a` opened, the first was called {} and the second {}. The task \
             that polled last is the one that waits: hand its context on.",
            times(first.wakes()),
            times(second.wakes())
        )
    });
}

fn wakes_nobody<T: Join>() {
    let (count, waker) = count_waker("w");
    let ((a, first), (_b, second)) = (gate("a"), gate("b"));
    let mut both = pin!(T::join(first, second));
    let _ = both.as_mut().poll(&mut Context::from_waker(&waker));
    require(count.wakes() == 0, 0, || {
        format!(
            "Both wait, nobody has opened anything, and the join has called its waker {}. Its children keep the waker, and will call it: \
             a join that wakes itself spins.",
            times(count.wakes())
        )
    });
    a.open();
    let _ = both.as_mut().poll(&mut Context::from_waker(&waker));
    let wakes = count.wakes();
    require(wakes == 1, 0, || {
        format!("`a` opened, which is one wake, and the waker was called {} in all.", times(wakes))
    });
}

fn drops<T: Join>() {
    let (_, waker) = count_waker("w");
    let ((a, first), (b, second)) = (gate("a"), gate("b"));
    let (token, dropped) = token("output of a");
    {
        let kept = async move {
            first.await;
            token
        };
        let mut both = pin!(T::join(kept, second));
        a.open();
        let _ = both.as_mut().poll(&mut Context::from_waker(&waker));
        require(!dropped.load(Ordering::SeqCst), 0, || {
            "The output of `a` was dropped before `b` was ready.".into()
        });
    }
    require(b.is_dropped() && dropped.load(Ordering::SeqCst), 11, || {
        format!(
            "The join was dropped. Its child that still waited was dropped: {}; the output of the other: {}.",
            b.is_dropped(),
            dropped.load(Ordering::SeqCst)
        )
    });
}

fn nested<T: Join>() {
    let (_, waker) = count_waker("w");
    let cx = &mut Context::from_waker(&waker);
    let (gate, passage) = gate("c");
    let mut all = pin!(T::join(T::join(async { 1 }, async { 2 }), T::join(passage, async { 3 })));
    let _ = all.as_mut().poll(cx);
    gate.open();
    let answer = all.as_mut().poll(cx);
    require(answer == Poll::Ready(((1, 2), ((), 3))), 0, || format!("A join of joins answered {answer:?}."));
}

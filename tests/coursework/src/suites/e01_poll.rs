//! 01: polling by hand, and a future by hand.

use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use crate::check::{Check, fault, require, times};
use crate::log;
use crate::probe::{count_waker, gate, steps};

/// What the exercise asks for.
pub trait Poll01 {
    /// Polls it once: its output if it is ready.
    fn poll_once<F: Future>(future: Pin<&mut F>) -> Option<F::Output>;
    /// Polls it until it is ready: its output, and how many polls that took.
    fn poll_to_end<F: Future>(future: F) -> (F::Output, usize);
    /// `Pending` so many times, then `Ready("lift-off")`.
    fn countdown(from: u32) -> impl Future<Output = &'static str>;
}

/// The checks of exercise 01.
pub fn checks<T: Poll01>() -> Vec<Check> {
    vec![
        Check::new("poll_once gives the output of a future that is ready", ready::<T>),
        Check::new("poll_once gives None for one that is not, after one poll", pending::<T>),
        Check::new("poll_once goes on where the last poll stopped", goes_on::<T>),
        Check::new("poll_to_end polls until Ready, and not once more", to_end::<T>)
            .hang(0, "`poll_to_end` does not end: it must return when a poll gives Ready."),
        Check::new("poll_to_end counts the polls, the last one too", counts::<T>),
        Check::new("countdown(3) gives Pending 3 times, then \"lift-off\"", countdown::<T>),
        Check::new("countdown calls the waker before each Pending", countdown_wakes::<T>),
        Check::new("a countdown counts its own polls only", two_countdowns::<T>),
    ]
}

fn ready<T: Poll01>() {
    let output = T::poll_once(pin!(async { 7 }));
    require(output == Some(7), 0, || {
        format!(
            "`poll_once` of a future that is ready with 7 gave {output:?}. Poll::Ready(value) becomes Some(value)."
        )
    });
}

fn pending<T: Poll01>() {
    let (gate, passage) = gate("a");
    let output = T::poll_once(pin!(passage));
    require(output.is_none(), 0, || {
        "`poll_once` gave an output of a future that waits. Poll::Pending becomes None.".into()
    });
    let polls = gate.polls();
    require(polls == 1, 0, || format!("`poll_once` polled the future {}, not once.", times(polls)));
}

fn goes_on<T: Poll01>() {
    let (future, polls) = steps("a", 2);
    let mut future = pin!(future);
    let outputs = [0; 3].map(|_| T::poll_once(future.as_mut()));
    require(outputs == [None, None, Some(())] && polls.get() == 3, 0, || {
        format!(
            "A future that is ready at its 3rd poll gave {outputs:?} in 3 calls of `poll_once`, and was polled {}.",
            times(polls.get())
        )
    });
}

fn to_end<T: Poll01>() {
    for pending in [0, 1, 5] {
        let (future, polls) = steps("a", pending);
        let ((), _) = T::poll_to_end(future); // one poll more is the probe's fault
        require(polls.get() == pending + 1, 0, || {
            format!("A future that is ready at poll {} was polled {}.", pending + 1, times(polls.get()))
        });
    }
}

fn counts<T: Poll01>() {
    for pending in [0, 1, 5] {
        let (future, polls) = steps("a", pending);
        let (value, counted) = T::poll_to_end(async {
            future.await;
            "done"
        });
        require(value == "done", 0, || {
            format!("`poll_to_end` gave {value:?}, and the future's output was \"done\".")
        });
        require(counted == polls.get(), 0, || {
            format!(
                "`poll_to_end` says {counted} polls, and there were {}: the one that gives Ready counts too.",
                polls.get()
            )
        });
    }
}

fn countdown<T: Poll01>() {
    for from in [3_u32, 0] {
        let (_, waker) = count_waker("w");
        let mut future = pin!(T::countdown(from));
        let mut pending = 0;
        let value = loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(value) => break value,
                Poll::Pending => pending += 1,
            }
            log::event(format_args!("countdown({from}): Pending, the {pending}. time"));
            if pending > 10 {
                fault(0, format!("countdown({from}) gave Pending {pending} times, and no end is in sight."));
            }
        };
        require(pending == from, 0, || {
            format!("countdown({from}) gave Pending {pending} times before it was ready.")
        });
        require(value == "lift-off", 0, || format!("countdown({from}) gave {value:?}, not \"lift-off\"."));
    }
}

fn countdown_wakes<T: Poll01>() {
    let (first, waker) = count_waker("first");
    let mut future = pin!(T::countdown(2));
    require(first.wakes() == 0, 0, || {
        "A countdown has called a waker before it was polled: futures are lazy.".into()
    });
    let _ = future.as_mut().poll(&mut Context::from_waker(&waker));
    require(first.wakes() == 1, 0, || {
        format!(
            "A countdown gave Pending and had called its waker {}, not once. Nobody polls a future again that \
             is not woken: it would wait for ever.",
            times(first.wakes())
        )
    });
    let (second, waker) = count_waker("second");
    let _ = future.as_mut().poll(&mut Context::from_waker(&waker));
    require((first.wakes(), second.wakes()) == (1, 1), 6, || {
        format!(
            "At its 2nd poll the countdown got another waker. It called the old one {} and the new one {}: \
             only the waker of the latest poll counts.",
            times(first.wakes() - 1),
            times(second.wakes())
        )
    });
    let ready = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
    require(ready && second.wakes() == 1, 0, || {
        format!(
            "At its last poll a countdown of 2 was ready: {ready}; the waker was called {}: who is ready needs no wake.",
            times(second.wakes() - 1)
        )
    });
}

fn two_countdowns<T: Poll01>() {
    let (_, waker) = count_waker("w");
    let cx = &mut Context::from_waker(&waker);
    let (mut a, mut b) = (pin!(T::countdown(1)), pin!(T::countdown(1)));
    let first = [a.as_mut().poll(cx).is_ready(), b.as_mut().poll(cx).is_ready()];
    let then = [a.as_mut().poll(cx).is_ready(), b.as_mut().poll(cx).is_ready()];
    require((first, then) == ([false; 2], [true; 2]), 0, || {
        format!(
            "Two countdowns of 1, polled in turn, were ready {first:?} at the first poll and {then:?} at the second. What a future remembers is in the future, not in a static."
        )
    });
}

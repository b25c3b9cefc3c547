//! `join_all`, `race`, and the engine that polls only the children that were woken (traps 39 and 41).

use std::cell::Cell;
use std::future::{pending, poll_fn, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use runtime::{Either, join_all, race, sleep, spawn, yield_now};

use crate::support::leaves::{Event, Log, Place, polls, waits_in};
use crate::support::wakers::Counting;
use crate::support::{bounded, run, run_in_turn, turns};

pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Holds `value` and waits for ever.
pub(crate) async fn holds<T>(value: T) {
    pending::<()>().await;
    drop(value);
}

/// Polls by hand for as long as that is asked for in the poll itself.
pub(crate) fn run_dry<F: Future + Unpin>(hand: &Counting, future: &mut F) -> Poll<F::Output> {
    loop {
        let before = hand.wakes();
        let polled = hand.poll(future);
        if polled.is_ready() || hand.wakes() == before {
            return polled;
        }
    }
}

#[test]
fn join_all_gives_the_outputs_in_the_order_of_the_futures() {
    run(async || {
        let slow_first = (0..20_u64).map(|n| async move {
            sleep(Duration::from_micros((20 - n) * 200)).await;
            n
        });
        assert_eq!(join_all(slow_first).await, (0..20).collect::<Vec<_>>());
        assert_eq!(join_all(Vec::<Boxed<()>>::new()).await, []);
        assert_eq!(join_all([ready(7)]).await, [7]);
        let nested = join_all((0..3).map(|n| join_all((0..n).map(ready)))).await;
        assert_eq!(nested, [vec![], vec![0], vec![0, 1]]);
    });
}

#[test]
fn trap_39_a_wake_of_one_child_polls_one_child() {
    async fn one_by_one(n: usize) {
        let count = Rc::new(Cell::new(0));
        let places: Vec<Place> = (0..n).map(|_| Place::new()).collect();
        let children: Vec<_> = places
            .iter()
            .map(|place| {
                let (place, mut woken) = (place.clone(), false);
                let child = poll_fn(move |cx| {
                    place.keep(cx);
                    if std::mem::replace(&mut woken, true) { Poll::Ready(()) } else { Poll::Pending }
                });
                polls(child, &count)
            })
            .collect();
        let all = spawn(join_all(children));
        turns(n / 100).await; // it gives way after every batch of 128
        assert_eq!(count.get(), n);
        // One at a time: each wake-up costs one poll, not n.
        for (woken, place) in places.iter().enumerate().take(100) {
            place.wake();
            turns(2).await;
            assert_eq!(count.get(), n + woken + 1);
        }
        // All that are left at once; late ones for those that are done.
        places.iter().for_each(Place::wake);
        assert_eq!(all.await.unwrap().len(), n);
        assert_eq!(count.get(), 2 * n);
    }
    run(async || one_by_one(200).await);
    run_in_turn(async || one_by_one(10_000).await);
}

#[test]
fn trap_39_ten_thousand_children_that_wake_themselves_and_others_cost_linearly_many_polls() {
    async fn wake_each_other(all: usize) {
        const TIMES: usize = 5;
        let count = Rc::new(Cell::new(0));
        let places: Rc<Vec<Place>> = Rc::new((0..all).map(|_| Place::new()).collect());
        let children: Vec<_> = (0..all)
            .map(|n| {
                let (places, mut left) = (places.clone(), TIMES);
                let child = poll_fn(move |cx| {
                    places[n].keep(cx);
                    // A neighbour that is polled already, one that is still to come, and itself.
                    places[(n + all - 1) % all].wake();
                    places[(n + 1) % all].wake();
                    if left == 0 {
                        return Poll::Ready(n);
                    }
                    left -= 1;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                });
                polls(child, &count)
            })
            .collect();
        let outputs = join_all(children).await;
        assert!(outputs.into_iter().eq(0..all));
        // Each needs TIMES + 1 polls and gets no other.
        assert_eq!(count.get(), all * (TIMES + 1));
    }
    run(async || wake_each_other(200).await);
    run_in_turn(async || wake_each_other(10_000).await);
}

#[test]
fn trap_02_a_thousand_wakes_of_a_child_are_one_poll_of_it() {
    run(async || {
        let (place, count) = (Place::new(), Rc::new(Cell::new(0)));
        let child = place.clone();
        spawn(join_all([polls(async move { waits_in(&child).await }, &count)]));
        turns(2).await;
        assert_eq!(count.get(), 1);
        (0..1000).for_each(|_| place.wake());
        turns(5).await;
        assert_eq!(count.get(), 2);
        let waker = place.clone();
        thread::spawn(move || (0..1000).for_each(|_| waker.wake())).join().unwrap();
        turns(500).await;
        assert_eq!(count.get(), 3);
    });
}

#[test]
fn join_all_is_polled_by_its_task_only_when_a_child_was_woken() {
    run(async || {
        let (children, parent) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let events = [Event::new(), Event::new()];
        let waiting: Vec<_> = events
            .iter()
            .map(|event| {
                let event = event.clone();
                polls(async move { event.wait().await }, &children)
            })
            .collect();
        spawn(polls(join_all(waiting), &parent));
        turns(10).await;
        assert_eq!((children.get(), parent.get()), (2, 1));
        events[1].set();
        turns(10).await;
        assert_eq!((children.get(), parent.get()), (3, 2));
        events[0].set();
        turns(10).await;
        assert_eq!((children.get(), parent.get()), (4, 3));
    });
}

#[test]
fn children_of_join_all_may_be_woken_from_other_threads() {
    run(async || {
        let places: Vec<Place> = (0..1000).map(|_| Place::new()).collect();
        let children = places.iter().map(|place| {
            let mut woken = false;
            poll_fn(move |cx| {
                place.keep(cx);
                if std::mem::replace(&mut woken, true) { Poll::Ready(()) } else { Poll::Pending }
            })
        });
        let (mut even, mut odd) = (Vec::new(), Vec::new());
        for (n, place) in places.iter().cloned().enumerate() {
            if n % 2 == 0 { even.push(place) } else { odd.push(place) }
        }
        let mut all = join_all(children);
        let counting = Counting::new();
        assert!(run_dry(&counting, &mut all).is_pending());
        let threads = [even, odd].map(|half| thread::spawn(move || half.iter().for_each(Place::wake)));
        assert_eq!(all.await.len(), 1000);
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn join_all_may_be_dropped_in_the_middle_and_takes_its_children_along() {
    run(async || {
        let log = Log::new();
        let child = |name: &str, ends: bool| -> Boxed<()> {
            let gone = log.at_drop(name);
            Box::pin(async move {
                let _gone = gone;
                if !ends {
                    pending::<()>().await;
                }
            })
        };
        let mut all = join_all([child("a", false), child("b", true), child("c", false)]);
        assert!(Counting::new().poll(&mut all).is_pending());
        // A child that is done is dropped at once.
        assert_eq!(log.all(), ["b"]);
        drop(all);
        assert_eq!(log.all(), ["b", "a", "c"]);
    });
}

#[test]
fn trap_04_a_late_wake_of_a_child_that_is_done_polls_nothing() {
    run(async || {
        let (place, event, count) = (Place::new(), Event::new(), Rc::new(Cell::new(0)));
        let kept = place.clone();
        let done: Boxed<()> = Box::pin(poll_fn(move |cx| {
            kept.keep(cx);
            Poll::Ready(())
        }));
        let waiting = event.clone();
        let waits: Boxed<()> = Box::pin(async move { waiting.wait().await });
        let all = spawn(join_all([polls(done, &count), polls(waits, &count)]));
        turns(2).await;
        for _ in 0..3 {
            place.wake();
            turns(2).await;
        }
        assert_eq!(count.get(), 2);
        event.set();
        all.await.unwrap();
        place.wake();
        turns(2).await;
        assert_eq!(count.get(), 3);
    });
}

#[test]
fn race_gives_the_first_and_drops_the_other_where_it_stands() {
    run(async || {
        let log = Log::new();
        let loser = |gone| async move {
            let _gone = gone;
            pending::<()>().await;
        };
        let won = race(sleep(Duration::from_millis(1)), loser(log.at_drop("right"))).await;
        assert_eq!(won, Either::Left(()));
        let won = race(loser(log.at_drop("left")), async { 7 }).await;
        assert_eq!(won, Either::Right(7));
        log.add("end");
        assert_eq!(log.all(), ["right", "left", "end"]);
    });
}

#[test]
fn trap_41_where_both_are_ready_both_win_at_times() {
    run(async || {
        let mut left = 0;
        for _ in 0..100 {
            if race(ready(()), ready(())).await == Either::Left(()) {
                left += 1;
            }
        }
        assert!((20..=80).contains(&left), "the first won {left} times of 100");
        // Also where both become ready later, in one poll.
        let mut left = 0;
        for _ in 0..100 {
            if race(yield_now(), yield_now()).await == Either::Left(()) {
                left += 1;
            }
        }
        assert!((20..=80).contains(&left), "the first won {left} times of 100");
    });
}

#[test]
fn trap_41_what_the_loser_has_done_stays_done() {
    run(async || {
        let log = Log::new();
        let inner = log.clone();
        let loser = async move {
            inner.add("begun");
            pending::<()>().await;
            inner.add("never");
        };
        // Two rounds, so that the loser has its turn before, whoever is polled first.
        let winner = async {
            yield_now().await;
            7
        };
        let won = race(loser, winner).await;
        assert_eq!((won, log.all()), (Either::Right(7), vec!["begun".to_owned()]));
    });
}

#[test]
fn race_and_join_all_run_under_any_executor() {
    bounded(|| {
        let counting = Counting::new();
        let event = Event::new();
        let waiting = || {
            let event = event.clone();
            Box::pin(async move { event.wait().await })
        };
        let mut raced = Box::pin(race(waiting(), pending::<()>()));
        let mut joined = join_all([waiting(), waiting()]);
        assert!(counting.poll(&mut raced).is_pending() && counting.poll(&mut joined).is_pending());
        event.set();
        assert_eq!(counting.wakes(), 2);
        assert_eq!(counting.poll(&mut raced), Poll::Ready(Either::Left(())));
        assert_eq!(counting.poll(&mut joined), Poll::Ready(vec![(), ()]));
    });
}

#[test]
fn trap_41_in_nested_races_every_branch_wins_at_times() {
    run(async || {
        let mut wins = [0; 3];
        for _ in 0..300 {
            match race(race(ready(()), ready(())), ready(())).await {
                Either::Left(Either::Left(())) => wins[0] += 1,
                Either::Left(Either::Right(())) => wins[1] += 1,
                Either::Right(()) => wins[2] += 1,
            }
        }
        assert!(wins.iter().all(|wins| *wins > 0), "{wins:?}");
    });
}

#[test]
fn trap_41_two_races_that_alternate_do_not_freeze_each_others_sides() {
    run(async || {
        let mut left = [0; 2];
        for _ in 0..100 {
            for left in &mut left {
                if race(ready(()), ready(())).await == Either::Left(()) {
                    *left += 1;
                }
            }
        }
        assert!(left.iter().all(|left| (10..=90).contains(left)), "{left:?} of 100");
    });
}

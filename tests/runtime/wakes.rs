//! Wakers: none lost, none twice, polled in turn (rules 3 to 5).

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;

use runtime::{join_all, spawn, yield_now};

use crate::everywhere::everywhere;
use crate::support::leaves::{Event, Log, Place, polls, waits_in};
use crate::support::{run, run_in_turn, turns};

/// Awaits until the future was polled `times` times, calling `at_each` in every poll.
async fn polled(times: usize, mut at_each: impl FnMut(&Waker)) {
    let mut left = times;
    poll_fn(|cx| {
        left -= 1;
        if left == 0 {
            return Poll::Ready(());
        }
        at_each(cx.waker());
        Poll::Pending
    })
    .await;
}

fn on_a_thread(f: impl FnOnce() + Send + 'static) {
    thread::spawn(f).join().unwrap();
}

#[test]
fn trap_01_a_wake_during_the_poll_is_not_lost() {
    run(async || {
        // If one is lost, it hangs.
        spawn(polled(10, Waker::wake_by_ref)).await.unwrap();
        let by_value = |waker: &Waker| {
            let waker = waker.clone();
            waker.wake();
        };
        spawn(polled(10, by_value)).await.unwrap();
        let elsewhere = |waker: &Waker| {
            let waker = waker.clone();
            on_a_thread(move || waker.wake());
        };
        spawn(polled(10, elsewhere)).await.unwrap();
        // The same for the root and for a child of a combinator.
        polled(10, Waker::wake_by_ref).await;
        polled(10, elsewhere).await;
        join_all([polled(10, elsewhere), polled(10, elsewhere)]).await;
    });
}

#[test]
fn rule_3_a_wake_between_two_polls_leads_to_another_poll() {
    run(async || {
        let (place, count) = (Place::new(), Rc::new(Cell::new(0)));
        let waiting = place.clone();
        spawn(polls(async move { waits_in(&waiting).await }, &count));
        for round in 1..=10 {
            turns(2).await;
            assert_eq!(count.get(), round);
            place.wake();
        }
    });
}

#[test]
fn trap_02_rule_4_a_thousand_wakes_from_here_are_one_poll() {
    run(async || {
        let (place, count) = (Place::new(), Rc::new(Cell::new(0)));
        let waiting = place.clone();
        spawn(polls(async move { waits_in(&waiting).await }, &count));
        turns(2).await;
        assert_eq!(count.get(), 1);
        for _ in 0..1000 {
            place.wake();
        }
        turns(5).await;
        assert_eq!(count.get(), 2);
    });
}

#[test]
fn trap_02_rule_4_a_thousand_wakes_from_elsewhere_are_one_poll() {
    run(async || {
        let (place, count) = (Place::new(), Rc::new(Cell::new(0)));
        let waiting = place.clone();
        spawn(polls(async move { waits_in(&waiting).await }, &count));
        turns(2).await;
        let waker = place.clone();
        on_a_thread(move || (0..1000).for_each(|_| waker.wake()));
        turns(500).await;
        assert_eq!(count.get(), 2);
        // From both sides at once it is at most one poll for each side.
        let waker = place.clone();
        on_a_thread(move || waker.wake());
        place.wake();
        turns(500).await;
        assert!((3..=4).contains(&count.get()), "{} polls", count.get());
    });
}

#[test]
fn trap_03_a_wake_never_waits_for_room_in_a_queue() {
    async fn wake_all(tasks: usize) {
        let places: Vec<Place> = (0..tasks).map(|_| Place::new()).collect();
        let counts: Vec<_> = (0..tasks).map(|_| Rc::new(Cell::new(0))).collect();
        for (place, count) in places.iter().zip(&counts) {
            let place = place.clone();
            spawn(polls(async move { waits_in(&place).await }, count));
        }
        turns(1).await;
        // The loop stands still while the thread wakes all of them.
        on_a_thread(move || places.iter().for_each(Place::wake));
        turns(1).await;
        assert!(counts.iter().all(|count| count.get() == 2));
    }
    run(async || wake_all(200).await);
    run_in_turn(async || wake_all(10_000).await);
}

#[test]
fn trap_12_waking_polls_nothing_on_the_spot() {
    run(async || {
        let (place, count) = (Place::new(), Rc::new(Cell::new(0)));
        let waiting = place.clone();
        spawn(polls(async move { waits_in(&waiting).await }, &count));
        turns(2).await;
        let (waker, seen) = (place.clone(), count.clone());
        spawn(async move {
            let before = seen.get();
            waker.wake();
            assert_eq!(seen.get(), before);
        })
        .await
        .unwrap();
        turns(2).await;
        assert_eq!(count.get(), 2);
    });
}

#[test]
fn trap_13_tasks_run_in_the_order_in_which_they_became_ready() {
    run_in_turn(async || {
        let log = Log::new();
        let events: Vec<Event> = (0..20).map(|_| Event::new()).collect();
        for (n, event) in events.iter().enumerate() {
            let (event, log) = (event.clone(), log.clone());
            spawn(async move {
                event.wait().await;
                log.add(n.to_string());
            });
        }
        turns(2).await;
        let order: Vec<usize> = (0..20).map(|n| n * 7 % 20).collect();
        for &n in &order {
            events[n].set();
        }
        turns(2).await;
        assert_eq!(log.all(), order.iter().map(ToString::to_string).collect::<Vec<_>>());
    });
}

#[test]
fn trap_13_nobody_starves_beside_tasks_that_are_always_ready() {
    everywhere(|| async {
        for _ in 0..5 {
            spawn(async {
                loop {
                    yield_now().await;
                }
            });
        }
        let modest = |_| {
            spawn(async {
                for _ in 0..10 {
                    yield_now().await;
                }
            })
        };
        for task in (0..20).map(modest).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

#[test]
fn trap_13_no_task_is_ever_two_turns_ahead_of_another() {
    run_in_turn(async || {
        let counts = Rc::new(RefCell::new(vec![0_usize; 50]));
        let racer = |me: usize| {
            let counts = counts.clone();
            spawn(async move {
                for _ in 0..100 {
                    counts.borrow_mut()[me] += 1;
                    let now = counts.borrow().clone();
                    let (least, most) = (now.iter().min().unwrap(), now.iter().max().unwrap());
                    assert!(most - least <= 1, "{now:?}");
                    yield_now().await;
                }
            })
        };
        for task in (0..50).map(racer).collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
}

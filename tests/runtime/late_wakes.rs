//! Wakers that live longer than what they are for: late wakes, slots and wakers that are used again, cycles, and
//! the end of the runtime (rule 5, traps 4, 5, 10 and 11).

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::future::{pending, poll_fn};
use std::rc::Rc;
use std::task::{Poll, Waker};
use std::thread;

use runtime::{JoinError, spawn, yield_now};

use crate::support::leaves::{Place, polls, waits_in};
use crate::support::{each_order, run, run_in_turn, turns};

fn on_a_thread(f: impl FnOnce() + Send + 'static) {
    thread::spawn(f).join().unwrap();
}

#[test]
fn trap_04_rule_5_a_late_wake_polls_nothing() {
    run(async || {
        let place = Place::new();
        // `polls` fails if it is polled again after it was ready.
        let count = Rc::new(Cell::new(0));
        let kept = place.clone();
        let future = poll_fn(move |cx| {
            kept.keep(cx);
            Poll::Ready(1)
        });
        assert_eq!(spawn(polls(future, &count)).await.unwrap(), 1);
        let waker = place.waker().unwrap();
        waker.wake_by_ref();
        on_a_thread(move || waker.wake());
        turns(500).await;
        assert_eq!(count.get(), 1);
    });
}

#[test]
fn trap_04_nor_does_a_wake_that_came_just_before_the_end() {
    run(async || {
        let count = Rc::new(Cell::new(0));
        // Stands in the queue already when it is ready.
        let future = poll_fn(|cx| {
            cx.waker().wake_by_ref();
            let waker = cx.waker().clone();
            on_a_thread(move || waker.wake());
            Poll::Ready(())
        });
        spawn(polls(future, &count)).await.unwrap();
        turns(500).await;
        assert_eq!(count.get(), 1);
    });
}

#[test]
fn trap_05_an_old_waker_does_not_wake_who_has_the_slot_now() {
    run(async || {
        let place = Place::new();
        let kept = place.clone();
        let old = spawn(poll_fn(move |cx| {
            kept.keep(cx);
            Poll::Ready(())
        }));
        old.await.unwrap();
        let count = Rc::new(Cell::new(0));
        let _tenants: Vec<_> = (0..10).map(|_| spawn(polls(pending::<()>(), &count))).collect();
        turns(2).await;
        assert_eq!(count.get(), 10);
        let waker = place.waker().unwrap();
        waker.wake_by_ref();
        on_a_thread(move || waker.wake());
        turns(500).await;
        assert_eq!(count.get(), 10);
    });
}

#[test]
fn trap_05_an_old_handle_does_not_abort_who_has_the_slot_now() {
    run(async || {
        let [old, kept] = [(); 2].map(|()| spawn(async {}));
        let (key, aborts) = (old.id().key(), old.abort_handle());
        turns(2).await;
        assert!(old.is_finished() && aborts.is_finished());
        drop(old); // and so its slot is free, and that of the other is not
        // Nobody keeps a waker of the old one, so that it is used again, too.
        let tenants: Vec<_> = (0..10).map(|_| spawn(pending::<()>())).collect();
        assert!(tenants.iter().any(|task| task.id().key() == key));
        assert!(tenants.iter().all(|task| task.id().key() != kept.id().key()));
        aborts.abort();
        kept.abort();
        turns(3).await;
        assert!(aborts.is_finished());
        assert!(tenants.iter().all(|task| !task.is_finished()));
        kept.await.unwrap();
    });
}

#[test]
fn trap_05_no_two_tasks_of_a_runtime_ever_share_an_id() {
    each_order(|order| {
        let runtime = order.builder().build().unwrap();
        let mut ids = HashSet::new();
        let mut numbers = HashSet::new();
        for _ in 0..3 {
            runtime.block_on(async {
                for round in 0..20 {
                    let tasks: Vec<_> = (0..round).map(|_| spawn(async {})).collect();
                    for task in tasks {
                        assert!(ids.insert(task.id()), "{} was there before", task.id());
                        assert!(numbers.insert(task.id().number()));
                        task.await.unwrap();
                    }
                }
            });
        }
        assert_eq!(ids.len(), 3 * 19 * 20 / 2);
    });
}

#[test]
fn trap_05_wakers_that_are_used_again_wake_their_new_task() {
    async fn waves<const N: usize>(waves: [usize; N]) {
        for wave in waves {
            let places: Vec<Place> = (0..wave).map(|_| Place::new()).collect();
            let tasks: Vec<_> = places
                .iter()
                .map(|place| {
                    let place = place.clone();
                    let mut woken = false;
                    spawn(poll_fn(move |cx| {
                        place.keep(cx);
                        if std::mem::replace(&mut woken, true) { Poll::Ready(()) } else { Poll::Pending }
                    }))
                })
                .collect();
            turns(wave / 64 + 2).await;
            assert!(tasks.iter().all(|task| !task.is_finished()));
            places.iter().for_each(Place::wake);
            for task in tasks {
                task.await.unwrap();
            }
        }
    }
    run(async || waves([1, 10, 50, 2, 30]).await);
    // Far more tasks than wakers that are kept for later use.
    run_in_turn(async || waves([1, 10, 3000, 2, 2000, 100]).await);
}

#[test]
fn trap_10_a_wake_after_the_runtime_is_gone_is_harmless() {
    each_order(|order| {
        let (root, task) = (Place::new(), Place::new());
        let runtime = order.builder().build().unwrap();
        runtime.block_on(async {
            let kept = task.clone();
            spawn(async move { waits_in(&kept).await });
            poll_fn(|cx| {
                root.keep(cx);
                if task.waker().is_some() {
                    return Poll::Ready(());
                }
                cx.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        });
        let wakers = || [root.waker().unwrap(), task.waker().unwrap()];
        let wake_all = || wakers().into_iter().for_each(Waker::wake);
        // Left, but still there; then inside its next root, which has a slot of the same key.
        wake_all();
        let count = Rc::new(Cell::new(0));
        let next = async {
            wake_all();
            turns(3).await;
        };
        runtime.block_on(polls(next, &count));
        assert_eq!(count.get(), 4);
        // Gone; on its own thread, inside another runtime, and on another thread.
        drop(runtime);
        wakers().iter().for_each(Waker::wake_by_ref);
        order.block_on(async {
            wake_all();
            yield_now().await;
        });
        let wakers = wakers();
        on_a_thread(move || wakers.into_iter().for_each(Waker::wake));
    });
}

#[test]
fn trap_10_a_wake_from_the_destructor_of_a_thread_local_is_harmless() {
    struct Wakes(Place);
    impl Drop for Wakes {
        fn drop(&mut self) {
            self.0.wake();
        }
    }
    thread_local!(static LAST: RefCell<Option<Wakes>> = const { RefCell::new(None) });
    each_order(|order| {
        let place = Place::new();
        LAST.set(Some(Wakes(place.clone())));
        order.block_on(async {
            spawn(async move { waits_in(&place).await });
            yield_now().await;
        });
    });
}

#[test]
fn trap_11_a_task_that_keeps_its_own_waker_is_not_leaked() {
    each_order(|order| {
        let held = Rc::new(());
        order.block_on(async {
            for kept_in_itself in [true, false] {
                let held = held.clone();
                let slot = Rc::new(RefCell::new(None));
                let elsewhere = slot.clone();
                spawn(async move {
                    let _held = held;
                    let own = kept_in_itself.then_some(slot);
                    poll_fn(|cx| {
                        if let Some(own) = &own {
                            *own.borrow_mut() = Some(cx.waker().clone());
                        }
                        Poll::<()>::Pending
                    })
                    .await;
                });
                turns(2).await;
                drop(elsewhere);
            }
        });
        assert_eq!(Rc::strong_count(&held), 1);
    });
}

#[test]
fn trap_11_nor_is_one_that_awaits_a_handle_to_itself() {
    each_order(|order| {
        let held = Rc::new(());
        order.block_on(async {
            let (held, cell) = (held.clone(), Rc::new(RefCell::new(None)));
            let own = cell.clone();
            let handle = spawn(async move {
                let _held = held;
                yield_now().await;
                let own: Option<runtime::JoinHandle<()>> = own.take();
                let _ = own.unwrap().await;
            });
            cell.replace(Some(handle));
            turns(5).await;
        });
        assert_eq!(Rc::strong_count(&held), 1);
    });
}

#[test]
fn rule_5_under_a_storm_of_wakes_no_future_is_polled_after_it_was_ready() {
    run(async || {
        // Each wakes itself and a neighbour some times, from both sides, ends early or late, or is aborted.
        let places: Rc<Vec<Place>> = Rc::new((0..200).map(|_| Place::new()).collect());
        let count = Rc::new(Cell::new(0));
        let tasks: Vec<_> = (0..200_usize)
            .map(|n| {
                let places = places.clone();
                let mut left = n % 13;
                let future = poll_fn(move |cx| {
                    places[n].keep(cx);
                    places[(n * 7 + left) % 200].wake();
                    places[(n + left) % 200].wake();
                    if left == 0 {
                        return Poll::Ready(());
                    }
                    left -= 1;
                    cx.waker().wake_by_ref();
                    Poll::Pending
                });
                spawn(polls(future, &count))
            })
            .collect();
        let all: Vec<Place> = places.iter().cloned().collect();
        let storm = thread::spawn(move || (0..20).for_each(|_| all.iter().for_each(Place::wake)));
        // Some before they had a turn, and some that may be over.
        tasks.iter().step_by(18).for_each(runtime::JoinHandle::abort);
        turns(3).await;
        tasks.iter().step_by(9).for_each(runtime::JoinHandle::abort);
        let mut cancelled = 0;
        for task in tasks {
            match task.await {
                Ok(()) => {}
                Err(JoinError::Cancelled) => cancelled += 1,
                Err(error) => panic!("{error}"),
            }
        }
        storm.join().unwrap();
        assert!(cancelled > 0 && cancelled <= 23, "{cancelled}");
    });
}

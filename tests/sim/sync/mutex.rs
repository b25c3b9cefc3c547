//! `Mutex`: one at a time, in the order of arrival, and whoever leaves the line takes nothing with it.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use runtime::sync::Mutex;
use runtime::{race, sim, sleep, spawn, timeout, yield_now};

use crate::support::{Room, abort_somewhen, in_all_orders, settled, within};

#[test]
fn one_holds_the_lock_whoever_is_aborted() {
    in_all_orders(|| async {
        let (mutex, room) = (Rc::new(Mutex::new(0)), Room::default());
        let tasks = [1, 2].map(|_| {
            let (mutex, room) = (mutex.clone(), room.clone());
            spawn(async move {
                let mut held = mutex.lock().await;
                let _inside = room.enter();
                yield_now().await;
                *held += 1;
            })
        });
        abort_somewhen(&tasks[0], 3).await.unwrap();
        let mut ended = 0;
        for task in tasks {
            ended += usize::from(task.await.is_ok());
        }
        assert_eq!(mutex.try_lock().map(|held| *held), Some(ended), "each that ended has counted");
    });
}

#[test]
fn three_get_it_in_the_order_in_which_they_came() {
    in_all_orders(|| async {
        let mutex = Rc::new(Mutex::new(()));
        let (came, got) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
        let tasks = [0, 1, 2].map(|n| {
            let (mutex, came, got) = (mutex.clone(), came.clone(), got.clone());
            spawn(async move {
                came.borrow_mut().push(n);
                let _held = mutex.lock().await;
                got.borrow_mut().push(n);
                yield_now().await;
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(came, got);
    });
}

#[test]
fn nobody_gets_in_between_the_handing_over_and_the_turn_of_who_got_it() {
    in_all_orders(|| async {
        let (mutex, room) = (Rc::new(Mutex::new(())), Room::default());
        let held = mutex.lock().await;
        let waits = {
            let (mutex, room) = (mutex.clone(), room.clone());
            spawn(async move {
                let _held = mutex.lock().await;
                let _inside = room.enter();
                yield_now().await;
            })
        };
        let tries = {
            let (mutex, room) = (mutex.clone(), room.clone());
            spawn(async move {
                for _ in 0..3 {
                    if let Some(_held) = mutex.try_lock() {
                        let _inside = room.enter();
                        yield_now().await;
                    }
                    yield_now().await;
                }
            })
        };
        yield_now().await;
        drop(held);
        waits.await.unwrap();
        tries.await.unwrap();
    });
}

#[test]
fn who_is_aborted_in_line_or_with_the_lock_just_handed_over_holds_up_nobody() {
    in_all_orders(|| async {
        let mutex = Rc::new(Mutex::new(()));
        let held = mutex.lock().await;
        let [aborted, last] = [0, 1].map(|_| {
            let mutex = mutex.clone();
            spawn(async move { drop(mutex.lock().await) })
        });
        settled().await; // both are in line
        let aborter = abort_somewhen(&aborted, 3);
        for _ in 0..sim::choose(3) {
            yield_now().await;
        }
        drop(held);
        last.await.unwrap();
        aborter.await.unwrap();
        let _ = aborted.await;
        assert!(!mutex.is_locked());
    });
}

#[test]
fn an_owned_guard_puts_the_value_back_also_when_its_task_is_aborted() {
    within(5, || async {
        let (mutex, room) = (Rc::new(Mutex::new(vec![0])), Room::default());
        let tasks = [1, 2, 3].map(|n| {
            let (mutex, room) = (mutex.clone(), room.clone());
            spawn(async move {
                let mut held = mutex.lock_owned().await;
                let _inside = room.enter();
                held.push(n);
                yield_now().await;
                held.push(-n);
            })
        });
        abort_somewhen(&tasks[1], 4).await.unwrap();
        for task in tasks {
            let _ = task.await;
        }
        let mutex = Rc::try_unwrap(mutex).unwrap();
        let value = mutex.into_inner();
        // Nobody wrote between another's two words.
        let pair = |n: i32| value.windows(2).any(|two| two == [n, -n]);
        assert!(pair(1) && pair(3) && value[0] == 0, "{value:?}");
    });
}

#[test]
fn a_limit_that_is_up_in_the_moment_of_the_handing_over_loses_no_lock() {
    in_all_orders(|| async {
        let second = Duration::from_secs(1);
        let mutex = Rc::new(Mutex::new(()));
        let held = mutex.lock().await;
        let tasks = [0, 1].map(|_| {
            let mutex = mutex.clone();
            spawn(async move { timeout(second, mutex.lock()).await.is_ok() })
        });
        sleep(second).await; // as long as the others wait
        drop(held);
        for task in tasks {
            task.await.unwrap(); // in time or late
        }
        assert!(mutex.try_lock().is_some(), "whoever was late, and had got it, gave it back");
    });
}

#[test]
fn the_loser_of_a_race_for_two_locks_gives_its_own_back() {
    in_all_orders(|| async {
        let (left, right) = (Rc::new(Mutex::new(())), Rc::new(Mutex::new(())));
        let holder = {
            let (left, right) = (left.clone(), right.clone());
            spawn(async move {
                let _both = (left.lock().await, right.lock().await);
                yield_now().await;
            })
        };
        drop(race(left.lock(), right.lock()).await);
        holder.await.unwrap();
        assert!(left.try_lock().is_some() && right.try_lock().is_some());
    });
}

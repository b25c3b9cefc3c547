//! `Semaphore`: no permit is lost or made, and a large request is neither overtaken nor left to starve.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use runtime::sync::Semaphore;
use runtime::{sleep, spawn, timeout, yield_now};

use crate::support::{Room, abort_somewhen, in_all_orders, settled, within};

#[test]
fn as_many_are_inside_as_there_are_permits_and_all_come_back() {
    within(5, || async {
        let (semaphore, room) = (Rc::new(Semaphore::new(2)), Room::default());
        let tasks = [0, 1, 2].map(|_| {
            let (semaphore, room) = (semaphore.clone(), room.clone());
            spawn(async move {
                let _permit = semaphore.acquire(1).await.unwrap();
                let _inside = room.enter_with(2);
                yield_now().await;
            })
        });
        abort_somewhen(&tasks[0], 3).await.unwrap();
        for task in tasks {
            let _ = task.await;
        }
        assert_eq!(semaphore.available(), 2);
    });
}

#[test]
fn requests_large_and_small_are_served_in_the_order_in_which_they_came() {
    in_all_orders(|| async {
        let semaphore = Rc::new(Semaphore::new(2));
        let (came, got) = (Rc::new(RefCell::new(Vec::new())), Rc::new(RefCell::new(Vec::new())));
        let tasks = [1, 2, 1].map(|wanted| {
            let (semaphore, came, got) = (semaphore.clone(), came.clone(), got.clone());
            spawn(async move {
                let me = runtime::current_task();
                came.borrow_mut().push(me);
                let permit = semaphore.acquire(wanted).await.unwrap();
                // Served in this order; who was served together with others has its turn when it has it, so the order of
                // the turns says nothing where both found room.
                got.borrow_mut().push((me, wanted));
                yield_now().await;
                drop(permit);
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        let (came, got) = (came.take(), got.take());
        // The large one shares the room with nobody: whoever came before it was there before it, and the others after.
        let large = got.iter().position(|(_, wanted)| *wanted == 2).unwrap();
        assert_eq!(came[large], got[large].0, "{came:?}, {got:?}");
        assert_eq!(semaphore.available(), 2);
    });
}

#[test]
fn a_large_request_that_is_aborted_lets_those_behind_it_go_on() {
    in_all_orders(|| async {
        let semaphore = Rc::new(Semaphore::new(3));
        let held = semaphore.acquire(2).await.unwrap();
        let [large, small] = [3, 1].map(|wanted| {
            let semaphore = semaphore.clone();
            spawn(async move { semaphore.acquire(wanted).await.map(drop) })
        });
        let aborter = abort_somewhen(&large, 4);
        let mut held = Some(held);
        match runtime::sim::choose(4) {
            0 => settled().await, // until it is aborted; there is one for the small one all the time
            turns => {
                for _ in 1..turns {
                    yield_now().await;
                }
                held = None;
            }
        }
        small.await.unwrap().unwrap();
        drop(held);
        aborter.await.unwrap();
        let _ = large.await;
        assert_eq!(semaphore.available(), 3);
    });
}

#[test]
fn a_limit_that_is_up_in_the_moment_of_the_release_loses_no_permit() {
    in_all_orders(|| async {
        let second = Duration::from_secs(1);
        let semaphore = Rc::new(Semaphore::new(2));
        let held = semaphore.acquire(2).await.unwrap();
        let tasks = [1, 2].map(|wanted| {
            let semaphore = semaphore.clone();
            spawn(async move { timeout(second, semaphore.acquire(wanted)).await.is_ok() })
        });
        sleep(second).await;
        drop(held);
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(semaphore.available(), 2);
    });
}

#[test]
fn who_waits_when_it_is_closed_hears_of_it_and_who_was_served_before_keeps_its_permits() {
    in_all_orders(|| async {
        let semaphore = Rc::new(Semaphore::new(1));
        let tasks = [0, 1].map(|_| {
            let semaphore = semaphore.clone();
            spawn(async move {
                match semaphore.acquire(1).await {
                    Ok(permit) => {
                        yield_now().await;
                        drop(permit);
                    }
                    Err(_) => assert!(semaphore.is_closed()),
                }
            })
        });
        let closer = {
            let semaphore = semaphore.clone();
            spawn(async move { semaphore.close() })
        };
        for task in tasks.into_iter().chain([closer]) {
            task.await.unwrap();
        }
        assert_eq!(semaphore.available(), 1);
    });
}

#[test]
fn permits_that_are_split_and_forgotten_are_counted_once() {
    in_all_orders(|| async {
        let semaphore = Rc::new(Semaphore::new(3));
        let tasks = [0, 1].map(|_| {
            let semaphore = semaphore.clone();
            spawn(async move {
                let mut permits = semaphore.acquire(2).await.unwrap();
                let one = permits.split(1).unwrap();
                yield_now().await;
                drop(permits);
                yield_now().await;
                one.forget();
                semaphore.add_permits(1);
            })
        });
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(semaphore.available(), 3);
    });
}

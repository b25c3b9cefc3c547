//! Semaphore: so many at once, large requests and small ones in the order in which they came.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use runtime::sync::{Acquire, Closed, Permit, Semaphore, TryAcquireError};
use runtime::{join_all, sleep, spawn, timeout, yield_now};

use super::{Counter, Dice, Log, stall_of};
use crate::everywhere::everywhere;

#[test]
fn permits_that_are_there_are_had_at_once_and_come_back() {
    let (semaphore, counter) = (Semaphore::new(5), Counter::new());
    let two = counter.ready(&mut semaphore.acquire(2)).unwrap();
    let three = counter.ready(&mut semaphore.acquire(3)).unwrap();
    assert_eq!((two.count(), three.count(), semaphore.available()), (2, 3, 0));
    drop(two);
    assert_eq!(semaphore.available(), 2);
    drop(three);
    assert_eq!((semaphore.available(), counter.wakes(), counter.kept()), (5, 0, 0));
}

#[test]
fn never_more_than_the_permits_are_inside() {
    everywhere(|| async {
        let (semaphore, inside) = (Rc::new(Semaphore::new(5)), Rc::new(Cell::new(0)));
        let tasks: Vec<_> = (0..15)
            .map(|n| {
                let (semaphore, inside) = (semaphore.clone(), inside.clone());
                spawn(async move {
                    let weight = n % 5 + 1;
                    for _ in 0..3 {
                        let _permit = semaphore.acquire(weight).await.unwrap();
                        inside.set(inside.get() + weight);
                        assert!(inside.get() <= 5);
                        yield_now().await;
                        inside.set(inside.get() - weight);
                    }
                })
            })
            .collect();
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
        assert_eq!(semaphore.available(), 5);
    });
}

#[test]
fn trap_40_small_requests_do_not_overtake_a_large_one() {
    let (semaphore, counter) = (Semaphore::new(3), Counter::new());
    let held = semaphore.try_acquire(1).unwrap();
    let mut large = semaphore.acquire(3);
    assert!(counter.is_pending(&mut large));
    // Two are there, but they are kept for the large one.
    assert_eq!(semaphore.available(), 2);
    assert_eq!(semaphore.try_acquire(1).err(), Some(TryAcquireError::NoPermits));
    assert_eq!(semaphore.try_acquire(0).err(), Some(TryAcquireError::NoPermits));
    let mut small = semaphore.acquire(1);
    assert!(counter.is_pending(&mut small));
    drop(held);
    assert!(counter.is_pending(&mut small));
    let large = counter.ready(&mut large).unwrap();
    assert_eq!(large.count(), 3);
    drop(large);
    assert!(counter.ready(&mut small).is_ok());
}

#[test]
fn trap_40_a_large_request_does_not_starve_behind_small_ones_that_keep_coming() {
    everywhere(|| async {
        let (semaphore, done) = (Rc::new(Semaphore::new(4)), Rc::new(Cell::new(false)));
        let small: Vec<_> = (0..6)
            .map(|_| {
                let (semaphore, done) = (semaphore.clone(), done.clone());
                spawn(async move {
                    let mut rounds = 0;
                    while !done.get() {
                        let _permit = semaphore.acquire(1).await.unwrap();
                        yield_now().await;
                        rounds += 1;
                        assert!(rounds < 1000, "the large request starves");
                    }
                })
            })
            .collect();
        yield_now().await;
        let all = semaphore.acquire(4).await.unwrap();
        done.set(true);
        drop(all);
        for ended in join_all(small).await {
            ended.unwrap();
        }
    });
}

#[test]
fn trap_40_requests_of_unlike_sizes_are_served_in_the_order_in_which_they_came() {
    everywhere(|| async {
        let (semaphore, came, served) = (Rc::new(Semaphore::new(6)), Log::new(), Log::new());
        let held = semaphore.acquire(6).await.unwrap();
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let (semaphore, came, served) = (semaphore.clone(), came.clone(), served.clone());
                spawn(async move {
                    came.push(n);
                    // From 4 to 6 of the 6: no two fit in together, so there is one order only.
                    let _permit = semaphore.acquire(n % 3 + 4).await.unwrap();
                    served.push(n);
                    yield_now().await;
                })
            })
            .collect();
        sleep(Duration::from_secs(1)).await; // all have come
        drop(held);
        join_all(tasks).await;
        assert_eq!(served.entries(), came.entries());
    });
}

#[test]
fn trap_37_permits_given_to_a_future_that_is_then_dropped_go_to_the_next() {
    let (semaphore, [a, b, c]) = (Semaphore::new(2), [Counter::new(), Counter::new(), Counter::new()]);
    let held = semaphore.try_acquire(2).unwrap();
    let mut both = semaphore.acquire(2);
    let [mut one, mut other] = [semaphore.acquire(1), semaphore.acquire(1)];
    assert!(a.is_pending(&mut both) && b.is_pending(&mut one) && c.is_pending(&mut other));
    drop(held);
    assert_eq!([&a, &b, &c].map(Counter::wakes), [1, 0, 0]);
    drop(both);
    assert_eq!([&a, &b, &c].map(Counter::wakes), [1, 1, 1]);
    drop(one);
    drop(c.ready(&mut other));
    assert_eq!(semaphore.available(), 2);
}

#[test]
fn trap_37_when_the_first_gives_up_what_was_too_little_for_him_serves_the_next() {
    let (semaphore, counter) = (Semaphore::new(1), Counter::new());
    let mut large = semaphore.acquire(2);
    let mut small = semaphore.acquire(1);
    assert!(counter.is_pending(&mut large) && counter.is_pending(&mut small));
    drop(large);
    assert_eq!(counter.wakes(), 1);
    assert!(counter.ready(&mut small).is_ok());
}

#[test]
fn what_cannot_be_had_yet_is_had_when_permits_are_added() {
    let (semaphore, counter) = (Semaphore::new(0), Counter::new());
    let mut all = semaphore.acquire(3);
    assert!(counter.is_pending(&mut all));
    semaphore.add_permits(2);
    assert!(counter.is_pending(&mut all));
    semaphore.add_permits(2);
    assert_eq!(counter.wakes(), 1);
    counter.ready(&mut all).unwrap().forget();
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn permits_added_at_once_serve_as_many_as_they_can() {
    let semaphore = Semaphore::new(0);
    let counters: Vec<_> = (0..5).map(|_| Counter::new()).collect();
    let mut waiting: Vec<_> = counters.iter().map(|_| semaphore.acquire(2)).collect();
    for (counter, future) in counters.iter().zip(&mut waiting) {
        assert!(counter.is_pending(future));
    }
    semaphore.add_permits(7);
    assert_eq!(counters.iter().map(Counter::wakes).collect::<Vec<_>>(), [1, 1, 1, 0, 0]);
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn no_permits_are_had_at_once_too() {
    let (semaphore, counter) = (Semaphore::new(0), Counter::new());
    assert_eq!(counter.ready(&mut semaphore.acquire(0)).unwrap().count(), 0);
}

#[test]
fn more_permits_than_can_be_counted_are_as_many_as_can() {
    let semaphore = Semaphore::new(usize::MAX);
    let permit = semaphore.try_acquire(5).unwrap();
    semaphore.add_permits(10);
    drop(permit);
    assert_eq!(semaphore.available(), usize::MAX);
}

#[test]
fn a_permit_can_be_split() {
    let semaphore = Semaphore::new(5);
    let mut four = semaphore.try_acquire(4).unwrap();
    assert!(four.split(5).is_none());
    let one = four.split(1).unwrap();
    assert_eq!((four.count(), one.count(), semaphore.available()), (3, 1, 1));
    drop(four);
    assert_eq!(semaphore.available(), 4);
    drop(one);
    assert_eq!(semaphore.available(), 5);
}

#[test]
fn closing_tells_those_who_wait_and_those_who_come() {
    let (semaphore, counter) = (Semaphore::new(1), Counter::new());
    let held = semaphore.try_acquire(1).unwrap();
    let mut waits = semaphore.acquire(1);
    let mut gives_up = semaphore.acquire(1);
    assert!(counter.is_pending(&mut waits) && counter.is_pending(&mut gives_up));
    semaphore.close();
    assert_eq!(counter.wakes(), 2);
    drop(gives_up);
    assert_eq!(counter.ready(&mut waits).err(), Some(Closed));
    assert_eq!(counter.ready(&mut semaphore.acquire(0)).err(), Some(Closed));
    assert_eq!(semaphore.try_acquire(1).err(), Some(TryAcquireError::Closed));
    drop(held);
    assert!(semaphore.is_closed());
    assert_eq!(semaphore.available(), 1);
}

#[test]
fn permits_that_were_given_before_the_close_are_good() {
    let (semaphore, counter) = (Semaphore::new(0), Counter::new());
    let mut waits = semaphore.acquire(1);
    assert!(counter.is_pending(&mut waits));
    semaphore.add_permits(1);
    semaphore.close();
    assert!(counter.ready(&mut waits).is_ok());
}

#[test]
fn an_owned_permit_keeps_the_semaphore_and_wakes_like_any_other() {
    everywhere(|| async {
        let semaphore = Rc::new(Semaphore::new(1));
        let permit = semaphore.clone().acquire_owned(1).await.unwrap();
        assert!(semaphore.clone().try_acquire_owned(1).is_err());
        let task = spawn(async move {
            yield_now().await;
            drop(permit);
        });
        let again = semaphore.clone().acquire_owned(1).await.unwrap();
        task.await.unwrap();
        drop(semaphore);
        drop(again);
    });
}

#[test]
fn trap_37_a_wait_that_is_cut_short_leaves_nothing_behind() {
    everywhere(|| async {
        let semaphore = Rc::new(Semaphore::new(3));
        let held = semaphore.acquire(2).await.unwrap();
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let semaphore = semaphore.clone();
                spawn(async move {
                    let _ = timeout(Duration::from_millis(n as u64), semaphore.acquire(n % 4)).await;
                })
            })
            .collect();
        sleep(Duration::from_millis(10)).await;
        drop(held);
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
        assert_eq!(semaphore.available(), 3);
        assert!(format!("{semaphore:?}").contains("waiting: 0"), "{semaphore:?}");
    });
}

#[test]
fn who_waits_for_permits_is_named_by_the_stall_report() {
    let report = stall_of(async {
        let _ = Semaphore::new(0).acquire(1).await;
    });
    assert!(report.contains("waits for permits of semaphore "), "{report}");
}

/// A list, and nothing clever: what a fair semaphore is to do.
#[derive(Default)]
struct Model {
    available: usize,
    line: VecDeque<(usize, usize)>,
    granted: Vec<usize>,
}

impl Model {
    fn serve(&mut self) {
        while let Some((number, wanted)) = self.line.front().copied()
            && wanted <= self.available
        {
            self.available -= wanted;
            self.granted.push(number);
            self.line.pop_front();
        }
    }
}

#[test]
fn whatever_is_done_in_whatever_order_it_does_what_the_model_does() {
    for seed in 0..100 {
        let mut dice = Dice(seed);
        let (semaphore, counter) = (Semaphore::new(4), Counter::new());
        let mut model = Model { available: 4, ..Model::default() };
        let mut futures: Vec<(usize, usize, Acquire<&Semaphore>)> = Vec::new();
        let mut permits: Vec<Permit<&Semaphore>> = Vec::new();
        for number in 0..400 {
            match dice.below(7) {
                0..=2 => {
                    let wanted = dice.below(5);
                    let mut future = semaphore.acquire(wanted);
                    match counter.poll(&mut future) {
                        Poll::Ready(permit) => {
                            assert!(model.line.is_empty() && wanted <= model.available);
                            model.available -= wanted;
                            permits.push(permit.unwrap());
                        }
                        Poll::Pending => {
                            assert!(!model.line.is_empty() || wanted > model.available);
                            model.line.push_back((number, wanted));
                            futures.push((number, wanted, future));
                        }
                    }
                }
                3 if !futures.is_empty() => {
                    // Gives up, waiting or granted.
                    let (number, wanted, future) = futures.remove(dice.below(futures.len()));
                    drop(future);
                    if model.granted.contains(&number) {
                        model.available += wanted;
                    }
                    model.granted.retain(|n| *n != number);
                    model.line.retain(|(n, _)| *n != number);
                    model.serve();
                }
                4 if !futures.is_empty() => {
                    let at = dice.below(futures.len());
                    let number = futures[at].0;
                    match counter.poll(&mut futures[at].2) {
                        Poll::Ready(permit) => {
                            assert!(model.granted.contains(&number), "it overtook");
                            model.granted.retain(|n| *n != number);
                            permits.push(permit.unwrap());
                            drop(futures.remove(at));
                        }
                        Poll::Pending => assert!(!model.granted.contains(&number), "it was passed over"),
                    }
                }
                5 if !permits.is_empty() => {
                    let permit = permits.swap_remove(dice.below(permits.len()));
                    model.available += permit.count();
                    model.serve();
                    drop(permit);
                }
                _ => {
                    if let Ok(permit) = semaphore.try_acquire(1) {
                        assert!(model.line.is_empty());
                        model.available -= 1;
                        permits.push(permit);
                    }
                }
            }
            assert_eq!(semaphore.available(), model.available, "seed {seed}, step {number}");
        }
        drop(futures);
        drop(permits);
        assert_eq!((semaphore.available(), counter.kept()), (4, 0), "seed {seed}");
    }
}

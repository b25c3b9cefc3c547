//! Condvar: no notice is lost, and each goes to one who is there.

use std::rc::Rc;
use std::time::Duration;

use runtime::sync::{Condvar, CondvarWait, Mutex};
use runtime::{join_all, sleep, spawn, timeout, yield_now};

use super::{Counter, Log, panic_of, stall_of};
use crate::everywhere::everywhere;

/// `N` futures that wait to be notified, each polled once by its counter.
fn line<'a, const N: usize>(
    mutex: &'a Mutex<()>,
    condvar: &'a Condvar,
    counters: &[Counter; N],
) -> [CondvarWait<'a, ()>; N] {
    counters.each_ref().map(|counter| {
        let mut wait = condvar.wait(mutex.try_lock().unwrap());
        assert!(counter.is_pending(&mut wait));
        wait
    })
}

fn wakes<const N: usize>(counters: &[Counter; N]) -> [usize; N] {
    counters.each_ref().map(Counter::wakes)
}

#[test]
fn waiting_unlocks_and_a_notice_locks_again() {
    let (mutex, condvar, counter) = (Mutex::new(1), Condvar::new(), Counter::new());
    let mut wait = condvar.wait(mutex.try_lock().unwrap());
    assert!(mutex.is_locked(), "the first poll unlocks, not the call");
    assert!(counter.is_pending(&mut wait));
    *mutex.try_lock().unwrap() = 2;
    condvar.notify_one();
    assert_eq!(counter.wakes(), 1);
    let guard = counter.ready(&mut wait);
    assert_eq!((*guard, mutex.is_locked()), (2, true));
    drop(guard);
    assert_eq!((mutex.is_locked(), counter.kept()), (false, 0));
}

#[test]
fn one_that_is_notified_while_another_has_the_lock_waits_for_that_too() {
    let (mutex, condvar, counter) = (Mutex::new(()), Condvar::new(), Counter::new());
    let mut wait = condvar.wait(mutex.try_lock().unwrap());
    assert!(counter.is_pending(&mut wait));
    let guard = mutex.try_lock().unwrap();
    condvar.notify_one();
    assert!(counter.is_pending(&mut wait));
    drop(guard);
    assert_eq!(counter.wakes(), 2);
    drop(counter.ready(&mut wait));
}

#[test]
fn a_notice_goes_to_the_one_who_has_waited_longest_and_to_nobody_if_nobody_waits() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    condvar.notify_one();
    condvar.notify_all();
    let counters = [Counter::new(), Counter::new(), Counter::new()];
    let _line = line(&mutex, &condvar, &counters);
    assert_eq!(wakes(&counters), [0, 0, 0]);
    condvar.notify_one();
    assert_eq!(wakes(&counters), [1, 0, 0]);
    condvar.notify_one();
    assert_eq!(wakes(&counters), [1, 1, 0]);
    condvar.notify_all();
    assert_eq!(wakes(&counters), [1, 1, 1]);
}

#[test]
fn between_unlocking_and_waiting_there_is_no_gap() {
    everywhere(|| async {
        let shared = Rc::new((Mutex::new(false), Condvar::new()));
        let notifies = spawn({
            let shared = shared.clone();
            async move {
                *shared.0.lock().await = true;
                shared.1.notify_one();
            }
        });
        let mut ready = shared.0.lock().await;
        while !*ready {
            ready = shared.1.wait(ready).await;
        }
        notifies.await.unwrap();
    });
}

#[test]
fn trap_37_the_notice_of_one_that_is_dropped_goes_to_the_next() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let counters = [(); 4].map(|()| Counter::new());
    let [mut a, mut b, c, mut d] = line(&mutex, &condvar, &counters);
    condvar.notify_one();
    // Dropped before its turn.
    assert_eq!(wakes(&counters), [1, 0, 0, 0]);
    assert!(counters[3].is_pending(&mut d));
    let guard = mutex.try_lock().unwrap();
    assert!(counters[0].is_pending(&mut a)); // it waits for the lock now
    drop(a); // dropped while it waits for the lock
    assert_eq!(wakes(&counters), [1, 1, 0, 0]);
    assert!(counters[1].is_pending(&mut b));
    drop(guard);
    assert_eq!(wakes(&counters), [1, 2, 0, 0]); // it was given the lock
    drop(b); // and dropped with that
    assert_eq!(wakes(&counters), [1, 2, 1, 0]);
    assert!(!mutex.is_locked());
    drop(c);
    assert_eq!(wakes(&counters), [1, 2, 1, 1]);
    drop(counters[3].ready(&mut d));
    assert!(counters.iter().all(|counter| counter.kept() == 0));
}

#[test]
fn one_that_returned_owes_nothing_and_neither_does_one_of_all() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let counters = [(); 3].map(|()| Counter::new());
    let [mut a, b, c] = line(&mutex, &condvar, &counters);
    condvar.notify_one();
    drop(counters[0].ready(&mut a));
    drop(a);
    assert_eq!(wakes(&counters), [1, 0, 0]);
    condvar.notify_all();
    let late = [Counter::new()];
    let _late = line(&mutex, &condvar, &late);
    drop((b, c));
    assert_eq!(wakes(&late), [0]);
}

#[test]
fn dropped_while_it_waits_it_leaves_the_line() {
    let (mutex, condvar) = (Mutex::new(()), Condvar::new());
    let counters = [(); 3].map(|()| Counter::new());
    let [a, b, c] = line(&mutex, &condvar, &counters);
    drop(a);
    condvar.notify_one();
    assert_eq!(wakes(&counters), [0, 1, 0]);
    drop((b, c));
    drop(condvar.wait(mutex.try_lock().unwrap())); // never polled
    assert!(!mutex.is_locked());
}

#[test]
fn wait_while_does_not_wait_for_what_is_so_already_and_waits_as_often_as_need_be() {
    everywhere(|| async {
        let shared = Rc::new((Mutex::new(0), Condvar::new()));
        let guard = shared.1.wait_while(shared.0.lock().await, |n| *n > 0).await;
        drop(guard);
        let counts = spawn({
            let shared = shared.clone();
            async move {
                for _ in 0..5 {
                    *shared.0.lock().await += 1;
                    shared.1.notify_all();
                    yield_now().await;
                }
            }
        });
        let guard = shared.1.wait_while(shared.0.lock().await, |n| *n < 5).await;
        assert_eq!(*guard, 5);
        drop(guard);
        counts.await.unwrap();
    });
}

#[test]
fn trap_37_a_queue_built_on_it_loses_nothing_also_when_consumers_give_up() {
    everywhere(|| async {
        let shared = Rc::new((Mutex::new(Vec::new()), Condvar::new()));
        let eaten = Log::new();
        let consumers: Vec<_> = (0..6)
            .map(|n| {
                let (shared, eaten) = (shared.clone(), eaten.clone());
                spawn(async move {
                    for _ in 0..10 {
                        let (items, filled) = &*shared;
                        let one = async {
                            filled.wait_while(items.lock().await, |items| items.is_empty()).await.pop()
                        };
                        if let Ok(item) = timeout(Duration::from_millis(n), one).await {
                            eaten.push(item.unwrap());
                        }
                    }
                })
            })
            .collect();
        let producer = spawn({
            let shared = shared.clone();
            async move {
                for n in 0..15 {
                    shared.0.lock().await.push(n);
                    shared.1.notify_one();
                    sleep(Duration::from_millis(u64::from(n % 3 == 0))).await;
                }
            }
        });
        producer.await.unwrap();
        join_all(consumers).await;
        let mut all = eaten.entries();
        all.extend(shared.0.lock().await.iter());
        all.sort();
        assert_eq!(all, (0..15).collect::<Vec<_>>());
    });
}

#[test]
fn all_who_are_notified_get_the_lock_one_after_the_other() {
    everywhere(|| async {
        let shared = Rc::new((Mutex::new(0), Condvar::new()));
        let tasks: Vec<_> = (0..10)
            .map(|_| {
                let shared = shared.clone();
                spawn(async move {
                    let mut guard = shared.1.wait(shared.0.lock().await).await;
                    let before = *guard;
                    yield_now().await;
                    *guard = before + 1;
                })
            })
            .collect();
        sleep(Duration::from_secs(1)).await;
        shared.1.notify_all();
        join_all(tasks).await;
        assert_eq!(*shared.0.lock().await, 10);
    });
}

#[test]
fn polled_again_after_it_was_ready_it_panics_and_says_where_it_was_begun() {
    let (mutex, condvar, counter) = (Mutex::new(()), Condvar::new(), Counter::new());
    let mut wait = condvar.wait(mutex.try_lock().unwrap());
    assert!(counter.is_pending(&mut wait));
    condvar.notify_one();
    drop(counter.ready(&mut wait));
    let text = panic_of(|| counter.poll(&mut wait));
    assert!(text.contains("polled again") && text.contains(file!()), "{text}");
}

#[test]
fn who_waits_for_a_notice_is_named_by_the_stall_report_and_so_is_who_waits_for_the_lock_after_it() {
    let report = stall_of(async {
        let (mutex, condvar) = (Mutex::new(()), Condvar::new());
        drop(condvar.wait(mutex.lock().await).await);
    });
    assert!(report.contains("waits for condition ") && report.contains(file!()), "{report}");
    let report = stall_of(async {
        let shared = Rc::new((Mutex::new(()), Condvar::new()));
        spawn({
            let shared = shared.clone();
            async move { drop(shared.1.wait(shared.0.lock().await).await) }
        });
        yield_now().await;
        let _guard = shared.0.lock().await;
        shared.1.notify_one();
        std::future::pending::<()>().await;
    });
    assert!(report.contains("waits for lock "), "{report}");
}

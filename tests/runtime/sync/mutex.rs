//! Mutex: one at a time, in the order in which they came.

use std::rc::Rc;
use std::time::Duration;

use runtime::sync::Mutex;
use runtime::{JoinError, join_all, sleep, spawn, timeout, yield_now};

use super::{Counter, Log, Noted, stall_of};
use crate::everywhere::everywhere;

#[test]
fn a_free_lock_is_had_at_once_and_wakes_nobody() {
    let (mutex, counter) = (Mutex::new(1), Counter::new());
    for _ in 0..3 {
        let mut guard = counter.ready(&mut mutex.lock());
        *guard += 1;
    }
    assert_eq!((mutex.into_inner(), counter.wakes(), counter.kept()), (4, 0, 0));
}

#[test]
fn only_one_task_at_a_time_has_the_lock_also_across_an_await() {
    everywhere(|| async {
        let mutex = Rc::new(Mutex::new((0, false)));
        let tasks = (0..8).map(|_| {
            let mutex = mutex.clone();
            spawn(async move {
                for _ in 0..5 {
                    let mut guard = mutex.lock().await;
                    assert!(!guard.1, "somebody else is inside");
                    guard.1 = true;
                    yield_now().await;
                    guard.0 += 1;
                    guard.1 = false;
                }
            })
        });
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
        assert_eq!(*mutex.lock().await, (40, false));
    });
}

#[test]
fn who_comes_first_is_served_first() {
    everywhere(|| async {
        let (mutex, came) = (Rc::new(Mutex::new(Vec::new())), Log::new());
        let held = mutex.lock().await;
        let tasks: Vec<_> = (0..10)
            .map(|n| {
                let (mutex, came) = (mutex.clone(), came.clone());
                spawn(async move {
                    came.push(n);
                    let mut served = mutex.lock().await;
                    served.push(n);
                    yield_now().await;
                })
            })
            .collect();
        sleep(Duration::from_secs(1)).await; // all have come
        drop(held);
        join_all(tasks).await;
        assert_eq!(*mutex.lock().await, came.entries());
    });
}

#[test]
fn nobody_overtakes_one_who_was_given_the_lock_and_had_no_turn_yet() {
    let (mutex, counter) = (Mutex::new(()), Counter::new());
    let guard = mutex.try_lock();
    let mut waits = mutex.lock();
    assert!(counter.is_pending(&mut waits));
    drop(guard);
    assert_eq!(counter.wakes(), 1);
    assert!(mutex.is_locked() && mutex.try_lock().is_none());
    let mut late = mutex.lock();
    assert!(counter.is_pending(&mut late));
    drop(counter.ready(&mut waits));
    drop(counter.ready(&mut late));
    assert!(!mutex.is_locked());
}

#[test]
fn a_place_in_line_is_taken_by_the_first_poll_and_not_before() {
    let (mutex, counter) = (Mutex::new(()), Counter::new());
    let mut first_made = mutex.lock();
    let mut first_polled = mutex.lock();
    let guard = mutex.try_lock();
    assert!(counter.is_pending(&mut first_polled) && counter.is_pending(&mut first_made));
    drop(guard);
    assert!(counter.is_pending(&mut first_made));
    drop(counter.ready(&mut first_polled));
    drop(counter.ready(&mut first_made));
}

#[test]
fn trap_37_a_lock_given_to_a_future_that_is_then_dropped_goes_to_the_next() {
    let (mutex, counters) = (Mutex::new(()), [Counter::new(), Counter::new(), Counter::new()]);
    let guard = mutex.try_lock();
    let mut waiting: Vec<_> = counters.iter().map(|_| mutex.lock()).collect();
    for (counter, future) in counters.iter().zip(&mut waiting) {
        assert!(counter.is_pending(future));
    }
    drop(guard);
    assert_eq!(counters.each_ref().map(Counter::wakes), [1, 0, 0]);
    drop(waiting.remove(0));
    assert_eq!(counters.each_ref().map(Counter::wakes), [1, 1, 0]);
    drop(waiting.remove(0));
    assert_eq!(counters.each_ref().map(Counter::wakes), [1, 1, 1]);
    drop(waiting);
    assert!(mutex.try_lock().is_some());
}

/// Each of four waiters stays, leaves while it waits, or leaves when it was given the lock: all 81 ways.
#[test]
fn whoever_leaves_and_whenever_the_others_are_served_in_order() {
    for way in 0..81_usize {
        let does = |n: u32| way / 3_usize.pow(n) % 3;
        let (mutex, counter) = (Mutex::new(()), Counter::new());
        let guard = mutex.try_lock();
        let mut line: Vec<_> = (0..4).map(|n| (n, mutex.lock())).collect();
        assert!(line.iter_mut().all(|(_, future)| counter.is_pending(future)));
        line.retain(|(n, _)| does(*n) != 1);
        drop(guard);
        let mut served = Vec::new();
        while !line.is_empty() {
            let wakes = counter.wakes();
            for (n, behind) in &mut line[1..] {
                assert!(counter.is_pending(behind), "way {way}: {n} overtook");
            }
            let (n, mut first) = line.remove(0);
            if does(n) == 0 {
                let guard = counter.ready(&mut first);
                served.push(n);
                assert_eq!(counter.wakes(), wakes, "way {way}: woken while the lock was held");
                drop(guard);
            }
        }
        assert_eq!(served, (0..4).filter(|n| does(*n) == 0).collect::<Vec<_>>(), "way {way}");
        assert!(!mutex.is_locked(), "way {way}");
        assert_eq!(counter.kept(), 0, "way {way}");
    }
}

#[test]
fn trap_06_the_task_that_polled_last_is_the_one_woken() {
    let (mutex, first, second) = (Mutex::new(()), Counter::new(), Counter::new());
    let guard = mutex.try_lock();
    let mut waits = mutex.lock();
    assert!(first.is_pending(&mut waits) && first.is_pending(&mut waits));
    assert_eq!(first.kept(), 1);
    assert!(second.is_pending(&mut waits));
    assert_eq!((first.kept(), second.kept()), (0, 1));
    drop(guard);
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
}

#[test]
fn a_wait_that_is_cut_short_leaves_nothing_behind() {
    everywhere(|| async {
        let mutex = Rc::new(Mutex::new(0));
        let guard = mutex.lock().await;
        let tasks: Vec<_> = (0..20)
            .map(|n| {
                let mutex = mutex.clone();
                spawn(async move {
                    match timeout(Duration::from_millis(n), mutex.lock()).await {
                        Ok(mut guard) => *guard += 1,
                        Err(_) => assert!(n <= 10, "it was given up too early"),
                    }
                })
            })
            .collect();
        sleep(Duration::from_micros(10_500)).await;
        drop(guard);
        for ended in join_all(tasks).await {
            ended.unwrap();
        }
        assert_eq!(*mutex.try_lock().expect("free"), 9);
    });
}

#[test]
fn trap_37_an_abort_at_any_time_neither_loses_the_lock_nor_the_order() {
    everywhere(|| async {
        let (mutex, came) = (Rc::new(Mutex::new(Vec::new())), Log::new());
        let tasks: Vec<_> = (0..12)
            .map(|n| {
                let (mutex, came) = (mutex.clone(), came.clone());
                spawn(async move {
                    came.push(n);
                    let mut served = mutex.lock().await;
                    yield_now().await;
                    served.push(n);
                    yield_now().await;
                })
            })
            .collect();
        for task in tasks.iter().step_by(3) {
            yield_now().await;
            task.abort();
        }
        join_all(tasks).await;
        let served = mutex.try_lock().expect("free").clone();
        assert!(served.len() >= 8);
        let mut came = came.entries();
        came.retain(|n| served.contains(n));
        assert_eq!(served, came);
    });
}

#[test]
fn a_panic_while_the_lock_is_held_unlocks_and_the_value_stays_as_it_was_left() {
    everywhere(|| async {
        let mutex = Rc::new(Mutex::new(1));
        let panics = spawn({
            let mutex = mutex.clone();
            async move {
                *mutex.lock().await = 2;
                let _guard = mutex.lock().await;
                yield_now().await;
                std::panic::resume_unwind(Box::new("on purpose"));
            }
        });
        let waits = spawn({
            let mutex = mutex.clone();
            async move { *mutex.lock().await }
        });
        assert!(matches!(panics.await, Err(JoinError::Panicked(_))));
        assert!(matches!(waits.await, Ok(1 | 2)));
        assert_eq!(*mutex.lock().await, 2);
    });
}

#[test]
fn a_value_whose_destructor_uses_the_mutex_finds_it_locked() {
    struct Nosy(Rc<Mutex<Option<Nosy>>>, Log<bool>);
    impl Drop for Nosy {
        fn drop(&mut self) {
            self.1.push(self.0.try_lock().is_none());
        }
    }
    let (mutex, log) = (Rc::new(Mutex::new(None)), Log::new());
    *mutex.try_lock().unwrap() = Some(Nosy(mutex.clone(), log.clone()));
    *mutex.try_lock().unwrap() = None;
    assert_eq!(log.entries(), [true]);
    assert!(!mutex.is_locked());
}

#[test]
fn the_value_is_dropped_with_the_mutex_once() {
    let log = Log::new();
    let mut mutex = Mutex::new(Noted(1, log.clone()));
    mutex.get_mut().0 = 2;
    drop(mutex);
    assert_eq!(log.entries(), [2]);
}

#[test]
fn debug_shows_the_value_unless_it_is_locked() {
    let mutex = Mutex::new(7);
    assert!(format!("{mutex:?}").contains("value: 7"));
    let guard = mutex.try_lock().unwrap();
    assert!(format!("{mutex:?}").contains("<locked>"));
    assert_eq!(format!("{guard:?} {guard}"), "7 7");
}

#[test]
fn a_task_that_locks_twice_is_named_by_the_stall_report_with_lock_and_place() {
    let mutex = Mutex::new(());
    let report = stall_of(async {
        let _first = mutex.lock().await;
        let _second = mutex.lock().await;
    });
    let id = format!("{mutex:?}").chars().filter(char::is_ascii_digit).collect::<String>();
    assert!(report.contains(&format!("waits for lock {id}, at ")), "{report}");
    assert!(report.contains(file!()), "{report}");
    assert!(!mutex.is_locked(), "the panic has dropped the guard");
}

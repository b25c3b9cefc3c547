//! `futures/woken.rs`: children inside one task, woken by other threads while the task looks at its list.
//!
//! What must hold: a child that was woken is polled after that, and then sees what was written before the wake; no child
//! stands on the list twice; a child that is done does not get on it again.
//!
//! These wrong versions of the file fail here, most of them with a task that sleeps for ever:
//! - `take` that takes the list under the lock, lets go of it, and leaves the task's waker under it a second time;
//! - `take` that clears a child's `remote` by a plain store, or not at all; a wake that sets it by a relaxed swap;
//! - a wake that does not wake the task; one that leaves the task's waker in place, so that each wake wakes it;
//! - `retire` that leaves `queued` clear.

use std::task::{Context, Waker};

use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::model_of_three_threads;
use crate::sleeper::Sleeper;
use file::{Own, Woken};

#[path = "../../runtime/src/futures/woken.rs"]
#[allow(dead_code, unreachable_pub, reason = "the file is the runtime's; not all of it is wanted here")]
mod file;

/// As the engine does it: takes the list, and polls each child on it.
fn poll_woken(woken: &Woken, children: &[Own], cx: &Context<'_>, mut poll: impl FnMut(usize)) {
    let mut looked_at = Vec::new();
    let mut next = woken.take(cx);
    while let Some(number) = next {
        assert!(!looked_at.contains(&number), "child {number} is on the list twice");
        looked_at.push(number);
        let child = &children[number];
        next = child.below();
        child.about_to_poll();
        poll(number);
    }
}

/// A thread that writes and wakes, `times` times.
fn waker_thread(waker: &Waker, data: &Arc<AtomicUsize>, times: usize) -> thread::JoinHandle<()> {
    let (waker, data) = (waker.clone(), data.clone());
    thread::spawn(move || {
        for _ in 0..times {
            // Relaxed: that the poll after the wake sees it is the promise of the wake.
            data.fetch_add(1, Ordering::Relaxed);
            waker.wake_by_ref();
        }
    })
}

#[test]
fn trap_08_a_child_that_is_woken_elsewhere_while_the_task_looks_is_polled_again() {
    loom::model(|| {
        let (woken, sleeper) = (Woken::new(), Sleeper::new());
        let children = [Own::new(0, &woken)];
        let data = Arc::new(AtomicUsize::new(0));
        let thread = waker_thread(children[0].waker(), &data, 2);
        let mut polls = 0;
        let ((), woken_up) = sleeper.run(|cx| {
            let mut last = None;
            poll_woken(&woken, &children, cx, |_| {
                polls += 1;
                last = Some(data.load(Ordering::Relaxed));
            });
            (last == Some(2)).then_some(())
        });
        assert!(polls <= 2 && woken_up <= 2, "{polls} polls, woken up {woken_up} times, for two wakes");
        thread.join().unwrap();
    });
}

#[test]
fn trap_09_one_child_that_two_threads_wake_is_polled_after_the_last_of_them() {
    model_of_three_threads(|| {
        let (woken, sleeper) = (Woken::new(), Sleeper::new());
        let children = [Own::new(0, &woken)];
        let data = Arc::new(AtomicUsize::new(0));
        let threads = [(); 2].map(|()| waker_thread(children[0].waker(), &data, 1));
        sleeper.run(|cx| {
            let mut last = None;
            poll_woken(&woken, &children, cx, |_| last = Some(data.load(Ordering::Relaxed)));
            (last == Some(2)).then_some(())
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn trap_09_two_children_that_two_threads_wake_are_both_polled_and_the_task_is_woken_once_for_each_look() {
    model_of_three_threads(|| {
        let (woken, sleeper) = (Woken::new(), Sleeper::new());
        let children = [0, 1].map(|number| Own::new(number, &woken));
        let data = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let threads = [0, 1].map(|n| waker_thread(children[n].waker(), &data[n], 1));
        let (mut polled, mut looks) = ([0; 2], 0);
        sleeper.run(|cx| {
            looks += 1;
            poll_woken(&woken, &children, cx, |n| {
                assert_eq!(data[n].load(Ordering::Relaxed), 1, "polled without a wake");
                polled[n] += 1;
            });
            (polled == [1, 1]).then_some(())
        });
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        assert!(
            sleeper.wakes() < looks,
            "woken again before it looked: {} wakes, {looks} looks",
            sleeper.wakes()
        );
    });
}

#[test]
fn trap_01_a_child_that_is_woken_here_and_elsewhere_at_once_loses_neither_wake() {
    loom::model(|| {
        let (woken, sleeper) = (Woken::new(), Sleeper::new());
        let children = [Own::new(0, &woken)];
        let data = Arc::new(AtomicUsize::new(0));
        let thread = waker_thread(children[0].waker(), &data, 1);
        data.fetch_add(1, Ordering::Relaxed);
        children[0].waker().wake_by_ref();
        let mut polls = 0;
        sleeper.run(|cx| {
            let mut last = None;
            poll_woken(&woken, &children, cx, |_| {
                // Once more, from inside its own poll.
                if polls == 0 {
                    children[0].waker().wake_by_ref();
                }
                polls += 1;
                last = Some(data.load(Ordering::Relaxed));
            });
            (last == Some(2) && polls > 1).then_some(())
        });
        thread.join().unwrap();
    });
}

#[test]
fn trap_04_a_late_wake_of_a_child_that_is_done_puts_nobody_on_the_list() {
    loom::model(|| {
        let (woken, sleeper) = (Woken::new(), Sleeper::new());
        let child = Own::new(0, &woken);
        child.about_to_poll();
        let data = Arc::new(AtomicUsize::new(0));
        let kept = child.waker().clone();
        let thread = waker_thread(&kept, &data, 2);
        assert!(child.retire().is_none(), "it would be used again, and somebody still has it");
        let cx = Waker::from(sleeper.clone());
        assert_eq!(woken.take(&Context::from_waker(&cx)), None);
        thread.join().unwrap();
        assert_eq!(woken.take(&Context::from_waker(&cx)), None);
        kept.wake();
        assert_eq!(woken.take(&Context::from_waker(&cx)), None);
    });
}

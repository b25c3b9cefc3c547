//! `inbox.rs`: what other threads hand to the loop, and the bell that ends its sleep.
//!
//! What must hold: no item is lost, the loop never sleeps on while one is there, and the bell is not rung for nothing.
//!
//! These wrong versions of the file fail here, the first three with a loop that sleeps for ever:
//! - `fall_asleep` that looks under the lock, lets go of it, and announces under it a second time;
//! - `fall_asleep` that announces and does not look again;
//! - `push` that asks whether the loop is asleep before the item is in the list;
//! - `push` that leaves `asleep` set, so that each push rings.

use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

#[path = "../../runtime/src/inbox.rs"]
#[allow(dead_code, unreachable_pub, reason = "the file is the runtime's; not all of it is wanted here")]
mod file;

use crate::model_of_three_threads;
use file::{Bell, Inbox};

/// A bell as the OS has it: rung before the sleep, it ends the sleep at once.
#[derive(Default)]
struct TestBell {
    rung: Mutex<bool>,
    heard: Condvar,
    rings: AtomicUsize,
}

impl TestBell {
    fn sleep(&self) {
        let mut rung = self.rung.lock().unwrap();
        while !*rung {
            rung = self.heard.wait(rung).unwrap();
        }
        *rung = false;
    }
}

impl Bell for Arc<TestBell> {
    fn ring(&self) {
        self.rings.fetch_add(1, Ordering::Relaxed);
        *self.rung.lock().unwrap() = true;
        self.heard.notify_one();
    }
}

type TestInbox = Arc<Inbox<u32, Arc<TestBell>>>;

fn open_inbox() -> (Arc<TestBell>, TestInbox) {
    let bell = Arc::new(TestBell::default());
    let inbox = Arc::new(Inbox::new(bell.clone()));
    inbox.open();
    (bell, inbox)
}

/// The loop's side, until `n` items have come: as in `executor.rs`. A lost wake is a deadlock, which loom reports. Gives
/// the items and how often it slept.
fn receive(inbox: &TestInbox, bell: &Arc<TestBell>, n: usize) -> (Vec<u32>, usize) {
    let (mut all, mut some, mut sleeps) = (Vec::new(), Vec::new(), 0);
    loop {
        inbox.take(&mut some);
        all.append(&mut some);
        if all.len() == n {
            return (all, sleeps);
        }
        if inbox.fall_asleep() {
            sleeps += 1;
            bell.sleep();
            inbox.awake();
        }
    }
}

#[test]
fn trap_08_no_wake_between_the_look_and_the_sleep_is_lost() {
    loom::model(|| {
        let (bell, inbox) = open_inbox();
        let pusher = {
            let inbox = inbox.clone();
            thread::spawn(move || inbox.push(1).unwrap())
        };
        let (items, _) = receive(&inbox, &bell, 1);
        assert_eq!(items, [1]);
        pusher.join().unwrap();
    });
}

#[test]
fn trap_09_two_wakes_from_two_threads_arrive_and_ring_no_more_than_once_a_sleep() {
    // (Without a bound it takes 45 s, and passes.)
    model_of_three_threads(|| {
        let (bell, inbox) = open_inbox();
        let pushers = [1, 2].map(|item| {
            let inbox = inbox.clone();
            thread::spawn(move || inbox.push(item).unwrap())
        });
        let (mut items, sleeps) = receive(&inbox, &bell, 2);
        items.sort_unstable();
        assert_eq!(items, [1, 2]);
        for pusher in pushers {
            pusher.join().unwrap();
        }
        assert!(bell.rings.load(Ordering::Relaxed) <= sleeps, "rung for nothing");
    });
}

#[test]
fn what_is_pushed_is_seen_with_all_that_was_written_before() {
    loom::model(|| {
        let (bell, inbox) = open_inbox();
        let data = Arc::new(AtomicUsize::new(0));
        let pusher = {
            let (inbox, data) = (inbox.clone(), data.clone());
            thread::spawn(move || {
                data.store(7, Ordering::Relaxed);
                inbox.push(1).unwrap();
            })
        };
        receive(&inbox, &bell, 1);
        assert_eq!(data.load(Ordering::Relaxed), 7);
        pusher.join().unwrap();
    });
}

#[test]
fn trap_10_an_item_is_given_back_or_found_at_the_close_never_both_never_neither() {
    loom::model(|| {
        let (_bell, inbox) = open_inbox();
        let pusher = {
            let inbox = inbox.clone();
            thread::spawn(move || inbox.push(1).is_err())
        };
        let found = inbox.close().len();
        let given_back = pusher.join().unwrap();
        assert_eq!(found + usize::from(given_back), 1);
    });
}

#[test]
fn trap_08_a_loop_that_sleeps_only_because_a_job_runs_hears_that_it_has_ended() {
    loom::model(|| {
        let (bell, inbox) = open_inbox();
        let busy = Arc::new(Mutex::new(true));
        let job = {
            let (inbox, busy) = (inbox.clone(), busy.clone());
            thread::spawn(move || {
                *busy.lock().unwrap() = false;
                inbox.nudge();
            })
        };
        // As in `executor.rs`. Without the second look the ring may come before the loop has said that it sleeps.
        while *busy.lock().unwrap() {
            if inbox.fall_asleep() {
                if *busy.lock().unwrap() {
                    bell.sleep();
                }
                inbox.awake();
            }
        }
        job.join().unwrap();
    });
}

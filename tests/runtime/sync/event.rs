//! Event: once set, all go on.

use std::rc::Rc;
use std::time::Duration;

use runtime::sync::Event;
use runtime::{join_all, sleep, spawn, timeout};

use super::{Counter, Log, run, stall_of};
use crate::everywhere::everywhere;

#[test]
fn who_comes_when_it_is_set_does_not_wait() {
    let (event, counter) = (Event::new(), Counter::new());
    event.set();
    event.set();
    counter.ready(&mut event.wait());
    assert!(event.is_set());
    event.clear();
    assert!(counter.is_pending(&mut event.wait()));
    assert_eq!((counter.wakes(), counter.kept()), (0, 0));
}

#[test]
fn setting_it_lets_all_go_on_and_wakes_each_once() {
    let (event, counter) = (Event::new(), Counter::new());
    let mut line: Vec<_> = (0..3).map(|_| event.wait()).collect();
    assert!(line.iter_mut().all(|wait| counter.is_pending(wait)));
    event.set();
    event.set();
    assert_eq!(counter.wakes(), 3);
    line.iter_mut().for_each(|wait| counter.ready(wait));
}

#[test]
fn they_are_woken_in_the_order_in_which_they_came() {
    run(async {
        let (event, woken) = (Rc::new(Event::new()), Log::new());
        let tasks: Vec<_> = (0..5)
            .map(|n| {
                let (event, woken) = (event.clone(), woken.clone());
                spawn(async move {
                    event.wait().await;
                    woken.push(n);
                })
            })
            .collect();
        sleep(Duration::from_millis(1)).await;
        event.set();
        join_all(tasks).await;
        assert_eq!(woken.entries(), [0, 1, 2, 3, 4]);
    });
}

#[test]
fn who_waited_when_it_was_set_goes_on_though_it_is_cleared_at_once() {
    everywhere(|| async {
        let event = Rc::new(Event::new());
        let tasks: Vec<_> = (0..5)
            .map(|_| {
                let event = event.clone();
                spawn(async move { event.wait().await })
            })
            .collect();
        sleep(Duration::from_secs(1)).await;
        event.set();
        event.clear();
        join_all(tasks).await;
        assert!(timeout(Duration::from_secs(1), event.wait()).await.is_err());
    });
}

#[test]
fn trap_37_one_that_is_dropped_takes_nobody_elses_wake_up_with_it() {
    let (event, counter) = (Event::new(), Counter::new());
    let mut line: Vec<_> = (0..4).map(|_| event.wait()).collect();
    assert!(line.iter_mut().all(|wait| counter.is_pending(wait)));
    drop(line.remove(1)); // while it waits
    event.set();
    assert_eq!(counter.wakes(), 3);
    drop(line.remove(0)); // when it was woken
    line.iter_mut().for_each(|wait| counter.ready(wait));
    assert_eq!(counter.kept(), 0);
}

#[test]
fn trap_06_the_task_that_polled_last_is_the_one_woken() {
    let (event, first, second) = (Event::new(), Counter::new(), Counter::new());
    let mut wait = event.wait();
    assert!(first.is_pending(&mut wait) && second.is_pending(&mut wait));
    event.set();
    assert_eq!((first.wakes(), second.wakes()), (0, 1));
}

#[test]
fn who_waits_for_an_event_is_named_by_the_stall_report() {
    let report = stall_of(async { Event::new().wait().await });
    assert!(report.contains("waits for event "), "{report}");
}

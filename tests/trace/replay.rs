//! The log, replayed and checked: `demo::trace::{replay, check}`.

use demo::trace::Log;
use demo::trace::check::{Check, check};
use demo::trace::event::{By, Event, What};
use demo::trace::replay::{Machine, Stage};
use proptest::prelude::*;

use crate::runs;

#[test]
fn what_is_recorded_of_any_run_is_true() {
    for log in runs::all() {
        assert_true(&log);
    }
}

/// Checks a log; if it is not true, with the lines before the one that is not.
#[track_caller]
pub(crate) fn assert_true(log: &Log) {
    if let Err(untrue) = check(log) {
        let lines: Vec<_> = log.events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let end = untrue.n as usize;
        panic!("{}: {untrue}\n{}", log.header.title, lines[end.saturating_sub(20)..end].join("\n"));
    }
}

/// Puts an event in place of another, and says why the log is not true any more.
#[track_caller]
fn refused(log: &Log, place: usize, change: impl FnOnce(&mut Event)) -> String {
    let mut log = log.clone();
    change(&mut log.events[place]);
    check(&log).expect_err("it is not true any more").to_string()
}

/// Takes an event out.
#[track_caller]
fn refused_without(log: &Log, place: usize) -> String {
    let mut log = log.clone();
    log.events.remove(place);
    for (n, event) in (1..).zip(&mut log.events) {
        event.n = n;
    }
    check(&log).expect_err("it is not true any more").to_string()
}

fn place(log: &Log, what: impl Fn(&What) -> bool) -> usize {
    log.events.iter().position(|event| what(&event.what)).expect("there is such an event")
}

#[test]
fn a_poll_without_a_wake_is_refused() {
    let log = runs::times();
    let queued = place(&log, |what| matches!(what, What::Queued { task: 1, .. }));
    let why = refused_without(&log, queued);
    assert!(why.contains("#1 was not queued"), "{why}");
}

#[test]
fn a_task_that_stands_in_the_queue_twice_is_refused() {
    let log = runs::meeting();
    let coalesced = place(&runs::ends(), |what| matches!(what, What::Coalesced { .. }));
    let why = refused(&runs::ends(), coalesced, |event| {
        let What::Coalesced { task } = event.what else { unreachable!() };
        event.what = What::Queued { task, len: 9 };
    });
    assert!(why.contains("in the queue already"), "{why}");
    let queued = place(&log, |what| matches!(what, What::Queued { .. }));
    let why = refused(&log, queued, |event| event.what = What::Queued { task: 1, len: 9 });
    assert!(why.contains("the queue has 1, not 9"), "{why}");
}

#[test]
fn a_wake_from_a_thread_that_comes_too_late_gets_no_further_than_the_inbox() {
    let log = runs::threads();
    let late = place(&log, |what| matches!(what, What::Late { .. }));
    assert_eq!(log.events[late].by, By::Thread);
    let why = refused(&log, late, |event| event.by = By::Loop);
    assert!(why.contains("does not stand in the queue"), "{why}");
    let (before, after) = (Machine::after(&log.events[..late]), Machine::after(&log.events[..=late]));
    assert_eq!(before.queue, after.queue);
}

#[test]
fn a_poll_after_the_end_is_refused() {
    let log = runs::ends();
    let late = place(&log, |what| matches!(what, What::Late { .. }));
    let why = refused(&log, late, |event| {
        let What::Late { task } = event.what else { unreachable!() };
        event.what = What::Polled { task };
    });
    assert!(why.contains("is over"), "{why}");
}

#[test]
fn a_timer_that_fires_early_or_twice_is_refused() {
    let log = runs::times();
    let fired = place(&log, |what| matches!(what, What::TimerFired { .. }));
    let twice = log.events[fired].what.clone();
    let What::TimerFired { timer } = twice else { unreachable!() };
    let set = place(&log, |what| matches!(what, What::TimerSet { timer: set, .. } if *set == timer));
    let why = refused(&log, set, |event| {
        let What::TimerSet { deadline, .. } = &mut event.what else { unreachable!() };
        *deadline += 3_600_000_000_000;
    });
    assert!(why.contains("is due only at"), "{why}");
    let why = refused(&log, fired + 1, |event| event.what = twice);
    assert!(why.contains("not set"), "{why}");
}

#[test]
fn a_wake_of_a_source_or_timer_that_leads_nowhere_is_refused() {
    for (log, source) in [(runs::times(), false), (runs::echo(), true)] {
        let woken = log.events.iter().position(|event| {
            let by =
                if source { matches!(event.by, By::Source(_)) } else { matches!(event.by, By::Timer(_)) };
            by && matches!(event.what, What::Queued { .. })
        });
        let why = refused_without(&log, woken.expect("it wakes somebody"));
        assert!(why.contains("fired the waker"), "{why}");
    }
}

#[test]
fn to_sleep_while_a_task_is_ready_is_refused() {
    let log = runs::ends();
    let polled = place(&log, |what| matches!(what, What::Polled { task: 1 }));
    let why = refused(&log, polled, |event| {
        event.what = What::Asleep { until: None, timers: 0, sources: 0, jobs: 0 };
    });
    assert!(why.contains("#1 is ready"), "{why}");
}

#[test]
fn a_task_that_is_gone_twice_a_gap_and_time_that_runs_backwards_are_refused() {
    let log = runs::ends();
    let gone = place(&log, |what| matches!(what, What::Gone { .. }));
    let twice = log.events[gone].what.clone();
    let why = refused(&log, gone + 1, |event| event.what = twice);
    assert!(why.contains("Gone"), "{why}");
    let why = refused(&log, 5, |event| event.n += 1);
    assert!(why.contains("follows event 5"), "{why}");
    let why = refused(&log, 5, |event| event.t = 0);
    assert!(why.contains("earlier"), "{why}");
    let why = refused(&log, 5, |event| event.turn += 1);
    assert!(why.contains("turn"), "{why}");
}

#[test]
fn at_the_end_all_is_over() {
    for log in runs::all() {
        let machine = Machine::after(&log.events);
        assert_eq!(machine.running, None, "{}", log.header.title);
        assert!(
            machine.tasks.values().all(|task| matches!(task.stage, Stage::Gone(_))),
            "{}",
            log.header.title
        );
        assert!(machine.timers.is_empty() && machine.sources.is_empty(), "{}", log.header.title);
    }
}

#[test]
fn the_canonical_state_is_as_the_page_has_it() {
    let log = runs::times();
    assert_eq!(
        Machine::default().canonical(),
        r#"{"n":0,"turn":0,"loop":"running","running":null,"queue":[],"tasks":{},"timers":[],"sources":[],"jobs":{}}"#
    );
    let first = Machine::after(&log.events[..4]).canonical();
    assert_eq!(
        first,
        r#"{"n":4,"turn":1,"loop":"running","running":1,"queue":[],"tasks":{"1":{"state":"running","polls":1}},"timers":[],"sources":[],"jobs":{}}"#
    );
    let waits = place(&log, |what| matches!(what, What::Pending { .. })) + 1;
    let waits = Machine::after(&log.events[..waits]).canonical();
    let wanted = r#""tasks":{"1":{"state":"waiting","on":"timer","id":1,"polls":1}},"timers":[1,2]"#;
    assert!(waits.contains(wanted), "{waits}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_beginning_of_a_log_folds_and_is_true(run in 0..9_usize, share in 0.0..=1.0_f64) {
        let log = &runs::all()[run];
        let end = (log.events.len() as f64 * share) as usize;
        let mut check = Check::default();
        for event in &log.events[..end] {
            prop_assert_eq!(check.event(event), Ok(()));
        }
        prop_assert_eq!(check.machine().canonical(), Machine::after(&log.events[..end]).canonical());
    }

    /// Nobody promises that it means anything, only that it is no panic.
    #[test]
    fn events_in_any_order_fold(run in 0..9_usize, seed in any::<u64>()) {
        let mut log = runs::all().swap_remove(run);
        let len = log.events.len() as u64;
        for place in 0..log.events.len() {
            log.events.swap(place, (seed.wrapping_mul(place as u64 | 1) % len) as usize);
        }
        Machine::after(&log.events).canonical();
        let _ = check(&log);
        crate::views::all_of(&log);
    }
}

//! The lesson `debugging`.

use demo::lesson::debugging::deadlock::{PHILOSOPHERS, SEATS};
use demo::lesson::debugging::hidden_race::{SEEDS, WORKERS};
use demo::lesson::debugging::measure;
use demo::lesson::debugging::slow_poll::{COMPUTING, CULPRIT};

use crate::seen;

#[test]
fn the_stall_report_names_each_philosopher_the_lock_he_waits_for_and_who_has_it() {
    let bugs = seen(measure);
    assert_eq!((bugs.stuck.fed, bugs.stuck.circle), (0, SEATS));
    let report = bugs.stuck.report.expect("a report");
    for (seat, name) in PHILOSOPHERS.into_iter().enumerate() {
        let line = report.lines().find(|line| line.contains(&format!(" {name},")));
        let line = line.unwrap_or_else(|| panic!("{name} is not in {report}"));
        // The root is #1, so the philosopher at seat 0 is #2, and the right neighbour of each has the next number.
        let neighbour = (seat + 1) % SEATS + 2;
        assert!(line.contains("waits for lock"), "{line}");
        assert!(line.ends_with(&format!("#{neighbour} has it")), "{line}");
    }
    assert_eq!((bugs.dinner.fed, bugs.dinner.circle), (SEATS, 0));
    assert_eq!(bugs.dinner.report, None);
}

#[test]
fn the_slow_poll_and_the_lost_task_are_found_by_name() {
    let bugs = seen(measure);
    let (name, took) = bugs.slow.expect("a slow poll was reported");
    assert_eq!(name, CULPRIT);
    assert!(took >= COMPUTING);
    let [lost] = &bugs.forgotten.lost[..] else { panic!("{:?}", bugs.forgotten) };
    assert!(lost.contains("reader") && lost.contains("nobody holds its waker"), "{lost}");
    assert!(!bugs.forgotten.read);
    assert!(bugs.kept.lost.is_empty() && bugs.kept.read);
}

#[test]
fn a_race_that_the_usual_order_hides_is_found_by_a_seed_and_with_it_again() {
    let race = seen(measure).race;
    assert_eq!(race.usual.count, WORKERS);
    let (seed, [first, second, third]) = race.found.expect("a seed that shows it");
    assert!(seed < SEEDS);
    assert!(first.count < WORKERS);
    assert_eq!(first, second);
    assert_eq!(first, third);
    assert_ne!(first.steps, race.usual.steps);
    assert_eq!(race.mended, SEEDS);
}

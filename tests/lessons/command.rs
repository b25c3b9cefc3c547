//! `demo lesson` as a user meets it: the list, one of them, and names that there are not.

use demo::lesson::LESSONS;
use demo::trace::jsonl;
use tests::run::{Finished, Program};

fn demo_lesson(args: &[&str]) -> Finished {
    Program::new(env!("CARGO_BIN_EXE_demo-under-test")).arg("lesson").args(args).run()
}

#[test]
fn the_list_names_every_lesson_in_lines_of_80_columns() {
    let listed = demo_lesson(&[]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    for lesson in LESSONS {
        let line = listed.out().lines().find(|line| line.trim_start().starts_with(lesson.name));
        assert!(line.is_some_and(|line| line.contains(lesson.about)), "{} is not listed", lesson.name);
    }
    assert!(listed.out().lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_lesson_without_a_terminal_has_no_colours_and_fits_80_columns() {
    // Whatever the machine shows just now: those that measure how busy it is are tried elsewhere.
    for name in ["coroutine", "event-loop", "mutex", "debugging", "cancel"] {
        let given = demo_lesson(&[name]);
        assert!(given.out().contains("\nLook at\n"), "{given:?}");
        assert!(!given.out().contains('\x1b'), "{name}");
        assert!(given.out().lines().all(|line| line.chars().count() <= 80), "{}", given.out());
    }
}

#[test]
fn a_slow_poll_is_reported_in_lines_of_80_columns_of_which_the_first_begins_the_others_stand_in() {
    let given = demo_lesson(&["freeze"]);
    let report: Vec<_> = given.err().lines().collect();
    let [what, place, advice, ..] = report[..] else { panic!("{given:?}") };
    assert!(what.starts_with("runtime: computing held the thread for "), "{what}");
    assert!(place.starts_with("    spawned at demo/src/lesson/freeze.rs:"), "{place}");
    assert!(advice.starts_with("    let it yield_now"), "{advice}");
    assert!(report.iter().all(|line| line.chars().count() <= 80), "{report:?}");
}

#[test]
fn a_lesson_that_there_is_not_is_an_error_of_usage_that_lists_those_there_are() {
    let refused = demo_lesson(&["freez"]);
    assert_eq!(refused.code, Some(2));
    for lesson in LESSONS {
        assert!(refused.err().contains(lesson.name), "{refused:?}");
    }
}

#[test]
fn a_lesson_is_recorded_in_a_file_for_each_of_its_loops() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.html");
    let given = demo_lesson(&["coroutine", "--trace", path.to_str().unwrap()]);
    assert_eq!(given.code, Some(0), "{given:?}");
    for name in ["run.html", "run-2.html"] {
        let page = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(page.starts_with("<!doctype html>"), "{name} is no page");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
}

/// The titles of a lesson's recordings, in the order of their files, and what the lesson said.
fn recorded(lesson: &str) -> (Vec<String>, Finished) {
    let folder = tempfile::tempdir().unwrap();
    let args = ["lesson", lesson, "--trace", "run.jsonl"];
    let given = Program::new(env!("CARGO_BIN_EXE_demo-under-test")).args(args).dir(folder.path()).run();
    let files = (1..).map(|n| if n == 1 { "run.jsonl".into() } else { format!("run-{n}.jsonl") });
    let logs = files.map_while(|name| std::fs::File::open(folder.path().join(name)).ok());
    let title = |file| jsonl::read(std::io::BufReader::new(file)).expect("a log").header.title;
    (logs.map(title).collect(), given)
}

#[test]
fn the_first_recordings_of_the_three_mechanisms_are_of_the_tasks_without_it_and_with_it() {
    for name in ["mutex", "semaphore", "barrier"] {
        let (titles, _) = recorded(name);
        let expected = [
            format!("{name}: tasks without a {name}"),
            format!("{name}: tasks with a {name}"),
            format!("{name}: the coordinator of processes without a {name}"),
            format!("{name}: the coordinator of processes with a {name}"),
        ];
        assert_eq!(titles[..4], expected);
    }
}

#[test]
fn what_is_recorded_is_told_in_one_line_each_on_stdout_with_file_title_and_size() {
    let (titles, given) = recorded("coroutine");
    let (_, told) = given.out().split_once("\nRecorded\n").expect("a list of recordings");
    for (line, title) in told.lines().zip(&titles) {
        assert!(line.contains(".jsonl  ") && line.contains(title.as_str()), "{line}");
        assert!(line.ends_with(" events"), "{line}");
    }
    assert_eq!((told.lines().count(), titles.len(), given.err()), (2, 2, ""));
}

#[test]
fn to_record_all_lessons_in_one_file_is_an_error_of_usage() {
    let refused = demo_lesson(&["all", "--trace", "run.html"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert_eq!(refused.out(), "");
}

#[test]
fn of_the_runs_with_one_seed_each_has_a_name_of_its_own() {
    let given = demo_lesson(&["debugging"]);
    let rows = given.out().lines().filter(|line| line.trim_start().starts_with("seed "));
    let names: Vec<_> = rows.filter_map(|line| line.trim_start().split("  ").next()).collect();
    let [first, second, third] = names[..] else { panic!("{given:?}") };
    assert_eq!((second, third), (&*format!("{first}, 2nd run"), &*format!("{first}, 3rd run")));
}

#[test]
fn commands_to_try_stand_on_lines_of_their_own_and_fit() {
    let given = demo_lesson(&["download"]);
    for command in ["target/release/demo serve --port 8000", "python3 lecture.py http://127.0.0.1:8000"] {
        assert!(given.out().lines().any(|line| line == format!("      {command}")), "{}", given.out());
    }
    assert!(given.out().lines().all(|line| line.chars().count() <= 80), "{}", given.out());
}

#[test]
fn stepping_ends_with_the_input_and_the_rest_is_told_all_the_same() {
    // Standard input is empty: it stops once, and then no more.
    let given = demo_lesson(&["event-loop", "--step"]);
    assert_eq!(given.code, Some(0), "{given:?}");
    assert_eq!(given.out().matches("Enter: the next event").count(), 1, "{}", given.out());
    let (steps, measured) = given.out().split_once("What was measured").expect("what was measured");
    let numbers = steps.lines().filter_map(|line| line.strip_prefix("  #")?.split(' ').next()?.parse().ok());
    let numbers: Vec<usize> = numbers.collect();
    assert_eq!(numbers, (1..=numbers.len()).collect::<Vec<_>>());
    assert!(measured.contains(&format!("{} events in all", numbers.len())), "{measured}");
}

#[test]
fn stepping_says_before_the_first_event_that_the_clock_is_virtual_and_tells_no_times_of_it() {
    let given = demo_lesson(&["event-loop", "--step"]);
    let (before, after) = given.out().split_once("#1 ").expect("a first event");
    assert!(before.contains("The clock is a virtual one"), "{before}");
    assert!(after.contains("it was resumed.") && !after.contains("0 ns later"), "{after}");
}

#[test]
fn to_step_through_a_lesson_without_steps_is_an_error_of_usage_that_names_the_one_that_has_them() {
    for args in [&["--step"][..], &["freeze", "--step"], &["all", "--step"]] {
        let refused = demo_lesson(args);
        assert_eq!((refused.code, refused.out()), (Some(2), ""), "{refused:?}");
        assert_eq!(refused.err().lines().count(), 1, "{refused:?}");
        assert!(refused.err().contains("demo lesson event-loop --step"), "{refused:?}");
    }
}

#[test]
fn a_recording_that_cannot_be_written_is_told_before_the_lesson_runs() {
    for (path, code) in [("no-such-folder/run.html", 1), ("run.txt", 2)] {
        let refused = demo_lesson(&["freeze", "--trace", path]);
        assert_eq!((refused.code, refused.out()), (Some(code), ""), "{refused:?}");
        assert!(refused.err().contains(path), "{refused:?}");
    }
}

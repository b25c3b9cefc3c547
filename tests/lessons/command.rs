//! `demo lesson` as a user meets it: the list, one of them, and names that there are not.

use demo::lesson::LESSONS;
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
    let given = demo_lesson(&["freeze"]);
    assert_eq!(given.code, Some(0), "{given:?}");
    assert!(!given.out().contains('\x1b'));
    assert!(given.out().lines().all(|line| line.chars().count() <= 80), "{}", given.out());
}

#[test]
fn a_lesson_that_there_is_not_is_an_error_of_usage_that_lists_those_there_are() {
    let refused = demo_lesson(&["freez"]);
    assert_eq!(refused.code, Some(2));
    for lesson in LESSONS {
        assert!(refused.err().contains(lesson.name), "{refused:?}");
    }
}

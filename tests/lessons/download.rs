//! The lesson `download`.

use demo::files;
use demo::lesson::download::program::FILES;
use demo::lesson::download::{LINES, measure};

use crate::seen;

#[test]
fn ten_files_at_once_take_about_as_long_as_the_slowest_and_all_are_there() {
    let ten = seen(measure).ten;
    assert_eq!(ten.files, FILES);
    let bytes: usize = files::ten().iter().map(|file| file.contents().len()).sum();
    assert_eq!(ten.bytes, bytes as u64);
    assert!(ten.together >= ten.slowest);
    assert!(ten.together < ten.summed / 2, "{ten:?}");
}

#[test]
fn the_first_error_ends_the_others_and_gather_keeps_every_result() {
    let download = seen(measure);
    assert!(download.first_error.files < FILES - 1, "{download:?}");
    assert_eq!(download.all_results.files, FILES - 1);
    assert_eq!(download.first_error.errors, download.all_results.errors); // of one server
    for run in [download.first_error, download.all_results] {
        let [error] = &run.errors[..] else { panic!("{run:?}") };
        assert!(error.contains("missing.txt") && error.contains("404"), "{error}");
    }
}

#[test]
fn the_lines_that_are_shown_are_those_of_the_two_programs() {
    let ours = include_str!("../../demo/examples/lecture.rs");
    let readme = include_str!("../../README.md");
    let python = readme.split("```").find(|text| text.starts_with("python")).expect("the Python program");
    for (theirs, mine) in LINES {
        for line in *theirs {
            assert!(python.lines().any(|text| text.trim_start().starts_with(line)), "not in Python: {line}");
        }
        for line in *mine {
            assert!(ours.lines().any(|text| text.trim_start().starts_with(line)), "not in Rust: {line}");
        }
    }
}

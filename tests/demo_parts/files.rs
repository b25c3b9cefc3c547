//! `demo::files`: the ten files of the embedded server make the demo worth watching.

use std::collections::HashSet;
use std::time::Duration;

use demo::files::{File, ten};

/// How long the file takes alone.
fn alone(file: &File) -> Duration {
    file.latency + Duration::from_secs_f64(file.contents().len() as f64 / file.rate as f64)
}

#[test]
fn there_are_ten_and_their_names_count_up() {
    let names: Vec<_> = ten().into_iter().map(|file| file.name).collect();
    let wanted: Vec<_> = (1..=10).map(|n| format!("file{n}.txt")).collect();
    assert_eq!(names, wanted);
}

#[test]
fn each_is_the_same_each_time_and_like_no_other() {
    let contents = || ten().map(|file| file.contents());
    assert_eq!(contents(), contents());
    assert_eq!(HashSet::from(contents()).len(), 10);
}

#[test]
fn each_is_plain_text_in_lines_that_fit_a_terminal() {
    for file in ten() {
        let text = String::from_utf8(file.contents()).unwrap();
        assert!((40_000..=400_500).contains(&text.len()), "{}: {} bytes", file.name, text.len());
        assert!(text.is_ascii() && text.ends_with('\n'), "{}", file.name);
        for (n, line) in text.lines().enumerate() {
            assert!(line.starts_with(&format!("{}, line {}: ", file.name, n + 1)), "{line}");
            assert!(line.len() <= 120 && !line.contains(char::is_control), "{line}");
        }
    }
}

#[test]
fn waiting_for_them_one_after_the_other_is_far_longer_than_for_all_at_once() {
    let times = ten().map(|file| alone(&file));
    let (slowest, sum) = (times.iter().max().unwrap(), times.iter().sum::<Duration>());
    assert!((1450..=1550).contains(&slowest.as_millis()), "{slowest:?}");
    assert!((7500..=8500).contains(&sum.as_millis()), "{sum:?}");
    assert!(times.iter().all(|time| (400..=1600).contains(&time.as_millis())), "{times:?}");
}

#[test]
fn no_two_end_at_the_same_time() {
    let mut times = ten().map(|file| alone(&file));
    times.sort();
    for pair in times.windows(2) {
        assert!(pair[1] - pair[0] >= Duration::from_millis(30), "{pair:?}");
    }
}

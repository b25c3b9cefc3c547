//! `demo::summary`: the closing lines.

use std::time::Duration;

use demo::summary::{InTurn, Summary};

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The main job as it goes.
fn ten_files() -> Summary {
    Summary {
        done: 10,
        bytes: 1_820_331,
        wall: millis(1_521),
        slowest: Some((millis(1_503), "file6.txt".to_owned())),
        in_turn: InTurn::Summed(millis(7_985)),
        pool_threads: 2,
        polls: 1_234,
        server_polls: Some(2_345),
        turns: 1_480,
        sleeps: 412,
        asleep: millis(1_480),
        longest_poll: Some((Duration::from_micros(412), "file3.txt".to_owned())),
        ..Summary::default()
    }
}

#[test]
fn the_main_job_is_summed_up_in_columns() {
    let wanted = "\
10 files, 1.82 MB, in 1.52 s on one thread
  slowest file alone        1.50 s  file6.txt
  one after the other       7.99 s  5.2 times as long, or less: see --sequential
  threads                        1  and 2 of the blocking pool (files, DNS)
  polls                      1,234  and 2,345 of the embedded server's tasks
  turns of the loop          1,480  412 sleeps: 1.48 s, 97.3 % of the time
  longest poll              412 µs  in file3.txt
";
    assert_eq!(ten_files().to_string(), wanted);
}

#[test]
fn a_sequential_run_says_that_it_measured() {
    let text = Summary { in_turn: InTurn::Measured, wall: millis(8_010), ..ten_files() }.to_string();
    assert!(text.contains("one after the other       8.01 s  measured"), "{text}");
    assert!(!text.contains("times as long"), "{text}");
}

#[test]
fn where_files_waited_for_one_another_nothing_is_said_of_their_sum() {
    let text = Summary { in_turn: InTurn::Unknown, ..ten_files() }.to_string();
    assert!(!text.contains("one after the other") && text.contains("slowest file alone"), "{text}");
}

#[test]
fn one_is_singular_and_a_single_file_is_compared_with_nothing() {
    let text = Summary { done: 1, server_polls: None, pool_threads: 0, ..ten_files() }.to_string();
    assert!(text.starts_with("1 file, "), "{text}");
    assert!(!text.contains("one after the other") && !text.contains("server"), "{text}");
    assert!(text.contains("no other"), "{text}");
}

#[test]
fn failures_are_counted_beside_what_was_done() {
    let text = Summary { done: 9_998, failed: 2, ..ten_files() }.to_string();
    assert!(text.starts_with("9,998 of 10,000 files, 2 failed, 1.82 MB"), "{text}");
}

#[test]
fn the_first_failures_are_named_at_the_end_and_the_rest_counted() {
    let failing = |failed: u64| {
        let failures = (1..=failed.min(5)).map(|n| format!("{n}.txt: it\nbroke")).collect();
        Summary { failed, failures, ..ten_files() }.to_string()
    };
    let end = |text: &str| text.split_once("\n\nFailed:\n").map(|(_, end)| end.to_owned());
    assert_eq!(end(&failing(0)), None);
    assert_eq!(end(&failing(1)).unwrap(), "  1.txt: it\\nbroke\n");
    assert_eq!(end(&failing(5)).unwrap().lines().last(), Some("  5.txt: it\\nbroke"));
    let many = end(&failing(1_239)).unwrap();
    assert_eq!(many.lines().count(), 6, "{many}");
    assert_eq!(many.lines().last(), Some("  … and 1,234 more"));
}

#[test]
fn a_narrow_terminal_gets_no_notes_and_a_very_narrow_one_a_line_for_each_value() {
    let on = |columns| Summary { columns: Some(columns), ..ten_files() }.to_string();
    assert_eq!(on(200), ten_files().to_string(), "80 are enough");
    let wanted = "\
10 files, 1.82 MB, in 1.52 s on one
thread
  slowest file alone        1.50 s
  one after the other       7.99 s
  threads                        1
";
    assert!(on(40).starts_with(wanted), "{}", on(40));
    assert!(on(20).contains("\none after the other\n              7.99 s\n"), "{}", on(20));
    assert!(on(60).contains("1.50 s  file6.txt\n"), "{}", on(60));
}

#[test]
fn an_interrupted_run_says_so_and_guesses_nothing() {
    let text = Summary { done: 1, stopped: 2, ..ten_files() }.to_string();
    assert!(text.starts_with("Interrupted: 1 of 3 files, 1.82 MB"), "{text}");
    assert!(!text.contains("one after the other"), "{text}");
}

#[test]
fn nothing_at_all_is_summed_up_without_nonsense() {
    let text = Summary::default().to_string();
    assert!(text.starts_with("0 files, 0 B, in 0 ns"), "{text}");
    assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
}

#[test]
fn the_largest_numbers_stay_within_the_terminal() {
    let long = "名".repeat(300);
    let huge = Summary {
        done: 499_999,
        whole: 499_999,
        failed: 500_001,
        failures: vec![format!("{long}: {long}"); 5],
        stopped: 0,
        unfinished: vec![],
        kept: u64::MAX,
        bytes: 9_990_000_000_000,
        wall: Duration::from_secs(35_999),
        slowest: Some((Duration::from_secs(359_999), long.clone())),
        in_turn: InTurn::Summed(Duration::from_secs(359_999)),
        pool_threads: 512,
        polls: 99_999_999,
        server_polls: Some(99_999_999),
        turns: 99_999_999,
        sleeps: 99_999_999,
        asleep: Duration::from_secs(359_998),
        longest_poll: Some((Duration::from_secs(59), format!("{long}\n\u{1b}"))),
        columns: None,
    };
    let in_turn = [huge.in_turn, InTurn::Measured];
    let widths = [None, Some(79), Some(54), Some(53), Some(40), Some(34), Some(33), Some(20)];
    for (in_turn, columns) in in_turn.into_iter().flat_map(|it| widths.map(|columns| (it, columns))) {
        let (summary, most) = (Summary { in_turn, columns, ..huge.clone() }, columns.unwrap_or(80));
        for line in summary.to_string().lines() {
            let columns: usize = line.chars().map(|c| if c == '名' { 2 } else { 1 }).sum();
            assert!(columns <= most, "{columns} columns of {most}: {line}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}

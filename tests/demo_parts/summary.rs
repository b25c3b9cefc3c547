//! `demo::summary`: the closing lines.

use std::time::Duration;

use demo::summary::Summary;

fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// The main job as it goes.
fn ten_files() -> Summary {
    Summary {
        done: 10,
        bytes: 1_820_331,
        wall: millis(1_521),
        slowest: Some(("file6.txt".to_owned(), millis(1_503))),
        summed: millis(7_985),
        pool_threads: 2,
        polls: 1_234,
        server_polls: Some(2_345),
        turns: 1_480,
        sleeps: 412,
        asleep: millis(1_480),
        longest_poll: Some(("file3.txt".to_owned(), Duration::from_micros(412))),
        ..Summary::default()
    }
}

#[test]
fn the_main_job_is_summed_up_in_columns() {
    let wanted = "\
10 files, 1.82 MB, in 1.52 s on one thread

  slowest file alone        1.50 s  file6.txt
  one after the other       7.99 s  5.2 times as long, or less: summed from
                                    this run; `--sequential` measures it
  threads                        1  and 2 of the blocking pool (files, DNS)
  polls                      1,234  of the tasks that download
                             2,345  of the embedded server's, in the same thread
  turns of the loop          1,480
  sleeps of the loop           412  1.48 s in all, 97.3 % of the time
  longest poll              412 µs  in file3.txt
";
    assert_eq!(ten_files().to_string(), wanted);
}

#[test]
fn a_sequential_run_says_that_it_measured() {
    let text = Summary { sequential: true, wall: millis(8_010), ..ten_files() }.to_string();
    assert!(text.contains("one after the other       8.01 s  measured"), "{text}");
    assert!(!text.contains("times as long"), "{text}");
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
fn the_largest_numbers_stay_within_80_columns() {
    let long = "名".repeat(300);
    let huge = Summary {
        done: 499_999,
        failed: 500_001,
        stopped: 0,
        bytes: 9_990_000_000_000,
        wall: Duration::from_secs(35_999),
        slowest: Some((long.clone(), Duration::from_secs(359_999))),
        summed: Duration::from_secs(359_999),
        sequential: false,
        pool_threads: 512,
        polls: 99_999_999,
        server_polls: Some(99_999_999),
        turns: 99_999_999,
        sleeps: 99_999_999,
        asleep: Duration::from_secs(359_998),
        longest_poll: Some((format!("{long}\n\u{1b}"), Duration::from_secs(59))),
    };
    for summary in [huge.clone(), Summary { sequential: true, ..huge }] {
        for line in summary.to_string().lines() {
            let columns: usize = line.chars().map(|c| if c == '名' { 2 } else { 1 }).sum();
            assert!(columns <= 80, "{columns} columns: {line}");
            assert!(!line.contains(char::is_control), "{line:?}");
        }
    }
}

//! The commands that record a run and show it, from outside.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use demo::trace::event::{Event, What};
use demo::trace::{Log, jsonl};
use tempfile::tempdir;
use tests::run::Program;

use crate::replay::assert_true;

fn demo(dir: &Path, args: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_demo-under-test")).args(args).dir(dir)
}

fn log(path: &Path) -> Log {
    jsonl::read(BufReader::new(File::open(path).unwrap())).unwrap()
}

fn named(log: &Log) -> Vec<&str> {
    let name = |what| match what {
        &What::Spawned { name: Some(ref name), group: None, .. } => Some(&**name),
        _ => None,
    };
    log.events.iter().filter_map(|event| name(&event.what)).collect()
}

#[test]
fn the_ten_files_are_recorded_whole_and_the_log_is_true() {
    let dir = tempdir().unwrap();
    let done = demo(dir.path(), &["--trace", "run.jsonl"]).run().exits(0);
    assert!(done.err().starts_with("Wrote run.jsonl: "), "{}", done.report());
    assert!(done.out().contains("\nfile10.txt ") && done.out().contains("\nserver "), "{}", done.report());
    let log = log(&dir.path().join("run.jsonl"));
    assert_true(&log);
    assert_eq!(log.header.title, "ten files");
    assert_eq!(named(&log).len(), 11, "ten files and the root");
    let read: u64 = log
        .events
        .iter()
        .filter_map(|event| match event.what {
            What::Moved { read: true, bytes, .. } => Some(bytes),
            _ => None,
        })
        .sum();
    assert!(read > 1_800_000, "{read} bytes");
    let spans = |name: &str| {
        let is_one =
            |event: &&Event| matches!(&event.what, What::SpanBegan { name: began, .. } if &**began == name);
        log.events.iter().filter(is_one).count()
    };
    for phase in ["look up", "connect", "send", "first byte", "body"] {
        assert_eq!(spans(phase), 10, "{phase}");
    }

    // Every view can be made of it later.
    let page = demo(dir.path(), &["view", "run.jsonl", "-o", "run.html"]).run().exits(0);
    assert!(page.err().starts_with("Wrote run.html"), "{}", page.report());
    assert!(fs::read_to_string(dir.path().join("run.html")).unwrap().contains("<title>ten files"));
    demo(dir.path(), &["view", "run.jsonl", "-o", "run.json"]).run().exits(0);
    let story = demo(dir.path(), &["view", "run.jsonl", "--narrate"]).run().exits(0);
    assert_eq!(story.out().trim_start().lines().count(), log.events.len());
    let drawn = demo(dir.path(), &["view", "run.jsonl"]).run().exits(0);
    assert!(done.out().contains(drawn.out().trim()), "{}", drawn.report());
    let copied = demo(dir.path(), &["view", "run.jsonl", "-o", "again.jsonl"]).run().exits(0);
    assert_eq!(copied.out(), "");
    assert_eq!(
        fs::read(dir.path().join("run.jsonl")).unwrap(),
        fs::read(dir.path().join("again.jsonl")).unwrap()
    );
}

#[test]
fn files_that_fail_are_recorded_as_well() {
    let dir = tempdir().unwrap();
    let url = "http://127.0.0.1:9/[1-3].txt";
    let done = demo(dir.path(), &["download", url, "--trace", "run.jsonl", "--timeline"]).run().exits(1);
    assert!(done.out().contains("\n1.txt "), "{}", done.report());
    let log = log(&dir.path().join("run.jsonl"));
    assert_true(&log);
    assert_eq!(named(&log), ["root", "1.txt", "2.txt", "3.txt"]);
}

#[test]
fn without_a_flag_only_the_ten_files_are_drawn() {
    let dir = tempdir().unwrap();
    let done = demo(dir.path(), &["download", "http://127.0.0.1:9/a.txt"]).run().exits(1);
    assert!(!done.out().contains("polls\nloop "), "{}", done.report());
}

#[test]
#[cfg(unix)]
fn ctrl_c_leaves_a_log_that_is_true() {
    let dir = tempdir().unwrap();
    let mut running = demo(dir.path(), &["--trace", "run.jsonl"]).start();
    assert!(running.first_line().starts_with("Downloaded"));
    running.interrupt();
    let done = running.wait().exits(130);
    assert!(done.out().contains("Interrupted"), "{}", done.report());
    let log = log(&dir.path().join("run.jsonl"));
    assert_true(&log);
    assert!(log.events.iter().any(|event| matches!(event.what, What::Cancelled { .. })));
}

#[test]
fn a_trace_that_cannot_be_written_is_known_before_the_run() {
    let dir = tempdir().unwrap();
    fs::create_dir(dir.path().join("taken.html")).unwrap();
    for path in ["run.txt", "run"] {
        let done = demo(dir.path(), &["--trace", path]).run().exits(2);
        let said = format!("invalid value '{path}' for '--trace <FILE>': call it .html");
        assert!(done.err().contains(&said), "{}", done.report());
    }
    for (path, why) in [("nowhere/run.html", "No such file or directory"), ("taken.html", "directory")] {
        let done = demo(dir.path(), &["--trace", path]).run().exits(1);
        assert_eq!(done.err().lines().count(), 1, "{}", done.report());
        assert!(done.err().contains(path) && done.err().contains(why), "{}", done.report());
        assert!(done.out().is_empty(), "nothing was downloaded: {}", done.report());
    }
    let left = fs::read_dir(dir.path())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".roundabout"));
    assert_eq!(left.count(), 0, "a part of a file is left");
}

#[test]
fn a_log_that_cannot_be_read_is_named_with_its_line_and_cause() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("bad.jsonl"), "{\"roundabout\":1,\"title\":\"x\"}\n{\"n\":1}\n").unwrap();
    for (path, why) in [("none.jsonl", "No such file"), ("bad.jsonl", "line 2: this is no event")] {
        let done = demo(dir.path(), &["view", path]).run().exits(1);
        assert_eq!(done.err().lines().count(), 1, "{}", done.report());
        assert!(done.err().contains(path) && done.err().contains(why), "{}", done.report());
    }
}

/// A program of somebody's own, recorded by one line, which writes `run.jsonl`.
fn recorded(dir: &Path, args: &[&str]) -> Program {
    Program::new(env!("CARGO_BIN_EXE_recorded")).arg("run.jsonl").args(args).dir(dir)
}

#[test]
fn one_line_records_a_program_of_ones_own() {
    let dir = tempdir().unwrap();
    let done = recorded(dir.path(), &[]).run().exits(0);
    assert!(done.err().starts_with("Wrote run.jsonl: "), "{}", done.report());
    let log = log(&dir.path().join("run.jsonl"));
    assert_true(&log);
    assert_eq!((named(&log), &*log.header.title), (vec!["root", "worker"], "recorded"));
}

#[test]
fn a_panic_leaves_a_log_that_is_true() {
    let dir = tempdir().unwrap();
    let done = recorded(dir.path(), &["panic"]).run();
    assert_eq!(done.code, Some(101), "{}", done.report());
    let log = log(&dir.path().join("run.jsonl"));
    assert_true(&log);
    let last = &log.events.last().unwrap().what;
    assert!(matches!(last, What::Gone { .. }), "{last:?}");
}

#[test]
#[cfg(unix)]
fn ctrl_c_writes_the_file_and_ends_a_program_that_does_not_wait_for_it() {
    let dir = tempdir().unwrap();
    let mut running = recorded(dir.path(), &["wait"]).start();
    assert_eq!(running.first_line(), "waiting");
    running.interrupt();
    let done = running.wait();
    assert_eq!(done.code, None, "the signal ended it: {}", done.report());
    assert!(done.err().contains("Wrote run.jsonl: "), "{}", done.report());
    assert_true(&log(&dir.path().join("run.jsonl")));
}

#[test]
#[cfg(unix)]
fn sigterm_writes_the_file_as_well_and_while_it_runs_there_is_no_part_of_it() {
    let dir = tempdir().unwrap();
    let mut running = recorded(dir.path(), &["wait"]).start();
    assert_eq!(running.first_line(), "waiting");
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left if it is killed now");
    running.signal("TERM");
    let done = running.wait();
    assert_eq!(done.code, None, "the signal ended it: {}", done.report());
    assert_true(&log(&dir.path().join("run.jsonl")));
}

#[test]
#[cfg(unix)]
fn when_the_file_is_written_ctrl_c_is_what_it_always_is() {
    let dir = tempdir().unwrap();
    let mut running = recorded(dir.path(), &["after"]).start();
    assert_eq!(running.first_line(), "waiting");
    running.interrupt();
    let done = running.wait();
    assert_eq!(done.code, None, "the signal ended it: {}", done.report());
}

#[test]
#[cfg(unix)]
fn ctrl_c_is_left_to_a_program_that_waits_for_it() {
    let dir = tempdir().unwrap();
    let mut running = recorded(dir.path(), &["handle"]).start();
    assert_eq!(running.first_line(), "waiting");
    running.interrupt();
    let done = running.wait().exits(0);
    assert!(done.out().contains("ended by Err(130)"), "{}", done.report());
    assert_true(&log(&dir.path().join("run.jsonl")));
}

#[test]
#[cfg(unix)]
fn a_run_that_went_well_fails_if_its_trace_cannot_be_written_in_the_end() {
    let dir = tempdir().unwrap();
    let mut running = demo(dir.path(), &["--trace", "run.jsonl"]).start();
    assert!(running.first_line().starts_with("Downloaded"));
    // At the start there was room for it; now another has its name.
    fs::create_dir(dir.path().join("run.jsonl")).unwrap();
    let done = running.wait().exits(1);
    assert!(done.out().contains("10 files, 1.82 MB"), "the files are there: {}", done.report());
    assert_eq!(done.err().lines().count(), 1, "{}", done.report());
    assert!(done.err().contains("cannot write the trace to run.jsonl"), "{}", done.report());
}

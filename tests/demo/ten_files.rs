//! The main job: `demo` alone downloads ten files at once.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;

use tempfile::tempdir;
use tests::run::Finished;
use tests::{files, raw};

use crate::demo;

#[test]
fn without_arguments_it_downloads_ten_files_and_sums_up() {
    let dir = tempdir().unwrap();
    let done = demo(&[]).dir(dir.path()).run().exits(0);
    assert_ten_files(&dir.path().join("downloads"));
    assert_told(&done);
}

#[test]
fn download_without_a_url_is_the_same() {
    let dir = tempdir().unwrap();
    let done = demo(&["download"]).dir(dir.path()).run().exits(0);
    assert_ten_files(&dir.path().join("downloads"));
    assert_told(&done);
}

#[test]
fn a_second_run_replaces_the_files_of_the_first() {
    let dir = tempdir().unwrap();
    let downloads = dir.path().join("downloads");
    std::fs::create_dir(&downloads).unwrap();
    std::fs::write(downloads.join("file3.txt"), "of an earlier run").unwrap();
    demo(&[]).dir(dir.path()).run().exits(0);
    assert_ten_files(&downloads);
}

#[test]
fn ten_at_once_take_little_more_than_the_slowest_alone() {
    let dir = tempdir().unwrap();
    let job = |out: &str, more: &[&str]| demo(&["download", "-o", out]).args(more).dir(dir.path()).start();
    let in_turn = job("in-turn", &["--sequential"]);
    let at_once = job("at-once", &[]).wait().exits(0);
    let in_turn = in_turn.wait().exits(0);
    files::assert_same(&dir.path().join("at-once"), &dir.path().join("in-turn"));
    assert_told(&in_turn);

    // Where each was fetched with nothing beside it.
    let (alone, name) = row(&in_turn, "slowest file alone");
    assert_eq!(name, "file6.txt");
    assert!((1.5..2.0).contains(&alone), "it is served within 1.5 s:\n{}", in_turn.report());
    let (sum, how) = row(&in_turn, "one after the other");
    assert!(
        sum >= 7.97 && how.starts_with("measured"),
        "all are served within 7.97 s:\n{}",
        in_turn.report()
    );

    // A machine that is busy otherwise may be slow once or twice, but not each time.
    let again = (0..2).map(|_| job("at-once", &[]).wait().exits(0));
    let fast = [at_once].into_iter().chain(again).any(|done| {
        let (sum, how) = row(&done, "one after the other");
        assert!(sum >= 7.9 && how.contains("times as long"), "{}", done.report());
        wall(&done) < alone * 1.3
    });
    assert!(fast, "at once they take far more than {alone} s:\n{}", in_turn.report());
}

#[test]
fn the_summary_counts_what_was_done() {
    let dir = tempdir().unwrap();
    let done = demo(&[]).dir(dir.path()).run().exits(0);
    let headline = done.out().lines().find(|line| line.ends_with("on one thread")).expect("a headline");
    assert!(headline.starts_with("10 files, 1.82 MB, in "), "{}", done.report());
    assert_eq!(row(&done, "slowest file alone").1, "file6.txt", "{}", done.report());
    for what in ["polls", "turns of the loop"] {
        // Each file comes in ten pieces or more, and for each there is something to wait for.
        assert!(row(&done, what).0 > 100.0, "{what}\n{}", done.report());
    }
    assert_eq!(row(&done, "threads").0, 1.0);
}

/// The number, in seconds if it is a time, and the note that the summary has for this.
fn row(done: &Finished, what: &str) -> (f64, String) {
    let line = done.out().lines().find_map(|line| line.strip_prefix("  ")?.strip_prefix(what));
    let line = line.unwrap_or_else(|| panic!("no row for {what:?}:\n{}", done.report())).trim();
    let (value, note) = line.split_once("  ").unwrap_or((line, ""));
    let value = value.replace(',', "").replace(" ms", "e-3").replace(" s", "");
    (value.parse().unwrap_or_else(|_| panic!("{value:?} is not a number")), note.to_owned())
}

/// The time of the whole, in seconds.
fn wall(done: &Finished) -> f64 {
    let time = done.out().split_once(", in ").and_then(|(_, rest)| rest.split_once(" s on one thread"));
    time.and_then(|(time, _)| time.parse().ok()).unwrap_or_else(|| panic!("no time:\n{}", done.report()))
}

/// What the ten files are is asked of the embedded server, with another client than ours.
fn assert_ten_files(folder: &Path) {
    let wanted: Vec<_> = ten_names().collect();
    let mut names = files::names(folder);
    names.sort_by_key(|name| (name.len(), name.clone()));
    assert_eq!(names, wanted, "these and nothing else, hidden or temporary");

    let mut server = demo(&["serve"]).start();
    let addr = crate::serve::address(&server.first_line());
    let fetched: Vec<_> = wanted.iter().map(|name| thread::spawn(fetch(addr, name))).collect();
    for (name, body) in wanted.iter().zip(fetched) {
        let body = body.join().unwrap();
        assert!(!body.is_empty(), "{name} is empty");
        files::assert_same_bytes(name, &std::fs::read(folder.join(name)).unwrap(), &body);
    }
}

fn fetch(addr: SocketAddr, name: &str) -> impl FnOnce() -> Vec<u8> + use<> {
    let target = format!("/{name}");
    move || {
        let reply = raw::get(addr, &target);
        assert_eq!(reply.status, 200, "{target}");
        reply.body
    }
}

/// Each file is told once, then comes the summary; no escape codes, as standard output is no terminal.
fn assert_told(done: &Finished) {
    let lines: Vec<_> = done.out().lines().collect();
    let is_told = |line: &str, name: &str| line.split(' ').take(2).eq(["Downloaded", name]);
    for name in ten_names() {
        let times = lines.iter().filter(|line| is_told(line, &name)).count();
        assert_eq!(times, 1, "{name} is told once:\n{}", done.report());
    }
    let last = lines.iter().rposition(|line| line.starts_with("Downloaded ")).unwrap();
    let summary = lines[last + 1..].join("\n").to_lowercase();
    for word in ["thread", "poll", "sleeps", "longest", "one after the other"] {
        assert!(summary.contains(word), "the summary speaks of {word:?}:\n{}", done.report());
    }
    let codes = [&done.stdout, &done.stderr].map(|bytes| bytes.iter().any(|b| b"\x1b\r".contains(b)));
    assert_eq!(codes, [false, false], "escape codes into a pipe:\n{}", done.report());
    assert_eq!(done.err(), "", "nothing went wrong");
}

fn ten_names() -> impl Iterator<Item = String> {
    (1..=10).map(|n| format!("file{n}.txt"))
}

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
fn ten_at_once_take_much_less_than_one_after_the_other() {
    let dir = tempdir().unwrap();
    let job = |out: &str, more: &[&str]| demo(&["download", "-o", out]).args(more).dir(dir.path()).start();
    let (at_once, in_turn) = (job("at-once", &[]), job("in-turn", &["--sequential"]));
    let (at_once, in_turn) = (at_once.wait().exits(0), in_turn.wait().exits(0));
    assert!(
        at_once.took * 2 < in_turn.took,
        "at once they take little more than the slowest alone:\n{}\n{}",
        at_once.report(),
        in_turn.report()
    );
    files::assert_same(&dir.path().join("at-once"), &dir.path().join("in-turn"));
    assert_told(&in_turn);
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

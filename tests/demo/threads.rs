//! One thread does it all: the only others are those of the blocking pool (names looked up, files written).
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs::{self, DirEntry};
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::tempdir;
use tests::gate::{Gate, Tally};
use tests::reply;
use tests::scripted::Server;

use crate::{demo, download};

/// The names of the process's threads but the main one, as the kernel has them now.
///
/// A thread is born with the name of the one that made it and names itself a moment later: that is waited for.
fn other_threads(pid: u32) -> BTreeSet<String> {
    // A thread, or the whole process, may end while we look.
    let name_of = |task: &Path| fs::read_to_string(task.join("comm")).map(|name| name.trim().to_owned());
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return BTreeSet::new() };
    let others = tasks.flatten().filter(|task| task.file_name() != pid.to_string().as_str());
    let own_name = |task: DirEntry| {
        let (start, parent) = (Instant::now(), name_of(&task.path().with_file_name(pid.to_string())).ok()?);
        loop {
            let name = name_of(&task.path()).ok()?;
            if name != parent || start.elapsed() > Duration::from_secs(1) {
                return Some(name);
            }
        }
    };
    others.filter_map(own_name).collect()
}

fn assert_of_the_pool(names: &BTreeSet<String>) {
    assert!(names.iter().all(|name| name.starts_with("blocking")), "threads beside the main one: {names:?}");
}

#[test]
fn in_the_middle_of_three_downloads_there_is_no_thread_but_main_and_the_pool() {
    let dir = tempdir().unwrap();
    let (gate, halves) = (Gate::new(), Tally::new());
    let (hold, sent) = (gate.clone(), halves.clone());
    let server = Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::cut_short(10, b"first"))?;
        let _inside = sent.enter();
        conn.wait(&hold)?;
        conn.send(b"other")
    });
    let mut running = download(dir.path(), &[&server.url("/[1-3]")]).start();
    halves.wait_for_total(3);
    assert_of_the_pool(&other_threads(running.pid()));
    assert!(running.runs());
    gate.open();
    running.wait().exits(0);
}

#[test]
fn the_main_job_never_has_another_thread_either() {
    let dir = tempdir().unwrap();
    let mut running = demo(&[]).dir(dir.path()).start();
    let (mut seen, mut looks) = (BTreeSet::new(), 0);
    while running.runs() {
        seen.extend(other_threads(running.pid()));
        looks += 1;
        std::thread::sleep(Duration::from_millis(1));
    }
    running.wait().exits(0);
    assert!(looks > 10, "looked {looks} times only");
    assert_of_the_pool(&seen);
}

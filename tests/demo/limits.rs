//! How many downloads go on at once, and where they go.
//!
//! The server holds its replies back until the test has seen how many requests come without them. It lets go of a
//! request before it answers, so it never counts more than the client has under way.

use std::time::Duration;

use tempfile::{TempDir, tempdir};
use tests::gate::{Counts, Gate, Tally};
use tests::run::{Finished, Program};
use tests::scripted::Server;
use tests::{files, reply};

use crate::{demo, download};

/// How long to watch that no further request comes: a fault is seen at once, only the good case takes so long.
const WATCH: Duration = Duration::from_millis(200);

/// Downloads 12 files with these arguments from a server that answers only after `wanted` requests are there and
/// no further one came; returns how many were under way at once.
fn under_way_at_once(args: &[&str], wanted: usize) -> Counts {
    let dir = tempdir().unwrap();
    let (gate, tally) = (Gate::new(), Tally::new());
    let (hold, count) = (gate.clone(), tally.clone());
    let server = Server::start(move |conn| {
        loop {
            let request = conn.request()?;
            let inside = count.enter();
            conn.wait(&hold)?;
            drop(inside);
            conn.send(&reply::ok(request.target().as_bytes()))?;
        }
    });
    let running = download(dir.path(), args).arg(server.url("/[1-12]")).start();
    tally.wait_for_total(wanted);
    let counts = tally.watch_beyond(wanted, WATCH);
    assert_eq!(counts.total, wanted, "{args:?}: requests without a reply: {counts:?}");
    gate.open();
    running.wait().exits(0);
    assert_eq!(files::listing(&dir.path().join("out")).len(), 12);
    tally.counts()
}

#[test]
fn j_bounds_the_downloads_under_way() {
    assert_eq!(under_way_at_once(&["-j", "3"], 3).most, 3);
}

#[test]
fn j1_and_sequential_download_one_at_a_time() {
    assert_eq!(under_way_at_once(&["-j", "1"], 1).most, 1);
    assert_eq!(under_way_at_once(&["--sequential"], 1).most, 1);
}

#[test]
fn without_j_ten_files_are_under_way_at_once() {
    let (dir, tally) = (tempdir().unwrap(), Tally::new());
    let count = tally.clone();
    let server = Server::start(move |conn| {
        conn.request()?;
        let _inside = count.enter();
        count.wait_for_total(10);
        conn.send(&reply::ok(b"all ten are here"))
    });
    download(dir.path(), &[&server.url("/[1-10]")]).run().exits(0);
    assert_eq!(server.requests().len(), 10);
}

#[test]
fn a_limit_of_none_or_of_nonsense_is_a_usage_error() {
    for limit in ["0", "-1", "many", "1.5", "99999999999999999999999"] {
        let done = demo(&["download", &format!("-j{limit}"), "http://127.0.0.1:9/x"]).run().exits(2);
        assert!(done.err().contains(limit), "{}", done.report());
    }
}

#[test]
fn sequential_follows_the_order_of_the_urls() {
    let dir = tempdir().unwrap();
    let server = Server::answering(|request| reply::ok(request.target().as_bytes()));
    download(dir.path(), &["--sequential", &server.url("/b"), &server.url("/c"), &server.url("/a")])
        .run()
        .exits(0);
    let targets: Vec<_> = server.requests().iter().map(|request| request.target().to_owned()).collect();
    assert_eq!(targets, ["/b", "/c", "/a"]);
}

#[test]
fn connections_are_kept_and_used_again() {
    let dir = tempdir().unwrap();
    let server = Server::answering(|_| reply::ok(b"kept alive"));
    download(dir.path(), &["-j", "2", &server.url("/[1-50]")]).run().exits(0);
    assert_eq!(server.requests().len(), 50);
    assert!(server.connections() <= 2, "{} connections for 50 files, two at a time", server.connections());
}

#[test]
#[cfg(unix)]
fn where_only_few_files_may_be_open_all_come_one_after_the_other() {
    let body = files::bytes(6, 100_000);
    let reply = reply::ok(&body);
    let server = Server::answering(move |_| reply.clone());
    let (dir, binary) = (tempdir().unwrap(), env!("CARGO_BIN_EXE_demo-under-test"));
    let script = "ulimit -n 40 && exec \"$0\" download -o out -j 200 \"$1\"";
    let program = Program::new("sh").args(["-c", script, binary, &server.url("/[1-200]")]).dir(dir.path());
    let done = program.run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    // On a busy machine the loop may have a word to say of a slow poll, too.
    let warnings = done.err().lines().filter(|line| line.starts_with("demo:")).count();
    assert_eq!((warnings, got.len()), (1, 200), "{}", done.report());
    assert!(got.values().all(|bytes| *bytes == body), "{}", done.report());
}

#[test]
fn o_names_the_folder_and_it_is_made_if_need_be() {
    let server = Server::answering(|_| reply::ok(b"here"));
    let into = |args: &[&str]| -> (TempDir, Finished) {
        let dir = tempdir().unwrap();
        let done = demo(args).arg(server.url("/x.txt")).dir(dir.path()).run().exits(0);
        (dir, done)
    };
    for (args, wanted) in [
        (&["download"][..], "downloads/x.txt"),
        (&["download", "-o", "."], "x.txt"),
        (&["download", "-o", "new"], "new/x.txt"),
        (&["download", "-o", "two/levels"], "two/levels/x.txt"),
    ] {
        let (dir, done) = into(args);
        let file = dir.path().join(wanted);
        assert_eq!(
            std::fs::read(&file).unwrap_or_default(),
            b"here",
            "{args:?} -> {wanted}\n{}",
            done.report()
        );
    }
}

#[test]
fn the_limit_for_a_host_counts_each_host_by_itself_and_holds_up_no_other() {
    let dir = tempdir().unwrap();
    let tallies = [Tally::new(), Tally::new()];
    let gate = Gate::new();
    let servers = tallies.clone().map(|tally| {
        let hold = gate.clone();
        Server::start(move |conn| {
            loop {
                let request = conn.request()?;
                let inside = tally.enter();
                conn.wait(&hold)?;
                drop(inside);
                conn.send(&reply::ok(request.target().as_bytes()))?;
            }
        })
    });
    // Five lanes, and all of the first host's files are before the second's: its two are taken all the same.
    let args = ["-j", "5", "--limit-per-host", "2", &servers[0].url("/[1-8]"), &servers[1].url("/[11-18]")];
    let running = download(dir.path(), &args).start();
    tallies.iter().for_each(|tally| tally.wait_for_total(2));
    for tally in &tallies {
        assert_eq!(tally.watch_beyond(2, WATCH).total, 2);
    }
    gate.open();
    running.wait().exits(0);
    assert_eq!(files::names(&dir.path().join("out")).len(), 16);
    for tally in &tallies {
        assert_eq!(tally.counts().most, 2);
    }
    demo(&["--limit-per-host", "0", "http://127.0.0.1:9/x"]).run().exits(2);
}

#[test]
fn the_limit_for_a_host_counts_redirects_to_it() {
    let tally = Tally::new();
    let count = tally.clone();
    let target = Server::start(move |conn| {
        loop {
            let request = conn.request()?;
            let inside = count.enter();
            std::thread::sleep(Duration::from_millis(5));
            drop(inside);
            conn.send(&reply::ok(request.target().as_bytes()))?;
        }
    });
    let others = [(); 4].map(|()| {
        let location = target.url("/x");
        Server::answering(move |_| reply::redirect("302 Found", &location))
    });
    let dir = tempdir().unwrap();
    let urls = (0..4).map(|n| others[n].url(&format!("/{n}[0-4]")));
    download(dir.path(), &["--limit-per-host", "1"]).args(urls).run().exits(0);
    assert_eq!(tally.counts().most, 1);
    assert_eq!(tally.counts().total, 20);
}

#[test]
#[cfg(target_os = "linux")]
fn there_are_no_more_at_once_than_there_may_be_open_files_for() {
    let server = Server::answering(|request| reply::ok(request.target().as_bytes()));
    let binary = env!("CARGO_BIN_EXE_demo-under-test");
    // The hard limit holds; the soft one is only where the process begins.
    for (limit, said) in [("ulimit -n 84", 1), ("ulimit -S -n 84", 0)] {
        let dir = tempdir().unwrap();
        let script = format!("{limit}; exec \"$0\" download -j 40 -o out \"$1\"");
        let program = Program::new("sh").args(["-c", &script, binary, &server.url("/[1-40]")]);
        let done = program.dir(dir.path()).run().exits(0);
        let lines: Vec<_> = done.err().lines().collect();
        assert_eq!(lines.len(), said, "{}", done.report());
        assert!(lines.iter().all(|line| line.contains("10 at once, not 40")), "{}", done.report());
        assert_eq!(files::listing(&dir.path().join("out")).len(), 40);
    }
}

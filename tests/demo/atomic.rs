//! Files are never half there: a name in the folder always has the whole content, whatever happened.

use std::path::{Path, PathBuf};

use tempfile::{TempDir, tempdir};
use tests::gate::{Gate, Tally, eventually};
use tests::run::Program;
use tests::scripted::{Script, Server};
use tests::{files, reply};

use crate::{download, one_line};

/// A folder `out` with one file of an earlier run.
fn with_earlier_file() -> (TempDir, PathBuf) {
    let dir = tempdir().unwrap();
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("x.txt"), "of an earlier run").unwrap();
    (dir, out)
}

fn assert_untouched(out: &Path) {
    let left = files::listing(out);
    assert!(left.keys().eq(&["x.txt"]), "left in the folder: {:?}", left.keys());
    assert_eq!(left["x.txt"], b"of an earlier run");
}

/// How many temporary files there are with something in them. (For a moment at the start there is an empty one, which
/// looks whether the folder takes files.)
fn temporary(out: &Path) -> usize {
    let entries = std::fs::read_dir(out).into_iter().flatten().flatten();
    let is_begun = |entry: &std::fs::DirEntry| entry.metadata().is_ok_and(|data| data.len() > 0);
    entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".part")).filter(is_begun).count()
}

/// More than anybody keeps in memory before the first of it is written.
const HALF: usize = 1_000_000;

/// Ways in which a body of `/x.txt` can end too early.
const BREAKS: [(&str, Script); 6] = [
    ("closed within its Content-Length", |conn| conn.send(&reply::cut_short(1_000_003, &[b'x'; 123_457]))),
    ("closed within a Content-Length that nobody can hold", |conn| {
        conn.send(&reply::cut_short(usize::MAX, b"hello"))
    }),
    ("closed before any of its Content-Length", |conn| conn.send(&reply::cut_short(1_000_003, b""))),
    ("reset", |conn| {
        conn.send(&reply::cut_short(1_000_003, &[b'x'; 123_457]))?;
        conn.reset();
        Ok(())
    }),
    ("closed within a chunk", |conn| {
        conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nff\r\nwor")
    }),
    ("closed before the last chunk", |conn| {
        conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    }),
];

#[test]
fn a_body_that_breaks_off_leaves_nothing_new_and_touches_nothing_old() {
    for (how, script) in BREAKS {
        let server = Server::start(move |conn| {
            conn.request()?;
            script(conn)
        });
        let (dir, out) = with_earlier_file();
        let done = download(dir.path(), &[&server.url("/x.txt")]).run().exits(1);
        let line = one_line(&done);
        assert!(
            line.starts_with("Failed ") && line.contains(&server.url("/x.txt")),
            "{how}: {}",
            done.report()
        );
        assert_untouched(&out);

        let fresh = tempdir().unwrap();
        download(fresh.path(), &[&server.url("/y.txt")]).run().exits(1);
        assert_eq!(
            files::names(&fresh.path().join("out")).len(),
            0,
            "{how}: neither a final nor a temporary name"
        );
    }
}

#[test]
fn a_body_cut_short_says_how_many_bytes_of_how_many() {
    let server = Server::start(|conn| {
        conn.request()?;
        conn.send(&reply::cut_short(1_000_003, &[b'x'; 123_457]))
    });
    let dir = tempdir().unwrap();
    let done = download(dir.path(), &[&server.url("/x.txt")]).run().exits(1);
    let line = one_line(&done).replace(',', "");
    assert!(line.contains("123457 of 1000003"), "{}", done.report());
}

#[test]
fn an_error_page_never_takes_the_place_of_a_file() {
    let server = Server::answering(|_| reply::with_status("503 Service Unavailable", b"come back later"));
    let (dir, out) = with_earlier_file();
    download(dir.path(), &[&server.url("/x.txt")]).run().exits(1);
    assert_untouched(&out);
}

#[test]
fn a_file_of_an_earlier_run_is_replaced_as_a_whole() {
    let server = Server::answering(|_| reply::ok(b"new"));
    let (dir, out) = with_earlier_file();
    download(dir.path(), &[&server.url("/x.txt")]).run().exits(0);
    let left = files::listing(&out);
    assert!(left.keys().eq(&["x.txt"]) && left["x.txt"] == b"new", "{left:?}");
}

#[test]
fn while_a_download_runs_its_final_name_is_as_it_was() {
    let (gate, halves) = (Gate::new(), Tally::new());
    let (hold, sent) = (gate.clone(), halves.clone());
    let server = Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::cut_short(2 * HALF, &[b'x'; HALF]))?;
        let _inside = sent.enter();
        conn.wait(&hold)?;
        conn.send(&[b'x'; HALF])
    });
    let (dir, out) = with_earlier_file();
    let running = download(dir.path(), &[&server.url("/x.txt")]).start();
    halves.wait_for_total(1);
    eventually("a temporary file stands beside the old one", || temporary(&out) == 1);
    assert_eq!(std::fs::read(out.join("x.txt")).unwrap(), b"of an earlier run");
    gate.open();
    running.wait().exits(0);
    assert_eq!(std::fs::read(out.join("x.txt")).unwrap(), [b'x'; 2 * HALF]);
    assert_eq!(files::names(&out), ["x.txt"]);
}

#[test]
fn a_folder_in_the_place_of_the_file_is_an_error_and_stays() {
    let server = Server::answering(|_| reply::ok(b"new"));
    let dir = tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("out/x.txt")).unwrap();
    let done = download(dir.path(), &[&server.url("/x.txt")]).run().exits(1);
    assert!(one_line(&done).contains("x.txt"), "{}", done.report());
    assert_eq!(files::names(&dir.path().join("out")), ["x.txt"]);
    assert!(dir.path().join("out/x.txt").is_dir());
}

#[test]
#[cfg(unix)]
fn ctrl_c_removes_what_is_half_done_and_keeps_what_is_done() {
    let never = Gate::new();
    let server = Server::start(move |conn| {
        loop {
            if conn.request()?.target() == "/done.txt" {
                conn.send(&reply::ok(b"whole"))?;
            } else {
                conn.send(&reply::cut_short(2 * HALF, &[b'x'; HALF]))?;
                conn.wait(&never)?;
            }
        }
    });
    let (dir, out) = with_earlier_file();
    let urls = ["/done.txt", "/half.txt", "/x.txt"].map(|path| server.url(path));
    let mut running = download(dir.path(), &urls.each_ref().map(String::as_str)).start();
    running.wait_for("Downloaded done.txt");
    eventually("two temporary files stand beside the two whole ones", || temporary(&out) == 2);
    running.interrupt();
    let done = running.wait().exits(130);
    let left = files::listing(&out);
    assert!(left.keys().eq(&["done.txt", "x.txt"]), "{:?}", left.keys());
    assert_eq!((&left["done.txt"][..], &left["x.txt"][..]), (&b"whole"[..], &b"of an earlier run"[..]));
    let told = format!("{}{}", done.out(), done.err()).to_lowercase();
    assert!(
        told.contains("interrupted") && told.contains("1 of 3"),
        "what was done is said:\n{}",
        done.report()
    );
}

#[test]
#[cfg(unix)]
fn ctrl_c_while_get_writes_a_file_leaves_the_old_one() {
    let (never, halves) = (Gate::new(), Tally::new());
    let sent = halves.clone();
    let server = Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::cut_short(2 * HALF, &[b'x'; HALF]))?;
        let _inside = sent.enter();
        conn.wait(&never)
    });
    let (_dir, out) = with_earlier_file();
    let running = crate::demo(&["get", "-o", "x.txt", &server.url("/")]).dir(&out).start();
    halves.wait_for_total(1);
    eventually("a temporary file stands beside the old one", || temporary(&out) == 1);
    running.interrupt();
    running.wait().exits(130);
    assert_untouched(&out);
}

#[test]
#[cfg(unix)]
fn ctrl_c_in_the_main_job_ends_it_at_once() {
    let dir = tempdir().unwrap();
    let mut running = crate::demo(&[]).dir(dir.path()).start();
    running.wait_for("Downloaded ");
    running.interrupt();
    running.wait().exits(130);
    let left = files::names(&dir.path().join("downloads"));
    let whole = |name: &String| name.starts_with("file") && name.ends_with(".txt");
    assert!(!left.is_empty() && left.len() < 10 && left.iter().all(whole), "{left:?}");
}

/// Sends a signal to a download that is half done, lets the server go on, and returns the exit code. The shell sets
/// the process up first.
#[cfg(target_os = "linux")]
fn signalled(set_up: &str, signal: &str) -> Option<i32> {
    let gate = Gate::new();
    let hold = gate.clone();
    let server = Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::cut_short(2 * HALF, &[b'x'; HALF]))?;
        conn.wait(&hold)?;
        conn.send(&[b'x'; HALF])
    });
    let (dir, out) = with_earlier_file();
    let (script, binary) =
        (format!("{set_up} exec \"$0\" download -o out \"$1\""), env!("CARGO_BIN_EXE_demo-under-test"));
    let shell = Program::new("sh").args(["-c", &script, binary, &server.url("/x.txt")]).dir(dir.path());
    let running = shell.start();
    eventually("a temporary file stands beside the old one", || temporary(&out) == 1);
    running.signal(signal);
    if set_up.is_empty() {
        let done = running.wait();
        assert_untouched(&out);
        return done.code;
    }
    gate.open();
    let done = running.wait();
    assert_eq!(files::names(&out), ["x.txt"]);
    done.code
}

#[test]
#[cfg(target_os = "linux")]
fn other_signals_that_ask_to_end_are_heeded_as_ctrl_c_is() {
    assert_eq!(signalled("", "TERM"), Some(143));
    let ignored = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = ignored.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap().trim().to_owned();
    // Under `nohup cargo test` it is as in the next test.
    if u64::from_str_radix(&ignored, 16).unwrap() & 1 == 0 {
        assert_eq!(signalled("", "HUP"), Some(129));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_hangup_that_is_ignored_as_nohup_has_it_stays_ignored() {
    assert_eq!(signalled("trap '' HUP;", "HUP"), Some(0));
}

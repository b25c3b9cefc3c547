//! `--retry`: what may be a passing trouble is tried again, anything else is not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tempfile::tempdir;
use tests::nobody::Nobody;
use tests::run::Finished;
use tests::scripted::{Script, Server};
use tests::{files, reply};

use crate::parts::{MISSING, Version, asked_from, body};
use crate::{demo, download, records};

/// Waits of some milliseconds.
const QUICKLY: [&str; 2] = ["--retry-delay", "0.002"];

/// A server that does this with its first so many requests, and then sends the file.
fn troubled(times: usize, trouble: Script) -> Server {
    let asked = AtomicUsize::new(0);
    Server::start(move |conn| {
        loop {
            conn.request()?;
            if asked.fetch_add(1, Ordering::SeqCst) < times {
                trouble(conn)?;
                return Ok(());
            }
            conn.send(&reply::ok(b"at last"))?;
        }
    })
}

/// Downloads from it with two retries.
fn tried(server: &Server) -> Finished {
    let dir = tempdir().unwrap();
    let done = download(dir.path(), &["--retry", "2"]).args(QUICKLY).arg(server.url("/x.txt")).run();
    let names = files::names(&dir.path().join("out"));
    assert_eq!(names.len(), usize::from(done.code == Some(0)), "{names:?}\n{}", done.report());
    done
}

/// What passes, and what it is called.
const PASSING: [(&str, Script); 11] = [
    ("408", |conn| conn.send(&reply::with_status("408 Request Timeout", b""))),
    ("429", |conn| conn.send(&reply::with_status("429 Too Many Requests", b""))),
    ("500", |conn| conn.send(&reply::with_status("500 Internal Server Error", b""))),
    ("502", |conn| conn.send(&reply::with_status("502 Bad Gateway", b""))),
    ("503", |conn| conn.send(&reply::with_status("503 Service Unavailable", b""))),
    ("504", |conn| conn.send(&reply::with_status("504 Gateway Timeout", b""))),
    ("closed", |_| Ok(())),
    ("connection", |conn| {
        conn.reset();
        Ok(())
    }),
    ("head", |conn| conn.send(b"HTTP/1.1 200 OK\r\nContent-")),
    ("3 of 7", |conn| conn.send(&reply::cut_short(7, b"at "))),
    ("cut short", |conn| conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7\r\nat l")),
];

#[test]
fn what_may_pass_is_tried_again_until_it_has_passed() {
    for (what, trouble) in PASSING {
        let server = troubled(2, trouble);
        let done = tried(&server).exits(0);
        assert_eq!(server.requests().len(), 3, "{what}");
        // Where there are no bars, each wait is a line.
        let lines: Vec<_> = done.err().lines().collect();
        assert_eq!(lines.len(), 2, "{}", done.report());
        for (n, line) in (1..).zip(lines) {
            assert!(line.starts_with("Waiting "), "{}", done.report());
            assert!(line.contains(&format!("for retry {n} of 2: x.txt: http://")), "{}", done.report());
            assert!(line.contains(what), "{what}: {}", done.report());
        }
    }
}

#[test]
fn it_gives_up_after_so_many_retries_and_tells_the_last_reason() {
    for (what, trouble) in PASSING {
        let server = troubled(usize::MAX, trouble);
        let done = tried(&server).exits(1);
        assert_eq!(server.requests().len(), 3, "{what}");
        let last = done.err().lines().last().unwrap();
        assert!(last.starts_with("Failed x.txt: ") && last.contains(what), "{what}: {}", done.report());
    }
}

#[test]
fn without_retry_nothing_is_tried_again() {
    for (what, trouble) in PASSING {
        let (server, dir) = (troubled(1, trouble), tempdir().unwrap());
        download(dir.path(), &[&server.url("/x.txt")]).run().exits(1);
        assert_eq!(server.requests().len(), 1, "{what}");
    }
}

#[test]
fn what_does_not_pass_is_not_tried_again() {
    let lasting: [(&str, Script); 9] = [
        ("404", |conn| conn.send(&reply::with_status("404 Not Found", b""))),
        ("403", |conn| conn.send(&reply::with_status("403 Forbidden", b""))),
        ("410", |conn| conn.send(&reply::with_status("410 Gone", b""))),
        ("501", |conn| conn.send(&reply::with_status("501 Not Implemented", b""))),
        ("505", |conn| conn.send(&reply::with_status("505 HTTP Version Not Supported", b""))),
        ("204", |conn| conn.send(b"HTTP/1.1 204 No Content\r\n\r\n")),
        ("redirect", |conn| conn.send(&reply::redirect("302 Found", "ftp://host/x"))),
        ("", |conn| conn.send(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n")),
        ("chunk", |conn| conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n")),
    ];
    for (what, trouble) in lasting {
        let server = troubled(usize::MAX, trouble);
        let done = tried(&server).exits(1);
        assert_eq!(server.requests().len(), 1, "{what}: {}", done.report());
        assert_eq!(done.err().lines().count(), 1, "{what}: {}", done.report());
    }
}

#[test]
fn a_host_where_nobody_listens_is_tried_again() {
    let (nobody, dir) = (Nobody::new(), tempdir().unwrap());
    let done = download(dir.path(), &["--retry", "3"]).args(QUICKLY).arg(nobody.url("/x")).run().exits(1);
    assert_eq!(
        done.err().lines().filter(|line| line.starts_with("Waiting ")).count(),
        3,
        "{}",
        done.report()
    );
}

#[test]
fn a_server_that_is_silent_is_tried_again() {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |conn| {
        conn.request()?;
        match asked.fetch_add(1, Ordering::SeqCst) {
            // Silent before the head; and within the body.
            0 => conn.until_closed(),
            1 => {
                conn.send(&reply::cut_short(7, b"at "))?;
                conn.until_closed()
            }
            _ => conn.send(&reply::ok(b"at last")),
        }
    });
    let dir = tempdir().unwrap();
    let args = ["--retry", "2", "--timeout", "0.5"];
    let done = download(dir.path(), &args).args(QUICKLY).arg(server.url("/x.txt")).run().exits(0);
    assert_eq!(done.err().matches("timed out").count(), 2, "{}", done.report());
    assert!(done.took < Duration::from_secs(10), "{}", done.report());
}

#[test]
fn the_waits_are_those_that_the_server_asks_for() {
    let server = troubled(1, |conn| {
        conn.send(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n")
    });
    let done = tried(&server).exits(0);
    assert!(done.took >= Duration::from_secs(1), "{}", done.report());
    // By dates: the one is over, by the server's own clock.
    let server = troubled(1, |conn| {
        conn.send(
            b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: Sat, 06 Nov 2094 08:49:37 GMT\r\n\
              Date: Sat, 06 Nov 2094 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n",
        )
    });
    let done = tried(&server).exits(0);
    assert_eq!(server.requests().len(), 2, "{}", done.report());
}

#[test]
fn a_server_that_asks_for_more_patience_than_there_is_is_not_asked_again() {
    for field in ["3600", "99999999999999999999999999", "Sat, 06 Nov 2094 08:49:37 GMT"] {
        let asked = AtomicUsize::new(0);
        let server = Server::start(move |conn| {
            conn.request()?;
            asked.fetch_add(1, Ordering::SeqCst);
            let head = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n";
            conn.send(format!("{head}Retry-After: {field}\r\n\r\n").as_bytes())
        });
        let done = tried(&server).exits(1);
        assert_eq!(server.requests().len(), 1, "{field}: {}", done.report());
        let why = done.err().contains("429") && done.err().contains("asks to wait");
        assert!(why && done.err().contains("not tried again"), "{}", done.report());
    }
}

#[test]
fn one_that_waits_does_not_hold_up_the_others() {
    let (dir, server) = (
        tempdir().unwrap(),
        Server::answering(|request| match request.target() {
            "/busy" => {
                b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 600\r\nContent-Length: 0\r\n\r\n".to_vec()
            }
            target => reply::ok(target.as_bytes()),
        }),
    );
    let args = ["--retry", "1", &server.url("/busy"), &server.url("/[1-5]")];
    let mut running = download(dir.path(), &args).start();
    // Ten minutes are asked for; the five are there at once.
    for n in 1..=5 {
        running.wait_for(&format!("Downloaded {n}"));
    }
    running.interrupt();
    running.wait().exits(130);
}

#[test]
fn a_retry_goes_on_where_the_last_attempt_broke_off_if_that_is_safe() {
    let (strong, none) =
        (Version::tagged("v1", body(30)), Version { fields: String::new(), ..Version::tagged("", body(31)) });
    for (version, continues) in [(strong, true), (none, false)] {
        let good = version.clone();
        let is_first = std::sync::atomic::AtomicBool::new(true);
        let server = Server::start(move |conn| {
            loop {
                let request = conn.request()?;
                if is_first.swap(false, Ordering::SeqCst) {
                    return conn.send(&good.whole_but(MISSING));
                }
                conn.send(&good.answer(&request))?;
            }
        });
        let dir = tempdir().unwrap();
        let args = ["--json", "--retry", "1"];
        let done = download(dir.path(), &args).args(QUICKLY).arg(server.url("/x.bin")).run().exits(0);
        let got = files::listing(&dir.path().join("out"));
        assert!(got.keys().eq(&["x.bin"]), "{:?}", got.keys());
        files::assert_same_bytes("x.bin", &got["x.bin"], &version.body);
        let from = asked_from(&server.requests()[1]);
        assert_eq!(from, continues.then_some(version.body.len() - MISSING));
        let record = &records(&done)[0];
        assert_eq!((&record["retries"], &record["continued"]), (&1.into(), &from.unwrap_or(0).into()));
    }
}

/// Downloads with three retries from a server that cuts its first reply, answers what is asked for then with `part`, and
/// what is asked for without a range with the whole file. How many requests that took.
fn with_a_part(version: &Version, first: Vec<u8>, part: Vec<u8>) -> usize {
    let (whole, is_first) = (version.whole(), std::sync::atomic::AtomicBool::new(true));
    let server = Server::start(move |conn| {
        loop {
            let request = conn.request()?;
            if is_first.swap(false, Ordering::SeqCst) {
                return conn.send(&first);
            }
            conn.send(if asked_from(&request).is_some() { &part } else { &whole })?;
        }
    });
    let dir = tempdir().unwrap();
    download(dir.path(), &["--retry", "3"]).args(QUICKLY).arg(server.url("/x.bin")).run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    assert!(got.keys().eq(&["x.bin"]), "{:?}", got.keys());
    files::assert_same_bytes("x.bin", &got["x.bin"], &version.body);
    server.requests().len()
}

#[test]
fn a_part_that_may_be_less_than_the_rest_is_never_taken_for_all_of_it() {
    let version = Version::tagged("v1", files::bytes(32, 1000));
    let little = version.part("bytes 100-199/*", &version.body[100..200]);
    assert_eq!(with_a_part(&version, version.whole_but(900), little.clone()), 3);
    // The length is not known from the first reply either.
    let head = format!("HTTP/1.1 200 OK\r\n{}Transfer-Encoding: chunked\r\n\r\n64\r\n", version.fields);
    let chunked = [head.as_bytes(), &version.body[..100], b"\r\n"].concat();
    assert_eq!(with_a_part(&version, chunked.clone(), little), 3);
    // Where one of the two says it, the rest is taken.
    let rest = version.part("bytes 100-999/*", &version.body[100..]);
    assert_eq!(with_a_part(&version, version.whole_but(900), rest), 2);
    assert_eq!(with_a_part(&version, chunked, version.rest(100)), 2);
}

#[test]
fn a_wrong_part_that_only_a_retry_asked_for_is_no_reason_to_give_up() {
    let version = Version::tagged("v1", files::bytes(33, 1000));
    for range in ["bytes 100-199/1000", "bytes 0-999/1000", "nonsense", "bytes 100-999/1001"] {
        let part = version.part(range, &version.body[100..]);
        assert_eq!(with_a_part(&version, version.whole_but(900), part), 3, "{range}");
    }
}

#[test]
fn a_rest_that_ends_early_is_gone_on_with_like_any_other_body_that_is_cut() {
    let version = Version::tagged("v1", files::bytes(34, 1000));
    // In chunks, whose end is no sign of trouble; only the range says that more was to come.
    let head =
        format!("HTTP/1.1 206 Partial Content\r\n{}Content-Range: bytes 100-999/1000\r\n", version.fields);
    let chunks = reply::chunked(&version.body[100..400], &[100]);
    let early = [head.as_bytes(), &chunks[b"HTTP/1.1 200 OK\r\n".len()..]].concat();
    for args in [&[][..], &["--continue"]] {
        let (good, replies) = (version.clone(), AtomicUsize::new(0));
        let (first, early) = (version.whole_but(900), early.clone());
        let server = Server::start(move |conn| {
            loop {
                let request = conn.request()?;
                match replies.fetch_add(1, Ordering::SeqCst) {
                    0 => return conn.send(&first),
                    1 => conn.send(&early)?,
                    _ => conn.send(&good.answer(&request))?,
                }
            }
        });
        let dir = tempdir().unwrap();
        let (retry, url) = (["--retry", "2"], server.url("/x.bin"));
        download(dir.path(), &retry).args(QUICKLY).args(args).arg(&url).run().exits(0);
        let got = files::listing(&dir.path().join("out"));
        assert!(got.keys().eq(&["x.bin"]), "{args:?}: {:?}", got.keys());
        files::assert_same_bytes("x.bin", &got["x.bin"], &version.body);
        let from: Vec<_> = server.requests().iter().map(asked_from).collect();
        assert_eq!(from, [None, Some(100), Some(400)], "{args:?}");
    }
}

#[test]
fn the_embedded_servers_files_come_with_retries_too() {
    let dir = tempdir().unwrap();
    demo(&["--retry", "3", "--timeout", "20"]).dir(dir.path()).run().exits(0);
    assert_eq!(files::names(&dir.path().join("downloads")).len(), 10);
}

#[test]
fn a_number_of_retries_or_a_delay_that_is_none_is_a_usage_error() {
    for args in [
        ["--retry", "-1"],
        ["--retry", "many"],
        ["--retry-delay", "-1"],
        ["--retry-delay", "inf"],
        ["--retry-delay", "1e3"],
        ["--retry-delay", ""],
        ["--retry-delay", "."],
    ] {
        let done = demo(&args).arg("http://127.0.0.1:9/x").run().exits(2);
        assert!(done.err().starts_with("error: "), "{}", done.report());
    }
}

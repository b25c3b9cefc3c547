//! One URL that stands for many, as curl takes them.

use tempfile::tempdir;
use tests::scripted::Server;
use tests::{files, reply};

use crate::{download, one_line};

/// A server that sends back what it was asked for.
fn echo() -> Server {
    Server::answering(|request| reply::ok(request.target().as_bytes()))
}

#[test]
fn a_range_stands_for_many_files() {
    let server = echo();
    for (range, wanted) in [
        ("/f[1-3].txt", &["f1.txt", "f2.txt", "f3.txt"][..]),
        ("/[08-11]", &["08", "09", "10", "11"]),
        ("/[001-003]", &["001", "002", "003"]),
        ("/[a-c].txt", &["a.txt", "b.txt", "c.txt"]),
        ("/[0-10:5]", &["0", "10", "5"]),
        ("/[a-g:3]", &["a", "d", "g"]),
        ("/{x,y}.txt", &["x.txt", "y.txt"]),
        ("/{one}", &["one"]),
        ("/[1-2]{a,b}", &["1a", "1b", "2a", "2b"]),
        ("/[1-2]-[1-2]", &["1-1", "1-2", "2-1", "2-2"]),
        ("/plain", &["plain"]),
    ] {
        let dir = tempdir().unwrap();
        let done = download(dir.path(), &[&server.url(range)]).run().exits(0);
        let got = files::listing(&dir.path().join("out"));
        assert!(got.keys().eq(wanted), "{range}: {:?}\n{}", got.keys(), done.report());
        for (name, body) in got {
            assert_eq!(
                body,
                format!("/{name}").into_bytes(),
                "{range}: each name has the body of its own URL"
            );
        }
    }
}

#[test]
fn a_range_may_stand_in_any_part_of_the_url() {
    let (server, dir) = (echo(), tempdir().unwrap());
    // Not only in the last segment: but then the names must still differ.
    download(dir.path(), &[&server.url("/{a/1,b/2}?q=[7-7]")]).run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    assert!(got.keys().eq(&["1", "2"]), "{:?}", got.keys());
    assert_eq!(got["2"], b"/b/2?q=7");
}

#[test]
fn an_ipv6_address_in_brackets_is_no_range() {
    let Some(server) = Server::answering_v6(|_| reply::ok(b"six")) else {
        return eprintln!("skipped: this machine has no IPv6");
    };
    let dir = tempdir().unwrap();
    assert!(server.url("/").starts_with("http://[::1]:"));
    download(dir.path(), &[&server.url("/[1-2]")]).run().exits(0);
    assert_eq!(files::names(&dir.path().join("out")), ["1", "2"]);
    assert_eq!(server.requests()[0].header("host"), Some(server.addr().to_string().as_str()));
}

#[test]
fn a_bad_range_is_one_line_and_nothing_is_asked_for() {
    let server = echo();
    for range in [
        "/[3-1]",
        "/[1-",
        "/[1]",
        "/[]",
        "/[a-1]",
        "/[1-3:0]",
        "/[1-3:x]",
        "/{a,b",
        "/a}",
        "/[1-99999999999999999999999]",
        "/[1-1000000][1-1000000]",
    ] {
        let dir = tempdir().unwrap();
        let done = download(dir.path(), &[&server.url(range)]).run().exits(1);
        assert!(one_line(&done).starts_with("demo: "), "{range}: {}", done.report());
        assert_eq!(files::names(&dir.path().join("out")).len(), 0, "{range}");
    }
    assert_eq!(server.connections(), 0);
}

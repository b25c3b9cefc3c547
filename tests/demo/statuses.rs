//! What `download` makes of the server's answer: errors fail one file and no other, redirects are followed.

use tempfile::tempdir;
use tests::nobody::Nobody;
use tests::run::Finished;
use tests::scripted::{Request, Server};
use tests::{files, reply};

use crate::{download, one_line};

fn site(request: &Request) -> Vec<u8> {
    let chain = |n: u32| reply::redirect("302 Found", &format!("/hop/{}", n + 1));
    match request.target() {
        "/gone.txt" => reply::with_status("404 Not Found", b"no such file\n"),
        "/broken.txt" => reply::with_status("500 Internal Server Error", b"oops\n"),
        "/moved.txt" => reply::redirect("301 Moved Permanently", "/elsewhere/real.txt"),
        "/relative.txt" => reply::redirect("307 Temporary Redirect", "elsewhere/real.txt"),
        "/loop.txt" => reply::redirect("302 Found", "/loop.txt"),
        "/to-gone.txt" => reply::redirect("302 Found", "/gone.txt"),
        "/nothing.txt" => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        "/part.txt" => reply::with_status("206 Partial Content", b"a part\n"),
        "/accepted.txt" => reply::with_status("202 Accepted", b"later\n"),
        "/unchanged.txt" => b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec(),
        "/packed.txt" => {
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\0".to_vec()
        }
        "/plain.txt" => {
            b"HTTP/1.1 200 OK\r\nContent-Encoding: Identity\r\nContent-Length: 6\r\n\r\nplain\n".to_vec()
        }
        "/proxied.txt" => reply::with_status("203 Non-Authoritative Information", b"by a proxy\n"),
        "/away.txt" => reply::redirect("302 Found", "ftp://127.0.0.1/x"),
        "/elsewhere/real.txt" => reply::ok(b"the real one\n"),
        target => match target.strip_prefix("/hop/").and_then(|n| n.parse().ok()) {
            Some(n) => chain(n),
            None => reply::ok(target.as_bytes()),
        },
    }
}

/// The lines of standard error, each of which must tell of one failure.
fn failures(done: &Finished) -> Vec<&str> {
    let lines: Vec<_> = done.err().lines().collect();
    assert!(lines.iter().all(|line| line.starts_with("Failed ")), "{}", done.report());
    lines
}

#[test]
fn a_file_that_fails_is_named_and_the_others_are_done() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    let urls = ["/a.txt", "/gone.txt", "/b.txt", "/broken.txt", "/c.txt"].map(|path| server.url(path));
    let done = download(dir.path(), &urls.each_ref().map(String::as_str)).run().exits(1);
    assert_eq!(files::names(&dir.path().join("out")), ["a.txt", "b.txt", "c.txt"]);
    let failed = failures(&done);
    assert_eq!(failed.len(), 2, "{}", done.report());
    for (url, status) in [(&urls[1], "404"), (&urls[3], "500")] {
        assert!(
            failed.iter().any(|line| line.contains(url) && line.contains(status)),
            "{url}: {}",
            done.report()
        );
    }
    for name in ["a.txt", "b.txt", "c.txt"] {
        assert!(done.out().contains(&format!("Downloaded {name}")), "{}", done.report());
    }
    for name in ["gone.txt", "broken.txt"] {
        assert!(!done.out().contains(&format!("Downloaded {name}")), "{}", done.report());
    }
}

#[test]
fn a_redirect_is_followed_and_the_file_keeps_the_name_it_was_asked_for_by() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    download(dir.path(), &[&server.url("/moved.txt"), &server.url("/relative.txt")]).run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    assert!(got.keys().eq(&["moved.txt", "relative.txt"]), "{:?}", got.keys());
    assert!(got.values().all(|body| body == b"the real one\n"));
}

#[test]
fn a_redirect_that_leads_nowhere_fails_the_file() {
    for (path, wanted) in
        [("/loop.txt", "redirect"), ("/hop/1", "redirect"), ("/to-gone.txt", "404"), ("/away.txt", "ftp")]
    {
        let (server, dir) = (Server::answering(site), tempdir().unwrap());
        let done = download(dir.path(), &[&server.url(path)]).run().exits(1);
        let failed = failures(&done);
        assert_eq!(failed.len(), 1, "{path}: {}", done.report());
        assert!(failed[0].contains(wanted), "{path}: {}", done.report());
        assert_eq!(files::names(&dir.path().join("out")).len(), 0, "{path}");
        assert!(server.requests().len() <= 60, "{path}: {} requests", server.requests().len());
    }
}

#[test]
fn a_host_that_fails_does_not_stop_the_others() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    let nobody = Nobody::new();
    let refused = nobody.url("/dead.txt");
    let done = download(dir.path(), &[&refused, &server.url("/alive.txt")]).run().exits(1);
    assert_eq!(files::names(&dir.path().join("out")), ["alive.txt"]);
    assert!(matches!(failures(&done)[..], [line] if line.contains(&refused)), "{}", done.report());
}

#[test]
fn what_is_not_the_whole_file_as_it_is_fails_the_file() {
    for (path, wanted) in [
        ("/nothing.txt", "204 No Content"),
        ("/part.txt", "206 Partial Content"),
        ("/accepted.txt", "202 Accepted"),
        ("/unchanged.txt", "304 Not Modified"),
        ("/packed.txt", "Content-Encoding: gzip"),
    ] {
        let (server, dir) = (Server::answering(site), tempdir().unwrap());
        let done = download(dir.path(), &[&server.url(path)]).run().exits(1);
        let failed = failures(&done);
        assert!(
            matches!(failed[..], [line] if line.contains(wanted) && line.contains(&server.url(path))),
            "{failed:?}"
        );
        assert_eq!(files::names(&dir.path().join("out")).len(), 0, "{path}");
    }
}

#[test]
fn a_file_that_came_by_a_proxy_or_says_that_it_is_as_it_is_is_a_file() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    download(dir.path(), &[&server.url("/proxied.txt"), &server.url("/plain.txt")]).run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    assert_eq!((&got["proxied.txt"][..], &got["plain.txt"][..]), (&b"by a proxy\n"[..], &b"plain\n"[..]));
}

#[test]
fn the_summary_counts_the_files_and_names_the_first_failures() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    let done =
        download(dir.path(), &["-j", "1", &server.url("/{a,moved,bc}.txt"), &server.url("/gone.txt")]).run();
    let done = done.exits(1);
    // "/a.txt" has 6 bytes, the moved one 13, "/bc.txt" 7.
    assert!(done.out().contains("\n3 of 4 files, 1 failed, 26 B, in "), "{}", done.report());
    let end =
        format!("\n\nFailed:\n  gone.txt: {}: the server answered 404 Not Found\n", server.url("/gone.txt"));
    assert!(done.out().ends_with(&end), "{}", done.report());
    assert!(!done.out().contains("one after the other"), "with one lane they waited: {}", done.report());

    let nobody = Nobody::new();
    let done = download(dir.path(), &[&nobody.url("/[1-1007].txt")]).run().exits(1);
    let (_, end) = done.out().split_once("\n\nFailed:\n").expect("the failures");
    let named = end.lines().filter(|line| line.contains(".txt: http://127.0.0.1:")).count();
    assert_eq!((named, end.lines().count()), (5, 6), "{}", done.report());
    assert!(end.ends_with("\n  … and 1,002 more\n"), "{}", done.report());
}

#[test]
fn a_file_that_failed_is_not_the_slowest_alone() {
    let server = Server::start(|conn| {
        loop {
            let request = conn.request()?;
            if request.target() == "/slow-and-cut.txt" {
                // As slow as can be without a clock: the other file comes first.
                std::thread::sleep(std::time::Duration::from_millis(30));
                return conn.send(&reply::cut_short(10, b"half"));
            }
            conn.send(&reply::ok(b"x"))?;
        }
    });
    let dir = tempdir().unwrap();
    let done =
        download(dir.path(), &[&server.url("/slow-and-cut.txt"), &server.url("/quick.txt")]).run().exits(1);
    let row = done.out().lines().find(|line| line.contains("slowest file alone")).expect("a row");
    assert!(row.ends_with("  quick.txt"), "{}", done.report());
    let done = download(dir.path(), &[&server.url("/slow-and-cut.txt")]).run().exits(1);
    assert!(!done.out().contains("slowest file alone"), "{}", done.report());
}

#[test]
fn a_file_that_was_asked_for_in_a_coding_is_taken_in_it() {
    let packed = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\0";
    let (server, dir) = (Server::answering(|_| packed.to_vec()), tempdir().unwrap());
    let done = download(dir.path(), &[&server.url("/packed")]).run().exits(1);
    assert!(one_line(&done).contains("-H 'Accept-Encoding: gzip'"), "{}", done.report());
    let args = ["-H", "accept-encoding: gzip", &server.url("/packed")];
    download(dir.path(), &args).run().exits(0);
    assert_eq!(std::fs::read(dir.path().join("out/packed")).unwrap(), b"\x1f\x8b\x08\0");
}

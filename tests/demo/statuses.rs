//! What `download` makes of the server's answer: errors fail one file and no other, redirects are followed.

use tempfile::tempdir;
use tests::nobody::Nobody;
use tests::run::Finished;
use tests::scripted::{Request, Server};
use tests::{files, reply};

use crate::download;

fn site(request: &Request) -> Vec<u8> {
    let chain = |n: u32| reply::redirect("302 Found", &format!("/hop/{}", n + 1));
    match request.target() {
        "/gone.txt" => reply::with_status("404 Not Found", b"no such file\n"),
        "/broken.txt" => reply::with_status("500 Internal Server Error", b"oops\n"),
        "/moved.txt" => reply::redirect("301 Moved Permanently", "/elsewhere/real.txt"),
        "/relative.txt" => reply::redirect("307 Temporary Redirect", "elsewhere/real.txt"),
        "/loop.txt" => reply::redirect("302 Found", "/loop.txt"),
        "/to-gone.txt" => reply::redirect("302 Found", "/gone.txt"),
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

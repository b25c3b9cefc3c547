//! What a file is called: the last segment of the URL's path, and never a name that leads out of the folder.

use tempfile::tempdir;
use tests::scripted::Server;
use tests::{files, reply};

use crate::{download, one_line};

#[test]
fn the_name_is_the_last_segment_of_the_path_decoded() {
    let server = Server::answering(|_| reply::ok(b"x"));
    for (path, wanted) in [
        ("/a.txt", "a.txt"),
        ("/deep/er/a.txt", "a.txt"),
        ("/a.txt?b=/c.txt", "a.txt"),
        ("/a.txt#/c.txt", "a.txt"),
        ("/two%20words.txt", "two words.txt"),
        ("/100%25.txt", "100%.txt"),
        ("/%c3%bc.txt", "ü.txt"),
        ("/a+b.txt", "a+b.txt"),
        ("/a..b", "a..b"),
        ("/-rf", "-rf"),
        ("/%7Bx%7D", "{x}"),
    ] {
        let dir = tempdir().unwrap();
        let done = download(dir.path(), &[&server.url(path)]).run().exits(0);
        assert_eq!(files::names(&dir.path().join("out")), [wanted], "{path}\n{}", done.report());
    }
}

#[test]
fn a_dangerous_name_is_refused_before_anything_is_asked_for() {
    let server = Server::answering(|_| reply::ok(b"x"));
    for path in [
        "",
        "/",
        "/folder/",
        "/?name=x",
        "/.",
        "/..",
        "/x/..",
        "/%2e",
        "/%2e%2e",
        "/.%2E",
        "/a%2Fb",
        "/..%2Fetc%2Fpasswd",
        "/a%5Cb",
        "/..%5cb",
        "/a%00b",
        "/a%0Ab",
        "/a%0Db",
        "/a%1bb",
        "/a%7Fb",
        "/a%C2%85b",
        "/.hidden",
        "/%2Ehidden",
        "/...",
        "/%ff%fe",
    ] {
        let dir = tempdir().unwrap();
        let done = download(dir.path(), &[&server.url(path)]).run().exits(1);
        one_line(&done);
        assert!(
            !done.err().contains(['\0', '\x1b', '\r', '\x7f']),
            "{path}: raw control characters in the message"
        );
        assert_eq!(files::names(&dir.path().join("out")).len(), 0, "{path}");
        let beside = files::names(dir.path());
        assert!(beside.iter().all(|name| name == "out"), "{path}: {beside:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_name_too_long_for_a_file_system_is_refused() {
    let server = Server::answering(|_| reply::ok(b"x"));
    let dir = tempdir().unwrap();
    let done = download(dir.path(), &[&server.url(&format!("/{}", "n".repeat(300)))]).run().exits(1);
    one_line(&done);
    assert_eq!(files::names(&dir.path().join("out")).len(), 0);
}

#[test]
fn two_urls_for_one_name_are_an_error_before_anything_starts() {
    let server = Server::answering(|_| reply::ok(b"x"));
    for (one, other) in
        [("/a/x.txt", "/b/x.txt"), ("/x.txt", "/x%2Etxt"), ("/x.txt?1", "/x.txt?2"), ("/x", "/x")]
    {
        let (one, other) = (server.url(one), server.url(other));
        let dir = tempdir().unwrap();
        let done = download(dir.path(), &[&server.url("/fine.txt"), &one, &other]).run().exits(1);
        let line = one_line(&done);
        assert!(
            line.starts_with("demo: ") && line.contains(&one) && line.contains(&other),
            "{}",
            done.report()
        );
        assert_eq!(files::names(&dir.path().join("out")).len(), 0);
    }
    let dir = tempdir().unwrap();
    download(dir.path(), &[&server.url("/[1-2]/x.txt")]).run().exits(1);
    assert_eq!(server.connections(), 0);
}

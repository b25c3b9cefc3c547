//! Bad input: one clear line on standard error, exit code 1, never a panic.

use tempfile::tempdir;
use tests::nobody::Nobody;
use tests::run::Program;
use tests::scripted::Server;
use tests::{files, reply};

use crate::{demo, download, one_line};

/// Both commands say it in one line that holds each of these words, and leave nothing behind.
#[track_caller]
fn assert_refused(url: &str, words: &[&str]) {
    let dir = tempdir().unwrap();
    for program in [demo(&["get", url]).dir(dir.path()), download(dir.path(), &[url])] {
        let done = program.run().exits(1);
        let line = one_line(&done).to_lowercase();
        for word in words {
            assert!(line.contains(&word.to_lowercase()), "{url:?}: nothing of {word:?}:\n{}", done.report());
        }
        assert_eq!(files::names(&dir.path().join("out")).len(), 0, "{url}");
    }
}

#[test]
fn a_url_that_is_none_is_refused_by_name() {
    for (url, words) in [
        ("http:///x", &["host"][..]),
        ("http://", &["host"]),
        ("http://:80/x", &["host"]),
        ("https:///x", &["host"]),
        ("ftp://127.0.0.1/x", &["ftp"]),
        ("file:///etc/passwd", &["file"]),
        ("gopher://x/x", &["gopher"]),
        ("127.0.0.1/x", &[]),
        ("x", &[]),
        ("", &[]),
        ("http:/x/y", &[]),
        ("http:x", &[]),
        ("http://127.0.0.1:65536/x", &["port", "65536"]),
        ("http://127.0.0.1:99999999999999999999/x", &["port"]),
        ("http://127.0.0.1:-1/x", &["port"]),
        ("http://127.0.0.1:http/x", &["port"]),
        ("http://[::1/x", &[]),
        ("http://[::g]/x", &[]),
        ("http://a b/x", &[]),
        ("http://a\tb/x", &[]),
        ("http://127.0.0.1/a\r\nHost: evil", &[]),
        ("http://127.0.0.1/a b", &[]),
        ("http://127.0.0.1/%zz", &[]),
        ("http://a\\b/x", &[]),
        ("http://1.2.3.256/x", &[]),
        ("http://0x7f.1/x", &[]),
    ] {
        assert_refused(url, words);
    }
}

#[test]
fn a_host_that_does_not_resolve_is_named() {
    assert_refused("http://nowhere.invalid/x", &["nowhere.invalid"]);
}

#[test]
fn a_refused_connection_says_where() {
    let nobody = Nobody::new();
    assert_refused(&nobody.url("/x"), &[&nobody.addr().to_string(), "refused"]);
}

#[test]
fn a_body_cut_short_says_how_many_bytes_of_how_many() {
    let server = Server::start(|conn| {
        conn.request()?;
        conn.send(&reply::cut_short(1003, b"1234567"))
    });
    assert_refused(&server.url("/x"), &["7 of 1003"]);
}

#[test]
fn an_answer_that_is_not_http_is_one_line() {
    for garbled in [
        &b"SSH-2.0-OpenSSH_9.2p1\r\n"[..],
        b"220 mail.example.com ESMTP\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"HTTP/3.0 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: \0\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTT",
        b"",
    ] {
        let server = Server::start(move |conn| {
            conn.request()?;
            conn.send(garbled)
        });
        let dir = tempdir().unwrap();
        for program in [demo(&["get"]), download(dir.path(), &[])] {
            let done = program.arg(server.url("/x")).run();
            let shown = String::from_utf8_lossy(garbled);
            assert_eq!(done.code, Some(1), "{shown:?}\n{}", done.report());
            let done = done.exits(1);
            one_line(&done);
            assert_eq!(files::names(&dir.path().join("out")).len(), 0, "{shown:?}");
        }
    }
}

#[test]
fn an_answer_that_is_not_http_is_refused_at_its_first_bytes() {
    // Such a server waits for us to speak its language: nothing more comes, and it does not close.
    let server = Server::start(|conn| {
        conn.request()?;
        conn.send(b"SSH-2.0-OpenSSH_9.2p1\r\n")?;
        conn.until_closed()
    });
    assert_refused(&server.url("/x"), &[]);
}

#[test]
fn a_head_without_end_is_refused() {
    let server = Server::start(|conn| {
        conn.request()?;
        conn.send(b"HTTP/1.1 200 OK\r\n")?;
        loop {
            conn.send(b"X-Filler: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n")?;
        }
    });
    assert_refused(&server.url("/x"), &[]);
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let server = Server::answering(|_| reply::ok(b"x"));
    let dir = tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "whole").unwrap();
    for folder in ["file", "file/below"] {
        let done = demo(&["download", "-o", folder, &server.url("/x")]).dir(dir.path()).run().exits(1);
        assert!(one_line(&done).contains(folder), "{}", done.report());
    }
    for (folder, file) in [("file", "file/below"), ("missing", "missing/x")] {
        let done = demo(&["get", "-o", file, &server.url("/x")]).dir(dir.path()).run().exits(1);
        assert!(one_line(&done).contains(folder), "{}", done.report());
    }
    let left = files::listing(dir.path());
    assert!(left.keys().eq(&["file"]) && left["file"] == b"whole", "{left:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_one_line() {
    let server = Server::answering(|_| reply::ok(b"no room for this"));
    let binary = env!("CARGO_BIN_EXE_demo-under-test");
    let url = server.url("/x");
    let done = Program::new("sh").args(["-c", "exec \"$0\" get \"$1\" > /dev/full", binary, &url]).run();
    one_line(&done.exits(1));
}

#[test]
fn a_password_of_the_url_is_never_shown() {
    let nobody = Nobody::new();
    let at = format!("http://me:open-sesame@{}", nobody.addr());
    for args in [
        &["get", &format!("{at}/x")][..],
        &["download", &format!("{at}/x")],
        &["download", &format!("{at}/x"), &format!("{at}/y/x")],
        &["download", &format!("{at}/..%2fx")],
    ] {
        let dir = tempdir().unwrap();
        let done = demo(args).dir(dir.path()).run().exits(1);
        one_line(&done);
        let told = [done.out(), done.err()].concat();
        assert!(!told.contains("sesame"), "{}", done.report());
    }
}

#[test]
#[cfg(unix)]
fn a_reader_of_the_output_that_leaves_is_no_panic_and_costs_no_file() {
    let server = Server::answering(|_| reply::ok(b"x"));
    let (dir, binary) = (tempdir().unwrap(), env!("CARGO_BIN_EXE_demo-under-test"));
    let script = "\"$0\" download -o out \"$1\" | head -n 1";
    let done = Program::new("sh")
        .args(["-c", script, binary, &server.url("/[1-200]")])
        .dir(dir.path())
        .run()
        .exits(0);
    assert_eq!(done.err(), "");
    assert_eq!(files::names(&dir.path().join("out")).len(), 200);
}

#[test]
fn a_wrong_use_of_the_command_line_is_a_usage_error() {
    for args in [
        &["--no-such-flag"][..],
        &["download", "--no-such-flag"],
        &["get"],
        &["get", "http://x/", "http://y/"],
        &["get", "-L", "--max-redirs", "many", "http://x/"],
    ] {
        let done = demo(args).run().exits(2);
        assert!(done.err().starts_with("error: ") && done.err().contains("--help"), "{}", done.report());
        assert_eq!(done.out(), "");
    }
}

#[test]
fn a_command_spelled_wrong_is_told_as_one() {
    for (word, is_one) in
        [("serv", true), ("halp", true), ("a.b", false), ("a/b", false), ("a:b", false), ("", false)]
    {
        let dir = tempdir().unwrap();
        let done = demo(&[word]).dir(dir.path()).run().exits(1);
        assert_eq!(one_line(&done).contains("no such command: try --help"), is_one, "{}", done.report());
        assert_eq!(files::names(dir.path()).len(), 0);
    }
}

#[test]
fn help_and_version_are_no_errors() {
    for args in [
        &["help"][..],
        &["help", "get"],
        &["--help"],
        &["-h"],
        &["--version"],
        &["download", "--help"],
        &["get", "--help"],
        &["serve", "-h"],
    ] {
        let done = demo(args).run().exits(0);
        assert!(!done.out().is_empty() && done.err().is_empty(), "{}", done.report());
    }
}

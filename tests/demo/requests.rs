//! What `download` and `get` say about their requests alike: header fields, users, addresses, certificates, times.

use std::time::Duration;

use tempfile::tempdir;
use tests::certs::{self, Authority};
use tests::run::{Finished, Program};
use tests::scripted::{Request, Server};
use tests::{files, reply, tls};

use crate::{demo, download, one_line};

fn echo() -> Server {
    Server::answering(|request| reply::ok(request.target().as_bytes()))
}

/// Runs both commands with these arguments and looks at each request.
fn both(args: &[&str], check: impl Fn(&Request)) {
    let (server, dir) = (echo(), tempdir().unwrap());
    for program in [demo(&["get"]), download(dir.path(), &[])] {
        program.args(args).arg(server.url("/x")).run().exits(0);
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    requests.iter().for_each(check);
}

/// Both commands refuse this, as a wrong use and before anything is asked for.
fn both_refuse(args: &[&str]) {
    let (server, dir) = (echo(), tempdir().unwrap());
    for program in [demo(&["get"]), download(dir.path(), &[])] {
        let done = program.args(args).arg(server.url("/x")).run().exits(2);
        assert!(done.err().starts_with("error: ") && done.out().is_empty(), "{}", done.report());
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn header_fields_are_sent_as_they_are_given() {
    both(
        &["-H", "X-One: 1", "--header", "X-Two:  two words ", "-H", "X-Empty;", "-H", "X-One: again"],
        |request| {
            assert_eq!(request.headers("x-one").collect::<Vec<_>>(), ["1", "again"]);
            assert_eq!((request.header("x-two"), request.header("x-empty")), (Some("two words"), Some("")));
        },
    );
    both(&["-H", "User-Agent: me"], |request| {
        assert_eq!(request.headers("user-agent").collect::<Vec<_>>(), ["me"]);
    });
}

#[test]
fn a_header_field_that_could_become_another_request_is_refused() {
    for header in [
        "X: a\r\nHost: evil",
        "X: a\nb",
        "X Y: z",
        ": z",
        "X",
        "",
        "X:",
        "Host: evil",
        "Content-Length: 5",
        "Transfer-Encoding: chunked",
        "Connection: close",
        "Exp\u{e9}ct: x",
    ] {
        both_refuse(&["-H", header]);
    }
    // Ranges are the downloader's own: one more would not be the file.
    let (server, dir) = (echo(), tempdir().unwrap());
    for header in ["Range: bytes=5-", "if-range: x"] {
        let done = download(dir.path(), &["-H", header, &server.url("/x")]).run().exits(1);
        assert!(one_line(&done).contains("--continue"), "{}", done.report());
        demo(&["get", "-H", header, &server.url("/x")]).run().exits(0);
    }
}

#[test]
fn a_user_is_sent_and_a_header_field_goes_before_it() {
    // As in RFC 7617: Aladdin, open sesame. A colon in the password is part of it.
    for (user, value) in [
        ("Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("a:b:c", "Basic YTpiOmM="),
        (":", "Basic Og=="),
    ] {
        both(&["-u", user], |request| assert_eq!(request.header("authorization"), Some(value)));
        both(&["--user", user], |request| assert_eq!(request.header("authorization"), Some(value)));
    }
    both(&["-u", "a:b", "-H", "authorization: Bearer x"], |request| {
        assert_eq!(request.headers("authorization").collect::<Vec<_>>(), ["Bearer x"]);
    });
    both_refuse(&["-u", "nobody"]);
}

#[test]
fn a_user_is_not_sent_to_where_a_redirect_leads() {
    let other = echo();
    let location = other.url("/x");
    let (server, dir) =
        (Server::answering(move |_| reply::redirect("302 Found", &location)), tempdir().unwrap());
    download(dir.path(), &["-u", "a:b", &server.url("/x")]).run().exits(0);
    demo(&["get", "-L", "-u", "a:b", &server.url("/x")]).run().exits(0);
    assert!(server.requests().iter().all(|request| request.header("authorization").is_some()));
    assert_eq!(other.requests().len(), 2);
    assert!(other.requests().iter().all(|request| request.header("authorization").is_none()));
}

#[test]
fn an_address_may_be_given_for_a_host() {
    let server = echo();
    let port = server.addr().port();
    let url = format!("http://not-in-any-dns.example:{port}/x");
    let dir = tempdir().unwrap();
    for address in ["127.0.0.1", "127.0.0.1,127.0.0.1", "[::1],127.0.0.1"] {
        let given = format!("not-in-any-dns.example:{port}:{address}");
        demo(&["get", "--resolve", &given, &url]).run().exits(0);
        download(dir.path(), &["--resolve", &given, &url]).run().exits(0);
    }
    let host = format!("not-in-any-dns.example:{port}");
    assert!(server.requests().iter().all(|request| request.header("host") == Some(&host)));
    assert_eq!(server.requests().len(), 6);
    // For another port it does not count: there nobody listens on this address.
    let given = format!("localhost:{}:127.0.0.9", port ^ 1);
    demo(&["get", "--resolve", &given, &server.url_at("localhost", "/x")]).run().exits(0);
    for nonsense in [
        "x",
        "x:80",
        "x:80:",
        "x:80:y",
        ":80:127.0.0.1",
        "x:0:127.0.0.1",
        "x:99999:127.0.0.1",
        "x:80:127.0.0.1,",
    ] {
        both_refuse(&["--resolve", nonsense]);
    }
}

/// What was said of `--insecure` on standard error, and the rest of it.
fn shouted(done: &Finished) -> (usize, usize) {
    let shouts =
        done.err().lines().filter(|line| line.contains("WARNING") && line.contains("--insecure")).count();
    (shouts, done.err().lines().count() - shouts)
}

#[test]
fn insecure_takes_any_certificate_and_shouts_once() {
    let (authority, dir) = (Authority::new("Test CA"), tempdir().unwrap());
    for leaf in
        [authority.expired("localhost"), authority.leaf("example.com"), certs::self_signed("localhost")]
    {
        let server = tls::start(&leaf, |conn| conn.answer_all(|_| reply::ok(b"secret")));
        let url = server.url_at("localhost", "/x[1-3]");
        let done = download(dir.path(), &["--insecure", &url]).run().exits(0);
        assert_eq!(shouted(&done), (1, 0), "{}", done.report());
        let done = demo(&["get", "-k", &server.url_at("localhost", "/x")]).run().exits(0);
        assert_eq!((done.out(), shouted(&done)), ("secret", (1, 0)), "{}", done.report());
        one_line(&demo(&["get", &server.url_at("localhost", "/x")]).run().exits(1));
    }
}

#[test]
fn a_server_that_is_silent_is_given_up_on_by_the_limit_that_is_named() {
    let silent = Server::start(|conn| {
        conn.request()?;
        conn.until_closed()
    });
    let halting = Server::start(|conn| {
        conn.request()?;
        conn.send(&reply::cut_short(100, b"half"))?;
        conn.until_closed()
    });
    let deaf = Server::start(tests::scripted::Conn::until_closed);
    let https = format!("https://{}/x", deaf.addr());
    let dir = tempdir().unwrap();
    for (url, words) in [
        (silent.url("/x"), &["timed out", "500ms"][..]),
        (halting.url("/x"), &["timed out", "500ms", "4 of 100"]),
        (https, &["timed out", "500ms", "TLS"]),
    ] {
        let done = download(dir.path(), &["--timeout", "0.5", &url]).run().exits(1);
        let line = one_line(&done);
        assert!(words.iter().all(|word| line.contains(word)), "{}", done.report());
        assert!(done.took < Duration::from_secs(10), "{}", done.report());
        let done = demo(&["get", "-m", "0.5", &url]).run().exits(1);
        assert!(one_line(&done).contains("timed out"), "{}", done.report());
    }
    for program in [demo(&["get"]), download(dir.path(), &[])] {
        let url = format!("https://{}/x", deaf.addr());
        let done = program.args(["--connect-timeout", "0.5", &url]).run().exits(1);
        assert!(one_line(&done).contains("TLS"), "{}", done.report());
    }
    assert_eq!(files::names(&dir.path().join("out")).len(), 0);
}

#[test]
fn a_slow_server_that_is_not_silent_is_waited_for() {
    let server = Server::start(|conn| {
        conn.request()?;
        let reply = reply::ok(&[b'x'; 20]);
        // In all longer than the limit, with no rest as long as it.
        for byte in reply.chunks(4) {
            conn.send(byte)?;
            std::thread::sleep(Duration::from_millis(30));
        }
        Ok(())
    });
    let dir = tempdir().unwrap();
    // The head has one limit for all of it.
    let done = download(dir.path(), &["--timeout", "0.5", &server.url("/x")]).run();
    assert!(done.code == Some(0) || done.took > Duration::from_millis(500), "{}", done.report());
    download(dir.path(), &["--timeout", "0", &server.url("/x")]).run().exits(0);
    for nonsense in ["-1", "soon", "NaN", "inf", "1e400", ""] {
        let args = [format!("--timeout={nonsense}"), server.url("/x")];
        Program::new(env!("CARGO_BIN_EXE_demo-under-test")).args(args).run().exits(2);
    }
}

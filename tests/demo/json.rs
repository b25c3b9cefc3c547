//! `--json`: one line on standard output for each file that was asked for, and nothing else there.

use tempfile::tempdir;
use tests::certs::Authority;
use tests::nobody::Nobody;
use tests::scripted::Server;
use tests::{files, reply, tls};

use crate::{demo, download, records};

/// All fields, in their order.
const FIELDS: [&str; 13] = [
    "url",
    "final_url",
    "file",
    "result",
    "status",
    "bytes",
    "continued",
    "kept",
    "retries",
    "seconds",
    "times",
    "sha256",
    "error",
];

#[test]
fn each_file_is_one_line_with_all_fields() {
    let server = Server::answering(|request| match request.target() {
        "/gone.txt" => reply::with_status("404 Not Found", b"no\n"),
        "/moved.txt" => reply::redirect("302 Found", "/real?x=1"),
        target => reply::ok(target.as_bytes()),
    });
    let (dir, nobody) = (tempdir().unwrap(), Nobody::new());
    let urls = [server.url("/{a,gone,moved}.txt"), nobody.url("/dead.txt")];
    let done = download(dir.path(), &["--json"]).args(&urls).run().exits(1);
    let records = records(&done);
    assert_eq!(records.len(), 4, "{}", done.report());
    for (record, line) in records.iter().zip(done.out().lines()) {
        assert_eq!(record.as_object().unwrap().len(), FIELDS.len(), "{line}");
        let places: Vec<_> =
            FIELDS.iter().map(|field| line.find(&format!("\"{field}\":")).expect(field)).collect();
        assert!(places.is_sorted(), "{line}");
        assert!(record["seconds"].as_f64().unwrap() > 0.0, "{line}");
    }
    let of = |name: &str| records.iter().find(|record| record["file"] == format!("out/{name}")).unwrap();

    let a = of("a.txt");
    assert_eq!(a["url"], server.url("/a.txt"));
    assert_eq!((&a["result"], &a["status"], &a["bytes"]), (&"done".into(), &200.into(), &6.into()));
    assert!(a["final_url"].is_null() && a["error"].is_null() && a["sha256"].is_null(), "{a}");
    assert!(a["times"]["first_byte"].as_f64().is_some() && a["times"]["tls"].is_null(), "{a}");

    assert_eq!(of("moved.txt")["final_url"], server.url("/real?x=1"));
    let gone = of("gone.txt");
    assert_eq!((&gone["result"], &gone["status"]), (&"failed".into(), &404.into()));
    assert!(gone["error"].as_str().unwrap().contains("404 Not Found"), "{gone}");
    let dead = of("dead.txt");
    assert!(dead["status"].is_null() && dead["times"]["connect"].is_null(), "{dead}");
    assert!(!dead["error"].as_str().unwrap().contains('\n'), "{dead}");

    // What is for people is on standard error.
    for word in ["Downloaded a.txt", "Failed gone.txt", "2 of 4 files", "polls"] {
        assert!(done.err().contains(word), "{word}: {}", done.report());
    }
}

#[test]
fn the_phases_of_a_secure_connection_are_told() {
    let authority = Authority::new("Test CA");
    let server = tls::start(&authority.leaf("localhost"), |conn| conn.answer_all(|_| reply::ok(b"secret")));
    let (dir, url) = (tempdir().unwrap(), server.url_at("localhost", "/x"));
    let done = download(dir.path(), &["--json", "--cacert"]).arg(authority.file()).arg(url).run().exits(0);
    let times = &records(&done)[0]["times"];
    for phase in ["lookup", "connect", "tls", "sent", "first_byte"] {
        assert!(
            times[phase].as_f64().is_some_and(|seconds| (0.0..30.0).contains(&seconds)),
            "{phase}: {times}"
        );
    }
}

#[test]
fn a_password_is_not_in_it_and_no_character_breaks_the_line() {
    let server = Server::answering(|_| reply::ok(b"x"));
    let dir = tempdir().unwrap();
    let url = server.url("/%22quoted%22.txt").replace("http://", "http://me:open-sesame@");
    let done = download(dir.path(), &["--json", &url]).run().exits(0);
    assert!(!done.out().contains("sesame"), "{}", done.report());
    assert_eq!(records(&done)[0]["file"], "out/\"quoted\".txt");
}

#[test]
fn the_main_job_is_ten_lines() {
    let dir = tempdir().unwrap();
    let done = demo(&["--json"]).dir(dir.path()).run().exits(0);
    let records = records(&done);
    assert_eq!(records.len(), 10);
    assert!(records.iter().all(
        |record| record["result"] == "done" && record["url"].as_str().unwrap().starts_with("http://127")
    ));
    assert_eq!(files::names(&dir.path().join("downloads")).len(), 10);
}

#[test]
fn a_command_that_is_wrong_prints_no_json() {
    let done = demo(&["--json", "ftp://host/x"]).run().exits(1);
    assert_eq!(done.out(), "");
}

//! The judges judged: do the helpers do what their docs say? A test is worth no more than these.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use tempfile::tempdir;
use tests::certs::{self, Authority};
use tests::gate::{Gate, Tally};
use tests::nginx::Nginx;
use tests::python::Python;
use tests::run::Program;
use tests::scripted::Server;
use tests::{files, raw, reply, skip, tls};

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[test]
fn a_script_ends_in_good_order_with_all_it_sent() {
    let server = Server::start(|conn| {
        conn.request()?;
        conn.send_cut(b"one two three", &[3, 4])
    });
    let mut client = TcpStream::connect(server.addr()).unwrap();
    client.write_all(GET).unwrap();
    let mut got = String::new();
    client.read_to_string(&mut got).unwrap();
    assert_eq!(got, "one two three");
    assert_eq!(server.requests()[0].head, GET);
}

#[test]
fn a_reset_is_seen_as_one_after_the_bytes_sent_before() {
    let server = Server::start(|conn| {
        conn.request()?;
        conn.send(b"half")?;
        conn.reset();
        Ok(())
    });
    let mut client = TcpStream::connect(server.addr()).unwrap();
    client.write_all(GET).unwrap();
    let error = client.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[test]
#[should_panic(expected = "a script that fails")]
fn a_script_that_panics_fails_the_test() {
    let server = Server::start(|_| panic!("a script that fails"));
    let mut client = TcpStream::connect(server.addr()).unwrap();
    let _ = client.read_to_end(&mut Vec::new());
}

#[test]
fn a_server_dropped_in_the_middle_of_a_script_does_not_wait_for_it() {
    let (gate, arrived) = (Gate::new(), Tally::new());
    let count = arrived.clone();
    let server = Server::start(move |conn| {
        let _inside = count.enter();
        conn.wait(&gate)
    });
    let _client = TcpStream::connect(server.addr()).unwrap();
    arrived.wait_for_total(1);
    drop(server);
    assert_eq!(arrived.counts().now, 0);
}

#[test]
fn the_bodies_of_requests_are_recorded() {
    let server = Server::answering(|request| reply::ok(&request.body));
    let mut client = raw::Client::connect(server.addr());
    client.send("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(client.reply().body, b"hello");
    let request = &server.requests()[0];
    assert_eq!((request.method(), request.target(), &request.body[..]), ("POST", "/x", &b"hello"[..]));
}

#[test]
fn the_raw_client_reads_every_framing() {
    for reply in [reply::ok(b"hello"), reply::chunked(b"hello", &[1, 3]), reply::until_close(b"hello")] {
        let server = Server::start(move |conn| {
            conn.request()?;
            conn.send(&reply)
        });
        assert_eq!(raw::get(server.addr(), "/").body, b"hello");
    }
}

#[test]
fn curl_trusts_a_good_certificate_and_refuses_each_bad_one() {
    let Some(curl) = skip::find("curl") else { return };
    let (authority, other) = (Authority::new("Test CA"), Authority::new("Another CA"));
    let fetch = |leaf: certs::Leaf| {
        let server = tls::start(&leaf, |conn| {
            conn.request()?;
            conn.send(&reply::ok(b"secret"))
        });
        let url = server.url_at("localhost", "/");
        let args = ["-sS", "--ipv4", "--cacert", authority.file().to_str().unwrap(), &url].map(str::to_owned);
        Program::new(&curl).args(args).run()
    };
    assert_eq!(fetch(authority.leaf("localhost")).exits(0).out(), "secret");
    for (what, leaf) in [
        ("expired", authority.expired("localhost")),
        ("not yet valid", authority.not_yet_valid("localhost")),
        ("wrong host", authority.leaf("example.com")),
        ("unknown authority", other.leaf("localhost")),
        ("self-signed", certs::self_signed("localhost")),
    ] {
        let done = fetch(leaf);
        assert_eq!(done.code, Some(60), "{what}: curl's code for a bad certificate\n{}", done.report());
    }
}

#[test]
fn nginx_and_python_serve_the_folder_to_curl() {
    let Some(curl) = skip::find("curl") else { return };
    let folder = tempdir().unwrap();
    files::ten_assorted(folder.path());
    let authority = Authority::new("Test CA");
    let nginx = Nginx::start(folder.path(), &authority.leaf("localhost"));
    let python = Python::start(folder.path());
    let wanted = files::listing(folder.path());
    let plain = nginx.iter().flat_map(|nginx| [nginx.http("/"), nginx.https("localhost", "/")]);
    for base in plain.chain(python.iter().map(|python| python.url("/"))) {
        for name in ["file1.bin", "file8.bin"] {
            let url = format!("{base}{name}");
            let done =
                Program::new(&curl).args(["-sS", "--ipv4", "--cacert"]).arg(authority.file()).arg(&url);
            files::assert_same_bytes(&url, &done.run().exits(0).stdout, &wanted[name]);
        }
    }
}

#[test]
#[cfg(unix)]
#[should_panic(expected = "so far, so good")]
fn a_program_that_does_not_end_is_killed_and_its_output_shown() {
    let sh = Program::new("sh").args(["-c", "echo so far, so good; exec sleep 60"]);
    sh.deadline(Duration::from_millis(300)).run();
}

#[test]
fn a_short_soak_finds_nothing_amiss() {
    let done = Program::new(env!("CARGO_BIN_EXE_soak")).args(["--seconds", "2"]).run().exits(0);
    assert!(done.out().contains("hold by every rule"), "{}", done.report());
}

#[test]
#[cfg(unix)]
fn a_program_can_be_interrupted() {
    let mut sh = Program::new("sh")
        .args(["-c", "trap 'exit 42' INT; echo ready; while :; do sleep 0.01; done"])
        .start();
    assert_eq!(sh.first_line(), "ready");
    sh.interrupt();
    assert_eq!(sh.wait().code, Some(42));
}

//! `demo get`: one request, the body to standard output, with curl's meaning of the flags.

use tempfile::tempdir;
use tests::gate::{Gate, eventually};
use tests::run::Program;
use tests::scripted::{Request, Server};
use tests::{files, reply, skip};

use crate::{demo, one_line};

fn site(request: &Request) -> Vec<u8> {
    match request.target() {
        "/gone" => reply::with_status("404 Not Found", b"no such page\n"),
        "/broken" => reply::with_status("500 Internal Server Error", b"oops\n"),
        "/moved" => reply::redirect("301 Moved Permanently", "/real"),
        "/to-gone" => reply::redirect("302 Found", "gone"),
        "/3" => reply::redirect("302 Found", "/2"),
        "/2" => reply::redirect("303 See Other", "/1"),
        "/1" => reply::redirect("308 Permanent Redirect", "/real"),
        "/nothing" => b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(),
        "/real" => reply::ok(b"the real one\n"),
        target => reply::ok(target.as_bytes()),
    }
}

#[test]
fn the_body_comes_out_byte_for_byte_in_every_framing() {
    let body = files::bytes(7, 300_000);
    for (framing, reply) in [
        ("Content-Length", reply::ok(&body)),
        ("chunked", reply::chunked(&body, &[1, 17, 4096, 70_000])),
        ("until close", reply::until_close(&body)),
        ("HTTP/1.0", [b"HTTP/1.0 200 OK\r\n\r\n", &body[..]].concat()),
        (
            "after 100 and 103",
            [
                b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
                &reply::ok(&body)[..],
            ]
            .concat(),
        ),
    ] {
        let server = Server::start(move |conn| {
            conn.request()?;
            conn.send(&reply)
        });
        let done = demo(&["get", &server.url("/")]).run().exits(0);
        files::assert_same_bytes(framing, &done.stdout, &body);
        assert_eq!(done.err(), "", "{framing}");
    }
}

#[test]
fn a_body_in_pieces_is_the_same_body() {
    let body = files::bytes(8, 200);
    for reply in [reply::ok(&body), reply::chunked(&body, &[1, 2, 50])] {
        let server = Server::start(move |conn| {
            conn.request()?;
            let every: Vec<_> = (1..reply.len()).collect();
            conn.send_cut(&reply, &every)
        });
        let done = demo(&["get", &server.url("/")]).run().exits(0);
        files::assert_same_bytes("cut at every byte", &done.stdout, &body);
    }
}

#[test]
fn an_empty_body_is_no_output() {
    let server = Server::answering(|_| reply::ok(b""));
    assert_eq!(demo(&["get", &server.url("/")]).run().exits(0).stdout, b"");
    let server = Server::answering(site);
    assert_eq!(demo(&["get", &server.url("/nothing")]).run().exits(0).stdout, b"");
}

#[test]
fn what_is_sent_is_a_plain_request() {
    let server = Server::answering(site);
    demo(&["get", &server.url("/a/../b?c=d#e")]).run().exits(0);
    let requests = server.requests();
    let [request] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((request.method(), request.target()), ("GET", "/b?c=d"));
    assert!(request.text().lines().next().unwrap().ends_with(" HTTP/1.1"));
    assert_eq!(request.headers("host").collect::<Vec<_>>(), [server.addr().to_string()]);
    assert_eq!(request.header("content-length"), None);
    assert_eq!(request.header("transfer-encoding"), None);
}

#[test]
fn the_flags_mean_what_they_mean_to_curl() {
    let Some(curl) = skip::find("curl") else { return };
    let server = Server::answering(site);
    for path in ["/plain", "/moved", "/3", "/gone", "/broken", "/to-gone", "/nothing"] {
        for flags in [
            &[][..],
            &["-L"],
            &["-f"],
            &["-L", "-f"],
            &["-L", "--max-redirs", "3"],
            &["-L", "--max-redirs", "2"],
            &["-L", "--max-redirs", "0"],
            &["--max-redirs", "0"],
        ] {
            let url = server.url(path);
            let ours = demo(&["get"]).args(flags).arg(&url).run();
            let curls = Program::new(&curl).arg("-s").args(flags).arg(&url).run();
            assert_eq!(
                (ours.code == Some(0), ours.out()),
                (curls.code == Some(0), curls.out()),
                "{}\n{}",
                ours.report(),
                curls.report()
            );
            if ours.code == Some(0) {
                assert_eq!(ours.err(), "");
            } else {
                one_line(&ours);
            }
        }
    }
}

#[test]
fn without_f_an_error_page_is_a_page() {
    let server = Server::answering(site);
    assert_eq!(demo(&["get", &server.url("/gone")]).run().exits(0).out(), "no such page\n");
}

#[test]
fn with_f_an_error_page_is_an_error_and_its_body_is_not_printed() {
    let server = Server::answering(site);
    for (path, status) in [("/gone", "404"), ("/broken", "500")] {
        let done = demo(&["get", "-f", &server.url(path)]).run();
        assert!(done.code.is_some_and(|code| code != 0), "{}", done.report());
        assert_eq!(done.out(), "");
        assert!(one_line(&done).contains(status), "{}", done.report());
    }
}

#[test]
fn a_redirect_is_followed_only_with_l() {
    let server = Server::answering(site);
    assert_eq!(demo(&["get", &server.url("/moved")]).run().exits(0).out(), "moved\n");
    assert_eq!(demo(&["get", "-L", &server.url("/moved")]).run().exits(0).out(), "the real one\n");
}

#[test]
fn too_many_redirects_are_an_error() {
    let server = Server::answering(|_| reply::redirect("302 Found", "/again"));
    let done = demo(&["get", "-L", &server.url("/")]).run();
    assert!(done.code.is_some_and(|code| code != 0), "{}", done.report());
    assert!(one_line(&done).to_lowercase().contains("redirect"), "{}", done.report());
    assert_eq!(done.out(), "");
    assert!(server.requests().len() <= 60, "{} requests", server.requests().len());
}

#[test]
fn o_writes_a_file_and_prints_nothing() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    let done = demo(&["get", "-o", "page.html", &server.url("/real")]).dir(dir.path()).run().exits(0);
    assert_eq!(done.out(), "");
    let left = files::listing(dir.path());
    assert!(left.keys().eq(&["page.html"]) && left["page.html"] == b"the real one\n", "{left:?}");
}

#[test]
fn o_leaves_the_file_as_it_was_when_the_body_breaks_off() {
    let server = Server::start(|conn| {
        conn.request()?;
        conn.send(&reply::cut_short(100, b"half"))
    });
    let dir = tempdir().unwrap();
    std::fs::write(dir.path().join("page.html"), "of an earlier run").unwrap();
    let done = demo(&["get", "-o", "page.html", &server.url("/")]).dir(dir.path()).run().exits(1);
    assert!(one_line(&done).contains("4 of 100"), "{}", done.report());
    let left = files::listing(dir.path());
    assert!(left.keys().eq(&["page.html"]) && left["page.html"] == b"of an earlier run", "{left:?}");
}

#[test]
#[cfg(unix)]
fn a_reader_that_has_enough_is_no_panic() {
    let server = Server::answering(|_| reply::ok(&files::bytes(9, 3_000_000)));
    let binary = env!("CARGO_BIN_EXE_demo-under-test");
    let done = Program::new("sh")
        .args(["-c", "\"$0\" get \"$1\" | head -c 10", binary, &server.url("/")])
        .run()
        .exits(0);
    assert_eq!(done.stdout, files::bytes(9, 10));
    assert!(done.err().lines().count() <= 1, "{}", done.report());
}

#[test]
fn o_with_the_name_of_a_folder_is_refused_before_anything_is_asked_for() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    for place in ["sub", "sub/", ".", "missing/x"] {
        let done = demo(&["get", "-o", place, &server.url("/real")]).dir(dir.path()).run().exits(1);
        one_line(&done);
    }
    assert_eq!(server.requests().len(), 0);
    assert_eq!(files::names(dir.path()), ["sub"]);
}

#[test]
#[cfg(target_os = "linux")]
fn ctrl_c_ends_it_where_nobody_reads_the_pipe_it_is_to_write_to() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    Program::new("mkfifo").arg("pipe").dir(dir.path()).run().exits(0);
    let running = demo(&["get", "-o", "pipe", &server.url("/real")]).dir(dir.path()).start();
    // Its state in the kernel's words, after its name in brackets: S for asleep, as it opens the pipe.
    let stat = format!("/proc/{}/stat", running.pid());
    eventually("it waits for a reader", || std::fs::read_to_string(&stat).unwrap().contains(") S "));
    running.interrupt();
    let done = running.wait();
    assert_eq!(done.code, None, "the signal ended it, as it would end any program\n{}", done.report());
}

#[test]
#[cfg(unix)]
fn o_with_a_pipe_writes_to_the_pipe() {
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    let binary = env!("CARGO_BIN_EXE_demo-under-test");
    let script = "mkfifo pipe && { \"$0\" get -o pipe \"$1\" & } && cat pipe && wait $!";
    let program = Program::new("sh").args(["-c", script, binary, &server.url("/real")]);
    assert_eq!(program.dir(dir.path()).run().exits(0).out(), "the real one\n");
    assert_eq!(files::names(dir.path()), ["pipe"], "it is still the pipe");
}

#[test]
#[cfg(unix)]
fn o_with_the_name_of_stdout_is_stdout_and_a_link_stays_a_link() {
    use std::os::unix::fs::symlink;

    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    for place in ["/dev/stdout", "/dev/fd/1"] {
        let done = demo(&["get", "-o", place, &server.url("/real")]).dir(dir.path()).run().exits(0);
        assert_eq!(done.out(), "the real one\n", "{place}");
    }
    std::fs::create_dir(dir.path().join("sub")).unwrap();
    std::fs::write(dir.path().join("sub/page.html"), "old").unwrap();
    symlink("sub/page.html", dir.path().join("link")).unwrap();
    symlink("/dev/null", dir.path().join("null")).unwrap();
    for place in ["link", "null"] {
        demo(&["get", "-o", place, &server.url("/real")]).dir(dir.path()).run().exits(0);
        assert!(dir.path().join(place).is_symlink(), "{place}");
    }
    assert_eq!(std::fs::read(dir.path().join("sub/page.html")).unwrap(), b"the real one\n");
    assert_eq!(files::names(dir.path()), ["link", "null", "sub"]);
}

#[test]
#[cfg(unix)]
fn o_keeps_the_permissions_of_the_file_from_the_first_byte_on() {
    use std::os::unix::fs::PermissionsExt;

    let (gate, dir) = (Gate::new(), tempdir().unwrap());
    let opened = gate.clone();
    let server = Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::cut_short(11, b"half "))?;
        conn.wait(&opened)?;
        conn.send(b"secret")
    });
    let secret = dir.path().join("secret");
    std::fs::write(&secret, "old").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let running = demo(&["get", "-o", "secret", &server.url("/")]).dir(dir.path()).start();
    let half = || std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().metadata().unwrap());
    eventually("some bytes are there", || half().any(|file| file.len() == 5));
    assert!(half().all(|file| file.permissions().mode() & 0o777 == 0o600));
    gate.open();
    running.wait().exits(0);
    assert_eq!(std::fs::read(&secret).unwrap(), b"half secret");
    assert_eq!(std::fs::metadata(&secret).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
#[cfg(unix)]
fn o_with_a_file_in_a_folder_that_takes_no_new_ones_writes_into_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    let closed = dir.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::write(closed.join("page.html"), "longer than what is to come").unwrap();
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o555)).unwrap();
    if std::fs::write(closed.join("probe"), "").is_ok() {
        return eprintln!("skipped: root may write anywhere");
    }
    let get = |path: &str| {
        let args = ["get", "-f", "-o", "closed/page.html", &server.url(path)];
        demo(&args).dir(dir.path()).run().code
    };
    assert_eq!(get("/gone"), Some(1));
    assert_eq!(std::fs::read(closed.join("page.html")).unwrap(), b"longer than what is to come");
    assert_eq!(get("/real"), Some(0));
    assert_eq!(std::fs::read(closed.join("page.html")).unwrap(), b"the real one\n");
    std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_url_without_a_scheme_is_told_as_one() {
    let done = demo(&["get", "host:18471/x"]).run().exits(1);
    assert!(one_line(&done).ends_with("write http://host:18471/x"), "{}", done.report());
    let done = demo(&["get", "me:sesame@host/x"]).run().exits(1);
    assert!(!one_line(&done).contains("sesame"), "{}", done.report());
}

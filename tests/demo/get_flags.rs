//! `demo get` and curl, flag by flag: what is sent, what is printed, and whether it went well.

use tempfile::tempdir;
use tests::certs::Authority;
use tests::run::{Finished, Program};
use tests::scripted::{Request, Server};
use tests::{reply, skip, tls};

use crate::{demo, one_line};

/// Answers with what was asked, so that both programs can be compared by their output.
fn site(request: &Request) -> Vec<u8> {
    match request.target() {
        "/moved" => reply::redirect("302 Found", "/real"),
        "/again" => reply::redirect("307 Temporary Redirect", "/real"),
        "/loop" => reply::redirect("302 Found", "/loop"),
        _ if request.method() == "HEAD" => {
            b"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nX-Head: yes\r\n\r\n".to_vec()
        }
        "/gone" => reply::with_status("404 Not Found", b"no such page\n"),
        "/hints" => {
            [&b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"[..], &reply::ok(b"after hints\n")].concat()
        }
        target => {
            let fields = ["x-one", "content-type", "content-length", "authorization"];
            let fields = fields.map(|name| format!("{name}={:?}", request.headers(name).collect::<Vec<_>>()));
            let line = format!("{} {target} {} ", request.method(), fields.join(" "));
            reply::ok(&[line.as_bytes(), &request.body, b"\n"].concat())
        }
    }
}

/// Runs both programs in a folder with the same files; they must print the same and agree on whether it went well.
fn compare(flags: &[&str], path: &str) -> Option<Finished> {
    let curl = skip::find("curl")?;
    let (server, dir) = (Server::answering(site), tempdir().unwrap());
    std::fs::write(dir.path().join("data"), "from=a&\r\nfile=1\n").unwrap();
    std::fs::write(dir.path().join("empty"), "").unwrap();
    let run = |program: Program| program.args(flags).arg(server.url(path)).dir(dir.path()).run();
    let (ours, curls) = (run(demo(&["get"])), run(Program::new(curl).arg("-s")));
    assert_eq!(
        (ours.code == Some(0), ours.out()),
        (curls.code == Some(0), curls.out()),
        "{}\n{}",
        ours.report(),
        curls.report()
    );
    Some(ours)
}

#[test]
fn methods_bodies_and_users_are_curls() {
    for flags in [
        &[][..],
        &["-X", "DELETE"],
        &["--request", "PROPFIND"],
        &["-d", "a=b"],
        &["--data", "a=b", "-d", "c", "-d", "d=e f"],
        &["-d", ""],
        &["-d", "-minus"],
        &["-d", "@data"],
        &["-d", "@data", "-d", "x=@y"],
        &["-d", "@empty"],
        &["-d", "@-"],
        &["-X", "PUT", "-d", "a"],
        &["-X", "PATCH", "-d", "a"],
        &["-X", "GET", "-d", "a"],
        &["-H", "Content-Type: application/json", "-d", "{}"],
        &["-H", "X-One: 1", "-H", "x-one: 2"],
        &["-H", "X-One;"],
        &["-u", "me:pass:word"],
        &["-u", "me:"],
        &["-o", "-"],
    ] {
        compare(flags, "/x");
    }
}

#[test]
fn heads_are_printed_as_curl_prints_them() {
    for path in ["/x", "/gone", "/moved", "/hints", "/loop"] {
        for flags in [
            &["-i"][..],
            &["-I"],
            &["--include"],
            &["--head"],
            &["-I", "-i"],
            &["-i", "-L", "--max-redirs", "3"],
            &["-I", "-L", "--max-redirs", "3"],
            &["-i", "-f"],
            &["-I", "-f"],
            &["-i", "-f", "-L", "--max-redirs", "3"],
        ] {
            compare(flags, path);
        }
    }
}

#[test]
fn redirects_are_followed_with_curls_methods() {
    for flags in [
        &["-L"][..],
        &["-L", "-d", "a=b"],
        &["-L", "--max-redirs", "-1"],
        &["-L", "-u", "me:word"],
        &["-L", "-I"],
    ] {
        for path in ["/moved", "/again"] {
            compare(flags, path);
        }
    }
    let server =
        Server::answering(|request| match request.target().strip_prefix("/hop/").map(str::parse::<u32>) {
            Some(Ok(n)) if n < 120 => reply::redirect("302 Found", &format!("/hop/{}", n + 1)),
            _ => reply::ok(b"there"),
        });
    // 50 unless said otherwise, and as many as it takes with -1.
    demo(&["get", "-L", &server.url("/hop/0")]).run().exits(1);
    let done = demo(&["get", "-L", "--max-redirs", "-1", &server.url("/hop/0")]).run().exits(0);
    assert_eq!(done.out(), "there");
    for nonsense in ["-2", "many", "1.5"] {
        demo(&["get", "-L", "--max-redirs", nonsense, &server.url("/")]).run().exits(2);
    }
}

#[test]
fn the_head_and_the_body_go_to_the_file_too() {
    for flags in [&["-i", "-o", "page"][..], &["-I", "-o", "page"]] {
        let Some(curl) = skip::find("curl") else { return };
        let server = Server::answering(site);
        let written = |program: Program| {
            let dir = tempdir().unwrap();
            let done = program.args(flags).arg(server.url("/x")).dir(dir.path()).run().exits(0);
            assert_eq!(done.out(), "");
            std::fs::read(dir.path().join("page")).unwrap()
        };
        assert_eq!(written(demo(&["get"])), written(Program::new(curl).arg("-s")));
    }
}

#[test]
fn data_that_cannot_be_read_and_flags_that_exclude_each_other_are_refused() {
    let server = Server::answering(site);
    let done = demo(&["get", "-d", "@missing", &server.url("/x")]).run().exits(1);
    assert!(one_line(&done).contains("missing"), "{}", done.report());
    demo(&["get", "-I", "-d", "x", &server.url("/x")]).run().exits(2);
    for method in ["", "GET IT", "CONNECT", "A\r\nB"] {
        let done = demo(&["get", "-X", method, &server.url("/x")]).run().exits(1);
        assert!(one_line(&done).contains("method"), "{}", done.report());
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn standard_input_can_be_sent() {
    let server = Server::answering(site);
    let binary = env!("CARGO_BIN_EXE_demo-under-test");
    let script = "printf 'a=b\\nc\\n' | \"$0\" get -d @- \"$1\"";
    let done = Program::new("sh").args(["-c", script, binary, &server.url("/x")]).run().exits(0);
    assert!(done.out().starts_with("POST /x ") && done.out().ends_with(" a=bc\n"), "{}", done.report());
}

#[test]
fn v_tells_what_is_sent_and_what_comes_but_no_secret() {
    let server = Server::answering(site);
    let url = server.url("/moved").replace("http://", "http://me:open-sesame@");
    let done = demo(&["get", "-v", "-L", "-H", "Cookie: sesame", &url]).run().exits(0);
    let lines: Vec<_> = done.err().lines().collect();
    assert!(
        lines.iter().all(|line| ["* ", "> ", "< "].iter().any(|mark| line.starts_with(mark))),
        "{}",
        done.report()
    );
    let at = |wanted: &str| {
        lines.iter().position(|line| *line == wanted).unwrap_or_else(|| panic!("{wanted}: {}", done.report()))
    };
    let order = [
        at(&format!("* Connected to 127.0.0.1 (127.0.0.1) port {}", server.addr().port())),
        at("> GET /moved HTTP/1.1"),
        at("> Cookie: ***"),
        at("> Authorization: ***"),
        at("< HTTP/1.1 302 Found"),
        at("< Location: /real"),
        at("* Using an open connection again"),
        at("> GET /real HTTP/1.1"),
        at("< HTTP/1.1 200 OK"),
    ];
    assert!(order.is_sorted(), "{}", done.report());
    assert!(!done.err().contains("sesame"), "{}", done.report());
    assert!(done.out().starts_with("GET /real "), "the body is where it always is\n{}", done.report());

    let authority = Authority::new("Test CA");
    let secure = tls::start(&authority.leaf("localhost"), |conn| {
        conn.answer_all(|_| {
            b"HTTP/1.1 200 \x1b[31mOK\r\nX: \xe2\x80\xae\r\nContent-Length: 0\r\n\r\n".to_vec()
        })
    });
    let url = secure.url_at("localhost", "/");
    let done = demo(&["get", "-v", "--cacert"]).arg(authority.file()).arg(url).run();
    assert!(done.err().contains("* TLS: TLSv1_3, "), "{}", done.report());
    assert!(
        !done.err().contains(['\u{1b}', '\u{202e}']),
        "a server does not steer the terminal\n{}",
        done.report()
    );
}

#[test]
fn v_tells_how_far_it_came_where_it_fails() {
    let server = Server::start(|conn| conn.request().map(drop));
    let done = demo(&["get", "-v", &server.url("/x")]).run().exits(1);
    assert!(done.err().contains("> GET /x HTTP/1.1\n"), "{}", done.report());
    assert!(done.err().lines().last().unwrap().starts_with("demo: "), "{}", done.report());
}

//! `demo serve`: the embedded server by itself, judged by other clients than ours.

use std::fs;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tempfile::{TempDir, tempdir};
use tests::run::{Program, Running};
use tests::{files, raw, skip};

use crate::{demo, one_line};

/// Where the server listens, from the line it prints first.
pub(crate) fn address(line: &str) -> SocketAddr {
    let url = line.split_once("http://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
    url.and_then(|host| host.parse().ok()).unwrap_or_else(|| panic!("no URL in {line:?}"))
}

/// A folder to serve, with something beside it that must never be served.
pub(crate) struct Site {
    dir: TempDir,
    pub(crate) server: Running,
    pub(crate) addr: SocketAddr,
}

impl Site {
    pub(crate) fn start(flags: &[&str]) -> Site {
        let dir = tempdir().unwrap();
        let root = dir.path().join("site");
        fs::create_dir_all(root.join("sub folder")).unwrap();
        files::ten_assorted(&root);
        fs::write(root.join("sub folder/a b.txt"), "blanks\n").unwrap();
        fs::write(dir.path().join("secret.txt"), "the secret").unwrap();
        let mut server = demo(&["serve", "site", "--port", "0"]).args(flags).dir(dir.path()).start();
        let addr = address(&server.first_line());
        Site { dir, server, addr }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.dir.path().join("site").join(name)).unwrap()
    }
}

#[test]
fn the_first_line_says_where_it_listens() {
    let mut server = demo(&["serve"]).start();
    let line = server.first_line();
    assert!(line.contains(&format!("http://{}/", address(&line))), "{line:?}");
    assert!(address(&line).ip().is_loopback(), "the world is not invited: {line:?}");
}

#[test]
fn curl_and_python_fetch_every_file_byte_for_byte() {
    let site = Site::start(&[]);
    let urllib = "import sys, urllib.request as r\n\
                  r.install_opener(r.build_opener(r.ProxyHandler({})))\n\
                  sys.stdout.buffer.write(r.urlopen(sys.argv[1]).read())";
    let curl = skip::find("curl").map(|curl| (curl, ["-sSf", "--path-as-is"]));
    let python = skip::find("python3").map(|python| (python, ["-c", urllib]));
    for (client, flags) in curl.into_iter().chain(python) {
        for name in (1..=10).map(|n| format!("file{n}.bin")) {
            let done = Program::new(&client).args(flags).arg(site.url(&format!("/{name}"))).run().exits(0);
            files::assert_same_bytes(&name, &done.stdout, &site.file(&name));
        }
    }
}

#[test]
fn a_name_with_blanks_is_found_percent_encoded() {
    let site = Site::start(&[]);
    assert_eq!(raw::get(site.addr, "/sub%20folder/a%20b.txt").body, b"blanks\n");
}

#[test]
fn a_folder_is_a_page_of_links_that_lead_to_its_files() {
    let site = Site::start(&[]);
    for (folder, wanted) in [("/", 11), ("/sub%20folder/", 1), ("/sub%20folder", 1)] {
        let page = String::from_utf8(raw::get(site.addr, folder).body).unwrap();
        let links: Vec<_> =
            page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(links.len(), wanted, "{page}");
        for link in links {
            assert!(link.starts_with('/'), "an absolute path: {link}");
            assert_eq!(raw::get(site.addr, link).status, 200, "{link}");
        }
    }
}

#[test]
fn a_connection_serves_more_than_one_request() {
    let site = Site::start(&[]);
    let mut client = raw::Client::connect(site.addr);
    for name in ["file8.bin", "file1.bin", "missing", "file3.bin"] {
        client.send(&format!("GET /{name} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let reply = client.reply();
        if name == "missing" {
            assert_eq!(reply.status, 404);
        } else {
            files::assert_same_bytes(name, &reply.body, &site.file(name));
        }
    }
    client.send("GET /file3.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert_eq!(client.reply().status, 200);
    assert_eq!(client.rest(), b"", "closed, as asked");
}

#[test]
fn requests_sent_at_once_are_answered_in_turn() {
    let site = Site::start(&[]);
    let mut client = raw::Client::connect(site.addr);
    let one = |name| format!("GET /{name} HTTP/1.1\r\nHost: x\r\n\r\n");
    client.send(&["file3.bin", "file8.bin", "file4.bin"].map(one).concat());
    for name in ["file3.bin", "file8.bin", "file4.bin"] {
        files::assert_same_bytes(name, &client.reply().body, &site.file(name));
    }
}

#[test]
fn an_old_client_is_answered_and_the_connection_closed() {
    let site = Site::start(&[]);
    let mut client = raw::Client::connect(site.addr);
    client.send("GET /file3.bin HTTP/1.0\r\n\r\n");
    files::assert_same_bytes("file3.bin", &client.reply().body, &site.file("file3.bin"));
    assert_eq!(client.rest(), b"");
}

#[test]
fn head_has_the_length_but_no_body() {
    let site = Site::start(&[]);
    let mut client = raw::Client::connect(site.addr);
    client.send("HEAD /file8.bin HTTP/1.1\r\nHost: x\r\n\r\n");
    let head = client.reply_to_head();
    assert_eq!((head.status, head.header("content-length")), (200, Some("300000")));
    client.send("GET /file3.bin HTTP/1.1\r\nHost: x\r\n\r\n");
    files::assert_same_bytes("the next reply", &client.reply().body, &site.file("file3.bin"));
}

#[test]
fn other_methods_are_refused() {
    let site = Site::start(&[]);
    for method in ["POST", "PUT", "DELETE", "BREW"] {
        let mut client = raw::Client::connect(site.addr);
        client.send(&format!("{method} /file3.bin HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"));
        let status = client.reply().status;
        assert!([400, 405, 501].contains(&status), "{method}: {status}");
    }
}

#[test]
fn a_range_is_answered_rightly_or_not_at_all() {
    let Some(curl) = skip::find("curl") else { return };
    let site = Site::start(&[]);
    let whole = site.file("file8.bin");
    for (range, part) in
        [("10-19", &whole[10..20]), ("299990-", &whole[299_990..]), ("-5", &whole[299_995..])]
    {
        let args =
            ["-sSf", "-w", "%{stderr}%{http_code}", "-r", range, &site.url("/file8.bin")].map(str::to_owned);
        let done = Program::new(&curl).args(args).run().exits(0);
        let wanted = match done.err() {
            "206" => part,
            "200" => &whole[..],
            other => panic!("{range}: {other}"),
        };
        files::assert_same_bytes(range, &done.stdout, wanted);
    }
}

#[test]
fn latency_and_rate_make_it_as_slow_as_asked() {
    let timed = |site: &Site, target: &str| {
        let start = Instant::now();
        assert_eq!(raw::get(site.addr, target).status, 200);
        start.elapsed()
    };
    let slow_start = Site::start(&["--latency", "250"]);
    let took = timed(&slow_start, "/file3.bin");
    assert!(took >= Duration::from_millis(250), "{took:?}");
    let narrow = Site::start(&["--rate", "100000"]);
    // 65,537 bytes at 100,000 a second take 0.65 s, of which a first burst may take away some.
    let took = timed(&narrow, "/file7.bin");
    assert!(took >= Duration::from_millis(400), "{took:?}");
}

#[test]
#[cfg(unix)]
fn ctrl_c_ends_it_also_with_a_client_connected() {
    let site = Site::start(&["--rate", "1000"]);
    assert_eq!(raw::get(site.addr, "/file3.bin").status, 200, "it is up");
    // At this rate the file takes more than an hour.
    let mut waits = raw::Client::connect(site.addr);
    waits.send("GET /file10.bin HTTP/1.1\r\nHost: x\r\n\r\n");
    site.server.interrupt();
    let done = site.server.wait();
    assert!(matches!(done.code, Some(0 | 130)), "{}", done.report());
    assert!(!done.err().contains("panicked"), "{}", done.report());
}

#[test]
fn what_cannot_be_served_is_one_clear_line() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    for folder in ["missing", "file"] {
        let done = demo(&["serve", folder]).dir(dir.path()).run().exits(1);
        assert!(one_line(&done).contains(folder), "{}", done.report());
    }
    let held = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = held.local_addr().unwrap().port().to_string();
    let done = demo(&["serve", "--port", &port]).run().exits(1);
    assert!(one_line(&done).contains(&port), "{}", done.report());
    for bad in [["--port", "65536"], ["--port", "x"], ["--latency", "-1"], ["--rate", "0"]] {
        let done = demo(&["serve"]).args(bad).run();
        assert!(matches!(done.code, Some(1 | 2)), "{}", done.report());
    }
}

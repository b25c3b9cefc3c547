//! `demo serve` among clients that are up to no good, or just clumsy.

use std::io::Write;
use std::net::TcpStream;

use tests::{files, raw};

use crate::demo;
use crate::serve::{Site, address};

#[test]
fn nothing_outside_the_folder_is_served() {
    let site = Site::start(&[]);
    for target in [
        "/missing",
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/.%2E/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/sub%20folder/../../secret.txt",
        "/sub%20folder/..%2f..%2fsecret.txt",
        "/file3.bin/../../secret.txt",
        "//../secret.txt",
        "/./../secret.txt",
        "/%00",
        "/secret.txt%00",
        "/%zz",
        "/etc/passwd",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/%2Fetc/passwd",
    ] {
        let reply = raw::get(site.addr, target);
        assert!((400..500).contains(&reply.status), "{target}: {}", reply.head);
        let body = String::from_utf8_lossy(&reply.body);
        assert!(!body.contains("the secret") && !body.contains("root:"), "{target}: {body}");
    }
    assert_eq!(raw::get(site.addr, "/file3.bin").status, 200, "it still serves what it should");
}

#[test]
fn the_absolute_form_of_a_target_leads_nowhere_else() {
    let site = Site::start(&[]);
    let target = format!("http://{}/../secret.txt", site.addr);
    let reply = raw::get(site.addr, &target);
    assert!(!reply.body.windows(6).any(|w| w == b"secret"), "{}", reply.head);
}

#[test]
fn a_garbled_request_is_refused_and_the_next_client_served() {
    let site = Site::start(&[]);
    for garbage in [
        "GARBAGE\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "\0\0\0\0\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
    ] {
        let mut client = raw::Client::connect(site.addr);
        client.send(garbage);
        let reply = client.reply();
        assert!((400..600).contains(&reply.status), "{garbage:?}: {}", reply.head);
    }
    let endless = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(500_000));
    let mut client = TcpStream::connect(site.addr).unwrap();
    // It may refuse such a head before it has all of it.
    let _ = client.write_all(endless.as_bytes());
    assert_eq!(raw::get(site.addr, "/file3.bin").status, 200);
}

#[test]
fn clients_that_leave_in_the_middle_do_no_harm() {
    let mut site = Site::start(&[]);
    for _ in 0..20 {
        let mut client = raw::Client::connect(site.addr);
        client.send("GET /file10.bin HTTP/1.1\r\nHost: x\r\n\r\n");
        drop(client);
        let mut silent = raw::Client::connect(site.addr);
        silent.send("GET /fil");
    }
    files::assert_same_bytes(
        "file10.bin",
        &raw::get(site.addr, "/file10.bin").body,
        &site.file("file10.bin"),
    );
    assert!(site.server.runs());
}

#[test]
fn a_slow_client_does_not_hold_up_another() {
    let site = Site::start(&[]);
    let mut slow = raw::Client::connect(site.addr);
    slow.send("GET /file10.bin HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(raw::get(site.addr, "/file3.bin").status, 200);
    files::assert_same_bytes("file10.bin", &slow.reply().body, &site.file("file10.bin"));
}

#[test]
#[cfg(unix)]
fn a_log_that_nobody_reads_costs_no_client_its_answer() {
    let mut server = demo(&["serve"]).unheard().start();
    let mut client = raw::Client::connect(address(&server.first_line()));
    for _ in 0..2 {
        client.send("GET /file4.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=0-4\r\n\r\n");
        assert_eq!(client.reply().body, b"file4");
    }
}

#[test]
fn the_highest_rate_there_is_is_no_limit() {
    let site = Site::start(&["--rate", &u64::MAX.to_string()]);
    files::assert_same_bytes("file8.bin", &raw::get(site.addr, "/file8.bin").body, &site.file("file8.bin"));
}

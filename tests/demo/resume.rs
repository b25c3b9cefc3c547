//! `--continue`: what has come of a file stays, and the next run goes on with it; never with another version's.

use std::time::{Duration, SystemTime};

use tempfile::tempdir;
use tests::certs::Authority;
use tests::gate::{Gate, Tally, eventually};
use tests::nginx::Nginx;
use tests::run::Program;
use tests::scripted::Server;
use tests::{files, reply, skip};

use crate::parts::{CutOff, MISSING, Version, asked_from, body, lay_out, part};
use crate::{demo, download, one_line, records};

#[test]
fn a_body_that_was_cut_is_continued_byte_for_byte() {
    let version = Version::tagged("v1", body(1));
    let cut = CutOff::of(&version);
    cut.assert_kept(&version.body);
    let (cut, good) = (cut, version.clone());
    let cut = cut.answering(move |request| good.answer(request));
    cut.again().exits(0);
    cut.assert_whole(&version.body);
    let [request] = &cut.later()[..] else { panic!("one request more") };
    assert_eq!(asked_from(request), Some(version.body.len() - MISSING));
    assert_eq!(request.header("if-range"), Some("\"v1\""));
}

#[test]
fn it_may_be_cut_again_and_again() {
    let version = Version::tagged("v1", body(2));
    let good = version.clone();
    let cut = CutOff::of(&version).playing(move |conn, request| {
        let mut bytes = good.answer(request);
        let from = asked_from(request).unwrap();
        // 60,000 bytes a time, then the end of the connection.
        let left = good.body.len() - from;
        bytes.truncate(bytes.len() - left.saturating_sub(60_000));
        conn.send(&bytes)?;
        Err(std::io::ErrorKind::ConnectionAborted.into())
    });
    cut.again().exits(1);
    files::assert_same_bytes("the part", &part(&cut.out()), &version.body[..version.body.len() - 40_000]);
    cut.again().exits(0);
    cut.assert_whole(&version.body);
}

#[test]
fn without_continue_nothing_is_kept_and_nothing_is_gone_on_with() {
    let version = Version::tagged("v1", body(3));
    let cut = CutOff::with(&version, &[]);
    assert_eq!(files::names(&cut.out()).len(), 0);
    // What an earlier run has kept is left alone.
    lay_out(&cut.out(), &cut.server.url("/x.bin"), &version, 10);
    let good = version.clone();
    let cut = cut.answering(move |request| good.answer(request));
    download(cut.dir.path(), &[&cut.server.url("/x.bin")]).run().exits(0);
    assert_eq!(cut.later()[0].header("range"), None);
    assert_eq!(std::fs::read(cut.out().join("x.bin")).unwrap(), version.body);
    assert_eq!(part(&cut.out()), version.body[..10]);
}

#[test]
fn a_file_that_has_changed_is_fetched_from_its_start() {
    let (old, new) = (Version::tagged("v1", body(4)), Version::tagged("v2", body(5)));
    let good = new.clone();
    let cut = CutOff::of(&old).answering(move |request| good.answer(request));
    cut.again().exits(0);
    cut.assert_whole(&new.body);
    assert_eq!(cut.later().len(), 1, "the 200 is the answer: nothing is asked for twice");
}

#[test]
fn a_server_that_knows_no_if_range_cannot_trick_it() {
    // It sends the rest of the new file, whatever was asked; and may not even say which it is.
    let date = "Last-Modified: Sun, 22 Nov 2026 12:00:00 GMT\r\n";
    for fields in ["ETag: \"v2\"\r\n", "ETag: W/\"v1\"\r\n", date, ""] {
        let (old, new) = (Version::tagged("v1", body(6)), Version::tagged("v2", body(7)));
        let new = Version { fields: fields.to_owned(), ..new };
        let good = new.clone();
        let cut = CutOff::of(&old).answering(move |request| match asked_from(request) {
            Some(from) => good.rest(from),
            None => good.whole(),
        });
        cut.again().exits(0);
        cut.assert_whole(&new.body);
        assert_eq!(cut.later().len(), 2, "{fields}");
    }
}

#[test]
fn a_server_that_does_no_ranges_sends_all_of_it() {
    let version = Version::tagged("v1", body(8));
    let good = version.clone();
    let cut = CutOff::of(&version).answering(move |_| good.whole());
    cut.again().exits(0);
    cut.assert_whole(&version.body);
}

#[test]
fn a_part_that_is_not_the_one_asked_for_is_refused_and_what_is_there_is_kept() {
    let version = Version::tagged("v1", body(9));
    let (from, total) = (version.body.len() - MISSING, version.body.len());
    let rest = version.body[from..].to_vec();
    let last = total - 1;
    let (early, later) = (from - 1, from + 1);
    for range in [
        format!("bytes {later}-{last}/{total}"),
        format!("bytes {early}-{last}/{total}"),
        format!("bytes 0-{last}/{total}"),
        format!("bytes {from}-{last}/{}", total + 1),
        format!("bytes {from}-{}/{}", last + 1, total + 1),
        format!("bytes {from}-{}/{total}", last - 1),
        format!("bytes {from}-{last}/{from}"),
        format!("bytes {from}-{last}"),
        format!("bytes */{total}"),
        format!("rows {from}-{last}/{total}"),
        "bytes 18446744073709551615-18446744073709551615/18446744073709551616".to_owned(),
        "nonsense".to_owned(),
        String::new(),
    ] {
        let (bad, shown) = (version.part(&range, &rest), range.clone());
        let cut = CutOff::of(&version).answering(move |_| bad.clone());
        let done = cut.again().exits(1);
        let line = one_line(&done);
        assert!(line.contains("206") && line.contains("--continue"), "{shown}: {}", done.report());
        cut.assert_kept(&version.body);
    }
}

#[test]
fn a_part_without_a_range_or_with_two_is_refused() {
    let version = Version::tagged("v1", body(10));
    let from = version.body.len() - MISSING;
    let good = String::from_utf8_lossy(&version.rest(from)[..200]).lines().nth(2).unwrap().to_owned();
    assert!(good.starts_with("Content-Range: "), "{good}");
    let head = |fields: &str| {
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\n{fields}Content-Length: {MISSING}\r\n\r\n"
        );
        [head.as_bytes(), &version.body[from..]].concat()
    };
    let multipart = head("Content-Type: multipart/byteranges; boundary=x\r\n");
    for bad in [multipart, head(&format!("{good}\r\n{good}\r\n"))] {
        let cut = CutOff::of(&version).answering(move |_| bad.clone());
        one_line(&cut.again().exits(1));
        cut.assert_kept(&version.body);
    }
}

#[test]
fn a_rest_that_is_shorter_or_longer_than_its_range_never_becomes_the_file() {
    let version = Version::tagged("v1", body(11));
    let from = version.body.len() - MISSING;
    for (what, bytes) in [("short", MISSING - 1), ("long", MISSING + 1)] {
        let rest = files::bytes(12, bytes);
        // By Content-Length, and in chunks, where only the bytes themselves tell.
        let plain =
            version.part(&format!("bytes {from}-{}/{}", version.body.len() - 1, version.body.len()), &rest);
        let mut in_chunks = format!(
            "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes {from}-{}/{}\r\n",
            version.body.len() - 1,
            version.body.len()
        )
        .into_bytes();
        in_chunks.extend_from_slice(&reply::chunked(&rest, &[7000])[b"HTTP/1.1 200 OK\r\n".len()..]);
        for (bad, is_plain) in [(plain, true), (in_chunks, false)] {
            let cut = CutOff::of(&version).answering(move |_| bad.clone());
            let args = ["--continue", "--json", &cut.server.url("/x.bin")];
            let done = download(cut.dir.path(), &args).run().exits(1);
            assert!(!cut.out().join("x.bin").exists(), "{what}");
            // What the head tells is refused before a byte is written. Too few bytes are gone on with; too many have
            // spoilt the part.
            let kept = match (is_plain, what) {
                (true, _) => from,
                (false, "short") => from + bytes,
                (false, _) => 0,
            };
            assert_eq!(records(&done)[0]["kept"], kept, "{what}: {}", done.report());
            match kept {
                0 => assert_eq!(files::names(&cut.out()).len(), 0, "{what}"),
                kept => assert_eq!(part(&cut.out()).len(), kept, "{what}"),
            }
        }
    }
}

#[test]
fn a_416_starts_over() {
    let (old, new) = (Version::tagged("v1", body(13)), Version::tagged("v2", files::bytes(14, 1000)));
    let good = new.clone();
    let cut = CutOff::of(&old).answering(move |request| match asked_from(request) {
        Some(_) => {
            b"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */1000\r\nContent-Length: 0\r\n\r\n"
                .to_vec()
        }
        None => good.whole(),
    });
    cut.again().exits(0);
    cut.assert_whole(&new.body);
    assert_eq!(cut.later().len(), 2);
}

#[test]
fn an_error_page_costs_nothing_of_what_is_there() {
    let version = Version::tagged("v1", body(15));
    for status in ["404 Not Found", "503 Service Unavailable", "412 Precondition Failed", "304 Not Modified"]
    {
        let cut = CutOff::of(&version).answering(move |_| reply::with_status(status, b""));
        let done = cut.again().exits(1);
        assert!(one_line(&done).contains(status), "{}", done.report());
        cut.assert_kept(&version.body);
    }
}

#[test]
fn only_what_tells_one_version_from_the_next_is_trusted() {
    let date = |ago: u64| httpdate::fmt_http_date(SystemTime::now() - Duration::from_secs(ago));
    let (now, hour, minute) = (date(0), date(3600), date(30));
    for (fields, validator) in [
        ("ETag: \"v1\"\r\n".to_owned(), Some("\"v1\"".to_owned())),
        ("ETag: W/\"v1\"\r\n".to_owned(), None),
        // An entity tag of any kind rules a date out (RFC 9110 13.1.5).
        (format!("ETag: W/\"v1\"\r\nLast-Modified: {hour}\r\nDate: {now}\r\n"), None),
        (format!("ETag: nonsense\r\nLast-Modified: {hour}\r\nDate: {now}\r\n"), None),
        ("ETag: \"v1\"\r\nETag: \"v2\"\r\n".to_owned(), None),
        (format!("Last-Modified: {hour}\r\nDate: {now}\r\n"), Some(hour.clone())),
        (format!("Last-Modified: {minute}\r\nDate: {now}\r\n"), None),
        (format!("Last-Modified: {hour}\r\n"), None),
        (format!("Last-Modified: {now}\r\nDate: {hour}\r\n"), None),
        (format!("Last-Modified: yesterday\r\nDate: {now}\r\n"), None),
        (String::new(), None),
    ] {
        let version = Version { fields, validator: validator.clone().unwrap_or_default(), body: body(16) };
        let good = version.clone();
        let cut = CutOff::of(&version).answering(move |request| good.answer(request));
        assert_eq!(files::names(&cut.out()).is_empty(), validator.is_none(), "{}", version.fields);
        cut.again().exits(0);
        cut.assert_whole(&version.body);
        let [request] = &cut.later()[..] else { panic!("one request more") };
        assert_eq!(request.header("if-range"), validator.as_deref(), "{}", version.fields);
        assert_eq!(asked_from(request).is_some(), validator.is_some(), "{}", version.fields);
    }
}

#[test]
fn a_killed_downloader_is_gone_on_with() {
    let version = Version::tagged("v1", body(17));
    let (never, sent) = (Gate::new(), Tally::new());
    let (good, hold, count) = (version.clone(), never.clone(), sent.clone());
    let server = Server::start(move |conn| {
        loop {
            let request = conn.request()?;
            if asked_from(&request).is_some() {
                conn.send(&good.answer(&request))?;
                continue;
            }
            conn.send(&good.whole_but(MISSING))?;
            let _inside = count.enter();
            conn.wait(&hold)?;
        }
    });
    let (dir, url) = (tempdir().unwrap(), server.url("/x.bin"));
    let out = dir.path().join("out");
    let running = download(dir.path(), &["--continue", &url]).start();
    sent.wait_for_total(1);
    // Also what is less than a piece is on the disk a moment later.
    eventually("all that was sent is in the part", || {
        std::fs::metadata(out.join(".x.bin.part"))
            .is_ok_and(|file| file.len() == (version.body.len() - MISSING) as u64)
    });
    running.signal("KILL");
    assert_eq!(running.wait().code, None);
    let done = download(dir.path(), &["--continue", "--json", &url]).run().exits(0);
    assert_eq!(files::names(&out), ["x.bin"]);
    files::assert_same_bytes("x.bin", &std::fs::read(out.join("x.bin")).unwrap(), &version.body);
    assert_eq!(records(&done)[0]["continued"], version.body.len() - MISSING);
    assert_eq!(records(&done)[0]["bytes"], MISSING);
}

#[test]
fn a_part_that_has_all_the_bytes_still_asks_whether_they_are_the_files() {
    // As left by a process that was killed before the rename.
    let (old, new) = (Version::tagged("v1", body(18)), Version::tagged("v2", body(19)));
    for (now, wanted) in [(&old, &old), (&new, &new)] {
        let good = now.clone();
        let server = Server::answering(move |request| good.answer(request));
        let dir = tempdir().unwrap();
        let out = dir.path().join("out");
        lay_out(&out, &server.url("/x.bin"), &old, old.body.len());
        download(dir.path(), &["--continue", &server.url("/x.bin")]).run().exits(0);
        assert_eq!(asked_from(&server.requests()[0]), Some(old.body.len() - 1));
        files::assert_same_bytes("x.bin", &std::fs::read(out.join("x.bin")).unwrap(), &wanted.body);
        assert_eq!(files::names(&out), ["x.bin"]);
    }
}

#[test]
fn a_part_of_something_else_is_not_used() {
    let version = Version::tagged("v1", body(20));
    let half = version.body.len() / 2;
    let good = version.clone();
    let server = Server::answering(move |request| good.answer(request));
    let url = server.url("/x.bin");
    type Spoil = fn(&std::path::Path);
    let spoils: [(&str, Spoil); 6] = [
        ("no ticket", |out| std::fs::remove_file(out.join(".x.bin.resume")).unwrap()),
        ("an empty ticket", |out| std::fs::write(out.join(".x.bin.resume"), "").unwrap()),
        ("half a ticket", |out| {
            let ticket = std::fs::read(out.join(".x.bin.resume")).unwrap();
            std::fs::write(out.join(".x.bin.resume"), &ticket[..ticket.len() / 2]).unwrap();
        }),
        ("a ticket of the future", |out| {
            let ticket = std::fs::read_to_string(out.join(".x.bin.resume")).unwrap();
            let ticket = ticket.replace("\"roundabout\":1", "\"roundabout\":2");
            std::fs::write(out.join(".x.bin.resume"), ticket).unwrap();
        }),
        ("no part", |out| std::fs::remove_file(out.join(".x.bin.part")).unwrap()),
        ("more bytes than the file has", |out| {
            std::fs::write(out.join(".x.bin.part"), vec![b'x'; 1_000_000]).unwrap();
        }),
    ];
    for (what, spoil) in spoils {
        let dir = tempdir().unwrap();
        let out = dir.path().join("out");
        lay_out(&out, &url, &version, half);
        spoil(&out);
        let before = server.requests().len();
        download(dir.path(), &["--continue", &url]).run().exits(0);
        assert_eq!(server.requests()[before].header("range"), None, "{what}");
        assert_eq!(files::names(&out), ["x.bin"], "{what}");
        files::assert_same_bytes(what, &std::fs::read(out.join("x.bin")).unwrap(), &version.body);
    }
    // And one of another URL, with the same name.
    let dir = tempdir().unwrap();
    lay_out(&dir.path().join("out"), &server.url("/other/x.bin"), &version, half);
    let before = server.requests().len();
    let done = download(dir.path(), &["--continue", &url]).run().exits(1);
    assert!(one_line(&done).contains("/other/x.bin; finish that, remove it"), "{}", done.report());
    assert_eq!(server.requests().len(), before);
    assert_eq!(part(&dir.path().join("out")), version.body[..half], "it is there for who wants it");
}

#[test]
fn a_redirect_that_leads_elsewhere_today_starts_over() {
    let version = Version::tagged("1", body(21));
    let elsewhere = Version::tagged("1", body(22));
    for (second, wanted) in [("/a?signature=2", &version), ("/b?signature=1", &elsewhere)] {
        let (a, b) = (version.clone(), elsewhere.clone());
        let is_first = std::sync::atomic::AtomicBool::new(true);
        let target = std::sync::Mutex::new("/a?signature=1");
        let server = Server::start(move |conn| {
            loop {
                let request = conn.request()?;
                match request.target() {
                    "/x.bin" => {
                        let location = *target.lock().unwrap();
                        conn.send(&reply::redirect("302 Found", location))?;
                    }
                    path if path.starts_with("/a") => {
                        if is_first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                            *target.lock().unwrap() = second;
                            return conn.send(&a.whole_but(MISSING));
                        }
                        conn.send(&a.answer(&request))?;
                    }
                    _ => conn.send(&b.answer(&request))?,
                }
            }
        });
        let dir = tempdir().unwrap();
        let url = server.url("/x.bin");
        download(dir.path(), &["--continue", &url]).run().exits(1);
        let done = download(dir.path(), &["--continue", "--json", &url]).run().exits(0);
        let got = std::fs::read(dir.path().join("out/x.bin")).unwrap();
        files::assert_same_bytes(second, &got, &wanted.body);
        assert_eq!(records(&done)[0]["continued"] != 0, second.starts_with("/a"), "{}", done.report());
    }
}

#[test]
#[cfg(unix)]
fn two_at_once_do_not_write_to_one_part() {
    let version = Version::tagged("v1", body(23));
    let (gate, sent) = (Gate::new(), Tally::new());
    let (good, hold, count) = (version.clone(), gate.clone(), sent.clone());
    let server = Server::start(move |conn| {
        let request = conn.request()?;
        let all = good.answer(&request);
        let (first, last) = all.split_at(all.len() - MISSING);
        conn.send(first)?;
        let _inside = count.enter();
        conn.wait(&hold)?;
        conn.send(last)
    });
    let (dir, url) = (tempdir().unwrap(), server.url("/x.bin"));
    let first = download(dir.path(), &["--continue", &url]).start();
    sent.wait_for_total(1);
    eventually("the part is there", || dir.path().join("out/.x.bin.part").exists());
    let second = download(dir.path(), &["--continue", &url]).run().exits(1);
    assert!(one_line(&second).contains("another process"), "{}", second.report());
    gate.open();
    first.wait().exits(0);
    files::assert_same_bytes("x.bin", &std::fs::read(dir.path().join("out/x.bin")).unwrap(), &version.body);
    assert_eq!(files::names(&dir.path().join("out")), ["x.bin"]);
}

#[test]
fn a_name_without_room_for_an_ending_is_downloaded_all_the_same() {
    let (dir, name) = (tempdir().unwrap(), "n".repeat(255));
    let server = Server::answering(|_| Version::tagged("v1", b"hello".to_vec()).whole());
    download(dir.path(), &["--continue", &server.url(&format!("/{name}"))]).run().exits(0);
    assert_eq!(files::names(&dir.path().join("out")), [name]);
}

#[test]
fn empty_and_tiny_files_are_whole_at_once() {
    for len in [0, 1] {
        let version = Version::tagged("v1", files::bytes(24, len));
        let good = version.clone();
        let (dir, server) = (tempdir().unwrap(), Server::answering(move |request| good.answer(request)));
        download(dir.path(), &["--continue", &server.url("/x.bin")]).run().exits(0);
        assert_eq!(files::listing(&dir.path().join("out")), [("x.bin".to_owned(), version.body)].into());
    }
}

#[test]
fn nginx_and_the_demos_own_server_send_the_rest_as_they_do_to_curl() {
    let (folder, curl) = (tempdir().unwrap(), skip::find("curl"));
    let body = files::bytes(25, 1_000_000);
    let file = folder.path().join("x.bin");
    std::fs::write(&file, &body).unwrap();
    // Long settled, so that its date counts too.
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(hour_ago).unwrap();
    let nginx = Nginx::start(folder.path(), &Authority::new("Test CA").leaf("localhost"));
    let mut ours = demo(&["serve", folder.path().to_str().unwrap()]).start();
    let line = ours.first_line();
    let base = line.split_ascii_whitespace().find(|word| word.starts_with("http://")).unwrap();
    let urls = nginx.iter().map(|nginx| nginx.http("/x.bin")).chain([format!("{base}x.bin")]);
    for url in urls {
        let head = tests::raw::get(url[7..].split('/').next().unwrap().parse().unwrap(), "/x.bin");
        let tag = head.header("etag").expect("an entity tag").to_owned();
        let version = Version { fields: String::new(), validator: tag, body: body.clone() };
        let dir = tempdir().unwrap();
        let out = dir.path().join("out");
        lay_out(&out, &url, &version, 400_000);
        let done = download(dir.path(), &["--continue", "--json", &url]).run().exits(0);
        assert_eq!(
            (&records(&done)[0]["status"], &records(&done)[0]["bytes"]),
            (&206.into(), &600_000.into())
        );
        files::assert_same_bytes(&url, &std::fs::read(out.join("x.bin")).unwrap(), &body);
        if let Some(curl) = &curl {
            std::fs::write(out.join("curl.bin"), &body[..400_000]).unwrap();
            let args = ["-sS", "-C", "-", "-o", "curl.bin", &url];
            Program::new(curl).args(args).dir(&out).run().exits(0);
            files::assert_same_bytes("curl's", &std::fs::read(out.join("curl.bin")).unwrap(), &body);
        }
        // It has changed meanwhile: to the server the tag is unknown.
        let stale = Version { validator: "\"stale\"".to_owned(), ..version };
        lay_out(&out, &url, &stale, 400_000);
        let done = download(dir.path(), &["--continue", "--json", &url]).run().exits(0);
        assert_eq!((&records(&done)[0]["status"], &records(&done)[0]["continued"]), (&200.into(), &0.into()));
        files::assert_same_bytes(&url, &std::fs::read(out.join("x.bin")).unwrap(), &body);
    }
}

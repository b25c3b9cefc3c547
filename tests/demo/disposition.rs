//! `--content-disposition`: the servers name the files, and cannot name them just anything.

use tempfile::tempdir;
use tests::files;
use tests::gate::{Gate, eventually};
use tests::scripted::Server;

use crate::parts::{MISSING, Version, asked_from, body};
use crate::{download, one_line};

/// A server that answers `/N` with the N-th of these fields, and the path.
fn naming(fields: &'static [&'static str]) -> Server {
    Server::answering(move |request| {
        let path = request.target();
        let field = fields[path[1..].parse::<usize>().unwrap()];
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Disposition: {field}\r\nContent-Length: {}\r\n\r\n",
            path.len()
        );
        format!("{head}{path}").into_bytes()
    })
}

#[test]
fn the_file_is_called_as_the_server_says() {
    let server = naming(&[
        "attachment; filename=plain.txt",
        "attachment; filename=\"quoted name.txt\"",
        "ATTACHMENT; size=7; FileName=\"back\\\"slash.txt\"",
        "attachment; filename=old.txt; filename*=UTF-8''na%C3%AFve.txt",
        "inline",
    ]);
    let dir = tempdir().unwrap();
    let done = download(dir.path(), &["--content-disposition", &server.url("/[0-4]")]).run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    let wanted = ["4", "back\"slash.txt", "naïve.txt", "plain.txt", "quoted name.txt"];
    assert!(got.keys().eq(&wanted), "{:?}", got.keys());
    assert_eq!(got["plain.txt"], b"/0");
    assert!(done.out().contains("Downloaded plain.txt"), "{}", done.report());
}

#[test]
fn without_the_flag_the_url_names_it() {
    let server = naming(&["attachment; filename=plain.txt"]);
    let dir = tempdir().unwrap();
    download(dir.path(), &[&server.url("/0")]).run().exits(0);
    assert_eq!(files::names(&dir.path().join("out")), ["0"]);
}

#[test]
fn a_name_that_reaches_elsewhere_or_hides_is_refused() {
    let server = naming(&[
        "attachment; filename=\"../up.txt\"",
        "attachment; filename=\"/etc/passwd\"",
        "attachment; filename=\"c:\\\\x\\\\y\"",
        "attachment; filename=\".bashrc\"",
        "attachment; filename=\"..\"",
        "attachment; filename=\"\"",
        "attachment; filename*=UTF-8''..%2fup.txt",
        "attachment; filename*=UTF-8''a%00b",
        "attachment; filename*=UTF-8''a%E2%80%AEtxt.exe",
    ]);
    for n in 0..9 {
        let dir = tempdir().unwrap();
        let done =
            download(dir.path(), &["--content-disposition", &server.url(&format!("/{n}"))]).run().exits(1);
        assert!(done.err().starts_with("Failed "), "{}", done.report());
        assert_eq!(files::names(&dir.path().join("out")).len(), 0, "{n}");
        assert_eq!(files::names(dir.path()), ["out"], "{n}");
    }
}

#[test]
fn two_files_never_get_one_name() {
    let server =
        naming(&["attachment; filename=same.txt", "attachment; filename=SAME.txt", "attachment; filename=0"]);
    let dir = tempdir().unwrap();
    let args = ["--sequential", "--content-disposition", &server.url("/[0-2]")];
    let done = download(dir.path(), &args).run().exits(1);
    let got = files::listing(&dir.path().join("out"));
    assert_eq!(got["same.txt"], b"/0");
    assert!(got.keys().eq(&["0", "same.txt"]), "{:?}", got.keys());
    assert_eq!(done.err().lines().count(), 1, "{}", done.report());
}

#[test]
fn the_sum_is_that_of_the_servers_name() {
    let server = naming(&["attachment; filename=empty.txt"]);
    let dir = tempdir().unwrap();
    let sum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for (list, word) in [("empty.txt", "SHA-256"), ("0", "no sum for empty.txt")] {
        std::fs::write(dir.path().join("SUMS"), format!("{sum}  {list}\n")).unwrap();
        let args = ["--content-disposition", "--sha256", "SUMS", &server.url("/0")];
        let done = download(dir.path(), &args).run().exits(1);
        assert!(done.err().contains(word), "{}", done.report());
        assert_eq!(files::names(&dir.path().join("out")).len(), 0);
    }
}

#[test]
fn a_server_cannot_replace_a_file_that_is_there() {
    let server = naming(&["attachment; filename=mine.txt", "attachment; filename=1"]);
    let (dir, args) = (tempdir().unwrap(), ["--content-disposition"]);
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("mine.txt"), "mine").unwrap();
    std::fs::write(out.join("1"), "of an earlier run").unwrap();
    let done = download(dir.path(), &args).arg(server.url("/0")).run().exits(1);
    assert!(one_line(&done).contains("mine.txt: it is there already"), "{}", done.report());
    // The name of its own URL is the user's choice.
    download(dir.path(), &args).arg(server.url("/1")).run().exits(0);
    let got = files::listing(&out);
    assert!(got.keys().eq(&["1", "mine.txt"]), "{:?}", got.keys());
    assert_eq!((&got["1"][..], &got["mine.txt"][..]), (&b"/1"[..], &b"mine"[..]));
}

#[test]
fn nor_one_that_came_there_meanwhile() {
    let (gate, dir) = (Gate::new(), tempdir().unwrap());
    let opened = gate.clone();
    let server = Server::start(move |conn| {
        conn.request()?;
        let head = "HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=mine.txt\r\n";
        conn.send(format!("{head}Content-Length: {}\r\n\r\n", body(1).len()).as_bytes())?;
        conn.send(&body(1)[..600_000])?;
        conn.wait(&opened)?;
        conn.send(&body(1)[600_000..])
    });
    let out = dir.path().join("out");
    let running = download(dir.path(), &["--content-disposition", &server.url("/x")]).start();
    eventually("its first bytes are there", || out.exists() && files::names(&out).len() == 1);
    std::fs::write(out.join("mine.txt"), "mine").unwrap();
    gate.open();
    let done = running.wait().exits(1);
    assert!(one_line(&done).contains("mine.txt: it is there already"), "{}", done.report());
    let got = files::listing(&out);
    assert!(got.keys().eq(&["mine.txt"]) && got["mine.txt"] == b"mine", "{:?}", got.keys());
}

#[test]
fn urls_need_no_names_of_their_own() {
    let server = Server::answering(|request| {
        let path = request.target();
        let (_, name) = path.split_once('?').unwrap();
        let field = match name {
            "none" => String::new(),
            name => format!("Content-Disposition: attachment; filename={name}\r\n"),
        };
        format!("HTTP/1.1 200 OK\r\n{field}Content-Length: {}\r\n\r\n{path}", path.len()).into_bytes()
    });
    let dir = tempdir().unwrap();
    for more in [&["--content-disposition"][..], &["--content-disposition", "--continue"]] {
        let urls = ["/cd?id1", "/cd?id2", "/cd/?id3"].map(|path| server.url(path));
        download(dir.path(), more).args(urls).run().exits(0);
        let got = files::listing(&dir.path().join("out"));
        assert!(got.keys().eq(&["id1", "id2", "id3"]), "{:?}", got.keys());
        std::fs::remove_dir_all(dir.path().join("out")).unwrap();
    }
    let args = ["--content-disposition", &server.url("/cd/?none")];
    let done = download(dir.path(), &args).run().exits(1);
    assert!(one_line(&done).contains("the server proposes no name"), "{}", done.report());
    // The same file twice is still one too many.
    let args = ["--content-disposition", &server.url("/cd?id1"), &server.url("/cd?id1")];
    let done = download(dir.path(), &args).run().exits(1);
    assert!(one_line(&done).contains("given twice"), "{}", done.report());
}

#[test]
fn a_part_is_kept_by_its_url_until_the_server_names_it() {
    let version = Version::tagged("v1", body(2));
    let fields = format!("{}Content-Disposition: attachment; filename=iso\r\n", version.fields);
    let version = Version { fields, ..version };
    let good = version.clone();
    let is_first = std::sync::atomic::AtomicBool::new(true);
    let server = Server::start(move |conn| {
        loop {
            let request = conn.request()?;
            if is_first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                return conn.send(&good.whole_but(MISSING));
            }
            conn.send(&good.answer(&request))?;
        }
    });
    let dir = tempdir().unwrap();
    let args = ["--content-disposition", "--continue", &server.url("/cd?id1")];
    download(dir.path(), &args).run().exits(1);
    assert_eq!(files::names(&dir.path().join("out")).len(), 2);
    download(dir.path(), &args).run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    assert!(got.keys().eq(&["iso"]), "{:?}", got.keys());
    files::assert_same_bytes("iso", &got["iso"], &version.body);
    assert_eq!(asked_from(&server.requests()[1]), Some(version.body.len() - MISSING));
}

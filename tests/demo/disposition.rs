//! `--content-disposition`: the servers name the files, and cannot name them just anything.

use tempfile::tempdir;
use tests::files;
use tests::scripted::Server;

use crate::download;

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

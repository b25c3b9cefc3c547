//! `--sha256`: a file with another sum than its list says never has its name.

use std::path::Path;

use sha2::{Digest, Sha256};
use tempfile::tempdir;
use tests::run::Program;
use tests::scripted::Server;
use tests::{files, reply, skip};

use crate::parts::{CutOff, Version, body, lay_out};
use crate::{demo, download, one_line, records};

fn sum(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A server of files whose content is their path.
fn echo() -> Server {
    Server::answering(|request| reply::ok(request.target().as_bytes()))
}

fn listed(dir: &Path, list: &str) {
    std::fs::write(dir.join("SUMS"), list).unwrap();
}

#[test]
fn files_with_the_sums_of_the_list_are_there() {
    let (server, dir) = (echo(), tempdir().unwrap());
    let (a, b, c) = (sum(b"/a"), sum(b"/b").to_uppercase(), sum(b"/c"));
    listed(dir.path(), &format!("# a list\n{a}  a\n\n{b} *b\r\nSHA256 (c) = {c}\n{a}  not-asked-for\n"));
    let done = download(dir.path(), &["--json", "--sha256", "SUMS", &server.url("/{a,b,c}")]).run().exits(0);
    assert_eq!(files::names(&dir.path().join("out")), ["a", "b", "c"]);
    let record = records(&done).into_iter().find(|record| record["file"] == "out/a").unwrap();
    assert_eq!(record["sha256"], a.as_str());
}

#[test]
fn a_file_with_another_sum_never_has_its_name() {
    for args in [&[][..], &["--continue"], &["--retry", "3"]] {
        let (server, dir) = (echo(), tempdir().unwrap());
        let out = dir.path().join("out");
        std::fs::create_dir(&out).unwrap();
        std::fs::write(out.join("a"), "of an earlier run").unwrap();
        listed(dir.path(), &format!("{}  a\n{}  b\n", sum(b"/other"), sum(b"/b")));
        let urls = [server.url("/a"), server.url("/b")];
        let done = download(dir.path(), args).args(["--sha256", "SUMS"]).args(&urls).run().exits(1);
        let line = one_line(&done);
        assert!(line.contains(&sum(b"/a")) && line.contains(&sum(b"/other")), "{}", done.report());
        let left = files::listing(&out);
        assert!(left.keys().eq(&["a", "b"]) && left["a"] == b"of an earlier run", "{args:?}: {left:?}");
        assert_eq!(server.requests().len(), 2, "{args:?}: to ask again would bring the same");
    }
}

#[test]
fn a_file_that_is_not_in_the_list_is_told_before_anything_is_asked_for() {
    let (server, dir) = (echo(), tempdir().unwrap());
    listed(dir.path(), &format!("{}  a\n", sum(b"/a")));
    let done = download(dir.path(), &["--sha256", "SUMS", &server.url("/{a,b}")]).run().exits(1);
    assert!(one_line(&done).contains("SUMS has no sum for b"), "{}", done.report());
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_list_that_cannot_be_read_is_one_line_that_says_where() {
    let server = echo();
    let good = sum(b"/a");
    for (list, word) in [
        (String::new(), "no SHA-256 sums"),
        ("# nothing\n".to_owned(), "no SHA-256 sums"),
        (format!("{good} a\n"), "no SHA-256 sums"),
        (format!("{}  a\n", &good[1..]), "no SHA-256 sums"),
        (format!("{}g  a\n", &good[1..]), "no SHA-256 sums"),
        (format!("{good}{good}  a\n"), "no SHA-256 sums"),
        (format!("\\{good}  a\\x\n"), "no SHA-256 sums"),
        (format!("{good}  a\n{}  a\n", sum(b"/b")), "two sums for a"),
    ] {
        let dir = tempdir().unwrap();
        listed(dir.path(), &list);
        let done = download(dir.path(), &["--sha256", "SUMS", &server.url("/a")]).run().exits(1);
        let line = one_line(&done);
        assert!(line.contains("SUMS") && line.contains(word), "{list:?}: {}", done.report());
    }
    for missing in ["missing", "."] {
        let dir = tempdir().unwrap();
        let done = download(dir.path(), &["--sha256", missing, &server.url("/a")]).run().exits(1);
        assert!(one_line(&done).contains(missing), "{}", done.report());
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn lines_that_are_no_sums_are_left_out_with_a_warning() {
    let (server, dir) = (echo(), tempdir().unwrap());
    let (a, b) = (sum(b"/a"), sum(b"/b"));
    let signed = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n";
    // Two of one name are no matter to who wants another.
    let list = format!("{signed}\n{a}  a\nSHA512 (a) = {a}{a}\n{a}  b\n{b}  b\n");
    listed(dir.path(), &list);
    let done = download(dir.path(), &["--sha256", "SUMS", &server.url("/a")]).run().exits(0);
    let warning = one_line(&done);
    assert!(warning.contains("3 lines of SUMS") && warning.contains("first line 1"), "{}", done.report());
}

#[test]
fn with_continue_a_file_that_has_its_sum_already_is_not_asked_for() {
    let (server, dir) = (echo(), tempdir().unwrap());
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    std::fs::write(out.join("a"), "/a").unwrap();
    std::fs::write(out.join("b"), "of an earlier version").unwrap();
    listed(dir.path(), &format!("{}  a\n{}  b\n", sum(b"/a"), sum(b"/b")));
    let url = server.url("/{a,b}");
    let done = download(dir.path(), &["--continue", "--sha256", "SUMS", &url]).run().exits(0);
    assert!(done.out().contains("Already whole: a\n") && done.out().contains("Downloaded b\n"), "{done:?}");
    assert!(done.out().contains("  whole already                  1  by their sums"), "{done:?}");
    let left = files::listing(&out);
    assert!(left.keys().eq(&["a", "b"]) && left["b"] == b"/b", "{left:?}");
    let asked: Vec<_> = server.requests().iter().map(|request| request.target().to_owned()).collect();
    assert_eq!(asked, ["/b"]);

    // For programs: all of it was there, and nothing was answered.
    let done = download(dir.path(), &["--continue", "--json", "--sha256", "SUMS", &url]).run().exits(0);
    let record = records(&done).into_iter().find(|record| record["file"] == "out/a").unwrap();
    assert_eq!((&record["result"], &record["status"]), (&"done".into(), &serde_json::Value::Null));
    assert_eq!((&record["continued"], &record["bytes"]), (&2.into(), &0.into()));
    assert_eq!(record["sha256"], sum(b"/a"));
    assert_eq!(server.requests().len(), 1);

    // Without --continue all is fetched, as it always was.
    download(dir.path(), &["--sha256", "SUMS", &url]).run().exits(0);
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_part_beside_a_file_that_is_whole_is_removed() {
    let version = Version::tagged("v1", body(40));
    let (server, dir) = (echo(), tempdir().unwrap());
    let (out, url) = (dir.path().join("out"), server.url("/x.bin"));
    lay_out(&out, &url, &version, 1000);
    std::fs::write(out.join("x.bin"), &version.body).unwrap();
    listed(dir.path(), &format!("{}  x.bin\n", sum(&version.body)));
    download(dir.path(), &["--continue", "--sha256", "SUMS", &url]).run().exits(0);
    assert_eq!(files::names(&out), ["x.bin"]);
    assert_eq!(server.connections(), 0);
}

#[test]
#[cfg(unix)]
fn a_pipe_that_has_the_files_name_is_not_waited_for() {
    let (server, dir) = (echo(), tempdir().unwrap());
    let out = dir.path().join("out");
    std::fs::create_dir(&out).unwrap();
    Program::new("mkfifo").arg(out.join("a")).run().exits(0);
    listed(dir.path(), &format!("{}  a\n", sum(b"/a")));
    download(dir.path(), &["--continue", "--sha256", "SUMS", &server.url("/a")]).run().exits(0);
    assert_eq!(server.requests().len(), 1);
}

#[test]
#[cfg(unix)]
fn the_list_may_come_by_stdin() {
    let (server, dir) = (echo(), tempdir().unwrap());
    listed(dir.path(), &format!("{}  a\n", sum(b"/a")));
    let script = "exec \"$0\" download -o out --sha256 - \"$1\" <SUMS";
    let binary = env!("CARGO_BIN_EXE_demo-under-test");
    let run = |path| Program::new("sh").args(["-c", script, binary, &server.url(path)]).dir(dir.path()).run();
    run("/a").exits(0);
    assert!(one_line(&run("/b").exits(1)).contains("has no sum for b"));
    let done = download(dir.path(), &["--sha256", "-", "-i", "-"]).run().exits(1);
    assert!(one_line(&done).contains("stdin"), "{}", done.report());
}

#[test]
fn what_sha256sum_writes_is_read() {
    let Some(sha256sum) = skip::find("sha256sum") else { return };
    let (server, folder) = (echo(), tempdir().unwrap());
    for name in ["a b", "c'd", "*star", "e%f"] {
        std::fs::write(
            folder.path().join(name),
            format!("/{}", name.replace('%', "%25").replace(' ', "%20")),
        )
        .unwrap();
    }
    // A name with a backslash is written with an escape, and such a name no download has.
    std::fs::write(folder.path().join("back\\slash"), "x").unwrap();
    for form in [&[][..], &["--binary"], &["--tag"]] {
        let dir = tempdir().unwrap();
        let names = ["a b", "c'd", "*star", "e%f", "back\\slash", "./a b"];
        let list =
            Program::new(&sha256sum).args(form).arg("--").args(names).dir(folder.path()).run().exits(0);
        listed(dir.path(), list.out());
        let urls = ["/a%20b", "/c'd", "/*star", "/e%25f"].map(|path| server.url(path));
        download(dir.path(), &["--sha256", "SUMS"]).args(&urls).run().exits(0);
        assert_eq!(files::names(&dir.path().join("out")), ["*star", "a b", "c'd", "e%f"], "{form:?}");
    }
}

#[test]
fn what_was_there_from_an_earlier_run_is_in_the_sum() {
    let version = Version::tagged("v1", body(40));
    for (spoilt, code) in [(false, 0), (true, 1)] {
        let good = version.clone();
        let cut = CutOff::of(&version).answering(move |request| good.answer(request));
        if spoilt {
            let mut part = std::fs::read(cut.out().join(".x.bin.part")).unwrap();
            part[77] ^= 1;
            std::fs::write(cut.out().join(".x.bin.part"), part).unwrap();
        }
        listed(cut.dir.path(), &format!("{}  x.bin\n", sum(&version.body)));
        let url = cut.server.url("/x.bin");
        let done = download(cut.dir.path(), &["--continue", "--sha256", "SUMS", &url]).run().exits(code);
        if spoilt {
            one_line(&done);
            assert_eq!(files::names(&cut.out()).len(), 0, "what is wrong is not gone on with");
        } else {
            cut.assert_whole(&version.body);
        }
    }
}

#[test]
fn the_embedded_servers_files_have_sums_too() {
    let dir = tempdir().unwrap();
    let list: String =
        demo::files::ten().iter().map(|file| format!("{}  {}\n", sum(&file.contents()), file.name)).collect();
    listed(dir.path(), &list);
    demo(&["--sha256", "SUMS"]).dir(dir.path()).run().exits(0);
    assert_eq!(files::names(&dir.path().join("downloads")).len(), 10);
}

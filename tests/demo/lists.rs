//! `-i`: URLs from a file or from standard input.

use tempfile::tempdir;
use tests::run::Program;
use tests::scripted::Server;
use tests::{files, reply};

use crate::{download, one_line};

fn echo() -> Server {
    Server::answering(|request| reply::ok(request.target().as_bytes()))
}

#[test]
fn each_line_of_the_file_is_a_url() {
    let (server, dir) = (echo(), tempdir().unwrap());
    let list = format!(
        "\u{feff}# some files\n{}\r\n\n   \n  {}  \n#{}\n{}",
        server.url("/a"),
        server.url("/b?x=1"),
        server.url("/commented-out"),
        server.url("/c")
    );
    std::fs::write(dir.path().join("list"), list).unwrap();
    download(dir.path(), &["-i", "list"]).run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    assert!(got.keys().eq(&["a", "b", "c"]) && got["b"] == b"/b?x=1", "{got:?}");
}

#[test]
fn the_list_may_come_from_standard_input_and_beside_urls() {
    let (server, dir) = (echo(), tempdir().unwrap());
    let binary = env!("CARGO_BIN_EXE_demo-under-test");
    for flag in ["-i", "--input-file"] {
        let script = format!("printf '%s\\n' \"$1\" '# x' \"$2\" | \"$0\" download -o out {flag} - \"$3\"");
        let program = Program::new("sh").args(["-c", &script, binary]);
        let urls = ["/a", "/b", "/{c,d}"].map(|path| server.url(path));
        program.args(&urls).dir(dir.path()).run().exits(0);
        assert_eq!(files::names(&dir.path().join("out")), ["a", "b", "c", "d"]);
    }
}

#[test]
fn a_line_is_no_pattern() {
    let (server, dir) = (echo(), tempdir().unwrap());
    std::fs::write(dir.path().join("list"), server.url("/x?q={a,b}[1-3]")).unwrap();
    let done = download(dir.path(), &["-i", "list"]).run();
    // Taken as it stands, or refused as it stands: but never many.
    assert!(server.requests().len() <= 1, "{}", done.report());
}

#[test]
fn what_is_wrong_with_the_list_is_told_with_its_line_before_anything_is_asked_for() {
    let server = echo();
    let (a, b) = (server.url("/a"), server.url("/b/a"));
    for (list, words) in [
        (String::new(), &["holds no URL"][..]),
        ("# nothing\n\n".to_owned(), &["holds no URL"]),
        (format!("{a}\nftp://host/x\n"), &["line 2", "ftp"]),
        (format!("\n\nexample.org\n{a}"), &["line 3"]),
        (format!("{a}\nhttp://host/\n"), &["line 2", "names no file"]),
        (format!("{a}\n{b}\n"), &["both"]),
        (format!("{a}\n{a}\n"), &["twice"]),
        ("http://me:open-sesame@host:x/y".to_owned(), &["line 1"]),
    ] {
        let dir = tempdir().unwrap();
        std::fs::write(dir.path().join("list"), &list).unwrap();
        let done = download(dir.path(), &["-i", "list"]).run().exits(1);
        let line = one_line(&done);
        assert!(words.iter().all(|word| line.contains(word)), "{list:?}: {}", done.report());
        assert!(!line.contains("sesame"), "{}", done.report());
    }
    let dir = tempdir().unwrap();
    std::fs::write(dir.path().join("list"), b"http://host/a\nhttp://host/\xff\n").unwrap();
    let done = download(dir.path(), &["-i", "list"]).run().exits(1);
    assert!(one_line(&done).contains("line 2"), "{}", done.report());
    for list in ["missing", "."] {
        let done = download(dir.path(), &["-i", list]).run().exits(1);
        assert!(one_line(&done).contains(list), "{}", done.report());
    }
    // Standard input is empty here: that is no wish for the embedded server's files.
    let done = download(dir.path(), &["-i", "-"]).run().exits(1);
    assert!(one_line(&done).contains("stdin"), "{}", done.report());
    assert_eq!(server.connections(), 0);
    assert_eq!(files::names(&dir.path().join("out")).len(), 0);
}

#[test]
fn a_long_list_is_downloaded() {
    let (server, dir) = (echo(), tempdir().unwrap());
    let list: String = (0..1000).map(|n| server.url(&format!("/{n}\n"))).collect();
    std::fs::write(dir.path().join("list"), list).unwrap();
    download(dir.path(), &["-i", "list"]).run().exits(0);
    assert_eq!(files::names(&dir.path().join("out")).len(), 1000);
}

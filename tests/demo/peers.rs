//! Servers that others wrote, with every byte compared.
//!
//! Each test is skipped, and says so, where its server is not installed.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tempfile::tempdir;
use tests::certs::Authority;
use tests::files;
use tests::nginx::Nginx;
use tests::python::Python;

use crate::download;

/// Downloads the ten files of `folder` from `url`, where they are called `file[1-10].bin`, and compares.
fn assert_ten(folder: &Path, url: &str, flags: &[&str]) {
    let dir = tempdir().unwrap();
    let done = download(dir.path(), flags).arg(url).run().exits(0);
    files::assert_same(&dir.path().join("out"), folder);
    let told = done.out().lines().filter(|line| line.starts_with("Downloaded file")).count();
    assert_eq!(told, 10, "{}", done.report());
}

#[test]
fn ten_files_from_nginx_over_http_and_over_https() {
    let (folder, authority) = (tempdir().unwrap(), Authority::new("Test CA"));
    files::ten_assorted(folder.path());
    let Some(nginx) = Nginx::start(folder.path(), &authority.leaf("localhost")) else { return };
    assert_ten(folder.path(), &nginx.http("/file[1-10].bin"), &[]);
    let ca = authority.file();
    assert_ten(
        folder.path(),
        &nginx.https("localhost", "/file[1-10].bin"),
        &["--cacert", ca.to_str().unwrap()],
    );
}

#[test]
fn ten_files_from_pythons_http_server() {
    let folder = tempdir().unwrap();
    files::ten_assorted(folder.path());
    let Some(python) = Python::start(folder.path()) else { return };
    assert_ten(folder.path(), &python.url("/file[1-10].bin"), &[]);
}

#[test]
fn ten_thousand_small_files_from_nginx() {
    let (folder, authority) = (tempdir().unwrap(), Authority::new("Test CA"));
    for n in 1..=10_000 {
        fs::write(folder.path().join(format!("{n}.bin")), files::bytes(n, 4096)).unwrap();
    }
    let Some(nginx) = Nginx::start(folder.path(), &authority.leaf("localhost")) else { return };
    let dir = tempdir().unwrap();
    let program = download(dir.path(), &["-j", "32"]).arg(nginx.http("/[1-10000].bin"));
    let done = program.deadline(Duration::from_secs(60)).run().exits(0);
    files::assert_same(&dir.path().join("out"), folder.path());
    eprintln!("10,000 files of 4 KiB took {:?}", done.took);
}

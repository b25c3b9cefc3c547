//! The client against servers that others wrote, over HTTP and HTTPS.

use std::cell::Cell;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::rc::Rc;

use http_client::tls::Certificates;
use http_client::{Client, Event};
use tests::certs::{Authority, Leaf};
use tests::daemon::Daemon;
use tests::nginx::Nginx;
use tests::python::Python;
use tests::{apache, files, lighttpd};

use super::client::run;

/// Asks a server for all kinds of things, and looks how many connections that took.
fn goes_through(
    urls: impl IntoIterator<Item = String>,
    client: impl Fn() -> http_client::ClientBuilder,
    body: &[u8],
    keeps: bool,
) {
    for root in urls {
        let connections = Rc::new(Cell::new(0));
        let count = connections.clone();
        let client = client().observer(move |event| {
            if let Event::Connected { .. } = event {
                count.set(count.get() + 1);
            }
        });
        let client = client.build();
        run(async {
            let url = |path: &str| format!("{root}{path}");
            let status = |path: &'static str| {
                let request = client.get(url(path));
                async move { request.send().await.unwrap().status().as_u16() }
            };
            for _ in 0..3 {
                let got = client.get(url("large")).send().await.unwrap().bytes().await.unwrap();
                files::assert_same_bytes(&root, &got, body);
            }
            assert_eq!(connections.get(), if keeps { 1 } else { 3 }, "{root}");
            assert_eq!(client.get(url("empty")).send().await.unwrap().bytes().await.unwrap(), b"");
            assert_eq!(
                client.head(url("large")).send().await.unwrap().content_length(),
                Some(body.len() as u64)
            );
            assert_eq!(status("missing").await, 404, "{root}");
            let folder = client.get(url("folder")).send().await.unwrap();
            assert!(
                folder.url().path().ends_with("/folder/"),
                "it redirects to where a folder's page is: {root}"
            );
            // None of them takes it, and most say so long before they have read it.
            let refused = client.put(url("large")).body(body).send().await.unwrap();
            assert!(refused.status().as_u16() >= 400, "{root}: {refused:?}");
            assert_eq!(client.get(url("large")).send().await.unwrap().bytes().await.unwrap(), body, "{root}");
        });
    }
}

/// A folder with something in it, an authority, and a certificate of it: all that a server needs.
fn with_daemon(start: impl Fn(&Path, &Leaf) -> Option<Daemon>) {
    let (folder, body) = folder();
    let authority = Authority::new("Test CA");
    let leaf = authority.leaf("localhost"); // its files must be there for as long as the server is
    let Some(daemon) = start(folder.path(), &leaf) else { return };
    let own = Certificates::from_pem_file(authority.file()).unwrap();
    let client = || Client::builder().add_root_certificates(&own);
    goes_through([daemon.http("/"), daemon.https("localhost", "/")], client, &body, true);
}

fn folder() -> (tempfile::TempDir, Vec<u8>) {
    let (folder, body) = (tempfile::tempdir().unwrap(), files::bytes(7, 8_000_000));
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.path().join("large"), &body).unwrap();
    fs::write(folder.path().join("empty"), "").unwrap();
    fs::create_dir(folder.path().join("folder")).unwrap();
    (folder, body)
}

#[test]
fn nginx_is_understood() {
    with_daemon(|folder, leaf| Nginx::start(folder, leaf).map(Nginx::into_daemon));
}

#[test]
fn apache_is_understood() {
    with_daemon(apache::start);
}

#[test]
fn lighttpd_is_understood() {
    with_daemon(lighttpd::start);
}

#[test]
fn pythons_server_is_understood() {
    let (folder, body) = folder();
    let Some(python) = Python::start(folder.path()) else { return };
    goes_through([python.url("/")], Client::builder, &body, false);
}

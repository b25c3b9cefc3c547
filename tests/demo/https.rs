//! TLS: whom the demo trusts, and what it says of those it does not.

use tempfile::tempdir;
use tests::certs::{self, Authority, Leaf};
use tests::scripted::Server;
use tests::{files, reply, tls};

use crate::{demo, download, one_line};

fn serve(leaf: &Leaf) -> Server {
    tls::start(leaf, |conn| conn.answer_all(|_| reply::ok(b"secret")))
}

#[test]
fn cacert_names_an_authority_to_trust() {
    let authority = Authority::new("Test CA");
    for (cert_for, host) in [("localhost", "localhost"), ("127.0.0.1", "127.0.0.1")] {
        let server = serve(&authority.leaf(cert_for));
        let done =
            demo(&["get", "--cacert"]).arg(authority.file()).arg(server.url_at(host, "/")).run().exits(0);
        assert_eq!(done.out(), "secret");
    }
}

#[test]
fn both_versions_of_tls_are_spoken() {
    let authority = Authority::new("Test CA");
    let body = files::bytes(3, 300_000);
    for version in rustls::ALL_VERSIONS {
        let reply = reply::ok(&body);
        let server = tls::start_with(&authority.leaf("localhost"), &[version], move |conn| {
            conn.request()?;
            conn.send(&reply)
        });
        let done = demo(&["get", "--cacert"])
            .arg(authority.file())
            .arg(server.url_at("localhost", "/"))
            .run()
            .exits(0);
        files::assert_same_bytes(&format!("{:?}", version.version), &done.stdout, &body);
    }
}

#[test]
fn files_come_over_https_too() {
    let (authority, dir) = (Authority::new("Test CA"), tempdir().unwrap());
    let server = serve(&authority.leaf("localhost"));
    let url = server.url_at("localhost", "/[1-10].txt");
    download(dir.path(), &["--cacert"]).arg(authority.file()).arg(url).run().exits(0);
    let got = files::listing(&dir.path().join("out"));
    assert!(got.len() == 10 && got.values().all(|body| body == b"secret"), "{:?}", got.keys());
}

#[test]
fn a_certificate_that_does_not_verify_is_refused_with_host_and_reason() {
    let (authority, other) = (Authority::new("Test CA"), Authority::new("Another CA"));
    for (what, leaf, reasons) in [
        ("expired", authority.expired("localhost"), &["expired"][..]),
        ("not yet valid", authority.not_yet_valid("localhost"), &["not valid yet", "not yet valid"]),
        ("wrong host", authority.leaf("example.com"), &["not valid for", "example.com"]),
        ("unknown authority", other.leaf("localhost"), &["issuer", "authority"]),
        ("self-signed", certs::self_signed("localhost"), &["issuer", "authority", "self-signed"]),
    ] {
        let server = serve(&leaf);
        let (url, dir) = (server.url_at("localhost", "/x.txt"), tempdir().unwrap());
        for program in [demo(&["get"]), download(dir.path(), &[])] {
            let done = program.arg("--cacert").arg(authority.file()).arg(&url).run().exits(1);
            let line = one_line(&done).to_lowercase();
            assert!(line.contains("localhost"), "{what}: which host?\n{}", done.report());
            assert!(reasons.iter().any(|reason| line.contains(reason)), "{what}: why?\n{}", done.report());
            assert_eq!(files::names(&dir.path().join("out")).len(), 0, "{what}");
        }
        assert_eq!(server.requests().len(), 0, "{what}: nothing is asked of a host that is not who it says");
    }
}

#[test]
fn without_cacert_our_own_authority_is_unknown() {
    let server = serve(&Authority::new("Test CA").leaf("localhost"));
    let done = demo(&["get", &server.url_at("localhost", "/")]).run().exits(1);
    assert!(one_line(&done).contains("localhost"), "{}", done.report());
}

#[test]
fn a_cacert_file_that_is_none_is_one_clear_line() {
    let dir = tempdir().unwrap();
    std::fs::write(dir.path().join("empty.pem"), "").unwrap();
    std::fs::write(dir.path().join("text.pem"), "no certificate here\n").unwrap();
    let garbled = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(dir.path().join("garbled.pem"), garbled).unwrap();
    for file in ["missing.pem", "empty.pem", "text.pem", "garbled.pem", "."] {
        for command in ["get", "download"] {
            let args = [command, "--cacert", file, "https://localhost:9/x"];
            let done = demo(&args).dir(dir.path()).run().exits(1);
            assert!(one_line(&done).contains(file), "which file?\n{}", done.report());
        }
    }
}

#[test]
fn https_to_a_server_without_tls_and_http_to_one_with_it_are_one_line_each() {
    let authority = Authority::new("Test CA");
    let plain = Server::start(|conn| conn.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    let done = demo(&["get", &format!("https://{}/", plain.addr())]).run().exits(1);
    one_line(&done);
    let secure = serve(&authority.leaf("localhost"));
    let done = demo(&["get", &format!("http://{}/", secure.addr())]).run().exits(1);
    one_line(&done);
}

#[test]
fn an_end_without_close_notify_counts_only_where_the_end_is_the_framing() {
    let authority = Authority::new("Test CA");
    let leaf = authority.leaf("localhost");
    for (framing, reply, code) in [
        ("Content-Length", reply::ok(b"secret"), 0),
        ("chunked", reply::chunked(b"secret", &[3]), 0),
        ("until close", reply::until_close(b"secret"), 1),
    ] {
        let server = tls::start(&leaf, move |conn| {
            conn.request()?;
            conn.send(&reply)?;
            conn.cut();
            Ok(())
        });
        let url = server.url_at("localhost", "/x.txt");
        let dir = tempdir().unwrap();
        let done = download(dir.path(), &["--cacert"]).arg(authority.file()).arg(&url).run();
        assert_eq!(done.code, Some(code), "{framing}\n{}", done.report());
        assert_eq!(files::names(&dir.path().join("out")).len(), usize::from(code == 0), "{framing}");
    }
    let server = tls::start(&leaf, |conn| {
        conn.request()?;
        conn.send(&reply::until_close(b"secret"))
    });
    let done =
        demo(&["get", "--cacert"]).arg(authority.file()).arg(server.url_at("localhost", "/")).run().exits(0);
    assert_eq!(done.out(), "secret", "with close_notify the same body is whole");
}

#[test]
fn a_redirect_from_https_to_http_is_not_followed() {
    let authority = Authority::new("Test CA");
    let plain = Server::answering(|_| reply::ok(b"in the open"));
    let location = plain.url("/");
    let server = tls::start(&authority.leaf("localhost"), move |conn| {
        conn.answer_all(|_| reply::redirect("302 Found", &location))
    });
    let url = server.url_at("localhost", "/x.txt");
    let dir = tempdir().unwrap();
    let done = download(dir.path(), &["--cacert"]).arg(authority.file()).arg(url).run().exits(1);
    one_line(&done);
    assert_eq!(plain.connections(), 0);
}

//! The client over TLS: whom it trusts, what it says of others, and how it takes an end without a goodbye.

use std::io;
use std::sync::mpsc;

use http_client::tls::Certificates;
use http_client::{Client, Error, Kind, Phase};
use tests::certs::{self, Authority, Leaf};
use tests::scripted::{Conn, Server};
use tests::{files, reply, tls};

use super::client::dribble::Dribble;
use super::client::{assert_error, run};

/// A client that trusts this authority.
fn trusting(authority: &Authority) -> Client {
    let own = Certificates::from_pem_file(authority.file()).unwrap();
    Client::builder().add_root_certificates(&own).build()
}

fn fetch(client: &Client, url: &str) -> Result<Vec<u8>, Error> {
    run(async { client.get(url).send().await?.bytes().await })
}

fn always(leaf: &Leaf, reply: impl Into<Vec<u8>>) -> Server {
    let reply = reply.into();
    tls::start(leaf, move |conn| conn.answer_all(|_| reply.clone()))
}

#[test]
fn a_good_certificate_for_a_name_or_an_address_is_good() {
    let authority = Authority::new("Test CA");
    for host in ["localhost", "127.0.0.1"] {
        let server = always(&authority.leaf(host), reply::ok(b"secret"));
        assert_eq!(fetch(&trusting(&authority), &server.url_at(host, "/")).unwrap(), b"secret");
        assert_eq!(
            server.requests()[0].header("host"),
            Some(format!("{host}:{}", server.addr().port()).as_str())
        );
    }
}

#[test]
fn large_bodies_come_whole_in_both_versions_and_every_framing() {
    let authority = Authority::new("Test CA");
    let body = files::bytes(4, 1_000_000);
    for version in rustls::ALL_VERSIONS {
        for reply in [reply::ok(&body), reply::chunked(&body, &[10, 50_000]), reply::until_close(&body)] {
            let server = tls::start_with(&authority.leaf("localhost"), &[version], move |conn| {
                conn.request()?;
                conn.send(&reply)
            });
            let got = fetch(&trusting(&authority), &server.url_at("localhost", "/")).unwrap();
            files::assert_same_bytes(&format!("{:?}", version.version), &got, &body);
        }
    }
}

#[test]
fn a_large_body_is_sent_whole() {
    let authority = Authority::new("Test CA");
    let server =
        tls::start(&authority.leaf("localhost"), |conn| conn.answer_all(|request| reply::ok(&request.body)));
    let body = files::bytes(5, 1_000_000);
    let client = trusting(&authority);
    let back = run(async {
        let request = client.request("POST", server.url_at("localhost", "/")).body(body.clone());
        request.send().await?.bytes().await
    });
    files::assert_same_bytes("echo", &back.unwrap(), &body);
}

#[test]
fn a_connection_that_brings_one_byte_at_a_time_brings_the_same() {
    let authority = Authority::new("Test CA");
    let own = Certificates::from_pem_file(authority.file()).unwrap();
    for version in rustls::ALL_VERSIONS {
        let server = tls::start_with(&authority.leaf("localhost"), &[version], |conn| {
            conn.answer_all(|_| reply::chunked(b"secret", &[4]))
        });
        let client = Client::builder().add_root_certificates(&own).connector(Dribble).build();
        run(async {
            for _ in 0..2 {
                let reply = client.get(server.url_at("localhost", "/")).send().await.unwrap();
                assert_eq!(reply.bytes().await.unwrap(), b"secret");
            }
        });
    }
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    let authority = Authority::new("Test CA");
    for version in rustls::ALL_VERSIONS {
        // In 1.3 the server's session tickets come after the handshake, at any time: they are no answer to anything.
        let server = tls::start_with(&authority.leaf("localhost"), &[version], |conn| {
            conn.answer_all(|_| reply::ok(b"secret"))
        });
        let client = trusting(&authority);
        run(async {
            for _ in 0..3 {
                let reply = client.get(server.url_at("localhost", "/")).send().await.unwrap();
                assert_eq!(reply.bytes().await.unwrap(), b"secret");
            }
        });
        assert_eq!(server.connections(), 1, "{:?}", version.version);
    }
}

#[test]
fn a_certificate_that_does_not_verify_is_refused_with_host_and_reason() {
    let (authority, other) = (Authority::new("Test CA"), Authority::new("Another CA"));
    for (what, leaf, reason) in [
        ("expired", authority.expired("localhost"), "expired"),
        ("not yet valid", authority.not_yet_valid("localhost"), "not valid yet"),
        ("wrong host", authority.leaf("example.com"), "not valid for"),
        ("unknown authority", other.leaf("localhost"), "authority"),
        ("self-signed", certs::self_signed("localhost"), "authority"),
        (
            "missing intermediate",
            { authority.intermediate("Between").leaf("localhost").without_intermediates() },
            "authority",
        ),
    ] {
        let server = always(&leaf, reply::ok(b"secret"));
        let url = server.url_at("localhost", "/x");
        let error = assert_error(fetch(&trusting(&authority), &url), Kind::Tls, &[&url, "localhost"]);
        assert!(error.to_string().contains(reason), "{what}: {error}");
        assert!(!error.is_lost(), "{what}: it will be no better next time");
        assert_eq!(server.requests().len(), 0, "{what}: nothing is asked of a host that is not who it says");
        let careless = Client::builder().danger_accept_invalid_certs(true).build();
        assert_eq!(fetch(&careless, &url).unwrap(), b"secret", "{what}: unless nobody cares");
    }
}

#[test]
fn a_certificate_of_an_intermediate_authority_is_good_if_the_server_presents_both() {
    let authority = Authority::new("Test CA");
    let server = always(&authority.intermediate("Between").leaf("localhost"), reply::ok(b"secret"));
    assert_eq!(fetch(&trusting(&authority), &server.url_at("localhost", "/")).unwrap(), b"secret");
}

#[test]
fn in_both_versions_one_may_not_care_who_it_is() {
    for version in rustls::ALL_VERSIONS {
        let server = tls::start_with(&certs::self_signed("example.com"), &[version], |conn| {
            conn.answer_all(|_| reply::ok(b"secret"))
        });
        let careless = |yes| Client::builder().danger_accept_invalid_certs(yes).build();
        for host in ["localhost", "127.0.0.1"] {
            assert_eq!(fetch(&careless(true), &server.url_at(host, "/")).unwrap(), b"secret");
            assert_error(fetch(&careless(false), &server.url_at(host, "/")), Kind::Tls, &["authority"]);
        }
    }
}

#[test]
fn the_server_is_told_why_its_certificate_is_refused() {
    // rustls has the alert ready when it gives the error: it must still be sent.
    let authority = Authority::new("Test CA");
    for (leaf, alert) in [
        (authority.expired("localhost"), "CertificateExpired"),
        (certs::self_signed("localhost"), "UnknownCA"),
    ] {
        for version in rustls::ALL_VERSIONS {
            let (heard, told) = mpsc::channel();
            let server = tls::start_with(&leaf, &[version], move |conn| {
                let _ = heard.send(conn.request().map(drop).expect_err("no request"));
                Ok(())
            });
            fetch(&trusting(&authority), &server.url_at("localhost", "/")).unwrap_err();
            let told = told.recv_timeout(tests::PATIENCE).unwrap().to_string();
            assert!(told.contains(alert), "{alert}: {told}");
        }
    }
}

#[test]
fn a_name_is_told_to_the_server_and_an_address_is_not() {
    let authority = Authority::new("Test CA");
    for (host, wanted) in [("localhost", Some("localhost")), ("127.0.0.1", None)] {
        let server = tls::start(&authority.leaf(host), |conn| {
            conn.request()?;
            let name = format!("{:?}", conn.tls().server_name());
            conn.send(&reply::ok(name.as_bytes()))
        });
        let told = fetch(&trusting(&authority), &server.url_at(host, "/")).unwrap();
        assert_eq!(String::from_utf8(told).unwrap(), format!("{wanted:?}"));
    }
}

#[test]
fn a_session_is_resumed_on_the_next_connection() {
    let authority = Authority::new("Test CA");
    for version in rustls::ALL_VERSIONS {
        let server = tls::start_with(&authority.leaf("localhost"), &[version], |conn| {
            conn.request()?;
            let kind = format!("{:?}", conn.tls().handshake_kind());
            conn.send(&reply::until_close(kind.as_bytes()))
        });
        let (client, url) = (trusting(&authority), server.url_at("localhost", "/"));
        for wanted in ["Some(Full)", "Some(Resumed)", "Some(Resumed)"] {
            let kind = String::from_utf8(fetch(&client, &url).unwrap()).unwrap();
            assert_eq!(kind, wanted, "{:?}", version.version);
        }
        let another = fetch(&trusting(&authority), &url).unwrap();
        assert_eq!(another, b"Some(Full)", "a session is not shared by two clients");
    }
}

#[test]
fn an_authority_is_trusted_by_the_client_it_was_given_to_and_no_other() {
    let authority = Authority::new("Test CA");
    let server = always(&authority.leaf("localhost"), reply::ok(b"secret"));
    let url = server.url_at("localhost", "/");
    assert_error(fetch(&Client::new(), &url), Kind::Tls, &["localhost"]);
    assert!(fetch(&trusting(&authority), &url).is_ok());
    assert_error(fetch(&Client::new(), &url), Kind::Tls, &["localhost"]);
}

#[test]
fn several_authorities_can_be_added() {
    let (one, other) = (Authority::new("One CA"), Authority::new("Other CA"));
    let folder = tempfile::tempdir().unwrap();
    let both = folder.path().join("both.pem");
    let pem = [&one, &other].map(|authority| std::fs::read_to_string(authority.file()).unwrap()).concat();
    std::fs::write(&both, pem).unwrap();
    let in_one_file =
        Client::builder().add_root_certificates(&Certificates::from_pem_file(&both).unwrap()).build();
    let [first, second] =
        [&one, &other].map(|authority| Certificates::from_pem_file(authority.file()).unwrap());
    let one_by_one = Client::builder().add_root_certificates(&first).add_root_certificates(&second).build();
    for client in [in_one_file, one_by_one] {
        for authority in [&one, &other] {
            let server = always(&authority.leaf("localhost"), reply::ok(b"secret"));
            assert_eq!(fetch(&client, &server.url_at("localhost", "/")).unwrap(), b"secret");
        }
    }
}

#[test]
fn an_end_without_close_notify_is_an_error_only_where_the_end_is_the_framing() {
    // trap 43
    let authority = Authority::new("Test CA");
    let leaf = authority.leaf("localhost");
    let cut_after = |reply: Vec<u8>| {
        let server = tls::start(&leaf, move |conn| {
            conn.request()?;
            conn.send(&reply)?;
            conn.cut();
            Ok(())
        });
        fetch(&trusting(&authority), &server.url_at("localhost", "/"))
    };
    assert_eq!(cut_after(reply::ok(b"secret")).unwrap(), b"secret");
    assert_eq!(cut_after(reply::chunked(b"secret", &[4])).unwrap(), b"secret");
    assert_error(cut_after(reply::until_close(b"secret")), Kind::Body, &["6 bytes", "close_notify"]);
    assert_error(cut_after(reply::cut_short(10, b"secret")), Kind::Body, &["6 of 10"]);
    assert_error(cut_after(b"HTTP/1.1 200 O".to_vec()), Kind::Head, &[]);
    assert_error(cut_after(Vec::new()), Kind::Head, &[]);
}

#[test]
fn with_close_notify_the_end_is_an_end() {
    let authority = Authority::new("Test CA");
    let server = tls::start(&authority.leaf("localhost"), |conn| {
        conn.request()?;
        conn.send(&reply::until_close(b"secret"))
    });
    assert_eq!(fetch(&trusting(&authority), &server.url_at("localhost", "/")).unwrap(), b"secret");
    let server = tls::start(&authority.leaf("localhost"), |conn| {
        conn.request()?;
        conn.send(&reply::cut_short(10, b"secret"))
    });
    assert_error(fetch(&trusting(&authority), &server.url_at("localhost", "/")), Kind::Body, &["6 of 10"]);
}

#[test]
fn a_redirect_from_https_to_http_is_refused() {
    let authority = Authority::new("Test CA");
    let plain = Server::answering(|_| reply::ok(b"in the open"));
    let server = always(&authority.leaf("localhost"), reply::redirect("302 Found", &plain.url("/")));
    let result = fetch(&trusting(&authority), &server.url_at("localhost", "/"));
    assert_error(result, Kind::Redirect, &["https to http"]);
    assert_eq!(plain.connections(), 0);
}

#[test]
fn a_redirect_from_https_to_http_is_followed_if_that_was_asked_for_but_without_the_secrets() {
    let authority = Authority::new("Test CA");
    let plain = Server::answering(|_| reply::ok(b"in the open"));
    let server = always(&authority.leaf("localhost"), reply::redirect("302 Found", &plain.url("/")));
    let own = Certificates::from_pem_file(authority.file()).unwrap();
    let client = Client::builder().add_root_certificates(&own).https_to_http(true).build();
    let body = run(async {
        let request = client.get(server.url_at("localhost", "/")).basic_auth("me", Some("open sesame"));
        request.header("Cookie", "a=b").send().await?.bytes().await
    });
    assert_eq!(body.unwrap(), b"in the open");
    assert!(server.requests()[0].header("authorization").is_some());
    for secret in ["authorization", "cookie"] {
        assert_eq!(plain.requests()[0].header(secret), None);
    }
}

#[test]
fn a_redirect_from_http_to_https_is_followed_without_the_secrets() {
    let authority = Authority::new("Test CA");
    let secure = always(&authority.leaf("localhost"), reply::ok(b"secret"));
    let location = secure.url_at("localhost", "/there");
    let plain = Server::answering(move |_| reply::redirect("301 Moved Permanently", &location));
    let client = trusting(&authority);
    let body = run(async {
        let request = client.get(plain.url("/")).header("Authorization", "Bearer x");
        request.send().await?.bytes().await
    });
    assert_eq!(body.unwrap(), b"secret");
    assert_eq!(secure.requests()[0].header("authorization"), None);
}

#[test]
fn a_server_that_does_not_speak_tls_is_one_clear_error() {
    let server = Server::start(|conn| conn.send(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    let url = format!("https://{}/", server.addr());
    assert_error(fetch(&Client::new(), &url), Kind::Tls, &["127.0.0.1"]);
    let hangs_up = Server::start(|_| Ok(()));
    assert_error(fetch(&Client::new(), &format!("https://{}/", hangs_up.addr())), Kind::Tls, &["127.0.0.1"]);
}

#[test]
fn a_handshake_that_never_ends_meets_the_time_limit() {
    let server = Server::start(Conn::until_closed);
    let limit = std::time::Duration::from_millis(50);
    let result =
        run(async { Client::new().get(format!("https://{}/", server.addr())).timeout(limit).send().await });
    assert_error(result, Kind::Timeout(Phase::Total), &[]);
}

#[test]
fn a_file_that_holds_no_certificate_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for (name, text) in [("empty", ""), ("text", "no certificate here\n"), ("broken", broken)] {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        let line = Certificates::from_pem_file(&file).unwrap_err().to_string();
        assert!(line.contains(name) && !line.contains('\n'), "{line}");
    }
    assert!(
        Certificates::from_pem_file(folder.path().join("missing"))
            .unwrap_err()
            .to_string()
            .contains("missing")
    );
}

#[test]
fn the_server_is_told_goodbye() {
    let authority = Authority::new("Test CA");
    let server = tls::start(&authority.leaf("localhost"), |conn| {
        conn.request()?;
        conn.send(&reply::ok(b"secret"))?;
        // An end of the TCP stream alone has a message of rustls's instead.
        let end = conn.request().expect_err("no further request");
        assert_eq!(end.to_string(), io::Error::from(io::ErrorKind::UnexpectedEof).to_string());
        Ok(())
    });
    let url = server.url_at("localhost", "/");
    let client = trusting(&authority);
    run(async move { client.get(&url).send().await.unwrap().bytes().await.unwrap() });
    // A client that outlives its loop: there is nothing left to wait with, but a goodbye needs no waiting.
    fetch(&trusting(&authority), &server.url_at("localhost", "/")).unwrap();
    server.finish();
}

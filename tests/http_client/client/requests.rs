//! What is sent, what is refused instead, and over whose network.

use std::cell::Cell;
use std::rc::Rc;

use http_client::connect::{Connect, Connecting, Tcp};
use http_client::{Client, Kind};
use tests::nobody::Nobody;
use tests::scripted::Server;
use tests::{files, reply};

use super::{always, assert_error, run};

#[test]
fn a_request_has_its_target_its_host_and_the_fields_it_was_given() {
    let server = always(reply::ok(b""));
    run(async {
        let request =
            Client::new().get(server.url("/a/./b?c=d#e")).header("X-Mine", "yes").header("x-mine", "and no");
        request.send().await.unwrap()
    });
    let request = &server.requests()[0];
    assert_eq!(request.text().lines().next(), Some("GET /a/b?c=d HTTP/1.1"));
    assert_eq!(request.headers("host").collect::<Vec<_>>(), [server.addr().to_string()]);
    assert_eq!(request.headers("x-mine").collect::<Vec<_>>(), ["yes", "and no"]);
    assert_eq!(request.header("accept-encoding"), Some("identity"));
    for absent in ["content-length", "transfer-encoding", "authorization"] {
        assert_eq!(request.header(absent), None, "{absent}");
    }
}

#[test]
fn a_body_is_sent_with_its_length() {
    let server = Server::answering(|request| reply::ok(&request.body));
    let body = files::bytes(2, 1_000_000);
    let back = run(async {
        let request = Client::new().request("POST", server.url("/")).body(body.clone());
        request.send().await?.bytes().await
    });
    files::assert_same_bytes("echo", &back.unwrap(), &body);
    assert_eq!(server.requests()[0].method(), "POST");
}

#[test]
fn what_must_not_be_sent_is_refused_before_there_is_a_connection() {
    let server = always(reply::ok(b""));
    let url = server.url("/");
    run(async {
        let client = Client::new();
        for (name, value) in [
            ("X", "a\r\nInjected: yes"),
            ("X", "a\nb"),
            ("X", "a\0b"),
            ("X\r\nInjected", "yes"),
            ("two words", "x"),
            ("X:", "x"),
            ("", "x"),
            ("Host", "other"),
            ("Content-Length", "5"),
            ("Transfer-Encoding", "chunked"),
            ("Connection", "close"),
        ] {
            assert_error(client.get(&url).header(name, value).send().await, Kind::Request, &[&url]);
        }
        for method in ["", "GET /x", "GET\r\n", "CONNECT"] {
            assert_error(client.request(method, &url).send().await, Kind::Request, &[&url]);
        }
        for bad in ["", "x", "ftp://127.0.0.1/", "http:///x", "http://127.0.0.1:99999/", "http://a b/"] {
            assert_error(client.get(bad).send().await, Kind::Url, &[]);
        }
    });
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_user_and_a_password_of_the_url_are_sent_as_a_field_and_never_shown() {
    let server = Server::answering(|_| reply::with_status("401 Unauthorized", b""));
    let url = format!("http://Aladdin:open%20sesame@{}/cave", server.addr());
    let result = run(async { Client::new().get(&url).send().await?.error_for_status() });
    let error = result.expect_err("a 401");
    assert!(!format!("{error} {error:?}").contains("sesame"), "{error:?}");
    let request = &server.requests()[0];
    // The very example of RFC 7617, 2.
    assert_eq!(request.header("authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert_eq!(request.header("host"), Some(server.addr().to_string().as_str()));
}

#[test]
fn a_user_given_apart_goes_before_one_in_the_url() {
    let server = always(reply::ok(b""));
    let url = format!("http://other:one@{}/", server.addr());
    run(async {
        let client = Client::new();
        let request = client.get(&url).header("Authorization", "Bearer x");
        request.basic_auth("Aladdin", Some("open sesame")).send().await.unwrap();
        client.get(&url).basic_auth("Aladdin", None).send().await.unwrap();
        // The server would take what follows the colon for the password.
        let result = client.get(&url).basic_auth("a:b", Some("sesame")).send().await;
        let error = assert_error(result, Kind::Request, &["':'"]);
        assert!(!error.to_string().contains("sesame"));
    });
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|it| it.headers("authorization").collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(sent, ["Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Basic QWxhZGRpbjo="]);
}

#[test]
fn each_method_is_sent_as_itself_with_its_body() {
    let server = Server::answering(|request| match request.method() {
        "HEAD" => b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_vec(),
        _ => reply::ok(&request.body),
    });
    let url = server.url("/");
    run(async {
        let client = Client::new();
        let requests =
            [client.get(&url), client.head(&url), client.post(&url), client.put(&url), client.delete(&url)];
        for (request, method) in requests.into_iter().zip(["GET", "HEAD", "POST", "PUT", "DELETE"]) {
            let body = if matches!(method, "GET" | "HEAD") { "" } else { method };
            let reply = request.body(body).send().await.unwrap().bytes().await.unwrap();
            assert_eq!((server.requests().last().unwrap().method(), &reply[..]), (method, body.as_bytes()));
        }
    });
    assert_eq!(server.connections(), 1);
}

#[test]
fn a_host_is_where_it_was_said_to_be() {
    let (here, there) = (always(reply::ok(b"here")), always(reply::ok(b"there")));
    let nobody = Nobody::new();
    run(async {
        let client = Client::builder()
            .resolve("Example.org", 80, &[nobody.addr()])
            .resolve("example.org", 80, &[nobody.addr(), here.addr()])
            .resolve("example.org", 8080, &[there.addr()])
            .resolve("::1", 80, &[there.addr()])
            .build();
        for (url, wanted, host) in [
            ("http://example.org/", "here", "example.org"),
            ("http://EXAMPLE.ORG:8080/", "there", "example.org:8080"),
            ("http://[::1]/", "there", "[::1]"),
        ] {
            let server = if wanted == "here" { &here } else { &there };
            assert_eq!(client.get(url).send().await.unwrap().text().await.unwrap(), wanted, "{url}");
            assert_eq!(server.requests().last().unwrap().header("host"), Some(host));
        }
        let nowhere = Client::builder().resolve("example.org", 80, &[nobody.addr()]).build();
        let error = nowhere.get("http://example.org/").send().await;
        assert_error(error, Kind::Connect, &["example.org", &nobody.addr().to_string(), "refused"]);
    });
}

#[test]
fn connections_come_from_the_connector_that_was_given() {
    /// Leads every name to one place, and remembers what it was asked for.
    struct Elsewhere(u16, Rc<Cell<Option<(String, u16)>>>);
    impl Connect for Elsewhere {
        fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a> {
            self.1.set(Some((host.to_owned(), port)));
            Tcp.connect("127.0.0.1", self.0)
        }
    }
    let server = always(reply::ok(b"hello"));
    let asked = Rc::default();
    let client = Client::builder().connector(Elsewhere(server.addr().port(), Rc::clone(&asked))).build();
    run(async { client.get("http://example.org/").send().await.unwrap() });
    assert_eq!(asked.take(), Some(("example.org".to_owned(), 80)));
    assert_eq!(server.requests()[0].header("host"), Some("example.org"));
}

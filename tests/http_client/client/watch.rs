//! What can be seen of a request: its steps as they happen, its times, and the other end.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use http_client::h1::head::Version;
use http_client::{Client, ClientBuilder, Event, Times};
use runtime::Clock;
use runtime::trace::What;
use tests::certs::Authority;
use tests::scripted::Server;
use tests::{reply, tls};

use super::paced::{Paced, run_virtual};
use super::{always, run};

/// A client that writes down what it is told, a line a step.
fn watched(builder: ClientBuilder) -> (Client, Rc<RefCell<Vec<String>>>) {
    let lines = Rc::new(RefCell::new(Vec::new()));
    let notes = lines.clone();
    let builder = builder.observer(move |event| {
        notes.borrow_mut().push(match event {
            Event::Connected { host, port, peer } => format!("connected {host} {port} {peer:?}"),
            Event::Secured { protocol, cipher } => format!("secured {protocol} {cipher}"),
            Event::Reused { peer } => format!("reused {peer:?}"),
            Event::Request(head) => String::from_utf8_lossy(head).into_owned(),
            Event::Reply(head) => String::from_utf8_lossy(head.raw()).into_owned(),
            other => panic!("{other:?}"),
        });
    });
    (builder.build(), lines)
}

#[test]
fn every_step_is_told_in_its_order_and_every_head_as_it_is() {
    let server = Server::answering(|request| {
        match request.target() {
        "/" => b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 302 Elsewhere\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n".to_vec(),
        _ => b"HTTP/1.0 200 Fine\nx-ODD:  1 \n\n".to_vec(),
    }
    });
    let (addr, port) = (server.addr(), server.addr().port());
    run(async {
        let (client, lines) = watched(Client::builder());
        let response =
            client.put(server.url("/")).basic_auth("me", None).body("secret").send().await.unwrap();
        assert_eq!(response.remote_addr(), Some(addr));
        assert_eq!(response.version(), Version::Http10);
        assert_eq!(response.head().raw(), b"HTTP/1.0 200 Fine\nx-ODD:  1 \n\n");
        let request = |target: &str| {
            format!(
                "PUT {target} HTTP/1.1\r\nHost: {addr}\r\nAuthorization: Basic bWU6\r\nUser-Agent: {}\r\n\
                 Accept-Encoding: identity\r\nContent-Length: 6\r\n\r\n",
                http_client::h1::request::USER_AGENT
            )
        };
        let want = [
            format!("connected 127.0.0.1 {port} Some({addr})"),
            request("/"),
            "HTTP/1.1 103 Early\r\nLink: x\r\n\r\n".to_owned(),
            "HTTP/1.1 302 Elsewhere\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n".to_owned(),
            format!("reused Some({addr})"),
            request("/b"),
            "HTTP/1.0 200 Fine\nx-ODD:  1 \n\n".to_owned(),
        ];
        assert_eq!(*lines.borrow(), want);
    });
}

#[test]
fn a_request_that_fails_is_told_as_far_as_it_came() {
    let server = Server::start(|conn| conn.request().map(drop));
    run(async {
        let (client, lines) = watched(Client::builder());
        client.get(server.url("/x")).send().await.unwrap_err();
        let lines = lines.borrow();
        assert!(lines.len() == 2 && lines[1].starts_with("GET /x HTTP/1.1\r\n"), "{lines:?}");
    });
}

#[test]
fn version_and_cipher_of_tls_are_told() {
    let authority = Authority::new("Test CA");
    let own = http_client::tls::Certificates::from_pem_file(authority.file()).unwrap();
    let server = tls::start_with(&authority.leaf("localhost"), &[&rustls::version::TLS12], |conn| {
        conn.answer_all(|_| reply::ok(b"hello"))
    });
    run(async {
        let (client, lines) = watched(Client::builder().add_root_certificates(&own));
        let response = client.get(server.url_at("localhost", "/")).send().await.unwrap();
        assert!(lines.borrow()[1].starts_with("secured TLSv1_2 TLS_ECDHE_"), "{lines:?}");
        let Times { connect, tls, .. } = response.times();
        assert!(connect.is_some() && tls.is_some());
    });
}

#[test]
fn each_part_has_its_time_and_a_kept_connection_has_none_for_what_it_skips() {
    let second = Duration::from_secs(1);
    let net = Paced::new(move || {
        let (first, more) = (b"HTTP/1.1 ".to_vec(), b"200 OK\r\nContent-Length: 5\r\n\r\nhello".to_vec());
        let pieces = [(2, first), (3, more), (4, reply::ok(b"again"))];
        Box::new(pieces.into_iter().map(move |(after, piece)| (second * after, piece)))
    });
    run_virtual(async {
        let client = Client::builder().connector(net.connects_after(second)).build();
        let first = client.get("http://a/").send().await.unwrap();
        let times = first.times();
        assert_eq!((times.lookup, times.connect, times.tls), (None, Some(second), None));
        assert_eq!((times.sent, times.first_byte), (Duration::ZERO, second * 2));
        assert_eq!(first.bytes().await.unwrap(), b"hello");
        let times = client.get("http://a/").send().await.unwrap().times();
        assert_eq!((times.lookup, times.connect, times.tls), (None, None, None));
        assert_eq!(times.first_byte, second * 4);
    });
}

#[test]
fn a_lookup_has_its_time_where_there_was_one() {
    let server = always(reply::ok(b"hello"));
    run(async {
        let response = Client::new().get(server.url("/")).send().await.unwrap();
        assert!(response.times().lookup.is_some(), "{:?}", response.times());
        let client = Client::builder().resolve("a.test", 80, &[server.addr()]).build();
        let response = client.get("http://a.test/").send().await.unwrap();
        assert_eq!(response.times().lookup, None, "nothing was looked up");
    });
}

/// The spans that the trace has of this, one after the other. That each has an end before the next begins is seen to.
fn spans_of<T>(clock: Clock, future: impl Future<Output = T>) -> Vec<&'static str> {
    let (names, open) = (Rc::new(RefCell::new(Vec::new())), Cell::new(0));
    let seen = names.clone();
    let observer = move |event: &runtime::trace::Event<'_>| match event.what {
        What::SpanBegan { span, name, detail } => {
            assert_eq!(open.replace(span), 0, "{name} begins within another");
            assert!(!detail.is_empty(), "{name} of what?");
            seen.borrow_mut().push(name);
        }
        What::SpanEnded { span } => assert_eq!(open.replace(0), span),
        _ => {}
    };
    let runtime = runtime::Builder::new().clock(clock).observer(observer).build().unwrap();
    runtime.block_on(async { runtime::timeout(tests::PATIENCE, future).await.expect("done in time") });
    names.take()
}

#[test]
fn each_part_of_a_request_is_a_span_in_the_trace() {
    let authority = Authority::new("Test CA");
    let own = http_client::tls::Certificates::from_pem_file(authority.file()).unwrap();
    let server = tls::start(&authority.leaf("localhost"), |conn| conn.answer_all(|_| reply::ok(b"hello")));
    let spans = spans_of(Clock::Real, async {
        let client = Client::builder().add_root_certificates(&own).build();
        for _ in 0..2 {
            let response = client.get(server.url_at("localhost", "/")).send().await.unwrap();
            assert_eq!(response.bytes().await.unwrap(), b"hello");
        }
    });
    let (new, both) = (["look up", "connect", "tls"], ["send", "first byte", "body"]);
    assert_eq!(spans, [new, both, both].concat(), "a kept connection has none for what it skips");
}

#[test]
fn a_span_ends_with_the_request_that_is_given_up() {
    let spans = spans_of(Clock::Virtual, async {
        let client = Client::builder().connector(Paced::new(|| Box::new(std::iter::empty()))).build();
        for _ in 0..2 {
            let request = client.get("http://a.test/").send();
            runtime::timeout(Duration::from_secs(1), request).await.expect_err("no reply");
        }
    });
    assert_eq!(spans, ["send", "first byte"].repeat(2));
}

//! Which connections are used again, and which must not be (trap 45).

use std::time::Duration;

use http_client::connect::{Connect, Connecting, Tcp};
use http_client::{Client, ClientBuilder, Kind};
use tests::gate::{Gate, Tally, eventually};
use tests::reply;
use tests::scripted::{Script, Server};

use super::{always, assert_error, connections, fetch, run};

/// Connects to this port, whatever the name: as many servers as there are names.
struct To(u16);

impl Connect for To {
    fn connect<'a>(&'a self, _host: &'a str, _port: u16) -> Connecting<'a> {
        Tcp.connect("127.0.0.1", self.0)
    }
}

/// Asks twice with one client, the second time when the first reply was read, and says over which connections.
fn asked_twice(server: &Server) -> Vec<usize> {
    run(async {
        let client = Client::new();
        for _ in 0..2 {
            assert_eq!(client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap(), b"hello");
        }
    });
    connections(server)
}

#[test]
fn a_connection_is_kept_for_the_next_request() {
    for (what, reply) in [
        ("Content-Length", reply::ok(b"hello")),
        ("chunked", reply::chunked(b"hello", &[2])),
        ("an error", reply::with_status("404 Not Found", b"hello")),
        ("HTTP/1.0 that says so", {
            b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello".to_vec()
        }),
        ("trailers", {
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n".to_vec()
        }),
    ] {
        assert_eq!(asked_twice(&always(reply)), [0, 0], "{what}");
    }
}

#[test]
fn a_connection_is_not_used_again_where_that_would_be_unsafe() {
    for (what, reply) in [
        ("close", &b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"[..]),
        ("close among others", b"HTTP/1.1 200 OK\r\nConnection: a, CLOSE\r\nContent-Length: 5\r\n\r\nhello"),
        ("HTTP/1.0", b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
        ("bytes left over", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world"),
        ("a second reply", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n"),
        ("bytes after the last chunk", {
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nmore"
        }),
        ("two framings", {
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
        }),
    ] {
        assert_eq!(asked_twice(&always(reply)), [0, 1], "{what}");
    }
}

#[test]
fn bytes_left_over_never_become_part_of_another_reply() {
    // The smuggled reply comes once the first was read and its connection lies idle.
    let (gate, smuggled) = (Gate::new(), Tally::new());
    let (hold, sent) = (gate.clone(), smuggled.clone());
    let server = Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::ok(b"hello"))?;
        if conn.number() == 0 {
            conn.wait(&hold)?;
            conn.send(&reply::ok(b"smuggled"))?;
            let _inside = sent.enter();
            return conn.until_closed();
        }
        conn.answer_all(|_| reply::ok(b"hello"))
    });
    run(async {
        let client = Client::new();
        client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
        gate.open();
        // This holds up the loop, so that it cannot have heard of the bytes when the next request is made.
        smuggled.wait_for_total(1);
        assert_eq!(client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap(), b"hello");
    });
    assert_eq!(connections(&server), [0, 1]);
}

#[test]
fn a_body_that_nobody_reads_costs_its_connection() {
    let server = Server::start(|conn| {
        conn.request()?;
        conn.send(&reply::cut_short(10, b"hello"))?;
        conn.until_closed()
    });
    run(async {
        let client = Client::new();
        for _ in 0..2 {
            let response = client.get(server.url("/")).send().await.unwrap();
            assert_eq!(response.status().as_u16(), 200);
        }
    });
    assert_eq!(connections(&server), [0, 1]);
}

#[test]
fn requests_that_run_at_once_have_connections_of_their_own_and_leave_them_to_later_ones() {
    let arrived = Tally::new();
    let count = arrived.clone();
    let server = Server::start(move |conn| {
        loop {
            let target = conn.request()?.target().to_owned();
            let _inside = count.enter();
            count.wait_for_total(20);
            conn.send(&reply::ok(target.as_bytes()))?;
        }
    });
    let all_at_once = |client: Client| {
        let urls: Vec<_> = (0..20).map(|n| server.url(&format!("/{n}"))).collect();
        async move {
            let each = urls.iter().map(|url| {
                let client = client.clone();
                async move { client.get(url).send().await?.bytes().await }
            });
            for (n, body) in runtime::join_all(each).await.into_iter().enumerate() {
                assert_eq!(
                    body.unwrap(),
                    format!("/{n}").into_bytes(),
                    "each has the reply to its own request"
                );
            }
        }
    };
    let client = Client::new();
    run(async {
        all_at_once(client.clone()).await;
        all_at_once(client).await;
    });
    assert_eq!((server.requests().len(), server.connections()), (40, 20));
}

#[test]
fn clones_of_a_client_share_connections_and_two_clients_do_not() {
    let server = always(reply::ok(b"hello"));
    run(async {
        let (one, other) = (Client::new(), Client::new());
        for client in [one.clone(), one.clone(), other.clone(), one, other] {
            client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
        }
    });
    assert_eq!(connections(&server), [0, 0, 1, 0, 1]);
}

/// Answers one request a connection, then closes it without having said so.
fn closes_silently(closed: &Tally) -> Server {
    let closed = closed.clone();
    Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::ok(b"hello"))?;
        conn.close()?;
        let _inside = closed.enter();
        Ok(())
    })
}

#[test]
fn a_connection_closed_while_it_lay_idle_is_replaced() {
    // With a POST, which is never sent twice, it must be seen before anything is sent.
    for (method, lets_the_loop_turn) in [("GET", true), ("GET", false), ("POST", true), ("POST", false)] {
        let closed = Tally::new();
        let server = closes_silently(&closed);
        run(async {
            let client = Client::new();
            for n in 1..=3 {
                let reply = client.request(method, server.url("/")).send().await;
                let body = reply.expect(method).bytes().await.unwrap();
                assert_eq!(body, b"hello");
                closed.wait_for_total(n);
                if lets_the_loop_turn {
                    runtime::sleep(Duration::from_millis(1)).await;
                }
            }
        });
        assert_eq!(connections(&server), [0, 1, 2], "{method}: each request was sent once");
    }
}

/// Answers the first request of a connection and breaks off, as `end` does it, at the second.
fn breaks_at_the_second(end: Script) -> Server {
    Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::ok(b"hello"))?;
        conn.request()?;
        end(conn)
    })
}

#[test]
fn a_connection_closed_at_the_moment_of_the_next_request_is_replaced() {
    let ends: [(&str, Script); 2] = [
        ("closed", |_| Ok(())),
        ("reset", |conn| {
            conn.reset();
            Ok(())
        }),
    ];
    for (how, end) in ends {
        let server = breaks_at_the_second(end);
        run(async {
            let client = Client::new();
            for _ in 0..2 {
                assert_eq!(
                    client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap(),
                    b"hello"
                );
            }
        });
        assert_eq!(connections(&server), [0, 0, 1], "{how}");
    }
}

#[test]
fn a_request_that_may_have_been_acted_on_is_not_made_again() {
    let twice = |method: &'static str, server: &Server| {
        run(async {
            let client = Client::new();
            client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap();
            client.request(method, server.url("/")).send().await
        })
    };
    let server = breaks_at_the_second(|_| Ok(()));
    assert_error(twice("POST", &server), Kind::Head, &["without a reply"]);
    assert_eq!(connections(&server), [0, 0]);
    // Nor is any request of which a part of the reply has come.
    let server = breaks_at_the_second(|conn| conn.send(b"HTTP/1.1 2"));
    assert_error(twice("GET", &server), Kind::Head, &["within the reply's head"]);
    assert_eq!(connections(&server), [0, 0]);
    let server = breaks_at_the_second(|conn| conn.send(b"HTTP/1.1 100 Continue\r\n\r\n"));
    assert_error(twice("GET", &server), Kind::Head, &[]);
    assert_eq!(connections(&server), [0, 0]);
}

#[test]
fn a_new_connection_that_breaks_off_is_an_error_at_once() {
    let server = Server::start(|conn| conn.request().map(drop));
    assert_error(fetch(&server.url("/")), Kind::Head, &["without a reply"]);
    assert_eq!(server.connections(), 1, "nothing is tried over and over");
}

#[test]
fn a_connection_of_an_earlier_loop_is_not_used_in_a_later_one() {
    // The loop that would hear of its reply is gone: the request would wait for ever.
    let server = always(reply::ok(b"hello"));
    let client = Client::new();
    for _ in 0..2 {
        let body = run(async { client.get(server.url("/")).send().await.unwrap().bytes().await });
        assert_eq!(body.unwrap(), b"hello");
    }
    assert_eq!(connections(&server), [0, 1]);
}

/// A server that answers, and how many connections to it are open.
fn counted() -> (Server, Tally) {
    let open = Tally::new();
    let count = open.clone();
    let server = Server::start(move |conn| {
        let _inside = count.enter();
        conn.answer_all(|_| reply::ok(b"hello"))
    });
    (server, open)
}

async fn ask(client: &Client, url: &str) {
    assert_eq!(client.get(url).send().await.unwrap().bytes().await.unwrap(), b"hello");
}

#[test]
fn idle_connections_are_limited_in_all_and_the_oldest_go() {
    let (server, open) = counted();
    run(async {
        let client = Client::builder().connector(To(server.addr().port())).pool_max_idle(7).build();
        for n in 0..300 {
            ask(&client, &format!("http://host{n}/")).await;
        }
        eventually("all but seven are closed", || open.counts().now == 7);
        for n in (293..300).rev() {
            ask(&client, &format!("http://host{n}/")).await;
        }
        assert_eq!(open.counts().total, 300, "the seven that were used last are the ones that were kept");
        ask(&client, "http://host292/").await;
        assert_eq!(open.counts().total, 301);
    });
}

#[test]
fn unless_said_otherwise_a_few_hundred_are_kept() {
    let (server, open) = counted();
    run(async {
        let client = Client::builder().connector(To(server.addr().port())).build();
        for n in 0..300 {
            ask(&client, &format!("http://host{n}/")).await;
        }
        eventually("some are closed", || open.counts().now == 256);
    });
}

/// How many connections are open after as many requests at once as are asked for.
fn kept_of(at_once: usize, builder: ClientBuilder, wanted: usize) {
    let (open, answered) = (Tally::new(), Tally::new());
    let (count, all) = (open.clone(), answered.clone());
    let server = Server::start(move |conn| {
        let _inside = count.enter();
        conn.request()?;
        let _answered = all.enter();
        all.wait_for_total(at_once);
        conn.send(&reply::ok(b"hello"))?;
        conn.until_closed()
    });
    run(async {
        let (client, url) = (builder.build(), server.url("/"));
        runtime::join_all((0..at_once).map(|_| ask(&client, &url))).await;
        eventually("the surplus is closed", || open.counts().now <= wanted);
        assert_eq!(open.counts().now, wanted);
    });
}

#[test]
fn idle_connections_to_one_server_are_limited() {
    kept_of(5, Client::builder().pool_max_idle_per_host(2), 2);
    kept_of(5, Client::builder().pool_max_idle_per_host(5), 5);
    kept_of(5, Client::builder().pool_max_idle(3), 3);
    kept_of(70, Client::builder(), 64);
}

#[test]
fn with_a_limit_of_none_no_connection_is_kept() {
    for builder in [Client::builder().pool_max_idle_per_host(0), Client::builder().pool_max_idle(0)] {
        kept_of(1, builder, 0);
    }
}

#[test]
fn a_connection_idle_for_too_long_is_closed_whoever_is_asked_next() {
    // No time at all is too long, so nobody has to wait here.
    let (server, open) = counted();
    run(async {
        let builder = Client::builder().pool_idle_timeout(Duration::ZERO);
        let client = builder.connector(To(server.addr().port())).build();
        for (asked, host) in ["a", "a", "b", "c"].into_iter().enumerate() {
            ask(&client, &format!("http://{host}/")).await;
            assert_eq!(open.counts().total, asked + 1, "{host}: over a new connection");
            eventually("those before are closed", || open.counts().now <= 1);
        }
    });
}

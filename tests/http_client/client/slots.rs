//! How many connections are in use at once: to one server, and in all.

use std::cell::RefCell;
use std::iter::repeat_with;
use std::rc::Rc;
use std::time::Duration;

use http_client::{Client, ClientBuilder, Kind, Phase};
use tests::gate::Tally;
use tests::reply;
use tests::scripted::Server;

use super::paced::{Paced, run_virtual};
use super::{always, assert_error, connections, run};

const SECOND: Duration = Duration::from_secs(1);

/// A server that answers, and how many requests it has at once.
fn counted() -> (Server, Tally) {
    let tally = Tally::new();
    let count = tally.clone();
    let server = Server::start(move |conn| {
        loop {
            conn.request()?;
            let _inside = count.enter();
            count.watch_beyond(usize::MAX, Duration::from_millis(2));
            conn.send(&reply::ok(b"hello"))?;
        }
    });
    (server, tally)
}

/// Asks each of the URLs ten times, all at once.
async fn ask_all(builder: ClientBuilder, urls: &[String]) {
    let client = builder.build();
    let asked = urls.iter().cycle().take(urls.len() * 10).map(|url| {
        let client = client.clone();
        async move { client.get(url).send().await.unwrap().bytes().await.unwrap() }
    });
    assert!(runtime::join_all(asked).await.iter().all(|body| body == b"hello"));
}

#[test]
fn connections_to_one_server_are_limited_and_used_again() {
    let ((one, at_one), (other, at_other)) = (counted(), counted());
    run(ask_all(Client::builder().max_per_host(3), &[one.url("/"), other.url("/")]));
    for (server, tally) in [(one, at_one), (other, at_other)] {
        assert_eq!((tally.counts().most, tally.counts().total), (3, 10));
        assert_eq!(server.connections(), 3, "who waits gets the connection, too");
    }
}

#[test]
fn connections_are_limited_in_all() {
    let ((one, at_one), (other, at_other)) = (counted(), counted());
    let builder = || Client::builder().max_connections(2);
    run(ask_all(builder(), &[one.url("/"), other.url("/")]));
    assert!(at_one.counts().most + at_other.counts().most <= 4);
    run(ask_all(builder(), &[one.url("/")]));
    assert_eq!((at_one.counts().most, at_one.counts().total), (2, 20));
    run(ask_all(builder().max_per_host(0), &[one.url("/")]));
    assert_eq!(at_one.counts().total, 30, "none at all would be no client: 0 is taken for 1");
}

/// When each of four requests to these hosts is done, if each takes a second.
fn done_at(builder: ClientBuilder, hosts: [&'static str; 4]) -> Vec<(u64, &'static str)> {
    let done = Rc::new(RefCell::new(Vec::new()));
    run_virtual(async {
        let start = runtime::now();
        let net = Paced::new(|| Box::new(repeat_with(|| (SECOND, reply::ok(b"hello")))));
        let client = builder.connector(net).build();
        let asked = hosts.iter().map(|host| {
            let (client, done) = (client.clone(), done.clone());
            async move {
                client.get(format!("http://{host}/")).send().await.unwrap().bytes().await.unwrap();
                done.borrow_mut().push(((runtime::now() - start).as_secs(), *host));
            }
        });
        runtime::join_all(asked).await;
    });
    let mut done = done.take();
    done.sort_unstable();
    done
}

#[test]
fn who_waits_gets_a_connection_in_turn_and_a_busy_server_keeps_nobody_from_another() {
    let one_a_host = || Client::builder().max_per_host(1);
    assert_eq!(done_at(one_a_host(), ["a", "a", "a", "b"]), [(1, "a"), (1, "b"), (2, "a"), (3, "a")]);
    // The second for `a` waits in the line of `a`, and so leaves the second of the two to `b`.
    let two = one_a_host().max_connections(2);
    assert_eq!(done_at(two, ["a", "a", "b", "c"]), [(1, "a"), (1, "b"), (2, "a"), (2, "c")]);
    let one = Client::builder().max_connections(1);
    assert_eq!(done_at(one, ["a", "b", "c", "d"]), [(1, "a"), (2, "b"), (3, "c"), (4, "d")]);
}

#[test]
fn a_request_given_up_while_it_waits_or_runs_leaves_its_slot_to_the_next() {
    // trap 37
    run_virtual(async {
        let net = Paced::new(|| Box::new(repeat_with(|| (SECOND, reply::ok(b"hello")))));
        let client = Client::builder().max_per_host(1).max_connections(1).connector(net).build();
        let ask = |seconds: f32| {
            let (client, limit) = (client.clone(), SECOND.mul_f32(seconds));
            async move { runtime::timeout(limit, client.get("http://a/").send()).await.is_ok() }
        };
        // The first is given up while it runs, the second while it waits, the third gets through; the fourth is given up
        // in the very turn in which its slot comes.
        let done = runtime::join_all([ask(0.5), ask(0.25), ask(9.0), ask(1.5)]).await;
        assert_eq!(done, [false, false, true, false]);
        assert!(ask(9.0).await, "the slot is free");
    });
}

#[test]
fn a_reply_has_its_slot_until_it_was_read_or_dropped() {
    let server = always(reply::ok(b"hello"));
    run(async {
        let client = Client::builder().max_per_host(1).build();
        let ask = || client.get(server.url("/")).timeout(Duration::from_millis(50)).send();
        let first = client.get(server.url("/")).send().await.unwrap();
        let waited = ask().await;
        assert_error(waited, Kind::Timeout(Phase::Total), &["it waited for other requests to end"]);
        assert_eq!(first.bytes().await.unwrap(), b"hello");
        drop(client.get(server.url("/")).send().await.unwrap());
        client.get(server.url("/")).send().await.unwrap();
    });
    assert_eq!(connections(&server), [0, 0, 1], "the one that was dropped was closed");
}

#[test]
fn a_redirect_needs_no_second_slot() {
    let server = Server::answering(|request| match request.target() {
        "/" => reply::redirect("302 Found", "/there"),
        _ => reply::ok(b"hello"),
    });
    run(async {
        let client = Client::builder().max_per_host(1).max_connections(1).build();
        assert_eq!(client.get(server.url("/")).send().await.unwrap().bytes().await.unwrap(), b"hello");
    });
}

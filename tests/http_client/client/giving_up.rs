//! Time limits, and futures and replies that are dropped before they are done.

use std::time::{Duration, Instant};

use http_client::{Client, Kind, Phase};
use tests::gate::{Gate, Tally};
use tests::reply;
use tests::scripted::Server;

use super::paced::Paced;
use super::{always, assert_error, run};

#[test]
fn a_limit_holds_over_all_parts_of_a_request() {
    let silent = Server::start(|conn| {
        conn.request()?;
        conn.until_closed()
    });
    let stalls = Server::start(|conn| {
        conn.request()?;
        conn.send(&reply::cut_short(10, b"half"))?;
        conn.until_closed()
    });
    let limit = Duration::from_millis(50);
    for server in [&silent, &stalls] {
        let start = Instant::now();
        let result =
            run(async { Client::new().get(server.url("/")).timeout(limit).send().await?.bytes().await });
        assert_error(result, Kind::Timeout(Phase::Total), &[&server.url("/")]);
        assert!(start.elapsed() >= limit);
    }
    // The client's own limit, and one for redirects without end.
    let client = Client::builder().timeout(limit).redirects(Some(usize::MAX)).build();
    let circle = always(reply::redirect("302 Found", "/"));
    assert_error(run(client.get(circle.url("/")).send()), Kind::Timeout(Phase::Total), &[]);
    let client = Client::builder().timeout(Duration::MAX).build();
    assert_eq!(run(client.get(always(reply::ok(b"")).url("/")).send()).unwrap().status().as_u16(), 200);
}

#[test]
fn a_request_given_up_closes_its_connection() {
    let (gone, asked) = (Gate::new(), Tally::new());
    let (tell, count) = (gone.clone(), asked.clone());
    let server = Server::start(move |conn| {
        conn.request()?;
        let _inside = count.enter();
        conn.until_closed()?;
        tell.open();
        Ok(())
    });
    run(async {
        let client = Client::new();
        let request = client.get(server.url("/")).send();
        let given_up = runtime::timeout(Duration::from_millis(50), request).await;
        assert!(given_up.is_err());
        asked.wait_for_total(1);
        // The client is still there, and so is the loop: it was the request alone that ended.
        gone.wait();
    });
}

#[test]
fn a_reply_dropped_half_read_closes_its_connection() {
    let gone = Gate::new();
    let tell = gone.clone();
    let server = Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::cut_short(10, b"half"))?;
        conn.until_closed()?;
        tell.open();
        Ok(())
    });
    run(async {
        let client = Client::new();
        let mut response = client.get(server.url("/")).send().await.unwrap();
        assert!(response.chunk().await.unwrap().is_some());
        drop(response);
        gone.wait();
    });
}

#[test]
fn a_read_given_up_loses_nothing() {
    let gate = Gate::new();
    let hold = gate.clone();
    let server = Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply::cut_short(6, b"one"))?;
        conn.wait(&hold)?;
        conn.send(b"two")
    });
    run(async {
        let mut response = Client::new().get(server.url("/")).send().await.unwrap();
        let mut body = response.chunk().await.unwrap().unwrap();
        let given_up = runtime::timeout(Duration::from_millis(20), response.chunk()).await;
        assert!(given_up.is_err());
        gate.open();
        while let Some(chunk) = response.chunk().await.unwrap() {
            body.extend(chunk);
        }
        assert_eq!(body, b"onetwo");
    });
}

#[test]
fn a_server_that_never_pauses_cannot_outrun_the_limit() {
    run(async {
        let flood = Paced::endless("HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxxxxxxxxxx", Duration::ZERO);
        let client = Client::builder().connector(flood).timeout(Duration::from_millis(50)).build();
        let mut response = client.get("http://flood/").send().await.unwrap();
        let (start, mut piece) = (Instant::now(), [0; 4096]);
        let ended = loop {
            match response.read(&mut piece).await {
                Ok(n) => assert!(n > 0 && start.elapsed() < tests::PATIENCE, "it was read on and on"),
                failed => break failed,
            }
        };
        assert_error(ended, Kind::Timeout(Phase::Total), &["http://flood/", "bytes of the body had come"]);
    });
}

#[test]
fn a_body_that_is_here_stays_here_after_the_limit() {
    let server = always(reply::ok(b"hello"));
    run(async {
        let limit = Duration::from_millis(300);
        let request = Client::new().get(server.url("/")).timeout(limit);
        let (start, mut response) = (Instant::now(), request.send().await.unwrap());
        assert_eq!(response.chunk().await.unwrap().as_deref(), Some(&b"hello"[..]));
        runtime::sleep_until(start + limit).await;
        assert_eq!(response.chunk().await.unwrap(), None, "its end is no later than its last byte");
    });
}

//! Replies that come while the request is still being sent (RFC 9112 9.5), and servers that want no more of it.

use http_client::{Client, Kind};
use tests::certs::Authority;
use tests::gate::Gate;
use tests::scripted::{Conn, Server};
use tests::{reply, tls};

use super::{assert_error, connections, run};

/// More than the buffers of a connection hold.
fn large() -> Vec<u8> {
    vec![b'x'; 20_000_000]
}

async fn put(client: &Client, url: &str) -> http_client::Result<(u16, Vec<u8>)> {
    let reply = client.put(url).body(large()).send().await?;
    Ok((reply.status().as_u16(), reply.bytes().await?))
}

/// Says that it is too much, and closes the connection at once: what it has not read makes that a reset.
fn refuses(conn: &mut Conn) -> std::io::Result<()> {
    conn.request_head()?;
    conn.send(&reply::with_status("413 Content Too Large", b"too much"))
}

#[test]
fn what_a_server_said_before_it_closed_the_connection_is_given() {
    let server = Server::start(refuses);
    let authority = Authority::new("Test CA");
    let secure = tls::start(&authority.leaf("localhost"), refuses);
    let own = http_client::tls::Certificates::from_pem_file(authority.file()).unwrap();
    run(async {
        let client = Client::builder().add_root_certificates(&own).build();
        // Where in the sending the reset comes is chance: each time elsewhere.
        for url in [server.url("/"), secure.url_at("localhost", "/")] {
            for n in 0..10 {
                let (status, body) = put(&client, &url).await.unwrap();
                assert_eq!((status, &body[..]), (413, &b"too much"[..]), "{url} {n}");
            }
        }
    });
    assert_eq!(server.connections(), 10, "none was used twice");
}

#[test]
fn an_error_ends_the_sending_to_a_server_that_reads_no_more() {
    let server = Server::start(|conn| {
        if conn.number() > 0 {
            return conn.answer_all(|_| reply::ok(b"hello"));
        }
        conn.request_head()?;
        conn.send(&reply::with_status("507 Insufficient Storage", b"full"))?;
        conn.wait(&Gate::new())
    });
    run(async {
        let client = Client::new();
        assert_eq!(put(&client, &server.url("/")).await.unwrap(), (507, b"full".to_vec()));
        // What is left of the body must not be taken for a request: the next has another connection.
        let next = client.get(server.url("/")).send().await.unwrap();
        assert_eq!(next.bytes().await.unwrap(), b"hello");
    });
    assert_eq!(connections(&server), [0, 1]);
}

#[test]
fn any_other_reply_may_need_the_whole_request() {
    let server = Server::start(|conn| {
        loop {
            let mut request = conn.request_head()?;
            conn.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")?;
            conn.read_body(&mut request)?;
            let length = request.body.len();
            conn.send(format!("{length:08}").as_bytes())?;
        }
    });
    run(async {
        let client = Client::new();
        for _ in 0..2 {
            assert_eq!(put(&client, &server.url("/")).await.unwrap(), (200, b"20000000".to_vec()));
        }
    });
    assert_eq!(connections(&server), [0, 0], "the whole was sent, and the connection is as good as new");
}

#[test]
fn a_redirect_that_comes_early_is_followed_with_the_whole_request() {
    let there = Server::answering(|request| reply::ok(request.body.len().to_string().as_bytes()));
    let location = there.url("/there");
    let here = Server::start(move |conn| {
        conn.request_head()?;
        conn.send(&reply::redirect("307 Temporary Redirect", &location))
    });
    let result = run(async { put(&Client::new(), &here.url("/")).await });
    assert_eq!(result.unwrap(), (200, b"20000000".to_vec()));
}

#[test]
fn a_server_that_closes_without_a_word_is_an_error_that_says_so() {
    let server = Server::start(|conn| conn.request_head().map(drop));
    let result = run(async { put(&Client::new(), &server.url("/")).await });
    let error = match result {
        // The end of what it sends may be seen before the reset is.
        Err(error) if error.kind() == Kind::Head => {
            assert_error(Err::<(), _>(error), Kind::Head, &["without a reply"])
        }
        result => assert_error(result, Kind::Send, &["could not be sent"]),
    };
    assert!(error.is_lost(), "{error:?}");
}

//! What comes back: bodies in every framing and any pieces, and what can be done with them.

use http_client::{Client, Kind};
use tests::gate::Gate;
use tests::scripted::Server;
use tests::{files, reply};

use super::dribble::Dribble;
use super::{always, assert_error, connections, fetch, once, run};

/// Replies in every framing, each with the body `hello`.
fn framings() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("Content-Length", reply::ok(b"hello")),
        ("chunked", reply::chunked(b"hello", &[2])),
        ("until close", reply::until_close(b"hello")),
        ("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nhello".to_vec()),
        ("chunk extensions and trailers", {
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n"
                .to_vec()
        }),
        ("after interim replies", {
            let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
            [interim, &reply::ok(b"hello")[..]].concat()
        }),
    ]
}

#[test]
fn every_framing_gives_the_body() {
    for (framing, reply) in framings() {
        assert_eq!(fetch(&once(reply).url("/")).unwrap(), b"hello", "{framing}");
    }
}

#[test]
fn a_reply_split_at_any_byte_is_the_same_reply() {
    for (framing, reply) in framings() {
        let (bytes, cuts) = (reply.clone(), reply.len());
        // Connection n is cut before byte n + 1.
        let server = Server::start(move |conn| {
            conn.request()?;
            conn.send_cut(&bytes, &[conn.number() + 1])
        });
        for cut in 1..cuts {
            assert_eq!(fetch(&server.url("/")).unwrap(), b"hello", "{framing} cut at {cut}");
        }
    }
}

#[test]
fn a_reply_that_comes_byte_by_byte_is_the_same_reply() {
    for (framing, reply) in framings() {
        let server = once(reply);
        let client = Client::builder().connector(Dribble).build();
        let body = run(async { client.get(server.url("/")).send().await?.bytes().await });
        assert_eq!(body.unwrap(), b"hello", "{framing}");
    }
}

#[test]
fn a_read_takes_all_that_has_come_and_not_a_chunk_at_a_time() {
    let body = vec![b'x'; 1000];
    let server = once(reply::chunked(&body, &[1]));
    run(async {
        let mut response = Client::new().get(server.url("/")).send().await.unwrap();
        let (mut out, mut all, mut reads) = ([0; 4096], 0, 0);
        loop {
            match response.read(&mut out).await.unwrap() {
                0 => break,
                n => (all, reads) = (all + n, reads + 1),
            }
        }
        assert_eq!(all, body.len());
        assert!(reads < 50, "{reads} reads for 1,000 chunks of one byte");
    });
}

#[test]
fn what_came_before_the_framing_broke_is_given_and_then_the_error() {
    let server = once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n5\r\nworldZZ");
    run(async {
        let mut response = Client::new().get(server.url("/")).send().await.unwrap();
        let (mut out, mut all) = ([0; 64], Vec::new());
        let error = loop {
            match response.read(&mut out).await {
                Ok(n) => all.extend_from_slice(&out[..n]),
                Err(error) => break error,
            }
        };
        assert_eq!((&all[..], error.kind()), (&b"helloworld"[..], Kind::Body));
        assert!(response.read(&mut out).await.is_err(), "and it stays one");
    });
}

#[test]
fn replies_without_a_body_have_none_whatever_their_head_says() {
    for (method, reply) in [
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No Content\r\n\r\n"),
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        ("GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        ("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ] {
        let server = always(reply);
        run(async {
            let client = Client::new();
            for _ in 0..2 {
                let response = client.request(method, server.url("/")).send().await.unwrap();
                assert_eq!(response.bytes().await.unwrap(), b"", "{method} {reply:?}");
            }
        });
        assert_eq!(connections(&server), [0, 0], "{method} {reply:?}: and the connection can be used again");
    }
}

#[test]
fn the_length_of_what_is_left_out_is_what_the_field_says() {
    for (method, head, wanted) in [
        ("HEAD", "200 OK\r\nContent-Length: 5", Some(5)),
        ("HEAD", "200 OK\r\nContent-Length: 5, 5", Some(5)),
        ("HEAD", "200 OK\r\nContent-Length: +5", None),
        ("HEAD", "200 OK\r\nContent-Length: 5, 6", None),
        ("HEAD", "200 OK", None),
        ("GET", "304 Not Modified\r\nContent-Length: 5", Some(5)),
        ("GET", "304 Not Modified", None),
        ("GET", "204 No Content", Some(0)),
    ] {
        let server = always(format!("HTTP/1.1 {head}\r\n\r\n"));
        let response = run(async { Client::new().request(method, server.url("/")).send().await.unwrap() });
        assert_eq!(response.content_length(), wanted, "{method} {head:?}");
    }
}

#[test]
fn a_large_body_comes_whole() {
    let body = files::bytes(1, 5_000_000);
    for reply in [reply::ok(&body), reply::chunked(&body, &[1, 100_000, 4096]), reply::until_close(&body)] {
        files::assert_same_bytes("body", &fetch(&once(reply).url("/")).unwrap(), &body);
    }
}

#[test]
fn pieces_are_given_as_they_come() {
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
        assert_eq!(response.content_length(), Some(6));
        assert_eq!(response.chunk().await.unwrap().as_deref(), Some(&b"one"[..]));
        // Only now, with the first piece in hand, does the server go on.
        gate.open();
        assert_eq!(response.chunk().await.unwrap().as_deref(), Some(&b"two"[..]));
        assert_eq!(response.chunk().await.unwrap(), None);
        assert_eq!(response.chunk().await.unwrap(), None, "the end stays the end");
    });
}

#[test]
fn a_length_is_not_believed_until_the_bytes_are_there() {
    // Whoever reserves what is announced dies here.
    for length in ["9223372036854775807", "18446744073709551615"] {
        let server = once(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nhello"));
        assert_error(fetch(&server.url("/")), Kind::Body, &["5 of", length]);
    }
    let server = once("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello");
    assert_error(fetch(&server.url("/")), Kind::Body, &["cut short"]);
}

#[test]
fn text_must_be_utf8() {
    let text = |body: &'static [u8]| {
        let server = once(reply::ok(body));
        run(async { Client::new().get(server.url("/")).send().await?.text().await })
    };
    assert_eq!(text("grüß dich".as_bytes()).unwrap(), "grüß dich");
    assert_error(text(b"gr\xfc\xdf dich"), Kind::Text, &["not text"]);
}

#[test]
fn error_for_status_is_an_error_from_400_on() {
    for (status, fails) in
        [("200 OK", false), ("304 Not Modified", false), ("404 Not Found", true), ("500 X", true)]
    {
        let server = once(reply::with_status(status, b""));
        let result = run(async { Client::new().get(server.url("/page")).send().await?.error_for_status() });
        assert_eq!(result.is_err(), fails, "{status}");
        if let Err(error) = result {
            assert!(matches!(error.kind(), Kind::Status(s) if status.starts_with(&s.as_u16().to_string())));
            assert!(error.to_string().contains(&server.url("/page")), "{error}");
        }
    }
}

#[test]
fn status_fields_and_url_of_a_reply_can_be_read() {
    let server = once("HTTP/1.1 404 Nope\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 0\r\n\r\n");
    let response = run(async { Client::new().get(server.url("/a?b")).send().await.unwrap() });
    assert_eq!(response.status().as_u16(), 404);
    assert_eq!(response.headers().get("x-ONE"), Some("1"));
    assert_eq!(response.headers().get_all("X-One").collect::<Vec<_>>(), [b"1", b"2"]);
    assert_eq!(response.url().to_string(), server.url("/a?b"));
}

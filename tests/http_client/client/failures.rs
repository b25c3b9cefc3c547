//! What goes wrong on the way, and what is said of it.

use http_client::{Client, Kind};
use tests::nobody::Nobody;
use tests::reply;
use tests::scripted::{Script, Server};

use super::{assert_error, fetch, once, run};

#[test]
fn a_garbled_head_is_an_error_of_the_head() {
    for garbled in [
        "SSH-2.0-OpenSSH_9.2p1\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 099 Low\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nName : x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Le",
        "",
    ] {
        let server = once(garbled);
        assert_error(fetch(&server.url("/x")), Kind::Head, &[&server.url("/x")]);
    }
}

#[test]
fn garbled_chunks_are_an_error_of_the_body() {
    for garbled in
        ["\r\n", "xyz\r\n", "5\nhello", "3\r\nabcd\r\n", "-1\r\n", "0x5\r\n", "0\r\nno colon\r\n\r\n"]
    {
        let server = once(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{garbled}"));
        assert_error(fetch(&server.url("/x")), Kind::Body, &[&server.url("/x")]);
    }
}

#[test]
fn a_garbled_chunk_behind_a_good_one_is_not_taken_for_another_at_the_next_look() {
    for garbled in
        ["5x\r\nhello\r\n0\r\n\r\n", "x: y\r\n\r\n", "5\r\nhello\r\n\r\n0\r\n\r\n", "0\r\nno colon\r\n\r\n"]
    {
        let server =
            once(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n{garbled}"));
        run(async {
            let mut response = Client::new().get(server.url("/")).send().await.unwrap();
            let ended = loop {
                match response.chunk().await {
                    Ok(Some(chunk)) => {
                        assert!(matches!(&chunk[..], b"a" | b"ahello" | b"hello"), "{chunk:?}");
                    }
                    end => break end,
                }
            };
            assert_error(ended, Kind::Body, &["broken chunks"]);
            assert!(response.chunk().await.is_err(), "{garbled:?}");
        });
    }
}

#[test]
fn a_head_without_end_is_refused_while_it_still_comes() {
    for line in
        ["X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n", "A:\r\n", "HTTP/1.1 100 Continue\r\n\r\n"]
    {
        let server = Server::start(move |conn| {
            conn.request()?;
            if !line.starts_with("HTTP") {
                conn.send(b"HTTP/1.1 200 OK\r\n")?;
            }
            let many = line.repeat(100);
            loop {
                conn.send(many.as_bytes())?;
            }
        });
        assert_error(fetch(&server.url("/")), Kind::Head, &[]);
    }
}

#[test]
fn a_body_cut_short_is_an_error_that_says_how_short() {
    let cases: [(Script, &str); 4] = [
        (|conn| conn.send(&reply::cut_short(10, b"half")), "4 of 10"),
        (|conn| conn.send(&reply::cut_short(10, b"")), "0 of 10"),
        (
            |conn| {
                conn.send(&reply::cut_short(10, b"half"))?;
                conn.reset();
                Ok(())
            },
            "4 of 10",
        ),
        (
            |conn| conn.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
            "after 4 bytes",
        ),
    ];
    for (script, words) in cases {
        let server = Server::start(move |conn| {
            conn.request()?;
            script(conn)
        });
        run(async {
            let mut response = Client::new().get(server.url("/")).send().await.unwrap();
            let error = loop {
                match response.chunk().await {
                    Ok(Some(_)) => {}
                    end => break end,
                }
            };
            assert_error(error, Kind::Body, &["cut short", words]);
            assert!(response.chunk().await.is_err(), "a broken body does not end well when asked again");
        });
    }
}

#[test]
fn nobody_there_is_an_error_that_says_where() {
    let nobody = Nobody::new();
    assert_error(fetch(&nobody.url("/x")), Kind::Connect, &[&nobody.url("/x"), "refused"]);
    assert_error(fetch("http://nowhere.invalid/x"), Kind::Resolve, &["nowhere.invalid"]);
}

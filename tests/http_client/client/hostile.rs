//! Servers that mean harm: each is met with its own error, after no more bytes than its limit allows.
//!
//! What they do to time is in [`limits`](super::limits), what they leave behind on a connection in [`pool`](super::pool).

use std::time::Duration;

use http_client::h1::body::{MAX_SIZE_LINE, MAX_TRAILERS};
use http_client::{Client, Kind};
use tests::reply;

use super::assert_error;
use super::paced::{Paced, run_virtual};

/// How much is read ahead at the most, beyond what is looked at.
const AHEAD: usize = 32 * 1024;

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

#[test]
fn what_never_ends_is_refused_at_its_limit() {
    let head = 64 * 1024;
    for (start, again, kind, words, limit) in [
        // Of the head.
        ("HTTP/1.1 200 OK\r\nA: ", "x", Kind::Head, "longer than 65536 bytes", head),
        ("HTTP/1.1 200 ", "OK ", Kind::Head, "longer than 65536 bytes", head),
        ("HTTP/1.1 200 OK\r\n", "A: b\r\n", Kind::Head, "more than 128 header fields", 129 * 6),
        ("HTTP/1.1 200 OK\r\n", "A: b\n", Kind::Head, "more than 128 header fields", 129 * 5),
        ("", "HTTP/1.1 100 Continue\r\n\r\n", Kind::Head, "longer than 65536 bytes", head),
        ("", "HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n", Kind::Head, "more than 128 header fields", 129 * 34),
        // Of the framing.
        (CHUNKED, "0", Kind::Body, "at most 16 hex digits", 17),
        (&format!("{CHUNKED}5"), " ", Kind::Body, "a size line of at most 4 KiB", MAX_SIZE_LINE),
        (&format!("{CHUNKED}5;"), "x", Kind::Body, "a size line of at most 4 KiB", MAX_SIZE_LINE),
        (&format!("{CHUNKED}0\r\n"), "A: b\r\n", Kind::Body, "trailers of at most 16 KiB", MAX_TRAILERS),
        (&format!("{CHUNKED}0\r\nA:"), "x", Kind::Body, "trailers of at most 16 KiB", MAX_TRAILERS),
    ] {
        let net = Paced::endless(start, &again.repeat(1000), Duration::ZERO);
        let client = Client::builder().connector(net.clone()).build();
        let result = run_virtual(async { client.get("http://a/").send().await?.bytes().await });
        assert_error(result, kind, &["http://a/", words]);
        let given = net.given();
        assert!(given <= start.len() + limit + AHEAD, "{start:?} {again:?}: {given} bytes were read");
    }
}

#[test]
fn a_body_without_end_is_given_in_pieces_that_stay_small() {
    run_virtual(async {
        for (start, again) in [
            ("HTTP/1.1 200 OK\r\n\r\n", "x".repeat(100_000)),
            ("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n", "x".repeat(100_000)),
            (CHUNKED, format!("{:x}\r\n{}\r\n", 100_000, "x".repeat(100_000))),
            // As much framing as there can be: each byte has 4 KiB of it.
            (CHUNKED, format!("1;{}\r\nx\r\n", "y".repeat(4000))),
        ] {
            let net = Paced::endless(start, &again, Duration::ZERO);
            let client = Client::builder().connector(net.clone()).build();
            let mut response = client.get("http://a/").send().await.unwrap();
            let mut came = 0;
            while net.given() < 10_000_000 {
                let piece = response.chunk().await.unwrap().unwrap();
                assert!(!piece.is_empty() && piece.capacity() <= 64 * 1024, "{}", piece.capacity());
                came += piece.len();
            }
            assert!(came <= net.given());
        }
    });
}

#[test]
fn a_reply_that_ends_too_soon_is_an_error_wherever_it_does() {
    for whole in [
        reply::ok(b"hello"),
        reply::chunked(b"hello", &[2]),
        format!("{CHUNKED}5;a=b\r\nhello\r\n0\r\nA: b\r\n\r\n").into_bytes(),
        [b"HTTP/1.1 100 Continue\r\n\r\n", &reply::ok(b"hello")[..]].concat(),
    ] {
        for end in 0..=whole.len() {
            let client = Client::builder().connector(Paced::whole(&whole[..end])).build();
            let result = run_virtual(async { client.get("http://a/").send().await?.bytes().await });
            match result {
                Ok(body) => assert_eq!((end, &body[..]), (whole.len(), &b"hello"[..])),
                Err(error) => {
                    assert!(matches!(error.kind(), Kind::Head | Kind::Body) && error.is_lost(), "{error:?}");
                    assert!(end < whole.len(), "{error}");
                }
            }
        }
    }
}

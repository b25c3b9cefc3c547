//! The time limits: each ends what it is for, at its moment, and says which it was. All in virtual time.

use std::time::Duration;

use http_client::{Client, ClientBuilder, Error, Kind, Phase};
use tests::reply;

use super::assert_error;
use super::paced::{Paced, Pieces, run_virtual};

const SECOND: Duration = Duration::from_secs(1);
const NONE: Duration = Duration::MAX;

/// Fetches over this network, in virtual time: what came of it, and after how long.
fn fetch(net: &Paced, builder: ClientBuilder, url: &str) -> (Result<Vec<u8>, Error>, Duration) {
    run_virtual(async {
        let start = runtime::now();
        let client = builder.connector(net.clone()).build();
        let result = async { client.post(url).body(vec![0; 1000]).send().await?.bytes().await }.await;
        (result, runtime::now() - start)
    })
}

/// Nothing ever comes.
fn silence() -> Paced {
    Paced::new(|| Box::new(std::iter::empty()))
}

/// Half a body, then nothing.
fn half() -> Paced {
    Paced::new(|| Box::new([(SECOND, reply::cut_short(10, b"hello"))].into_iter()))
}

#[test]
fn each_phase_has_a_limit_of_its_own_that_it_names() {
    let limits = || {
        let builder = Client::builder().connect_timeout(2 * SECOND).tls_timeout(3 * SECOND);
        builder.head_timeout(4 * SECOND).read_timeout(5 * SECOND)
    };
    for (phase, net, url, after, words) in [
        (Phase::Connect, silence().connects_after(SECOND * 9), "http://a/", 2, "no connection within 2s"),
        (Phase::Tls, silence(), "https://a/", 3, "no end of the TLS handshake within 3s"),
        (Phase::Head, silence(), "http://a/", 4, "no reply within 4s"),
        (Phase::Send, silence().takes(100), "http://a/", 5, "took nothing of the request for 5s"),
        (Phase::Read, half(), "http://a/", 1 + 5, "nothing came for 5s: 5 of 10 bytes of the body had come"),
    ] {
        let (result, took) = fetch(&net, limits(), url);
        let error = assert_error(result, Kind::Timeout(phase), &[url, "timed out: ", words]);
        assert_eq!(took, SECOND * after, "{error}");
        // Where the whole has less time, that ends it, in whatever phase.
        let (result, took) = fetch(&net, limits().timeout(SECOND * 3 / 2), url);
        assert_error(result, Kind::Timeout(Phase::Total), &[url, "timed out: not done within 1.5s: "]);
        assert_eq!(took, SECOND * 3 / 2);
    }
}

#[test]
fn the_limit_of_the_whole_says_how_far_it_had_come() {
    for (net, url, words) in [
        (silence().connects_after(SECOND * 9), "http://a/", "it was connecting"),
        (silence(), "https://a/", "it was in the TLS handshake"),
        (silence().takes(100), "http://a/", "it was sending the request"),
        (silence(), "http://a/", "no reply had come"),
        (half(), "http://a/", "5 of 10 bytes of the body had come"),
    ] {
        let (result, _) = fetch(&net, Client::builder().timeout(2 * SECOND), url);
        assert_error(result, Kind::Timeout(Phase::Total), &[words]);
    }
}

#[test]
fn unless_said_otherwise_a_connection_has_30_s_and_silence_300() {
    for (phase, net, url, after) in [
        (Phase::Connect, silence().connects_after(SECOND * 99), "http://a/", 30),
        (Phase::Tls, silence(), "https://a/", 30),
        (Phase::Head, silence(), "http://a/", 300),
        (Phase::Send, silence().takes(100), "http://a/", 300),
        (Phase::Read, half(), "http://a/", 1 + 300),
    ] {
        let (result, took) = fetch(&net, Client::builder(), url);
        assert_error(result, Kind::Timeout(phase), &[]);
        assert_eq!(took, SECOND * after, "{phase:?}");
    }
}

#[test]
fn a_limit_that_the_clock_cannot_tell_is_none() {
    let days = SECOND * 1_000_000;
    let late = Paced::new(move || {
        let pieces = [reply::cut_short(10, b"hello"), b"world".to_vec()];
        Box::new(pieces.map(|piece| (days, piece)).into_iter())
    });
    let builder = Client::builder().connect_timeout(NONE).head_timeout(NONE).read_timeout(NONE).timeout(NONE);
    let (result, took) = fetch(&late.connects_after(days), builder, "http://a/");
    assert_eq!((result.unwrap(), took), (b"helloworld".to_vec(), days * 3));
}

#[test]
fn interim_replies_do_not_extend_the_time_for_the_head() {
    let net = Paced::endless("", "HTTP/1.1 100 Continue\r\n\r\n", SECOND);
    let (result, took) = fetch(&net, Client::builder().head_timeout(10 * SECOND), "http://a/");
    assert_error(result, Kind::Timeout(Phase::Head), &["within 10s"]);
    assert_eq!(took, 10 * SECOND);
}

#[test]
fn a_byte_a_second_of_head_meets_the_limit_of_the_head() {
    for (start, phase, limit) in [("", Phase::Head, 300), ("HTTP/1.1 200 OK\r\nA: ", Phase::Total, 7)] {
        let net = Paced::endless(start, "HTTP/1.1 200 OK\r\n", SECOND);
        let builder = Client::builder().timeout(if phase == Phase::Total { 7 * SECOND } else { NONE });
        let (result, took) = fetch(&bytewise(net), builder, "http://a/");
        assert_error(result, Kind::Timeout(phase), &[]);
        assert_eq!(took, SECOND * limit);
    }
    // Without limits to the time there is still one to the length.
    let net = Paced::endless("HTTP/1.1 200 OK\r\nA: ", "x", SECOND);
    let (result, took) = fetch(&net, Client::builder().head_timeout(NONE), "http://a/");
    assert_error(result, Kind::Head, &["longer than 65536 bytes"]);
    assert!(took > SECOND * 65_000 && net.given() <= 64 * 1024, "{took:?} {}", net.given());
}

/// The same network, but each byte comes by itself, a second after the one before.
fn bytewise(net: Paced) -> Paced {
    Paced::new(move || {
        let bytes = net.pieces().flat_map(|(_, piece)| piece);
        Box::new(bytes.map(|byte| (SECOND, vec![byte]))) as Pieces
    })
}

#[test]
fn a_byte_a_second_of_body_is_slow_but_not_silent() {
    let ten = || bytewise(Paced::whole(reply::cut_short(10, b"helloworld")));
    let builder = || Client::builder().read_timeout(SECOND * 3 / 2);
    let (result, _) = fetch(&ten(), builder(), "http://a/");
    assert_eq!(result.unwrap(), b"helloworld");
    // Only a limit to the whole ends it.
    let net = Paced::endless("HTTP/1.1 200 OK\r\n\r\n", "x", SECOND);
    let limit = 1000 * SECOND + SECOND / 2;
    let (result, took) = fetch(&net, builder().timeout(limit), "http://a/");
    assert_error(result, Kind::Timeout(Phase::Total), &["1000 bytes of the body had come"]);
    assert_eq!(took, limit);
}

#[test]
fn a_wait_that_is_given_up_and_begun_anew_is_the_same_wait() {
    run_virtual(async {
        let client = Client::builder().connector(half()).read_timeout(5 * SECOND).build();
        let mut response = client.get("http://a/").send().await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), b"hello");
        let start = runtime::now();
        // Somebody who draws a progress bar meanwhile, each second.
        let mut ended = None;
        while ended.is_none() && runtime::now() - start < 99 * SECOND {
            ended = runtime::timeout(SECOND * 3 / 4, response.chunk()).await.ok();
        }
        assert_error(ended.expect("an end"), Kind::Timeout(Phase::Read), &["nothing came for 5s"]);
        assert_eq!(runtime::now() - start, 5 * SECOND);
    });
}

#[test]
fn a_reader_may_take_its_time() {
    let net = Paced::new(|| {
        let pieces = [reply::cut_short(10, b"hello"), b"world".to_vec()];
        Box::new(pieces.map(|piece| (SECOND, piece)).into_iter())
    });
    run_virtual(async {
        let client = Client::builder().connector(net).read_timeout(2 * SECOND).build();
        let mut response = client.get("http://a/").send().await.unwrap();
        for piece in [b"hello", b"world"] {
            runtime::sleep(SECOND * 3600).await;
            assert_eq!(response.chunk().await.unwrap().unwrap(), piece);
        }
    });
}

#[test]
fn a_request_may_have_a_limit_of_its_own() {
    run_virtual(async {
        let client = Client::builder().connector(silence()).timeout(9 * SECOND).build();
        let start = runtime::now();
        let result = client.get("http://a/").timeout(2 * SECOND).send().await;
        assert_error(result, Kind::Timeout(Phase::Total), &["2s"]);
        assert_eq!(runtime::now() - start, 2 * SECOND);
    });
}

#[test]
fn one_limit_holds_over_all_redirects() {
    let net = Paced::new(|| Box::new([(SECOND, reply::redirect("302 Found", "/again"))].into_iter()));
    let builder = Client::builder().redirects(Some(usize::MAX)).timeout(20 * SECOND + SECOND / 2);
    let (result, took) = fetch(&net, builder, "http://a/");
    assert_error(result, Kind::Timeout(Phase::Total), &["http://a/again", "no reply had come"]);
    assert_eq!(took, 20 * SECOND + SECOND / 2);
}

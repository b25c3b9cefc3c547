//! Any input whatever: the checks of the fuzzers, on random input of the kind that parsers stumble over.

#[allow(unreachable_pub)] // it is a crate's own there
#[path = "../fuzz/checks.rs"]
mod checks;

use http_client::{Client, Kind};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::client::paced::{Paced, run_virtual};

/// These words in any order, with some bytes of anything between.
fn soup(words: &'static [&'static str], most: usize) -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(words).prop_map(|word| word.as_bytes().to_vec());
    let piece = prop_oneof![6 => word, 1 => prop::collection::vec(any::<u8>(), 0..4)];
    prop::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

const HEAD: &[&str] = &[
    "HTTP/1.1 ",
    "HTTP/1.0 200 OK",
    "HTTP/1.1 200 OK\r\n",
    "200",
    "\r\n",
    "\n",
    "\r",
    "A: b",
    "B:c\r\n",
    ": ",
    " ",
    "\t",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\0",
    "é",
    "x",
];

const CHUNKS: &[&str] = &[
    "\r\n",
    "5",
    "0",
    "a",
    "F",
    ";",
    "x=y",
    " ",
    "\t",
    "hello",
    "1\r\nx\r\n",
    "5\r\nhello\r\n",
    "0\r\n",
    "A: b\r\n",
    "\r",
    "\n",
    "ffffffffffffffff",
    ":",
    "\0",
];

const URL: &[&str] = &[
    "http",
    "https",
    "http://",
    "HTTPS://",
    ":",
    "/",
    "//",
    "@",
    "a",
    "B.c",
    ".",
    "..",
    "%2e",
    "%41",
    "%",
    "?",
    "#",
    "[",
    "]",
    "[::1]",
    "::",
    "127",
    "127.0.0.1",
    "1",
    "0x",
    "00",
    "é",
    "'",
    "\\",
    "\n",
    " ",
    "\t",
    ":80",
    ":443",
    "u:p@",
    "u@",
    "\0",
    "xn--bcher-kva",
    "_",
    "-",
    "~",
    "!$&()*+,;=",
    "\"",
    "<",
    "{",
    "|",
    "^",
    "`",
    "\u{ad}",
    "。",
    "ﬀ",
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000, rng_seed: RngSeed::Fixed(9110), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_head_of_anything_is_an_error_or_a_head_however_it_is_cut(
        cut in any::<u8>(), start in prop::sample::select(vec!["", "HTTP/1.1 200 OK\r\n"]), rest in soup(HEAD, 12),
    ) {
        checks::head(&[&[cut], start.as_bytes(), &rest].concat());
    }

    #[test]
    fn a_body_of_anything_is_an_error_or_what_another_decoder_finds(choice in any::<[u8; 3]>(), bytes in soup(CHUNKS, 16)) {
        checks::framing(&[&choice, &bytes[..]].concat());
    }

    #[test]
    fn a_url_of_anything_is_refused_or_the_same_to_browsers(
        base in prop::sample::select(vec!["", "http://", "http://h/x/y?z\n", "https://u:p@h:1/x/\n"]),
        text in soup(URL, 10),
    ) {
        checks::url(&[base.as_bytes(), &text].concat());
    }

    #[test]
    fn a_reply_of_anything_is_an_error_or_a_body(head in soup(HEAD, 6), body in soup(CHUNKS, 12), is_good in any::<bool>()) {
        let start: &[u8] = if is_good { b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n" } else { b"" };
        let reply = [start, &head, b"\r\n\r\n", &body].concat();
        let client = Client::builder().connector(Paced::whole(&reply[..])).build();
        match run_virtual(async { client.get("http://a/").send().await?.bytes().await }) {
            Ok(got) => prop_assert!(got.len() < reply.len()),
            Err(error) => {
                prop_assert!(matches!(error.kind(), Kind::Head | Kind::Body), "{error:?}");
                prop_assert!(!error.to_string().chars().any(char::is_control), "{error}");
            }
        }
    }
}

#[test]
fn every_url_of_these_is_refused_or_the_same_to_browsers() {
    // Those over which parsers are known to part ways.
    for text in [
        "http://a\\@b/",
        "http://a/\\b",
        "http://a:b@c:d@e/",
        "http://a@b@c/",
        "http://1/",
        "http://1.2/",
        "http://0x7f.1/",
        "http://127.0.0.1./",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://0177.0.0.1/",
        "http://[::1.2.3.4]/",
        "http://[::ffff:1.2.3.4]/",
        "http://[1::]/",
        "http://[::1%25a]/",
        "http://a..b/",
        "http://.a/",
        "http://a./",
        "http://a_b/",
        "http://-a-/",
        "http://a%41/",
        "http://ex%61mple/",
        "http://EXAMPLE.com:0443/",
        "https://a:443/",
        "http://a:/",
        "http://a:65536/",
        "http://a:0/",
        "http:a",
        "http:/a",
        "http:///a",
        "https:////a",
        "HtTp://A/",
        "http://a/%2e%2E/b/%2e",
        "http://a/b/%2e%2e%2f",
        "http://a//..//b",
        "http://a/b/../../..",
        "http://a/;b/..;/c",
        "http://a?b/../c",
        "http://a#b",
        "http://a/'\"",
        "http://a/?'",
        "http://a/?é#é",
        "http://a/é",
        "http://u:é@a/",
        "http://;=:[@a/",
        "http://u;=,:p&@a/",
        "http://u%40:%3a@a/",
        "http://@a/",
        "http://:@a/",
        "http://:p@a/",
        "http://ß.de/",
        "http://xn--zca.de/",
        "http://xn--a/",
        "http://xn--/",
        "http://a\u{ad}b/",
        "http://１.2.3.4/",
        "http://h/x/y?z\n?",
        "http://h/x/y?z\n#",
        "http://h/x/y?z\n//",
        "http://h/x/y?z\n///a",
        "http://h/x/y?z\n\\a",
        "http://h/x/y?z\na:b",
        "http://h/x/y?z\n./a:b",
        "http://h/x/y?z\nhttp:a",
        "http://h/x/y?z\n..",
        "http://h/x/y?z\n",
        "http://u:p@h/x\n//v@k",
        "http://u:p@h/x\n/a",
        "http://u:p@h/x\n?a",
        "https://h\nhttp://k:443",
    ] {
        checks::url(text.as_bytes());
    }
}

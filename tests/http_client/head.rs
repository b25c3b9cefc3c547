//! The head of a reply, however it arrives.

use std::time::{Duration, Instant};

use http_client::h1::head::{Head, HeadError, HeadReader, Limits, Version};
use http_client::status::Status;

fn read(bytes: &[u8]) -> Result<Option<(Head, usize)>, HeadError> {
    HeadReader::new(Limits::default()).read(bytes)
}

fn head(text: &str) -> Head {
    read(text.as_bytes()).unwrap().expect(text).0
}

/// Hands in `bytes` up to each of `ends` in turn, and says in one line what came of it.
fn outcome(bytes: &[u8], limits: Limits, ends: impl Iterator<Item = usize>) -> String {
    let mut reader = HeadReader::new(limits);
    for end in ends {
        match reader.read(&bytes[..end]) {
            Ok(None) => {}
            Ok(Some((head, len))) => return format!("{head:?} {len}"),
            // What it shows of the bytes depends on how many are there.
            Err(HeadError::NotHttp(_)) => return "not HTTP".into(),
            Err(error) => return error.to_string(),
        }
    }
    "more".into()
}

const HEADS: [&str; 12] = [
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.0 404 Not Found\nA: b\n\nrest\n\n",
    "HTTP/1.1 204\r\nA:\r\nB: \t \r\nC:d \t\r\n\r\n",
    "HTTP/1.1 200 \r\nMixed: ends\nOf: lines\r\n\n",
    "HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n",
    "HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
    "HTTP/1.1 999 \r\n\r\n",
    "HTTP/2.0 200 OK\r\n\r\n",
    "SSH-2.0-OpenSSH_9.9\r\n",
    "\r\nHTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\nE: f\r\n\r\n",
];

#[test]
fn a_head_cut_anywhere_gives_the_same() {
    for limits in [Limits::default(), Limits { bytes: 40, fields: 2 }] {
        for text in HEADS {
            let bytes = text.as_bytes();
            let whole = outcome(bytes, limits, [bytes.len()].into_iter());
            assert_ne!(whole, "more", "{text:?}");
            for cut in 0..bytes.len() {
                assert_eq!(
                    outcome(bytes, limits, [cut, bytes.len()].into_iter()),
                    whole,
                    "{text:?} at {cut}"
                );
            }
            assert_eq!(outcome(bytes, limits, 0..=bytes.len()), whole, "{text:?} byte by byte");
        }
    }
}

#[test]
fn a_head_falls_into_its_parts() {
    let text = "HTTP/1.0 404 Not here\r\nServer:  x y \r\nEmpty:\r\nSERVER: z\r\nLatin: \u{e9}\r\n\r\nbody";
    let (head, len) = read(text.as_bytes()).unwrap().unwrap();
    assert_eq!((head.version, head.status.as_u16()), (Version::Http10, 404));
    let fields: Vec<_> = head.headers.iter().collect();
    let want = [("Server", &b"x y"[..]), ("Empty", b""), ("SERVER", b"z"), ("Latin", "é".as_bytes())];
    assert_eq!(fields, want);
    assert_eq!((head.headers.get("server"), head.headers.get("latin")), (Some("x y"), Some("é")));
    assert_eq!(len, text.len() - 4);
}

#[test]
fn a_value_that_is_no_utf_8_is_only_given_as_bytes() {
    let (head, _) = read(b"HTTP/1.1 200 OK\r\nA: \xff\r\n\r\n").unwrap().unwrap();
    assert_eq!(head.headers.get("a"), None);
    assert_eq!(head.headers.get_all("a").collect::<Vec<_>>(), [b"\xff"]);
}

#[test]
fn a_garbled_head_is_an_error_that_names_the_line() {
    for (text, line) in [
        ("HTTP/1.1 099 Low\r\n\r\n", 1),
        ("HTTP/1.1 000 \r\n\r\n", 1),
        ("HTTP/1.1 20 OK\r\n\r\n", 1),
        ("HTTP/1.1 2000 OK\r\n\r\n", 1),
        ("HTTP/1.1 +20 OK\r\n\r\n", 1),
        ("HTTP/1.1  200 OK\r\n\r\n", 1),
        ("HTTP/1.1 abc OK\r\n\r\n", 1),
        ("HTTP/1.1 \r\n\r\n", 1),
        ("HTTP/1.1 200OK\r\n\r\n", 1),
        ("HTTP/1.1 200 O\rK\r\n\r\n", 1),
        ("HTTP/1.1 200 O\0K\r\n\r\n", 1),
        ("HTTP/1.1 200 O\x1b[2JK\r\n\r\n", 1),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nnocolon\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\n: x\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nA: b\r\nSpace : x\r\n\r\n", 3),
        ("HTTP/1.1 200 OK\r\nTab\t: x\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\n First: x\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n", 3),
        ("HTTP/1.1 200 OK\r\nA: b\r\n\tfolded\r\n\r\n", 3),
        ("HTTP/1.1 200 OK\r\nA: b\r\n \r\n\r\n", 3),
        ("HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nA: b\r\n\r\r\n\r\n", 3),
        ("HTTP/1.1 200 OK\r\nA\r: b\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nA\0: b\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nÄ: b\r\n\r\n", 2),
        ("HTTP/1.1 200 OK\r\nA(b): c\r\n\r\n", 2),
    ] {
        match read(text.as_bytes()) {
            Err(error @ HeadError::Line(at, _)) => {
                assert_eq!(at, line, "{text:?}");
                assert!(
                    error.to_string().is_ascii() && !error.to_string().contains(['\r', '\n', '\0', '\x1b'])
                );
            }
            other => panic!("{text:?}: {other:?}"),
        }
    }
}

#[test]
fn a_control_character_is_an_error_wherever_it_stands_in_a_value() {
    for byte in (0u8..32).chain([127]).filter(|&byte| byte != b'\t' && byte != b'\n') {
        // Long enough for the parts of httparse that look at many bytes at once.
        for at in 0..70 {
            let mut bytes = format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "v".repeat(70)).into_bytes();
            bytes[20 + at] = byte;
            assert!(matches!(read(&bytes), Err(HeadError::Line(2, _))), "{byte} at {at}");
        }
    }
}

#[test]
fn what_is_not_http_1_is_refused_as_soon_as_it_shows() {
    for (text, enough) in [
        ("SSH-2.0-OpenSSH_9.9\r\n", 1),
        ("\x15\x03\x01\x00\x02\x02", 1),
        ("<html>", 1),
        ("\r\nHTTP/1.1 200 OK\r\n\r\n", 1),
        ("\nHTTP/1.1 200 OK\r\n\r\n", 1),
        ("http/1.1 200 OK\r\n\r\n", 1),
        ("HTTPS/1.1 200 OK\r\n\r\n", 5),
        ("HTTP/2.0 200 OK\r\n\r\n", 6),
        ("HTTP/0.9 200 OK\r\n\r\n", 6),
        ("HTTP/1.2 200 OK\r\n\r\n", 8),
        ("HTTP/1.11 200 OK\r\n\r\n", 9),
        ("HTTP/1.1\r\n\r\n", 9),
    ] {
        let bytes = text.as_bytes();
        for end in 0..enough {
            assert!(matches!(read(&bytes[..end]), Ok(None)), "{text:?} {end}");
        }
        for end in enough..=bytes.len() {
            assert!(matches!(read(&bytes[..end]), Err(HeadError::NotHttp(_))), "{text:?} {end}");
        }
    }
    let error = read(b"SSH-2.0-OpenSSH_9.9\r\n").unwrap_err().to_string();
    assert!(error.contains("\"SSH-2.0-OpenSSH_9.9\\r\\n\""), "{error}");
}

#[test]
fn a_head_may_have_exactly_as_many_bytes_as_the_limit() {
    let text = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    let limits = |bytes| Limits { bytes, fields: 10 };
    assert!(HeadReader::new(limits(text.len())).read(text).unwrap().is_some());
    let error = HeadReader::new(limits(text.len() - 1)).read(text).unwrap_err();
    assert_eq!(error, HeadError::TooLong(text.len() - 1));
    // It does not take an end of line to notice.
    let endless = [b"HTTP/1.1 200 OK\r\nA: ", [b'x'; 64 * 1024].as_slice()].concat();
    assert_eq!(read(&endless).unwrap_err(), HeadError::TooLong(64 * 1024));
}

#[test]
fn a_head_may_have_exactly_as_many_fields_as_the_limit() {
    let text = |fields| format!("HTTP/1.1 200 OK\r\n{}\r\n", "A: b\r\n".repeat(fields));
    assert_eq!(head(&text(128)).headers.len(), 128);
    assert_eq!(read(text(129).as_bytes()).unwrap_err(), HeadError::TooManyFields(128));
    // Nor is the end of the head awaited.
    let endless = format!("HTTP/1.1 200 OK\r\n{}", "A: b\n".repeat(129));
    assert_eq!(read(endless.as_bytes()).unwrap_err(), HeadError::TooManyFields(128));
}

#[test]
fn interim_heads_count_against_the_same_limits() {
    let stream = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n".repeat(10_000);
    for (limits, want) in [
        (Limits::default(), HeadError::TooManyFields(128)),
        (Limits { fields: usize::MAX - 1, ..Limits::default() }, HeadError::TooLong(64 * 1024)),
    ] {
        let mut reader = HeadReader::new(limits);
        let mut at = 0;
        let error = loop {
            match reader.read(&stream[at..]) {
                Ok(Some((head, len))) => {
                    assert!(head.status.is_informational());
                    at += len;
                }
                Ok(None) => panic!("the limits were never reached"),
                Err(error) => break error,
            }
        };
        assert_eq!(error, want);
        assert!(at <= limits.bytes);
    }
}

#[test]
fn the_final_head_follows_the_interim_one() {
    let stream = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    let mut reader = HeadReader::new(Limits::default());
    let (first, len) = reader.read(stream).unwrap().unwrap();
    let (second, _) = reader.read(&stream[len..]).unwrap().unwrap();
    assert_eq!((first.status.as_u16(), second.status.as_u16()), (100, 200));
    assert_eq!(second.headers.get("a"), Some("b"));
}

#[test]
fn a_head_that_dribbles_in_is_read_in_linear_time() {
    let mut bytes = b"HTTP/1.1 200 OK\r\nA: ".to_vec();
    bytes.resize(512 * 1024, b'x');
    bytes.extend_from_slice(b"\r\n\r\n");
    let mut reader = HeadReader::new(Limits { bytes: usize::MAX, fields: 10 });
    let start = Instant::now();
    let found = (0..=bytes.len()).find_map(|end| reader.read(&bytes[..end]).unwrap());
    assert_eq!(found.unwrap().1, bytes.len());
    // Looking from the start again after each byte takes minutes; this takes a fraction of a second.
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn the_connection_is_kept_as_version_and_options_say() {
    for (text, keep) in [
        ("HTTP/1.1 200 OK\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nConnection: CLOSE\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nConnection: keep-alive, x ,\tClose\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nConnection: x\r\nConnection: close\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nConnection: closed, not-close\r\n\r\n", true),
        ("HTTP/1.0 200 OK\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n", true),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive, close\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true),
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", false),
        ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", false),
    ] {
        assert_eq!(head(text).keep_alive(), keep, "{text:?}");
    }
}

#[test]
fn a_status_knows_its_class_and_its_phrase() {
    for (code, text, class) in [
        (100, "100 Continue", 1),
        (200, "200 OK", 2),
        (206, "206 Partial Content", 2),
        (308, "308 Permanent Redirect", 3),
        (404, "404 Not Found", 4),
        (503, "503 Service Unavailable", 5),
        (599, "599", 5),
        (999, "999", 9),
    ] {
        let status = Status::new(code).unwrap();
        assert_eq!((status.as_u16(), status.to_string().as_str()), (code, text));
        let classes = [
            status.is_informational(),
            status.is_success(),
            status.is_redirection(),
            status.is_client_error(),
            status.is_server_error(),
        ];
        assert_eq!(classes, [1, 2, 3, 4, 5].map(|n| n == class), "{code}");
    }
    assert!([0, 99, 1000, u16::MAX].into_iter().all(|code| Status::new(code).is_none()));
}

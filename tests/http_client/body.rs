//! Bodies: how they end, and that it does not matter how their bytes arrive.

use http_client::h1::body::{Decoder, Framing, MAX_SIZE_LINE, MAX_TRAILERS, Step, Truncated};
use http_client::h1::head::{HeadReader, Limits};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn framing(method: &str, head: &str) -> Result<Framing, String> {
    let (head, _) = HeadReader::new(Limits::default()).read(head.as_bytes()).unwrap().expect("a whole head");
    Framing::of(method, &head).map_err(|error| error.to_string())
}

/// The framing of a 200 to GET with these fields.
fn framed(fields: &str) -> Result<Framing, String> {
    framing("GET", &format!("HTTP/1.1 200 OK\r\n{fields}\r\n"))
}

/// Decodes what comes in these pieces, then ends the stream: the body and what is left behind it, or the error.
/// No more than `bite` bytes of data are taken at a time.
fn decode<'a>(
    framing: Framing,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    bite: usize,
) -> Result<(Vec<u8>, Vec<u8>), String> {
    let mut decoder = Decoder::new(framing);
    let (mut body, mut rest) = (Vec::new(), Vec::new());
    for mut piece in pieces {
        loop {
            let step = decoder.step(piece).map_err(|error| error.to_string())?;
            match step {
                Step::Data { skip, len } => {
                    let len = len.min(bite);
                    assert!(len > 0);
                    body.extend_from_slice(&piece[skip..skip + len]);
                    decoder.took(len as u64);
                    piece = &piece[skip + len..];
                }
                Step::More { skip } => {
                    assert_eq!(skip, piece.len(), "more is wanted only when all is used");
                    break;
                }
                Step::End { skip } => {
                    rest.extend_from_slice(&piece[skip..]);
                    break;
                }
            }
        }
    }
    assert_eq!(decoder.received(), body.len() as u64);
    decoder.eof().map_err(|error| error.to_string())?;
    assert_eq!(decoder.step(b"x"), Ok(Step::End { skip: 0 }), "the end stays the end");
    Ok((body, rest))
}

fn dechunk(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
    decode(Framing::Chunked, [bytes], usize::MAX)
}

fn chunk_error(bytes: &[u8]) -> String {
    dechunk(bytes).expect_err(&bytes.escape_ascii().to_string())
}

#[test]
fn some_replies_never_have_a_body() {
    let fields = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(framing("HEAD", &format!("HTTP/1.1 200 OK\r\n{fields}")), Ok(Framing::Empty));
    for status in [100, 103, 199, 204, 304] {
        assert_eq!(
            framing("GET", &format!("HTTP/1.1 {status} x\r\n{fields}")),
            Ok(Framing::Empty),
            "{status}"
        );
    }
    for status in [200, 201, 205, 206, 301, 404, 500] {
        assert_eq!(
            framing("GET", &format!("HTTP/1.1 {status} x\r\n{fields}")),
            Ok(Framing::Chunked),
            "{status}"
        );
    }
    // Methods are case-sensitive.
    assert_eq!(framing("head", &format!("HTTP/1.1 200 OK\r\n{fields}")), Ok(Framing::Chunked));
}

#[test]
fn without_a_length_the_body_goes_on_until_the_close() {
    assert_eq!(framed(""), Ok(Framing::UntilClose));
}

#[test]
fn a_content_length_is_digits_and_repeats_must_be_equal() {
    for (fields, length) in [
        ("Content-Length: 0\r\n", 0),
        ("content-length: 5\r\n", 5),
        ("Content-Length: 005\r\n", 5),
        ("Content-Length: 18446744073709551615\r\n", u64::MAX),
        ("Content-Length: 5\r\nContent-Length: 5\r\n", 5),
        ("Content-Length: 5, 5,\t5\r\n", 5),
    ] {
        assert_eq!(framed(fields), Ok(Framing::Length(length)), "{fields:?}");
    }
    for value in [
        "",
        "-1",
        "+5",
        "5x",
        "x5",
        "0x5",
        "5 5",
        "5.0",
        "5,",
        ",5",
        "5,,5",
        "5, 6",
        "5;5",
        "\"5\"",
        "٥",
        "18446744073709551616",
        "99999999999999999999999999999999",
        "-0",
        "5, +5",
        "5\t5",
    ] {
        let error = framed(&format!("Content-Length: {value}\r\n")).expect_err(value);
        assert!(error.starts_with("Content-Length \""), "{error}");
    }
    assert!(framed("Content-Length: 5\r\nContent-Length: 6\r\n").is_err());
    assert!(framed("Content-Length: 5\r\nContent-Length:\r\n").is_err());
}

#[test]
fn a_transfer_encoding_is_chunked_or_an_error() {
    for fields in [
        "Transfer-Encoding: chunked\r\n",
        "TRANSFER-ENCODING:\t CHUNKED \r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: nonsense\r\nTransfer-Encoding: chunked\r\n",
    ] {
        assert_eq!(framed(fields), Ok(Framing::Chunked), "{fields:?}");
    }
    for value in [
        "",
        "identity",
        "gzip",
        "gzip, chunked",
        "chunked, gzip",
        "chunked, chunked",
        "chunked,",
        ",chunked",
        "chunked;q=1",
        "\"chunked\"",
        "xchunked",
        "chunked x",
        "chun ked",
    ] {
        let error = framed(&format!("Transfer-Encoding: {value}\r\nContent-Length: 5\r\n")).expect_err(value);
        assert!(error.contains("is not \"chunked\" alone"), "{error}");
    }
    assert!(framed("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n").is_err());
    let error = framing("GET", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").unwrap_err();
    assert!(error.contains("HTTP/1.0"), "{error}");
}

#[test]
fn a_body_of_known_length_ends_there() {
    let whole = decode(Framing::Length(5), [&b"helloHTTP/1.1"[..]], usize::MAX);
    assert_eq!(whole, Ok((b"hello".to_vec(), b"HTTP/1.1".to_vec())));
    let empty = Ok((Vec::new(), b"x".to_vec()));
    assert_eq!(decode(Framing::Length(0), [&b"x"[..]], usize::MAX), empty);
    assert_eq!(decode(Framing::Empty, [&b"x"[..]], usize::MAX), empty);
}

#[test]
fn a_body_until_close_is_all_there_is() {
    let pieces = [&b"hel"[..], b"", b"lo"];
    assert_eq!(decode(Framing::UntilClose, pieces, usize::MAX), Ok((b"hello".to_vec(), Vec::new())));
    assert_eq!(decode(Framing::UntilClose, [], usize::MAX), Ok((Vec::new(), Vec::new())));
}

#[test]
fn a_body_cut_short_says_how_much_of_how_much_came() {
    let mut decoder = Decoder::new(Framing::Length(10));
    assert_eq!(decoder.step(b"abc"), Ok(Step::Data { skip: 0, len: 3 }));
    decoder.took(3);
    let error = decoder.eof().unwrap_err();
    assert_eq!(error, Truncated { got: 3, of: Some(10) });
    assert_eq!(error.to_string(), "the body was cut short: 3 of 10 bytes came");
    assert!(!decoder.is_done());
}

#[test]
fn chunks_cut_short_are_an_error_at_every_byte() {
    let whole = b"3;a=b\r\nabc\r\n0\r\nT: u\r\n\r\n";
    for end in 0..whole.len() {
        let error = chunk_error(&whole[..end]);
        assert!(error.contains("cut short: the connection ended after"), "{end}: {error}");
    }
    assert_eq!(dechunk(whole), Ok((b"abc".to_vec(), Vec::new())));
}

/// Chunked bodies, good and bad.
const CHUNKED: [&[u8]; 14] = [
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nHTTP/1.1 200 OK",
    b"a;x=y;z=\"q r\"\r\n0123456789\r\n000;e\r\nTrailer: x\r\nOther:\r\n\r\n\r\n",
    b"0000000000000003 \t\r\n\r\n\r\r\n0\r\n\r\n",
    b"5 ;x\r\nhello\r\n00 ; y\r\n\r\n",
    b"5\r\nhello0\r\n\r\n",
    b"5\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\n0\r\n\r\n",
    b"\r\n\r\n",
    b"5x\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
    b"10000000000000000\r\n",
    b"5\r\nhel",
];

#[test]
fn a_reply_cut_anywhere_gives_the_same_body() {
    for bytes in CHUNKED {
        let whole = dechunk(bytes);
        let shown = bytes.escape_ascii().to_string();
        for cut in 0..=bytes.len() {
            let (a, b) = bytes.split_at(cut);
            assert_eq!(decode(Framing::Chunked, [a, b], usize::MAX), whole, "{shown} at {cut}");
        }
        for size in 1..4 {
            assert_eq!(decode(Framing::Chunked, bytes.chunks(size), usize::MAX), whole, "{shown} by {size}");
            assert_eq!(decode(Framing::Chunked, [bytes], size), whole, "{shown} taken by {size}");
        }
        for framing in [Framing::Empty, Framing::Length(3), Framing::Length(99), Framing::UntilClose] {
            let whole = decode(framing, [bytes], usize::MAX);
            assert_eq!(decode(framing, bytes.chunks(1), usize::MAX), whole, "{shown} {framing:?}");
            assert_eq!(decode(framing, [bytes], 1), whole, "{shown} {framing:?}");
        }
    }
}

#[test]
fn the_first_six_of_them_are_good_and_the_others_errors() {
    for (index, body, rest) in [
        (0, "", ""),
        (1, "hello", ""),
        (2, "hello world", "HTTP/1.1 200 OK"),
        (3, "0123456789", "\r\n"),
        (4, "\r\n\r", ""),
        (5, "hello", ""),
    ] {
        assert_eq!(dechunk(CHUNKED[index]), Ok((body.into(), rest.into())), "{index}");
    }
    for bytes in &CHUNKED[6..] {
        chunk_error(bytes);
    }
}

#[test]
fn data_that_looks_like_framing_is_data() {
    assert_eq!(dechunk(b"5\r\n0\r\n\r\n\r\n0\r\n\r\n"), Ok((b"0\r\n\r\n".to_vec(), Vec::new())));
}

#[test]
fn an_error_stays_the_error_whatever_is_handed_in_next() {
    for bytes in [&b"\r\n\r\n"[..], b"5x\r\nhello", b"1\r\na\r\n5x\r\n", b"0\r\nA\r\n\r\n"] {
        let mut decoder = Decoder::new(Framing::Chunked);
        let mut rest = bytes;
        let error = loop {
            match decoder.step(rest) {
                Ok(Step::Data { skip, len }) => {
                    decoder.took(len as u64);
                    rest = &rest[skip + len..];
                }
                Ok(step) => panic!("{step:?}"),
                Err(error) => break error,
            }
        };
        // What the client has, as none of it was skipped; and what would be good in some state.
        for next in [rest, b"\r\n\r\n", b"0\r\n\r\n", b":\r\n\r\n", b""] {
            assert_eq!(decoder.step(next), Err(error.clone()), "{}", bytes.escape_ascii());
        }
        assert!(!decoder.is_done() && decoder.eof().is_err());
    }
}

#[test]
fn a_chunk_size_without_digits_is_an_error() {
    for bytes in [&b"\r\n\r\n"[..], b" \r\n\r\n", b";a=b\r\n\r\n", b" 0\r\n\r\n", b"\n\n", b"\t0\r\n\r\n"] {
        let error = chunk_error(bytes);
        assert!(error.contains("wanted the size of a chunk in hex"), "{error}");
    }
    // Also after the first chunk.
    let error = chunk_error(b"1\r\na\r\n\r\n");
    assert_eq!(
        error,
        "broken chunks after 1 bytes of the body: wanted the size of a chunk in hex, got '\\r'"
    );
}

#[test]
fn a_chunk_size_is_hex_digits_only() {
    for bytes in [
        &b"-1\r\n"[..],
        b"+1\r\n",
        b"0x5\r\n",
        b"5x\r\n",
        b"5 5\r\n",
        b"5 x\r\n",
        b"g\r\n",
        b"5_0\r\n",
        b"5:\r\n",
    ] {
        assert!(chunk_error(bytes).starts_with("broken chunks after 0 bytes"), "{:?}", bytes.escape_ascii());
    }
    for bytes in [&b"a\r\n0123456789\r\n0\r\n\r\n"[..], b"A\r\n0123456789\r\n0\r\n\r\n"] {
        assert_eq!(dechunk(bytes).unwrap().0, b"0123456789");
    }
}

#[test]
fn a_chunk_size_fits_into_64_bits() {
    let mut decoder = Decoder::new(Framing::Chunked);
    assert_eq!(decoder.step(b"ffffffffffffffff\r\nx"), Ok(Step::Data { skip: 18, len: 1 }));
    assert_eq!(decoder.expects(), Some(u64::MAX));
    assert!(chunk_error(b"10000000000000000\r\n").contains("at most 16 hex digits"));
    assert!(chunk_error(b"00000000000000000\r\n").contains("at most 16 hex digits"));
}

#[test]
fn a_bare_lf_never_ends_a_line_of_chunks() {
    for bytes in [
        &b"5\nhello\r\n0\r\n\r\n"[..],
        b"5;a\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\r\nhello\r\n0\n\r\n",
        b"5\r\nhello\r\n0\r\n\n",
        b"5\r\nhello\r\n0\r\nA: b\n\r\n",
        b"5\r\nhello\r\n0\r\nA: b\r\n\n",
    ] {
        assert!(chunk_error(bytes).ends_with("got '\\n'"), "{}", bytes.escape_ascii());
    }
}

#[test]
fn a_bare_cr_never_ends_a_line_of_chunks() {
    for bytes in [
        &b"5\rhello\r\n0\r\n\r\n"[..],
        b"5;a\rb\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhello\r0\r\n\r\n",
        b"5\r\nhello\r\n0\r\r\n",
        b"5\r\nhello\r\n0\r\n\r\r\n",
        b"5\r\nhello\r\n0\r\nA: b\rc\r\n\r\n",
    ] {
        assert!(chunk_error(bytes).contains("wanted CR and LF"), "{}", bytes.escape_ascii());
    }
}

#[test]
fn the_data_of_a_chunk_must_be_followed_by_crlf() {
    for bytes in [&b"5\r\nhello0\r\n\r\n"[..], b"5\r\nhellox\r\n0\r\n\r\n", b"5\r\nhello\rx0\r\n\r\n"] {
        let error = chunk_error(bytes);
        assert!(
            error.contains("after 5 bytes of the body: wanted CR and LF after the data of a chunk"),
            "{error}"
        );
    }
}

#[test]
fn trailers_are_checked_and_dropped() {
    assert_eq!(dechunk(b"0\r\nA: b\r\nC:\r\nD:\t\xff\r\n\r\nx"), Ok((Vec::new(), b"x".to_vec())));
    for trailer in ["no colon", "A b: c", ": a", " A: b", "A : b", "A: \0", "A: \x1b", "Ä: b", "A\r"] {
        let error = chunk_error(format!("0\r\n{trailer}\r\n\r\n").as_bytes());
        assert!(error.starts_with("broken chunks"), "{trailer:?}: {error}");
    }
}

#[test]
fn size_lines_and_trailers_are_capped() {
    let extended = |len: usize| format!("1;{}\r\na\r\n", "x".repeat(len));
    // What is allowed, is so again for each line…
    let good = extended(MAX_SIZE_LINE - 4).repeat(3) + "0\r\n\r\n";
    assert_eq!(dechunk(good.as_bytes()).unwrap().0, b"aaa");
    // …and one byte more is not.
    let error = chunk_error((extended(MAX_SIZE_LINE - 3) + "0\r\n\r\n").as_bytes());
    assert!(error.contains("a size line of at most 4 KiB"), "{error}");

    // "A:" + CRLF, and the CRLF that ends it all
    let trailers = |len: usize| format!("0\r\nA:{}\r\n\r\n", "x".repeat(len - 6));
    assert!(dechunk(trailers(MAX_TRAILERS).as_bytes()).is_ok());
    assert!(chunk_error(trailers(MAX_TRAILERS + 1).as_bytes()).contains("trailers of at most 16 KiB"));
    // Many short ones count together.
    let endless = format!("0\r\n{}", "A:\r\n".repeat(MAX_TRAILERS));
    assert!(chunk_error(endless.as_bytes()).contains("trailers of at most 16 KiB"));
}

#[test]
fn data_may_be_read_past_the_decoder() {
    let mut decoder = Decoder::new(Framing::Chunked);
    assert_eq!(decoder.expects(), None);
    assert_eq!(decoder.step(b"5\r\n"), Ok(Step::More { skip: 3 }));
    assert_eq!(decoder.expects(), Some(5));
    decoder.took(2);
    assert_eq!((decoder.expects(), decoder.received()), (Some(3), 2));
    decoder.took(3);
    assert_eq!(decoder.expects(), None);
    assert_eq!(decoder.step(b"\r\n0\r\n\r\n"), Ok(Step::End { skip: 7 }));
    assert_eq!((decoder.expects(), decoder.is_done()), (None, true));

    let mut decoder = Decoder::new(Framing::Length(5));
    decoder.took(5);
    assert!(decoder.is_done());
    assert_eq!(decoder.eof(), Ok(()));
}

#[test]
#[should_panic(expected = "more data was taken than the body has")]
fn taking_more_than_the_body_has_is_a_mistake_of_the_caller() {
    Decoder::new(Framing::Length(5)).took(6);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500, rng_seed: RngSeed::Fixed(9112), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn any_way_of_chopping_a_valid_reply_gives_the_same_body(
        chunks in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 1..50), prop::sample::select(vec!["", " ;a", ";b=\"c\"", "\t"])), 0..6,
        ),
        trailers in prop::sample::select(vec!["", "A: b\r\n", "A:\r\nB: c\r\n"]),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        bite in 1..60usize,
    ) {
        let mut sent = Vec::new();
        for (data, extension) in &chunks {
            sent.extend_from_slice(format!("{:x}{extension}\r\n", data.len()).as_bytes());
            sent.extend_from_slice(data);
            sent.extend_from_slice(b"\r\n");
        }
        sent.extend_from_slice(format!("0\r\n{trailers}\r\nrest").as_bytes());
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(sent.len() + 1)).collect();
        cuts.extend([0, sent.len()]);
        cuts.sort_unstable();
        let pieces = cuts.windows(2).map(|pair| &sent[pair[0]..pair[1]]);
        let body: Vec<u8> = chunks.iter().flat_map(|(data, _)| data.clone()).collect();
        prop_assert_eq!(decode(Framing::Chunked, pieces, bite), Ok((body, b"rest".to_vec())));
    }
}

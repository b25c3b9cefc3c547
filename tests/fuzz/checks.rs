//! What must hold for any input whatever: checked by the fuzzers here, and on random input by the property tests of
//! `tests/http_client`, which include this file.
//!
//! A check panics where something does not hold. That it returns at all is a part of it: no input may panic, hang or make
//! the client reserve memory by what it claims.

use http_client::h1::body::{Decoder, Framing, MAX_SIZE_LINE, MAX_TRAILERS, Step};
use http_client::h1::head::{HeadError, HeadReader, Limits};
use http_client::url::Url;

/// The head of a reply: the same however it is cut, and safe to use. The first byte says where it is cut.
pub fn head(input: &[u8]) {
    let Some((&cut, bytes)) = input.split_first() else { return };
    let cut = usize::from(cut) % (bytes.len() + 1);
    for limits in [Limits::default(), Limits { bytes: 60, fields: 3 }] {
        let whole = read(bytes, limits, [bytes.len()].into_iter());
        assert_eq!(read(bytes, limits, [cut, bytes.len()].into_iter()), whole, "cut at {cut}");
        assert_eq!(read(bytes, limits, 0..=bytes.len()), whole, "byte by byte");
    }
}

/// Hands in `bytes` up to each of `ends` in turn, and says in one line what came of it.
fn read(bytes: &[u8], limits: Limits, ends: impl Iterator<Item = usize>) -> String {
    let mut reader = HeadReader::new(limits);
    for end in ends {
        match reader.read(&bytes[..end]) {
            Ok(None) => {}
            Ok(Some((head, len))) => {
                assert!(len <= limits.bytes && head.headers.len() <= limits.fields);
                assert_eq!(head.raw(), &bytes[..len]);
                assert!((100..1000).contains(&head.status.as_u16()));
                for (name, value) in head.headers.iter() {
                    let sane = |&b: &u8| b == b'\t' || (b >= b' ' && b != 0x7f);
                    assert!(
                        !name.is_empty() && name.bytes().all(|b| b.is_ascii_graphic() && b != b':'),
                        "{name:?}"
                    );
                    assert!(value.iter().all(sane) && value.trim_ascii() == value, "{value:?}");
                }
                for method in ["GET", "HEAD"] {
                    let _ = Framing::of(method, &head);
                }
                return format!("{head:?} {len}");
            }
            // What it shows of the bytes depends on how many are there.
            Err(HeadError::NotHttp(_)) => return "not HTTP".to_owned(),
            Err(error) => return line(error),
        }
    }
    "more".to_owned()
}

/// The body of a reply: the same however it is cut, and, if it is chunked, what a decoder of another make finds in it. The
/// first three bytes choose the framing, the cut and how much is taken at a time.
pub fn framing(input: &[u8]) {
    let Some((&[framing, cut, bite], bytes)) = input.split_first_chunk() else { return };
    let framing = match framing % 8 {
        0 => Framing::Empty,
        1 => Framing::UntilClose,
        2 => Framing::Length(u64::from(framing) / 8),
        _ => Framing::Chunked,
    };
    let (left, right) = bytes.split_at(usize::from(cut) % (bytes.len() + 1));
    let whole = decode(framing, [bytes], usize::MAX);
    assert_eq!(decode(framing, [left, right], usize::from(bite).max(1)), whole);
    assert_eq!(decode(framing, bytes.chunks(1), usize::MAX), whole);
    if framing == Framing::Chunked {
        assert_eq!(whole.ok(), dechunk(bytes), "{}", bytes.escape_ascii());
    }
}

/// Decodes what comes in these pieces, then ends the stream: the body and what is left behind it, or the error.
fn decode<'a>(
    framing: Framing,
    pieces: impl IntoIterator<Item = &'a [u8]>,
    bite: usize,
) -> Result<(Vec<u8>, Vec<u8>), String> {
    let mut decoder = Decoder::new(framing);
    let (mut body, mut rest) = (Vec::new(), Vec::new());
    for mut piece in pieces {
        loop {
            match decoder.step(piece).map_err(line)? {
                Step::Data { skip, len } => {
                    let len = len.min(bite);
                    body.extend_from_slice(&piece[skip..skip + len]);
                    decoder.took(len as u64);
                    piece = &piece[skip + len..];
                }
                Step::More { skip } => {
                    assert_eq!(skip, piece.len());
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
    decoder.eof().map_err(line)?;
    Ok((body, rest))
}

/// Chunks decoded in another way, by whole lines, where all is there at once.
fn dechunk(bytes: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let is_text = |text: &[u8]| text.iter().all(|&b| b == b'\t' || (b >= b' ' && b != 0x7f));
    // A line up to its CR LF, which nothing else may look like.
    let line = |bytes: &mut &[u8]| -> Option<Vec<u8>> {
        let len = bytes.iter().position(|&b| b == b'\r')?;
        let line = bytes[..len].to_vec();
        *bytes = bytes[len..].strip_prefix(b"\r\n")?;
        is_text(&line).then_some(line)
    };
    let (mut body, mut rest) = (Vec::new(), bytes);
    loop {
        let size_line = line(&mut rest)?;
        let digits = size_line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let extension = size_line[digits..].trim_ascii_start();
        let is_good = (1..=16).contains(&digits) && (extension.is_empty() || extension[0] == b';');
        if !is_good || size_line.len() + 2 > MAX_SIZE_LINE {
            return None;
        }
        let size = u64::from_str_radix(std::str::from_utf8(&size_line[..digits]).ok()?, 16).ok()?;
        if size == 0 {
            break;
        }
        let (data, after) = rest.split_at_checked(usize::try_from(size).ok()?)?;
        body.extend_from_slice(data);
        rest = after.strip_prefix(b"\r\n")?;
    }
    let trailers = rest.len();
    loop {
        let trailer = line(&mut rest)?;
        if trailers - rest.len() > MAX_TRAILERS {
            return None;
        }
        if trailer.is_empty() {
            return Some((body, rest.to_vec()));
        }
        let name = &trailer[..trailer.iter().position(|&b| b == b':')?];
        let is_token = |b: &u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(b);
        if name.is_empty() || !name.iter().all(is_token) {
            return None;
        }
    }
}

/// A URL, and what a reference means there: refused, or safe to send and the same as to the WHATWG's parser, which is that
/// of browsers and Node. A line break parts the two.
pub fn url(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (base, reference) = text.split_once('\n').unwrap_or((&text, ""));
    let ours = match Url::parse(base) {
        Ok(ours) => ours,
        Err(error) => return drop(line(error)),
    };
    // A fault of the crate `url` (2.5): there a folder `c:` is a drive, and `..` does not lead out of it, also where the
    // scheme is not `file`. Node has it as we do.
    let is_drive = |it: &[u8]| {
        it[0] == b'/' && it[1].is_ascii_alphabetic() && it[2] == b':' && b"/\\?#\n".contains(&it[3])
    };
    if input.windows(4).any(is_drive) {
        return;
    }
    let theirs = url::Url::parse(base);
    agrees(base, &ours, theirs.as_ref());
    // Whether an `xn--` name is a good one is left to DNS, so they may have none here.
    match (ours.join(reference), theirs) {
        (Ok(joined), Ok(theirs)) => agrees(&text, &joined, theirs.join(reference).as_ref()),
        (Ok(_), Err(_)) => {}
        (Err(error), _) => drop(line(error)),
    }
}

fn agrees(text: &str, ours: &Url, theirs: Result<&url::Url, &url::ParseError>) {
    assert!(ours.target().starts_with('/') && ours.port() > 0 && !ours.host().is_empty(), "{text:?}");
    assert!(ours.target().bytes().all(|b| b.is_ascii_graphic() && b != b'#'), "{text:?}");
    assert!(ours.authority().bytes().all(|b| b.is_ascii_graphic()), "{text:?}");
    assert_eq!(Url::parse(&ours.to_string()).as_ref(), Ok(&ours.without_userinfo()), "{text:?}");

    let theirs = match theirs {
        Ok(theirs) => theirs,
        Err(_) if ours.host().split('.').any(|label| label.starts_with("xn--")) => return,
        Err(error) => panic!("{text:?} is {ours} to us, to them an error: {error}"),
    };
    let host = theirs.host_str().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let parts = (ours.scheme().to_string(), ours.host(), Some(ours.port()), ours.path(), ours.query());
    let wanted =
        (theirs.scheme().to_owned(), host, theirs.port_or_known_default(), theirs.path(), theirs.query());
    assert_eq!(parts, wanted, "{text:?}");
    let decoded = http_client::url::percent_decoded;
    let user = (decoded(theirs.username()), decoded(theirs.password().unwrap_or_default()));
    assert_eq!(ours.userinfo().unwrap_or_default(), user, "{text:?}");
}

/// The error as a user sees it: one line.
fn line(error: impl std::fmt::Display) -> String {
    let line = error.to_string();
    assert!(!line.chars().any(char::is_control), "{line:?}");
    line
}

//! Reading the head of a reply (RFC 9112 2 to 5), from bytes that arrive in any pieces.
//!
//! [`HeadReader`] only looks for the empty line that ends the head, and remembers how far it looked: a head that
//! comes a byte at a time costs no more than one that comes at once (parsing from the start after each byte would
//! be quadratic). Once the end is there, httparse parses the whole head in one go.
//!
//! What httparse would let pass, and this does not: empty lines before the status line (that leniency is for
//! servers, RFC 9112 2.2; before a reply they are bytes that nobody asked for), and a status below 100.
//! What both refuse: bare CR, NUL and other control characters, folded lines, a space before the colon.
//! A bare LF may end a line, as RFC 9112 2.2 allows.

use std::error::Error;
use std::fmt;

use super::shown;
use crate::headers::Headers;
use crate::status::Status;

/// How much head a peer may send. The limits hold for all heads of one reply together, so that interim (1xx)
/// heads cannot go on for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes, line ends included.
    pub bytes: usize,
    /// The most header fields.
    pub fields: usize,
}

impl Default for Limits {
    /// 64 KiB and 128 fields.
    fn default() -> Limits {
        Limits { bytes: 64 * 1024, fields: 128 }
    }
}

/// The HTTP version a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// HTTP/1.0: a connection a request, unless the server says otherwise.
    Http10,
    /// HTTP/1.1: the connection is kept, unless the server says otherwise.
    Http11,
}

/// The head of a reply.
#[derive(Clone, Debug)]
pub struct Head {
    /// The server's version.
    pub version: Version,
    /// The status code.
    pub status: Status,
    /// The header fields, as they came.
    pub headers: Headers,
}

impl Head {
    /// The head as it came: every byte, up to and with its empty line.
    pub fn raw(&self) -> &[u8] {
        self.headers.raw()
    }

    /// Whether the connection may be used again once this reply was read whole (RFC 9112 9.3). A body that
    /// [ends with the connection](super::body::Framing::UntilClose) rules that out by itself.
    pub fn keep_alive(&self) -> bool {
        let says = |token: &str| {
            self.headers.list("Connection").any(|known| known.eq_ignore_ascii_case(token.as_bytes()))
        };
        // Two framings in one head are an attempt at smuggling, or an old proxy between that did not understand
        // one of them: what follows this reply is not to be trusted (RFC 9112 6.1).
        let doubtful = self.headers.contains("Transfer-Encoding")
            && (self.headers.contains("Content-Length") || self.version == Version::Http10);
        !doubtful && !says("close") && (self.version == Version::Http11 || says("keep-alive"))
    }
}

/// Finds and parses the heads of one reply: any number of interim ones, then the final one.
///
/// ```
/// use http_client::h1::head::{HeadReader, Limits};
///
/// let mut reader = HeadReader::new(Limits::default());
/// assert!(reader.read(b"HTTP/1.1 200 OK\r\nServer: x\r\n").unwrap().is_none());
/// let (head, len) = reader.read(b"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nbody").unwrap().unwrap();
/// assert_eq!((head.status.as_u16(), head.headers.get("server"), len), (200, Some("x"), 30));
/// ```
#[derive(Debug)]
pub struct HeadReader {
    limits: Limits,
    /// What the heads so far left of the limits.
    left: Limits,
    /// How far the ends of the present head's lines were looked for…
    seen: usize,
    /// …and how many there were.
    lines: usize,
}

impl HeadReader {
    /// A reader for one reply.
    pub fn new(limits: Limits) -> HeadReader {
        HeadReader { limits, left: limits, seen: 0, lines: 0 }
    }

    /// Takes all bytes of the present head that are there so far, those of the last call included. Gives the head
    /// and its length once it is complete, `None` as long as more is needed. The next call is for the next head:
    /// hand in what follows.
    ///
    /// # Errors
    /// When these bytes cannot become a head any more. What is not HTTP at all is refused at its first byte, not
    /// when the limit is reached.
    ///
    /// # Panics
    /// When fewer bytes of the present head are handed in than before.
    pub fn read(&mut self, buf: &[u8]) -> Result<Option<(Head, usize)>, HeadError> {
        let start = &buf[..buf.len().min(9)];
        if ![b"HTTP/1.1 ", b"HTTP/1.0 "].iter().any(|good| good.starts_with(start)) {
            return Err(HeadError::NotHttp(shown(buf)));
        }
        // trap 44: a head may end anywhere, also between CR and LF; only whole lines are looked at.
        let end = buf.len().min(self.left.bytes);
        while let Some(len) = buf[self.seen..end].iter().position(|&b| b == b'\n') {
            let before = &buf[..self.seen + len];
            self.seen += len + 1;
            if before.ends_with(b"\n") || before.ends_with(b"\n\r") {
                return self.parse(&buf[..self.seen]).map(Some);
            }
            self.lines += 1;
            // The first line is the status line.
            if self.lines - 1 > self.left.fields {
                return Err(HeadError::TooManyFields(self.limits.fields));
            }
        }
        self.seen = end;
        match end < self.left.bytes {
            true => Ok(None),
            false => Err(HeadError::TooLong(self.limits.bytes)),
        }
    }

    /// Parses a whole head, up to and with its empty line, and gets ready for the next.
    fn parse(&mut self, raw: &[u8]) -> Result<(Head, usize), HeadError> {
        // Counted by line ends, so that there is room for each field and never more than the limit.
        let mut parsed = vec![httparse::EMPTY_HEADER; self.lines.saturating_sub(1)];
        let mut reply = httparse::Response::new(&mut parsed);
        let is_whole = matches!(reply.parse(raw), Ok(httparse::Status::Complete(len)) if len == raw.len());
        let Some(status) = reply.code.and_then(Status::new).filter(|_| is_whole) else {
            return Err(fault(raw));
        };
        let version = if reply.version == Some(0) { Version::Http10 } else { Version::Http11 };
        // httparse gives slices of `raw`; their distance from its start is what we keep.
        let span = |part: &[u8]| {
            let start = part.as_ptr().addr() - raw.as_ptr().addr();
            start..start + part.len()
        };
        let fields: Vec<_> =
            (reply.headers.iter()).map(|field| (span(field.name.as_bytes()), span(field.value))).collect();

        let left = Limits { bytes: self.left.bytes - raw.len(), fields: self.left.fields - fields.len() };
        *self = HeadReader { left, ..HeadReader::new(self.limits) };
        Ok((Head { version, status, headers: Headers::from_head(raw.to_vec(), fields) }, raw.len()))
    }
}

/// Finds the first bad line of a head that was refused, as httparse says what is wrong, but not where.
fn fault(raw: &[u8]) -> HeadError {
    let mut lines = raw.split_inclusive(|&b| b == b'\n');
    let is_bad = |line: &[u8]| httparse::parse_headers(line, &mut [httparse::EMPTY_HEADER]).is_err();
    // The first line is the status line: at fault if no other is.
    let at = lines.clone().skip(1).position(is_bad).map_or(0, |at| at + 1);
    HeadError::Line(at + 1, shown(lines.nth(at).unwrap_or_default().trim_ascii_end()))
}

/// Why bytes are not the head of a reply. What is shown of them is escaped, and cut after 40 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadError {
    /// The first bytes are not those of HTTP/1.0 or HTTP/1.1, but these, as far as they were there.
    NotHttp(String),
    /// No end of the head within this many bytes.
    TooLong(usize),
    /// More than this many header fields.
    TooManyFields(usize),
    /// A line that is not as RFC 9112 has it: its number, counted from 1, and what it holds.
    Line(usize, String),
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHttp(start) => {
                write!(f, "the reply is not HTTP/1.0 or 1.1: it begins with \"{start}\"; is the port right?")
            }
            Self::TooLong(limit) => write!(f, "the head of the reply is longer than {limit} bytes"),
            Self::TooManyFields(limit) => write!(f, "the reply has more than {limit} header fields"),
            Self::Line(at, text) => write!(f, "the head of the reply is garbled in line {at}: \"{text}\""),
        }
    }
}

impl Error for HeadError {}

//! The body of a reply: how long it is (RFC 9112 6), and which of the bytes that arrive belong to it.
//!
//! [`Framing::of`] decides by method and head, once. [`Decoder`] then goes through the bytes. It copies nothing:
//! it tells which bytes to skip and which are data, or that data may be read from the socket right into the place
//! where it is wanted.

use std::error::Error;
use std::fmt;

use super::head::{Head, Version};
use super::shown;
use crate::headers::{Headers, is_token_byte, is_value_byte};
use crate::refused::{Refused, refuse};

/// The longest line with a chunk's size, its extensions and line end included. Extensions are read and dropped.
pub const MAX_SIZE_LINE: usize = 4 * 1024;

/// The longest trailer section. Trailers are checked and dropped.
pub const MAX_TRAILERS: usize = 16 * 1024;

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// There is no body.
    Empty,
    /// A body of this many bytes.
    Length(u64),
    /// Chunks, each with its size in front, the last of size 0.
    Chunked,
    /// Whatever comes until the server closes the connection, which is never used again.
    UntilClose,
}

impl Framing {
    /// The framing of the reply `head` to a request of this method (RFC 9112 6.3).
    ///
    /// # Errors
    /// When Transfer-Encoding is anything but exactly one `chunked`, or stands in an HTTP/1.0 reply (RFC 9112 6.1:
    /// faulty, as whoever passed it on did not understand it); when Content-Length is not a number, too large a number, or
    /// two that differ. The connection must then be closed: where the reply ends is not known.
    pub fn of(method: &str, head: &Head) -> Result<Framing, Refused> {
        if method == "HEAD" || head.status.is_informational() || [204, 304].contains(&head.status.as_u16()) {
            return Ok(Framing::Empty);
        }
        // Transfer-Encoding goes before Content-Length; `Head::keep_alive` sees to it that with both of them
        // the connection is not used again.
        let mut codings = head.headers.list("Transfer-Encoding");
        if let Some(coding) = codings.next() {
            // `gzip, chunked`, `chunked, chunked` and `identity` are not for us, and not worth a guess.
            let only_chunked = coding.eq_ignore_ascii_case(b"chunked") && codings.next().is_none();
            if only_chunked && head.version == Version::Http11 {
                return Ok(Framing::Chunked);
            }
            let why = if only_chunked { "stands in an HTTP/1.0 reply" } else { "is not \"chunked\" alone" };
            return refuse(format!("Transfer-Encoding \"{}\" {why}", shown(coding)));
        }
        Ok(content_length(&head.headers)?.map_or(Framing::UntilClose, Framing::Length))
    }
}

/// What Content-Length says, if there is one.
pub(crate) fn content_length(headers: &Headers) -> Result<Option<u64>, Refused> {
    let mut length = None;
    for value in headers.list("Content-Length") {
        // Equal repeats, as fields or in one list, are one; anything else is refused. The check for digits is not
        // idle: `parse` takes `+5`.
        let text = std::str::from_utf8(value).ok().filter(|_| value.iter().all(u8::is_ascii_digit));
        match text.and_then(|digits| digits.parse().ok()) {
            Some(number) if length.is_none_or(|known| known == number) => length = Some(number),
            _ => return refuse(format!("Content-Length \"{}\" is not one length", shown(value))),
        }
    }
    Ok(length)
}

/// What to do with the bytes that were handed to [`Decoder::step`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Drop `skip` bytes; then come `len` bytes of the body, at least 1. Tell [`Decoder::took`] how many were used.
    Data {
        /// Bytes of framing, to be dropped.
        skip: usize,
        /// Bytes of the body after them.
        len: usize,
    },
    /// Drop `skip` bytes, which is all there are; call again when there are more.
    More {
        /// Bytes of framing, to be dropped.
        skip: usize,
    },
    /// Drop `skip` bytes; the body is complete, and what follows is not part of it.
    End {
        /// Bytes of framing, to be dropped.
        skip: usize,
    },
}

/// Finds the body in the bytes that follow a head. How they are cut up does not matter.
///
/// ```
/// use http_client::h1::body::{Decoder, Framing, Step};
///
/// let mut decoder = Decoder::new(Framing::Chunked);
/// assert_eq!(decoder.step(b"3"), Ok(Step::More { skip: 1 }));
/// assert_eq!(decoder.step(b"\r\nab"), Ok(Step::Data { skip: 2, len: 2 }));
/// decoder.took(2);
/// assert_eq!(decoder.expects(), Some(1)); // one more byte may be read right into a buffer
/// decoder.took(1);
/// assert_eq!(decoder.step(b"\r\n0\r\n\r\n"), Ok(Step::End { skip: 7 }));
/// assert_eq!(decoder.received(), 3);
/// ```
#[derive(Debug)]
pub struct Decoder {
    framing: Framing,
    state: State,
    /// Bytes of data that are still to come, in this chunk or in all; while a size line comes, the size so far.
    left: u64,
    /// Bytes so far of the present size line or of the trailers.
    line: usize,
    /// Bytes of the body so far.
    received: u64,
    /// What was wrong, once something was.
    error: Option<Refused>,
}

/// What comes next. Framing bytes are taken one at a time, so every place between two bytes is a state: there is
/// no other way to be cut in two (trap 44).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Bytes of the body, at least 1.
    Data,
    /// CR, then LF, after the data of a chunk.
    DataCr,
    DataLf,
    /// The next digit of a chunk's size.
    Size,
    /// Blanks after the size.
    Blank,
    /// The rest of an extension.
    Extension,
    /// LF after the size line.
    SizeLf,
    /// The first byte of a trailer line, or the CR of the empty line that ends it all.
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLf,
    /// The very last LF.
    EndLf,
    /// Nothing.
    Done,
}

impl Decoder {
    /// A decoder for one body.
    pub fn new(framing: Framing) -> Decoder {
        let (state, left) = match framing {
            Framing::Empty | Framing::Length(0) => (State::Done, 0),
            Framing::Length(length) => (State::Data, length),
            Framing::Chunked => (State::Size, 0),
            // More than any connection lives to see.
            Framing::UntilClose => (State::Data, u64::MAX),
        };
        Decoder { framing, state, left, line: 0, received: 0, error: None }
    }

    /// Looks at the next bytes, up to the first run of data. The bytes to skip are then done with, those of the
    /// data not until [`took`](Decoder::took) is told.
    ///
    /// # Errors
    /// When the framing of the chunks is broken. The body cannot be continued: it is the same error from then on, as what
    /// was not skipped would be taken for something else now.
    pub fn step(&mut self, input: &[u8]) -> Result<Step, Refused> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        for (skip, &byte) in input.iter().enumerate() {
            match self.state {
                State::Done => return Ok(Step::End { skip }),
                State::Data => {
                    let len = self.left.min((input.len() - skip) as u64) as usize;
                    return Ok(Step::Data { skip, len });
                }
                _ => self.state = self.framing_byte(byte).inspect_err(|e| self.error = Some(e.clone()))?,
            }
        }
        let skip = input.len();
        Ok(if self.is_done() { Step::End { skip } } else { Step::More { skip } })
    }

    /// If data comes next, how many bytes of it at most: that many may be read right into the caller's buffer,
    /// past [`step`](Decoder::step). `None` if framing comes next, or nothing.
    pub fn expects(&self) -> Option<u64> {
        (self.state == State::Data).then_some(self.left)
    }

    /// Counts `n` bytes of data as read.
    ///
    /// # Panics
    /// When these are more than [`expects`](Decoder::expects) said.
    pub fn took(&mut self, n: u64) {
        assert!(n <= self.expects().unwrap_or(0), "more data was taken than the body has");
        self.received += n;
        self.left -= n;
        if self.expects() == Some(0) {
            self.state = if self.framing == Framing::Chunked { State::DataCr } else { State::Done };
        }
    }

    /// Says that the stream has ended. Fine where that ends the body; over TLS the caller must have seen
    /// close_notify, or it is [`Truncated`] as well.
    ///
    /// # Errors
    /// When the body is not complete.
    pub fn eof(&mut self) -> Result<(), Truncated> {
        if self.framing == Framing::UntilClose {
            self.state = State::Done;
        }
        let of = if let Framing::Length(length) = self.framing { Some(length) } else { None };
        if self.is_done() { Ok(()) } else { Err(Truncated { got: self.received, of }) }
    }

    /// Whether the body is complete.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Bytes of the body so far, without their framing.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// One byte of chunk framing (RFC 9112 7.1): the state after it.
    fn framing_byte(&mut self, byte: u8) -> Result<State, Refused> {
        use State::*;
        // In a size line, how many digits there are so far: until they end, nothing else has come.
        let digits = self.line;
        self.line += 1;
        let next = match (self.state, byte) {
            _ if self.line > self.limit() => return self.broken(byte),
            // No bare LF ends a line here: what is one line to us and two to another is how bodies are smuggled.
            (DataCr, b'\r') => DataLf,
            (DataLf, b'\n') => Size,
            // 16 digits fill a u64, so this cannot overflow.
            (Size, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if digits < 16 => {
                self.left = self.left << 4 | u64::from(char::from(byte).to_digit(16).unwrap_or(0));
                Size
            }
            // At least one digit, or a stream cut in a strange place would look like the last chunk. (This is why
            // `httparse::parse_chunk_size` is not used: it takes an empty line for a size of 0.)
            (Size, _) if digits == 0 => return self.broken(byte),
            (Size | Blank, b' ' | b'\t') => Blank,
            (Size | Blank, b';') => Extension,
            (Size | Blank | Extension, b'\r') => SizeLf,
            (Extension, _) if is_value_byte(byte) => Extension,
            (SizeLf, b'\n') => {
                if self.left == 0 {
                    TrailerStart
                } else {
                    Data
                }
            }
            (TrailerStart, b'\r') => EndLf,
            (TrailerStart | TrailerName, _) if is_token_byte(byte) => TrailerName,
            (TrailerName, b':') => TrailerValue,
            (TrailerValue, b'\r') => TrailerLf,
            (TrailerValue, _) if is_value_byte(byte) => TrailerValue,
            (TrailerLf, b'\n') => TrailerStart,
            (EndLf, b'\n') => Done,
            _ => return self.broken(byte),
        };
        // A size line begins after the data of the last chunk, the trailers after the last size line.
        if matches!(self.state, SizeLf | DataLf) {
            self.line = 0;
        }
        Ok(next)
    }

    /// How long the present size line, or the trailers, may be.
    fn limit(&self) -> usize {
        use State::*;
        let in_trailers = matches!(self.state, TrailerStart | TrailerName | TrailerValue | TrailerLf | EndLf);
        if in_trailers { MAX_TRAILERS } else { MAX_SIZE_LINE }
    }

    /// This byte is none of those that could come.
    fn broken<T>(&self, found: u8) -> Result<T, Refused> {
        let wanted = match self.state {
            _ if self.line > MAX_TRAILERS => "trailers of at most 16 KiB",
            _ if self.line > self.limit() => "a size line of at most 4 KiB",
            State::DataCr | State::DataLf => "CR and LF after the data of a chunk",
            State::Size if self.line == 1 => "the size of a chunk in hex",
            State::Size if self.line > 16 && found.is_ascii_hexdigit() => "a size of at most 16 hex digits",
            State::Size | State::Blank => "';' or CR and LF after the size of a chunk",
            State::Extension | State::SizeLf => "CR and LF after the size line of a chunk",
            State::TrailerStart | State::TrailerName => "a trailer or an empty line",
            _ => "CR and LF after a trailer or the last chunk",
        };
        let (after, found) = (self.received, found.escape_ascii());
        refuse(format!("broken chunks after {after} bytes of the body: wanted {wanted}, got '{found}'"))
    }
}

/// The stream ended before the body did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncated {
    /// Bytes of the body that came.
    pub got: u64,
    /// Bytes that should have come, where the head said so.
    pub of: Option<u64>,
}

impl fmt::Display for Truncated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.of {
            Some(of) => write!(f, "the body was cut short: {} of {of} bytes came", self.got),
            None => write!(f, "the body was cut short: the connection ended after {} bytes", self.got),
        }
    }
}

impl Error for Truncated {}

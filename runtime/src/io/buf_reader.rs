//! [`BufReader`]: lines, and whatever else ends with a certain byte.
//!
//! The bytes of a stream come in pieces that have nothing to do with its lines. So what was read is kept here until
//! the end of a line is among it, and what is beyond stays for the next call.

use std::io::{self, ErrorKind};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{AsyncRead, AsyncWrite, Reading, append, placed};

/// How much is asked for at once.
const PIECE: usize = 8 * 1024;

/// How long a line may be unless set, as in asyncio.
const LIMIT: usize = 64 * 1024;

/// A reader that finds the ends of lines. asyncio's `StreamReader`, tokio's `BufReader`.
///
/// It reads ahead: from then on, read through it alone. If the reader is a writer too (a socket), so is this, and
/// nothing that is written is kept back.
///
/// Memory: 8 KiB; after a long line more, which is kept, up to about twice the [limit](Self::limit). The peer cannot
/// make it more.
///
/// ```
/// use runtime::io::{AsyncWriteExt, BufReader};
/// use runtime::net::{TcpListener, TcpStream};
/// runtime::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     let mut client = TcpStream::connect(listener.local_addr()?).await?;
///     let (server, _) = listener.accept().await?;
///     client.write_all(b"one\ntwo\r\nthree").await?;
///     client.close().await?;
///
///     let mut server = BufReader::new(server);
///     let mut line = String::new();
///     let mut lines = Vec::new();
///     while server.read_line(&mut line).await? > 0 {
///         lines.push(line.trim_end().to_owned());
///         line.clear();
///     }
///     assert_eq!(lines, ["one", "two", "three"]);
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct BufReader<R> {
    reader: R,
    /// What was read ahead; from `start` on it is unread.
    ahead: Vec<u8>,
    start: usize,
    limit: usize,
}

impl<R> BufReader<R> {
    /// Over a reader, with lines of up to 64 KiB.
    pub fn new(reader: R) -> Self {
        BufReader { reader, ahead: Vec::new(), start: 0, limit: LIMIT }
    }

    /// How many bytes a line may have, its end included; at least 1. A longer one is an error, since a peer
    /// that sends one without an end would else fill the memory. asyncio's `limit`, and 64 KiB unless set as there.
    ///
    /// ```
    /// use runtime::io::BufReader;
    /// let mut reader = BufReader::new(&b"too long a line\n"[..]).limit(8);
    /// let too_long = runtime::block_on(reader.read_line(&mut String::new())).unwrap_err();
    /// assert_eq!(too_long.to_string(), "no '\\n' within 8 bytes");
    /// ```
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = bytes.max(1);
        self
    }

    /// What was read ahead and is still unread.
    ///
    /// ```
    /// use runtime::io::BufReader;
    /// let mut reader = BufReader::new(&b"CONNECT\nraw bytes"[..]);
    /// runtime::block_on(reader.read_line(&mut String::new()))?;
    /// assert_eq!(reader.ahead(), b"raw bytes"); // came along with the line
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn ahead(&self) -> &[u8] {
        &self.ahead[self.start..]
    }

    /// The reader below. What is read from it directly is not what comes next: see [`ahead`](Self::ahead).
    ///
    /// ```
    /// use runtime::io::BufReader;
    /// let mut reader = BufReader::new(&b"one\ntwo\n"[..]);
    /// runtime::block_on(reader.read_line(&mut String::new()))?;
    /// assert!(reader.get_ref().is_empty()); // all of it has been read ahead
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The reader below, to be changed.
    ///
    /// ```
    /// use runtime::io::BufReader;
    /// let mut reader = BufReader::new(&b"in two "[..]);
    /// let mut line = String::new();
    /// runtime::block_on(async {
    ///     reader.read_line(&mut line).await?;
    ///     *reader.get_mut() = &b"pieces\n"[..];
    ///     reader.read_line(&mut line).await
    /// })?;
    /// assert_eq!(line, "in two pieces\n");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.reader
    }

    /// The reader below. What is [`ahead`](Self::ahead) is lost.
    ///
    /// ```
    /// use runtime::io::BufReader;
    /// let mut reader = BufReader::new(&b"head\nbody"[..]);
    /// runtime::block_on(reader.read_line(&mut String::new()))?;
    /// let ahead = reader.ahead().to_vec(); // before it is too late
    /// assert_eq!((&ahead[..], reader.into_inner()), (&b"body"[..], &b""[..]));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn into_inner(self) -> R {
        self.reader
    }

    /// The next `n` bytes are read.
    fn consume(&mut self, n: usize) {
        self.start += n;
        if self.start == self.ahead.len() {
            self.ahead.clear();
            self.start = 0;
        }
    }
}

impl<R: AsyncRead> BufReader<R> {
    /// Appends to `buf` all up to and with the next byte that is `end`, or to the end of the stream if there is none: how
    /// many bytes, 0 at the end of the stream. asyncio's `readuntil`.
    ///
    /// Cancel safe: dropped, it has taken nothing.
    ///
    /// # Errors
    /// The reader's. `InvalidData` if there is no `end` within the [limit](Self::limit): nothing is taken then, and
    /// `read` still gives the bytes.
    ///
    /// # Example
    /// ```
    /// use runtime::io::BufReader;
    /// runtime::block_on(async {
    ///     let mut reader = BufReader::new(&b"a;bc"[..]);
    ///     let mut fields = Vec::new();
    ///     assert_eq!(reader.read_until(b';', &mut fields).await?, 2);
    ///     assert_eq!(reader.read_until(b';', &mut fields).await?, 2);
    ///     assert_eq!(reader.read_until(b';', &mut fields).await?, 0);
    ///     assert_eq!(fields, b"a;bc");
    ///     Ok::<(), std::io::Error>(())
    /// }).unwrap();
    /// ```
    #[track_caller]
    pub fn read_until<'a>(&'a mut self, end: u8, buf: &'a mut Vec<u8>) -> ReadUntil<'a, R> {
        ReadUntil { reader: Reading(self), end, seen: 0, buf, at: Location::caller() }
    }

    /// Appends the next line to `line`, with the `\n` that ends it (the last one may have none): how many bytes, 0 at the
    /// end of the stream.
    ///
    /// Cancel safe: dropped, it has taken nothing.
    ///
    /// # Errors
    /// As [`read_until`](Self::read_until), and also `InvalidData` if the line is not UTF-8: the error is then a
    /// [`FromUtf8Error`](std::string::FromUtf8Error), which has the bytes, and the next call gives the next line.
    /// (asyncio's `readline` gives bytes from the start.)
    #[track_caller]
    pub fn read_line<'a>(&'a mut self, line: &'a mut String) -> ReadLine<'a, R> {
        ReadLine { reader: Reading(self), seen: 0, line, at: Location::caller() }
    }

    /// Reads until `end` is ahead: where, counted with it. The first `seen` bytes ahead hold none; a byte is looked at
    /// once, however small the pieces are in which a long line comes.
    fn poll_until(&mut self, cx: &mut Context<'_>, end: u8, seen: &mut usize) -> Poll<io::Result<usize>> {
        loop {
            let ahead = self.ahead();
            let found = ahead[*seen..].iter().position(|byte| *byte == end).map(|at| *seen + at + 1);
            let long = found.unwrap_or(ahead.len() + 1) > self.limit;
            if let Some(len) = found
                && !long
            {
                return Poll::Ready(Ok(len));
            }
            if long {
                let text = format!("no {:?} within {} bytes", char::from(end), self.limit);
                return Poll::Ready(Err(io::Error::new(ErrorKind::InvalidData, text)));
            }
            *seen = ahead.len();
            if ready!(self.poll_ahead(cx))? == 0 {
                return Poll::Ready(Ok(self.ahead().len()));
            }
        }
    }

    /// Reads a further piece ahead: how many bytes.
    fn poll_ahead(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.ahead.drain(..self.start);
        self.start = 0;
        append(&mut self.ahead, PIECE, |buf| self.reader.poll_read(cx, buf))
    }
}

/// The future of [`BufReader::read_until`].
///
/// All or nothing: what a dropped one has read is still [ahead](BufReader::ahead).
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::{io::{AsyncWriteExt, BufReader}, net::pipe, timeout};
/// use std::time::Duration;
/// let (mut sender, receiver) = pipe::new()?;
/// let (mut reader, mut field) = (BufReader::new(receiver), Vec::new());
/// sender.write_all(b"half a ").await?;
/// let read = reader.read_until(b';', &mut field);
/// assert!(timeout(Duration::from_millis(1), read).await.is_err());
/// assert!(field.is_empty());
/// sender.write_all(b"field;").await?;
/// reader.read_until(b';', &mut field).await?;
/// assert_eq!(field, b"half a field;");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadUntil<'a, R: AsyncRead> {
    reader: Reading<'a, BufReader<R>>,
    end: u8,
    seen: usize,
    buf: &'a mut Vec<u8>,
    at: &'static Location<'static>,
}

impl<R: AsyncRead> Future for ReadUntil<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let n = ready!(placed(this.reader.0.poll_until(cx, this.end, &mut this.seen), this.at))?;
        this.buf.extend_from_slice(&this.reader.0.ahead()[..n]);
        this.reader.0.consume(n);
        Poll::Ready(Ok(n))
    }
}

/// The future of [`BufReader::read_line`].
///
/// A line that is no text is not lost, and does not come again:
///
/// ```
/// use runtime::io::BufReader;
/// runtime::block_on(async {
///     let mut reader = BufReader::new(&b"caf\xe9\nnext\n"[..]); // not UTF-8
///     let mut line = String::new();
///     let error = reader.read_line(&mut line).await.unwrap_err();
///     let no_text = error.into_inner().unwrap().downcast::<std::string::FromUtf8Error>().unwrap();
///     assert_eq!(no_text.into_bytes(), b"caf\xe9\n");
///     assert_eq!(reader.read_line(&mut line).await.unwrap(), 5);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadLine<'a, R: AsyncRead> {
    reader: Reading<'a, BufReader<R>>,
    seen: usize,
    line: &'a mut String,
    at: &'static Location<'static>,
}

impl<R: AsyncRead> Future for ReadLine<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let n = ready!(placed(this.reader.0.poll_until(cx, b'\n', &mut this.seen), this.at))?;
        let read = match str::from_utf8(&this.reader.0.ahead()[..n]) {
            Ok(text) => {
                this.line.push_str(text);
                Ok(n)
            }
            Err(_) => {
                let bytes = String::from_utf8(this.reader.0.ahead()[..n].to_vec());
                bytes.map(|_| n).map_err(|no_text| io::Error::new(ErrorKind::InvalidData, no_text))
            }
        };
        // In any case: a line that is no text would else be there again for whoever goes on after the error, for ever.
        this.reader.0.consume(n);
        Poll::Ready(read)
    }
}

impl<R: AsyncRead> AsyncRead for BufReader<R> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        if self.ahead().is_empty() && !buf.is_empty() {
            // Nothing to give first: a large piece need not be copied twice, and a small one is read ahead.
            if buf.len() >= PIECE {
                return self.reader.poll_read(cx, buf);
            }
            ready!(self.poll_ahead(cx))?;
        }
        let n = buf.len().min(self.ahead().len());
        buf[..n].copy_from_slice(&self.ahead()[..n]);
        self.consume(n);
        Poll::Ready(Ok(n))
    }

    fn forget_reader(&mut self) {
        self.reader.forget_reader();
    }
}

impl<R: AsyncWrite> AsyncWrite for BufReader<R> {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.reader.poll_write(cx, buf)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.reader.poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.reader.poll_close(cx)
    }

    fn forget_writer(&mut self) {
        self.reader.forget_writer();
    }
}

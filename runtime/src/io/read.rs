//! The reading methods that can be awaited, and their futures.

use std::io::{self, ErrorKind};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{AsyncRead, Take, append, placed};

/// The reading methods that can be awaited, for every [`AsyncRead`].
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
/// runtime::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     let mut client = TcpStream::connect(listener.local_addr()?).await?;
///     let (mut server, _) = listener.accept().await?;
///     client.write_all(b"hello").await?;
///     client.close().await?;
///     let mut all = Vec::new();
///     server.read_to_end(&mut all).await?;
///     assert_eq!(all, b"hello");
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
pub trait AsyncReadExt: AsyncRead {
    /// Reads some bytes into `buf`: how many, 0 at the end.
    ///
    /// Cancel safe: dropped, it has read nothing.
    #[track_caller]
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Read<'a, Self> {
        Read { reader: self, buf, at: Location::caller() }
    }

    /// Fills `buf`. An end before that is `UnexpectedEof`. asyncio's `readexactly`.
    ///
    /// Not cancel safe: what was read is in `buf`, but how much is lost.
    ///
    /// ```
    /// use runtime::io::AsyncReadExt;
    /// runtime::block_on(async {
    ///     let mut reader = &b"abc"[..];
    ///     let mut two = [0; 2];
    ///     reader.read_exact(&mut two).await?;
    ///     assert_eq!(&two, b"ab");
    ///     let short = reader.read_exact(&mut two).await.unwrap_err();
    ///     assert_eq!(short.to_string(), "the stream ended after 1 of 2 bytes");
    ///     Ok::<(), std::io::Error>(())
    /// }).unwrap();
    /// ```
    #[track_caller]
    fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> ReadExact<'a, Self> {
        ReadExact { reader: self, buf, filled: 0, at: Location::caller() }
    }

    /// Appends all that comes until the end to `buf`: how many bytes.
    ///
    /// Without a bound, so that the peer decides how much memory that is; [`take`](Self::take) sets one.
    ///
    /// Not cancel safe, though what was read stays in `buf`.
    #[track_caller]
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> ReadToEnd<'a, Self> {
        let start = buf.len();
        ReadToEnd { reader: self, buf, start, at: Location::caller() }
    }

    /// Appends all that comes until the end to `text`, which is `InvalidData`, and leaves `text` as it was, if it is
    /// not UTF-8. As [`read_to_end`](Self::read_to_end) it has no bound.
    ///
    /// Not cancel safe: what was read is lost.
    ///
    /// ```
    /// use runtime::io::AsyncReadExt;
    /// runtime::block_on(async {
    ///     let mut text = String::new();
    ///     (&mut "höchstens".as_bytes()).take(5).read_to_string(&mut text).await?;
    ///     assert_eq!(text, "höch");
    ///     Ok::<(), std::io::Error>(())
    /// }).unwrap();
    /// ```
    #[track_caller]
    fn read_to_string<'a>(&'a mut self, text: &'a mut String) -> ReadToString<'a, Self> {
        ReadToString { reader: self, read: Vec::new(), text, at: Location::caller() }
    }

    /// A reader that ends after `limit` bytes of this one, if not before. It may be made of a `&mut` to the reader, which
    /// is then free again.
    fn take(self, limit: u64) -> Take<Self>
    where
        Self: Sized,
    {
        Take::new(self, limit)
    }
}

impl<T: AsyncRead + ?Sized> AsyncReadExt for T {}

/// The future of [`AsyncReadExt::read`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Read<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut [u8],
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized> Future for Read<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        placed(this.reader.poll_read(cx, this.buf), this.at)
    }
}

/// The future of [`AsyncReadExt::read_exact`].
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadExact<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut [u8],
    filled: usize,
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized> Future for ReadExact<'_, R> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.filled < this.buf.len() {
            let n = ready!(placed(this.reader.poll_read(cx, &mut this.buf[this.filled..]), this.at))?;
            if n == 0 {
                let text = format!("the stream ended after {} of {} bytes", this.filled, this.buf.len());
                return Poll::Ready(Err(io::Error::new(ErrorKind::UnexpectedEof, text)));
            }
            this.filled += n;
        }
        Poll::Ready(Ok(()))
    }
}

/// The future of [`AsyncReadExt::read_to_end`].
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadToEnd<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut Vec<u8>,
    start: usize,
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(placed(poll_to_end(this.reader, cx, this.buf, this.start), this.at))?;
        Poll::Ready(Ok(this.buf.len() - this.start))
    }
}

/// The future of [`AsyncReadExt::read_to_string`].
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadToString<'a, R: ?Sized> {
    reader: &'a mut R,
    read: Vec<u8>,
    text: &'a mut String,
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized> Future for ReadToString<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(placed(poll_to_end(this.reader, cx, &mut this.read, 0), this.at))?;
        // Only now: a character may have come in two pieces.
        Poll::Ready(match str::from_utf8(&this.read) {
            Ok(text) => {
                this.text.push_str(text);
                Ok(text.len())
            }
            Err(e) => {
                Err(io::Error::new(ErrorKind::InvalidData, format!("the stream is no UTF-8 text: {e}")))
            }
        })
    }
}

/// Appends to `buf`, which held `start` bytes when this began, until the end.
fn poll_to_end<R: AsyncRead + ?Sized>(
    reader: &mut R,
    cx: &mut Context<'_>,
    buf: &mut Vec<u8>,
    start: usize,
) -> Poll<io::Result<()>> {
    loop {
        // Larger pieces where more has come. The bound is for what the zeros cost, that each piece begins as.
        let room = (buf.len() - start).clamp(4 * 1024, 64 * 1024);
        if ready!(append(buf, room, |buf| reader.poll_read(cx, buf)))? == 0 {
            return Poll::Ready(Ok(()));
        }
    }
}

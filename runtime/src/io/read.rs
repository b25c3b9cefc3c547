//! The reading methods that can be awaited, and their futures.

use std::io::{self, ErrorKind};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{AsyncRead, Reading, Take, append, placed};

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
    /// Reads some bytes into `buf`: how many, 0 at the end. asyncio's `read(n)`.
    ///
    /// Cancel safe: dropped, it has read nothing.
    ///
    /// # Errors
    /// The source's.
    ///
    /// # Example
    /// ```
    /// use runtime::io::AsyncReadExt;
    /// runtime::block_on(async {
    ///     let (mut reader, mut buf) = (&b"hello"[..], [0; 4]);
    ///     assert_eq!(reader.read(&mut buf).await?, 4);
    ///     assert_eq!(reader.read(&mut buf).await?, 1);
    ///     assert_eq!(reader.read(&mut buf).await?, 0); // the end
    ///     Ok::<(), std::io::Error>(())
    /// }).unwrap();
    /// ```
    #[track_caller]
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Read<'a, Self> {
        Read { reader: Reading(self), buf, at: Location::caller() }
    }

    /// Fills `buf`. asyncio's `readexactly`.
    ///
    /// Not cancel safe: what was read is in `buf`, but how much is lost.
    ///
    /// # Errors
    /// The source's. `UnexpectedEof` if the stream ends before.
    ///
    /// # Example
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
        ReadExact { reader: Reading(self), buf, filled: 0, at: Location::caller() }
    }

    /// Appends all that comes until the end to `buf`: how many bytes.
    ///
    /// Without a bound, so that the peer decides how much memory that is; [`take`](Self::take) sets one.
    ///
    /// Cancel safe: what was read stays in `buf`, and a further call goes on. (It counts from 0 again.)
    ///
    /// # Errors
    /// The source's. What was read before is in `buf`.
    #[track_caller]
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> ReadToEnd<'a, Self> {
        let start = buf.len();
        ReadToEnd { reader: Reading(self), buf, start, at: Location::caller() }
    }

    /// Appends all that comes until the end to `text`: how many bytes. As [`read_to_end`](Self::read_to_end) it has no
    /// bound.
    ///
    /// Not cancel safe: what was read is lost.
    ///
    /// # Errors
    /// The source's. `InvalidData` if it is not UTF-8. `text` is as it was then.
    ///
    /// # Example
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
        ReadToString { reader: Reading(self), read: Vec::new(), text, at: Location::caller() }
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
///
/// ```
/// use runtime::io::AsyncReadExt;
/// runtime::block_on(async {
///     let (mut reader, mut buf) = (&b"hello"[..], [0; 8]);
///     drop(reader.read(&mut buf)); // has read nothing
///     assert_eq!(reader.read(&mut buf).await.unwrap(), 5);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Read<'a, R: AsyncRead + ?Sized> {
    reader: Reading<'a, R>,
    buf: &'a mut [u8],
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized> Future for Read<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        placed(this.reader.0.poll_read(cx, this.buf), this.at)
    }
}

/// The future of [`AsyncReadExt::read_exact`].
///
/// To give up after a while, keep it rather than begin anew: it knows how much it has.
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::pipe, timeout};
/// use std::time::Duration;
/// let (mut sender, mut receiver) = pipe::new()?;
/// let mut buf = [0; 4];
/// let mut read = receiver.read_exact(&mut buf);
/// sender.write_all(b"ab").await?;
/// assert!(timeout(Duration::from_millis(1), &mut read).await.is_err());
/// sender.write_all(b"cd").await?;
/// read.await?;
/// assert_eq!(&buf, b"abcd");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadExact<'a, R: AsyncRead + ?Sized> {
    reader: Reading<'a, R>,
    buf: &'a mut [u8],
    filled: usize,
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized> Future for ReadExact<'_, R> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.filled < this.buf.len() {
            let n = ready!(placed(this.reader.0.poll_read(cx, &mut this.buf[this.filled..]), this.at))?;
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
///
/// Dropped, it leaves what it has read, and the next one goes on from there:
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::pipe, timeout};
/// use std::time::Duration;
/// let (mut sender, mut receiver) = pipe::new()?;
/// let mut all = Vec::new();
/// sender.write_all(b"ab").await?;
/// assert!(timeout(Duration::from_millis(1), receiver.read_to_end(&mut all)).await.is_err());
/// sender.write_all(b"cd").await?;
/// drop(sender);
/// receiver.read_to_end(&mut all).await?;
/// assert_eq!(all, b"abcd");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadToEnd<'a, R: AsyncRead + ?Sized> {
    reader: Reading<'a, R>,
    buf: &'a mut Vec<u8>,
    start: usize,
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(placed(poll_to_end(&mut *this.reader.0, cx, this.buf, this.start), this.at))?;
        Poll::Ready(Ok(this.buf.len() - this.start))
    }
}

/// The future of [`AsyncReadExt::read_to_string`].
///
/// What is not text is no part of the string, not even what came before it:
///
/// ```
/// use runtime::io::AsyncReadExt;
/// let mut text = String::from("so far: ");
/// let read = runtime::block_on((&b"good \xff bad"[..]).read_to_string(&mut text));
/// assert_eq!(read.unwrap_err().kind(), std::io::ErrorKind::InvalidData);
/// assert_eq!(text, "so far: ");
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadToString<'a, R: AsyncRead + ?Sized> {
    reader: Reading<'a, R>,
    read: Vec<u8>,
    text: &'a mut String,
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized> Future for ReadToString<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        ready!(placed(poll_to_end(&mut *this.reader.0, cx, &mut this.read, 0), this.at))?;
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

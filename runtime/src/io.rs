//! Reading and writing bytes: two small traits in poll form, and the futures on top.
//!
//! The traits are poll-shaped because that is what can be a trait object (`Box<dyn AsyncRead>`), and take
//! `&mut self` and plain slices because every implementor here is `Unpin` and there is nothing to gain from more.
//! Whoever only uses them calls the methods of [`AsyncReadExt`] and [`AsyncWriteExt`], which return the futures.
//!
//! A poll form keeps one waker a direction: if two tasks read from one stream, the last who polled is woken.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// A source of bytes.
pub trait AsyncRead {
    /// Reads into `buf`, at least one byte: `Ok(n)` with `n > 0`, or `Ok(0)` at the end of the stream (or where
    /// `buf` is empty). `Pending` means that the task's waker has been kept and nothing was read.
    ///
    /// # Errors
    /// The source's. Never `WouldBlock` or `Interrupted`.
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// A sink of bytes.
pub trait AsyncWrite {
    /// Writes a first part of `buf` and says how long it was; 0 only where `buf` is empty or the sink takes no
    /// more. `Pending` means that the task's waker has been kept and nothing was written.
    ///
    /// # Errors
    /// The sink's. Never `WouldBlock` or `Interrupted`.
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;

    /// Sees to it that all that was written has left this object's own buffers.
    ///
    /// # Errors
    /// The sink's.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Flushes, and tells the other side that nothing more will come. Reading goes on.
    ///
    /// # Errors
    /// The sink's.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>>;
}

impl<T: AsyncRead + ?Sized> AsyncRead for &mut T {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        (**self).poll_read(cx, buf)
    }
}

impl<T: AsyncRead + ?Sized> AsyncRead for Box<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        (**self).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + ?Sized> AsyncWrite for &mut T {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        (**self).poll_write(cx, buf)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (**self).poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (**self).poll_close(cx)
    }
}

impl<T: AsyncWrite + ?Sized> AsyncWrite for Box<T> {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        (**self).poll_write(cx, buf)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (**self).poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (**self).poll_close(cx)
    }
}

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
    /// Reads some bytes into `buf`: how many, 0 at the end. Cancel safe: dropped, it has read nothing.
    fn read<'a>(&'a mut self, buf: &'a mut [u8]) -> Read<'a, Self> {
        Read { reader: self, buf }
    }

    /// Fills `buf`. An end before that is `UnexpectedEof`. Not cancel safe: what was read is in `buf`, but how much
    /// is lost.
    fn read_exact<'a>(&'a mut self, buf: &'a mut [u8]) -> ReadExact<'a, Self> {
        ReadExact { reader: self, buf, filled: 0 }
    }

    /// Appends all that comes until the end to `buf`, without a bound: the peer decides how much memory that is.
    /// Gives the number of bytes. Not cancel safe, though what was read stays in `buf`.
    fn read_to_end<'a>(&'a mut self, buf: &'a mut Vec<u8>) -> ReadToEnd<'a, Self> {
        let start = buf.len();
        ReadToEnd { reader: self, buf, start }
    }
}

impl<T: AsyncRead + ?Sized> AsyncReadExt for T {}

/// The writing methods that can be awaited, for every [`AsyncWrite`].
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes a first part of `buf`: how much. Cancel safe: dropped, it has written nothing.
    fn write<'a>(&'a mut self, buf: &'a [u8]) -> Write<'a, Self> {
        Write { writer: self, buf }
    }

    /// Writes all of `buf`. A sink that takes no more is `WriteZero`. Not cancel safe: a first part may have been
    /// written.
    fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> WriteAll<'a, Self> {
        WriteAll { writer: self, buf }
    }

    /// See [`AsyncWrite::poll_flush`]. Cancel safe.
    fn flush(&mut self) -> Flush<'_, Self> {
        Flush { writer: self }
    }

    /// See [`AsyncWrite::poll_close`]. Cancel safe.
    fn close(&mut self) -> Close<'_, Self> {
        Close { writer: self }
    }
}

impl<T: AsyncWrite + ?Sized> AsyncWriteExt for T {}

/// The future of [`AsyncReadExt::read`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Read<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut [u8],
}

impl<R: AsyncRead + ?Sized> Future for Read<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.reader.poll_read(cx, this.buf)
    }
}

/// The future of [`AsyncReadExt::read_exact`].
#[must_use = "a future does nothing until it is awaited"]
pub struct ReadExact<'a, R: ?Sized> {
    reader: &'a mut R,
    buf: &'a mut [u8],
    filled: usize,
}

impl<R: AsyncRead + ?Sized> Future for ReadExact<'_, R> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.filled < this.buf.len() {
            let n = ready!(this.reader.poll_read(cx, &mut this.buf[this.filled..]))?;
            if n == 0 {
                let text = format!("the stream ended after {} of {} bytes", this.filled, this.buf.len());
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::UnexpectedEof, text)));
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
}

impl<R: AsyncRead + ?Sized> Future for ReadToEnd<'_, R> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        loop {
            // Into the vector's end itself: room is made, and what was not filled is cut off again.
            let len = this.buf.len();
            let room = (len - this.start).clamp(4 * 1024, 1024 * 1024);
            this.buf.resize(len + room, 0);
            let read = this.reader.poll_read(cx, &mut this.buf[len..]);
            this.buf.truncate(len + if let Poll::Ready(Ok(n)) = read { n } else { 0 });
            if ready!(read)? == 0 {
                return Poll::Ready(Ok(this.buf.len() - this.start));
            }
        }
    }
}

/// The future of [`AsyncWriteExt::write`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Write<'a, W: ?Sized> {
    writer: &'a mut W,
    buf: &'a [u8],
}

impl<W: AsyncWrite + ?Sized> Future for Write<'_, W> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        this.writer.poll_write(cx, this.buf)
    }
}

/// The future of [`AsyncWriteExt::write_all`].
#[must_use = "a future does nothing until it is awaited"]
pub struct WriteAll<'a, W: ?Sized> {
    writer: &'a mut W,
    /// What is left.
    buf: &'a [u8],
}

impl<W: AsyncWrite + ?Sized> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while !this.buf.is_empty() {
            let n = ready!(this.writer.poll_write(cx, this.buf))?;
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            this.buf = &this.buf[n..];
        }
        Poll::Ready(Ok(()))
    }
}

/// The future of [`AsyncWriteExt::flush`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Flush<'a, W: ?Sized> {
    writer: &'a mut W,
}

impl<W: AsyncWrite + ?Sized> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.poll_flush(cx)
    }
}

/// The future of [`AsyncWriteExt::close`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Close<'a, W: ?Sized> {
    writer: &'a mut W,
}

impl<W: AsyncWrite + ?Sized> Future for Close<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer.poll_close(cx)
    }
}

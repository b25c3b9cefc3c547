//! The writing methods that can be awaited, and their futures.

use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{AsyncWrite, Writing, placed, takes_no_more};

/// The writing methods that can be awaited, for every [`AsyncWrite`].
///
/// ```
/// # runtime::block_on(async {
/// use runtime::io::AsyncWriteExt;
/// let mut sink = Vec::new(); // or a socket
/// sink.write_all(b"all of it, ").await?;
/// let n = sink.write(b"or a part").await?; // which may be less
/// sink.flush().await?; // what a buffer in between has kept
/// sink.close().await?; // nothing more will come
/// assert_eq!(sink.len(), 11 + n);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes a first part of `buf`: how much.
    ///
    /// Cancel safe: dropped, it has written nothing.
    ///
    /// # Errors
    /// The sink's.
    #[track_caller]
    fn write<'a>(&'a mut self, buf: &'a [u8]) -> Write<'a, Self> {
        Write { writer: Writing(self), buf, at: Location::caller() }
    }

    /// Writes all of `buf`. It ends when the sink has taken the last byte, and so no sooner than the other side reads
    /// (but for what the OS holds in between): that is backpressure. asyncio needs `write` and `drain` for it.
    ///
    /// Not cancel safe: a first part may have been written.
    ///
    /// # Errors
    /// The sink's. `WriteZero` if it takes no more.
    #[track_caller]
    fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> WriteAll<'a, Self> {
        WriteAll { writer: Writing(self), buf, at: Location::caller() }
    }

    /// Waits until all that was written has left this object's own buffers: see [`AsyncWrite::poll_flush`]. Cancel
    /// safe.
    ///
    /// # Errors
    /// The sink's.
    #[track_caller]
    fn flush(&mut self) -> Flush<'_, Self> {
        Flush { writer: Writing(self), at: Location::caller() }
    }

    /// Flushes, and tells the other side that nothing more will come; reading goes on: see [`AsyncWrite::poll_close`].
    /// Cancel safe. asyncio's `write_eof`, tokio's `shutdown`.
    ///
    /// # Errors
    /// The sink's.
    #[track_caller]
    fn close(&mut self) -> Close<'_, Self> {
        Close { writer: Writing(self), at: Location::caller() }
    }
}

impl<T: AsyncWrite + ?Sized> AsyncWriteExt for T {}

/// The future of [`AsyncWriteExt::write`].
///
/// ```
/// use runtime::io::AsyncWriteExt;
/// runtime::block_on(async {
///     let mut sink = Vec::new();
///     drop(sink.write(b"never polled, so never written"));
///     assert_eq!(sink.write(b"this").await.unwrap(), 4);
///     assert_eq!(sink, b"this");
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Write<'a, W: AsyncWrite + ?Sized> {
    writer: Writing<'a, W>,
    buf: &'a [u8],
    at: &'static Location<'static>,
}

impl<W: AsyncWrite + ?Sized> Future for Write<'_, W> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        placed(this.writer.0.poll_write(cx, this.buf), this.at)
    }
}

/// The future of [`AsyncWriteExt::write_all`].
///
/// Kept through a limit it goes on where it was; a new one would write the beginning twice:
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::pipe, timeout};
/// use std::time::Duration;
/// let (mut sender, receiver) = pipe::new()?;
/// let more_than_fits = vec![1; 200_000];
/// let mut write = sender.write_all(&more_than_fits);
/// assert!(timeout(Duration::from_millis(1), &mut write).await.is_err());
/// let mut all = Vec::new();
/// let mut receiver = receiver.take(200_000);
/// let (written, read) = runtime::join(write, receiver.read_to_end(&mut all)).await;
/// written.and(read)?;
/// assert!(all == more_than_fits);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct WriteAll<'a, W: AsyncWrite + ?Sized> {
    writer: Writing<'a, W>,
    /// What is left.
    buf: &'a [u8],
    at: &'static Location<'static>,
}

impl<W: AsyncWrite + ?Sized> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while !this.buf.is_empty() {
            let n = ready!(placed(this.writer.0.poll_write(cx, this.buf), this.at))?;
            if n == 0 {
                return Poll::Ready(Err(takes_no_more()));
            }
            this.buf = &this.buf[n..];
        }
        Poll::Ready(Ok(()))
    }
}

/// The future of [`AsyncWriteExt::flush`].
///
/// ```
/// use runtime::io::{AsyncWrite, AsyncWriteExt};
/// async fn say(sink: &mut dyn AsyncWrite, line: &str) -> std::io::Result<()> {
///     sink.write_all(line.as_bytes()).await?;
///     sink.flush().await // a sink that collects would else keep it until more comes
/// }
/// let mut heard = Vec::new();
/// runtime::block_on(say(&mut heard, "hello\n"))?;
/// assert_eq!(heard, b"hello\n");
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Flush<'a, W: AsyncWrite + ?Sized> {
    writer: Writing<'a, W>,
    at: &'static Location<'static>,
}

impl<W: AsyncWrite + ?Sized> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.writer.0.poll_flush(cx);
        placed(polled, self.at)
    }
}

/// The future of [`AsyncWriteExt::close`].
///
/// ```
/// # #[cfg(unix)] runtime::block_on(async {
/// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::UnixStream};
/// let (mut a, mut b) = UnixStream::pair()?;
/// a.close().await?;
/// assert_eq!(b.read(&mut [0; 8]).await?, 0); // the end, for this direction:
/// b.write_all(b"well").await?;
/// assert_eq!(a.read(&mut [0; 8]).await?, 4);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Close<'a, W: AsyncWrite + ?Sized> {
    writer: Writing<'a, W>,
    at: &'static Location<'static>,
}

impl<W: AsyncWrite + ?Sized> Future for Close<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.writer.0.poll_close(cx);
        placed(polled, self.at)
    }
}

//! The writing methods that can be awaited, and their futures.

use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{AsyncWrite, placed, takes_no_more};

/// The writing methods that can be awaited, for every [`AsyncWrite`]. An example is at
/// [`AsyncReadExt`](super::AsyncReadExt).
pub trait AsyncWriteExt: AsyncWrite {
    /// Writes a first part of `buf`: how much.
    ///
    /// Cancel safe: dropped, it has written nothing.
    #[track_caller]
    fn write<'a>(&'a mut self, buf: &'a [u8]) -> Write<'a, Self> {
        Write { writer: self, buf, at: Location::caller() }
    }

    /// Writes all of `buf`. A sink that takes no more is `WriteZero`. It ends when the sink has taken the last byte, and
    /// so no sooner than the other side reads: that is backpressure. asyncio needs `write` and `drain` for it.
    ///
    /// Not cancel safe: a first part may have been written.
    #[track_caller]
    fn write_all<'a>(&'a mut self, buf: &'a [u8]) -> WriteAll<'a, Self> {
        WriteAll { writer: self, buf, at: Location::caller() }
    }

    /// See [`AsyncWrite::poll_flush`]. Cancel safe.
    #[track_caller]
    fn flush(&mut self) -> Flush<'_, Self> {
        Flush { writer: self, at: Location::caller() }
    }

    /// See [`AsyncWrite::poll_close`]. Cancel safe. asyncio's `write_eof`.
    #[track_caller]
    fn close(&mut self) -> Close<'_, Self> {
        Close { writer: self, at: Location::caller() }
    }
}

impl<T: AsyncWrite + ?Sized> AsyncWriteExt for T {}

/// The future of [`AsyncWriteExt::write`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Write<'a, W: ?Sized> {
    writer: &'a mut W,
    buf: &'a [u8],
    at: &'static Location<'static>,
}

impl<W: AsyncWrite + ?Sized> Future for Write<'_, W> {
    type Output = io::Result<usize>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        placed(this.writer.poll_write(cx, this.buf), this.at)
    }
}

/// The future of [`AsyncWriteExt::write_all`].
#[must_use = "a future does nothing until it is awaited"]
pub struct WriteAll<'a, W: ?Sized> {
    writer: &'a mut W,
    /// What is left.
    buf: &'a [u8],
    at: &'static Location<'static>,
}

impl<W: AsyncWrite + ?Sized> Future for WriteAll<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while !this.buf.is_empty() {
            let n = ready!(placed(this.writer.poll_write(cx, this.buf), this.at))?;
            if n == 0 {
                return Poll::Ready(Err(takes_no_more()));
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
    at: &'static Location<'static>,
}

impl<W: AsyncWrite + ?Sized> Future for Flush<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.writer.poll_flush(cx);
        placed(polled, self.at)
    }
}

/// The future of [`AsyncWriteExt::close`].
#[must_use = "a future does nothing until it is awaited"]
pub struct Close<'a, W: ?Sized> {
    writer: &'a mut W,
    at: &'static Location<'static>,
}

impl<W: AsyncWrite + ?Sized> Future for Close<'_, W> {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.writer.poll_close(cx);
        placed(polled, self.at)
    }
}

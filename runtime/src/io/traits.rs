//! What a stream of bytes is: [`AsyncRead`] and [`AsyncWrite`].
//!
//! They are poll-shaped because that is what can be a trait object (`Box<dyn AsyncRead>`), and take `&mut self` and
//! plain slices because every implementor here is `Unpin` and there is nothing to gain from more.

use std::io;
use std::task::{Context, Poll};

/// A source of bytes. Whoever only reads uses the methods of [`AsyncReadExt`](super::AsyncReadExt). tokio's trait of
/// that name, for types that need no pinning and over plain slices.
///
/// ```
/// use runtime::io::{AsyncRead, AsyncReadExt};
/// use std::{io, task::{Context, Poll, ready}};
///
/// /// Gives what another reader gives, in capitals.
/// struct Loud<R>(R);
///
/// impl<R: AsyncRead> AsyncRead for Loud<R> {
///     fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
///         let n = ready!(self.0.poll_read(cx, buf))?;
///         buf[..n].make_ascii_uppercase();
///         Poll::Ready(Ok(n))
///     }
/// }
///
/// let mut text = String::new();
/// runtime::block_on(Loud(&b"hello"[..]).read_to_string(&mut text))?;
/// assert_eq!(text, "HELLO");
/// # Ok::<(), io::Error>(())
/// ```
pub trait AsyncRead {
    /// Reads into `buf`, at least one byte: `Ok(n)` with `n > 0`, or `Ok(0)` at the end of the stream (or where
    /// `buf` is empty). `Pending` means that the task's waker has been kept and nothing was read.
    ///
    /// # Errors
    /// The source's. Never `WouldBlock` or `Interrupted`.
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;

    /// Whoever polled for reading last waits no longer: lets go of the waker that was kept. The futures of this crate
    /// call it when they are dropped, so that nobody seems to wait who does not. (So a future made anew for each poll is
    /// never woken: call [`poll_read`](Self::poll_read) then.) Unless written, it does nothing; a reader around another
    /// one passes it on.
    fn forget_reader(&mut self) {}
}

/// A sink of bytes. Whoever only writes uses the methods of [`AsyncWriteExt`](super::AsyncWriteExt). tokio's trait of
/// that name, for types that need no pinning.
///
/// ```
/// use runtime::io::{AsyncWrite, AsyncWriteExt};
/// use std::{io, task::{Context, Poll, ready}};
///
/// /// Counts what goes to another sink.
/// struct Counted<W>(W, usize);
///
/// impl<W: AsyncWrite> AsyncWrite for Counted<W> {
///     fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
///         let n = ready!(self.0.poll_write(cx, buf))?;
///         self.1 += n;
///         Poll::Ready(Ok(n))
///     }
///
///     fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         self.0.poll_flush(cx)
///     }
///
///     fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
///         self.0.poll_close(cx)
///     }
/// }
///
/// let mut sink = Counted(Vec::new(), 0);
/// runtime::block_on(sink.write_all(b"hello"))?;
/// assert_eq!((&sink.0[..], sink.1), (&b"hello"[..], 5));
/// # Ok::<(), io::Error>(())
/// ```
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

    /// As [`AsyncRead::forget_reader`], for whoever polled for writing, flushing or closing.
    fn forget_writer(&mut self) {}
}

impl<T: AsyncRead + ?Sized> AsyncRead for &mut T {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        (**self).poll_read(cx, buf)
    }

    fn forget_reader(&mut self) {
        (**self).forget_reader();
    }
}

impl<T: AsyncRead + ?Sized> AsyncRead for Box<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        (**self).poll_read(cx, buf)
    }

    fn forget_reader(&mut self) {
        (**self).forget_reader();
    }
}

/// Bytes in memory are always there. The slice moves on to what is unread.
impl AsyncRead for &[u8] {
    fn poll_read(&mut self, _: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(io::Read::read(self, buf))
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

    fn forget_writer(&mut self) {
        (**self).forget_writer();
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

    fn forget_writer(&mut self) {
        (**self).forget_writer();
    }
}

/// A vector grows by what is written.
impl AsyncWrite for Vec<u8> {
    fn poll_write(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

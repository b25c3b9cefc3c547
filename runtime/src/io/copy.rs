//! [`copy`]: from a reader to a writer, no faster than the writer takes it.

use std::fmt;
use std::io;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{AsyncRead, AsyncWrite, Reading, Writing, placed, takes_no_more};

/// How much is under way at most.
const PIECE: usize = 16 * 1024;

/// Copies all that comes from `reader`, until its end, to `writer`, and flushes it: how many bytes. The writer is not
/// closed.
///
/// It holds one piece of 16 KiB, and reads the next when all of that is written: so a slow writer slows the reader
/// down, and through the kernel's buffers whoever sends, instead of filling memory. That is backpressure.
///
/// Cancel safety: none. Of the piece under way, it is unknown how much was written.
///
/// # Errors
/// Those of either side; `WriteZero` if the writer takes no more.
///
/// # Example
/// ```
/// use runtime::io::{copy, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
/// runtime::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     let mut client = TcpStream::connect(listener.local_addr()?).await?;
///     let (server, _) = listener.accept().await?;
///     // An echo server: reader and writer are one connection.
///     let echo = runtime::spawn(async move { copy(&mut &server, &mut &server).await });
///     client.write_all(b"hello").await?;
///     client.close().await?;
///     let mut heard = Vec::new();
///     copy(&mut client, &mut heard).await?;
///     assert_eq!(heard, b"hello");
///     assert_eq!(echo.await??, 5);
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[track_caller]
pub fn copy<'a, R, W>(reader: &'a mut R, writer: &'a mut W) -> Copy<'a, R, W>
where
    R: AsyncRead + ?Sized,
    W: AsyncWrite + ?Sized,
{
    let piece = vec![0; PIECE].into_boxed_slice();
    let at = Location::caller();
    let (reader, writer) = (Reading(reader), Writing(writer));
    Copy { reader, writer, piece, written: 0, filled: 0, total: 0, unflushed: false, ended: false, at }
}

/// The future of [`copy`].
///
/// Its `Debug` form tells how far it is:
///
/// ```
/// use runtime::{io::copy, timeout};
/// use std::time::Duration;
/// runtime::block_on(async {
///     let (mut reader, mut writer) = (&[7; 100_000][..], Vec::new());
///     let mut copying = copy(&mut reader, &mut writer);
///     while timeout(Duration::from_secs(1), &mut copying).await.is_err() {
///         println!("{copying:?}"); // Copy { total: 65536, .. }
///     }
///     drop(copying);
///     assert_eq!(writer.len(), 100_000);
/// });
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Copy<'a, R: AsyncRead + ?Sized, W: AsyncWrite + ?Sized> {
    reader: Reading<'a, R>,
    writer: Writing<'a, W>,
    /// `written..filled` is what has been read and not yet written.
    piece: Box<[u8]>,
    written: usize,
    filled: usize,
    total: u64,
    unflushed: bool,
    /// The reader is at its end.
    ended: bool,
    at: &'static Location<'static>,
}

impl<R: AsyncRead + ?Sized, W: AsyncWrite + ?Sized> Future for Copy<'_, R, W> {
    type Output = io::Result<u64>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = &mut *self;
        loop {
            while this.written < this.filled {
                let rest = &this.piece[this.written..this.filled];
                let n = ready!(placed(this.writer.0.poll_write(cx, rest), this.at))?;
                if n == 0 {
                    return Poll::Ready(Err(takes_no_more()));
                }
                this.written += n;
                this.total += n as u64;
                this.unflushed = true;
            }
            if this.ended {
                ready!(placed(this.writer.0.poll_flush(cx), this.at))?;
                return Poll::Ready(Ok(this.total));
            }
            match placed(this.reader.0.poll_read(cx, &mut this.piece), this.at) {
                Poll::Ready(Ok(0)) => this.ended = true,
                Poll::Ready(Ok(n)) => (this.written, this.filled) = (0, n),
                Poll::Ready(Err(e)) => return Poll::Ready(Err(e)),
                Poll::Pending => {
                    // What a writer with a buffer keeps back may be the question whose answer is waited for.
                    if this.unflushed {
                        ready!(this.writer.0.poll_flush(cx))?;
                        this.unflushed = false;
                    }
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<R: AsyncRead + ?Sized, W: AsyncWrite + ?Sized> fmt::Debug for Copy<'_, R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copy").field("total", &self.total).finish_non_exhaustive()
    }
}

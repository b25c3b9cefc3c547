//! [`Take`]: a reader that ends after so many bytes.

use std::io;
use std::task::{Context, Poll, ready};

use super::AsyncRead;

/// A reader that ends after so many bytes of another: made by [`AsyncReadExt::take`](super::AsyncReadExt::take).
///
/// It bounds what `read_to_end` may take, and cuts a body of known length out of a connection:
///
/// ```
/// use runtime::io::AsyncReadExt;
/// runtime::block_on(async {
///     let mut connection = &b"bodynext"[..];
///     let (mut body, mut rest) = (Vec::new(), Vec::new());
///     (&mut connection).take(4).read_to_end(&mut body).await?;
///     connection.read_to_end(&mut rest).await?;
///     assert_eq!((&body[..], &rest[..]), (&b"body"[..], &b"next"[..]));
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct Take<R> {
    reader: R,
    left: u64,
}

impl<R> Take<R> {
    pub(super) fn new(reader: R, limit: u64) -> Self {
        Take { reader, left: limit }
    }

    /// How many more bytes it may give. Above 0 at its end, the reader ended first.
    ///
    /// ```
    /// use runtime::io::AsyncReadExt;
    /// let mut body = (&b"cut sh"[..]).take(9);
    /// runtime::block_on(body.read_to_end(&mut Vec::new()))?;
    /// assert_eq!(body.left(), 3); // which never came
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn left(&self) -> u64 {
        self.left
    }

    /// The reader, with what is unread.
    ///
    /// ```
    /// use runtime::io::AsyncReadExt;
    /// let mut first = (&b"headbody"[..]).take(4);
    /// runtime::block_on(first.read_to_end(&mut Vec::new()))?;
    /// assert_eq!(first.into_inner(), b"body");
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn into_inner(self) -> R {
        self.reader
    }
}

impl<R: AsyncRead> AsyncRead for Take<R> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let room = usize::try_from(self.left).map_or(buf.len(), |left| left.min(buf.len()));
        if room == 0 {
            return Poll::Ready(Ok(0)); // the end is here: the reader's own next bytes may never come
        }
        let n = ready!(self.reader.poll_read(cx, &mut buf[..room]))?;
        self.left -= n as u64;
        Poll::Ready(Ok(n))
    }

    fn forget_reader(&mut self) {
        self.reader.forget_reader();
    }
}

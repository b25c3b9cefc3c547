//! Reading and writing bytes: two small traits in poll form, and the futures on top.
//!
//! | file | what |
//! | --- | --- |
//! | `traits.rs` | [`AsyncRead`], [`AsyncWrite`]: what a stream of bytes is |
//! | `read.rs`, `write.rs` | the methods that can be awaited, one named future each |
//! | `copy.rs` | from a reader to a writer, no faster than the writer takes it |
//! | `buf_reader.rs` | lines, and whatever else ends with a certain byte |
//! | `take.rs` | a reader that ends after so many bytes |
//!
//! ```
//! use runtime::io::{AsyncReadExt, AsyncWriteExt, BufReader};
//! runtime::block_on(async {
//!     let mut request = BufReader::new(&b"PUT 5\nhello and more"[..]); // or a socket
//!     let mut head = String::new();
//!     request.read_line(&mut head).await?;
//!     let mut body = Vec::new();
//!     request.take(5).read_to_end(&mut body).await?;
//!     let mut answer = Vec::new();
//!     answer.write_all(&body).await?;
//!     assert_eq!((head.trim_end(), &answer[..]), ("PUT 5", &b"hello"[..]));
//!     Ok::<(), std::io::Error>(())
//! }).unwrap();
//! ```
//!
//! A poll form keeps one waker a direction: if two tasks read from one stream, the last who polled is woken.

mod buf_reader;
mod copy;
mod read;
mod take;
mod traits;
mod write;

pub use buf_reader::{BufReader, ReadLine, ReadUntil};
pub use copy::{Copy, copy};
pub use read::{AsyncReadExt, Read, ReadExact, ReadToEnd, ReadToString};
pub use take::Take;
pub use traits::{AsyncRead, AsyncWrite};
pub use write::{AsyncWriteExt, Close, Flush, Write, WriteAll};

use std::io;
use std::panic::Location;
use std::task::Poll;

use crate::label;

/// A reader for as long as a future has it.
struct Reading<'a, R: AsyncRead + ?Sized>(&'a mut R);

impl<R: AsyncRead + ?Sized> Drop for Reading<'_, R> {
    fn drop(&mut self) {
        self.0.forget_reader();
    }
}

/// A writer for as long as a future has it.
struct Writing<'a, W: AsyncWrite + ?Sized>(&'a mut W);

impl<W: AsyncWrite + ?Sized> Drop for Writing<'_, W> {
    fn drop(&mut self) {
        self.0.forget_writer();
    }
}

/// Adds to the label of a wait where in the program it was begun. The traits cannot know that, the futures do.
pub(crate) fn placed<T>(polled: Poll<T>, at: &'static Location<'static>) -> Poll<T> {
    if polled.is_pending() {
        label::place(at);
    }
    polled
}

/// The error of a sink that takes no more.
fn takes_no_more() -> io::Error {
    io::Error::new(
        io::ErrorKind::WriteZero,
        "the sink takes no more bytes, though there are some left to write",
    )
}

/// Appends to `buf` what one call of `read` gives, at most `room` bytes: how many.
///
/// Without unsafe code a reader can be given only bytes that have a value, so the room is filled with zeros first, and
/// what was not used is cut off again.
fn append(
    buf: &mut Vec<u8>,
    room: usize,
    read: impl FnOnce(&mut [u8]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<usize>> {
    let len = buf.len();
    buf.resize(len + room, 0);
    let done = read(&mut buf[len..]);
    buf.truncate(len + if let Poll::Ready(Ok(n)) = done { n } else { 0 });
    done
}

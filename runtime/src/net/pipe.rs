//! Pipes: those of a child process, and such as one makes oneself.
//!
//! ```
//! use runtime::io::{AsyncReadExt, AsyncWriteExt};
//! use runtime::net::pipe::{Receiver, Sender};
//! use std::process::{Command, Stdio};
//! runtime::block_on(async {
//!     let mut cat = Command::new("cat");
//!     let mut cat = cat.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
//!     let mut stdin = Sender::new(cat.stdin.take().expect("it is a pipe"))?;
//!     let mut stdout = Receiver::new(cat.stdout.take().expect("it is a pipe"))?;
//!     stdin.write_all(b"hello").await?;
//!     stdin.close().await?; // or `cat` would wait for more
//!     let mut heard = String::new();
//!     stdout.read_to_string(&mut heard).await?;
//!     assert_eq!(heard, "hello");
//!     assert!(runtime::process::wait(&mut cat).await?.success());
//!     Ok::<(), std::io::Error>(())
//! }).unwrap();
//! ```
//!
//! A pipe holds 64 KiB (on Linux). A child whose output is not read waits when it is full, and then no longer reads
//! its input: write and read at the same time.

use std::io::{self, ErrorKind};
use std::task::{Context, Poll};

use crate::io::{AsyncRead, AsyncWrite};
use crate::source::Async;

/// A pipe of one's own: what is written to the one end is read from the other. tokio's `pipe::pipe`.
///
/// # Errors
/// If the OS has no file descriptor left.
///
/// # Panics
/// Outside a runtime.
///
/// # Example
/// ```
/// # runtime::block_on(async {
/// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::pipe};
/// let (mut sender, mut receiver) = pipe::new()?;
/// sender.write_all(b"hello").await?;
/// drop(sender);
/// let mut heard = String::new();
/// receiver.read_to_string(&mut heard).await?;
/// assert_eq!(heard, "hello");
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[track_caller]
pub fn new() -> io::Result<(Sender, Receiver)> {
    let (sender, receiver) = mio::unix::pipe::new()?;
    Ok((Sender { io: Some(Async::new(sender)?) }, Receiver { io: Async::new(receiver)? }))
}

/// The end of a pipe that is written to.
///
/// The reader finds the end of the stream when this is closed or dropped. If the reader is gone, writing is `BrokenPipe`.
///
/// ```
/// # runtime::block_on(async {
/// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::pipe};
/// let (mut sender, receiver) = pipe::new()?;
/// drop(receiver);
/// let broken = sender.write_all(b"anybody there?").await.unwrap_err();
/// assert_eq!(broken.kind(), std::io::ErrorKind::BrokenPipe);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Sender {
    /// `None`: closed.
    io: Option<Async<mio::unix::pipe::Sender>>,
}

impl Sender {
    /// Takes over a child's standard input, or another descriptor (`OwnedFd`).
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{io::AsyncWriteExt, net::pipe::Sender, process::wait};
    /// use std::process::{Command, Stdio};
    /// let mut grep = Command::new("grep").args(["-q", "hello"]).stdin(Stdio::piped()).spawn()?;
    /// let mut input = Sender::new(grep.stdin.take().expect("it is a pipe"))?;
    /// input.write_all(b"hello, grep\n").await?;
    /// drop(input);
    /// assert!(wait(&mut grep).await?.success());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn new(pipe: impl Into<mio::unix::pipe::Sender>) -> io::Result<Self> {
        let pipe = pipe.into();
        pipe.set_nonblocking(true)?;
        Ok(Sender { io: Some(Async::new(pipe)?) })
    }
}

/// Both directions of a pipe keep a stream's promise, that a short read or write means an empty or a full buffer:
/// epoll(7) says so of pipes by name.
impl AsyncWrite for Sender {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &self.io {
            Some(io) => io.poll_write_stream(cx, buf),
            None => {
                Poll::Ready(Err(io::Error::new(ErrorKind::BrokenPipe, "this end of the pipe was closed")))
            }
        }
    }

    /// Nothing is kept back here: what was written is the kernel's.
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// A pipe has no shutdown: its end is that nobody holds this descriptor any more.
    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io = None;
        Poll::Ready(Ok(()))
    }

    fn forget_writer(&mut self) {
        if let Some(io) = &self.io {
            io.forget_writer();
        }
    }
}

/// The end of a pipe that is read from.
///
/// It gives the end of the stream when nobody holds the other end any more: a child's is also held by the child's own
/// children, if they inherited it.
///
/// ```
/// # runtime::block_on(async {
/// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::pipe};
/// let (sender, mut receiver) = pipe::new()?;
/// drop(sender);
/// assert_eq!(receiver.read(&mut [0; 8]).await?, 0);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Receiver {
    io: Async<mio::unix::pipe::Receiver>,
}

impl Receiver {
    /// Takes over a child's standard output or error output, or another descriptor (`OwnedFd`).
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Example
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{io::AsyncReadExt, net::pipe::Receiver, process::wait};
    /// use std::process::{Command, Stdio};
    /// let mut echo = Command::new("echo").arg("hello").stdout(Stdio::piped()).spawn()?;
    /// let mut output = Receiver::new(echo.stdout.take().expect("it is a pipe"))?;
    /// let mut heard = String::new();
    /// output.read_to_string(&mut heard).await?;
    /// assert_eq!(heard, "hello\n");
    /// wait(&mut echo).await?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn new(pipe: impl Into<mio::unix::pipe::Receiver>) -> io::Result<Self> {
        let pipe = pipe.into();
        pipe.set_nonblocking(true)?;
        Ok(Receiver { io: Async::new(pipe)? })
    }

    /// Leaves it out of account when the loop looks whether anything can still happen: as [`Async::set_background`].
    ///
    /// ```
    /// # runtime::block_on(async {
    /// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::pipe};
    /// let (sender, mut receiver) = pipe::new()?;
    /// receiver.set_background(true); // a signal handler will write to `sender`, or not
    /// runtime::spawn(async move { receiver.read(&mut [0]).await });
    /// # drop(sender);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set_background(&self, background: bool) {
        self.io.set_background(background);
    }
}

impl AsyncRead for Receiver {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io.poll_read_stream(cx, buf)
    }

    fn forget_reader(&mut self) {
        self.io.forget_reader();
    }
}

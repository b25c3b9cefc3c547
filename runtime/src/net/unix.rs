//! `UnixStream` and `UnixListener`: connections within one machine, under a path instead of an address.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::Shutdown;
use std::os::unix::net::{self as std_unix, SocketAddr};
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::backoff::Backoff;
use crate::io::{AsyncRead, AsyncWrite};
use crate::label;
use crate::resource::Resource;
use crate::source::{Async, Ready, With};

/// A connection to a Unix socket, or one end of a pair. In all but its addresses it is a
/// [`TcpStream`](super::TcpStream). asyncio's `open_unix_connection`, tokio's `UnixStream`.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::UnixStream;
/// runtime::block_on(async {
///     let (mut a, mut b) = UnixStream::pair()?;
///     a.write_all(b"hello").await?;
///     a.close().await?;
///     let mut heard = String::new();
///     b.read_to_string(&mut heard).await?;
///     assert_eq!(heard, "hello");
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct UnixStream {
    io: Async<mio::net::UnixStream>,
}

impl UnixStream {
    /// Connects to the socket at `path`. If its queue is full, which it is when connections come faster than they are
    /// accepted, it waits for room.
    ///
    /// Cancel safe: dropped, the attempt ends.
    ///
    /// # Errors
    /// The OS's: nothing there (`NotFound`), nobody listens any more (`ConnectionRefused`), no permission.
    ///
    /// # Panics
    /// When polled outside a runtime.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::{UnixListener, UnixStream};
    /// # runtime::block_on(async {
    /// let nothing = UnixStream::connect("/nothing/here.sock").await.unwrap_err();
    /// assert_eq!(nothing.kind(), std::io::ErrorKind::NotFound);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn connect(path: impl AsRef<Path>) -> UnixConnect {
        UnixConnect { path: path.as_ref().to_owned(), tries: Backoff::default(), at: Location::caller() }
    }

    /// Two ends of one connection, without a path.
    ///
    /// # Errors
    /// If the OS has no file descriptor left.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = mio::net::UnixStream::pair()?;
        Ok((UnixStream::new(a)?, UnixStream::new(b)?))
    }

    /// Takes over a connection of the standard library's.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{UnixListener, UnixStream}};
    /// # runtime::block_on(async {
    /// let (stream, _other) = std::os::unix::net::UnixStream::pair()?;
    /// let stream = UnixStream::from_std(stream)?;
    /// stream.writable().await;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn from_std(stream: std_unix::UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        UnixStream::new(mio::net::UnixStream::from_std(stream))
    }

    /// Gives it to the standard library. It stays non-blocking until told otherwise (`set_nonblocking`).
    ///
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{UnixListener, UnixStream}};
    /// # runtime::block_on(async {
    /// # let (mut a, mut b) = UnixStream::pair()?;
    /// let child_input = a.into_std();
    /// child_input.set_nonblocking(false)?; // a child expects it so
    /// let mut command = std::process::Command::new("true");
    /// let child = command.stdin(std::os::fd::OwnedFd::from(child_input)).spawn()?;
    /// # assert!({ let mut child = child; runtime::process::wait(&mut child).await?.success() });
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_std(self) -> std_unix::UnixStream {
        self.io.into_inner().into()
    }

    #[track_caller]
    fn new(io: mio::net::UnixStream) -> io::Result<Self> {
        Ok(UnixStream { io: Async::new(io)? })
    }

    /// The address at the other end. One that has connected has most often no path.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::{UnixListener, UnixStream};
    /// # runtime::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-peer-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?;
    /// let client = UnixStream::connect(&path).await?;
    /// let (server, _) = listener.accept().await?;
    /// assert_eq!(client.peer_addr()?.as_pathname(), Some(&*path));
    /// assert!(server.peer_addr()?.is_unnamed());
    /// assert_eq!(server.local_addr()?.as_pathname(), Some(&*path));
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    /// The address at this end.
    ///
    /// # Errors
    /// The OS's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// Shuts one direction down, or both: as [`TcpStream::shutdown`](super::TcpStream::shutdown).
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{UnixListener, UnixStream}};
    /// # runtime::block_on(async {
    /// # let (mut a, mut b) = UnixStream::pair()?;
    /// a.shutdown(std::net::Shutdown::Both)?;
    /// assert_eq!(b.read(&mut [0; 8]).await?, 0);
    /// assert!(b.write_all(b"anybody there?").await.is_err());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.get_ref().shutdown(how)
    }

    /// Leaves it out of account when the loop looks whether anything can still happen (it brings signals, say): as
    /// [`Async::set_background`].
    ///
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{UnixListener, UnixStream}};
    /// # runtime::block_on(async {
    /// # let (mut a, mut b) = UnixStream::pair()?;
    /// // A signal handler writes a byte to `a`, some day, or not.
    /// b.set_background(true);
    /// runtime::spawn(async move {
    ///     if b.read(&mut [0]).await.is_ok_and(|n| n > 0) {
    ///         println!("asked to end");
    ///     }
    /// });
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set_background(&self, background: bool) {
        self.io.set_background(background);
    }

    /// Has the next read ask the OS, also if no event has told of anything: see [`Async::assume_readable`]. An example is at
    /// [`TcpStream::assume_readable`](super::TcpStream::assume_readable).
    pub fn assume_readable(&self) {
        self.io.assume_readable();
    }

    /// Waits until a read is worth a try: data has come, or the end. A hint, as [`Async::readable`].
    ///
    /// Cancel safe.
    ///
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{UnixListener, UnixStream}};
    /// # runtime::block_on(async {
    /// # let (mut a, mut b) = UnixStream::pair()?;
    /// a.write_all(b"hello").await?;
    /// b.readable().await;
    /// assert_eq!(b.read(&mut [0; 8]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn readable(&self) -> Ready<'_> {
        self.io.readable()
    }

    /// Waits until a write is worth a try. A hint, as [`Async::writable`].
    ///
    /// Cancel safe.
    ///
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{UnixListener, UnixStream}};
    /// # runtime::block_on(async {
    /// # let (mut a, mut b) = UnixStream::pair()?;
    /// a.writable().await;
    /// a.write_all(b"the latest").await?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn writable(&self) -> Ready<'_> {
        self.io.writable()
    }

    /// Reads what is there now, or says `WouldBlock`; 0 is the end. As [`TcpStream::try_read`](super::TcpStream::try_read).
    ///
    /// # Errors
    /// The OS's, `WouldBlock` for one: [`readable`](Self::readable) then waits.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{UnixListener, UnixStream}};
    /// # runtime::block_on(async {
    /// # let (mut a, mut b) = UnixStream::pair()?;
    /// let nothing = b.try_read(&mut [0; 8]).unwrap_err();
    /// assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    /// a.write_all(b"hello").await?;
    /// assert_eq!(b.try_read(&mut [0; 8])?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_read_with(|mut io| io::Read::read(&mut io, buf))
    }

    /// Writes as much as the OS takes now: how much that was. As [`TcpStream::try_write`](super::TcpStream::try_write).
    ///
    /// # Errors
    /// The OS's, `WouldBlock` if it takes nothing: [`writable`](Self::writable) then waits.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{UnixListener, UnixStream}};
    /// # runtime::block_on(async {
    /// # let (mut a, mut b) = UnixStream::pair()?;
    /// // What a signal handler's other half does: a full socket has enough wake-ups in it.
    /// while a.try_write(&[0; 512]).is_ok() {}
    /// assert!(b.read(&mut [0; 512]).await? > 0);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.try_write_stream(buf)
    }
}

/// The future of [`UnixStream::connect`].
///
/// Such a connect does not take time, as one over a network does: it is made, or the listener's queue is full. Then the
/// OS says `WouldBlock`, and of the room that comes it tells nobody: so the attempt is repeated, with a pause
/// that doubles from 1 to 64 ms. (A blocking connect in the pool would wait in the queue of the OS, but could not be
/// cancelled.)
///
/// ```
/// # use runtime::net::{UnixListener, UnixStream};
/// # runtime::block_on(async {
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-connect-{}", std::process::id()));
/// let listener = UnixListener::bind(&path)?;
/// let connect = UnixStream::connect(&path);
/// assert!(format!("{connect:?}").contains("roundabout")); // it says to where
/// let stream = runtime::timeout(std::time::Duration::from_secs(1), connect).await??;
/// # drop(stream);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct UnixConnect {
    path: PathBuf,
    tries: Backoff,
    at: &'static Location<'static>,
}

impl Future for UnixConnect {
    type Output = io::Result<UnixStream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        while self.tries.poll_look(cx).is_ready() {
            match mio::net::UnixStream::connect(&self.path) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {} // the queue is full
                connected => return Poll::Ready(UnixStream::new(connected?)),
            }
        }
        label::set(Resource::Other("room in the queue of a Unix socket"), 0, Some(self.at));
        Poll::Pending
    }
}

impl fmt::Debug for UnixConnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnixConnect").field("path", &self.path).finish_non_exhaustive()
    }
}

impl AsyncRead for &UnixStream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let read = self.io.poll_read_with(cx, |mut io| io::Read::read(&mut io, buf));
        if let Poll::Ready(Ok(n)) = read {
            self.io.moved(Resource::Readable, n, n); // a short read says nothing here: see `poll_read_stream`
        }
        read
    }

    fn forget_reader(&mut self) {
        self.io.forget_reader();
    }
}

impl AsyncRead for UnixStream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        (&*self).poll_read(cx, buf)
    }

    fn forget_reader(&mut self) {
        self.io.forget_reader();
    }
}

impl AsyncWrite for &UnixStream {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write_stream(cx, buf)
    }

    /// Nothing is kept back here: what was written is the kernel's.
    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match self.shutdown(Shutdown::Write) {
            // The other side was faster.
            Err(e) if e.kind() == ErrorKind::NotConnected => Ok(()),
            done => done,
        })
    }

    fn forget_writer(&mut self) {
        self.io.forget_writer();
    }
}

impl AsyncWrite for UnixStream {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        (&*self).poll_write(cx, buf)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (&*self).poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        (&*self).poll_close(cx)
    }

    fn forget_writer(&mut self) {
        self.io.forget_writer();
    }
}

/// A socket under a path that takes connections. asyncio's `start_unix_server`, tokio's `UnixListener`.
///
/// The path stays when this is dropped, and then is in the way of the next [`bind`](Self::bind): remove it before or
/// after.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{UnixListener, UnixStream};
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-{}.sock", std::process::id()));
/// runtime::block_on(async {
///     let listener = UnixListener::bind(&path)?;
///     let mut client = UnixStream::connect(&path).await?;
///     let (mut server, _) = listener.accept().await?;
///     client.write_all(b"hi").await?;
///     let mut heard = [0; 2];
///     server.read_exact(&mut heard).await?;
///     assert_eq!(&heard, b"hi");
///     runtime::fs::remove_file(&path).await
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct UnixListener {
    io: Async<mio::net::UnixListener>,
}

impl UnixListener {
    /// Listens on a new socket at `path`.
    ///
    /// # Errors
    /// The OS's: `AddrInUse` if there is something at `path`, `InvalidInput` if it is too long (about 100 bytes).
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(UnixListener { io: Async::new(mio::net::UnixListener::bind(path)?)? })
    }

    /// Takes over a listener of the standard library's.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::{UnixListener, UnixStream};
    /// # runtime::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-from-{}", std::process::id()));
    /// let inherited = std::os::unix::net::UnixListener::bind(&path)?;
    /// let listener = UnixListener::from_std(inherited)?;
    /// let _client = UnixStream::connect(&path).await?;
    /// listener.accept().await?;
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn from_std(listener: std_unix::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(UnixListener { io: Async::new(mio::net::UnixListener::from_std(listener))? })
    }

    /// Gives it to the standard library. It stays non-blocking until told otherwise (`set_nonblocking`).
    ///
    /// ```
    /// # use runtime::net::{UnixListener, UnixStream};
    /// # runtime::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-into-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?.into_std();
    /// listener.set_nonblocking(false)?; // from now on for a thread of its own
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_std(self) -> std_unix::UnixListener {
        self.io.into_inner().into()
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::{UnixListener, UnixStream};
    /// # runtime::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-local-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?;
    /// assert_eq!(listener.local_addr()?.as_pathname(), Some(&*path));
    /// std::fs::remove_file(&path)?; // while it is surely this one's
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// Leaves it out of account when the loop looks whether anything can still happen: as [`Async::set_background`].
    ///
    /// ```
    /// # use runtime::net::{UnixListener, UnixStream};
    /// # runtime::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-back-{}", std::process::id()));
    /// let control = UnixListener::bind(&path)?;
    /// control.set_background(true); // commands may come, or not
    /// runtime::spawn(async move { while control.accept().await.is_ok() {} });
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set_background(&self, background: bool) {
        self.io.set_background(background);
    }

    /// Waits for a connection. Several tasks may; each connection goes to one of them.
    ///
    /// Cancel safe: no connection is lost.
    ///
    /// # Errors
    /// The OS's; most pass (no file descriptor left).
    #[track_caller]
    pub fn accept(&self) -> UnixAccept<'_> {
        UnixAccept { accepted: self.io.read_with(mio::net::UnixListener::accept as AcceptOp) }
    }

    /// The same in poll form: one waker, that of the last task that polled.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    ///
    /// # Example
    /// ```
    /// # use runtime::net::{UnixListener, UnixStream};
    /// # runtime::block_on(async {
    /// # let path = std::env::temp_dir().join(format!("roundabout-doc-poll-{}", std::process::id()));
    /// let listener = UnixListener::bind(&path)?;
    /// let _client = UnixStream::connect(&path).await?;
    /// let (_server, peer) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// assert!(peer.is_unnamed());
    /// # std::fs::remove_file(&path)?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        let (stream, peer) = ready!(self.io.poll_read_with(cx, mio::net::UnixListener::accept))?;
        Poll::Ready(Ok((UnixStream::new(stream)?, peer)))
    }
}

type AcceptOp = fn(&mio::net::UnixListener) -> io::Result<(mio::net::UnixStream, SocketAddr)>;

/// The future of [`UnixListener::accept`].
///
/// Dropped, it takes no connection along:
///
/// ```
/// # use runtime::net::{UnixListener, UnixStream};
/// # runtime::block_on(async {
/// # let path = std::env::temp_dir().join(format!("roundabout-doc-accept-{}", std::process::id()));
/// let listener = UnixListener::bind(&path)?;
/// runtime::race(listener.accept(), runtime::yield_now()).await; // gives up
/// let _client = UnixStream::connect(&path).await?;
/// assert!(listener.accept().await.is_ok());
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct UnixAccept<'a> {
    accepted: With<'a, mio::net::UnixListener, AcceptOp>,
}

impl Future for UnixAccept<'_> {
    type Output = io::Result<(UnixStream, SocketAddr)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (stream, peer) = ready!(Pin::new(&mut self.accepted).poll(cx))?;
        Poll::Ready(Ok((UnixStream::new(stream)?, peer)))
    }
}

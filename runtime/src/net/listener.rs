//! `TcpListener`: where connections arrive.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::TcpStream;
use crate::source::{Async, With};

/// A socket that takes TCP connections. asyncio's `start_server`, tokio's `TcpListener`.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt, copy};
/// use runtime::net::{TcpListener, TcpStream};
///
/// /// An echo server.
/// async fn serve(listener: TcpListener) -> std::io::Result<()> {
///     loop {
///         let (stream, _) = listener.accept().await?;
///         runtime::spawn(async move { copy(&mut &stream, &mut &stream).await });
///     }
/// }
///
/// runtime::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     let addr = listener.local_addr()?; // with the port that the OS has chosen
///     runtime::spawn(serve(listener));
///     let (mut client, mut heard) = (TcpStream::connect(addr).await?, String::new());
///     client.write_all(b"hello").await?;
///     client.close().await?;
///     client.read_to_string(&mut heard).await?;
///     assert_eq!(heard, "hello");
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct TcpListener {
    io: Async<mio::net::TcpListener>,
}

impl TcpListener {
    /// Listens on an address; port 0 lets the OS choose one ([`local_addr`](Self::local_addr) tells). On Unix a port whose
    /// last server has just ended is free at once (`SO_REUSEADDR`).
    ///
    /// # Errors
    /// The OS's, in particular where the address is in use or not this machine's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        Ok(TcpListener { io: Async::new(mio::net::TcpListener::bind(addr)?)? })
    }

    /// Takes over a listener of the standard library's: one that a supervisor has handed down, say.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::{TcpListener, TcpStream};
    /// # runtime::block_on(async {
    /// let inherited = std::net::TcpListener::bind("127.0.0.1:0")?;
    /// let addr = inherited.local_addr()?;
    /// assert_eq!(TcpListener::from_std(inherited)?.local_addr()?, addr);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(TcpListener { io: Async::new(mio::net::TcpListener::from_std(listener))? })
    }

    /// Gives it to the standard library. It stays non-blocking until told otherwise (`set_nonblocking`).
    ///
    /// ```
    /// # use runtime::net::{TcpListener, TcpStream};
    /// # runtime::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?.into_std();
    /// listener.set_nonblocking(false)?; // from now on for a thread of its own
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_std(self) -> std::net::TcpListener {
        self.io.into_inner().into()
    }

    /// The address it listens on.
    ///
    /// # Errors
    /// The OS's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// Leaves it out of account when the loop looks whether anything can still happen: as
    /// [`Async::set_background`]. For a server whose accept loop runs beside the work that the program is there for.
    ///
    /// ```
    /// # use runtime::net::{TcpListener, TcpStream};
    /// # runtime::block_on(async {
    /// let metrics = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// metrics.set_background(true); // that somebody may ask is no work
    /// runtime::spawn(async move {
    ///     while let Ok((_stream, _)) = metrics.accept().await {}
    /// });
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
    /// The OS's. One of them is about this connection only (`ConnectionAborted`) or passes (no file descriptor
    /// left): a server goes on after it, in the second case not at once.
    #[track_caller]
    pub fn accept(&self) -> Accept<'_> {
        Accept { accepted: self.io.read_with(mio::net::TcpListener::accept as AcceptOp) }
    }

    /// The same in poll form: one waker, that of the last task that polled.
    ///
    /// # Errors
    /// As [`accept`](Self::accept).
    ///
    /// # Example
    /// ```
    /// # use runtime::net::{TcpListener, TcpStream};
    /// # runtime::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// let client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_, peer) = std::future::poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// assert_eq!(peer, client.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let (stream, peer) = ready!(self.io.poll_read_with(cx, mio::net::TcpListener::accept))?;
        Poll::Ready(Ok((TcpStream::new(stream)?, peer)))
    }
}

type AcceptOp = fn(&mio::net::TcpListener) -> io::Result<(mio::net::TcpStream, SocketAddr)>;

/// The future of [`TcpListener::accept`].
///
/// Dropped, it takes no connection along:
///
/// ```
/// # use runtime::net::{TcpListener, TcpStream};
/// # runtime::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// runtime::race(listener.accept(), runtime::yield_now()).await; // gives up
/// let client = TcpStream::connect(listener.local_addr()?).await?;
/// assert_eq!(listener.accept().await?.1, client.local_addr()?);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
pub struct Accept<'a> {
    accepted: With<'a, mio::net::TcpListener, AcceptOp>,
}

impl Future for Accept<'_> {
    type Output = io::Result<(TcpStream, SocketAddr)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let (stream, peer) = ready!(Pin::new(&mut self.accepted).poll(cx))?;
        Poll::Ready(Ok((TcpStream::new(stream)?, peer)))
    }
}

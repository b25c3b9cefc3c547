//! `TcpStream`: a TCP connection, and how it is made.

use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{HappyEyeballs, lookup_host};
use crate::io::{AsyncRead, AsyncWrite, placed};
use crate::source::{Async, Ready};

/// A TCP connection. asyncio's pair of `StreamReader` and `StreamWriter`, tokio's `TcpStream`.
///
/// It is read and written through [`AsyncRead`] and [`AsyncWrite`], also through a shared reference. So it needs no
/// `split`: one task reads while another writes, each through a reference of its own.
///
/// Dropping it closes it. What was written is still sent; but if something from the peer was not read, the peer may hear
/// "connection reset" before it gets that. To be sure, `close` it (of [`AsyncWriteExt`](crate::io::AsyncWriteExt)), which
/// tells the peer that nothing more will come, and read on to the end.
///
/// ```
/// use runtime::io::{AsyncReadExt, AsyncWriteExt};
/// use runtime::net::{TcpListener, TcpStream};
/// use std::rc::Rc;
/// runtime::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
///     // If `localhost` is ::1 first, that is refused at once, and 127.0.0.1 is next.
///     let port = listener.local_addr()?.port();
///     let mut client = TcpStream::connect_to("localhost", port).await?;
///     let server = Rc::new(listener.accept().await?.0);
///
///     let (mut reader, mut writer) = (server.clone(), server); // two tasks, one connection
///     let read = runtime::spawn(async move {
///         let mut question = String::new();
///         (&*reader).read_to_string(&mut question).await.map(|_| question)
///     });
///     let write = runtime::spawn(async move { (&*writer).write_all(b"answer").await });
///
///     let mut answer = [0; 6];
///     client.read_exact(&mut answer).await?; // it comes before the question is there
///     client.write_all(b"question").await?;
///     client.close().await?;
///     assert_eq!(read.await??, "question");
///     write.await?
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct TcpStream {
    io: Async<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to an address. For a name, [`connect_to`](Self::connect_to).
    ///
    /// Cancel safe: dropped, the attempt ends and its socket is closed.
    ///
    /// # Errors
    /// The OS's: refused, unreachable, timed out.
    ///
    /// # Panics
    /// When polled outside a runtime.
    #[track_caller]
    pub fn connect(addr: SocketAddr) -> Connect {
        Connect { addr, stream: None, at: Location::caller() }
    }

    /// Looks a name up and connects to whichever of its addresses answers first: [`lookup_host`] and
    /// [`happy_eyeballs`](super::happy_eyeballs). asyncio's `open_connection`.
    ///
    /// Cancel safe, as both are.
    ///
    /// # Errors
    /// The resolver's, with the name; or what became of each address, with the [kind](io::Error::kind) of the last.
    ///
    /// # Panics
    /// When polled outside a runtime.
    ///
    /// # Example
    /// ```
    /// runtime::block_on(async {
    ///     // Nothing listens on port 1.
    ///     let refused = runtime::net::TcpStream::connect_to("127.0.0.1", 1).await.unwrap_err();
    ///     assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    ///     assert!(refused.to_string().starts_with("could not connect to 127.0.0.1:1: "));
    /// });
    /// ```
    #[track_caller]
    pub fn connect_to(host: &str, port: u16) -> impl Future<Output = io::Result<TcpStream>> {
        let at = Location::caller();
        let lookup = lookup_host(host, port);
        async move {
            let addresses = lookup
                .await
                .map_err(|e| io::Error::new(e.kind(), format!("could not find an address of {host}: {e}")))?;
            Ok(HappyEyeballs::new(addresses, TcpStream::connect, at).await?)
        }
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
    /// # use runtime::net::{TcpListener, TcpStream};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// let blocking = std::net::TcpStream::connect(listener.local_addr()?)?;
    /// let stream = TcpStream::from_std(blocking)?;
    /// stream.writable().await;
    /// assert_eq!(stream.peer_addr()?, listener.local_addr()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        TcpStream::new(mio::net::TcpStream::from_std(stream))
    }

    /// Gives it to the standard library. It stays non-blocking until told otherwise (`set_nonblocking`).
    ///
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// use std::io::Read;
    /// client.write_all(b"hello").await?;
    /// let mut server = server.into_std();
    /// server.set_nonblocking(false)?;
    /// let heard = runtime::spawn_blocking(move || server.read(&mut [0; 8]));
    /// assert_eq!(heard.await??, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_std(self) -> std::net::TcpStream {
        self.io.into_inner().into()
    }

    #[track_caller]
    pub(super) fn new(io: mio::net::TcpStream) -> io::Result<Self> {
        Ok(TcpStream { io: Async::new(io)? })
    }

    /// The address at the other end.
    ///
    /// # Errors
    /// The OS's, `NotConnected` for one.
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

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// client.set_nodelay(true)?; // for short questions and answers
    /// assert!(client.nodelay()?);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn nodelay(&self) -> io::Result<bool> {
        self.io.get_ref().nodelay()
    }

    /// Sends small writes at once, instead of collecting them for up to a round trip ([`TCP_NODELAY`](Self::nodelay)).
    ///
    /// # Errors
    /// The OS's.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.get_ref().set_nodelay(nodelay)
    }

    /// Over how many routers a packet may go (`IP_TTL`).
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// client.set_ttl(1)?; // no farther than the local network
    /// assert_eq!(client.ttl()?, 1);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    /// Sets over how many routers a packet may go ([`IP_TTL`](Self::ttl)).
    ///
    /// # Errors
    /// The OS's.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(ttl)
    }

    /// Shuts one direction down, or both. `close` (of [`AsyncWriteExt`](crate::io::AsyncWriteExt)) shuts writing down,
    /// after which the peer reads an end; to end reading too, drop the stream.
    ///
    /// # Errors
    /// The OS's, `NotConnected` if the peer was faster.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// client.shutdown(std::net::Shutdown::Write)?;
    /// assert_eq!(server.read(&mut [0; 8]).await?, 0); // the end
    /// server.write_all(b"bye").await?; // the other direction is open
    /// assert_eq!(client.read(&mut [0; 8]).await?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.get_ref().shutdown(how)
    }

    /// Leaves it out of account when the loop looks whether anything can still happen: as [`Async::set_background`]. For a
    /// connection over which something may be told, or not.
    ///
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// client.set_background(true); // a server that is subscribed to
    /// runtime::spawn(async move { while client.read(&mut [0; 64]).await.is_ok_and(|n| n > 0) {} });
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set_background(&self, background: bool) {
        self.io.set_background(background);
    }

    /// Has the next read ask the OS, also if no event has told of anything: see [`Async::assume_readable`].
    ///
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// use runtime::io::AsyncRead;
    /// use std::task::{Context, Poll, Waker};
    /// /// Whether an idle connection is still good: open, and with nothing to read.
    /// fn is_idle(mut stream: &TcpStream) -> bool {
    ///     stream.assume_readable();
    ///     stream.poll_read(&mut Context::from_waker(Waker::noop()), &mut [0]).is_pending()
    /// }
    /// assert!(is_idle(&client));
    /// drop(server);
    /// client.readable().await; // its end is on the way
    /// assert!(!is_idle(&client));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn assume_readable(&self) {
        self.io.assume_readable();
    }

    /// Waits until a read is worth a try: data has come, or the end. A hint, as [`Async::readable`].
    ///
    /// Cancel safe.
    ///
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// client.write_all(b"hello").await?;
    /// server.readable().await; // a buffer is needed only from here on
    /// assert_eq!(server.read(&mut vec![0; 1024]).await?, 5);
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
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// client.writable().await; // the answer need not be made up before it can be sent
    /// client.write_all(b"what the clock says now").await?;
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn writable(&self) -> Ready<'_> {
        self.io.writable()
    }

    /// Reads what is there now, or says `WouldBlock`; 0 is the end. tokio's `try_read`.
    ///
    /// # Errors
    /// The OS's, `WouldBlock` for one: [`readable`](Self::readable) then waits.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// client.write_all(b"hello").await?;
    /// let mut heard = Vec::with_capacity(8); // made when it is needed, and not before
    /// while heard.len() < 5 {
    ///     server.readable().await;
    ///     let mut buf = [0; 1024];
    ///     match server.try_read(&mut buf) {
    ///         Ok(n) => heard.extend_from_slice(&buf[..n]),
    ///         Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {} // it was only a hint
    ///         Err(e) => return Err(e),
    ///     }
    /// }
    /// assert_eq!(heard, b"hello");
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_read_stream(buf)
    }

    /// Writes as much as the OS takes now: how much that was. tokio's `try_write`.
    ///
    /// # Errors
    /// The OS's, `WouldBlock` if it takes nothing: [`writable`](Self::writable) then waits.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// let (mut sent, mut skipped) = (0, 0);
    /// while skipped == 0 {
    ///     match client.try_write(&[0; 65536]) {
    ///         Ok(n) => sent += n,
    ///         Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => skipped += 1, // nobody reads
    ///         Err(e) => return Err(e),
    ///     }
    /// }
    /// assert!(sent > 0);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.try_write_stream(buf)
    }

    /// Reads what has come without taking it: the next read gives it again.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::{TcpListener, TcpStream}};
    /// # runtime::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut client = TcpStream::connect(listener.local_addr()?).await?;
    /// # let (mut server, _) = listener.accept().await?;
    /// client.write_all(b"GET /").await?;
    /// let mut first = [0];
    /// server.peek(&mut first).await?;
    /// assert!(first[0].is_ascii_uppercase()); // HTTP, not TLS; nothing is taken
    /// assert_eq!(server.read(&mut [0; 8]).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn peek(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Unpin {
        self.io.read_with(|socket| socket.peek(buf))
    }
}

/// The future of [`TcpStream::connect`].
///
/// The OS may try for minutes. With a limit:
///
/// ```
/// # use runtime::net::{TcpListener, TcpStream};
/// # use std::time::Duration;
/// # runtime::block_on(async {
/// # let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
/// # let addr = listener.local_addr()?;
/// let stream = runtime::timeout(Duration::from_secs(10), TcpStream::connect(addr)).await??;
/// assert_eq!(stream.peer_addr()?, addr);
/// # Ok::<(), std::io::Error>(())
/// # }).unwrap();
/// ```
#[must_use = "a future does nothing until it is awaited"]
#[derive(Debug)]
pub struct Connect {
    addr: SocketAddr,
    stream: Option<TcpStream>,
    at: &'static Location<'static>,
}

impl Future for Connect {
    type Output = io::Result<TcpStream>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let stream = match &mut this.stream {
            Some(stream) => stream,
            // The call that begins to connect does not block; it only sends the first packet.
            None => this.stream.insert(TcpStream::new(mio::net::TcpStream::connect(this.addr)?)?),
        };
        // trap 34: that the socket is writable does not mean that it is connected. It is when there is no error
        // and the other end has an address; while there is none, it is still on its way.
        let connected = stream.io.poll_write_with(cx, |socket| {
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
            match socket.peer_addr() {
                Err(e) if e.kind() == ErrorKind::NotConnected => Err(ErrorKind::WouldBlock.into()),
                peer => peer,
            }
        });
        ready!(placed(connected, this.at))?;
        match this.stream.take() {
            Some(stream) => Poll::Ready(Ok(stream)),
            None => unreachable!("it was there a moment ago"),
        }
    }
}

impl AsyncRead for &TcpStream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io.poll_read_stream(cx, buf)
    }

    fn forget_reader(&mut self) {
        self.io.forget_reader();
    }
}

impl AsyncRead for TcpStream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        (&*self).poll_read(cx, buf)
    }

    fn forget_reader(&mut self) {
        self.io.forget_reader();
    }
}

impl AsyncWrite for &TcpStream {
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

impl AsyncWrite for TcpStream {
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

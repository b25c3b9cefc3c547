//! TCP: `TcpStream` and `TcpListener`, thin coats over [`Async`].

use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::io::{AsyncRead, AsyncWrite};
use crate::source::{Async, Ready, With};

/// A TCP connection.
///
/// It is read and written through [`AsyncRead`] and [`AsyncWrite`], also through a shared reference, so that one
/// task can read while another writes: `let mut reader = &stream;`.
#[derive(Debug)]
pub struct TcpStream {
    io: Async<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to an address. For a name, see [`lookup_host`](super::lookup_host).
    ///
    /// Cancel safe: dropped, the attempt ends and its socket is closed.
    ///
    /// # Errors
    /// The OS's: refused, unreachable, timed out.
    ///
    /// # Panics
    /// When polled outside a runtime.
    pub fn connect(addr: SocketAddr) -> Connect {
        Connect { addr, stream: None }
    }

    fn new(io: mio::net::TcpStream) -> io::Result<Self> {
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

    /// Sends small writes at once, instead of collecting them for up to a round trip (`TCP_NODELAY`).
    ///
    /// # Errors
    /// The OS's.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.io.get_ref().set_nodelay(nodelay)
    }

    /// Has the next read ask the OS, also if no event has told of anything: see [`Async::assume_readable`].
    pub fn assume_readable(&self) {
        self.io.assume_readable();
    }

    /// Waits until a read is worth a try: data has come, or the end.
    pub fn readable(&self) -> Ready<'_> {
        self.io.readable()
    }
}

/// The future of [`TcpStream::connect`].
#[must_use = "a future does nothing until it is awaited"]
#[derive(Debug)]
pub struct Connect {
    addr: SocketAddr,
    stream: Option<TcpStream>,
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
        ready!(stream.io.poll_write_with(cx, |socket| {
            if let Some(error) = socket.take_error()? {
                return Err(error);
            }
            match socket.peer_addr() {
                Err(e) if e.kind() == ErrorKind::NotConnected => Err(ErrorKind::WouldBlock.into()),
                peer => peer,
            }
        }))?;
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
}

impl AsyncRead for TcpStream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        (&*self).poll_read(cx, buf)
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
        Poll::Ready(match self.io.get_ref().shutdown(Shutdown::Write) {
            // The other side was faster.
            Err(e) if e.kind() == ErrorKind::NotConnected => Ok(()),
            done => done,
        })
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
}

/// A socket that takes TCP connections.
#[derive(Debug)]
pub struct TcpListener {
    io: Async<mio::net::TcpListener>,
}

impl TcpListener {
    /// Listens on an address; port 0 lets the OS choose one ([`local_addr`](Self::local_addr) tells).
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

    /// The address it listens on.
    ///
    /// # Errors
    /// The OS's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// Waits for a connection. Several tasks may; each connection goes to one of them.
    ///
    /// Cancel safe: no connection is lost.
    ///
    /// # Errors
    /// The OS's. One of them is about this connection only (`ConnectionAborted`) or passes (no file descriptor
    /// left): a server goes on after it.
    pub fn accept(&self) -> Accept<'_> {
        Accept { accepted: self.io.read_with(mio::net::TcpListener::accept as AcceptOp) }
    }
}

type AcceptOp = fn(&mio::net::TcpListener) -> io::Result<(mio::net::TcpStream, SocketAddr)>;

/// The future of [`TcpListener::accept`].
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

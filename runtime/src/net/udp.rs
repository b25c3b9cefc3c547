//! `UdpSocket`: datagrams.
//!
//! A stream's shortcut does not hold here: that a datagram was shorter than the buffer says nothing of the next one. So
//! all goes through the plain operations of [`Async`], which are done when the OS says `WouldBlock`.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use crate::source::{Async, Ready};

/// A socket for datagrams. asyncio's `create_datagram_endpoint`, tokio's `UdpSocket`.
///
/// Each arrives whole, or not at all; perhaps twice, perhaps in another order.
///
/// All methods take `&self`, and several tasks may send and receive at once. There is no end of the stream: a datagram
/// may be empty, and then 0 bytes are received. One that is longer than the buffer is cut (on Windows it is an error).
///
/// ```
/// use runtime::net::UdpSocket;
/// runtime::block_on(async {
///     let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
///     let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
///     a.send_to(b"hello", b.local_addr()?).await?;
///     let mut buf = [0; 1500];
///     let (n, from) = b.recv_from(&mut buf).await?;
///     assert_eq!((&buf[..n], from), (&b"hello"[..], a.local_addr()?));
///
///     b.connect(from)?; // from now on one peer, without addresses
///     b.send(b"and you").await?;
///     let n = a.recv(&mut buf).await?;
///     assert_eq!(&buf[..n], b"and you");
///     Ok::<(), std::io::Error>(())
/// }).unwrap();
/// ```
#[derive(Debug)]
pub struct UdpSocket {
    io: Async<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// A socket on an address of this machine; port 0 lets the OS choose one.
    ///
    /// # Errors
    /// The OS's, in particular where the address is in use or not this machine's.
    ///
    /// # Panics
    /// Outside a runtime.
    #[track_caller]
    pub fn bind(addr: SocketAddr) -> io::Result<Self> {
        Ok(UdpSocket { io: Async::new(mio::net::UdpSocket::bind(addr)?)? })
    }

    /// Takes over a socket of the standard library's, which has all the options (multicast groups, for one).
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Panics
    /// Outside a runtime.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
    /// socket.set_multicast_loop_v4(false)?;
    /// let socket = UdpSocket::from_std(socket)?;
    /// # assert!(socket.local_addr()?.is_ipv4());
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(UdpSocket { io: Async::new(mio::net::UdpSocket::from_std(socket))? })
    }

    /// Gives it to the standard library. It stays non-blocking until told otherwise (`set_nonblocking`).
    ///
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// let socket = a.into_std();
    /// socket.set_nonblocking(false)?;
    /// socket.set_read_timeout(Some(std::time::Duration::from_millis(1)))?;
    /// assert!(socket.recv(&mut buf).is_err()); // after a millisecond: nobody sends
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn into_std(self) -> std::net::UdpSocket {
        self.io.into_inner().into()
    }

    /// Sets the one peer that [`send`](Self::send) sends to, and that alone is received from. Nothing goes over the
    /// network, so this does not wait.
    ///
    /// # Errors
    /// The OS's.
    pub fn connect(&self, peer: SocketAddr) -> io::Result<()> {
        self.io.get_ref().connect(peer)
    }

    /// The address at this end.
    ///
    /// # Errors
    /// The OS's.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The peer that was set by [`connect`](Self::connect).
    ///
    /// # Errors
    /// The OS's; `NotConnected` if none was.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// a.connect(b.local_addr()?)?;
    /// assert_eq!(a.peer_addr()?, b.local_addr()?);
    /// let none = b.peer_addr().unwrap_err(); // one way only
    /// assert_eq!(none.kind(), std::io::ErrorKind::NotConnected);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    /// Allows to send to broadcast addresses (`SO_BROADCAST`).
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// a.set_broadcast(true)?; // or sending to 255.255.255.255 is `PermissionDenied`
    /// a.set_ttl(1)?; // and no farther than this network
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set_broadcast(&self, broadcast: bool) -> io::Result<()> {
        self.io.get_ref().set_broadcast(broadcast)
    }

    /// Sets over how many routers a datagram may go (`IP_TTL`). An example is at
    /// [`set_broadcast`](Self::set_broadcast).
    ///
    /// # Errors
    /// The OS's.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(ttl)
    }

    /// Leaves it out of account when the loop looks whether anything can still happen: as [`Async::set_background`].
    ///
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// a.set_background(true); // announcements may come, or not
    /// runtime::spawn(async move { while a.recv(&mut [0; 1500]).await.is_ok() {} });
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn set_background(&self, background: bool) {
        self.io.set_background(background);
    }

    /// Waits until receiving is worth a try. A hint, as [`Async::readable`].
    ///
    /// Cancel safe.
    ///
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// # a.connect(b.local_addr()?)?; b.connect(a.local_addr()?)?;
    /// a.send(b"one").await?;
    /// a.send(b"two").await?;
    /// let mut batch = Vec::new();
    /// while batch.len() < 2 {
    ///     b.readable().await;
    ///     while let Ok(n) = b.try_recv(&mut buf) {
    ///         batch.push(buf[..n].to_vec()); // all that is there, in one go
    ///     }
    /// }
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn readable(&self) -> Ready<'_> {
        self.io.readable()
    }

    /// Waits until sending is worth a try. A hint, as [`Async::writable`].
    ///
    /// Cancel safe.
    ///
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// # a.connect(b.local_addr()?)?; b.connect(a.local_addr()?)?;
    /// a.writable().await;
    /// assert_eq!(a.try_send(b"the temperature now, not that of a while ago")?, 44);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn writable(&self) -> Ready<'_> {
        self.io.writable()
    }

    /// Sends a datagram to the peer of [`connect`](Self::connect): its length. It waits while the OS's own buffer is full.
    ///
    /// Cancel safe: dropped, it has sent nothing.
    ///
    /// # Errors
    /// The OS's; `ConnectionRefused` if an earlier datagram met with nobody there.
    #[track_caller]
    pub fn send(&self, datagram: &[u8]) -> impl Future<Output = io::Result<usize>> + Unpin {
        self.io.write_with(|socket| socket.send(datagram))
    }

    /// Sends a datagram to `to`. As [`send`](Self::send) in all else, cancel safety included.
    ///
    /// # Errors
    /// The OS's.
    #[track_caller]
    pub fn send_to(
        &self,
        datagram: &[u8],
        to: SocketAddr,
    ) -> impl Future<Output = io::Result<usize>> + Unpin {
        self.io.write_with(move |socket| socket.send_to(datagram, to))
    }

    /// Receives a datagram of the peer of [`connect`](Self::connect): its length.
    ///
    /// Cancel safe: dropped, it has received nothing.
    ///
    /// # Errors
    /// The OS's; `ConnectionRefused` if an earlier datagram met with nobody there.
    #[track_caller]
    pub fn recv(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<usize>> + Unpin {
        self.io.read_with(|socket| socket.recv(buf))
    }

    /// Receives a datagram: its length, and who sent it. As [`recv`](Self::recv) in all else, cancel safety included.
    ///
    /// # Errors
    /// The OS's.
    #[track_caller]
    pub fn recv_from(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Unpin {
        self.io.read_with(|socket| socket.recv_from(buf))
    }

    /// Looks at the next datagram without taking it. As [`recv_from`](Self::recv_from) in all else.
    ///
    /// # Errors
    /// The OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// a.send_to(b"hello", b.local_addr()?).await?;
    /// let (_, from) = b.peek_from(&mut buf).await?; // for whom is it?
    /// assert_eq!(from, a.local_addr()?);
    /// assert_eq!(b.recv(&mut buf).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    #[track_caller]
    pub fn peek_from(&self, buf: &mut [u8]) -> impl Future<Output = io::Result<(usize, SocketAddr)>> + Unpin {
        self.io.read_with(|socket| socket.peek_from(buf))
    }

    /// Sends to the [connected](Self::connect) peer if that needs no waiting. An example is at
    /// [`writable`](Self::writable).
    ///
    /// # Errors
    /// `WouldBlock` if it does; the OS's.
    pub fn try_send(&self, datagram: &[u8]) -> io::Result<usize> {
        self.io.try_write_with(|socket| socket.send(datagram))
    }

    /// Sends to `peer` if that needs no waiting.
    ///
    /// # Errors
    /// `WouldBlock` if it does; the OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// let listeners = [b.local_addr()?];
    /// for to in listeners {
    ///     a.try_send_to(b"tick", to).ok(); // or with the next tick
    /// }
    /// assert_eq!(b.recv(&mut buf).await?, 4);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn try_send_to(&self, datagram: &[u8], peer: SocketAddr) -> io::Result<usize> {
        self.io.try_write_with(|socket| socket.send_to(datagram, peer))
    }

    /// The next datagram if one is there: how long it is. An example is at [`readable`](Self::readable).
    ///
    /// # Errors
    /// `WouldBlock` if none is; the OS's.
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_read_with(|socket| socket.recv(buf))
    }

    /// The next datagram and its sender if one is there.
    ///
    /// # Errors
    /// `WouldBlock` if none is; the OS's.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// let none = b.try_recv_from(&mut buf).unwrap_err();
    /// assert_eq!(none.kind(), std::io::ErrorKind::WouldBlock);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.try_read_with(|socket| socket.recv_from(buf))
    }

    /// [`send`](Self::send) in poll form: one waker, that of the last task that polled for sending.
    ///
    /// # Errors
    /// As `send`.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// # a.connect(b.local_addr()?)?; b.connect(a.local_addr()?)?;
    /// use std::future::poll_fn;
    /// assert_eq!(poll_fn(|cx| a.poll_send(cx, b"hello")).await?, 5);
    /// assert_eq!(poll_fn(|cx| b.poll_recv(cx, &mut buf)).await?, 5);
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn poll_send(&self, cx: &mut Context<'_>, datagram: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write_with(cx, |socket| socket.send(datagram))
    }

    /// [`send_to`](Self::send_to) in poll form: one waker, that of the last task that polled for sending.
    ///
    /// # Errors
    /// As `send_to`.
    ///
    /// # Example
    /// ```
    /// # use runtime::net::UdpSocket;
    /// # runtime::block_on(async {
    /// # let a = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let b = UdpSocket::bind("127.0.0.1:0".parse().unwrap())?;
    /// # let mut buf = [0; 8];
    /// use std::future::poll_fn;
    /// let to = b.local_addr()?;
    /// assert_eq!(poll_fn(|cx| a.poll_send_to(cx, b"hello", to)).await?, 5);
    /// assert_eq!(poll_fn(|cx| b.poll_recv_from(cx, &mut buf)).await?, (5, a.local_addr()?));
    /// # Ok::<(), std::io::Error>(())
    /// # }).unwrap();
    /// ```
    pub fn poll_send_to(
        &self,
        cx: &mut Context<'_>,
        datagram: &[u8],
        to: SocketAddr,
    ) -> Poll<io::Result<usize>> {
        self.io.poll_write_with(cx, |socket| socket.send_to(datagram, to))
    }

    /// [`recv`](Self::recv) in poll form: one waker, that of the last task that polled for receiving.
    ///
    /// # Errors
    /// As `recv`. An example is at [`poll_send`](Self::poll_send).
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io.poll_read_with(cx, |socket| socket.recv(buf))
    }

    /// [`recv_from`](Self::recv_from) in poll form: one waker, that of the last task that polled for receiving.
    ///
    /// # Errors
    /// As `recv_from`. An example is at [`poll_send_to`](Self::poll_send_to).
    pub fn poll_recv_from(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.io.poll_read_with(cx, |socket| socket.recv_from(buf))
    }
}

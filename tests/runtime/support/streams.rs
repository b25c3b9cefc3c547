//! Connections and pipes for the tests, and bytes to send through them.

use std::net::{SocketAddr, TcpStream as StdStream};

use runtime::io::AsyncReadExt;
use runtime::net::{TcpListener, TcpStream};

use crate::support::wakers::Counting;

/// Any free port of loopback.
pub(crate) fn local() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// A connection: our end, and the standard library's, which blocks.
pub(crate) async fn pair() -> (TcpStream, StdStream) {
    let listener = TcpListener::bind(local()).unwrap();
    let far = StdStream::connect(listener.local_addr().unwrap()).unwrap();
    let (near, _) = listener.accept().await.unwrap();
    (near, far)
}

/// A connection of ours on both ends.
pub(crate) async fn own_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind(local()).unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (far, _) = listener.accept().await.unwrap();
    (near, far)
}

/// An address where nobody listens, for as long as this is there.
///
/// The port is that of a listener which is gone, kept by a connection that it accepted. Not a port that `connect`
/// gave out: it might give out the same one again, to who connects to it, and a TCP socket can connect to itself.
pub(crate) struct Nobody {
    accepted: StdStream,
    _client: StdStream,
}

impl Nobody {
    pub(crate) fn new() -> Nobody {
        let listener = std::net::TcpListener::bind(local()).unwrap();
        let client = StdStream::connect(listener.local_addr().unwrap()).unwrap();
        Nobody { accepted: listener.accept().unwrap().0, _client: client }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.accepted.local_addr().unwrap()
    }
}

/// Has the runtime see that there is nothing to read: readiness is assumed until a try fails.
pub(crate) fn known_empty(stream: &TcpStream) {
    let mut reader = stream;
    assert!(Counting::new().poll(&mut reader.read(&mut [0])).is_pending());
}

/// A reading end of a pipe.
#[cfg(unix)]
pub(crate) type Receiver = runtime::Async<mio::unix::pipe::Receiver>;

/// A pipe; the reading end is known to be empty.
#[cfg(unix)]
pub(crate) fn pipe() -> (mio::unix::pipe::Sender, Receiver) {
    let (sender, receiver) = mio::unix::pipe::new().unwrap();
    let receiver = runtime::Async::new(receiver).unwrap();
    let mut reading = receiver.read_with(|mut pipe| std::io::Read::read(&mut pipe, &mut [0]));
    assert!(Counting::new().poll(&mut reading).is_pending());
    drop(reading);
    (sender, receiver)
}

/// Bytes in an order in which any loss or repetition shows.
pub(crate) fn pattern(len: usize) -> Vec<u8> {
    let mut all = (0..251).collect::<Vec<u8>>().repeat(len / 251 + 1);
    all.truncate(len);
    all
}

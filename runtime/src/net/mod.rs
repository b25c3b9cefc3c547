//! Sockets and pipes, and names turned into addresses.
//!
//! Each is a thin coat over [`Async`](crate::Async): the operations of the OS, tried first and waited for if need be. A
//! kind of source that is not here is an `Async` of mio's type away.
//!
//! ```
//! use runtime::io::{AsyncReadExt, AsyncWriteExt};
//! use runtime::net::{TcpListener, TcpStream};
//! runtime::block_on(async {
//!     let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap())?;
//!     let mut client = TcpStream::connect(listener.local_addr()?).await?;
//!     let (mut server, _peer) = listener.accept().await?;
//!     client.write_all(b"hello").await?;
//!     assert_eq!(server.read(&mut [0; 8]).await?, 5);
//!     Ok::<(), std::io::Error>(())
//! }).unwrap();
//! ```
//!
//! A socket belongs to the runtime in which it was made, and is deregistered there when it is dropped.

mod eyeballs;
mod listener;
mod lookup;
#[cfg(unix)]
pub mod pipe;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;

pub use eyeballs::{ATTEMPT_DELAY, ConnectFailed, HappyEyeballs, happy_eyeballs};
pub use listener::{Accept, TcpListener};
pub use lookup::lookup_host;
pub use tcp::{Connect, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixAccept, UnixConnect, UnixListener, UnixStream};

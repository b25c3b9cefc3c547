//! Sockets and pipes, and names turned into addresses.
//!
//! Each is a thin coat over [`Async`](crate::Async): the operations of the OS, tried first and waited for if need be. A
//! kind of source that is not here is an `Async` of mio's type away.

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

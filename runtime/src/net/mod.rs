//! Sockets, and names turned into addresses.

mod lookup;
mod tcp;

pub use lookup::lookup_host;
pub use tcp::{Accept, Connect, TcpListener, TcpStream};

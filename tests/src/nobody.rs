//! A port where nobody listens, for as long as a test needs it to be so.

use std::net::{SocketAddr, TcpListener, TcpStream};

/// Connections to its address are refused.
///
/// A port that was bound and let go may be somebody else's a moment later. This one stays taken, as the near end of
/// a connection, and such a port accepts nothing.
///
/// ```
/// let nobody = tests::nobody::Nobody::new();
/// let error = std::net::TcpStream::connect(nobody.addr()).unwrap_err();
/// assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
/// ```
pub struct Nobody {
    near_end: TcpStream,
    _far_end: TcpListener,
}

impl Nobody {
    /// Takes a free port of loopback.
    pub fn new() -> Nobody {
        let far_end = TcpListener::bind(("127.0.0.1", 0)).expect("a free port of loopback");
        let near_end = TcpStream::connect(far_end.local_addr().expect("the port just bound"));
        Nobody { near_end: near_end.expect("a connection to oneself"), _far_end: far_end }
    }

    /// Where nobody listens.
    pub fn addr(&self) -> SocketAddr {
        self.near_end.local_addr().expect("the near end of a connection")
    }

    /// A URL there; `path` starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr())
    }
}

impl Default for Nobody {
    fn default() -> Nobody {
        Nobody::new()
    }
}

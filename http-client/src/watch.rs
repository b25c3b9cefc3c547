//! What can be seen of a request from outside: what happens, as it happens, and how long each part took.

use std::net::SocketAddr;
use std::time::Duration;

use crate::h1::head::Head;

/// A step of a request, given to the [`observer`](crate::ClientBuilder::observer) at the moment in which it is done:
/// what `curl -v` prints.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A connection was made.
    Connected {
        /// The URL's host.
        host: &'a str,
        /// And its port.
        port: u16,
        /// The address at the other end, where the connector tells it.
        peer: Option<SocketAddr>,
    },
    /// The TLS handshake is over, and the server's certificate was good (or not looked at).
    Secured {
        /// `TLSv1_3`, as rustls names it.
        protocol: &'a str,
        /// `TLS13_AES_256_GCM_SHA384`, as rustls names it.
        cipher: &'a str,
    },
    /// A connection of an earlier request is used again.
    Reused {
        /// The address at the other end.
        peer: Option<SocketAddr>,
    },
    /// A request is about to be sent: its head, as it goes out. It may hold secrets, such as an Authorization field.
    Request(&'a [u8]),
    /// The head of a reply has come, interim (1xx) ones and those of redirects included.
    Reply(&'a Head),
}

/// Whoever is told.
pub(crate) type Observer = Box<dyn Fn(Event<'_>)>;

/// How long each part of a request took. After redirects it is that of the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Times {
    /// To look the host's name up; `None` on a connection that was there before, or where the connector does not tell.
    pub lookup: Option<Duration>,
    /// To connect, without the lookup; `None` on a connection that was there before.
    pub connect: Option<Duration>,
    /// To shake hands over TLS; `None` without TLS, and on a connection that was there before.
    pub tls: Option<Duration>,
    /// To send the request.
    pub sent: Duration,
    /// From then until the first byte of the reply (zero, if it came sooner).
    pub first_byte: Duration,
}

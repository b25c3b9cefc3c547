//! Where connections come from: the seam between the client and the network.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use runtime::io::{AsyncRead, AsyncWrite};
use runtime::net::{TcpStream, happy_eyeballs, lookup_host};
use runtime::now;
use runtime::trace::span;

use crate::error::{Error, Kind, Result};

/// A connection to a server, in the clear or not.
pub trait Stream: AsyncRead + AsyncWrite {
    /// Sees to it that the next read looks at what has come until this moment, not until the loop last asked the OS.
    /// A stream that always does need not do anything here.
    fn look_again(&mut self) {}
}

impl Stream for TcpStream {
    fn look_again(&mut self) {
        self.assume_readable();
    }
}

/// A connection that was made, and what is to be told of it.
pub struct Connected {
    /// The connection.
    pub stream: Box<dyn Stream>,
    /// The address at the other end.
    pub peer: Option<SocketAddr>,
    /// How long it took to look the name up.
    pub lookup: Option<Duration>,
}

/// A connection of which nothing more is told.
impl<S: Stream + 'static> From<S> for Connected {
    fn from(stream: S) -> Self {
        Connected { stream: Box::new(stream), peer: None, lookup: None }
    }
}

impl fmt::Debug for Connected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Connected { stream: _, peer, lookup } = self;
        f.debug_struct("Connected").field("peer", peer).field("lookup", lookup).finish_non_exhaustive()
    }
}

/// What [`Connect::connect`] returns.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Connected>> + 'a>>;

/// Makes connections. The usual one is [`Tcp`]; a test may give the client a network of its own.
///
/// A trait object and not a type parameter of `Client`: there is one such call a connection, and the box costs
/// nothing beside it.
///
/// ```
/// use http_client::{Client, connect::{Connect, Connecting, Tcp}};
/// use runtime::{io::{AsyncReadExt, AsyncWriteExt}, net::TcpListener};
///
/// /// Connects to this port of this machine, whatever the URL says.
/// struct Here(u16);
///
/// impl Connect for Here {
///     fn connect<'a>(&'a self, _host: &'a str, _port: u16) -> Connecting<'a> {
///         Tcp.connect("127.0.0.1", self.0)
///     }
/// }
///
/// runtime::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0".parse()?)?;
///     let client = Client::builder().connector(Here(listener.local_addr()?.port())).build();
///     runtime::spawn(async move {
///         let (mut stream, _) = listener.accept().await?;
///         stream.read(&mut [0; 1024]).await?; // the request, which is small
///         stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello").await
///     });
///     let text = client.get("http://example.org/").send().await?.text().await?;
///     assert_eq!(text, "hello"); // and nobody was asked for example.org
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })
/// # .unwrap();
/// ```
pub trait Connect {
    /// Connects to a host, given as in [`Url::host`](crate::url::Url::host): a name, or an address without brackets.
    ///
    /// # Errors
    /// [`Kind::Resolve`] if the name has no address, [`Kind::Connect`] if none of them answers: [`Error::new`] makes them.
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a>;
}

/// Looks the name up and connects over TCP, to whichever of its addresses answers first (Happy Eyeballs).
#[derive(Clone, Copy, Debug, Default)]
pub struct Tcp;

impl Connect for Tcp {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a> {
        Box::pin(async move {
            let (start, span) = (now(), span("look up", host));
            let addresses = lookup_host(host, port).await;
            let addresses =
                addresses.map_err(|e| Error::new(Kind::Resolve, format!("the host was not found: {e}")))?;
            drop(span);
            let lookup = Some(now() - start);
            Ok(Connected { lookup, ..to_any_of(addresses).await? })
        })
    }
}

/// Connects over TCP to whichever of these addresses answers first.
pub(crate) async fn to_any_of(addresses: Vec<SocketAddr>) -> Result<Connected> {
    let _span = span("connect", format_args!("{addresses:?}"));
    let stream =
        happy_eyeballs(addresses, TcpStream::connect).await.map_err(|e| Error::new(Kind::Connect, e))?;
    // A request is written in one go and then waited for: collecting small writes only delays.
    let _ = stream.set_nodelay(true);
    Ok(Connected { peer: stream.peer_addr().ok(), ..stream.into() })
}

//! Scripts over TLS: a blocking rustls server that plays what [`scripted`](crate::scripted) plays on bare sockets.
//!
//! The handshake happens with the first byte the script reads or sends. Where the client refuses the certificate,
//! the script ends with an error there: no request of such a client is ever recorded.

use std::io;
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use crate::certs::Leaf;
use crate::scripted::{Conn, Server, Wire};

type Stream = StreamOwned<ServerConnection, TcpStream>;

impl Wire for Stream {
    fn goodbye(&mut self) -> io::Result<()> {
        self.conn.send_close_notify();
        self.conn.complete_io(&mut self.sock)?;
        self.sock.goodbye()
    }

    fn tls(&self) -> Option<&ServerConnection> {
        Some(&self.conn)
    }
}

/// Starts a server with this certificate that plays `script` for each connection.
///
/// [`Conn::cut`] ends a connection without `close_notify`, which is the truncation attack of RFC 8446, 6.1.
pub fn start(leaf: &Leaf, script: impl Fn(&mut Conn) -> io::Result<()> + Send + Sync + 'static) -> Server {
    start_with(leaf, rustls::ALL_VERSIONS, script)
}

/// As [`start`], offering only these versions of TLS.
pub fn start_with(
    leaf: &Leaf,
    versions: &[&'static SupportedProtocolVersion],
    script: impl Fn(&mut Conn) -> io::Result<()> + Send + Sync + 'static,
) -> Server {
    let config = Arc::new(config(leaf, versions));
    let wrap = move |tcp| -> io::Result<Box<dyn Wire>> {
        let session = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
        Ok(Box::new(Stream::new(session, tcp)))
    };
    Server::start_over("https", wrap, script)
}

fn config(leaf: &Leaf, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions that ring speaks")
        .with_no_client_auth()
        .with_single_cert(leaf.chain(), leaf.key())
        .expect("a certificate and its key")
}

//! The HTTP client over the simulated network: its `Connect`, and nothing else of it is changed.

use std::io::{self, ErrorKind};
use std::task::{Context, Poll};

use http_client::connect::{Connect, Connected, Connecting};
use http_client::{Error, Kind};
use runtime::io::{AsyncRead, AsyncWrite};
use runtime::sim::net::{Net, Stream};

/// Connects over this network.
pub(crate) struct Over(pub(crate) Net);

impl Connect for Over {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a> {
        Box::pin(async move {
            match self.0.connect(host, port).await {
                Ok(stream) => Ok(Connected::from(Wrapped(stream))),
                Err(e) if e.kind() == ErrorKind::NotFound => Err(Error::new(Kind::Resolve, e)),
                Err(e) => Err(Error::new(Kind::Connect, format!("could not connect to {host}:{port}: {e}"))),
            }
        })
    }
}

/// Both the trait and the stream are another crate's.
struct Wrapped(Stream);

/// A read looks at what has arrived until this moment, so there is nothing to look at again.
impl http_client::connect::Stream for Wrapped {}

impl AsyncRead for Wrapped {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.0.poll_read(cx, buf)
    }

    fn forget_reader(&mut self) {
        self.0.forget_reader();
    }
}

impl AsyncWrite for Wrapped {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_write(cx, buf)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_close(cx)
    }

    fn forget_writer(&mut self) {
        self.0.forget_writer();
    }
}

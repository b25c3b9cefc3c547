//! TLS over any stream: rustls decides what is sent and what it means, this file moves the bytes.
//!
//! rustls is sans-I/O like our [`h1`](crate::h1): `read_tls` takes what the network brought, `write_tls` gives what
//! it is to bring, and the plaintext is read and written in between. It reads through `std::io` traits, so
//! [`Bridge`] makes a poll look like a call that may say `WouldBlock`.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use runtime::io::{AsyncRead, AsyncWrite};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use crate::connect::Stream;
use crate::trust::explain;

pub use crate::trust::Certificates;

/// A TLS connection over a stream.
pub(crate) struct TlsStream {
    tls: ClientConnection,
    stream: Box<dyn Stream>,
}

impl TlsStream {
    /// Shakes hands with `host`, whose certificate must be for that name.
    pub(crate) async fn connect(
        config: Arc<ClientConfig>,
        host: &str,
        stream: Box<dyn Stream>,
    ) -> io::Result<TlsStream> {
        // The dot that says that a name is complete is DNS's, not the certificate's.
        let name = host.strip_suffix('.').unwrap_or(host).to_owned();
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let tls = ClientConnection::new(config, name).map_err(io::Error::other)?;
        let mut this = TlsStream { tls, stream };
        poll_fn(|cx| this.poll_handshake(cx)).await?;
        Ok(this)
    }

    /// The version and the cipher suite that were agreed on, as rustls names them.
    pub(crate) fn agreed(&self) -> (String, String) {
        let version = self.tls.protocol_version().map(|version| format!("{version:?}"));
        let cipher = self.tls.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
        (version.unwrap_or_default(), cipher.unwrap_or_default())
    }

    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            // trap 42: what we have to say goes out before we wait for an answer, and also when the handshake is
            // over on our side: the server waits for our last message.
            ready!(self.poll_write_tls(cx))?;
            if !self.tls.is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            if ready!(self.poll_read_tls(cx))? == 0 {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Sends all that rustls has to send.
    fn poll_write_tls(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.tls.wants_write() {
            let mut bridge = Bridge { stream: &mut *self.stream, cx };
            if ready!(polled(self.tls.write_tls(&mut bridge)))? == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Gives rustls what has come: how many bytes, 0 at the end.
    fn poll_read_tls(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut bridge = Bridge { stream: &mut *self.stream, cx };
        let n = ready!(polled(self.tls.read_tls(&mut bridge)))?;
        if let Err(e) = self.tls.process_new_packets() {
            // rustls has an alert ready that tells the server why. It is sent if it can be sent at once.
            let _ = self.poll_write_tls(cx);
            return Poll::Ready(Err(io::Error::new(ErrorKind::InvalidData, explain(&e))));
        }
        Poll::Ready(Ok(n))
    }
}

impl AsyncRead for TlsStream {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            // First what is decrypted already: rustls holds no more than 16 KiB of it and wants it taken before it
            // reads on. trap 43: `Ok(0)` is an end with close_notify, `UnexpectedEof` one without.
            let read = polled(self.tls.reader().read(buf));
            if read.is_ready() {
                return read;
            }
            // trap 42: what rustls has to say (an answer to a key update, the end of a request) goes out; but if it
            // cannot, not even on a connection that the server has closed, reading goes on: its reply may be there.
            let _ = self.poll_write_tls(cx);
            ready!(self.poll_read_tls(cx))?;
        }
    }

    fn forget_reader(&mut self) {
        self.stream.forget_reader();
        self.stream.forget_writer(); // a read may have had to write, see above
    }
}

impl AsyncWrite for TlsStream {
    fn poll_write(&mut self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        loop {
            // rustls keeps a bounded amount; it takes 0 bytes when that is full.
            let n = self.tls.writer().write(buf)?;
            let sent = self.poll_write_tls(cx)?;
            if n > 0 || buf.is_empty() {
                return Poll::Ready(Ok(n));
            }
            ready!(sent);
        }
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_write_tls(cx))?;
        self.stream.poll_flush(cx)
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tls.send_close_notify();
        ready!(self.poll_write_tls(cx))?;
        self.stream.poll_close(cx)
    }

    fn forget_writer(&mut self) {
        self.stream.forget_writer();
    }
}

impl Stream for TlsStream {
    fn look_again(&mut self) {
        self.stream.look_again();
    }
}

impl Drop for TlsStream {
    /// Says goodbye, if that can be done without waiting: a destructor cannot await.
    fn drop(&mut self) {
        if !self.tls.is_handshaking() {
            self.tls.send_close_notify();
            let _ = self.poll_write_tls(&mut Context::from_waker(Waker::noop()));
        }
    }
}

/// A poll-shaped stream as `std::io` sees it: `Pending` is `WouldBlock`, and the task's waker has been kept.
struct Bridge<'a, 'b> {
    stream: &'a mut dyn Stream,
    cx: &'a mut Context<'b>,
}

fn would_block<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(done) => done,
        Poll::Pending => Err(ErrorKind::WouldBlock.into()),
    }
}

/// And back.
fn polled<T>(done: io::Result<T>) -> Poll<io::Result<T>> {
    match done {
        Err(e) if e.kind() == ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    }
}

impl Read for Bridge<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        would_block(self.stream.poll_read(self.cx, buf))
    }
}

impl Write for Bridge<'_, '_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        would_block(self.stream.poll_write(self.cx, buf))
    }

    fn flush(&mut self) -> io::Result<()> {
        would_block(self.stream.poll_flush(self.cx))
    }
}

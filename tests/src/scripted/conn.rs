//! One connection of a scripted server: what a script can do.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use rustls::ServerConnection;

use super::{Request, Shared};
use crate::PATIENCE;
use crate::gate::Gate;

/// How often a thread that waits looks whether the server is to stop.
const TICK: Duration = Duration::from_millis(50);

/// A script, or a part of one, that takes nothing from around it: fit for a table.
pub type Script = fn(&mut Conn) -> io::Result<()>;

/// What a script is played over: a socket, or TLS on one.
pub(crate) trait Wire: Read + Write {
    /// Says that no more will be sent, in the wire's own way, before the socket is closed.
    fn goodbye(&mut self) -> io::Result<()>;

    /// The session, where there is TLS.
    fn tls(&self) -> Option<&ServerConnection> {
        None
    }
}

impl Wire for TcpStream {
    fn goodbye(&mut self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

/// One connection, as its script sees it.
pub struct Conn {
    wire: Box<dyn Wire>,
    shared: Arc<Shared>,
    number: usize,
    /// The last byte of a request's head was not read yet, see [`Conn::reset`].
    owed: bool,
    ends: End,
}

/// How a connection ends once its script has returned.
#[derive(Clone, Copy)]
enum End {
    /// In good order: over TLS with a `close_notify`.
    Close,
    /// The socket is closed, but over TLS nothing was said about it.
    Cut,
    /// With an RST.
    Reset,
}

impl Conn {
    pub(super) fn new(
        tcp: TcpStream,
        wrap: &impl Fn(TcpStream) -> io::Result<Box<dyn Wire>>,
        shared: Arc<Shared>,
        number: usize,
    ) -> io::Result<Conn> {
        // Every call returns after a tick, so that a thread notices that it is to stop.
        tcp.set_read_timeout(Some(TICK))?;
        tcp.set_write_timeout(Some(TICK))?;
        tcp.set_nodelay(true)?;
        Ok(Conn { wire: wrap(tcp)?, shared, number, owed: false, ends: End::Close })
    }

    pub(super) fn play(&mut self, script: &impl Fn(&mut Conn) -> io::Result<()>) -> io::Result<()> {
        script(self)?;
        match self.ends {
            End::Close => self.close(),
            End::Cut => self.take_owed(),
            End::Reset => Ok(()),
        }
    }

    /// Which connection of its server this is, from 0.
    pub fn number(&self) -> usize {
        self.number
    }

    /// What was agreed on over TLS. Once a request was read, the handshake is over.
    pub fn tls(&self) -> &ServerConnection {
        self.wire.tls().expect("a server over TLS")
    }

    /// Reads and records the next request, with its body if it has a `Content-Length`.
    ///
    /// # Errors
    /// `UnexpectedEof` if the client hung up, or any other error of the socket.
    pub fn request(&mut self) -> io::Result<Request> {
        let mut request = self.read_head()?;
        self.read_body(&mut request)?;
        self.shared.requests().push(request.clone());
        Ok(request)
    }

    /// Reads and records the head of the next request only.
    ///
    /// # Errors
    /// As [`request`](Conn::request).
    pub fn request_head(&mut self) -> io::Result<Request> {
        let request = self.read_head()?;
        self.shared.requests().push(request.clone());
        Ok(request)
    }

    /// Reads the body of a request whose head was read: with this, that of `request`'s is whole.
    ///
    /// # Errors
    /// As [`request`](Conn::request).
    pub fn read_body(&mut self, request: &mut Request) -> io::Result<()> {
        if let Some(length) = request.header("content-length") {
            request.body = vec![0; length.parse().expect("a Content-Length in digits")];
            self.take_owed()?;
            let mut body = std::mem::take(&mut request.body);
            self.read_exact(&mut body)?;
            request.body = body;
        }
        Ok(())
    }

    fn read_head(&mut self) -> io::Result<Request> {
        self.take_owed()?;
        let mut head = Vec::new();
        // The very last byte of the head is left unread, see `reset`: after CR LF CR it can only be the LF.
        while !head.ends_with(b"\r\n\r") {
            let mut byte = [0];
            self.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        self.owed = true;
        head.push(b'\n');
        Ok(Request { connection: self.number, head, body: Vec::new() })
    }

    /// Answers every request with what `answer` gives, until the client hangs up.
    ///
    /// # Errors
    /// Always, at last: `UnexpectedEof` as the client hung up, or an error of the socket.
    pub fn answer_all(&mut self, answer: impl Fn(&Request) -> Vec<u8>) -> io::Result<()> {
        loop {
            let request = self.request()?;
            self.send(&answer(&request))?;
        }
    }

    /// Sends these bytes.
    ///
    /// # Errors
    /// Those of the socket, mostly that the client hung up.
    pub fn send(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let sent = self.patiently(|wire| wire.write(bytes))?;
            bytes = &bytes[sent..];
        }
        self.patiently(|wire| wire.flush())
    }

    /// Sends these bytes cut before each of these positions (ascending), with a short rest after each piece.
    ///
    /// TCP promises nothing about pieces; the rest makes it likely that the client reads them one by one.
    /// No test may depend on it.
    ///
    /// # Errors
    /// As [`send`](Conn::send).
    pub fn send_cut(&mut self, bytes: &[u8], cuts: &[usize]) -> io::Result<()> {
        let mut start = 0;
        for &cut in cuts {
            self.send(&bytes[start..cut])?;
            thread::sleep(Duration::from_micros(500));
            start = cut;
        }
        self.send(&bytes[start..])
    }

    /// Holds the connection open, and sends nothing, until the gate opens.
    ///
    /// # Errors
    /// `Interrupted` if the server is dropped meanwhile, `TimedOut` after [`PATIENCE`].
    pub fn wait(&self, gate: &Gate) -> io::Result<()> {
        let start = Instant::now();
        while !gate.opens_within(TICK) {
            self.may_wait(start)?;
        }
        Ok(())
    }

    /// Holds the connection open until the client closes it; what it still sends is thrown away.
    ///
    /// # Errors
    /// As [`wait`](Conn::wait), but a reset by the client is a close as well.
    pub fn until_closed(&mut self) -> io::Result<()> {
        self.owed = false;
        let mut rest = [0; 4096];
        loop {
            match self.patiently(|wire| wire.read(&mut rest)) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::Interrupted) => return Err(e),
                Err(_) => return Ok(()),
            }
        }
    }

    /// Ends the connection now, in good order: the client sees its end while the script goes on.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn close(&mut self) -> io::Result<()> {
        self.take_owed()?;
        self.wire.goodbye()
    }

    /// Ends the connection, once the script returns, with a reset: the client sees `ConnectionReset`.
    ///
    /// A socket that is closed while bytes of the client lie unread in it sends an RST (RFC 1122, 4.2.2.13). That
    /// is why the last byte of each request is read late: `SO_LINGER` would do it too, but std offers it not.
    pub fn reset(&mut self) {
        assert!(self.owed, "a reset takes an unread byte: it must come right after a request without a body");
        self.ends = End::Reset;
    }

    /// Ends the connection, once the script returns, without a word: over TLS there will be no `close_notify`.
    pub fn cut(&mut self) {
        self.ends = End::Cut;
    }

    fn take_owed(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.owed) {
            self.read_exact(&mut [0])?;
        }
        Ok(())
    }

    fn read_exact(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.patiently(|wire| wire.read(buffer))? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                n => buffer = &mut buffer[n..],
            }
        }
        Ok(())
    }

    /// Tries again while the socket says that it would take longer than a tick.
    fn patiently<T>(&mut self, mut io: impl FnMut(&mut dyn Wire) -> io::Result<T>) -> io::Result<T> {
        let start = Instant::now();
        loop {
            match io(&mut *self.wire) {
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    self.may_wait(start)?;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                done => return done,
            }
        }
    }

    fn may_wait(&self, start: Instant) -> io::Result<()> {
        if self.shared.stop.load(Ordering::SeqCst) {
            return Err(io::Error::new(ErrorKind::Interrupted, "the server is dropped"));
        }
        if start.elapsed() > PATIENCE {
            return Err(io::Error::new(ErrorKind::TimedOut, "the client kept the script waiting"));
        }
        Ok(())
    }
}

//! A TCP server whose every byte is chosen by the test.
//!
//! [`Server::start`] listens on a free port of loopback and plays the script once for each connection, each in a
//! thread of its own. A script is a closure over a [`Conn`]: it reads requests, sends bytes (also in pieces),
//! waits at a [`Gate`](crate::gate::Gate), and ends the connection as it likes: in good order, or with a reset.
//!
//! All requests are recorded. A script that returns an error just ends its connection (the client may well have
//! hung up); one that panics fails the test, when the server is dropped. Dropping stops and joins all threads.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! let server = tests::scripted::Server::start(|conn| {
//!     let request = conn.request()?;
//!     assert_eq!(request.target(), "/hello");
//!     conn.send(b"HTTP/1.1 204 No Content\r\n\r\n")
//! });
//! let mut client = std::net::TcpStream::connect(server.addr()).unwrap();
//! client.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
//! let mut reply = String::new();
//! client.read_to_string(&mut reply).unwrap();
//! assert!(reply.starts_with("HTTP/1.1 204"));
//! assert_eq!(server.requests().len(), 1);
//! ```

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

mod conn;
mod request;

pub(crate) use conn::Wire;
pub use conn::{Conn, Script};
pub use request::Request;

/// The running server; see the [module](self).
pub struct Server {
    addr: SocketAddr,
    scheme: &'static str,
    shared: Arc<Shared>,
    accepts: Option<JoinHandle<()>>,
}

/// What the server, its connections and the test look at together.
#[derive(Default)]
struct Shared {
    /// No connection is accepted any more.
    closed: AtomicBool,
    /// The scripts are to end where they stand.
    stop: AtomicBool,
    connections: AtomicUsize,
    requests: Mutex<Vec<Request>>,
}

impl Server {
    /// Starts a server that plays `script` for each connection.
    pub fn start(script: impl Fn(&mut Conn) -> io::Result<()> + Send + Sync + 'static) -> Server {
        Server::start_over("http", |tcp| Ok(Box::new(tcp)), script)
    }

    /// Starts a server that answers every request with what `answer` gives, on connections kept open.
    pub fn answering(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Server {
        Server::start(move |conn| conn.answer_all(&answer))
    }

    /// As [`answering`](Server::answering), on the IPv6 loopback; none where the machine has no IPv6.
    pub fn answering_v6(answer: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static) -> Option<Server> {
        let listener = TcpListener::bind(("::1", 0)).ok()?;
        Some(Server::on(listener, "http", |tcp| Ok(Box::new(tcp)), move |conn| conn.answer_all(&answer)))
    }

    /// As [`start`](Server::start), with `wrap` making the wire of each accepted socket, in its own thread.
    pub(crate) fn start_over(
        scheme: &'static str,
        wrap: impl Fn(TcpStream) -> io::Result<Box<dyn Wire>> + Send + Sync + 'static,
        script: impl Fn(&mut Conn) -> io::Result<()> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port of loopback");
        Server::on(listener, scheme, wrap, script)
    }

    fn on(
        listener: TcpListener,
        scheme: &'static str,
        wrap: impl Fn(TcpStream) -> io::Result<Box<dyn Wire>> + Send + Sync + 'static,
        script: impl Fn(&mut Conn) -> io::Result<()> + Send + Sync + 'static,
    ) -> Server {
        let addr = listener.local_addr().expect("the port just bound");
        let shared = Arc::new(Shared::default());
        let for_accepts = shared.clone();
        let play = Arc::new(move |tcp, shared, number| {
            // An error here is the client's doing (it hung up, or refused the certificate): its own side tells.
            let _ = Conn::new(tcp, &wrap, shared, number).and_then(|mut conn| conn.play(&script));
        });
        let accepts = thread::spawn(move || accept_all(&listener, &for_accepts, &play));
        Server { addr, scheme, shared, accepts: Some(accepts) }
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// A URL of this server: `path` starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.addr)
    }

    /// As [`url`](Server::url), with another name for the host (`localhost`).
    pub fn url_at(&self, host: &str, path: &str) -> String {
        format!("{}://{host}:{}{path}", self.scheme, self.addr.port())
    }

    /// The requests received so far, in the order in which their heads were complete.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.requests().clone()
    }

    /// Waits until the scripts of all connections so far have ended, and panics if one of them did.
    ///
    /// Dropping the server does not wait: it interrupts the scripts where they stand.
    pub fn finish(mut self) {
        self.end(false);
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end(true);
    }
}

impl Server {
    fn end(&mut self, interrupts: bool) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.stop.fetch_or(interrupts, Ordering::SeqCst);
        // `accept` has no time-out in std: a last connection wakes it.
        let _ = TcpStream::connect(self.addr);
        if let Some(Err(panic)) = self.accepts.take().map(JoinHandle::join)
            && !thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

impl Shared {
    fn requests(&self) -> std::sync::MutexGuard<'_, Vec<Request>> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Accepts until told to stop, then joins all connections; panics if one of them did.
fn accept_all<F>(listener: &TcpListener, shared: &Arc<Shared>, play: &Arc<F>)
where
    F: Fn(TcpStream, Arc<Shared>, usize) + Send + Sync + 'static,
{
    let mut threads = Vec::new();
    while let Ok((tcp, _)) = listener.accept() {
        if shared.closed.load(Ordering::SeqCst) {
            break;
        }
        let number = shared.connections.fetch_add(1, Ordering::SeqCst);
        let (shared, play) = (shared.clone(), play.clone());
        threads.push(thread::spawn(move || play(tcp, shared, number)));
    }
    for thread in threads {
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

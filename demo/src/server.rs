//! The embedded server: enough HTTP/1.1 to download from, on the same runtime as everything else.
//!
//! It serves a [`Site`] to GET and HEAD, with keep-alive, entity tags and single ranges (also with `If-Range`). What it is here for is to be slow in a
//! controlled way: a latency before each answer, and a pace for its body. While the server's task for one file sleeps
//! between two pieces, the loop runs whatever else is ready; the same thread may be both ends of ten connections.
//!
//! It listens on loopback only, and it is not a server for the world: it sends no Date, does not limit how many
//! connect, and trusts the folder not to change while it reads.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::{Task, sleep, sleep_until, spawn_blocking, timeout};

use crate::site::{Bytes, Page, Site};

/// The group of the server's tasks: they are counted apart from those that download.
pub const GROUP: &str = "server";

/// The longest request head.
const HEAD: usize = 16 * 1024;

/// How long a connection may be silent, between two requests or within one.
const SILENCE: Duration = Duration::from_secs(60);

/// How much is sent at once at the most.
const PIECE: u64 = 64 * 1024;

/// How often a body that has a pace goes on.
const BEAT: Duration = Duration::from_millis(20);

/// A server that listens. [`run`](Self::run) makes it answer.
pub struct Server {
    listener: TcpListener,
    addr: SocketAddr,
    site: Rc<Site>,
    log: bool,
}

impl Server {
    /// Listens on a port of 127.0.0.1; 0 is any that is free.
    ///
    /// # Errors
    /// The OS's, if the port is taken.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn bind(port: u16, site: Site) -> io::Result<Server> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
        let addr = listener.local_addr()?;
        Ok(Server { listener, addr, site: Rc::new(site), log: false })
    }

    /// Prints a line to stderr for each request.
    pub fn log(mut self) -> Server {
        self.log = true;
        self
    }

    /// Where it is: `http://127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        format!("http://{}/", self.addr)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Answers for ever, with a task for each connection.
    pub async fn run(self) {
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let connection =
                        Connection { stream, buf: Vec::new(), site: self.site.clone(), log: self.log };
                    Task::new().name(format!("server for {peer}")).group(GROUP).spawn(connection.serve());
                }
                // Most likely no file descriptor is left. Connections that end give theirs back.
                Err(_) => sleep(Duration::from_millis(10)).await,
            }
        }
    }
}

struct Connection {
    stream: TcpStream,
    /// What has come and was not used yet.
    buf: Vec<u8>,
    site: Rc<Site>,
    log: bool,
}

struct Request {
    method: String,
    target: String,
    range: Option<String>,
    if_range: Option<String>,
    keep_alive: bool,
}

/// The start of an answer, and the page that is its body, from byte `from` on, `len` bytes.
struct Answer {
    status: &'static str,
    fields: String,
    page: Page,
    from: u64,
    len: u64,
}

impl Connection {
    /// A request, its answer, and again.
    async fn serve(mut self) {
        let _ = self.stream.set_nodelay(true);
        // Whatever fails, a peer that is silent or hangs up, ends this conversation and nothing else.
        while let Ok(Some(request)) = self.request().await {
            let (answer, request) = match request {
                Ok(request) => (answer(&request, &self.site).await, request),
                Err(Garbled) => (refusal("400 Bad Request", ""), Request::none()),
            };
            if self.log {
                // It blocks if the terminal does; this is a tool for trying things out.
                let (status, target) = (&answer.status[..3], request.target.escape_default());
                // Whoever read it may be gone: nobody else waits for the log, but the client for its answer.
                let _ = writeln!(io::stderr(), "{status} {} {target}", request.method);
            }
            if self.send(&request, answer).await.is_err() || !request.keep_alive {
                break;
            }
        }
        let _ = self.stream.close().await;
    }

    /// The next request head; `None` if the peer is done.
    async fn request(&mut self) -> io::Result<Option<Result<Request, Garbled>>> {
        loop {
            match Request::parse(&self.buf) {
                Ok(Some((request, len))) => {
                    self.buf.drain(..len);
                    return Ok(Some(Ok(request)));
                }
                Ok(None) if self.buf.len() < HEAD => {}
                _ => return Ok(Some(Err(Garbled))),
            }
            let mut piece = [0; 4096];
            match timeout(SILENCE, self.stream.read(&mut piece)).await?? {
                0 => return Ok(None),
                n => self.buf.extend_from_slice(&piece[..n]),
            }
        }
    }

    /// Sends an answer, at its pace.
    async fn send(&mut self, request: &Request, answer: Answer) -> io::Result<()> {
        let Answer { status, fields, page, from, len } = answer;
        let Page { mut bytes, kind, latency, rate, .. } = page;
        if !latency.is_zero() {
            sleep(latency).await;
        }
        let connection = if request.keep_alive { "keep-alive" } else { "close" };
        let head = format!(
            "HTTP/1.1 {status}\r\nServer: roundabout\r\nContent-Type: {kind}\r\nContent-Length: {len}\r\n{fields}Connection: {connection}\r\n\r\n"
        );
        self.stream.write_all(head.as_bytes()).await?;
        if request.method == "HEAD" {
            return Ok(());
        }
        if let Bytes::File(file) = &mut bytes {
            file.seek(SeekFrom::Start(from))?;
        }
        // With a pace, a piece is what is due in a beat, and goes out when it is due.
        let piece =
            rate.map_or(PIECE, |rate| (rate.saturating_mul(BEAT.as_millis() as u64) / 1000).clamp(1, PIECE));
        let (start, mut sent) = (Instant::now(), 0);
        while sent < len {
            let n = piece.min(len - sent);
            bytes = self.send_piece(bytes, from + sent, n).await?;
            sent += n;
            if let Some(rate) = rate {
                sleep_until(start + Duration::from_secs_f64(sent as f64 / rate as f64)).await;
            }
        }
        Ok(())
    }

    async fn send_piece(&mut self, bytes: Bytes, from: u64, len: u64) -> io::Result<Bytes> {
        match bytes {
            Bytes::Memory(all) => {
                let (from, len) = (from as usize, len as usize); // it is in memory, so they fit
                self.stream.write_all(&all[from..from + len]).await?;
                Ok(Bytes::Memory(all))
            }
            // A read of a file blocks. The file goes along to the thread that reads it, and comes back.
            Bytes::File(mut file) => {
                let read = spawn_blocking(move || {
                    let mut piece = vec![0; len as usize];
                    file.read_exact(&mut piece).map(|()| (file, piece))
                });
                let (file, piece) = read.await??;
                self.stream.write_all(&piece).await?;
                Ok(Bytes::File(file))
            }
        }
    }
}

/// What came is not a request.
struct Garbled;

impl Request {
    fn none() -> Request {
        Request {
            method: "GET".to_owned(),
            target: "-".to_owned(),
            range: None,
            if_range: None,
            keep_alive: false,
        }
    }

    /// A whole head at the start of `bytes`, and its length; `None` if there is only a part of one.
    fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>, Garbled> {
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Request::new(&mut fields);
        let Ok(parsed) = head.parse(bytes) else { return Err(Garbled) };
        let httparse::Status::Complete(len) = parsed else { return Ok(None) };
        let field = |name: &str| {
            let found = head.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(found.value).ok()
        };
        let connection = field("Connection").unwrap_or_default().to_ascii_lowercase();
        // A body is not read, so the connection ends with the answer.
        let has_body =
            field("Transfer-Encoding").is_some() || field("Content-Length").is_some_and(|n| n.trim() != "0");
        let keep_alive = match head.version {
            Some(1) => !connection.contains("close"),
            _ => connection.contains("keep-alive"),
        };
        let request = Request {
            method: head.method.unwrap_or_default().to_owned(),
            target: head.path.unwrap_or_default().to_owned(),
            range: field("Range").map(str::to_owned),
            if_range: field("If-Range").map(str::to_owned),
            keep_alive: keep_alive && !has_body,
        };
        Ok(Some((request, len)))
    }
}

async fn answer(request: &Request, site: &Site) -> Answer {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return refusal("405 Method Not Allowed", "Allow: GET, HEAD\r\n");
    }
    let path = request.target.split(['?', '#']).next().unwrap_or_default();
    let Some(page) = site.find(path).await else { return refusal("404 Not Found", "") };
    let whole = page.len;
    let tag = page.tag.as_ref().map_or(String::new(), |tag| format!("ETag: {tag}\r\n"));
    let fields = format!("Accept-Ranges: bytes\r\n{tag}");
    // A range of another version is of no use: then all of this one (RFC 9110 13.1.5).
    let is_same = request.if_range.is_none() || request.if_range == page.tag;
    match request.range.as_deref().filter(|_| is_same).and_then(|text| range(text, whole)) {
        None => Answer { status: "200 OK", fields, page, from: 0, len: whole },
        Some(Some((first, last))) => {
            let fields = format!("{fields}Content-Range: bytes {first}-{last}/{whole}\r\n");
            Answer { status: "206 Partial Content", fields, page, from: first, len: last - first + 1 }
        }
        Some(None) => refusal("416 Range Not Satisfiable", &format!("Content-Range: bytes */{whole}\r\n")),
    }
}

fn refusal(status: &'static str, fields: &str) -> Answer {
    let page = Page::text(&format!("{status}\n"));
    Answer { status, fields: fields.to_owned(), len: page.len, page, from: 0 }
}

/// A Range field (RFC 9110 14.1.2): the first byte and the last. `None` if it is to be ignored, as what is not
/// understood may be, and more than one range; `Some(None)` if the file has no such bytes.
fn range(text: &str, whole: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let end = whole.checked_sub(1);
    let (first, last) = match (first, last) {
        // The last so many.
        ("", last) => match last.parse().ok()? {
            0 => return Some(None),
            n => (whole.saturating_sub(n), end),
        },
        (first, "") => (first.parse().ok()?, end),
        (first, last) => {
            let (first, last) = (first.parse::<u64>().ok()?, last.parse::<u64>().ok()?);
            if last < first {
                return None;
            }
            (first, end.map(|end| end.min(last)))
        }
    };
    Some(last.filter(|last| first <= *last).map(|last| (first, last)))
}

//! A small HTTP server on the simulated network, which does what is right until it is told not to.
//!
//! It serves two hosts. What goes wrong is drawn from its seed, request by request, until the number of faults of the
//! scenario is used up; the network's own faults (a connect that is refused, a way that ends) count as well.

use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::sim::net::{Fault, Listener, Net, Side, Stream};
use runtime::{JoinHandle, Task, sleep, spawn, timeout};

use super::dice::Dice;
use super::reply::{Reply, Rest};
use super::scenario::{File, Framing, Scenario};
use super::trouble::{End, Trouble};

/// How long it waits for a client that does nothing. Longer than the client waits for it.
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) struct Server {
    scenario: Rc<Scenario>,
    dice: Dice,
    /// How many things may still go wrong.
    left: Cell<u32>,
    /// What has gone wrong.
    happened: RefCell<Vec<Happened>>,
    /// The connections.
    tasks: RefCell<Vec<JoinHandle<()>>>,
}

/// Something that went wrong.
#[derive(Clone, Debug)]
pub(super) struct Happened {
    /// In words.
    #[allow(dead_code, reason = "it is printed")]
    pub(super) what: String,
    /// How many retries make up for it; `None` if none does.
    pub(super) cost: Option<usize>,
}

struct Connection {
    stream: Stream,
    /// Read, and not used.
    buf: Vec<u8>,
}

/// What becomes of a connection after a reply.
enum Then {
    Keep,
    Close,
    Reset,
}

impl Then {
    fn of(keep_alive: bool) -> Then {
        if keep_alive { Then::Keep } else { Then::Close }
    }
}

struct Request {
    path: String,
    range: Option<usize>,
    if_range: Option<String>,
}

impl Server {
    pub(super) fn new(seed: u64, scenario: &Rc<Scenario>) -> Rc<Server> {
        Rc::new(Server {
            scenario: scenario.clone(),
            dice: Dice::new(!seed),
            left: Cell::new(scenario.faults),
            happened: RefCell::default(),
            tasks: RefCell::default(),
        })
    }

    /// From now on nothing goes wrong.
    pub(super) fn calm(&self) {
        self.left.set(0);
    }

    /// What has gone wrong.
    pub(super) fn happened(&self) -> Vec<Happened> {
        self.happened.borrow().clone()
    }

    /// Starts to serve on this network: the tasks that accept.
    pub(super) fn start(self: &Rc<Self>, net: &Net) -> io::Result<Vec<JoinHandle<()>>> {
        // Of a run that was interrupted, some may be left: they are gone with their loop.
        drop(self.tasks.take());
        let server = self.clone();
        net.set_faults(move |_, _| server.connect_fault());
        ["a.test", "b.test"]
            .map(|host| Ok(spawn(self.clone().accept(net.listen(host, 80)?))))
            .into_iter()
            .collect()
    }

    /// Waits until all connections have ended: the clients are gone, so they do.
    pub(super) async fn ended(&self) {
        loop {
            let Some(task) = self.tasks.borrow_mut().pop() else { return };
            task.await.expect("the server's own task must not fail");
        }
    }

    async fn accept(self: Rc<Self>, listener: Listener) {
        while let Ok(stream) = listener.accept().await {
            let server = self.clone();
            let connection = Connection { stream, buf: Vec::new() };
            let serving = async move { _ = timeout(4 * PATIENCE, server.serve(connection)).await };
            self.tasks.borrow_mut().push(Task::new().name("connection").spawn(serving));
        }
    }

    fn draw(&self, percent: u64) -> bool {
        let draws = self.left.get() > 0 && self.dice.percent(percent);
        self.left.set(self.left.get() - u32::from(draws));
        draws
    }

    fn note(&self, what: String, cost: Option<usize>) {
        runtime::trace::mark("fault", &what);
        self.happened.borrow_mut().push(Happened { what, cost });
    }

    fn connect_fault(&self) -> Fault {
        if !self.draw(25) {
            return Fault::None;
        }
        let longest = self.scenario.files.iter().map(|file| file.len).max().unwrap_or_default() as u64;
        let (from, after) = match self.dice.percent(80) {
            true => (Side::Server, self.dice.number() % (longest + longest / 5 + 400)),
            false => (Side::Client, self.dice.number() % 200),
        };
        let fault = match self.dice.below(0..7) {
            0 => Fault::Refused,
            1 => Fault::Unreachable,
            2 => Fault::Unanswered,
            3 | 4 => Fault::Silence { from, after },
            _ => Fault::Reset { from, after },
        };
        self.note(format!("connection: {fault:?}"), Some(1));
        fault
    }

    async fn serve(&self, mut connection: Connection) {
        if self.draw(5) {
            self.note("closed when it was accepted".to_owned(), Some(1));
            if self.dice.percent(50) {
                connection.stream.reset();
            }
            return;
        }
        loop {
            let Ok(Ok(Some(request))) = timeout(PATIENCE, connection.request()).await else { return };
            let trouble = self.draw(50).then(|| Trouble::of(&self.dice));
            match self.answer(&mut connection, &request, trouble).await {
                Ok(Then::Keep) => {}
                Ok(Then::Reset) => return connection.stream.reset(),
                Ok(Then::Close) | Err(_) => return,
            }
        }
    }

    /// Answers.
    async fn answer(
        &self,
        to: &mut Connection,
        request: &Request,
        trouble: Option<Trouble>,
    ) -> io::Result<Then> {
        let (reply, is_short_rest) = self.reply(request, trouble.as_ref());
        let Some(trouble) = trouble else {
            to.stream.write_all(&reply.bytes).await?;
            return Ok(Then::of(reply.keep_alive));
        };
        // The downloader does not try again where only a length or a sum of its own tells that something is missing.
        let is_noticed_late = (is_short_rest || reply.until_close)
            && matches!(trouble, Trouble::Cut(_, End::Close | End::HalfClose));
        self.note(format!("{}: {trouble:?}", request.path), trouble.cost().filter(|_| !is_noticed_late));
        match trouble {
            Trouble::Cut(at, mut end) => {
                let at = at.of(&reply, &self.dice);
                // Nobody could tell that from the end of the file.
                if reply.until_close && at >= reply.head && !self.scenario.sums && end != End::Hang {
                    end = End::Reset;
                }
                to.stream.write_all(&reply.bytes[..at]).await?;
                match end {
                    End::Close => {}
                    End::Reset => return Ok(Then::Reset),
                    End::HalfClose => {
                        to.stream.close().await?;
                        let _ = timeout(PATIENCE, to.stream.read_to_end(&mut Vec::new())).await;
                    }
                    End::Hang => drop(timeout(PATIENCE, to.stream.read_to_end(&mut Vec::new())).await),
                }
                Ok(Then::Close)
            }
            Trouble::Drip(at, pause) => {
                let at = at.of(&reply, &self.dice);
                to.stream.write_all(&reply.bytes[..at]).await?;
                let rest = &reply.bytes[at..];
                for piece in rest.chunks((rest.len() / 6).max(1)) {
                    sleep(pause).await;
                    to.stream.write_all(piece).await?;
                }
                Ok(Then::of(reply.keep_alive))
            }
            Trouble::Garbage(at) => {
                // Where it cannot be taken for a part of the file.
                let at = at.of(&reply, &self.dice);
                let line = reply.sizes.iter().find(|line| line.end > at);
                let at = if at > reply.head { line.map_or(0, |line| line.start) } else { at };
                let at = if at == reply.head { 0 } else { at };
                to.stream.write_all(&reply.bytes[..at]).await?;
                to.stream.write_all(b"\0\0 no HTTP \r\n\r\n").await?;
                to.stream.write_all(&reply.bytes[at..]).await?;
                Ok(Then::Close)
            }
            Trouble::Unasked(len) => {
                // Together with the last byte of the reply, or the client could not know that it is not the next one.
                let mut last = reply.bytes.split_last().map_or(Vec::new(), |(last, _)| vec![*last]);
                to.stream.write_all(&reply.bytes[..reply.bytes.len() - last.len()]).await?;
                let babbles = self.scenario.conditions.pieces.is_none() && reply.keep_alive;
                if babbles {
                    last.extend(unasked(len));
                }
                let n = to.stream.write(&last).await?;
                Ok(Then::of(reply.keep_alive && (n == 1 || n == last.len())))
            }
            Trouble::BusyThenUnasked => {
                to.stream.write_all(&reply.bytes).await?;
                // Only where the connection is idle until this has come: before a retry, and nobody else uses it.
                if self.scenario.files.len() == 1 {
                    sleep(Duration::from_millis(1)).await;
                    to.stream.write_all(&unasked(5)).await?;
                }
                Ok(Then::Keep)
            }
            Trouble::ClosesLater(pause) => {
                to.stream.write_all(&reply.bytes).await?;
                sleep(pause).await;
                Ok(Then::Close)
            }
            Trouble::Status(..) | Trouble::Field(_) | Trouble::WrongRange => {
                to.stream.write_all(&reply.bytes).await?;
                Ok(Then::of(reply.keep_alive))
            }
        }
    }

    /// What the request is answered with, and whether that is a part whose end only the connection's end tells.
    fn reply(&self, request: &Request, trouble: Option<&Trouble>) -> (Reply, bool) {
        if let Some(Trouble::BusyThenUnasked) = trouble {
            return (Reply::short("503 Service Unavailable", ""), false);
        }
        if let Some(Trouble::Status(status, fields)) = trouble {
            let mut reply = Reply::short(status, fields);
            if status.starts_with("204") {
                reply.bytes.truncate(reply.head);
            }
            return (reply, false);
        }
        let mut parts = request.path.trim_start_matches('/').split('/');
        let (first, last) = (parts.next().unwrap_or_default(), parts.next());
        if let (Some(name), Some(n)) = (last, first.strip_prefix("hop")) {
            let to = match n {
                "1" => format!("/{name}"),
                "2" => format!("http://b.test/hop1/{name}"),
                _ => format!("../hop2/{name}"),
            };
            return (Reply::short("302 Found", &format!("Location: {to}\r\n")), false);
        }
        let Some(file) = self.scenario.files.iter().find(|file| file.name == first) else {
            return (Reply::short("404 Not Found", ""), false);
        };
        (self.file(file, request, trouble), file.framing == Framing::Close && request.range.is_some())
    }

    fn file(&self, file: &File, request: &Request, trouble: Option<&Trouble>) -> Reply {
        if self.dice.percent(file.changes) {
            file.version.set(file.version.get() + 1);
        }
        let version = file.version.get();
        let content = file.content(version);
        let is_same = request.if_range.is_none() || request.if_range == file.strong(version) || file.careless;
        let from = request.range.filter(|_| file.ranges && is_same);
        if from.is_some_and(|from| from >= content.len()) {
            return Reply::short(
                "416 Range Not Satisfiable",
                &format!("Content-Range: bytes */{}\r\n", content.len()),
            );
        }
        let mut rest = from.map(|from| Rest { from, total: content.len() });
        if let (Some(rest), Some(Trouble::WrongRange)) = (&mut rest, trouble) {
            // As many bytes as it says, and yet not those that were asked for.
            match rest.from > 0 && self.dice.percent(50) {
                true => rest.from -= 1,
                false => rest.total += 1,
            }
        }
        let fields = if let Some(Trouble::Field(field)) = trouble { field } else { "" };
        let mut reply = Reply::file(file, version, &content, rest, fields, &self.dice);
        reply.until_close = file.framing == Framing::Close && rest.is_none();
        reply
    }
}

impl Connection {
    /// The next request; `None` at the end of the connection.
    async fn request(&mut self) -> io::Result<Option<Request>> {
        let end = loop {
            if let Some(end) = self.buf.windows(4).position(|end| end == b"\r\n\r\n") {
                break end + 4;
            }
            let mut bytes = [0; 1024];
            match self.stream.read(&mut bytes).await? {
                0 => return Ok(None),
                n => self.buf.extend_from_slice(&bytes[..n]),
            }
        };
        let head = String::from_utf8(self.buf.drain(..end).collect()).expect("a request is text");
        assert!(self.buf.is_empty(), "the client has sent something after its request: {:?}", self.buf);
        let mut lines = head.trim_end().split("\r\n");
        let line = lines.next().unwrap_or_default();
        let path = line.strip_prefix("GET ").and_then(|line| line.strip_suffix(" HTTP/1.1"));
        let path = path.unwrap_or_else(|| panic!("the client's request begins with {line:?}")).to_owned();
        let fields: Vec<_> = lines.filter_map(|line| line.split_once(": ")).collect();
        let of = |name: &str| {
            let mut found = fields.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
            let (value, second) = (found.next().map(|(_, value)| (*value).to_owned()), found.next());
            assert!(second.is_none(), "the client has sent two fields {name}");
            value
        };
        assert!(of("Host").is_some_and(|host| host.ends_with(".test")), "no host in {head:?}");
        let range = of("Range").map(|range| {
            let from = range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
            from.and_then(|from| from.parse().ok()).unwrap_or_else(|| panic!("the client asks for {range:?}"))
        });
        let if_range = of("If-Range");
        assert_eq!(range.is_some(), if_range.is_some(), "a part without its version, or the other way round");
        Ok(Some(Request { path, range, if_range }))
    }
}

/// A reply that nobody has asked for.
fn unasked(len: usize) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n");
    head.bytes().chain("wrong".bytes().cycle().take(len)).collect()
}

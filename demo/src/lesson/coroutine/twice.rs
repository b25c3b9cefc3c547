//! The same download twice: as an `async fn`, and as the state machine that the compiler makes of one, written by hand.

use std::cell::{Cell, RefCell};
use std::io;
use std::mem;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use runtime::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use runtime::net::{Connect, TcpStream};
use runtime::trace::{By, Event, What};
use runtime::{Builder, Resource, Task, TaskId, spawn};

use crate::lesson::{Outcome, Stage};
use crate::server::Server;
use crate::site::Site;

const REQUEST: &[u8] = b"GET / HTTP/1.0\r\n\r\n";

/// As a coroutine. Each `.await` is a place where it may stop.
pub(super) async fn download(addr: SocketAddr) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(addr).await?;
    stream.write_all(REQUEST).await?;
    let mut page = Vec::new();
    let mut piece = [0; 1024];
    loop {
        let n = stream.read(&mut piece).await?;
        if n == 0 {
            return Ok(page);
        }
        page.extend_from_slice(&piece[..n]);
    }
}

/// By hand. Each variant is a place where it may stop, with what is needed from there on.
pub(super) enum Download {
    Connecting(Connect),
    Sending(TcpStream, &'static [u8]),
    Receiving(TcpStream, Vec<u8>),
    Done,
}

impl Future for Download {
    type Output = io::Result<Vec<u8>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            // `ready!` returns if it gets `Pending`. The state stays as it is, and there the next poll goes on.
            match &mut *self {
                Download::Connecting(connect) => {
                    let stream = ready!(Pin::new(connect).poll(cx))?;
                    *self = Download::Sending(stream, REQUEST);
                }
                Download::Sending(stream, rest) => {
                    *rest = &rest[ready!(stream.poll_write(cx, rest))?..];
                    if rest.is_empty()
                        && let Download::Sending(stream, _) = mem::replace(&mut *self, Download::Done)
                    {
                        *self = Download::Receiving(stream, Vec::new());
                    }
                }
                Download::Receiving(stream, page) => {
                    let mut piece = [0; 1024];
                    let n = ready!(stream.poll_read(cx, &mut piece))?;
                    page.extend_from_slice(&piece[..n]);
                    if n == 0 {
                        let page = mem::take(page);
                        *self = Download::Done; // which closes the connection
                        return Poll::Ready(Ok(page));
                    }
                }
                Download::Done => panic!("polled again after it was ready"),
            }
        }
    }
}

impl Download {
    pub(super) fn new(addr: SocketAddr) -> Download {
        Download::Connecting(TcpStream::connect(addr))
    }
}

/// A download, and what the loop said of it.
#[derive(Debug)]
pub struct Run {
    /// What came.
    pub page: Vec<u8>,
    /// What happened to its task, in order.
    pub events: Vec<String>,
    /// How many bytes the future takes: all its state.
    pub size: usize,
}

/// Downloads a page from a server on the same loop, and writes down what the loop says of it.
pub(super) fn run<F>(stage: &Stage, title: &str, download: fn(SocketAddr) -> F) -> Outcome<Run>
where
    F: Future<Output = io::Result<Vec<u8>>> + 'static,
{
    let events = Rc::new(RefCell::new(Vec::new()));
    let (log, it) = (events.clone(), Cell::new(None));
    let observer = move |event: &Event<'_>| {
        if let What::Spawned { task, name: Some("download"), .. } = event.what {
            it.set(Some(task));
        }
        log.borrow_mut().extend(it.get().and_then(|it| told(it, event)));
    };
    let (page, size) = stage.watched(title, Builder::new(), observer)?.block_on(async {
        let server = Server::bind(0, Site::ten().latency(Some(Duration::from_millis(5))))?;
        let addr = server.addr();
        spawn(server.run());
        let future = download(addr);
        let size = size_of_val(&future);
        let page = Task::new().name("download").spawn(future).await??;
        Ok::<_, io::Error>((page, size))
    })?;
    Ok(Run { page, events: events.take(), size })
}

/// What an event says of the task, if it is about it.
fn told(it: TaskId, event: &Event<'_>) -> Option<String> {
    let by_it = event.by == By::Task(it);
    Some(match event.what {
        What::Queued { task, .. } if task == it => match event.by {
            By::Source(_) => "woken by its socket".to_owned(),
            _ => "queued".to_owned(),
        },
        What::Polled { task } if task == it => "polled".to_owned(),
        What::Moved { read: true, bytes, .. } if by_it => format!("reads {bytes} bytes"),
        What::Moved { bytes, .. } if by_it => format!("writes {bytes} bytes"),
        What::Waits { on, .. } if by_it => match on.on {
            Resource::Readable => "Pending: nothing to read".to_owned(),
            _ => "Pending: not connected".to_owned(),
        },
        What::Ready { task } if task == it => "Ready".to_owned(),
        _ => return None,
    })
}

//! The floor: the same 10,000 files by a loop written by hand on mio, without futures, tasks or a client library.
//!
//! It does what the work needs and no more: http only, keep-alive connections, answers that have a `Content-Length`,
//! files written at once where they go, on the loop's own thread. A general client does more for each file; this says
//! how much of its time that is.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::{AT_ONCE, Order};

/// Longer than any head here, and a good piece of a body.
const BUFFER: usize = 64 * 1024;

/// A connection, and the file that comes over it.
struct Lane {
    stream: TcpStream,
    /// What of the request is not sent yet.
    request: Vec<u8>,
    buffer: Vec<u8>,
    /// How much of the buffer is the head of an answer so far.
    filled: usize,
    /// The file, and how much of it is still to come; none before the head is whole.
    body: Option<(File, u64)>,
    number: usize,
}

/// Fetches them all.
pub(super) fn run(order: &Order) -> io::Result<()> {
    let rest = order.base.strip_prefix("http://").ok_or_else(|| fault("it speaks http only"))?;
    let (host, path) = rest.split_at(rest.find('/').ok_or_else(|| fault("a URL without a path"))?);
    let addr: SocketAddr = host.parse().map_err(|_| fault("a host that is no address"))?;
    let request = |n: usize| format!("GET {path}{n} HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes();

    let mut poll = Poll::new()?;
    let mut lanes = Vec::new();
    let mut next = 0;
    while next < AT_ONCE.min(order.files) {
        let mut stream = TcpStream::connect(addr)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(next), both)?;
        let buffer = vec![0; BUFFER];
        lanes.push(Lane { stream, request: request(next), buffer, filled: 0, body: None, number: next });
        next += 1;
    }

    let mut events = Events::with_capacity(AT_ONCE);
    let mut open = lanes.len();
    while open > 0 {
        poll.poll(&mut events, None)?;
        for event in &events {
            let lane = &mut lanes[event.token().0];
            while lane.go_on(order)? {
                // That file is whole: the next one, if there is one.
                if next == order.files {
                    open -= 1;
                    break;
                }
                (lane.number, lane.request) = (next, request(next));
                next += 1;
            }
        }
    }
    Ok(())
}

impl Lane {
    /// Sends and receives until it would have to wait (`false`) or the file is whole (`true`).
    fn go_on(&mut self, order: &Order) -> io::Result<bool> {
        while !self.request.is_empty() {
            match self.stream.write(&self.request) {
                Ok(n) => drop(self.request.drain(..n)),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected) => {
                    return Ok(false);
                }
                Err(e) => return Err(e),
            }
        }
        loop {
            let n = match self.stream.read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(e) => return Err(e),
            };
            if self.body.is_some() {
                self.write(0, n)?;
            } else {
                self.filled += n;
                let Some(end) = self.buffer[..self.filled].windows(4).position(|four| four == b"\r\n\r\n")
                else {
                    continue;
                };
                let length = content_length(&self.buffer[..end])?;
                self.body = Some((File::create(order.path(self.number))?, length));
                let filled = std::mem::take(&mut self.filled);
                self.write(end + 4, filled)?;
            }
            if matches!(self.body, Some((_, 0))) {
                self.body = None;
                return Ok(true);
            }
        }
    }

    fn write(&mut self, from: usize, to: usize) -> io::Result<()> {
        if let Some((file, left)) = &mut self.body {
            file.write_all(&self.buffer[from..to])?;
            *left = left.checked_sub((to - from) as u64).ok_or_else(|| fault("more than was announced"))?;
        }
        Ok(())
    }
}

fn content_length(head: &[u8]) -> io::Result<u64> {
    let head = str::from_utf8(head).map_err(|_| fault("a head that is no text"))?;
    if !head.starts_with("HTTP/1.1 200 ") {
        return Err(fault(head.lines().next().unwrap_or_default()));
    }
    let fields = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = fields.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length = lengths.next().and_then(|(_, value)| value.trim().parse().ok());
    length.ok_or_else(|| fault("a reply without a length"))
}

fn fault(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}

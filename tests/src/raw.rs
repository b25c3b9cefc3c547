//! A client of a few lines, to judge servers with: it sends the bytes it is given and reads one reply at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::PATIENCE;

/// A connection to a server.
pub struct Client(BufReader<TcpStream>);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Status line and fields, without the empty line.
    pub head: String,
    /// The body, without its framing.
    pub body: Vec<u8>,
}

/// Asks for one target on a connection of its own.
///
/// ```
/// let server = tests::scripted::Server::answering(|_| tests::reply::ok(b"hello"));
/// assert_eq!(tests::raw::get(server.addr(), "/").body, b"hello");
/// ```
pub fn get(addr: SocketAddr, target: &str) -> Reply {
    let mut client = Client::connect(addr);
    client.send(&format!("GET {target} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\r\n"));
    client.reply()
}

impl Client {
    /// Connects.
    pub fn connect(addr: SocketAddr) -> Client {
        let tcp = TcpStream::connect(addr).unwrap_or_else(|e| panic!("cannot connect to {addr}: {e}"));
        tcp.set_read_timeout(Some(PATIENCE)).expect("a read time-out");
        tcp.set_write_timeout(Some(PATIENCE)).expect("a write time-out");
        Client(BufReader::new(tcp))
    }

    /// Sends these bytes.
    pub fn send(&mut self, request: &str) {
        self.0.get_mut().write_all(request.as_bytes()).expect("the server takes the request");
    }

    /// Reads a reply to a `GET`.
    pub fn reply(&mut self) -> Reply {
        let (status, head) = self.head();
        let body = match (field(&head, "content-length"), field(&head, "transfer-encoding")) {
            (_, Some("chunked")) => self.chunked(),
            (Some(length), None) => self.exactly(length.parse().expect("a Content-Length in digits")),
            (None, None) if status == 204 || status == 304 => Vec::new(),
            (None, None) => self.rest(),
            (_, other) => panic!("an odd Transfer-Encoding: {other:?}"),
        };
        Reply { status, head, body }
    }

    /// Reads a reply to a `HEAD`: there is no body, whatever the head says.
    pub fn reply_to_head(&mut self) -> Reply {
        let (status, head) = self.head();
        Reply { status, head, body: Vec::new() }
    }

    /// Everything up to the end of the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        self.0.read_to_end(&mut body).expect("the connection ends in good order");
        body
    }

    fn head(&mut self) -> (u16, String) {
        let mut head = String::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            head += &line;
            head.push('\n');
        }
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        (status.unwrap_or_else(|| panic!("no status in {head:?}")), head)
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a line of the reply's head");
        let bare = line.strip_suffix("\r\n").unwrap_or_else(|| panic!("a line without CR LF: {line:?}"));
        bare.to_owned()
    }

    fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).expect("as many bytes as announced");
        body
    }

    fn chunked(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).expect("a chunk size");
            body.extend(self.exactly(size));
            assert_eq!(self.line(), "", "a chunk ends with CR LF");
            if size == 0 {
                return body;
            }
        }
    }
}

impl Reply {
    /// The value of the first field of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        field(&self.head, name)
    }
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

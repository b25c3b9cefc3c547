//! What the simulated server sends: the bytes of a reply, and where in them its parts begin.

use std::ops::Range;

use super::dice::Dice;
use super::scenario::{File, Framing};

/// A reply as it goes over the wire.
pub(super) struct Reply {
    pub(super) bytes: Vec<u8>,
    /// How many of them are its head.
    pub(super) head: usize,
    /// Where the size lines of its chunks are.
    pub(super) sizes: Vec<Range<usize>>,
    /// It ends with the connection, and nothing else says how long it is.
    pub(super) until_close: bool,
    /// The connection may be used again.
    pub(super) keep_alive: bool,
}

/// Which part of the file is sent: `bytes=N-` of one of this many bytes.
#[derive(Clone, Copy)]
pub(super) struct Rest {
    pub(super) from: usize,
    pub(super) total: usize,
}

impl Reply {
    /// A short one, without a file.
    pub(super) fn short(status: &str, fields: &str) -> Reply {
        let body = "nothing to see here\n";
        let head = format!("HTTP/1.1 {status}\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
        Reply {
            head: head.len(),
            bytes: (head + body).into_bytes(),
            sizes: Vec::new(),
            until_close: false,
            keep_alive: true,
        }
    }

    /// The file, or the rest of it.
    pub(super) fn file(
        file: &File,
        version: u32,
        content: &[u8],
        rest: Option<Rest>,
        fields: &str,
        dice: &Dice,
    ) -> Reply {
        let body = &content[rest.map_or(0, |rest| rest.from)..];
        let is_old = file.framing == Framing::Close && dice.percent(50);
        let mut head = match (is_old, rest) {
            (true, None) => "HTTP/1.0 200 OK\r\n".to_owned(),
            (false, None) => "HTTP/1.1 200 OK\r\n".to_owned(),
            (_, Some(Rest { from, total })) => {
                format!(
                    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {from}-{}/{total}\r\n",
                    total - 1
                )
            }
        };
        if dice.percent(10) {
            head.insert_str(0, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n");
        }
        head += &file.version_fields(version);
        head += fields;
        let mut bytes = match file.framing {
            Framing::Length => format!("{head}Content-Length: {}\r\n\r\n", body.len()),
            Framing::Chunked => format!("{head}Transfer-Encoding: chunked\r\n\r\n"),
            Framing::Close => format!("{head}Connection: close\r\n\r\n"),
        }
        .into_bytes();
        let (head, mut sizes) = (bytes.len(), Vec::new());
        if file.framing == Framing::Chunked {
            let mut left = body;
            loop {
                let n = left.len().min(dice.below(1..(body.len() / 3).max(2)));
                let start = bytes.len();
                bytes.extend_from_slice(format!("{n:x}{}\r\n", dice.one_of(&["", ";a=b"])).as_bytes());
                sizes.push(start..bytes.len());
                bytes.extend_from_slice(&left[..n]);
                if n == 0 {
                    break bytes
                        .extend_from_slice(dice.one_of(&["\r\n", "X-Trailer: yes\r\n\r\n"]).as_bytes());
                }
                bytes.extend_from_slice(b"\r\n");
                left = &left[n..];
            }
        } else {
            bytes.extend_from_slice(body);
        }
        Reply {
            bytes,
            head,
            sizes,
            until_close: file.framing == Framing::Close && rest.is_none(),
            keep_alive: file.framing != Framing::Close,
        }
    }
}

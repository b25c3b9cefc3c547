//! HTTP/1.1 without a socket: state machines over bytes (RFC 9112).
//!
//! ```text
//!   request::write_head   method, URL, fields      → bytes to send
//!   head::HeadReader      bytes that came          → status and header fields
//!   body::Framing         method and head          → how the body ends
//!   body::Decoder         bytes that came          → which of them are the body
//! ```
//!
//! None of them reads, writes or waits. Whoever has a socket hands in what arrived, cut up in any way, and does
//! what they say. So the protocol can be read, tested and fuzzed byte by byte, and knows nothing of the loop.
//!
//! A whole exchange:
//!
//! ```
//! use http_client::h1::{body::{Decoder, Framing, Step}, head::{HeadReader, Limits}, request};
//! use http_client::{headers::Headers, url::Url};
//!
//! let url = Url::parse("http://example.org/hello").unwrap();
//! let mut sent = Vec::new();
//! request::write_head(&mut sent, "GET", &url, &Headers::new(), 0).unwrap();
//! assert!(sent.starts_with(b"GET /hello HTTP/1.1\r\nHost: example.org\r\n"));
//!
//! let reply = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
//! let (head, mut at) = HeadReader::new(Limits::default()).read(reply).unwrap().unwrap();
//! assert_eq!(head.status.to_string(), "200 OK");
//!
//! let mut body = Vec::new();
//! let mut decoder = Decoder::new(Framing::of("GET", &head).unwrap());
//! loop {
//!     match decoder.step(&reply[at..]).unwrap() {
//!         Step::Data { skip, len } => {
//!             body.extend_from_slice(&reply[at + skip..at + skip + len]);
//!             decoder.took(len as u64);
//!             at += skip + len;
//!         }
//!         Step::End { skip } => break at += skip,
//!         Step::More { .. } => unreachable!("the whole reply is here"),
//!     }
//! }
//! assert_eq!((body.as_slice(), at), (&b"hello"[..], reply.len()));
//! ```

pub mod body;
pub mod head;
pub mod request;

/// What the peer sent, fit for one line of an error: cut after 40 bytes, everything unusual escaped.
fn shown(bytes: &[u8]) -> String {
    bytes.get(..40).unwrap_or(bytes).escape_ascii().to_string()
}

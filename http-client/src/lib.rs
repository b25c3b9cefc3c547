//! A tiny HTTP/1.1 client on the `runtime` event loop.
//!
//! ```no_run
//! # async fn example() -> Result<(), http_client::Error> {
//! let client = http_client::Client::new();
//! let mut response = client.get("http://example.org/file1.txt").send().await?.error_for_status()?;
//! while let Some(chunk) = response.chunk().await? {
//!     println!("{} bytes more", chunk.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! It speaks HTTP/1.1 and 1.0, in the clear and over TLS 1.2 and 1.3, keeps connections open, and follows redirects.
//! It does not do HTTP/2, cookies, compression (`Accept-Encoding: identity` is sent) or proxies. Names are reqwest's
//! where they mean the same.
//!
//! # What a server can do to you
//!
//! Not much. What is broken or ambiguous is an error, never guessed at or repaired, and each error is one line that
//! says what, where and how far it got. These limits hold unless set otherwise in the [`ClientBuilder`]:
//!
//! | | limit |
//! | --- | --- |
//! | connecting, and the TLS handshake | 30 s each |
//! | the head of the reply | 300 s, 64 KiB, 128 fields; interim ones count |
//! | silence within the body, or while sending | 300 s |
//! | the whole | none: set [`timeout`](ClientBuilder::timeout) |
//! | a chunk's size line, all trailers | 4 KiB, 16 KiB |
//! | redirects | 10; never from https to http; credentials stay with their server |
//!
//! How long a body is, the server decides: [`chunk`](Response::chunk) and [`read`](Response::read) take it in small
//! pieces, [`bytes`](Response::bytes) and [`text`](Response::text) as a whole.
//!
//! # What to read, in which order
//!
//! | file | concept |
//! | --- | --- |
//! | `client.rs` | the session; a request from its making through its redirects |
//! | `exchange.rs` | one request and the head of its reply |
//! | `response.rs` | the reply; its body as it comes |
//! | `h1/` | the protocol without a socket: `request.rs`, `head.rs`, `body.rs` |
//! | `url.rs`, `headers.rs`, `status.rs` | the values that a request and a reply are made of |
//! | `connection.rs`, `pool.rs`, `slots.rs` | one connection; those kept for the next request; how many at once |
//! | `connect.rs`, `tls.rs`, `trust.rs` | where connections come from; TLS over them; whom to trust |
//! | `builder.rs`, `session.rs` | the settings; what the requests of a session share |
//! | `timeouts.rs`, `watch.rs` | the time limits; what can be seen of it all |
//! | `redirect.rs`, `auth.rs` | where a redirect leads; a user and a password as a header field |
//! | `error.rs`, `refused.rs` | what went wrong, in one line; what was not even begun |

mod auth;
mod builder;
mod client;
pub mod connect;
mod connection;
mod error;
mod exchange;
pub mod h1;
pub mod headers;
mod pool;
mod redirect;
mod refused;
mod response;
mod session;
mod slots;
pub mod status;
mod timeouts;
pub mod tls;
mod trust;
pub mod url;
mod watch;

pub use builder::ClientBuilder;
pub use client::{Client, IntoUrl, RequestBuilder};
pub use error::{Error, Kind, Phase, Result};
pub use refused::Refused;
pub use response::Response;
pub use watch::{Event, Times};

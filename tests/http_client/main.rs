//! Tests of `http-client`.

mod body;
mod client;
mod garbage;
mod head;
mod request;
mod servers;
mod tls;
mod url;

//! Tests of `http-client`.

mod body;
mod head;
mod request;
mod url;

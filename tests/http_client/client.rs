//! The client over real sockets, against servers whose every byte is chosen here.
//!
//! What the state machines of `h1` do with bytes is tested in the modules beside this one; here it is about what
//! is done with connections, and what errors say. A module a topic; this file has what they share.

use http_client::{Client, Error, Kind};
use tests::scripted::Server;

pub(super) mod dribble;
mod early;
mod failures;
mod giving_up;
mod hostile;
mod limits;
pub(super) mod paced;
mod pool;
mod redirects;
mod replies;
mod requests;
mod slots;
mod watch;

/// Runs a test's future on a loop of its own, and fails it where it would wait for ever.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    runtime::block_on(async { runtime::timeout(tests::PATIENCE, future).await.expect("done in time") })
}

/// Fetches one URL with a client of its own.
fn fetch(url: &str) -> Result<Vec<u8>, Error> {
    run(async { Client::new().get(url).send().await?.bytes().await })
}

/// A server that sends these bytes to every request, and keeps the connection open.
fn always(reply: impl Into<Vec<u8>>) -> Server {
    let reply = reply.into();
    Server::answering(move |_| reply.clone())
}

/// A server that sends these bytes to one request a connection, and closes it.
fn once(reply: impl Into<Vec<u8>>) -> Server {
    let reply = reply.into();
    Server::start(move |conn| {
        conn.request()?;
        conn.send(&reply)
    })
}

/// Over which connection each request came.
fn connections(server: &Server) -> Vec<usize> {
    server.requests().iter().map(|request| request.connection).collect()
}

fn targets(server: &Server) -> Vec<String> {
    server.requests().iter().map(|request| request.target().to_owned()).collect()
}

/// Fails unless the error is of this kind, holds these words, and is one line.
#[track_caller]
pub(super) fn assert_error<T: std::fmt::Debug>(
    result: Result<T, Error>,
    kind: Kind,
    words: &[&str],
) -> Error {
    let error = result.expect_err("an error");
    let line = error.to_string();
    assert_eq!(error.kind(), kind, "{line}");
    assert!(!line.contains(['\n', '\r']), "more than one line: {line:?}");
    for word in words {
        assert!(line.contains(word), "nothing of {word:?}: {line}");
    }
    error
}

//! 11 · An echo server on your own loop
//!
//! # The idea
//! All parts are there: tasks, wakers, a reactor. Now use them. An echo server sends back on
//! each connection what comes in on it. With threads it would take one for each connection; on
//! a loop it takes a *task* for each, which costs some hundred bytes. The code reads as if
//! there were only one client: `read`, `write`, again.
//!
//! # What to write
//! [`echo`], for one connection, and [`serve`], which accepts them. What you build on is in
//! `given`: `net` (exercise 10, for sockets) and `task` (exercise 08). Of a real server they
//! lack little more than speed. (A handle of `given::task` gives the output itself, not a `Result`
//! as in exercise 08.)
//!
//! `serve` accepts as many connections as it is told, and returns when all of them are over:
//! the number of bytes that were sent back, in all. Those of a client that broke off need not be
//! counted. (A real server goes on for ever; this one has to be checked.)
//!
//! # What is checked
//! - What comes in goes out, byte by byte; also a megabyte. When the client has sent its end,
//!   the server ends, too.
//! - A client that says nothing keeps nobody waiting; fifty clients are served at once.
//! - A client that breaks off (an error on its connection) is over, and harms no other.
//! - A client that sends and does not read is, after a while, not read from any more:
//!   *backpressure*. If you read only when the last piece is written, that is so by itself.
//!
//! # In the real thing
//! `demo/src/server.rs`; `runtime/src/io/copy.rs`; `runtime/src/net/`. `demo lesson
//! ten-thousand` measures what a connection costs.
//!
//! # Traps (TRAPS.md)
//! - 27: a `write` that takes fewer bytes than it was given. The rest must be written, too.
//! - 30, 32: are dealt with in `given/net.rs`. Read it now.

use std::io;

use crate::given::net::{self, TcpListener, TcpStream};
use crate::given::task;

/// Sends back what comes in, until the end. How many bytes that were.
async fn echo(mut stream: TcpStream) -> io::Result<u64> {
    todo!("echo")
}

/// Accepts so many connections and echoes on each. When all are over: how many bytes were sent back.
///
/// # Errors
/// If no connection can be accepted.
pub fn serve(listener: std::net::TcpListener, connections: usize) -> io::Result<u64> {
    net::block_on(async {
        let mut listener = TcpListener::from_std(listener)?;
        todo!("serve")
    })
}

//! A library that blocks, in a task and out of it, beside a heartbeat.

use std::io::{self, Read, Write};
use std::net::{self, Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use runtime::io::AsyncReadExt;
use runtime::net::TcpStream;
use runtime::{Task, spawn_blocking};

use crate::lesson::heartbeat::{self, Heartbeat};
use crate::lesson::{Outcome, Stage};

/// How long the server lets its caller wait.
pub const THINKING: Duration = Duration::from_millis(500);
const ANSWER: &str = "42";

/// A library as there are many: it returns when it has the answer.
fn library(server: SocketAddr) -> io::Result<String> {
    let mut answer = String::new();
    net::TcpStream::connect(server)?.read_to_string(&mut answer)?;
    Ok(answer)
}

/// It is just called. That compiles, and it even works.
pub(super) async fn in_a_task(server: SocketAddr) -> io::Result<String> {
    library(server)
}

/// It is called on another thread.
pub(super) async fn in_the_pool(server: SocketAddr) -> io::Result<String> {
    spawn_blocking(move || library(server)).await?
}

/// What it would look like if it had been written for a loop.
pub(super) async fn for_a_loop(server: SocketAddr) -> io::Result<String> {
    let mut answer = Vec::new();
    TcpStream::connect(server).await?.read_to_end(&mut answer).await?;
    String::from_utf8(answer).map_err(io::Error::other)
}

/// A server for one caller, on a thread of its own.
fn slow_server() -> io::Result<SocketAddr> {
    let listener = net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let addr = listener.local_addr()?;
    thread::spawn(move || {
        let (mut caller, _) = listener.accept()?;
        thread::sleep(THINKING);
        caller.write_all(ANSWER.as_bytes())
    });
    Ok(addr)
}

/// A heartbeat beside a way to get the answer.
pub(super) fn beside<F>(stage: &Stage, title: &str, way: impl FnOnce(SocketAddr) -> F) -> Outcome<Heartbeat>
where
    F: Future<Output = io::Result<String>> + 'static,
{
    let server = slow_server()?;
    let asker = || Task::new().name("asker").spawn(way(server));
    let (heart, answer) = heartbeat::beside(stage, title, asker)?;
    match answer? {
        answer if answer == ANSWER => Ok(heart),
        other => Err(format!("the server's answer is {other:?}").into()),
    }
}

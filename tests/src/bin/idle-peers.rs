//! The other ends of many idle connections: `idle-peers PORT N` makes N connections to a port of this machine, says how
//! many it got, and holds them until its stdin ends. A process of its own, so that its open files count apart.
//!
//! It makes a hundred and then waits for a byte on stdin: were it ahead of who accepts by more than the backlog (128), the
//! kernel would drop the next, and it would have to try again after a second.

use std::io::{Read, Write};
use std::net::TcpStream;

fn main() {
    let mut args = std::env::args().skip(1);
    let mut number =
        || args.next().and_then(|text| text.parse::<usize>().ok()).expect("usage: idle-peers PORT N");
    let (port, n) = (number() as u16, number());
    let mut connections = Vec::new();
    while connections.len() < n
        && let Ok(stream) = TcpStream::connect(("127.0.0.1", port))
    {
        connections.push(stream);
        if connections.len() % 100 == 0 && !matches!(std::io::stdin().read(&mut [0]), Ok(1)) {
            return;
        }
    }
    println!("{}", connections.len());
    let _ = std::io::stdout().flush();
    let _ = std::io::stdin().read(&mut [0]);
}

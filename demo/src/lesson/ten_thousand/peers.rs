//! The other ends of many connections, in a process of their own, as its limit of open files is its own. It does what it
//! is told on stdin, a line at a time, and answers each line when it is done.

use std::io::{self, BufRead, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::limits::connections_allowed;
use crate::lesson::part::{self, Part};
use crate::lesson::{Outcome, Stage};

/// The process.
pub(super) struct Peers(Part);

impl Peers {
    /// Starts it. It connects to this address when it is told to.
    pub(super) fn start(stage: &Stage, addr: SocketAddr) -> Outcome<Peers> {
        Ok(Peers(stage.part("peers", [addr.to_string()])?))
    }

    /// Makes so many connections more: how many it could make. They need not be accepted meanwhile, as long as they are
    /// no more than the kernel keeps for a listener.
    pub(super) fn open(&mut self, n: usize) -> Outcome<usize> {
        self.tell(&format!("open {n}"))
    }

    /// Sends a byte through each of the first so many, and waits for one from each.
    pub(super) fn exchange(&mut self, n: usize) -> Outcome<usize> {
        self.tell(&format!("exchange {n}"))
    }

    /// Closes them all.
    pub(super) fn end(self) -> Outcome<()> {
        self.0.end()
    }

    fn tell(&mut self, what: &str) -> Outcome<usize> {
        let stdin = self.0.stdin.as_mut().ok_or("the peers have no stdin")?;
        writeln!(stdin, "{what}")?;
        self.0.hear()
    }
}

/// The part: `lesson-part peers ADDR`.
pub(in crate::lesson) fn part(args: &[String]) -> Outcome<()> {
    let addr: SocketAddr = args.first().ok_or("an address is needed")?.parse()?;
    let room = connections_allowed()?;
    let mut all: Vec<TcpStream> = Vec::new();
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (what, n) = line.split_once(' ').ok_or("it was told nothing")?;
        let n: usize = n.parse()?;
        let done = match what {
            "open" => {
                let before = all.len();
                while all.len() < (before + n).min(room)
                    && let Ok(stream) = TcpStream::connect(addr)
                {
                    all.push(stream);
                }
                all.len() - before
            }
            _ => {
                let first = &all[..n.min(all.len())];
                first.iter().try_for_each(|mut stream| stream.write_all(b"."))?;
                first.iter().try_for_each(|mut stream| stream.read_exact(&mut [0]))?;
                first.len()
            }
        };
        part::tell(&done)?;
    }
    Ok(())
}

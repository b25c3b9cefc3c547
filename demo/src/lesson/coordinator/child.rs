//! The other end: how a child process asks its coordinator.

use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use crate::lesson::Outcome;

/// The way to the coordinator.
pub(in crate::lesson) struct Coordinator {
    stream: BufReader<UnixStream>,
    /// Which of the children this is, from 0.
    pub(in crate::lesson) number: usize,
    /// It is to use the mechanism; else it is to show how it goes without.
    pub(in crate::lesson) with: bool,
}

impl Coordinator {
    /// Finds the coordinator, and waits until all children have.
    pub(in crate::lesson) fn find(args: &[String]) -> Outcome<Coordinator> {
        let [number, with] = args else {
            return Err("a part of this lesson takes a number and true or false".into());
        };
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        let (number, with) = (number.parse()?, with.parse()?);
        let mut coordinator = Coordinator { stream: BufReader::new(socket), number, with };
        coordinator.ask("start")?;
        Ok(coordinator)
    }

    /// Asks for something, and waits for the answer.
    pub(in crate::lesson) fn ask(&mut self, what: &str) -> io::Result<u64> {
        self.stream.get_mut().write_all(format!("{what}\n").as_bytes())?;
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "the coordinator has hung up"));
        }
        line.trim_end().parse().map_err(io::Error::other)
    }
}

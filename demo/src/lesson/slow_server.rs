//! A slow server in a process of its own, so that what it costs is not counted with those who download from it.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use runtime::{Runtime, race, spawn_blocking};

use super::part::{self, Part};
use super::{Outcome, Stage};
use crate::server::Server;
use crate::site::Site;

/// A server that runs, until this is dropped.
pub(super) struct SlowServer {
    /// Where it listens.
    pub(super) addr: SocketAddr,
    _part: Part,
}

impl SlowServer {
    /// Starts one that waits this long before each answer.
    pub(super) fn start(stage: &Stage, latency: Duration) -> Outcome<SlowServer> {
        let mut part = stage.part("slow-server", [latency.as_millis().to_string()])?;
        Ok(SlowServer { addr: part.hear()?, _part: part })
    }
}

/// The part: `lesson-part slow-server MILLISECONDS`.
pub(super) fn part(args: &[String]) -> Outcome<()> {
    let latency = args.first().ok_or("a latency in ms is needed")?.parse()?;
    let site = Site::ten().latency(Some(Duration::from_millis(latency)));
    Runtime::new()?.block_on(async {
        let server = Server::bind(0, site)?;
        part::tell(&server.addr())?;
        let end_of_stdin = spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
        race(server.run(), end_of_stdin).await;
        Ok(())
    })
}

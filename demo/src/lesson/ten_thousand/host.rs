//! The one end of many connections, that is measured: on one thread, or on one each. It sends back what comes.

use std::io::{self, Read, Write};
use std::net::{self, Ipv4Addr, SocketAddr};
use std::thread;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::{Runtime, sleep, spawn, spawn_blocking};

use super::Host;
use super::limits::connections_allowed;
use super::peers::Peers;
use crate::lesson::meter::{Meter, Whose, memory};
use crate::lesson::{Outcome, Stage, part};

/// Connections are opened so many at a time: less than the kernel keeps for a listener that has not accepted them.
const SOME: usize = 100;
/// How long they are left idle.
pub(super) const IDLE: Duration = Duration::from_secs(1);
const ANY_PORT: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);

/// A connection on a task: some hundred bytes, while it waits.
async fn on_a_task(mut stream: TcpStream) -> io::Result<()> {
    let mut byte = [0];
    while stream.read(&mut byte).await? > 0 {
        stream.write_all(&byte).await?;
    }
    Ok(())
}

/// The same on a thread: a stack, here and in the kernel.
fn on_a_thread(mut stream: net::TcpStream) -> io::Result<()> {
    let mut byte = [0];
    while stream.read(&mut byte)? > 0 {
        stream.write_all(&byte)?;
    }
    Ok(())
}

/// Opens `n` connections, leaves them idle, has each exchange a byte: on an event loop.
pub(super) fn on_the_loop(stage: &Stage, runtime: &Runtime, n: usize) -> Outcome<Host> {
    runtime.block_on(async {
        let listener = TcpListener::bind(SocketAddr::from(ANY_PORT))?;
        let mut peers = Peers::start(stage, listener.local_addr()?)?;
        let mut host = Host::default();
        let before = memory();
        let opening = Meter::start(Whose::Process)?;
        while host.open < n {
            let opened = peers.open(SOME.min(n - host.open))?;
            for _ in 0..opened {
                let (stream, _) = listener.accept().await?;
                spawn(on_a_task(stream));
            }
            host.open += opened;
            if opened == 0 {
                break;
            }
        }
        host.opening = opening.read()?;
        host.memory = grown(before);

        let idle = Meter::start(Whose::Process)?;
        sleep(IDLE).await;
        host.idle = idle.read()?;

        let exchange = Meter::start(Whose::Process)?;
        // On a thread of the pool, as the loop is to serve them meanwhile.
        let open = host.open;
        let exchanged = spawn_blocking(move || {
            let exchanged = peers.exchange(open).map_err(|e| e.to_string())?;
            peers.end().map_err(|e| e.to_string()).map(|()| exchanged)
        });
        host.exchanged = exchanged.await??;
        host.exchange = exchange.read()?;
        Ok(host)
    })
}

/// The same with a thread for each connection.
fn on_threads(stage: &Stage, n: usize) -> Outcome<Host> {
    let listener = net::TcpListener::bind(ANY_PORT)?;
    let mut peers = Peers::start(stage, listener.local_addr()?)?;
    let mut host = Host::default();
    let mut threads = Vec::new();
    let before = memory();
    let opening = Meter::start(Whose::Process)?;
    'open: while threads.len() < n {
        let opened = peers.open(SOME.min(n - threads.len()))?;
        for _ in 0..opened {
            let (stream, _) = listener.accept()?;
            match thread::Builder::new().spawn(move || on_a_thread(stream)) {
                Ok(thread) => threads.push(thread),
                Err(refused) => {
                    host.refused = Some(refused.to_string());
                    break 'open;
                }
            }
        }
        if opened == 0 {
            break;
        }
    }
    host.open = threads.len();
    host.opening = opening.read()?;
    host.memory = grown(before);

    let idle = Meter::start(Whose::Process)?;
    thread::sleep(IDLE);
    host.idle = idle.read()?;

    let exchange = Meter::start(Whose::Process)?;
    host.exchanged = peers.exchange(host.open)?;
    host.exchange = exchange.read()?;
    peers.end()?;
    for thread in threads {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(host)
}

fn grown(before: Option<u64>) -> Option<u64> {
    Some(memory()?.saturating_sub(before?))
}

/// The part: `lesson-part ten-thousand WAY N`.
pub(in crate::lesson) fn part(args: &[String]) -> Outcome<()> {
    let [way, n] = args else { return Err("a way and a number are needed".into()) };
    let n = n.parse::<usize>()?.min(connections_allowed()?);
    let stage = Stage::quiet(std::env::current_exe()?);
    let host = match way.as_str() {
        "loop" => on_the_loop(&stage, &Runtime::new()?, n)?,
        _ => on_threads(&stage, n)?,
    };
    part::tell(&host)
}

//! A round: workers of many kinds at once, some of which are aborted, panic, or have their connection reset.
//!
//! Each worker checks what it can see of the promises that the runtime makes: bytes come as they were sent, nobody else is
//! in a locked section, no timer is early, a job's output is its own.

use std::cell::Cell;
use std::fmt;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::panic;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

use demo::server::Server;
use demo::site::Site;
use http_client::Client;
use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::sync::{Barrier, Mutex, Semaphore, mpsc, oneshot};
use runtime::{
    JoinError, Task, interval, join, join_all, now, race, sleep, spawn, spawn_blocking, task_group, timeout,
    yield_now,
};
use tests::files;

/// How many workers a round has.
const WORKERS: usize = 60;

/// The text of the panics that belong to the load.
const ON_PURPOSE: &str = "on purpose";

/// What a round did.
#[derive(Clone, Default)]
pub(crate) struct Tally(Rc<Counts>);

#[derive(Default)]
struct Counts {
    alive: Cell<i64>,
    workers: Cell<u64>,
    aborted: Cell<u64>,
    panicked: Cell<u64>,
    resets: Cell<u64>,
    echoed: Cell<u64>,
    downloads: Cell<u64>,
    timers: Cell<u64>,
    jobs: Cell<u64>,
    locks: Cell<u64>,
}

impl Tally {
    /// How many things that tasks own are not dropped.
    pub(crate) fn alive(&self) -> i64 {
        self.0.alive.get()
    }

    /// Adds those of a round.
    pub(crate) fn add(&self, round: &Tally) {
        for (all, new) in self.each().into_iter().zip(round.each()) {
            all.1.set(all.1.get() + new.1.get());
        }
    }

    fn each(&self) -> [(&'static str, &Cell<u64>); 9] {
        let it = &*self.0;
        [
            ("workers", &it.workers),
            ("aborted", &it.aborted),
            ("panicked", &it.panicked),
            ("resets", &it.resets),
            ("bytes echoed", &it.echoed),
            ("downloads", &it.downloads),
            ("timers", &it.timers),
            ("jobs", &it.jobs),
            ("locks", &it.locks),
        ]
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<_> = self.each().iter().map(|(name, n)| format!("{} {name}", n.get())).collect();
        f.write_str(&each.join(", "))
    }
}

fn count(cell: &Cell<u64>) {
    cell.set(cell.get() + 1);
}

/// What each worker owns, to see that it is dropped once.
struct Owned(Tally);

impl Owned {
    fn new(tally: &Tally) -> Owned {
        tally.0.alive.set(tally.0.alive.get() + 1);
        Owned(tally.clone())
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.0.alive.set(self.0.0.alive.get() - 1);
    }
}

/// Numbers that look random and follow from a seed.
#[derive(Clone)]
struct Dice(Rc<Cell<u64>>);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice(Rc::new(Cell::new(seed)))
    }

    /// One of `0..n`.
    fn below(&self, n: u64) -> u64 {
        self.0.set(self.0.get().wrapping_add(1));
        u64::from_le_bytes(files::bytes(self.0.get(), 8).try_into().expect("eight bytes")) % n
    }

    /// A die of its own for somebody else, whose throws then do not depend on who throws first.
    fn fork(&self) -> Dice {
        Dice::new(self.below(u64::MAX))
    }

    fn micros(&self, n: u64) -> Duration {
        Duration::from_micros(self.below(n))
    }
}

/// What all workers of a round have in common.
#[derive(Clone)]
struct Shared {
    tally: Tally,
    echo: SocketAddr,
    client: Client,
    site: String,
    /// Whether somebody is inside.
    lock: Rc<Mutex<bool>>,
    permits: Rc<Semaphore>,
    holders: Rc<Cell<usize>>,
}

const PERMITS: usize = 3;

/// Leaves the place that it stands for when it is dropped, however that comes.
struct Holder(Rc<Cell<usize>>);

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

/// Panics of the load say nothing; all others do as ever.
pub(crate) fn panics_on_purpose_are_quiet() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&ON_PURPOSE) {
            usual(info);
        }
    }));
}

/// Runs a round to its end.
pub(crate) async fn round(seed: u64) -> Tally {
    let (tally, dice) = (Tally::default(), Dice::new(seed << 32));
    let listener = TcpListener::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let echo = listener.local_addr().expect("an address");
    let echo_server = spawn(serve_echo(listener, dice.fork(), tally.clone()));
    let server = Server::bind(0, Site::ten().latency(Some(Duration::from_millis(1))).rate(Some(20_000_000)));
    let server = server.expect("a port");
    let site = server.url();
    let server = spawn(server.run());
    let shared = Shared {
        tally: tally.clone(),
        echo,
        client: Client::builder().max_per_host(8).build(),
        site,
        lock: Rc::new(Mutex::new(false)),
        permits: Rc::new(Semaphore::new(PERMITS)),
        holders: Rc::default(),
    };
    let mut workers = Vec::new();
    for n in 0..WORKERS {
        count(&tally.0.workers);
        let owned = Owned::new(&tally);
        let work = work(shared.clone(), dice.fork());
        workers.push(Task::new().name(format!("worker {n}")).spawn(async move {
            let _owned = owned;
            work.await;
        }));
    }
    // Chaos: a third of them, in any order, at any time.
    let aborts: Vec<_> = workers.iter().map(runtime::JoinHandle::abort_handle).collect();
    let chaos = {
        let dice = dice.fork();
        spawn(async move {
            for _ in 0..aborts.len() / 3 {
                sleep(dice.micros(5_000)).await;
                aborts[dice.below(aborts.len() as u64) as usize].abort();
            }
        })
    };
    for (n, worker) in workers.into_iter().enumerate() {
        match timeout(Duration::from_secs(60), worker).await {
            Err(_) => panic!("seed {seed}: worker {n} hangs:\n{}", runtime::dump()),
            Ok(Ok(())) => {}
            Ok(Err(JoinError::Cancelled)) => count(&tally.0.aborted),
            Ok(Err(JoinError::Panicked(payload))) => match payload.downcast_ref::<&str>() {
                Some(&ON_PURPOSE) => count(&tally.0.panicked),
                _ => panic::resume_unwind(payload),
            },
        }
    }
    chaos.await.expect("no panic");
    assert_eq!(shared.permits.available(), PERMITS, "seed {seed}: permits");
    assert!(!shared.lock.is_locked(), "seed {seed}: the lock");
    // The ends of connections that are still open go with their servers.
    drop(shared);
    for server in [echo_server, server] {
        server.abort();
        let _ = server.await;
    }
    for left in
        runtime::dump().tasks.iter().filter(|task| task.id != runtime::current_task().expect("a task"))
    {
        // A connection's task ends when it sees that the other end is gone.
        let id = left.id;
        let gone = async {
            while runtime::dump().tasks.iter().any(|task| task.id == id) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        let gone = timeout(Duration::from_secs(60), gone).await;
        gone.unwrap_or_else(|_| panic!("seed {seed}: it does not end:\n{}", runtime::dump()));
    }
    tally
}

/// A worker of some kind.
async fn work(shared: Shared, dice: Dice) {
    match dice.below(10) {
        0..3 => echo(shared, dice).await,
        3 => download(shared, dice).await,
        4 => timers(shared, dice).await,
        5 => jobs(shared, dice).await,
        6 => locks(shared, dice).await,
        7 => channel(shared, dice).await,
        8 => group(shared, dice).await,
        _ => {
            yield_now().await;
            let _owned = Owned::new(&shared.tally);
            sleep(dice.micros(3_000)).await;
            panic::panic_any(ON_PURPOSE);
        }
    }
}

/// Closes a connection so that the other end sees a reset.
fn reset(stream: TcpStream, tally: &Tally) {
    let stream = stream.into_std();
    if rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO)).is_ok() {
        count(&tally.0.resets);
    }
}

/// Sends back what comes, as it comes, and now and then loses interest.
async fn serve_echo(listener: TcpListener, dice: Dice, tally: Tally) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { continue };
        let (dice, tally) = (dice.fork(), tally.clone());
        spawn(async move {
            let mut buf = vec![0; 1 + dice.below(20_000) as usize];
            while let Ok(n @ 1..) = stream.read(&mut buf).await {
                if dice.below(100) == 0 {
                    return reset(stream, &tally);
                }
                if stream.write_all(&buf[..n]).await.is_err() {
                    return;
                }
            }
        });
    }
}

/// Messages there and back, sent and read at once; then one of three ends.
async fn echo(shared: Shared, dice: Dice) {
    let Ok(mut stream) = TcpStream::connect(shared.echo).await else { return };
    for _ in 0..1 + dice.below(10) {
        let message = files::bytes(dice.below(u64::MAX), dice.below(60_000) as usize);
        let mut back = vec![0; message.len()];
        let sent = async {
            for piece in message.chunks(1 + dice.below(30_000) as usize) {
                stream.write_all(piece).await?;
            }
            Ok::<_, io::Error>(())
        };
        let sent = sent.await;
        let Ok(()) = sent else { return };
        match stream.read_exact(&mut back).await {
            Ok(()) => files::assert_same_bytes("an echo", &back, &message),
            // Reset by the other end.
            Err(_) => return,
        }
        shared.tally.0.echoed.set(shared.tally.0.echoed.get() + message.len() as u64);
    }
    match dice.below(3) {
        0 => reset(stream, &shared.tally),
        1 if stream.shutdown(Shutdown::Write).is_ok() => {
            let mut rest = Vec::new();
            if stream.read_to_end(&mut rest).await.is_ok() {
                assert!(rest.is_empty(), "{} bytes that nobody sent", rest.len());
            }
        }
        _ => {}
    }
}

/// A file over HTTP, whole or given up.
async fn download(shared: Shared, dice: Dice) {
    let url = format!("{}file{}.txt", shared.site, 1 + dice.below(10));
    let whole = async {
        let response = shared.client.get(&url).send().await?.error_for_status()?;
        let length = response.content_length();
        let bytes = response.bytes().await?;
        assert_eq!(Some(bytes.len() as u64), length, "{url}");
        Ok::<_, http_client::Error>(())
    };
    match timeout(dice.micros(60_000), whole).await {
        Ok(done) => {
            done.unwrap_or_else(|e| panic!("{e}"));
            count(&shared.tally.0.downloads);
        }
        Err(_given_up) => {}
    }
}

/// No timer is early, and time-outs end what they are around.
async fn timers(shared: Shared, dice: Dice) {
    let mut ticks = interval(Duration::from_micros(200));
    for _ in 0..1 + dice.below(20) {
        count(&shared.tally.0.timers);
        let (start, length) = (now(), dice.micros(2_000));
        match dice.below(3) {
            0 => sleep(length).await,
            1 => {
                let pending = timeout(length, std::future::pending::<()>()).await;
                assert!(pending.is_err());
            }
            _ => {
                let _ = race(sleep(length), sleep(Duration::from_secs(3600))).await;
            }
        }
        assert!(now() - start >= length, "early: {:?} of {length:?}", now() - start);
        ticks.tick().await;
    }
}

/// Blocking jobs, some of which panic; and an answer from a thread.
async fn jobs(shared: Shared, dice: Dice) {
    for n in 0..1 + dice.below(8) {
        count(&shared.tally.0.jobs);
        let (pause, fails) = (dice.micros(2_000), dice.below(5) == 0);
        let job = spawn_blocking(move || {
            thread::sleep(pause);
            if fails {
                panic::panic_any(ON_PURPOSE);
            }
            2 * n
        });
        match job.await {
            Ok(output) => assert!(!fails && output == 2 * n),
            Err(error) => assert!(fails && matches!(error, JoinError::Panicked(_))),
        }
    }
    let (sender, receiver) = oneshot::remote();
    let other = thread::spawn(move || sender.send(42));
    let (answer, ()) = join(receiver, yield_now()).await;
    assert_eq!(answer, Ok(42));
    assert_eq!(other.join().expect("no panic"), Ok(()));
}

/// One at a time behind the lock, so many at a time with a permit, all at once at the barrier.
async fn locks(shared: Shared, dice: Dice) {
    for _ in 0..1 + dice.below(10) {
        count(&shared.tally.0.locks);
        {
            let mut inside = shared.lock.lock().await;
            assert!(!*inside, "somebody else is inside");
            *inside = true;
            // Aborted in here, the section is left by the guard; so it is left in order by this, too.
            let guard = Leaves(inside);
            sleep(dice.micros(300)).await;
            drop(guard);
        }
        let wanted = 1 + dice.below(PERMITS as u64) as usize;
        if let Ok(Ok(permit)) = timeout(dice.micros(3_000), shared.permits.acquire(wanted)).await {
            let holders: Vec<_> = (0..wanted)
                .map(|_| {
                    shared.holders.set(shared.holders.get() + 1);
                    Holder(shared.holders.clone())
                })
                .collect();
            assert!(shared.holders.get() <= PERMITS, "{} permits are held", shared.holders.get());
            sleep(dice.micros(300)).await;
            drop((holders, permit));
        }
    }
    let barrier = Barrier::new(4);
    let arrivals = join_all((0..4).map(|n| {
        let (barrier, pause) = (&barrier, dice.micros(500 * (n + 1)));
        async move {
            sleep(pause).await;
            barrier.wait().await.expect("nobody breaks it").is_leader()
        }
    }));
    assert_eq!(arrivals.await.into_iter().filter(|leads| *leads).count(), 1);
}

/// The inside of a section: it says on leaving that nobody is there any more.
struct Leaves<'a>(runtime::sync::Guard<'a, bool>);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        *self.0 = false;
    }
}

/// Some senders, some of which give up waiting for room: what was taken back does not arrive, all else does, in order.
async fn channel(shared: Shared, dice: Dice) {
    let (sender, mut receiver) = mpsc::channel(1 + dice.below(4) as usize);
    let senders: Vec<_> = (0..3_u64)
        .map(|who| {
            let (sender, dice, owned) = (sender.clone(), dice.fork(), Owned::new(&shared.tally));
            spawn(async move {
                let _owned = owned;
                let mut sent = Vec::new();
                for n in 0..dice.below(30) {
                    let patience = dice.micros(400);
                    let mut message = sender.send((who, n));
                    match timeout(patience, &mut message).await {
                        Ok(Ok(())) => sent.push(n),
                        Ok(Err(_closed)) => break,
                        Err(_given_up) => sent.extend(message.take_back().is_none().then_some(n)),
                    }
                }
                sent
            })
        })
        .collect();
    drop(sender);
    let mut came = [const { Vec::new() }; 3];
    while let Some((who, n)) = receiver.recv().await {
        came[who as usize].push(n);
        if dice.below(4) == 0 {
            sleep(dice.micros(300)).await;
        }
    }
    for (came, sender) in came.into_iter().zip(senders) {
        assert_eq!(came, sender.await.expect("no panic"));
    }
}

/// A group of which a child fails: all are over when it returns.
async fn group(shared: Shared, dice: Dice) {
    let (before, fails) = (Cell::new(0), dice.below(2) == 0);
    let failed = task_group(async |group| {
        for n in 0..1 + dice.below(6) {
            let (owned, pause, inside) = (Owned::new(&shared.tally), dice.micros(2_000), &before);
            group.spawn(async move {
                let _owned = owned;
                inside.set(inside.get() + 1);
                sleep(pause).await;
                if fails && n == 0 { Err("on purpose") } else { Ok(()) }
            });
        }
        Ok(())
    });
    assert_eq!(failed.await.is_err(), fails);
}

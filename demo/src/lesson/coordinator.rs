//! Processes that share a lock, permits and a barrier: the children that work, and the coordinator that keeps all this for
//! them.
//!
//! Processes share no memory, so somebody has to keep for all what all are to see. Here it is a loop of ours, with a Unix
//! socket to each child and a task for each socket. A child asks in lines of text and waits for the answer, a number. While
//! it waits for the lock it is its task that stands in line for it: what makes tasks wait for each other makes processes
//! wait, too.
//!
//! A child that dies hangs up. Then its task ends, and what the task held is dropped and so is free again; who would wait
//! for the dead at a barrier is sent away.
//!
//! The socket is the child's stdin. It comes from a pair and so has no name: nobody else can reach it, and there is no
//! file to remove.

mod child;

use std::cell::RefCell;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net as std_unix;
use std::process::{Child, Command};
use std::rc::Rc;

use runtime::io::{AsyncWriteExt, BufReader};
use runtime::net::UnixStream;
use runtime::sync::{Barrier, Mutex, Semaphore};
use runtime::{Builder, JoinHandle, Task, process};

pub(super) use self::child::Coordinator;
use super::board::{Room, Track};
use super::cells::title;
use super::{Outcome, Stage};

/// The longest line of a child's: a word and a number.
const LINE: usize = 64;

/// What the children share.
struct Shared {
    /// All begin at once, however long each took to start.
    start: Barrier,
    lock: Rc<Mutex<()>>,
    permits: Rc<Semaphore>,
    barrier: Barrier,
    board: RefCell<Board>,
}

/// What they did, as the coordinator saw it.
#[derive(Debug)]
pub(super) struct Board {
    /// Of the lesson `mutex`.
    pub(super) count: u64,
    /// Of the lesson `semaphore`.
    pub(super) room: Room,
    /// Of the lesson `barrier`.
    pub(super) track: Track,
}

/// Has so many children do their part of the lesson `name`, and coordinates them until the last has ended.
pub(super) fn run(stage: &Stage, name: &str, children: usize, permits: usize, with: bool) -> Outcome<Board> {
    let board = Board { count: 0, room: Room::default(), track: Track::new(children) };
    let shared = Rc::new(Shared {
        start: Barrier::new(children),
        lock: Rc::new(Mutex::new(())),
        permits: Rc::new(Semaphore::new(permits)),
        barrier: Barrier::new(children),
        board: RefCell::new(board),
    });
    stage.runtime(&title("the coordinator of processes", with, name), Builder::new())?.block_on(async {
        let mut running: Vec<(Child, JoinHandle<io::Result<()>>)> = Vec::new();
        for number in 0..children {
            let (ours, theirs) = std_unix::UnixStream::pair()?;
            let child = Command::new(&stage.program)
                .args(["lesson-part", name, &number.to_string(), &with.to_string()])
                .stdin(OwnedFd::from(theirs))
                .spawn()
                .map_err(|e| format!("cannot start a child process of this program: {e}"))?;
            let stream = UnixStream::from_std(ours)?;
            let task = Task::new().name(format!("for process {}", child.id()));
            running.push((child, task.spawn(serve(stream, number, shared.clone()))));
        }
        // One that fails does not keep the others from their end.
        let mut ended: Outcome<()> = Ok(());
        for (mut child, served) in running {
            let (served, status) = (served.await?, process::wait(&mut child).await?);
            let failed = Err(format!("a child process of the lesson failed: {status}").into());
            let this = if status.success() { served.map_err(Box::from) } else { failed };
            ended = ended.and(this);
        }
        ended
    })?;
    // Every task has ended, so this is the last of them.
    let shared = Rc::into_inner(shared).ok_or("a task of the coordinator is still alive")?;
    Ok(shared.board.into_inner())
}

/// Serves a child until it hangs up.
async fn serve(stream: UnixStream, number: usize, shared: Rc<Shared>) -> io::Result<()> {
    let served = answer(stream, number, &shared).await;
    // Nobody shall wait for one who is gone. Those whose last round is complete were let through already.
    shared.start.abort();
    shared.barrier.abort();
    served
}

async fn answer(stream: UnixStream, number: usize, shared: &Shared) -> io::Result<()> {
    let Shared { start, lock, permits, barrier, board } = shared;
    let mut child = BufReader::new(stream).limit(LINE);
    // What the child holds; free when this function is left, however that comes about.
    let (mut _guard, mut _permit) = (None, None);
    loop {
        let mut line = String::new();
        if child.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let mut answer = 0;
        match line.trim_end().split_once(' ').unwrap_or((line.trim_end(), "")) {
            ("start", _) => drop(start.wait().await.map_err(io::Error::other)?),
            ("lock", _) => _guard = Some(lock.clone().lock_owned().await),
            ("unlock", _) => _guard = None,
            ("acquire", _) => {
                _permit = Some(permits.clone().acquire_owned(1).await.map_err(io::Error::other)?);
            }
            ("release", _) => _permit = None,
            ("wait", _) => {
                let passed = barrier.wait().await.map_err(io::Error::other)?;
                answer = u64::from(passed.is_leader());
            }
            ("read", _) => answer = board.borrow().count,
            ("write", n) => board.borrow_mut().count = n.parse().map_err(io::Error::other)?,
            ("enter", _) => board.borrow_mut().room.enter(),
            ("leave", _) => board.borrow_mut().room.leave(),
            ("begin", _) => board.borrow_mut().track.begin(number),
            ("end", _) => board.borrow_mut().track.end(number),
            ("lead", _) => board.borrow_mut().track.lead(),
            _ => return Err(io::Error::other(format!("a child process asked for {line:?}"))),
        }
        child.write_all(format!("{answer}\n").as_bytes()).await?;
    }
}

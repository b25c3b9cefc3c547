//! A program with a time limit, in a process group of its own: a hang is a result like any other, and what hangs is
//! ended with all that it has started.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How much of the output is kept: the last of it.
const KEPT: usize = 1 << 20;

/// What became of a program.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` if a signal ended it, be it ours.
    pub code: Option<i32>,
    /// It was ended as its time was up.
    pub hung: bool,
    /// From its start to its end.
    pub took: Duration,
    /// What it wrote to standard error and, if that was asked for, to standard output.
    pub output: String,
    /// What it wrote to standard output, if that was to be apart.
    pub stdout: String,
}

/// Runs `command` for at most `limit`. Both outputs come as one, in the order in which they were written, or else
/// `apart`.
///
/// # Errors
/// If it cannot be started.
pub fn run(command: &mut Command, limit: Duration, apart: bool) -> io::Result<Ended> {
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    let (errors, writer) = io::pipe()?;
    let out = if apart { Stdio::piped() } else { writer.try_clone()?.into() };
    command.stdin(Stdio::null()).stdout(out).stderr(writer);
    let start = Instant::now();
    let mut child = command.spawn()?;
    // The command has the pipe's other end, too: it would never end here.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    running().push(child.id());
    let errors = Tail::of(errors);
    let stdout = child.stdout.take().map(Tail::of);

    let (status, hung) = loop {
        if let Some(status) = child.try_wait()? {
            break (status, false);
        }
        if start.elapsed() >= limit {
            end(&mut child);
            break (child.wait()?, true);
        }
        thread::sleep(Duration::from_millis(10));
    };
    let took = start.elapsed();
    // What it has started and left behind.
    end_group(child.id());
    running().retain(|id| *id != child.id());
    Ok(Ended {
        code: status.code(),
        hung,
        took,
        output: errors.text(),
        stdout: stdout.map(Tail::text).unwrap_or_default(),
    })
}

/// The programs that run now: the number of each is that of its group, too.
fn running() -> MutexGuard<'static, Vec<u32>> {
    static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C ends what runs as well: that has a process group of its own, so the terminal tells us alone.
///
/// # Errors
/// The OS's.
#[cfg(unix)]
pub fn end_on_interrupt() -> io::Result<()> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;

    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            running().drain(..).for_each(end_group);
            std::process::exit(128 + signal);
        }
    });
    Ok(())
}

/// Elsewhere Ctrl-C reaches both.
///
/// # Errors
/// None.
#[cfg(not(unix))]
pub fn end_on_interrupt() -> io::Result<()> {
    Ok(())
}

fn end(child: &mut Child) {
    end_group(child.id());
    let _ = child.kill(); // where there are no groups
}

#[cfg(unix)]
fn end_group(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL); // an error: nobody is left in it
    }
}

#[cfg(not(unix))]
fn end_group(_: u32) {}

/// The last of what comes out of a pipe, read by a thread.
struct Tail {
    kept: Arc<Mutex<VecDeque<u8>>>,
    reader: thread::JoinHandle<()>,
}

impl Tail {
    fn of(mut pipe: impl Read + Send + 'static) -> Tail {
        let kept = Arc::new(Mutex::new(VecDeque::new()));
        let shared = kept.clone();
        let reader = thread::spawn(move || {
            let mut buf = [0; 8192];
            while let Ok(n @ 1..) = pipe.read(&mut buf) {
                let mut kept = shared.lock().unwrap_or_else(PoisonError::into_inner);
                kept.extend(&buf[..n]);
                let surplus = kept.len().saturating_sub(KEPT);
                kept.drain(..surplus);
            }
        });
        Tail { kept, reader }
    }

    /// What has come. The pipe's end is waited for, but not long: somebody who left the group may still hold it.
    fn text(self) -> String {
        let start = Instant::now();
        while !self.reader.is_finished() && start.elapsed() < Duration::from_secs(2) {
            thread::sleep(Duration::from_millis(1));
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(kept.make_contiguous()).into_owned()
    }
}

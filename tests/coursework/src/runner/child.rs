//! A check, in a process of its own, with a time limit.

use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use coursework::check::Outcome;
use coursework::log::Event;
use coursework::report::{Line, Listed, ListedCheck};
use rustix::process::{Pid, Signal, kill_process_group};

/// Of what an answer prints, so much is shown.
const SHOWN: u64 = 4096;

/// A check that was run.
pub(super) struct Ran {
    /// What it looks at.
    pub(super) name: String,
    /// What became of it.
    pub(super) outcome: Outcome,
    /// What happened in it.
    pub(super) events: Vec<Event>,
    /// What the answer printed.
    pub(super) printed: String,
    /// How long it took.
    pub(super) took: Duration,
}

impl Ran {
    /// Whether it passed.
    pub(super) fn passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }
}

/// Runs all checks of an exercise, as many at once as there are processors, and gives them in their order.
pub(super) fn run_all(program: &Path, listed: &Listed, limit: Duration) -> Result<Vec<Ran>, String> {
    run_until(program, listed, limit, at_once(), |_| false)
}

/// As [`run_all`], but when one hangs the others are not waited for: they mostly hang for the same reason.
pub(super) fn run_until_hang(program: &Path, listed: &Listed, limit: Duration) -> Result<Vec<Ran>, String> {
    run_until(program, listed, limit, at_once(), |ran| matches!(ran.outcome, Outcome::Hung { .. }))
}

fn at_once() -> usize {
    thread::available_parallelism().map_or(1, usize::from).min(4)
}

/// Runs the checks of an exercise, so many at once, until one is `enough`.
pub(super) fn run_until(
    program: &Path,
    listed: &Listed,
    limit: Duration,
    at_once: usize,
    enough: impl Fn(&Ran) -> bool + Sync,
) -> Result<Vec<Ran>, String> {
    let next = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    let Some(check) = listed.checks.get(n) else { break };
                    let ran = run(program, &listed.number, n, check, limit, &stop);
                    if ran.as_ref().is_ok_and(&enough) {
                        stop.store(true, Ordering::Relaxed);
                    }
                    if let Ok(mut done) = done.lock() {
                        done.push((n, ran));
                    }
                }
            });
        }
    });
    let mut done = done.into_inner().map_err(|_| "a check's thread panicked".to_owned())?;
    done.sort_by_key(|(n, _)| *n);
    done.into_iter()
        .map(|(_, ran)| ran.map_err(|e| format!("a check of exercise {}: {e}", listed.number)))
        .collect()
}

fn run(
    program: &Path,
    number: &str,
    n: usize,
    check: &ListedCheck,
    limit: Duration,
    stop: &AtomicBool,
) -> io::Result<Ran> {
    let folder = tempfile::tempdir()?;
    let (report, printed) = (folder.path().join("report"), folder.path().join("printed"));
    let not_run = Ran {
        name: check.name.clone(),
        outcome: Outcome::NotRun,
        events: Vec::new(),
        printed: String::new(),
        took: Duration::ZERO,
    };
    if stop.load(Ordering::Relaxed) {
        return Ok(not_run);
    }
    let both = File::create(&printed)?;
    let mut command = Command::new(program);
    command.arg(number).arg(n.to_string()).arg(&report).current_dir(folder.path());
    command.stdin(Stdio::null()).stdout(both.try_clone()?).stderr(both);
    // A group of its own: what it starts ends with it, and Ctrl-C is the runner's.
    command.process_group(0).env("RUST_BACKTRACE", "0");
    let start = Instant::now();
    let mut child = command.spawn()?;
    let ended = wait(&mut child, limit, stop)?;
    let took = start.elapsed();
    let (events, outcome) = read(&report);
    let outcome = match (outcome, ended) {
        (Some(outcome), _) => outcome,
        (None, Ended::Late { busy }) => Outcome::Hung {
            fault: check.hang.clone(),
            limit: limit.as_secs_f64(),
            busy: busy.map(|b| b.as_secs_f64()),
        },
        (None, Ended::Stopped) => Outcome::NotRun,
        (None, Ended::By(status)) => Outcome::Died(died(status)),
    };
    let mut text = String::new();
    let mut bytes = Vec::new();
    File::open(&printed)?.take(SHOWN).read_to_end(&mut bytes)?;
    text += &String::from_utf8_lossy(&bytes);
    Ok(Ran { outcome, events, printed: text, took, ..not_run })
}

enum Ended {
    By(ExitStatus),
    Late { busy: Option<Duration> },
    Stopped,
}

/// Waits for its end, or ends it: when its time is over, or nobody wants to know any more.
fn wait(child: &mut Child, limit: Duration, stop: &AtomicBool) -> io::Result<Ended> {
    let deadline = Instant::now() + limit;
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Ended::By(status));
        }
        let stopped = stop.load(Ordering::Relaxed);
        if stopped || Instant::now() >= deadline {
            let busy = busy(child.id());
            if let Some(group) = Pid::from_raw(child.id().cast_signed()) {
                // Fails only if it has just ended.
                let _ = kill_process_group(group, Signal::KILL);
            }
            child.wait()?;
            return Ok(if stopped { Ended::Stopped } else { Ended::Late { busy } });
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(10));
    }
}

/// How long a process was on a processor, on Linux: user and system time, in /proc/PID/stat (proc_pid_stat(5)).
fn busy(process: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name in parentheses may hold anything: the fields are counted from behind it, the state being the third.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks: u64 = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    // USER_HZ is 100 on every Linux that this runs on.
    Some(Duration::from_millis(ticks * 10))
}

fn read(report: &Path) -> (Vec<Event>, Option<Outcome>) {
    let (mut events, mut outcome) = (Vec::new(), None);
    for line in fs::read_to_string(report).unwrap_or_default().lines() {
        match serde_json::from_str(line) {
            Ok(Line::Event(event)) => events.push(event),
            Ok(Line::Ended(ended)) => outcome = Some(ended),
            // A fault is told again as the end; what does not parse was cut off in the middle, when the child was ended.
            Ok(Line::Fault(_)) | Err(_) => {}
        }
    }
    (events, outcome)
}

fn died(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(6), _) => {
            "It was aborted: the stack ran over, or the memory, or it panicked while it panicked.".into()
        }
        (Some(25), _) => "It printed more than 16 MB.".into(),
        (Some(signal), _) => format!("It was ended by signal {signal}."),
        (None, code) => format!("It left with exit code {}.", code.unwrap_or(-1)),
    }
}

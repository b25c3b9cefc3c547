//! A program as a user meets it: arguments in, output and an exit code out, Ctrl-C in between.
//!
//! [`Program`] is what to run; [`Program::run`] waits for its end, [`Program::start`] leaves it running. Standard
//! input is empty. A program that is not done by its deadline is killed, and the test fails with its output so far.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::PATIENCE;

/// A program with its arguments, not started yet.
///
/// ```
/// # #[cfg(unix)] {
/// let done = tests::run::Program::new("sh").args(["-c", "echo hello; exit 3"]).run();
/// assert_eq!((done.code, done.out()), (Some(3), "hello\n"));
/// # }
/// ```
pub struct Program {
    command: Command,
    deadline: Duration,
}

/// A program that runs. Killed when dropped.
pub struct Running {
    child: Child,
    name: String,
    started: Instant,
    deadline: Duration,
    stdout: Pipe,
    stderr: Pipe,
}

/// What a program left behind.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// All it wrote to standard output.
    pub stdout: Vec<u8>,
    /// All it wrote to standard error.
    pub stderr: Vec<u8>,
    /// From its start to its end.
    pub took: Duration,
    name: String,
}

impl Program {
    /// The program at this path, or of this name in `PATH`.
    pub fn new(path: impl AsRef<OsStr>) -> Program {
        let mut command = Command::new(path);
        // Proxies of the machine are none of a test's business.
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Program { command, deadline: PATIENCE }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Program {
        self.command.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Program {
        self.command.args(args);
        self
    }

    /// Runs it in this folder.
    #[must_use]
    pub fn dir(mut self, folder: &Path) -> Program {
        self.command.current_dir(folder);
        self
    }

    /// Sets a variable of its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Program {
        self.command.env(name, value);
        self
    }

    /// Gives it a standard error that nobody reads: what it writes there fails.
    ///
    /// # Panics
    /// If the OS gives no pipe.
    #[must_use]
    pub fn unheard(mut self) -> Program {
        let (reader, writer) = io::pipe().expect("a pipe");
        drop(reader);
        self.command.stderr(writer);
        self
    }

    /// How long it may run, instead of [`PATIENCE`].
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Program {
        self.deadline = deadline;
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// If it cannot be started, or is not done by the deadline.
    pub fn run(self) -> Finished {
        self.start().wait()
    }

    /// Starts it and returns.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn start(mut self) -> Running {
        let name = format!("{:?}", self.command);
        let mut child = self.command.spawn().unwrap_or_else(|e| panic!("cannot start {name}: {e}"));
        let stdout = Pipe::new(child.stdout.take().expect("a piped stdout"));
        let stderr = match child.stderr.take() {
            Some(stderr) => Pipe::new(stderr),
            None => Pipe::new(io::empty()),
        };
        Running { child, name, started: Instant::now(), deadline: self.deadline, stdout, stderr }
    }
}

impl Running {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until its standard output holds this text, and returns all it holds by then.
    ///
    /// # Panics
    /// If the output ends without it, or the deadline comes.
    pub fn wait_for(&mut self, text: &str) -> String {
        let left = self.deadline.saturating_sub(self.started.elapsed());
        let found =
            self.stdout.wait_while(left, |buffer| !contains(&buffer.bytes, text.as_bytes()) && !buffer.ended);
        let out = String::from_utf8_lossy(&found).into_owned();
        assert!(out.contains(text), "{} never printed {text:?}\n{}", self.name, self.output());
        out
    }

    /// Waits for the first line of its standard output, and returns it without the line's end.
    ///
    /// # Panics
    /// As [`wait_for`](Running::wait_for).
    pub fn first_line(&mut self) -> String {
        self.wait_for("\n").lines().next().unwrap_or_default().to_owned()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.child.try_wait().expect("the state of a child").is_none()
    }

    /// Sends it `SIGINT`, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends it the signal of this name: `TERM`, `HUP`.
    pub fn signal(&self, name: &str) {
        // Neither std nor safe Rust can send a signal; every shell can.
        let kill = Command::new("sh").args(["-c", &format!("kill -{name} {}", self.pid())]).status();
        assert!(kill.is_ok_and(|status| status.success()), "cannot send SIG{name} to {}", self.name);
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it is not done by the deadline.
    pub fn wait(mut self) -> Finished {
        let status = self.wait_status();
        let took = self.started.elapsed();
        let (stdout, stderr) = (self.stdout.finish(), self.stderr.finish());
        Finished { code: status.code(), stdout, stderr, took, name: self.name.clone() }
    }

    fn wait_status(&mut self) -> ExitStatus {
        // std cannot wait for a child with a time-out, so ask now and then.
        loop {
            if let Some(status) = self.child.try_wait().expect("the state of a child") {
                return status;
            }
            if self.started.elapsed() > self.deadline {
                let _ = self.child.kill();
                panic!("{} was not done after {:?}\n{}", self.name, self.deadline, self.output());
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn output(&self) -> String {
        let show = |pipe: &Pipe| String::from_utf8_lossy(&pipe.lock().bytes).into_owned();
        format!("--- stdout so far\n{}\n--- stderr so far\n{}\n---", show(&self.stdout), show(&self.stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// Standard output as text.
    pub fn out(&self) -> &str {
        std::str::from_utf8(&self.stdout).expect("standard output in UTF-8")
    }

    /// Standard error as text.
    pub fn err(&self) -> &str {
        std::str::from_utf8(&self.stderr).expect("standard error in UTF-8")
    }

    /// Fails, with all it printed, unless it ended with this code; and, whatever the code, if it panicked.
    #[track_caller]
    pub fn exits(self, code: i32) -> Finished {
        let panicked = contains(&self.stderr, b"panicked");
        assert!(
            self.code == Some(code) && !panicked,
            "wanted exit code {code} and no panic:\n{}",
            self.report()
        );
        self
    }

    /// All that is to be said, for the message of a failed assertion.
    pub fn report(&self) -> String {
        // The start and the end tell enough of an output of megabytes.
        let show = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            let lines: Vec<_> = text.lines().collect();
            match lines.len() {
                0..=60 => text.into_owned(),
                n => format!(
                    "{}\n… {} lines …\n{}",
                    lines[..30].join("\n"),
                    n - 60,
                    lines[n - 30..].join("\n")
                ),
            }
        };
        let (out, err) = (show(&self.stdout), show(&self.stderr));
        format!(
            "{} ended with {:?} after {:?}\n--- stdout\n{out}\n--- stderr\n{err}\n---",
            self.name, self.code, self.took
        )
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// One output of a program, collected by a thread: a full pipe must never stop the program.
struct Pipe {
    shared: Arc<(Mutex<Buffer>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Buffer {
    bytes: Vec<u8>,
    ended: bool,
}

impl Pipe {
    fn new(mut from: impl Read + Send + 'static) -> Pipe {
        let shared = Arc::new((Mutex::new(Buffer::default()), Condvar::new()));
        let into = shared.clone();
        let thread = thread::spawn(move || {
            let mut piece = [0; 16 * 1024];
            loop {
                let got = from.read(&mut piece).unwrap_or(0);
                let mut buffer = into.0.lock().unwrap_or_else(PoisonError::into_inner);
                buffer.bytes.extend_from_slice(&piece[..got]);
                buffer.ended = got == 0;
                into.1.notify_all();
                if got == 0 {
                    break;
                }
            }
        });
        Pipe { shared, thread: Some(thread) }
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, limit: Duration, waits: impl Fn(&Buffer) -> bool) -> Vec<u8> {
        let waited = self.shared.1.wait_timeout_while(self.lock(), limit, |buffer| waits(buffer));
        waited.unwrap_or_else(PoisonError::into_inner).0.bytes.clone()
    }

    fn finish(&mut self) -> Vec<u8> {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the thread that collects output");
        }
        std::mem::take(&mut self.lock().bytes)
    }
}

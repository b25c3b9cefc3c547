//! The parts of a lesson that run in processes of their own: the same binary once more, as `demo lesson-part NAME ARGS…`.
//!
//! A part gives what it found as one line of JSON on its stdout, its last. It ends by itself when its work is done, or when
//! its stdin does; and who started it ends it at the latest when the [`Part`] is dropped.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::coordinator::Coordinator;
use super::{Outcome, Stage, barrier, models, mutex, semaphore, slow_server, ten_thousand};
use crate::{cli, fail};

/// A part: its name, and what it does with its arguments.
type Body = fn(&[String]) -> Outcome<()>;

/// All parts.
const PARTS: &[(&str, Body)] = &[
    ("barrier", |args| barrier::process(&mut Coordinator::find(args)?)),
    ("models", models::part),
    ("mutex", |args| mutex::process(&mut Coordinator::find(args)?)),
    ("peers", ten_thousand::peers_part),
    ("semaphore", |args| semaphore::process(&mut Coordinator::find(args)?)),
    ("slow-server", slow_server::part),
    ("ten-thousand", ten_thousand::part),
];

/// Runs the command: a part.
pub fn run(args: &cli::LessonPart) -> ExitCode {
    let Some((_, body)) = PARTS.iter().find(|(name, _)| *name == args.name) else {
        return fail(format_args!("no lesson has a part {:?}", args.name));
    };
    match body(&args.args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => fail(format_args!("lesson-part {}: {why}", args.name)),
    }
}

/// In a part: tells the lesson what was found.
///
/// # Errors
/// If nobody reads it any more.
pub fn tell(found: &impl Serialize) -> Outcome<()> {
    let line = serde_json::to_string(found)?;
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    Ok(out.flush()?)
}

/// A part that runs in a child process. Ended when dropped, if it has not.
pub struct Part {
    child: Child,
    /// What the part reads. Dropping it is a way to say: it is time to end.
    pub stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Stage {
    /// Starts a part.
    ///
    /// # Errors
    /// If the OS does not start it.
    pub fn part<S: AsRef<str>>(&self, name: &str, args: impl IntoIterator<Item = S>) -> Outcome<Part> {
        let mut command = Command::new(&self.program);
        command.args(["lesson-part", name]).args(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.map_err(|e| format!("cannot start a child process of this program: {e}"))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take().ok_or("the child has no stdout")?);
        Ok(Part { child, stdin, stdout: BufReader::new(stdout) })
    }
}

impl Part {
    /// Waits for the next line of JSON from the part.
    ///
    /// # Errors
    /// If it ended without one, or the line is something else.
    pub fn hear<T: DeserializeOwned>(&mut self) -> Outcome<T> {
        let mut line = String::new();
        if self.stdout.read_line(&mut line)? == 0 {
            return Err("a part of the lesson ended early; what it said on stderr tells why".into());
        }
        Ok(serde_json::from_str(&line)?)
    }

    /// Its number, as the OS counts processes.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// If it failed.
    pub fn end(mut self) -> Outcome<()> {
        drop(self.stdin.take());
        match self.child.wait()? {
            status if status.success() => Ok(()),
            status => Err(format!("a part of the lesson failed: {status}").into()),
        }
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // After its end both do nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

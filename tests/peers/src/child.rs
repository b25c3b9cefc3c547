//! One work on one runtime, in a process of its own: that process, and the one that starts it.

use std::env;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::clock::{Cost, Repeat};
use crate::works::{self, CALLS, CALLS_MESSAGES, COUNTED, Work};

/// A work that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// In the child: does the work and prints what it cost.
pub fn main(work: &str, runtime: &str, repeat: Repeat) -> ExitCode {
    let told = match works::run(work, runtime, repeat) {
        Ok(cost) => json!({ "wall": cost.wall, "cpu": cost.cpu }),
        Err(why) => json!({ "refused": why }),
    };
    println!("{told}");
    ExitCode::SUCCESS
}

/// Starts children. Knows where their programs are.
pub struct Children {
    plain: PathBuf,
    counted: Option<PathBuf>,
}

impl Children {
    /// Children of this very program; and, where one of `works` counts what is allocated, of the one that can count.
    ///
    /// # Errors
    /// Where this program is cannot be told, or the other cannot be built.
    pub fn new(works: &[&Work]) -> Result<Children, String> {
        let plain = env::current_exe().map_err(|e| format!("where this program is: {e}"))?;
        let count = works.iter().any(|work| COUNTED.contains(&work.name));
        let counted = if count { Some(build_counted(&plain)?) } else { None };
        Ok(Children { plain, counted })
    }

    /// Does a work once.
    ///
    /// # Errors
    /// Why there is no number.
    pub fn measure(&self, work: &Work, runtime: &str, time: Duration) -> Result<Cost, String> {
        if work.name == CALLS {
            // What a start and an end cost is the same for both, and goes away in the difference.
            let [few, many] = [1, 5].map(|batches| self.calls(runtime, batches));
            return Ok(Cost::of((many? - few?) / (4.0 * CALLS_MESSAGES as f64)));
        }
        let program = match &self.counted {
            Some(counted) if COUNTED.contains(&work.name) => counted,
            _ => &self.plain,
        };
        let mut command = Command::new(program);
        command.args(["one", work.name, runtime, "--ms", &time.as_millis().to_string()]);
        cost_of(&mut command)
    }

    /// System calls of a process that does so many batches.
    fn calls(&self, runtime: &str, batches: u32) -> Result<f64, String> {
        let table = tempfile::NamedTempFile::new().map_err(|e| format!("a temporary file: {e}"))?;
        let mut command = Command::new("strace");
        command.args(["-f", "-c", "-o"]).arg(table.path()).arg(&self.plain);
        command.args(["one", CALLS, runtime, "--batches", &batches.to_string()]);
        cost_of(&mut command)?;
        let text = std::fs::read_to_string(table.path()).map_err(|e| format!("what strace wrote: {e}"))?;
        // The last line: 100.00    0.012345           1      8211        12 total
        let total = text.lines().rev().find(|line| line.ends_with(" total"));
        let calls = total.and_then(|line| line.split_ascii_whitespace().nth(3)?.parse().ok());
        calls.ok_or_else(|| format!("strace wrote no total:\n{text}"))
    }
}

/// Builds the program that counts, beside the one that runs. `cargo run` builds no more than it runs; that the other
/// is up to date is cargo's to know.
fn build_counted(plain: &Path) -> Result<PathBuf, String> {
    let counted = plain.with_file_name("peers-counted");
    let Some(cargo) = env::var_os("CARGO") else {
        return if counted.exists() {
            Ok(counted)
        } else {
            Err(format!("{} is not there: run this with `cargo run`, which builds it", counted.display()))
        };
    };
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--package", "peers", "--bin", "peers-counted"]);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    match build.status() {
        Ok(status) if status.success() => Ok(counted),
        Ok(status) => Err(format!("cargo could not build peers-counted: {status}")),
        Err(e) => Err(format!("cargo did not start: {e}")),
    }
}

/// Runs a child to its end, and reads what it prints.
fn cost_of(command: &mut Command) -> Result<Cost, String> {
    let _ = std::io::stdout().flush();
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|e| format!("{program}: {e}"))?;
    let mut stdout = child.stdout.take().ok_or("its output is piped")?;
    let (said, heard) = mpsc::channel();
    let reading = thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text).map(|_| text);
        let _ = said.send(read);
    });
    let text = heard.recv_timeout(PATIENCE);
    if text.is_err() {
        let _ = child.kill();
    }
    let status = child.wait().map_err(|e| format!("{program}: {e}"))?;
    let _ = reading.join();
    let Ok(text) = text else { return Err(format!("it was not done after {PATIENCE:?}")) };
    let text = text.map_err(|e| format!("{program}: {e}"))?;
    let told: Value = serde_json::from_str(&text).map_err(|_| format!("it ended with {status}"))?;
    match (told["wall"].as_f64(), told["cpu"].as_f64(), told["refused"].as_str()) {
        (Some(wall), Some(cpu), _) => Ok(Cost { wall, cpu }),
        (_, _, Some(why)) => Err(why.to_owned()),
        _ => Err(format!("it said {text}")),
    }
}

//! The clients: how each is told to do the same, and how they are done by this program itself.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

use super::{AT_ONCE, Order, floor, reqwest, ureq};

/// What is told to every client.
pub(super) struct Task<'a> {
    pub(super) base: &'a str,
    pub(super) files: usize,
    pub(super) folder: &'a Path,
    pub(super) cacert: &'a Path,
    /// A file with all URLs, for those who want it.
    pub(super) list: &'a Path,
}

/// A client.
pub(super) struct Client {
    pub(super) name: &'static str,
    /// The program that must be installed; none for what is in this one.
    needs: Option<&'static str>,
    pub(super) https: bool,
    command: fn(&Task<'_>, &mut Command),
}

/// All of them, ours first.
pub(super) const CLIENTS: [Client; 8] = [
    Client { name: "roundabout", needs: None, https: true, command: own },
    Client { name: "floor", needs: None, https: false, command: own },
    Client { name: "curl", needs: Some("curl"), https: true, command: curl },
    Client { name: "aria2", needs: Some("aria2c"), https: true, command: aria2 },
    Client { name: "wget2", needs: Some("wget2"), https: true, command: wget2 },
    Client { name: "reqwest", needs: None, https: true, command: own },
    Client { name: "ureq", needs: None, https: true, command: own },
    Client { name: "aiohttp", needs: Some("python3"), https: true, command: aiohttp },
];

impl Client {
    /// The command that does the task.
    ///
    /// # Errors
    /// It is not installed.
    pub(super) fn command(&self, task: &Task<'_>) -> Result<Command, String> {
        let mut command = match self.needs {
            Some(program) => Command::new(find(program).ok_or(format!("{program} is not installed"))?),
            None => {
                let mut command = Command::new(env::current_exe().map_err(|e| e.to_string())?);
                command.args(["client", self.name]);
                command
            }
        };
        (self.command)(task, &mut command);
        Ok(command)
    }
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn own(task: &Task<'_>, command: &mut Command) {
    command.arg(task.base).arg(task.files.to_string()).arg(task.folder).arg(task.cacert);
}

fn curl(task: &Task<'_>, command: &mut Command) {
    command.args([
        "--silent",
        "--show-error",
        "--fail",
        "--parallel",
        "--parallel-immediate",
        "--parallel-max",
    ]);
    command.arg(AT_ONCE.to_string()).arg("--cacert").arg(task.cacert);
    command.arg("--output").arg(task.folder.join("file#1")).arg(format!(
        "{}[0-{}]",
        task.base,
        task.files - 1
    ));
}

fn aria2(task: &Task<'_>, command: &mut Command) {
    command.args([
        "--quiet",
        "--no-conf",
        "--file-allocation=none",
        "--split=1",
        "--max-connection-per-server=1",
    ]);
    command.arg(format!("--max-concurrent-downloads={AT_ONCE}"));
    command.arg("--ca-certificate").arg(task.cacert).arg("--dir").arg(task.folder);
    command.arg("--input-file").arg(task.list);
}

fn wget2(task: &Task<'_>, command: &mut Command) {
    command.args(["--quiet", "--no-config", "--no-robots", "--no-directories"]);
    command.arg(format!("--max-threads={AT_ONCE}"));
    command.arg("--ca-certificate").arg(task.cacert).arg("--directory-prefix").arg(task.folder);
    command.arg("--input-file").arg(task.list);
}

fn aiohttp(task: &Task<'_>, command: &mut Command) {
    command.args(["-c", include_str!("aiohttp.py")]);
    own(task, command);
}

/// The list of all URLs.
pub(super) fn write_list(file: &Path, base: &str, files: usize) -> std::io::Result<()> {
    let urls: String = (0..files).map(|n| format!("{base}{n}\n")).collect();
    fs::write(file, urls)
}

/// In the child: the clients that are in this program.
#[derive(Subcommand)]
pub(super) enum Own {
    /// The demo, as `demo download`
    Roundabout(Order),
    /// A loop by hand
    Floor(Order),
    /// reqwest on tokio
    Reqwest(Order),
    /// ureq on threads
    Ureq(Order),
}

impl Own {
    /// Fetches them all.
    pub(super) fn run(&self) -> ExitCode {
        let done = match self {
            Own::Roundabout(order) => return demo(order),
            Own::Floor(order) => floor::run(order).map_err(Into::into),
            Own::Reqwest(order) => reqwest::run(order),
            Own::Ureq(order) => ureq::run(order),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                eprintln!("{e}");
                ExitCode::FAILURE
            }
        }
    }
}

fn demo(order: &Order) -> ExitCode {
    let pattern = format!("{}[0-{}]", order.base, order.files - 1);
    let (folder, jobs) = (order.folder.as_os_str(), AT_ONCE.to_string());
    let line = ["demo", "download", &pattern, "--jobs", &jobs, "--output"].map(AsRef::as_ref);
    let args = line.into_iter().chain([folder, "--cacert".as_ref(), order.cacert.as_os_str()]);
    match demo::cli::Cli::parse_from(args).command() {
        demo::cli::Command::Download(download) => demo::download::run(&download),
        _ => unreachable!("that is what was asked for"),
    }
}

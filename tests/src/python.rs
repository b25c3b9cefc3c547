//! Python's `http.server` serving a folder: HTTP/1.0, and a connection for each file.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use crate::skip;

/// A running `python3 -m http.server`. Stopped when dropped.
pub struct Python {
    child: Child,
    port: u16,
    drain: Option<JoinHandle<()>>,
}

impl Python {
    /// Serves `folder` on a free port; none if Python is not installed (see [`skip`]).
    ///
    /// # Panics
    /// If it is installed but does not come up.
    pub fn start(folder: &Path) -> Option<Python> {
        let program = skip::find("python3")?;
        // It takes port 0, binds, and then prints which port it got: nothing to race for, nothing to wait for.
        let mut child = Command::new(program)
            .args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("a piped stdout"));
        let mut line = String::new();
        let read = stdout.read_line(&mut line);
        let port = line.split_once(" port ").and_then(|(_, rest)| rest.split(' ').next()?.parse().ok());
        // A pipe closed under it would end it with its next print.
        let drain = std::thread::spawn(move || {
            let _ = stdout.read_to_end(&mut Vec::new());
        });
        let mut python = Python { child, port: 0, drain: Some(drain) };
        python.port = port.unwrap_or_else(|| panic!("python3 -m http.server said {line:?} ({read:?})"));
        Some(python)
    }

    /// A URL of a file in the folder; `path` starts with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(drain) = self.drain.take() {
            let _ = drain.join();
        }
    }
}

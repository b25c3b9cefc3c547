//! A real server, run for one test: nginx, Apache, lighttpd.
//!
//! One process in the foreground, all its files in a temporary folder, ports that were free a moment ago. It is up
//! when [`Daemon::start`] returns, and gone when the value is dropped.

use std::fs::{self, Permissions};
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::{PATIENCE, skip};

/// A running server; see the [module](self).
pub struct Daemon {
    child: Child,
    http: u16,
    https: u16,
    _home: TempDir,
}

/// What a server's configuration is made of.
pub(crate) struct Place<'a> {
    /// A folder for its own files. What it prints on standard error is lost once it is up; it may log to `error.log` here.
    pub(crate) home: &'a Path,
    /// Where the configuration is going to be.
    pub(crate) conf: PathBuf,
    pub(crate) http: u16,
    pub(crate) https: u16,
}

impl Daemon {
    /// Starts this program, with the configuration and the arguments that `configure` gives for a place; none if it is not
    /// installed (see [`skip`]).
    ///
    /// # Panics
    /// If it is installed but does not come up.
    pub(crate) fn start(
        name: &str,
        configure: impl Fn(&Place<'_>) -> (String, Vec<String>),
    ) -> Option<Daemon> {
        let program = skip::find(name)?;
        // None of them can take port 0, so a port is chosen here and may be gone when the server wants it: then try again.
        let mut errors = String::new();
        for _ in 0..5 {
            match Daemon::try_start(&program, &configure) {
                Ok(daemon) => return Some(daemon),
                Err(error) => errors += &error,
            }
        }
        panic!("{name} did not come up:\n{errors}");
    }

    /// A URL over HTTP; `path` starts with a slash.
    pub fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http)
    }

    /// A URL over HTTPS to the host of this name; `path` starts with a slash.
    pub fn https(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.https)
    }

    fn try_start(
        program: &Path,
        configure: impl Fn(&Place<'_>) -> (String, Vec<String>),
    ) -> Result<Daemon, String> {
        let (http, https) = two_free_ports();
        let home = TempDir::new().expect("a temporary folder");
        // Started by root, Apache goes on as somebody else, who must be let in.
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).expect("a folder of our own");
        let place = Place { home: home.path(), conf: home.path().join("server.conf"), http, https };
        let (config, arguments) = configure(&place);
        fs::write(&place.conf, config).expect("the configuration");
        let child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{}: {e}\n", program.display()))?;
        let log = home.path().join("error.log");
        let mut daemon = Daemon { child, http, https, _home: home };
        daemon.wait_until_up().map(|()| daemon).map_err(|e| e + &fs::read_to_string(&log).unwrap_or_default())
    }

    fn wait_until_up(&mut self) -> Result<(), String> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            if self.child.try_wait().is_ok_and(|status| status.is_some()) {
                let mut said = String::new();
                self.child.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
                return Err(said);
            }
            if [self.http, self.https].iter().all(|port| TcpStream::connect(("127.0.0.1", *port)).is_ok()) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("it accepts no connection\n".to_owned())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Both are held before either is let go, so that they differ.
fn two_free_ports() -> (u16, u16) {
    let held = [(); 2].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("a free port"));
    let [a, b] = held.each_ref().map(|listener| listener.local_addr().expect("the port just bound").port());
    (a, b)
}

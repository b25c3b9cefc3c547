//! A real nginx that serves a folder, over HTTP and, with a certificate, over HTTPS.
//!
//! One process in the foreground, all its files in a temporary folder, ports that were free a moment ago. It is up
//! when [`Nginx::start`] returns, and gone when the value is dropped.

use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::certs::Leaf;
use crate::{PATIENCE, skip};

/// A running nginx; see the [module](self).
pub struct Nginx {
    child: Child,
    http: u16,
    https: u16,
    _home: TempDir,
}

impl Nginx {
    /// Serves `folder`, over HTTPS with this certificate; none if nginx is not installed (see [`skip`]).
    ///
    /// # Panics
    /// If it is installed but does not come up.
    pub fn start(folder: &Path, leaf: &Leaf) -> Option<Nginx> {
        let program = skip::find("nginx")?;
        // nginx cannot take port 0, so a port is chosen here and may be gone when nginx wants it: then try again.
        let mut errors = String::new();
        for _ in 0..5 {
            match Nginx::try_start(&program, folder, leaf) {
                Ok(nginx) => return Some(nginx),
                Err(error) => errors += &error,
            }
        }
        panic!("nginx did not come up:\n{errors}");
    }

    /// A URL of a file in the folder, over HTTP; `path` starts with a slash.
    pub fn http(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.http)
    }

    /// A URL of a file in the folder, over HTTPS to the host of this name; `path` starts with a slash.
    pub fn https(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.https)
    }

    fn try_start(program: &Path, folder: &Path, leaf: &Leaf) -> Result<Nginx, String> {
        let (http, https) = two_free_ports();
        let home = TempDir::new().expect("a temporary folder");
        let conf = home.path().join("nginx.conf");
        fs::write(&conf, config(home.path(), folder, leaf, http, https)).expect("nginx's configuration");
        let log = home.path().join("error.log");
        let child = Command::new(program)
            .arg("-e")
            .arg(&log)
            .arg("-p")
            .arg(home.path())
            .arg("-c")
            .arg(&conf)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{}: {e}\n", program.display()))?;
        let mut nginx = Nginx { child, http, https, _home: home };
        nginx.wait_until_up().map(|()| nginx).map_err(|e| e + &fs::read_to_string(&log).unwrap_or_default())
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
        Err("nginx accepts no connection\n".to_owned())
    }
}

impl Drop for Nginx {
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

/// `master_process off`: one process, which ends when it is killed. All paths lead into `home`: those compiled in
/// belong to the system's nginx and need root.
fn config(home: &Path, folder: &Path, leaf: &Leaf, http: u16, https: u16) -> String {
    let temp_paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|kind| format!("    {kind}_temp_path {}/{kind};\n", home.display()))
        .collect();
    format!(
        "daemon off;
master_process off;
pid {home}/nginx.pid;
error_log {home}/error.log;
worker_rlimit_nofile 4096;
events {{ worker_connections 1024; }}
http {{
{temp_paths}    access_log off;
    default_type application/octet-stream;
    keepalive_requests 100000;
    server {{
        listen 127.0.0.1:{http};
        listen 127.0.0.1:{https} ssl;
        ssl_certificate {cert};
        ssl_certificate_key {key};
        root {folder};
    }}
}}
",
        home = home.display(),
        cert = leaf.cert_file().display(),
        key = leaf.key_file().display(),
        folder = folder.display(),
    )
}

//! A real nginx that serves a folder, over HTTP and, with a certificate, over HTTPS.

use std::path::Path;

use crate::certs::Leaf;
use crate::daemon::{Daemon, Place};

/// A running nginx.
pub struct Nginx(Daemon);

impl Nginx {
    /// Serves `folder`, over HTTPS with this certificate; none if nginx is not installed (see [`skip`](crate::skip)).
    ///
    /// # Panics
    /// If it is installed but does not come up.
    pub fn start(folder: &Path, leaf: &Leaf) -> Option<Nginx> {
        Daemon::start("nginx", |place| {
            let (home, conf) = (place.home.display(), place.conf.display());
            let arguments =
                ["-e", &format!("{home}/error.log"), "-p", &home.to_string(), "-c", &conf.to_string()];
            (config(place, folder, leaf), arguments.map(str::to_owned).to_vec())
        })
        .map(Nginx)
    }

    /// A URL of a file in the folder, over HTTP; `path` starts with a slash.
    pub fn http(&self, path: &str) -> String {
        self.0.http(path)
    }

    /// A URL of a file in the folder, over HTTPS to the host of this name; `path` starts with a slash.
    pub fn https(&self, host: &str, path: &str) -> String {
        self.0.https(host, path)
    }

    /// What it has in common with other servers.
    pub fn into_daemon(self) -> Daemon {
        self.0
    }
}

/// `master_process off`: one process, which ends when it is killed. All paths lead into `home`: those compiled in
/// belong to the system's nginx and need root.
fn config(Place { home, http, https, .. }: &Place<'_>, folder: &Path, leaf: &Leaf) -> String {
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

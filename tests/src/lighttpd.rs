//! A real lighttpd that serves a folder, over HTTP and, with a certificate, over HTTPS.

use std::path::Path;

use crate::certs::Leaf;
use crate::daemon::Daemon;
use crate::skip;

/// Debian has it in a package of its own.
const TLS: &str = "/usr/lib/lighttpd/mod_openssl.so";

/// Serves `folder`; none if lighttpd or its module for TLS is not installed (see [`skip`]).
///
/// # Panics
/// If it is installed but does not come up.
pub fn start(folder: &Path, leaf: &Leaf) -> Option<Daemon> {
    skip::find(TLS)?;
    Daemon::start("lighttpd", |place| {
        let config = format!(
            r#"server.modules = ("mod_openssl", "mod_dirlisting", "mod_staticfile")
server.document-root = "{folder}"
server.errorlog = "{home}/error.log"
server.bind = "127.0.0.1"
server.port = {http}
server.max-keep-alive-requests = 100
ssl.pemfile = "{cert}"
ssl.privkey = "{key}"
$SERVER["socket"] == "127.0.0.1:{https}" {{ ssl.engine = "enable" }}
"#,
            folder = folder.display(),
            home = place.home.display(),
            http = place.http,
            https = place.https,
            cert = leaf.cert_file().display(),
            key = leaf.key_file().display(),
        );
        (config, vec!["-D".to_owned(), "-f".to_owned(), place.conf.display().to_string()])
    })
}

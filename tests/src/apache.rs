//! A real Apache that serves a folder, over HTTP and, with a certificate, over HTTPS.

use std::path::Path;

use crate::certs::Leaf;
use crate::daemon::Daemon;

/// Where Debian's has its modules.
const MODULES: &str = "/usr/lib/apache2/modules";

/// Serves `folder`; none if Apache is not installed (see [`skip`](crate::skip)).
///
/// # Panics
/// If it is installed but does not come up.
pub fn start(folder: &Path, leaf: &Leaf) -> Option<Daemon> {
    Daemon::start("apache2", |place| {
        let modules = ["mpm_event", "authz_core", "dir", "socache_shmcb", "ssl"];
        let modules: String =
            modules.map(|it| format!("LoadModule {it}_module {MODULES}/mod_{it}.so\n")).concat();
        let config = format!(
            r#"{modules}ServerRoot {home}
ServerName localhost
User nobody
Group nogroup
PidFile {home}/apache.pid
ErrorLog {home}/error.log
DefaultRuntimeDir {home}
Mutex file:{home}
Listen 127.0.0.1:{http}
Listen 127.0.0.1:{https}
DocumentRoot {folder}
<Directory {folder}>
    Require all granted
</Directory>
SSLCertificateFile {cert}
SSLCertificateKeyFile {key}
<VirtualHost *:{https}>
    SSLEngine on
</VirtualHost>
"#,
            home = place.home.display(),
            http = place.http,
            https = place.https,
            folder = folder.display(),
            cert = leaf.cert_file().display(),
            key = leaf.key_file().display(),
        );
        // `-X`: one process, which ends when it is killed.
        (config, vec!["-X".to_owned(), "-f".to_owned(), place.conf.display().to_string()])
    })
}

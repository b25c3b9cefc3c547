//! A server of one file that knows its versions and sends parts of it, as RFC 9110 has it; and what a downloader that
//! was stopped has left.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use tests::files;
use tests::run::Finished;
use tests::scripted::{Conn, Request, Server};

use crate::download;

/// A version of the file.
#[derive(Clone)]
pub(crate) struct Version {
    /// The fields that tell it apart, each with its line's end.
    pub(crate) fields: String,
    /// What `If-Range` must be.
    pub(crate) validator: String,
    pub(crate) body: Vec<u8>,
}

impl Version {
    /// With a strong entity tag.
    pub(crate) fn tagged(tag: &str, body: Vec<u8>) -> Version {
        let tag = format!("\"{tag}\"");
        Version { fields: format!("ETag: {tag}\r\n"), validator: tag, body }
    }

    /// All of it.
    pub(crate) fn whole(&self) -> Vec<u8> {
        self.whole_but(0)
    }

    /// The reply that holds all of it, cut short by so many bytes.
    pub(crate) fn whole_but(&self, missing: usize) -> Vec<u8> {
        let Version { fields, body, .. } = self;
        let head = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {}\r\n\r\n", body.len());
        [head.as_bytes(), &body[..body.len() - missing]].concat()
    }

    /// The rest from this byte on.
    pub(crate) fn rest(&self, from: usize) -> Vec<u8> {
        let total = self.body.len();
        self.part(&format!("bytes {from}-{}/{total}", total - 1), &self.body[from..])
    }

    /// A 206 with this Content-Range and these bytes, which need not belong together.
    pub(crate) fn part(&self, range: &str, bytes: &[u8]) -> Vec<u8> {
        let (fields, len) = (&self.fields, bytes.len());
        let head = format!(
            "HTTP/1.1 206 Partial Content\r\n{fields}Content-Range: {range}\r\nContent-Length: {len}\r\n\r\n"
        );
        [head.as_bytes(), bytes].concat()
    }

    /// What a good server answers.
    pub(crate) fn answer(&self, request: &Request) -> Vec<u8> {
        match asked_from(request) {
            Some(from) if request.header("if-range") == Some(&self.validator) && from < self.body.len() => {
                self.rest(from)
            }
            _ => self.whole(),
        }
    }
}

/// The byte from which on the rest is asked for, if it is the rest that is asked for.
pub(crate) fn asked_from(request: &Request) -> Option<usize> {
    let range = request.header("range")?;
    Some(range.strip_prefix("bytes=").and_then(|range| range.strip_suffix('-')).unwrap().parse().unwrap())
}

/// What a server does from its second request on.
type Then = Box<dyn Fn(&mut Conn, &Request) -> std::io::Result<()> + Send>;

/// A downloader that was cut off in the middle of `/x.bin`, and its server.
pub(crate) struct CutOff {
    pub(crate) server: Server,
    pub(crate) dir: TempDir,
    then: Arc<Mutex<Then>>,
}

/// How much is missing of the file after the first run.
pub(crate) const MISSING: usize = 100_000;

/// A body to be cut: more than is written at once.
pub(crate) fn body(seed: u64) -> Vec<u8> {
    files::bytes(seed, 700_001)
}

impl CutOff {
    /// Runs a first download with `--continue`, of which the server sends all but [`MISSING`] bytes.
    pub(crate) fn of(version: &Version) -> CutOff {
        CutOff::with(version, &["--continue"])
    }

    /// The same with other arguments.
    pub(crate) fn with(version: &Version, args: &[&str]) -> CutOff {
        let then: Arc<Mutex<Then>> =
            Arc::new(Mutex::new(Box::new(|_, _| panic!("nothing said of what to answer"))));
        let (first, after) = (version.whole_but(MISSING), then.clone());
        let is_first = std::sync::atomic::AtomicBool::new(true);
        let server = Server::start(move |conn| {
            loop {
                let request = conn.request()?;
                if is_first.swap(false, std::sync::atomic::Ordering::SeqCst) {
                    return conn.send(&first);
                }
                after.lock().unwrap()(conn, &request)?;
            }
        });
        let dir = tempfile::tempdir().unwrap();
        let done = download(dir.path(), args).arg(server.url("/x.bin")).run().exits(1);
        assert!(done.err().contains("cut short"), "{}", done.report());
        CutOff { server, dir, then }
    }

    /// From now on the server answers each request so.
    pub(crate) fn answering(self, answer: impl Fn(&Request) -> Vec<u8> + Send + 'static) -> CutOff {
        self.playing(move |conn, request| conn.send(&answer(request)))
    }

    /// From now on the server does this with each request.
    pub(crate) fn playing(
        self,
        then: impl Fn(&mut Conn, &Request) -> std::io::Result<()> + Send + 'static,
    ) -> CutOff {
        *self.then.lock().unwrap() = Box::new(then);
        self
    }

    /// Runs it again with `--continue`.
    pub(crate) fn again(&self) -> Finished {
        download(self.dir.path(), &["--continue"]).arg(self.server.url("/x.bin")).run()
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.dir.path().join("out")
    }

    /// The requests after the first run.
    pub(crate) fn later(&self) -> Vec<Request> {
        self.server.requests().split_off(1)
    }

    /// The whole file is there, and nothing else.
    #[track_caller]
    pub(crate) fn assert_whole(&self, body: &[u8]) {
        assert_eq!(files::names(&self.out()), ["x.bin"]);
        files::assert_same_bytes("x.bin", &std::fs::read(self.out().join("x.bin")).unwrap(), body);
    }

    /// The first bytes are kept, and nothing has the file's name.
    #[track_caller]
    pub(crate) fn assert_kept(&self, body: &[u8]) {
        assert_eq!(files::names(&self.out()), [".x.bin.part", ".x.bin.resume"]);
        files::assert_same_bytes("the part", &part(&self.out()), &body[..body.len() - MISSING]);
    }
}

/// The part of `x.bin` in this folder.
pub(crate) fn part(out: &Path) -> Vec<u8> {
    std::fs::read(out.join(".x.bin.part")).unwrap()
}

/// Lays out a part of `x.bin`, as a run that was killed would have left it.
pub(crate) fn lay_out(out: &Path, url: &str, version: &Version, len: usize) {
    std::fs::create_dir_all(out).unwrap();
    std::fs::write(out.join(".x.bin.part"), &version.body[..len]).unwrap();
    let ticket = serde_json::json!({
        "roundabout": 1, "url": url, "redirected": null,
        "validator": version.validator, "total": version.body.len(),
    });
    std::fs::write(out.join(".x.bin.resume"), ticket.to_string()).unwrap();
}

//! `demo download`: many files at once, on one thread.
//!
//! Each file is a task ([`fetch`]): it asks for the URL, reads the body piece by piece and hands the pieces to the
//! blocking pool to be written. A number of lanes (`-j`) in the root take the next file as soon as theirs is done.
//! While a task waits, for the server or for the disk, the loop runs the others; that is the whole trick.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http_client::url::{self, Url};
use http_client::{Client, Response};
use runtime::{Builder, JoinError, Stats, Task, join_all, spawn_blocking};

use crate::cli::Download;
use crate::progress::{self, FileBar, Progress};
use crate::save::{self, Partial, SaveError};
use crate::server::{self, Server};
use crate::signal::unless_interrupted;
use crate::site::Site;
use crate::summary::{self, InTurn, Summary};
use crate::{client, event_loop, fail, globs, names, text};

/// How much of a file is written at once.
const PIECE: usize = 256 * 1024;

/// One file to be had.
struct Wanted {
    url: String,
    name: String,
}

/// What has become of the files so far.
#[derive(Default)]
struct Tally {
    done: u64,
    failed: u64,
    /// The first of the failures.
    failures: Vec<String>,
    bytes: u64,
    summed: Duration,
    slowest: Option<(Duration, String)>,
}

impl Tally {
    fn count(&mut self, name: String, took: Duration, fetched: &Result<u64, FetchError>) {
        self.summed += took;
        match fetched {
            Ok(bytes) => {
                self.done += 1;
                self.bytes += bytes;
                if self.slowest.as_ref().is_none_or(|(before, _)| took > *before) {
                    self.slowest = Some((took, name));
                }
            }
            Err(why) => {
                self.failed += 1;
                if self.failures.len() < summary::NAMED {
                    self.failures.push(format!("{name}: {why}"));
                }
            }
        }
    }
}

/// Runs the command.
pub fn run(args: &Download) -> ExitCode {
    // What is wrong with the command is told before anything starts.
    let wanted = match wanted(&args.urls) {
        Ok(wanted) => wanted,
        Err(why) => return fail(why),
    };
    let client = match client(Client::builder(), args.cacert.as_deref()) {
        Ok(client) => client,
        Err(why) => return fail(why),
    };
    if let Err(why) = save::folder(&args.output) {
        return fail(why);
    }
    let runtime = match event_loop(Builder::new().measure(true)) {
        Ok(runtime) => runtime,
        Err(why) => return fail(why),
    };

    // Made out here, as it takes milliseconds in which nothing else would run.
    let site = args.urls.is_empty().then(Site::ten);
    let embedded = site.is_some();
    let files = wanted.len();
    let progress = Progress::new(wanted.iter().map(|file| file.name.as_str()));
    let tally = Rc::new(RefCell::new(Tally::default()));
    let start = Instant::now();
    let ended = runtime.block_on(async {
        let wanted = match site {
            Some(site) => with_server(site, wanted)?,
            None => wanted,
        };
        let all = all(client, wanted, args, &progress, tally.clone());
        unless_interrupted(all).await
    });
    let wall = start.elapsed();
    // The tasks are gone, and what they left in the blocking pool has been waited for.
    progress.finish();
    let interrupted = match ended {
        Ok(ended) => ended.err(),
        Err(e) => return fail(e),
    };
    let tally = tally.take();
    let code = match interrupted {
        Some(code) => ExitCode::from(code),
        None if tally.failed > 0 => ExitCode::FAILURE,
        None => ExitCode::SUCCESS,
    };
    let in_turn = match args.sequential {
        true => InTurn::Measured,
        // A lane for each: none waited for its turn.
        false if files <= args.jobs => InTurn::Summed(tally.summed),
        false => InTurn::Unknown,
    };
    let summary = summary(tally, files as u64, wall, in_turn, embedded, &runtime.stats());
    // A summary that cannot be written (a closed pipe) is no reason to fail: the files are there.
    let _ = io::Write::write_all(&mut io::stdout(), format!("\n{summary}").as_bytes());
    code
}

/// The files that the URLs ask for; without any, the ten of the embedded server, whose address is yet to be known.
fn wanted(urls: &[String]) -> Result<Vec<Wanted>, String> {
    if urls.is_empty() {
        let named = |file: crate::files::File| Wanted { url: format!("/{}", file.name), name: file.name };
        return Ok(crate::files::ten().map(named).into());
    }
    let (mut wanted, mut shown) = (Vec::new(), Vec::new());
    for pattern in urls {
        for url in globs::expand(pattern).map_err(|e| e.to_string())? {
            let parsed =
                Url::parse(&url).map_err(|e| format!("\"{}\": {e}{}", url::shown(&url), hint(&url)))?;
            let name = names::file_name(parsed.path()).map_err(|e| format!("{parsed}: {e}"))?;
            shown.push(parsed.to_string());
            wanted.push(Wanted { url, name });
        }
    }
    let names = wanted.iter().map(|file| file.name.as_str());
    names::distinct(shown.iter().map(String::as_str).zip(names)).map_err(|e| e.to_string())?;
    Ok(wanted)
}

/// `demo serv`: as `demo` alone downloads, a command that is spelled wrong is taken for a URL.
fn hint(url: &str) -> &'static str {
    match url.is_empty() || url.contains(['.', '/', ':']) {
        true => "",
        false => ", and there is no such command: try --help",
    }
}

/// Starts the embedded server, and makes its files' URLs whole.
fn with_server(site: Site, mut wanted: Vec<Wanted>) -> io::Result<Vec<Wanted>> {
    let server = Server::bind(0, site)?;
    for file in &mut wanted {
        file.url = format!("{}{}", server.url().trim_end_matches('/'), file.url);
    }
    // Nobody waits for it: it ends when the loop does.
    Task::new().name("server").group(server::GROUP).spawn(server.run());
    Ok(wanted)
}

/// Downloads all files, as many at a time as there are lanes.
async fn all(
    client: Client,
    wanted: Vec<Wanted>,
    args: &Download,
    progress: &Progress,
    tally: Rc<RefCell<Tally>>,
) {
    let dir: Arc<Path> = args.output.as_path().into();
    let lanes = if args.sequential { 1 } else { args.jobs.min(wanted.len()) };
    let queue: VecDeque<_> = wanted.into_iter().map(|file| (progress.file(&file.name), file)).collect();
    let queue = RefCell::new(queue);
    join_all((0..lanes).map(|_| async {
        loop {
            let Some((bar, Wanted { url, name })) = queue.borrow_mut().pop_front() else { break };
            bar.requested();
            let start = Instant::now();
            let bar = Rc::new(bar);
            let fetching = fetch(client.clone(), url, dir.clone(), name.clone(), bar.clone());
            let fetched = Task::new().name(name.as_str()).spawn(fetching).await;
            let fetched = fetched.unwrap_or_else(|e| Err(FetchError::Job(e)));
            let took = start.elapsed();
            tally.borrow_mut().count(name, took, &fetched);
            // The task is over, and with it the other owner of the bar.
            if let Some(bar) = Rc::into_inner(bar) {
                match &fetched {
                    Ok(_) => bar.done(),
                    Err(e) => bar.failed(e),
                }
            }
        }
    }))
    .await;
}

/// Downloads one file: how many bytes.
///
/// Cancel safe: whenever it is dropped, there is either the whole file or none.
async fn fetch(
    client: Client,
    url: String,
    dir: Arc<Path>,
    name: String,
    bar: Rc<FileBar>,
) -> Result<u64, FetchError> {
    let mut response = client.get(&url).send().await?.error_for_status()?;
    check(&response)?;
    bar.started(response.content_length());
    let name: Arc<str> = name.into();
    let mut file = None;
    let mut piece = Vec::new();
    let mut bytes = 0;
    loop {
        let at_end = fill(&mut response, &mut piece, &bar).await?;
        bytes += piece.len() as u64;
        // Writing blocks, so it is done on another thread. The file and the memory go along, and come back: who has
        // them owns them, and if this task is dropped meanwhile, that thread drops (and so removes) the file.
        let (dir, name) = (dir.clone(), name.clone());
        let write = move || -> Result<_, SaveError> {
            let mut file: Partial = match file {
                Some(file) => file,
                None => Partial::create(&dir, &name)?,
            };
            file.write_all(&piece)?;
            piece.clear();
            if at_end {
                file.commit()?;
                return Ok(None);
            }
            Ok(Some((file, piece)))
        };
        match spawn_blocking(write).await?? {
            None => return Ok(bytes),
            Some((begun, emptied)) => {
                file = Some(begun);
                piece = emptied;
            }
        }
    }
}

/// Whether the body is the file: the whole of it, and as it is.
fn check(response: &Response) -> Result<(), FetchError> {
    let refuse = |why: String| Err(FetchError::NoFile(format!("{}: {why}", response.url())));
    let status = response.status();
    // 203 is a 200 that came through somebody's hands. A 204 has no file; a 206 is a part, and nobody asked for one.
    if !matches!(status.as_u16(), 200 | 203) {
        return refuse(format!("the server answered {status}, which is not a whole file"));
    }
    let mut codings = response.headers().get_all("Content-Encoding");
    if let Some(coding) = codings.find(|coding| !coding.eq_ignore_ascii_case(b"identity")) {
        let coding = text::shorten(&String::from_utf8_lossy(coding), 40);
        return refuse(format!("the server encoded the file (Content-Encoding: {coding}), unasked"));
    }
    Ok(())
}

/// Reads the body until `piece` is full: whether that was its end.
async fn fill(response: &mut Response, piece: &mut Vec<u8>, bar: &FileBar) -> Result<bool, FetchError> {
    // What the length says is a hint of how much room is needed, no more than a piece is given on its word.
    let hint = response.content_length().map_or(16 * 1024, |n| n.min(PIECE as u64) as usize);
    loop {
        let filled = piece.len();
        if filled >= PIECE {
            return Ok(false);
        }
        // One byte more than expected, so that the end is seen in the same read.
        let room = (hint.max(filled).max(1024) + 1).min(PIECE - filled);
        piece.resize(filled + room, 0);
        let read = response.read(&mut piece[filled..]).await;
        piece.truncate(filled + read.as_ref().map_or(0, |n| *n));
        match read? {
            0 => return Ok(true),
            n => bar.advanced(n as u64),
        }
    }
}

fn summary(
    tally: Tally,
    files: u64,
    wall: Duration,
    in_turn: InTurn,
    embedded: bool,
    stats: &Stats,
) -> Summary {
    let server_polls = stats.polls_of(server::GROUP);
    Summary {
        done: tally.done,
        failed: tally.failed,
        failures: tally.failures,
        stopped: files - tally.done - tally.failed,
        bytes: tally.bytes,
        wall,
        slowest: tally.slowest,
        in_turn,
        pool_threads: stats.blocking_threads as u64,
        polls: stats.polls - server_polls,
        server_polls: embedded.then_some(server_polls),
        turns: stats.turns,
        sleeps: stats.sleeps,
        asleep: stats.asleep.unwrap_or_default(),
        longest_poll: stats.longest_poll.clone(),
        columns: progress::columns(),
    }
}

/// Why a file did not come.
#[derive(Debug)]
enum FetchError {
    /// The answer was neither an error nor a file, such as a redirect to nowhere: which, and from where.
    NoFile(String),
    Http(http_client::Error),
    Save(SaveError),
    Job(JoinError),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::NoFile(why) => f.write_str(why),
            FetchError::Http(e) => e.fmt(f),
            FetchError::Save(e) => e.fmt(f),
            FetchError::Job(e) => e.fmt(f),
        }
    }
}

impl From<http_client::Error> for FetchError {
    fn from(e: http_client::Error) -> Self {
        FetchError::Http(e)
    }
}

impl From<SaveError> for FetchError {
    fn from(e: SaveError) -> Self {
        FetchError::Save(e)
    }
}

impl From<JoinError> for FetchError {
    fn from(e: JoinError) -> Self {
        FetchError::Job(e)
    }
}

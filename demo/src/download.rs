//! `demo download`: many files at once, on one thread.
//!
//! Each file is a task ([`fetch`]): it asks for the URL, reads the body piece by piece and hands the pieces to the
//! blocking pool to be written. A number of lanes (`-j`) in the root take the next file as soon as theirs is done.
//! While a task waits, for the server or for the disk, the loop runs the others; that is the whole trick.
//!
//! | file | concept |
//! | --- | --- |
//! | `wanted.rs`, `list.rs`, `naming.rs`, `disposition.rs` | which files; URLs from a list; who names them |
//! | `queue.rs` | whose turn it is |
//! | `fetch.rs`, `failure.rs` | one file, from its URL to its name; why it did not come |
//! | `body.rs`, `part.rs`, `goal.rs` | a body on its way to the disk; what is there so far; what must come out |
//! | `together.rs` | many small files on their way to it |
//! | `retry.rs`, `retry_after.rs` | whether to try again, and when |
//! | `resume.rs`, `validator.rs`, `range.rs` | a part that waits for the next run; what it is a part of; the rest |
//! | `checksum.rs`, `whole.rs` | the sums that files must have; what has its sum already |
//! | `open_files.rs` | how many there may be |
//! | `tally.rs`, `record.rs` | what has become of them |

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Duration, Instant};

use http_client::connect::Connect;
use http_client::url::Url;
use http_client::{Client, ClientBuilder};
use runtime::{Builder, Stats, Task, join_all};

use self::checksum::Sums;
use self::failure::FetchError;
use self::fetch::{Fetch, Plan};
use self::naming::Naming;
use self::queue::Queue;
use self::record::{Outcome, Record};
use self::retry::Retry;
use self::tally::Tally;
use self::together::Together;
use self::wanted::{Wanted, is_embedded, wanted};
use crate::cli::Download;
use crate::progress::{self, FileBar, Progress};
use crate::server::{self, Server};
use crate::signal::unless_interrupted;
use crate::site::Site;
use crate::summary::{InTurn, Summary};
use crate::trace::{self, Watch};
use crate::{client, event_loop, fail, save};

mod body;
pub mod checksum;
pub mod disposition;
mod failure;
mod fetch;
mod goal;
pub mod list;
mod naming;
mod open_files;
mod part;
pub mod queue;
pub mod range;
pub mod record;
pub mod resume;
pub mod retry;
pub mod retry_after;
mod tally;
mod together;
pub mod validator;
mod wanted;
mod whole;

/// How long a connection may take, TLS included, unless something is said about it.
const CONNECT: Duration = Duration::from_secs(30);

/// Open files that are not a lane's: the loop's own, the terminal, and the embedded server's connections.
const OTHER_FILES: usize = 64;

/// The files that wait for their turn, each with its bar.
type Waiting = Queue<(FileBar, Wanted)>;

/// Runs the command.
pub fn run(args: &Download) -> ExitCode {
    match try_run(args) {
        Ok(code) => code,
        Err(why) => fail(why),
    }
}

fn try_run(args: &Download) -> Result<ExitCode, String> {
    // What is wrong with the command is told before anything starts.
    check_headers(args)?;
    if [&args.sha256, &args.input_file].iter().all(|path| path.as_deref() == Some(Path::new("-"))) {
        return Err("--sha256 - and -i - would both read stdin; give one of the two as a file".to_owned());
    }
    let sums = args.sha256.as_deref().map(Sums::read).transpose()?;
    let mut wanted = wanted(args, sums.as_ref())?;
    let client = client(settings(args), &args.request)?;
    save::folder(&args.output).map_err(|e| e.to_string())?;
    let watch = watch(args)?;
    let runtime = event_loop(watch.settings(Builder::new().measure(true)))?;

    // Made out here, as it takes milliseconds in which nothing else would run.
    let site = is_embedded(args).then(Site::ten);
    let embedded = site.is_some();
    let files = wanted.len();
    let lanes = if args.sequential { 1 } else { lanes(args.jobs.min(files)) };
    let progress = Progress::new(wanted.iter().map(|file| file.name.as_str()), args.json);
    let (tally, waiting) = (RefCell::<Tally>::default(), RefCell::<Option<Waiting>>::default());
    let start = Instant::now();
    let ended = runtime.block_on(async {
        if let Some(site) = site {
            with_server(site, &mut wanted)?;
        }
        let queue = queue(args, wanted, &progress);
        let plan = Rc::new(plan(args, client, sums, retry::dice));
        let told = |record: &Record| progress.record(record);
        let all = all(&plan, lanes, &queue, &tally, &told);
        let ended = unless_interrupted(all).await;
        *waiting.borrow_mut() = Some(queue);
        ended
    });
    let wall = start.elapsed();

    // The tasks are gone, and what they left in the blocking pool has been waited for.
    let mut tally = tally.into_inner();
    let mut stopped = tally.stop();
    for (bar, file) in waiting.into_inner().map(Queue::into_rest).unwrap_or_default() {
        drop(bar);
        let record = Record::new(&file.shown, &args.output, &file.name);
        stopped.push(tally.stopped(&file.name, Rc::new(RefCell::new(record))));
    }
    progress.finish();
    if args.json {
        stopped.iter().for_each(|record| drop(writeln!(io::stdout(), "{}", record.borrow().line())));
    }
    let code = match ended.map_err(|e| e.to_string())? {
        Err(signal) => ExitCode::from(signal),
        Ok(()) if tally.has_failures() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
    };
    let in_turn = match args.sequential {
        true => InTurn::Measured,
        // A lane for each: none waited for its turn.
        false if files <= lanes && args.limit_per_host.is_none() => InTurn::Summed(tally.summed),
        false => InTurn::Unknown,
    };
    let summary = summary(tally.summary(), wall, in_turn, embedded, &runtime.stats());
    let summary = format!("\n{summary}");
    let watched = watch.show();
    // A summary that cannot be written (a closed pipe) is no reason to fail: the files are there.
    let _ = match args.json {
        true => io::stderr().write_all(summary.as_bytes()),
        false => io::stdout().write_all(summary.as_bytes()),
    };
    Ok(watched.write(code))
}

/// Downloads the URLs of `args` over the connections of `connector`, on the loop that runs here, without a word: what became
/// of each file, in the order in which they ended.
///
/// This is what the command does between its beginning and its end, for whoever has a loop and a network of its own. (There
/// is no other server than those of the URLs.) `dice` gives numbers from 0 to 1, by which the waits before retries are
/// spread: [`retry::dice`] but where a run shall repeat itself.
///
/// Not cancel safe: dropped, the files that are being downloaded go on until the loop is left.
///
/// # Errors
/// One line, if something is wrong with `args` or the folder, before anything is asked for. What is wrong with a file stands
/// in its [`Record`].
pub async fn over(
    args: &Download,
    connector: impl Connect + 'static,
    dice: impl Fn() -> f64 + 'static,
) -> Result<Vec<Record>, String> {
    check_headers(args)?;
    let sums = args.sha256.as_deref().map(Sums::read).transpose()?;
    let wanted = wanted(args, sums.as_ref())?;
    save::folder(&args.output).map_err(|e| e.to_string())?;
    let lanes = if args.sequential { 1 } else { args.jobs.min(wanted.len()) };
    let queue = queue(args, wanted, &Progress::silent());
    let plan = Rc::new(plan(args, settings(args).connector(connector).build(), sums, dice));
    let records = RefCell::default();
    let told = |record: &Record| Vec::push(&mut records.borrow_mut(), record.clone());
    all(&plan, lanes, &queue, &RefCell::default(), &told).await;
    Ok(records.into_inner())
}

fn check_headers(args: &Download) -> Result<(), String> {
    match ["Range", "If-Range"].into_iter().find(|name| args.request.has_header(name)) {
        Some(name) => {
            Err(format!("a header {name} is the downloader's own to send: see --continue, or use demo get"))
        }
        None => Ok(()),
    }
}

/// What is to be recorded of the run. The ten files are drawn without being asked.
fn watch(args: &Download) -> Result<Watch, String> {
    let embedded = is_embedded(args);
    let views = trace::Wanted {
        file: args.trace.clone(),
        narrate: args.narrate,
        timeline: args.timeline || embedded && !args.json,
        on_stderr: args.json,
    };
    let title = if embedded { "ten files" } else { "download" };
    Watch::new(title, views).map_err(|e| e.to_string())
}

/// What the client is told of the command line.
fn settings(args: &Download) -> ClientBuilder {
    let connect = args.connect_timeout.unwrap_or(args.timeout.min(CONNECT));
    let settings = Client::builder()
        .connect_timeout(connect)
        .tls_timeout(connect)
        .head_timeout(args.timeout)
        .read_timeout(args.timeout);
    match args.limit_per_host {
        // The queue has done its part; this one counts redirects to other hosts too.
        Some(limit) => settings.max_per_host(limit),
        None => settings,
    }
}

/// The files in line, each with its bar.
fn queue(args: &Download, wanted: Vec<Wanted>, progress: &Progress) -> Waiting {
    let limit = args.limit_per_host.unwrap_or(usize::MAX);
    let with_bar = |file: Wanted| (file.url.origin().to_owned(), (progress.file(&file.name), file));
    Queue::new(limit, wanted.into_iter().map(with_bar))
}

fn plan(args: &Download, client: Client, sums: Option<Sums>, dice: impl Fn() -> f64 + 'static) -> Plan {
    Plan {
        client,
        dice: Box::new(dice),
        dir: args.output.as_path().into(),
        request: args.request.clone(),
        retry: Retry { times: args.retry, first: args.retry_delay },
        keeps: args.continues,
        naming: if args.content_disposition { Naming::Servers(RefCell::default()) } else { Naming::Urls },
        sums,
        together: Together::new(),
    }
}

/// So many lanes, or as many as there may be open files for: each takes a connection and a file. Said, as it is less than
/// was asked for; without it, the rest would fail one by one.
fn lanes(wanted: usize) -> usize {
    let limit = open_files::raised();
    let most = limit.map_or(wanted, |limit| (limit.saturating_sub(OTHER_FILES) / 2).max(1));
    if wanted > most {
        let limit = limit.unwrap_or_default();
        // stderr may be closed; there is nobody else to tell.
        let _ = writeln!(
            io::stderr(),
            "demo: {most} at once, not {wanted}: this process may have {limit} files open (see ulimit -n)"
        );
    }
    wanted.min(most)
}

/// Starts the embedded server, and makes its files' URLs whole.
fn with_server(site: Site, wanted: &mut [Wanted]) -> io::Result<()> {
    let server = Server::bind(0, site)?;
    for file in wanted {
        let url = Url::parse(&server.url()).and_then(|base| base.join(file.url.path()));
        file.url = url.map_err(io::Error::other)?;
        file.shown = file.url.as_str().into();
    }
    // Nobody waits for it: it ends when the loop does.
    Task::new().name("server").group(server::GROUP).spawn(server.run());
    Ok(())
}

/// Downloads all files, as many at a time as there are lanes. `told` hears of each that comes to its end.
async fn all(
    plan: &Rc<Plan>,
    lanes: usize,
    waiting: &Waiting,
    tally: &RefCell<Tally>,
    told: &dyn Fn(&Record),
) {
    join_all((0..lanes).map(|_| async {
        while let Some((host, (bar, wanted))) = waiting.take() {
            let name = wanted.name.clone();
            let record = Rc::new(RefCell::new(Record::new(&wanted.shown, &plan.dir, &name)));
            let number = tally.borrow_mut().begin(&name, record.clone());
            bar.requested();
            let start = Instant::now();
            let bar = Rc::new(bar);
            let (plan, of_task) = (plan.clone(), (bar.clone(), record.clone()));
            let fetch = Fetch { plan, wanted, bar: of_task.0, record: of_task.1, part: None };
            let fetched = Task::new().name(name.as_str()).spawn(fetch.run()).await;
            let fetched = fetched.unwrap_or_else(|e| Err(FetchError::Job(e)));
            {
                let mut record = record.borrow_mut();
                record.seconds = start.elapsed();
                record.result = if fetched.is_ok() { Outcome::Done } else { Outcome::Failed };
                record.error = fetched.as_ref().err().map(ToString::to_string);
            }
            waiting.give_back(host);
            tally.borrow_mut().count(number);
            told(&record.borrow());
            // The task is over, and with it the other owner of the bar.
            if let Some(bar) = Rc::into_inner(bar) {
                match &fetched {
                    Ok(()) if record.borrow().was_whole() => bar.was_whole(record.borrow().continued),
                    Ok(()) => bar.done(),
                    Err(e) => bar.failed(e),
                }
            }
        }
    }))
    .await;
}

fn summary(tally: Summary, wall: Duration, in_turn: InTurn, embedded: bool, stats: &Stats) -> Summary {
    let server_polls = stats.polls_of(server::GROUP);
    Summary {
        wall,
        in_turn,
        pool_threads: stats.blocking_threads as u64,
        polls: stats.polls - server_polls,
        server_polls: embedded.then_some(server_polls),
        turns: stats.turns,
        sleeps: stats.sleeps,
        asleep: stats.asleep.unwrap_or_default(),
        longest_poll: stats.longest_poll.clone(),
        columns: progress::columns(),
        ..tally
    }
}

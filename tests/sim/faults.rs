//! The downloader on ten thousand bad networks.
//!
//! A seed stands for a whole story ([`scenario`]): some files, how their server sends them, what the network is like, the
//! downloader's flags, and up to six things that go wrong, from the first packet of a connect to the last byte of a body.
//! The downloader is the demo's, over the HTTP client's own `Connect`; the runtime is sealed and its time virtual, so the
//! story goes the same way each time. At its end ([`judge`]):
//! - each file is there, whole and of one version, or there is an error that says why not, and nothing under its name;
//! - no temporary file is left, and a part for `--continue` is the beginning of the version that its ticket names;
//! - what had to succeed did: where nothing went wrong, or no more than the retries make up for;
//! - no task, timer, source or job is left, and the trace breaks none of the loop's rules (no poll after the end);
//! - the next run, on a calm network, finds or fetches the rest.
//!
//! ```text
//! cargo test -p tests --test sim faults                        some hundred seeds, in seconds
//! FAULT_RUNS=10000 cargo test -p tests --test sim faults       ten thousand: two minutes of computing
//! FAULT_SEED=1234 cargo test -p tests --test sim faults -- --nocapture    that one, told event by event
//! ```

pub(crate) mod connect;
mod dice;
mod judge;
mod memory;
mod reply;
mod scenario;
mod server;
mod tally;
mod trouble;

use std::env;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use clap::Parser;
use demo::cli::{Cli, Command, Download};
use demo::download::record::Record;
use demo::trace::{Log, Recorder, narrate};
use runtime::sim::net::Net;
use runtime::{Builder, Clock, Either, JoinHandle, OnStall, Random, dump, race, sleep};
use tempfile::TempDir;

use self::connect::Over;
use self::dice::Dice;
use self::scenario::Scenario;
use self::server::Server;
use self::tally::Tally;

/// How many seeds plain `cargo test` tries.
const RUNS: u64 = 300;

fn number(variable: &str) -> Option<u64> {
    let text = env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}

/// A folder in memory, if there is such a place.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let builder = tempfile::Builder::new();
    if memory.is_dir() { builder.tempdir_in(memory) } else { builder.tempdir() }.unwrap()
}

/// One run of the downloader.
struct Run {
    /// What became of the files; none if it was interrupted.
    records: Option<Vec<Record>>,
    log: Log,
}

/// The story of a seed.
struct Story {
    seed: u64,
    scenario: Rc<Scenario>,
    server: Rc<Server>,
    dir: PathBuf,
}

impl Story {
    fn new(seed: u64, root: &Path) -> Story {
        let dir = root.join(seed.to_string());
        std::fs::create_dir(&dir).unwrap();
        let scenario = Rc::new(Scenario::of(seed));
        let server = Server::new(seed, &scenario);
        Story { seed, scenario, server, dir }
    }

    /// Both runs, judged.
    fn tell(&self) -> [Run; 2] {
        let first = self.run(self.scenario.interrupt);
        self.judge(&first);
        self.server.calm();
        let second = self.run(None);
        self.judge_next(&second);
        std::fs::remove_dir_all(&self.dir).unwrap();
        [first, second]
    }

    /// Where the downloads go.
    fn downloads(&self) -> PathBuf {
        self.dir.join("downloads")
    }

    fn args(&self) -> Download {
        let scenario = &self.scenario;
        let mut args = vec!["demo".to_owned(), "download".to_owned()];
        let mut flag = |name: &str, value: String| args.extend([name.to_owned(), value]);
        flag("--output", self.downloads().to_string_lossy().into_owned());
        flag("--retry", scenario.retries.to_string());
        flag("--jobs", scenario.jobs.to_string());
        if let Some(limit) = scenario.limit_per_host {
            flag("--limit-per-host", limit.to_string());
        }
        if scenario.sums {
            let list = self.dir.join("sums");
            let lines = scenario.files.iter().map(|file| judge::sum(file) + "  " + &file.name + "\n");
            std::fs::write(&list, lines.collect::<String>()).unwrap();
            flag("--sha256", list.to_string_lossy().into_owned());
        }
        if scenario.keeps {
            args.push("--continue".to_owned());
        }
        args.extend(scenario.files.iter().map(scenario::File::url));
        let Command::Download(args) = Cli::parse_from(args).command() else {
            unreachable!("it is a download")
        };
        args
    }

    /// The downloader runs to its end, or until Ctrl-C.
    fn run(&self, interrupt: Option<Duration>) -> Run {
        let (scenario, seed) = (&self.scenario, self.seed);
        let recorder = Recorder::new(format!("seed {seed}"));
        let mut settings = Builder::new().sealed().clock(Clock::Virtual).on_stall(OnStall::Panic);
        if scenario.shuffled {
            settings = settings.scheduler(Random::new(seed));
        }
        let runtime = settings.observer(recorder.clone()).build().unwrap();
        let records = runtime.block_on(async {
            let net = Net::new(seed, scenario.conditions.clone());
            let accepting = self.server.start(&net).unwrap();
            let dice = Dice::new(seed);
            let args = self.args();
            let over = async { demo::download::over(&args, Over(net), move || dice.share()).await.unwrap() };
            let over = Box::pin(over);
            let records = match interrupt {
                None => over.await,
                Some(after) => match race(over, sleep(after)).await {
                    Either::Left(records) => records,
                    // As on Ctrl-C the loop is left, and all that runs on it is dropped.
                    Either::Right(()) => return None,
                },
            };
            accepting.iter().for_each(JoinHandle::abort);
            for task in accepting {
                assert!(task.await.is_err(), "the server has stopped");
            }
            self.server.ended().await;
            let left = dump();
            assert!(left.tasks.len() == 1, "seed {seed}: tasks are left:\n{left}");
            Some(records)
        });
        drop(runtime);
        Run { records, log: recorder.take() }
    }
}

/// A failure is one of this seed, and the text says how to have it again.
fn try_seed(seed: u64, root: &Path) -> Result<Tally, String> {
    let told = catch_unwind(AssertUnwindSafe(|| {
        let story = Story::new(seed, root);
        let runs = story.tell();
        Tally::of(&story, &runs)
    }));
    told.map_err(|why| {
        let text = why.downcast_ref::<String>().cloned();
        let text = text.or_else(|| why.downcast_ref::<&str>().map(|&text| text.to_owned()));
        format!(
            "seed {seed}: {}\nto see it: FAULT_SEED={seed} cargo test -p tests --test sim faults -- --nocapture",
            text.unwrap_or_default()
        )
    })
}

/// The story of one seed, told event by event before it is judged.
fn narrated(seed: u64) {
    let root = folder();
    let story = Story::new(seed, root.path());
    println!("seed {seed}: {:#?}", story.scenario);
    for (what, interrupt) in [("the run", story.scenario.interrupt), ("the next run", None)] {
        let run = story.run(interrupt);
        println!("\n{what}:");
        narrate::write(&run.log, None, false, std::io::stdout()).unwrap();
        println!("\nwhat went wrong: {:#?}", story.server.happened());
        println!("what became of the files: {:#?}", run.records);
        match what {
            "the run" => story.judge(&run),
            _ => story.judge_next(&run),
        }
        story.server.calm();
    }
}

#[test]
fn each_download_ends_in_the_right_bytes_or_an_error_that_says_why() {
    if let Some(seed) = number("FAULT_SEED") {
        return narrated(seed);
    }
    let (runs, next) = (number("FAULT_RUNS").unwrap_or(RUNS), AtomicU64::new(0));
    let root = folder();
    let work = || {
        let (mut tally, mut failures) = (Tally::default(), Vec::new());
        while failures.len() < 3 {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= runs {
                break;
            }
            match try_seed(seed, root.path()) {
                Ok(of_seed) => tally.add(&of_seed),
                Err(failure) => failures.push(failure),
            }
        }
        (tally, failures)
    };
    let (mut tally, mut failures) = (Tally::default(), Vec::new());
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (of_worker, failed) = worker.join().unwrap();
            tally.add(&of_worker);
            failures.extend(failed);
        }
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    println!("{runs} seeds: {tally:?}");
    // If one of these never happens any more, the stories have become harmless.
    tally.check(runs);
}

#[test]
fn a_seed_tells_the_same_story_to_the_letter() {
    let story = |seed| {
        // On a thread of its own, as numbers of spans and locks go on within one.
        let told = thread::spawn(move || {
            let root = folder();
            let [Run { log, .. }, _] = Story::new(seed, root.path()).tell();
            let mut text = Vec::new();
            demo::trace::jsonl::write(&log, &mut text).unwrap();
            String::from_utf8(text).unwrap()
        });
        told.join().unwrap()
    };
    for seed in 0..10 {
        let (first, again) = (story(seed), story(seed));
        let differs = first.lines().zip(again.lines()).find(|(first, again)| first != again);
        assert!(first == again, "seed {seed}: {differs:#?}");
    }
}

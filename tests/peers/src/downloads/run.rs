//! All clients in turn, round after round; the command line.

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use tests::certs::Authority;
use tests::nginx::Nginx;
use wait4::Wait4;

use super::clients::{CLIENTS, Client, Own, Task, write_list};
use super::site::{SITES, Site};
use crate::table::{self, Row};

/// Many files from one nginx, by the demo and by other clients.
#[derive(Parser)]
#[command(max_term_width = 100, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    client: Option<One>,
    #[command(flatten)]
    all: All,
}

#[derive(Subcommand)]
enum One {
    /// One of the clients that are in this program
    #[command(subcommand)]
    Client(Own),
}

#[derive(Args)]
struct All {
    /// Fewer and smaller files, fewer rounds
    #[arg(long)]
    quick: bool,
    /// Only sites whose name begins so: 10x, 10000x4K, 1x
    #[arg(long, value_name = "SITE")]
    only: Vec<String>,
    /// Only this client; may be given several times
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(CLIENTS.iter().map(|client| client.name)))]
    client: Vec<String>,
    /// Only http, or only https
    #[arg(long, value_parser = PossibleValuesParser::new(["http", "https"]))]
    scheme: Option<String>,
    /// How often each [default: 5, or 2 with --quick]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Where the files are served from and saved to [default: /dev/shm if it is there, so that no disk is measured; else
    /// the folder for temporary files]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Write what was measured, one JSON object a line
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(One::Client(client)) = cli.client {
        return client.run();
    }
    match all(&cli.all) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("peers-downloads: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What one run of a client took: milliseconds, and MiB.
struct Used {
    wall: f64,
    user: f64,
    system: f64,
    memory: f64,
}

/// The measures of a run: their names and units.
type Measure = (&'static str, &'static str, fn(&Used) -> f64);

// The kernel knows the sum of user and system time to the microsecond, and shares it out by looking at each tick of its
// clock: so the sum is told as well.
const MEASURES: [Measure; 5] = [
    ("wall", "ms", |used| used.wall),
    ("cpu", "ms", |used| used.user + used.system),
    ("user", "ms", |used| used.user),
    ("system", "ms", |used| used.system),
    ("memory", "MiB", |used| used.memory),
];

fn all(args: &All) -> Result<(), String> {
    let memory = Some(PathBuf::from("/dev/shm")).filter(|memory| memory.is_dir());
    let place = args.folder.clone().or(memory).unwrap_or_else(env::temp_dir);
    let home = tempfile::tempdir_in(&place).map_err(|e| format!("{}: {e}", place.display()))?;
    let root = home.path().join("served");
    fs::create_dir(&root).map_err(|e| e.to_string())?;
    let authority = Authority::new("peers");
    let nginx = Nginx::start(&root, &authority.leaf("127.0.0.1")).ok_or("nginx is not installed")?;

    let all = &SITES[usize::from(args.quick)];
    let wanted =
        |site: &Site| args.only.is_empty() || args.only.iter().any(|only| site.name.starts_with(only));
    let rounds = args.rounds.unwrap_or(if args.quick { 2 } else { 5 }).max(1);
    let mut rows = Vec::new();
    let mut skipped = BTreeMap::new();
    for site in all.iter().filter(|site| wanted(site)) {
        site.make(&root).map_err(|e| format!("{}: {e}", root.display()))?;
        for (scheme, origin) in [("http", nginx.http("")), ("https", nginx.https("127.0.0.1", ""))] {
            if args.scheme.as_ref().is_some_and(|only| only != scheme) {
                continue;
            }
            let clients: Vec<_> = CLIENTS
                .iter()
                .filter(|client| args.client.is_empty() || args.client.iter().any(|only| only == client.name))
                .filter(|client| client.https || scheme == "http")
                .collect();
            let job = Job { site, base: site.base(&origin), cacert: authority.file(), home: home.path() };
            let told = job.run(&format!("{}-{scheme}", site.name), clients, rounds, &mut skipped)?;
            rows.extend(told);
        }
        fs::remove_dir_all(root.join(site.name)).map_err(|e| e.to_string())?;
    }
    if !skipped.is_empty() {
        println!("\nskipped:");
    }
    skipped.iter().for_each(|(client, why)| println!("  {client}: {why}"));
    table::print_summary(&rows, &CLIENTS.each_ref().map(|client| client.name));
    if let Some(path) = &args.json {
        table::write_json(path, &rows).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

/// One site over one scheme.
struct Job<'a> {
    site: &'a Site,
    base: String,
    cacert: PathBuf,
    home: &'a Path,
}

impl Job<'_> {
    fn run(
        &self,
        work: &str,
        mut clients: Vec<&Client>,
        rounds: usize,
        skipped: &mut BTreeMap<&'static str, String>,
    ) -> Result<Vec<Row>, String> {
        let list = self.home.join("list");
        write_list(&list, &self.base, self.site.files).map_err(|e| format!("{}: {e}", list.display()))?;
        let names: Vec<_> = clients.iter().map(|client| client.name).collect();
        let mut runs = BTreeMap::<_, Vec<Used>>::new();
        for _ in 0..rounds {
            let next = 1.min(clients.len());
            clients.rotate_left(next);
            clients.retain(|client| match self.once(client, &list) {
                Ok(used) => {
                    runs.entry(client.name).or_default().push(used);
                    true
                }
                Err(why) => {
                    skipped.insert(client.name, format!("{why} ({work})"));
                    false
                }
            });
        }
        let mut rows = Vec::new();
        for (measure, unit, of) in MEASURES {
            let told: Vec<_> = names
                .iter()
                .filter_map(|name| {
                    let amounts = runs.get(name)?.iter().map(of).collect();
                    Row::new(&format!("{work}-{measure}"), name, unit, amounts)
                })
                .collect();
            table::print_work(&told);
            rows.extend(told);
        }
        Ok(rows)
    }

    /// One client fetches them all, into a new folder.
    fn once(&self, client: &Client, list: &Path) -> Result<Used, String> {
        let to = tempfile::tempdir_in(self.home).map_err(|e| e.to_string())?;
        let task =
            Task { base: &self.base, files: self.site.files, folder: to.path(), cacert: &self.cacert, list };
        let mut command = client.command(&task)?;
        let said = self.home.join("said");
        let stderr = File::create(&said).map_err(|e| e.to_string())?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        let start = Instant::now();
        let mut child = command.spawn().map_err(|e| e.to_string())?;
        let ended = child.wait4().map_err(|e| e.to_string())?;
        let wall = start.elapsed();
        if !ended.status.success() {
            let said = fs::read_to_string(&said).unwrap_or_default();
            let line = said.trim().lines().last().unwrap_or_default();
            return Err(format!("it ended with {}: {line}", ended.status));
        }
        self.site.check(to.path())?;
        let used = ended.rusage;
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        Ok(Used {
            wall: ms(wall),
            user: ms(used.utime),
            system: ms(used.stime),
            memory: used.maxrss as f64 / (1024.0 * 1024.0),
        })
    }
}

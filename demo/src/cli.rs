//! The command line: what can be asked for, and the help that says so.
//!
//! The doc comments of commands and flags *are* the help texts, hence their short style. `demo` alone means
//! `demo download`, so its options may stand without the word.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PathBufValueParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use http_client::RequestBuilder;

use self::values::{Header, Resolve, User, at_least_one};

pub mod values;

/// The whole command line.
//
// The texts about a command stand in constants below, not in doc comments: a doc comment of two paragraphs makes clap
// spread its help over three lines an option.
#[derive(Debug, Parser)]
#[command(
    name = "demo",
    bin_name = "demo",
    version,
    about = ABOUT,
    after_help = MAIN_EXAMPLES,
    max_term_width = 80,
    args_conflicts_with_subcommands = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    download: Download,
}

impl Cli {
    /// What was asked for; no command means `download`.
    ///
    /// ```
    /// use clap::Parser;
    /// use demo::cli::{Cli, Command};
    ///
    /// for line in [&["demo", "-j", "4"][..], &["demo", "download", "-j", "4"]] {
    ///     let Command::Download(download) = Cli::parse_from(line).command() else { panic!() };
    ///     assert_eq!(download.jobs, 4);
    /// }
    /// ```
    pub fn command(self) -> Command {
        self.command.unwrap_or(Command::Download(self.download))
    }
}

/// What the demo can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Download files at once (what `demo` alone does)
    #[command(after_help = DOWNLOAD_EXAMPLES)]
    Download(Download),

    /// Fetch one URL and print it, with curl's flags
    #[command(after_help = GET_EXAMPLES)]
    Get(Get),

    /// Run the embedded server by itself
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serve),

    /// Look at a recorded run once more
    #[command(after_help = VIEW_EXAMPLES)]
    View(View),

    /// See the lecture's ideas run, one at a time
    #[cfg(unix)]
    #[command(after_help = LESSON_EXAMPLES)]
    Lesson(Lesson),

    /// A part of a lesson, in a process of its own
    #[cfg(unix)]
    #[command(hide = true)]
    LessonPart(LessonPart),
}

/// `demo download`.
#[derive(Debug, Args)]
pub struct Download {
    /// What to download; may hold patterns: file[1-10].txt, {a,b}.txt
    #[arg(value_name = "URL")]
    pub urls: Vec<String>,

    /// Download the URLs in FILE too; - is stdin
    #[arg(short, long, value_name = "FILE")]
    pub input_file: Option<PathBuf>,

    /// The folder to write to
    #[arg(short, long, value_name = "DIR", default_value = "downloads")]
    pub output: PathBuf,

    /// Take the names that the servers propose
    #[arg(long)]
    pub content_disposition: bool,

    /// How many at once
    #[arg(short, long, value_name = "N", default_value = "32", value_parser = at_least_one::<usize>)]
    pub jobs: usize,

    /// How many at once from one host
    #[arg(long, value_name = "N", value_parser = at_least_one::<usize>)]
    pub limit_per_host: Option<usize>,

    /// One after the other, to measure what that takes
    #[arg(long, conflicts_with = "jobs")]
    pub sequential: bool,

    /// Try again up to N times
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry: u32,

    /// Wait before the first retry; doubles up to 60 s
    #[arg(long, value_name = "SECS", default_value = "1", value_parser = values::seconds)]
    pub retry_delay: Duration,

    /// Keep parts of files, and go on with them
    #[arg(short, long = "continue")]
    pub continues: bool,

    /// How long a server may be silent
    #[arg(long, value_name = "SECS", default_value = "60", value_parser = values::limit)]
    pub timeout: Duration,

    /// How long to connect may take [default: 30]
    #[arg(long, value_name = "SECS", value_parser = values::limit)]
    pub connect_timeout: Option<Duration>,

    /// Check files by a list as sha256sum writes it
    #[arg(long, value_name = "FILE")]
    pub sha256: Option<PathBuf>,

    /// Print a line of JSON for each file
    #[arg(long)]
    pub json: bool,

    /// Record the run: .html, .json or .jsonl
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(values::trace))]
    pub trace: Option<PathBuf>,

    /// Tell the run in sentences, one an event
    #[arg(long)]
    pub narrate: bool,

    /// Draw the run, a line a task
    #[arg(long)]
    pub timeline: bool,

    /// Of the requests.
    #[command(flatten)]
    pub request: Request,
}

/// What both commands say about their requests. Short and long names are curl's.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Requests")]
pub struct Request {
    /// Send this header field
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<Header>,

    /// Send user and password (basic auth)
    #[arg(short, long, value_name = "USER:PASSWORD")]
    pub user: Option<User>,

    /// Connect to ADDR for HOST:PORT
    #[arg(long, value_name = "HOST:PORT:ADDR")]
    pub resolve: Vec<Resolve>,

    /// Trust these certificates (PEM) as well
    #[arg(long, value_name = "FILE")]
    pub cacert: Option<PathBuf>,

    /// Trust any certificate: nothing is safe
    #[arg(short = 'k', long)]
    pub insecure: bool,
}

impl Request {
    /// Puts the header fields and the user on a request. An Authorization field goes before a user.
    pub fn apply(&self, mut request: RequestBuilder) -> RequestBuilder {
        if let Some(user) = self.user.as_ref().filter(|_| !self.has_header("Authorization")) {
            request = request.basic_auth(&user.name, Some(&user.password));
        }
        self.headers.iter().fold(request, |request, Header { name, value }| request.header(name, value))
    }

    /// Whether this field is given.
    pub fn has_header(&self, name: &str) -> bool {
        self.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name))
    }
}

/// `demo get`. Short and long names are curl's.
#[derive(Debug, Args)]
pub struct Get {
    /// What to fetch, with http:// or https://
    #[arg(value_name = "URL")]
    pub url: String,

    /// Use this method, not GET, HEAD or POST
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub method: Option<String>,

    /// Send DATA by POST; @FILE a file, @- stdin
    #[arg(short, long, value_name = "DATA", allow_hyphen_values = true)]
    pub data: Vec<String>,

    /// Fetch the head only (HEAD), and print it
    #[arg(short = 'I', long, conflicts_with = "data")]
    pub head: bool,

    /// Print the head of the reply too
    #[arg(short, long)]
    pub include: bool,

    /// Tell on stderr what is sent and what comes
    #[arg(short, long)]
    pub verbose: bool,

    /// Write to FILE instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Fail on a status of 400 or more; no body
    #[arg(short, long)]
    pub fail: bool,

    /// Follow redirects
    #[arg(short = 'L', long)]
    pub location: bool,

    /// Follow at most N; -1 is any
    #[arg(
        long,
        value_name = "N",
        default_value = "50",
        value_parser = values::redirects,
        allow_negative_numbers = true
    )]
    pub max_redirs: usize,

    /// How long all may take; 0: any time
    #[arg(short, long, value_name = "SECS", default_value = "0", value_parser = values::limit)]
    pub max_time: Duration,

    /// How long to connect may take
    #[arg(long, value_name = "SECS", default_value = "30", value_parser = values::limit)]
    pub connect_timeout: Duration,

    /// Of the requests.
    #[command(flatten)]
    pub request: Request,
}

/// `demo serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// The folder to serve [default: the demo's own ten files]
    #[arg(value_name = "DIR")]
    pub dir: Option<PathBuf>,

    /// The port; 0 takes a free one and prints it
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub port: u16,

    /// Wait this long before each answer, in ms [default: 0]
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u64).range(..=3_600_000))]
    pub latency: Option<u64>,

    /// Send at most this many bytes a second [default: no limit]
    #[arg(long, value_name = "BYTES", value_parser = at_least_one::<u64>)]
    pub rate: Option<u64>,
}

/// `demo view`.
#[derive(Debug, Args)]
pub struct View {
    /// The log, as --trace FILE.jsonl writes it; - is stdin
    #[arg(value_name = "FILE.jsonl")]
    pub log: PathBuf,

    /// Write a view: .html, .json or .jsonl
    #[arg(short, long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(values::trace))]
    pub output: Option<PathBuf>,

    /// Tell the run in sentences, one an event
    #[arg(long)]
    pub narrate: bool,

    /// Draw the run, a line a task
    #[arg(long)]
    pub timeline: bool,
}

/// `demo lesson`.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct Lesson {
    /// Which; `all` is all of them, none is the list
    #[arg(value_name = "NAME", value_parser = values::lesson())]
    pub name: Option<String>,

    /// Stop at each event, until Enter (event-loop)
    #[arg(long)]
    pub step: bool,

    /// Record its loops: .html, .json or .jsonl
    #[arg(long, value_name = "FILE", value_parser = PathBufValueParser::new().try_map(values::trace))]
    pub trace: Option<PathBuf>,

    /// Tell its loops in sentences, one an event
    #[arg(long)]
    pub narrate: bool,

    /// Draw its loops, a line a task
    #[arg(long)]
    pub timeline: bool,
}

/// `demo lesson-part`: how a lesson runs the demo once more, as a child process.
#[cfg(unix)]
#[derive(Debug, Args)]
pub struct LessonPart {
    /// Which part.
    pub name: String,

    /// What it is told.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub args: Vec<String>,
}

const ABOUT: &str = "\
Ten files at once, one thread, one event loop

Alone, it starts a small server inside its one thread, downloads ten files from
it at once, and shows what the event loop did meanwhile. With URLs, it downloads
those.";

const MAIN_EXAMPLES: &str = "\
Examples:
  demo                                      the ten files of the embedded server
  demo --sequential                         the same, one after the other
  demo -o pics 'http://host/[001-100].jpg'  a hundred files
  demo --retry 5 --continue http://host/iso a large one, whatever happens
  demo get -L http://host/page              one page, to the terminal
  demo serve --port 8000                    try another client against it

`demo help COMMAND` says more about each.";

const DOWNLOAD_EXAMPLES: &str = "\
All files are downloaded at once, on one thread. One that fails is named, the
others go on, and the exit code is 1. A file is called like the last part of its
URL, and is there only once it is whole: then it replaces one of that name (but
a name that a server chose, by --content-disposition, must be a new one). Ctrl-C
removes what is half there; if that hangs, a second Ctrl-C ends it at once.

--retry tries again what may pass: time-outs, hosts that are not found or not
reached, lost connections, and the statuses 408, 429, 500, 502, 503 and 504.
Waits are random between half and all of the delay, which doubles up to 60 s.
Retry-After is obeyed; who asks for more than 10 min is not asked again. A retry
goes on where the last attempt broke off, if the server can say that its file is
still the same (by a strong ETag, or an old date of change), and else starts
over. --continue does this from run to run: it keeps a file's first bytes in
.NAME.part, and in .NAME.resume what they are of. A file that is whole is fetched
again, unless --sha256 gives its sum and it has that.

With --sha256 every file must be in the list (- is stdin). A list of URLs (-i)
has one on a line; patterns are not known there, and lines that begin with # are
left out. --timeout 0 waits for ever. User and header fields are sent to all URLs. Proxies
(http_proxy and the like) are not used.

--json tells of each file, on stdout: url, final_url, file, result (done, failed
or stopped), status, bytes, continued, kept, retries, seconds, times (lookup,
connect, tls, sent, first_byte), sha256, error. The rest goes to stderr. All
waits while nobody reads the lines: a slow reader makes slow downloads.

Examples:
  demo download                             ten files of the embedded server
  demo download http://host/a http://host/b two files into downloads/
  demo download 'http://host/[1-10].txt'    ten files (quote the brackets)
  demo download -j 4 -o pics URL...         four at a time, into pics/
  demo download --trace run.html            the run, to be played in a browser
  demo download --retry 5 -c URL            through thick and thin
  demo download -i urls --sha256 SHA256SUMS from a list, checked by another
  demo download --json URL... | jq .error   for a program to read

Patterns are curl's: [1-10], [001-100], [a-z], [1-10:2], {one,two}.";

const GET_EXAMPLES: &str = "\
One request; the body goes to stdout. The flags mean what they mean to curl.
What differs: a redirect from https to http is refused, -v shows no secrets, a
method given by -X may become GET on a redirect, as the default ones do. --cacert
adds to the certificates that are trusted, where curl replaces them. Host cannot
be set, and -H 'X:' is an error. The exit code is 1 for every failure. Proxies
(http_proxy and the like) are not used. With -o, a file has its name only once
it is whole, and replaces an old one.

Examples:
  demo get http://host/page                 print a page
  demo get -L -o page.html http://host      follow redirects, write to a file
  demo get -f http://host/page || echo no   use the status in a script
  demo get -IL http://host/page             where does it lead, and to what?
  demo get -d name=me -d age=7 http://host  send a form
  demo get -v -m 5 https://host             what happens, for 5 s at most";

const SERVE_EXAMPLES: &str = "\
Serves on 127.0.0.1 until Ctrl-C. Each of the ten files has its own latency and
pace, unless you give one.

Examples:
  demo serve                                the ten slow files, on a free port
  demo serve . --port 8000                  this folder
  demo serve . --latency 200 --rate 50000   this folder, slowly";

const VIEW_EXAMPLES: &str = "\
A log holds all that happened in a run, so every view can be made of it later.

Examples:
  demo download --trace run.jsonl           record the ten files
  demo view run.jsonl                       a timeline, here in the terminal
  demo view run.jsonl --narrate | less      the run as a story
  demo view run.jsonl -o run.html           the player, for a browser
  demo view run.jsonl -o run.json           for https://ui.perfetto.dev";

#[cfg(unix)]
const LESSON_EXAMPLES: &str = "\
A lesson says what the lecture claims, runs it on the real event loop, prints
what was measured and whether the claim was seen in it, and where to read on.
The exit code is 0 if it was seen, and 1 if this machine did not show it in
three tries. Nothing is needed but this program: no network, no other files.

A lesson may run several loops. The first is recorded in the file that --trace
names, the second beside it in NAME-2.html, and so on.

Examples:
  demo lesson                               the list
  demo lesson freeze                        one of them
  demo lesson event-loop --step             an event at a time
  demo lesson freeze --trace run.html       its loops, to play in a browser
  demo lesson all                           all, in less than a minute";

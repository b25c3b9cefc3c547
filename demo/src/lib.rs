//! Ten files at once on one thread: the downloader, its embedded server, and what the loop did.
//!
//! A library with a thin binary over it, so that tests can reach its parts.
//!
//! | file | concept |
//! | --- | --- |
//! | `cli.rs` | the command line |
//! | `download.rs`, `download/` | `demo download`: many files at once; retries, parts that are continued, checksums |
//! | `get.rs`, `serve.rs` | `demo get`: one request; `demo serve`: the server by itself |
//! | `server.rs`, `site.rs`, `files.rs` | the embedded server; what it serves; the ten files |
//! | `save.rs`, `names.rs`, `globs.rs` | files that are never half there; which names are taken; `[1-10]` in URLs |
//! | `progress.rs`, `summary.rs`, `text.rs` | what one sees |
//! | `trace/`, `view.rs` | a run of the loop, recorded: its log, and all views of it; `demo view` |
//! | `lesson/` | `demo lesson`: the lecture's ideas, one at a time |
//! | `signal.rs` | Ctrl-C as one more thing to wait for |

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use http_client::tls::Certificates;
use http_client::{Client, ClientBuilder};
use runtime::{Builder, Runtime};

use self::cli::values::Resolve;

pub mod cli;
pub mod download;
pub mod files;
pub mod get;
pub mod globs;
#[cfg(unix)]
pub mod lesson;
pub mod names;
pub mod progress;
pub mod save;
pub mod serve;
pub mod server;
pub mod signal;
pub mod site;
pub mod summary;
pub mod text;
pub mod trace;
pub mod view;

/// Runs what the command line asks for: 0 if it went well, 1 if not, 2 if it was not understood, and 130 after Ctrl-C
/// (128 and the number of the signal, after others).
pub fn main() -> ExitCode {
    match cli::Cli::parse().command() {
        cli::Command::Download(args) => download::run(&args),
        cli::Command::Get(args) => get::run(&args),
        cli::Command::Serve(args) => serve::run(&args),
        cli::Command::View(args) => view::run(&args),
        #[cfg(unix)]
        cli::Command::Lesson(args) => lesson::run(&args),
        #[cfg(unix)]
        cli::Command::LessonPart(args) => lesson::part::run(&args),
    }
}

/// The event loop of a command.
fn event_loop(settings: Builder) -> Result<Runtime, String> {
    settings.build().map_err(|e| format!("the event loop could not be made: {e}"))
}

/// The HTTP client of a command: where it connects to, and whom it trusts.
fn client(mut settings: ClientBuilder, args: &cli::Request) -> Result<Client, String> {
    for Resolve { host, port, addresses } in &args.resolve {
        settings = settings.resolve(host, *port, addresses);
    }
    if let Some(path) = &args.cacert {
        let certificates = Certificates::from_pem_file(path).map_err(|e| e.to_string())?;
        settings = settings.add_root_certificates(&certificates);
    }
    if args.insecure {
        let _ = writeln!(io::stderr(), "demo: {INSECURE}");
        settings = settings.danger_accept_invalid_certs(true);
    }
    Ok(settings.build())
}

/// Said once a run: it must not be possible to forget the flag in a script and never hear of it.
const INSECURE: &str = "WARNING! --insecure: no certificate is checked. ANYBODY between here and the server can read \
                        and change what comes.";

/// Says on stderr, in one line, why it did not go well.
fn fail(why: impl Display) -> ExitCode {
    // stderr may be closed; there is nobody else to tell.
    let _ = writeln!(io::stderr(), "demo: {}", text::one_line(&why.to_string()));
    ExitCode::FAILURE
}

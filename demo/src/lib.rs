//! Ten files at once on one thread: the downloader, its embedded server, and what the loop did.
//!
//! A library with a thin binary over it, so that tests can reach its parts.
//!
//! | file | concept |
//! | --- | --- |
//! | `cli.rs` | the command line |
//! | `download.rs` | `demo download`: many files at once; one file, from its URL to its name in a folder |
//! | `get.rs`, `serve.rs` | `demo get`: one request; `demo serve`: the server by itself |
//! | `server.rs`, `site.rs`, `files.rs` | the embedded server; what it serves; the ten files |
//! | `save.rs`, `names.rs`, `globs.rs` | files that are never half there; which names are taken; `[1-10]` in URLs |
//! | `progress.rs`, `summary.rs`, `text.rs` | what one sees |
//! | `signal.rs` | Ctrl-C as one more thing to wait for |

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use http_client::tls::Certificates;
use http_client::{Client, ClientBuilder};
use runtime::{Builder, Runtime};

pub mod cli;
pub mod download;
pub mod files;
pub mod get;
pub mod globs;
pub mod names;
pub mod progress;
pub mod save;
pub mod serve;
pub mod server;
pub mod signal;
pub mod site;
pub mod summary;
pub mod text;

/// Runs what the command line asks for: 0 if it went well, 1 if not, 2 if it was not understood, and 130 after Ctrl-C
/// (128 and the number of the signal, after others).
pub fn main() -> ExitCode {
    match cli::Cli::parse().command() {
        cli::Command::Download(args) => download::run(&args),
        cli::Command::Get(args) => get::run(&args),
        cli::Command::Serve(args) => serve::run(&args),
    }
}

/// The event loop of a command.
fn event_loop(settings: Builder) -> Result<Runtime, String> {
    settings.build().map_err(|e| format!("the event loop could not be made: {e}"))
}

/// The HTTP client of a command, and whom it is to trust besides.
fn client(settings: ClientBuilder, cacert: Option<&Path>) -> Result<Client, String> {
    Ok(match cacert {
        None => settings.build(),
        Some(path) => {
            let certificates = Certificates::from_pem_file(path).map_err(|e| e.to_string())?;
            settings.add_root_certificates(&certificates).build()
        }
    })
}

/// Says on stderr, in one line, why it did not go well.
fn fail(why: impl Display) -> ExitCode {
    // stderr may be closed; there is nobody else to tell.
    let _ = writeln!(io::stderr(), "demo: {}", text::one_line(&why.to_string()));
    ExitCode::FAILURE
}

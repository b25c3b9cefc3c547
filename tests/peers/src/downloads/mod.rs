//! The other bench: many files from one nginx, by the demo and by other clients.
//!
//! Each client is a process of its own that saves every file in a folder, 32 at once. Told are the time on the wall,
//! user and system CPU time and the most memory (`wait4`). The server is one nginx process on the same machine, over
//! http and https; what is served is in its page cache. After each run the files are counted and their sizes looked
//! at.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `site.rs` | what is served, and whether it has arrived |
//! | `clients.rs` | the clients: how each is told to do the same |
//! | `reqwest.rs`, `ureq.rs`, `aiohttp.py` | small programs on those libraries |
//! | `floor.rs` | the same by a loop written by hand, without futures: what no client can go below |
//! | `run.rs` | all of them in turn, round after round; the command line |

mod clients;
mod floor;
mod reqwest;
mod run;
mod site;
mod ureq;

pub use run::main;

/// How many files are fetched at once.
const AT_ONCE: usize = 32;

/// What a client inside this program is told.
#[derive(clap::Args)]
struct Order {
    /// Which files: the first of these URLs, with a number from 0 to the last appended
    base: String,
    /// How many
    files: usize,
    /// Where to
    folder: std::path::PathBuf,
    /// Whom to trust
    cacert: std::path::PathBuf,
}

impl Order {
    /// The URL of a file.
    fn url(&self, n: usize) -> String {
        format!("{}{n}", self.base)
    }

    /// Where it goes.
    fn path(&self, n: usize) -> std::path::PathBuf {
        self.folder.join(format!("file{n}"))
    }
}

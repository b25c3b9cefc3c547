//! A run of the loop, recorded, and all the views of it.
//!
//! An observer of the runtime keeps everything that happens in one append-only list, the log. Every view is made from
//! it, afterwards: so what they show is what happened, and a view that somebody thinks of later can show a run of today.
//!
//! ```text
//! runtime ── events ──▶ Recorder ──▶ Log ──┬──▶ .jsonl   the log itself      jsonl
//!                                          ├──▶ .html    the player          html, demo/player
//!                                          ├──▶ .json    Perfetto, Chrome    perfetto
//!                                          ├──▶ a story, in sentences        narrate
//!                                          └──▶ a timeline, in a terminal    timeline
//! ```
//!
//! | file | concept |
//! | --- | --- |
//! | `event.rs` | **what an event looks like**, each type of it |
//! | `record.rs`, `pack.rs`, `unpack.rs`, `sources.rs` | the recorder; how it keeps events while the run goes on; the lines of source they name |
//! | `log.rs`, `jsonl.rs` | the log; the log as a file |
//! | `replay.rs`, `check.rs` | the log folded into the state of the machine; what must hold in each |
//! | `names.rs`, `hindsight.rs`, `story.rs`, `narrate.rs` | what people call the things; what is known only from what came later; an event in words; the story |
//! | `timeline.rs`, `cells.rs` | the timeline for a terminal; what its columns show |
//! | `perfetto.rs`, `html.rs` | the other views |
//! | `file.rs`, `show.rs`, `watch.rs` | views as files; views in the terminal; what a command does about both |
//! | `to_file.rs` | one line for a program of one's own |
//!
//! # In a program of one's own
//!
//! ```no_run
//! let runtime = runtime::Builder::new().observer(demo::trace::to_file("run.html")?).build()?;
//! runtime.block_on(async { /* … */ });
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The file is there when the runtime is dropped, after a panic too, and on Ctrl-C: [`to_file`].

mod cells;
pub mod check;
pub mod event;
mod file;
mod hindsight;
pub mod html;
pub mod jsonl;
mod log;
pub mod names;
pub mod narrate;
mod pack;
pub mod perfetto;
mod record;
pub mod replay;
mod show;
mod sources;
pub mod story;
pub mod timeline;
mod to_file;
mod unpack;
mod watch;

pub use file::{FileError, Format, Output};
pub use log::{Clock, Header, Log, VERSION};
pub use record::{LIMIT, Recorder};
pub use show::Wanted;
pub use to_file::{ToFile, to_file};
pub use watch::{Watch, Watched};

//! The parts of the demo that need no network, tested by themselves.

mod files;
mod globs;
mod lists;
mod names;
mod queue;
mod replies;
mod resume;
mod retry;
mod save;
#[cfg(unix)]
mod signal;
mod small_files;
mod summary;
mod text;
mod values;

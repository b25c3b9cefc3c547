//! The parts of the demo that need no loop and no network, tested by themselves.

mod files;
mod globs;
mod names;
mod save;
#[cfg(unix)]
mod signal;
mod summary;
mod text;

//! The player, driven in a real Chromium: `demo/player`.
//!
//! Each test opens pages as a person would, from the file system. Without a Chromium they are skipped, and say so.
#![cfg(unix)]

mod browser;
mod opening;
mod runs;
mod states;
mod use_of_it;

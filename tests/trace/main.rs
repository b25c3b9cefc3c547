//! The event log and its views: `demo::trace`.

mod commands;
mod jsonl;
mod replay;
mod runs;
mod views;

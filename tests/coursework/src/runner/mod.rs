//! The runner's parts. See `main.rs`.

mod cargo;
mod child;
pub(crate) mod cli;
mod course;
mod grade;
mod passed;
mod progress;
mod screen;
mod selfcheck;
mod show;
mod student;

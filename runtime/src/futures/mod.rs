//! Futures made of futures, and the one that gives way.

mod engine;
mod join_all;
mod race;
mod yield_now;

pub use join_all::{JoinAll, join_all};
pub use race::{Either, race};
pub use yield_now::{YieldNow, yield_now};

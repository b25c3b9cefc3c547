//! Tests of `runtime::sim`, and with it: the explorer of schedules, what it shows of the runtime, and the simulated
//! network.
//!
//! Each test says how many schedules it has run (`cargo test -p tests --test sim -- --nocapture`). With `SIM_MORE=10` in the
//! environment the property tests run ten times as many cases, and programs that have too many orders for every day are
//! explored in up to 100,000 of them.

// Handles and futures leave the block they were made in: what becomes of them there is the point.
#![allow(clippy::async_yields_async)]

mod broken;
mod client;
mod combinators;
mod counting;
mod explorer;
mod faults;
mod net;
mod properties;
mod support;
mod sync;

//! Tests of `runtime::sim`, and with it: the explorer of schedules, what it shows of the runtime, and the simulated
//! network.
//!
//! Each test says how many schedules it has run (`cargo test -p tests --test sim -- --nocapture`). With `SIM_MORE=10` in the
//! environment the property tests run ten times as many cases, and all programs are explored in all their orders.

// Handles and futures leave the block they were made in: what becomes of them there is the point.
#![allow(clippy::async_yields_async)]

mod broken;
mod combinators;
mod counting;
mod explorer;
mod faults;
mod net;
mod properties;
mod support;
mod sync;

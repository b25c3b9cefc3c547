//! Tests of `runtime::sim`, and with it: the explorer of schedules, what it shows of the runtime, and the simulated
//! network.

// Handles and futures leave the block they were made in: what becomes of them there is the point.
#![allow(clippy::async_yields_async)]

mod broken;
mod counting;
mod explorer;
mod net;
mod support;

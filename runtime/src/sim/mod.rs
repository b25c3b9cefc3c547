//! For tests that leave nothing to luck: the same program under every order of its tasks, over a network that is made up.
//!
//! - [`explore`](fn@explore): which of the ready tasks runs next is a choice, and a fault in a program of tasks is mostly
//!   one that only some choices show. The explorer runs a test under many or all of them. (asyncio has no such thing; for
//!   threads there are loom and shuttle.)
//! - [`net`]: streams and listeners in memory, with what goes wrong on a real network.
//!
//! This module is there only with the crate's feature `sim`. It adds to the crate and changes nothing else in it: what
//! is different in an explored run is a property of the runtime that the explorer builds.
//!
//! | file | concept |
//! | --- | --- |
//! | `explore.rs` | a test, run again and again; what counts as a failure |
//! | `orders.rs` | which order comes next when all of them are wanted |
//! | `chooser.rs` | what is left open in a run, and who decides it |
//! | `failure.rs`, `narrate.rs` | what was found, and the story of it |

mod chooser;
mod explore;
mod failure;
mod narrate;
pub mod net;
mod orders;

pub(crate) use chooser::{is_explored, pass_over, task_panicked};

pub use chooser::choose;
pub use explore::{Explored, Options, explore, try_explore};
pub use failure::{Failure, Why};

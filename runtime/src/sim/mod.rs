//! For tests that leave nothing to luck: the same program under every order of its tasks, over a network that is made up.
//!
//! - [`explore`]: which of the ready tasks runs next is a choice, and a fault in a program of tasks is mostly one that
//!   only some choices show. The explorer runs a test under many or all of them.
//! - [`net`]: streams and listeners in memory, with what goes wrong on a real network.
//!
//! This module is there only with the crate's feature `sim`. It adds to the crate and changes nothing else in it: what
//! is different in an explored run is a property of the runtime that the explorer builds.

pub mod explore;
pub mod net;

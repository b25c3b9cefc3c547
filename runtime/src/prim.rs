//! What the inbox is built from: the standard library's lock and flag, named in one place.
//!
//! Whether [`inbox`](crate::inbox) is right depends on how two threads interleave, so a model checker has to be able to run
//! it. It takes its primitives from `crate::prim`; a test crate that includes the
//! file by `#[path]` supplies a `prim` of the checker's own types instead. This crate never depends on a checker.

pub(crate) use std::sync::atomic::{AtomicBool, Ordering};
pub(crate) use std::sync::{Mutex, MutexGuard, PoisonError};

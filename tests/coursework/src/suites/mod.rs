//! The checks, a file for each exercise: the trait that an answer fills in, and what is asked of it.

pub mod e01_poll;
pub mod e06_spawn;

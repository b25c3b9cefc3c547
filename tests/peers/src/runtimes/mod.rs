//! The runtimes, one file each: how each is used, as its documentation recommends, on one thread.

mod compio;
mod localpool;
mod monoio;
mod roundabout;
mod smol;
mod tokio;

pub use compio::Compio;
pub use localpool::LocalPool;
pub use monoio::{Monoio, MonoioUring};
pub use roundabout::Roundabout;
pub use smol::Smol;
pub use tokio::{TokioLocal, TokioLocalSet};

/// Their names, ours first: in this order they stand in the table.
pub const NAMES: [&str; 8] =
    ["roundabout", "tokio-localset", "tokio-local", "smol", "localpool", "monoio", "monoio-uring", "compio"];

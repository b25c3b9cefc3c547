//! A value whose end is seen.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::log;

/// Says when it is dropped.
pub struct Token {
    name: String,
    dropped: Arc<AtomicBool>,
}

/// A value, and whether it was dropped.
pub fn token(name: impl Into<String>) -> (Token, Arc<AtomicBool>) {
    let dropped = Arc::new(AtomicBool::new(false));
    (Token { name: name.into(), dropped: dropped.clone() }, dropped)
}

impl Drop for Token {
    fn drop(&mut self) {
        log::event(format_args!("{}: dropped", self.name));
        self.dropped.store(true, Ordering::SeqCst);
    }
}

//! A panic that a lesson asked for: its text, and not on stderr.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::thread;

use super::board::lock;

/// Runs what is to panic, and gives the text that would have been printed; `None` if it did not panic.
pub(super) fn panic_of(body: impl FnOnce()) -> Option<String> {
    // The hook is the whole process's. One at a time changes it, and on other threads panics are printed as ever.
    static HOOK: Mutex<()> = Mutex::new(());
    let _one_at_a_time = lock(&HOOK);
    let (here, usual) = (thread::current().id(), Arc::new(panic::take_hook()));
    let elsewhere = usual.clone();
    panic::set_hook(Box::new(move |info| {
        if thread::current().id() != here {
            elsewhere(info);
        }
    }));
    let panicked = catch_unwind(AssertUnwindSafe(body));
    panic::set_hook(Box::new(move |info| usual(info)));
    let payload = panicked.err()?;
    Some(payload.downcast::<String>().map_or_else(|_| "a panic without a text".to_owned(), |text| *text))
}

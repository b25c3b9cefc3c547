//! How many files this process may have open.
//!
//! Many systems start a program with a low limit, 1024 or even 256, that it may raise by itself: it is low only for the
//! sake of programs that use `select`, which this one does not.

/// Raises the limit as far as it goes: what it is then, or `None` if there is none.
#[cfg(unix)]
pub(super) fn raised() -> Option<usize> {
    use rustix::process::{Resource, getrlimit, setrlimit};

    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Refused by some systems where there is no highest limit: then it stays as it is.
    let _ = setrlimit(Resource::Nofile, limit);
    let limit = getrlimit(Resource::Nofile).current?;
    Some(usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Elsewhere there is none that a program would meet.
#[cfg(not(unix))]
pub(super) fn raised() -> Option<usize> {
    None
}

//! How many connections a process may have: each is an open file, and of those it has a limit.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::{TenThousand, WANTED};
use crate::lesson::Outcome;
use crate::text;

/// File descriptors that a process needs beside those of its connections.
const OTHERS: u64 = 40;

/// How many connections this process may have. Its limit of open files is raised as far as anybody may: from the soft
/// limit to the hard one.
pub(super) fn connections_allowed() -> Outcome<usize> {
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    if soft < hard {
        // Where it is refused (macOS has another limit below), the soft one holds.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
    let (now, _) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(usize::try_from(now.saturating_sub(OTHERS))?)
}

/// The limit of open files: the soft one, and the hard one.
pub(super) fn open_files() -> Outcome<(u64, u64)> {
    Ok(getrlimit(Resource::RLIMIT_NOFILE)?)
}

/// What kept the lesson from having more connections, or would have.
pub(super) fn remarks(it: &TenThousand) -> Vec<String> {
    let (soft, hard) = it.open_files;
    let mut remarks = Vec::new();
    if it.on_loop.open < WANTED {
        remarks.push(format!(
                "There are no more connections, as a process may have {} open files here. `ulimit -Hn` shows that \
                 limit; /etc/security/limits.conf, or LimitNOFILE= of a service, raises it.",
                text::count(hard)
            ));
    } else if soft < WANTED as u64 {
        remarks.push(format!(
                "A process may have {} open files here unless it asks for more; these did, and got {}. In a shell, \
                 `ulimit -n {hard}` does that.",
                text::count(soft),
                text::count(hard)
            ));
    }
    if let Some(why) = &it.threads.refused {
        let threads = text::counted(it.threads.open as u64, "thread");
        remarks.push(format!("After {threads} the OS gave no more: {why}."));
    }
    remarks
}

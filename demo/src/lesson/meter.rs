//! What something costs: time, CPU, memory, and how often the kernel switched to another thread meanwhile.
//!
//! The kernel counts; `getrusage` asks it (POSIX, and what all Unixes add to it). A switch is *voluntary* if the thread
//! waits for something, and *involuntary* if its time is up, or one that is more urgent wants the core.

use std::time::{Duration, Instant};

use nix::sys::resource::{Usage, UsageWho, getrusage};
use serde::{Deserialize, Serialize};

use super::Outcome;

/// What something cost.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Cost {
    /// From its begin to its end.
    pub wall: Duration,
    /// CPU time, the program's own and the kernel's on its behalf, of all cores together.
    pub cpu: Duration,
    /// Switches to another thread as this one had to wait.
    pub voluntary: u64,
    /// Switches to another thread as this one was made to stop.
    pub involuntary: u64,
}

/// Whose cost it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// That of all threads of this process, those that have ended too.
    Process,
    /// That of this thread alone; of all threads of the process where the OS does not tell them apart.
    Thread,
    /// That of this process, and of its children that have ended and were waited for.
    Family,
}

/// Measures from its start on.
pub struct Meter {
    whose: Whose,
    start: Instant,
    before: Cost,
}

impl Meter {
    /// Begins.
    ///
    /// # Errors
    /// If the OS does not tell.
    pub fn start(whose: Whose) -> Outcome<Meter> {
        let before = spent(whose)?;
        Ok(Meter { whose, start: Instant::now(), before })
    }

    /// The cost so far.
    ///
    /// # Errors
    /// If the OS does not tell.
    pub fn read(&self) -> Outcome<Cost> {
        let (wall, now) = (self.start.elapsed(), spent(self.whose)?);
        Ok(Cost {
            wall,
            cpu: now.cpu.saturating_sub(self.before.cpu),
            voluntary: now.voluntary.saturating_sub(self.before.voluntary),
            involuntary: now.involuntary.saturating_sub(self.before.involuntary),
        })
    }
}

/// The most memory of its own that this process has had in RAM so far, in bytes; `None` where the OS does not tell. What
/// it has from files, as its program, is not counted: all processes of one program share that.
///
/// From `/proc`, and not the `ru_maxrss` of `getrusage`: Linux lets a child process begin that with its parent's.
pub fn peak_memory() -> Option<u64> {
    Some(status("VmHWM:")?.saturating_sub(status("RssFile:")?))
}

/// The memory of its own that this process has in RAM now, in bytes; `None` where the OS does not tell.
pub fn memory() -> Option<u64> {
    status("RssAnon:")
}

/// A value of `/proc/self/status`, which is in kB there.
fn status(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1024)
}

fn spent(whose: Whose) -> Outcome<Cost> {
    #[cfg(any(target_os = "linux", target_os = "freebsd", target_os = "openbsd"))]
    if whose == Whose::Thread {
        return Ok(cost(getrusage(UsageWho::RUSAGE_THREAD)?));
    }
    let own = cost(getrusage(UsageWho::RUSAGE_SELF)?);
    if whose != Whose::Family {
        return Ok(own);
    }
    let children = cost(getrusage(UsageWho::RUSAGE_CHILDREN)?);
    Ok(Cost {
        wall: Duration::ZERO,
        cpu: own.cpu + children.cpu,
        voluntary: own.voluntary + children.voluntary,
        involuntary: own.involuntary + children.involuntary,
    })
}

fn cost(usage: Usage) -> Cost {
    let time = |value: nix::sys::time::TimeVal| {
        let (seconds, micros) = (value.tv_sec().max(0), value.tv_usec().max(0));
        Duration::from_secs(seconds as u64) + Duration::from_micros(micros as u64)
    };
    Cost {
        wall: Duration::ZERO,
        cpu: time(usage.user_time()) + time(usage.system_time()),
        voluntary: usage.voluntary_context_switches().max(0) as u64,
        involuntary: usage.involuntary_context_switches().max(0) as u64,
    }
}

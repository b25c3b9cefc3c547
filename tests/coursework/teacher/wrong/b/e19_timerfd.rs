//! 19, wrong: an event is taken for a tick (trap 28).
//! says: trap 28

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::time::Duration;

use runtime::Async;
use runtime::mio::event::Source;
use runtime::mio::unix::SourceFd;
use runtime::mio::{Interest, Registry, Token};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

/// The descriptor. It closes itself.
struct TimerFd(OwnedFd);

impl TimerFd {
    fn read(&self) -> io::Result<u64> {
        let mut count = [0; 8];
        rustix::io::read(&self.0, &mut count)?;
        Ok(u64::from_ne_bytes(count))
    }
}

impl Source for TimerFd {
    fn register(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).register(registry, token, interests)
    }

    fn reregister(&mut self, registry: &Registry, token: Token, interests: Interest) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).reregister(registry, token, interests)
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        SourceFd(&self.0.as_raw_fd()).deregister(registry)
    }
}

pub struct Timer(Async<TimerFd>);

impl Timer {
    pub fn new() -> io::Result<Timer> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let fd = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        Ok(Timer(Async::new(TimerFd(fd))?))
    }

    pub fn set(&self, first: Duration, period: Duration) -> io::Result<()> {
        // Zero would stop it.
        let it_value = timespec(first.max(Duration::from_nanos(1)));
        let value = Itimerspec { it_value, it_interval: timespec(period) };
        timerfd_settime(&self.0.get_ref().0, TimerfdTimerFlags::empty(), &value)?;
        Ok(())
    }

    pub async fn tick(&self) -> io::Result<u64> {
        let _ = self.0.try_read_with(|_| Err::<(), _>(io::ErrorKind::WouldBlock.into()));
        self.0.readable().await;
        self.0.try_read_with(TimerFd::read)
    }
}

/// More than the OS's number holds is as long as it holds.
fn timespec(duration: Duration) -> Timespec {
    let tv_sec = i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
    Timespec { tv_sec, tv_nsec: duration.subsec_nanos().into() }
}

use coursework::suites::e16_semaphore::Semaphore16;

use crate::e16_semaphore::{Permit, Semaphore};

pub(crate) type Mine = Semaphore;

impl Semaphore16 for Mine {
    type Permit = Permit;

    fn new(permits: usize) -> Self {
        Semaphore::new(permits)
    }

    fn acquire(&self, n: usize) -> impl Future<Output = Permit> + 'static {
        Semaphore::acquire(self, n)
    }

    fn try_acquire(&self, n: usize) -> Option<Permit> {
        Semaphore::try_acquire(self, n)
    }

    fn available(&self) -> usize {
        Semaphore::available(self)
    }
}

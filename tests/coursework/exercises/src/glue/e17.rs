use coursework::suites::e17_barrier::{Barrier17, Broken};

use crate::e17_barrier::Barrier;

pub(crate) type Mine = Barrier;

impl Barrier17 for Mine {
    fn new(parties: usize) -> Self {
        Barrier::new(parties)
    }

    fn wait(&self) -> impl Future<Output = Result<bool, Broken>> + 'static {
        let wait = Barrier::wait(self);
        async { wait.await.map_err(|_| Broken) }
    }

    fn waiting(&self) -> usize {
        Barrier::waiting(self)
    }

    fn reset(&self) {
        Barrier::reset(self);
    }

    fn abort(&self) {
        Barrier::abort(self);
    }
}

use coursework::suites::e08_join_handle::{Tasks, Why};

use crate::e08_join_handle::{self, JoinError, JoinHandle};
use crate::given::executor;

pub(crate) struct Mine;

impl Tasks for Mine {
    type Error = JoinError;
    type Handle<T: 'static> = JoinHandle<T>;

    fn block_on<F: Future>(main: F) -> F::Output {
        executor::block_on(main)
    }

    fn spawn<T: 'static>(task: impl Future<Output = T> + 'static) -> JoinHandle<T> {
        e08_join_handle::spawn(task)
    }

    fn is_finished<T: 'static>(handle: &JoinHandle<T>) -> bool {
        handle.is_finished()
    }

    fn abort<T: 'static>(handle: &JoinHandle<T>) {
        handle.abort();
    }

    fn why(error: &JoinError) -> Why {
        match error {
            JoinError::Panicked(_) => Why::Panicked,
            JoinError::Cancelled => Why::Cancelled,
        }
    }
}

use coursework::suites::e06_spawn::Spawn;

use crate::e07_wakes;

pub(crate) struct Mine;

impl Spawn for Mine {
    fn block_on<F: Future>(main: F) -> F::Output {
        e07_wakes::block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        e07_wakes::spawn(task);
    }
}

use coursework::suites::e06_spawn::Spawn;

use crate::e06_spawn;

pub(crate) struct Mine;

impl Spawn for Mine {
    fn block_on<F: Future>(main: F) -> F::Output {
        e06_spawn::block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        e06_spawn::spawn(task);
    }
}

use std::io;

use coursework::suites::e10_reactor::Pipes;
use mio::unix::pipe::Receiver;

use crate::e10_reactor::{self, PipeReader};

pub(crate) struct Mine;

impl Pipes for Mine {
    type Reader = PipeReader;

    fn block_on<F: Future>(main: F) -> F::Output {
        e10_reactor::block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        e10_reactor::spawn(task);
    }

    fn reader(pipe: Receiver) -> io::Result<PipeReader> {
        PipeReader::new(pipe)
    }

    fn read(reader: &mut PipeReader, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        reader.read(buffer)
    }

    fn sources() -> usize {
        e10_reactor::sources()
    }
}

use coursework::suites::e18_channel::Channel;

use crate::e18_channel::{self, Receiver, Sender};

pub(crate) struct Mine;

impl Channel for Mine {
    type Sender<T: 'static> = Sender<T>;
    type Receiver<T: 'static> = Receiver<T>;

    fn channel<T: 'static>(capacity: usize) -> (Sender<T>, Receiver<T>) {
        e18_channel::channel(capacity)
    }

    fn send<T: 'static>(sender: &Sender<T>, message: T) -> impl Future<Output = Result<(), T>> {
        sender.send(message)
    }

    fn recv<T: 'static>(receiver: &mut Receiver<T>) -> impl Future<Output = Option<T>> {
        receiver.recv()
    }
}

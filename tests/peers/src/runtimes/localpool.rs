//! futures' `LocalPool`: tasks, and neither timers nor sockets.

use std::rc::Rc;

use futures::channel::mpsc::{self, Receiver, Sender};
use futures::executor::LocalSpawner;
use futures::future::RemoteHandle;
use futures::lock::Mutex;
use futures::task::LocalSpawnExt;
use futures::{SinkExt, StreamExt};

use crate::futures::yield_once;
use crate::peer::Peer;

/// `futures::executor::LocalPool`.
#[derive(Clone)]
pub struct LocalPool(Rc<LocalSpawner>);

impl Peer for LocalPool {
    type Handle<T: 'static> = RemoteHandle<T>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    type Mutex = Mutex<u64>;

    fn run<T: 'static, F: Future<Output = T> + 'static>(main: impl FnOnce(Self) -> F) -> Result<T, String> {
        let mut pool = futures::executor::LocalPool::new();
        let peer = LocalPool(Rc::new(pool.spawner()));
        let main = peer.spawn(main(peer.clone()));
        Ok(pool.run_until(main))
    }

    fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Self::Handle<T> {
        self.0.spawn_local_with_handle(future).expect("the pool is there")
    }

    fn channel(capacity: usize) -> (Self::Sender, Self::Receiver) {
        // It adds one place for each sender.
        mpsc::channel(capacity - 1)
    }

    async fn send(sender: &mut Self::Sender, number: u64) {
        // `send` flushes, which waits until the channel is empty: `feed` is what waits for a place.
        sender.feed(number).await.expect("the receiver is there");
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.next().await
    }

    fn mutex() -> Self::Mutex {
        Mutex::new(0)
    }

    async fn add_one(mutex: &Self::Mutex) {
        let mut guard = mutex.lock().await;
        yield_once().await;
        *guard += 1;
    }
}

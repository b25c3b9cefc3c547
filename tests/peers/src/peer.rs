//! What a runtime must be able to do to be compared.
//!
//! Three traits, as not every runtime can do everything: futures' `LocalPool` has tasks and nothing else.

use std::net::SocketAddr;
use std::time::Duration;

/// Runs tasks on one thread.
///
/// A value of it is passed along to wherever tasks are spawned: nothing at all for most runtimes, and what their
/// `spawn` is called on for the rest.
pub trait Peer: Clone + 'static {
    /// What is awaited for the end of a task. Whether it gives the output, or a result with it, is not looked at.
    type Handle<T: 'static>: Future + 'static;
    /// The sending end of a bounded channel.
    type Sender: 'static;
    /// Its receiving end.
    type Receiver: 'static;
    /// A lock that tasks wait for.
    type Mutex: 'static;

    /// Makes a runtime, and runs `main` on it to the end.
    ///
    /// # Errors
    /// Why this runtime cannot run here: a kernel without io_uring.
    fn run<T: 'static, F: Future<Output = T> + 'static>(main: impl FnOnce(Self) -> F) -> Result<T, String>;

    /// Makes a future a task.
    fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Self::Handle<T>;

    /// A channel that holds up to `capacity` numbers.
    fn channel(capacity: usize) -> (Self::Sender, Self::Receiver);
    /// Sends a number; waits while the channel is full.
    fn send(sender: &mut Self::Sender, number: u64) -> impl Future<Output = ()>;
    /// The next number; none when the sender is gone.
    fn recv(receiver: &mut Self::Receiver) -> impl Future<Output = Option<u64>>;

    /// A lock around a number.
    fn mutex() -> Self::Mutex;
    /// Takes the lock, gives way to other tasks once while it has it, and adds one.
    fn add_one(mutex: &Self::Mutex) -> impl Future<Output = ()>;

    /// All of these at once, in the way the runtime has for many: none of its own unless it says so.
    fn join_all<F: Future<Output = ()> + 'static>(
        &self,
        futures: impl Iterator<Item = F>,
    ) -> impl Future<Output = ()> {
        let all = futures::future::join_all(futures);
        async {
            all.await;
        }
    }
}

/// Has timers.
pub trait Timed: Peer {
    /// Waits for this long.
    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static;
    /// Waits for a future, but no longer than this.
    fn timeout(duration: Duration, future: impl Future<Output = ()>) -> impl Future<Output = ()>;
}

/// Has TCP. Buffers are handed over and come back, as the runtimes on io_uring need it; for the others that is three
/// words that move.
pub trait Net: Timed {
    /// Accepts connections.
    type Listener: 'static;
    /// A connection.
    type Stream: 'static;

    /// Listens on a free port of this address.
    fn listen(addr: SocketAddr) -> impl Future<Output = (Self::Listener, SocketAddr)>;
    /// The next connection.
    fn accept(listener: &Self::Listener) -> impl Future<Output = Self::Stream>;
    /// Connects.
    fn connect(addr: SocketAddr) -> impl Future<Output = Self::Stream>;
    /// Sends small messages at once, and not only when the last one has been acknowledged.
    fn set_nodelay(stream: &Self::Stream);
    /// One read into `buffer`, up to its capacity: how much came. The buffer is longer than that, or as long.
    fn read(stream: &mut Self::Stream, buffer: Vec<u8>) -> impl Future<Output = (usize, Vec<u8>)>;
    /// Writes the first `n` bytes of `buffer`.
    fn write(stream: &mut Self::Stream, buffer: Vec<u8>, n: usize) -> impl Future<Output = Vec<u8>>;
}

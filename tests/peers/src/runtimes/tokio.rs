//! tokio on one thread, in its two ways: a `LocalSet` on a current-thread runtime, and a `LocalRuntime`.
//!
//! Both spawn with `spawn_local`, and differ in how the tasks are driven. All that follows is the same for both, and
//! stands here once: `Flavor` says how it is begun.

use std::marker::PhantomData;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{Mutex, mpsc};
use tokio::task::{JoinHandle, JoinSet, LocalSet, spawn_local};

use crate::futures::yield_once;
use crate::peer::{Net, Peer, Timed};

/// How a future is run to its end.
pub trait Flavor: Clone + 'static {
    /// Makes a runtime and runs `main` on it, as the future that is given to `block_on`.
    fn block_on<T>(main: impl Future<Output = T>) -> T;
}

/// A `LocalSet` on a current-thread runtime.
#[derive(Clone)]
pub struct Set;

/// A `LocalRuntime`.
#[derive(Clone)]
pub struct Whole;

impl Flavor for Set {
    fn block_on<T>(main: impl Future<Output = T>) -> T {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        LocalSet::new().block_on(&runtime, main)
    }
}

impl Flavor for Whole {
    fn block_on<T>(main: impl Future<Output = T>) -> T {
        let mut builder = Builder::new_current_thread();
        builder.enable_all().build_local(LocalOptions::default()).expect("a runtime").block_on(main)
    }
}

/// tokio, in one of its two ways.
#[derive(Clone)]
pub struct Tokio<F>(PhantomData<F>);

/// `tokio::task::LocalSet`.
pub type TokioLocalSet = Tokio<Set>;

/// `tokio::runtime::LocalRuntime`.
pub type TokioLocal = Tokio<Whole>;

impl<Way: Flavor> Peer for Tokio<Way> {
    type Handle<T: 'static> = JoinHandle<T>;
    type Sender = mpsc::Sender<u64>;
    type Receiver = mpsc::Receiver<u64>;
    type Mutex = Mutex<u64>;

    fn run<T: 'static, F: Future<Output = T> + 'static>(main: impl FnOnce(Self) -> F) -> Result<T, String> {
        let main = main(Tokio(PhantomData));
        Way::block_on(async { spawn_local(main).await }).map_err(|e| e.to_string())
    }

    fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Self::Handle<T> {
        spawn_local(future)
    }

    fn channel(capacity: usize) -> (Self::Sender, Self::Receiver) {
        mpsc::channel(capacity)
    }

    async fn send(sender: &mut Self::Sender, number: u64) {
        sender.send(number).await.expect("the receiver is there");
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await
    }

    fn mutex() -> Self::Mutex {
        Mutex::new(0)
    }

    async fn add_one(mutex: &Self::Mutex) {
        let mut guard = mutex.lock().await;
        yield_once().await;
        *guard += 1;
    }

    /// tokio has no `join_all`: its documentation says `JoinSet`, where each future is a task.
    async fn join_all<F: Future<Output = ()> + 'static>(&self, futures: impl Iterator<Item = F>) {
        let mut set = JoinSet::new();
        for future in futures {
            set.spawn_local(future);
        }
        while set.join_next().await.is_some() {}
    }
}

impl<Way: Flavor> Timed for Tokio<Way> {
    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        tokio::time::sleep(duration)
    }

    async fn timeout(duration: Duration, future: impl Future<Output = ()>) {
        let _ = tokio::time::timeout(duration, future).await;
    }
}

impl<Way: Flavor> Net for Tokio<Way> {
    type Listener = TcpListener;
    type Stream = TcpStream;

    async fn listen(addr: SocketAddr) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(addr).await.expect("a free port");
        let addr = listener.local_addr().expect("its address");
        (listener, addr)
    }

    async fn accept(listener: &TcpListener) -> TcpStream {
        listener.accept().await.expect("a connection").0
    }

    async fn connect(addr: SocketAddr) -> TcpStream {
        TcpStream::connect(addr).await.expect("a connection")
    }

    fn set_nodelay(stream: &TcpStream) {
        stream.set_nodelay(true).expect("a socket option");
    }

    async fn read(stream: &mut TcpStream, mut buffer: Vec<u8>) -> (usize, Vec<u8>) {
        let n = stream.read(&mut buffer).await.expect("something to read");
        (n, buffer)
    }

    async fn write(stream: &mut TcpStream, buffer: Vec<u8>, n: usize) -> Vec<u8> {
        stream.write_all(&buffer[..n]).await.expect("a reader");
        buffer
    }
}

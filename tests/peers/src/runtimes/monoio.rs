//! monoio, on each of its two drivers: epoll ("legacy") and io_uring.
//!
//! With its feature `sync`: without it a wake from another thread is lost. It has no channel and no lock of its own; its
//! authors' crate `local-sync` has a channel, and a semaphore of one permit stands in for the lock.

use std::cell::Cell;
use std::marker::PhantomData;
use std::net::SocketAddr;
use std::time::Duration;

use local_sync::mpsc::bounded::{self, Rx, Tx};
use local_sync::semaphore::Semaphore;
use monoio::buf::IoBuf;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt};
use monoio::net::{TcpListener, TcpStream};
use monoio::task::JoinHandle;
use monoio::{IoUringDriver, LegacyDriver, RuntimeBuilder};

use crate::futures::yield_once;
use crate::peer::{Net, Peer, Timed};

/// Which driver.
pub trait Driver: Clone + 'static {
    /// Makes a runtime and runs `main` on it.
    ///
    /// # Errors
    /// The kernel refuses this driver.
    fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> Result<F::Output, String>;
}

/// epoll.
#[derive(Clone)]
pub struct Legacy;

/// io_uring.
#[derive(Clone)]
pub struct Uring;

impl Driver for Legacy {
    fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> Result<F::Output, String> {
        let runtime = RuntimeBuilder::<LegacyDriver>::new().enable_timer().build();
        Ok(runtime.map_err(|e| e.to_string())?.block_on(main))
    }
}

impl Driver for Uring {
    fn block_on<F: Future<Output: 'static> + 'static>(main: F) -> Result<F::Output, String> {
        let runtime = RuntimeBuilder::<IoUringDriver>::new().enable_timer().build();
        let refused = |e| format!("the kernel refuses io_uring: {e}");
        Ok(runtime.map_err(refused)?.block_on(main))
    }
}

/// monoio, on one of its two drivers.
#[derive(Clone)]
pub struct On<D>(PhantomData<D>);

/// monoio on epoll.
pub type Monoio = On<Legacy>;

/// monoio on io_uring.
pub type MonoioUring = On<Uring>;

impl<D: Driver> Peer for On<D> {
    type Handle<T: 'static> = JoinHandle<T>;
    type Sender = Tx<u64>;
    type Receiver = Rx<u64>;
    type Mutex = (Semaphore, Cell<u64>);

    fn run<T: 'static, F: Future<Output = T> + 'static>(main: impl FnOnce(Self) -> F) -> Result<T, String> {
        let main = main(On(PhantomData));
        D::block_on(async { monoio::spawn(main).await })
    }

    fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Self::Handle<T> {
        monoio::spawn(future)
    }

    fn channel(capacity: usize) -> (Self::Sender, Self::Receiver) {
        bounded::channel(capacity)
    }

    async fn send(sender: &mut Self::Sender, number: u64) {
        assert!(sender.send(number).await.is_ok(), "the receiver is there");
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await
    }

    fn mutex() -> Self::Mutex {
        (Semaphore::new(1), Cell::new(0))
    }

    async fn add_one((semaphore, number): &Self::Mutex) {
        let permit = semaphore.acquire().await;
        yield_once().await;
        number.set(number.get() + 1);
        drop(permit);
    }
}

impl<D: Driver> Timed for On<D> {
    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        monoio::time::sleep(duration)
    }

    async fn timeout(duration: Duration, future: impl Future<Output = ()>) {
        let _ = monoio::time::timeout(duration, future).await;
    }
}

impl<D: Driver> Net for On<D> {
    type Listener = TcpListener;
    type Stream = TcpStream;

    async fn listen(addr: SocketAddr) -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind(addr).expect("a free port");
        let addr = listener.local_addr().expect("its address");
        (listener, addr)
    }

    async fn accept(listener: &TcpListener) -> TcpStream {
        listener.accept().await.expect("a connection").0
    }

    async fn connect(addr: SocketAddr) -> TcpStream {
        TcpStream::connect_addr(addr).await.expect("a connection")
    }

    fn set_nodelay(stream: &TcpStream) {
        stream.set_nodelay(true).expect("a socket option");
    }

    async fn read(stream: &mut TcpStream, buffer: Vec<u8>) -> (usize, Vec<u8>) {
        let (read, buffer) = stream.read(buffer).await;
        (read.expect("something to read"), buffer)
    }

    async fn write(stream: &mut TcpStream, buffer: Vec<u8>, n: usize) -> Vec<u8> {
        let (written, slice) = stream.write_all(buffer.slice(..n)).await;
        written.expect("a reader");
        slice.into_inner()
    }
}

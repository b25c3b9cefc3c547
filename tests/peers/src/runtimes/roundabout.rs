//! This project's own.

use std::net::SocketAddr;
use std::time::Duration;

use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::net::{TcpListener, TcpStream};
use runtime::sync::{Mutex, mpsc};
use runtime::{Builder, OnStall};

use crate::futures::yield_once;
use crate::peer::{Net, Peer, Timed};

/// `runtime::block_on`.
#[derive(Clone)]
pub struct Roundabout;

impl Peer for Roundabout {
    type Handle<T: 'static> = runtime::JoinHandle<T>;
    type Sender = mpsc::Sender<u64>;
    type Receiver = mpsc::Receiver<u64>;
    type Mutex = Mutex<u64>;

    fn run<T: 'static, F: Future<Output = T> + 'static>(main: impl FnOnce(Self) -> F) -> Result<T, String> {
        // Another thread may wake what waits here, so that nothing is ready is no fault to be told of.
        let runtime = Builder::new().on_stall(OnStall::Wait).build().map_err(|e| e.to_string())?;
        let main = main(Roundabout);
        runtime.block_on(async { runtime::spawn(main).await }).map_err(|e| e.to_string())
    }

    fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Self::Handle<T> {
        runtime::spawn(future)
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

    async fn join_all<F: Future<Output = ()> + 'static>(&self, futures: impl Iterator<Item = F>) {
        runtime::join_all(futures).await;
    }
}

impl Timed for Roundabout {
    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        runtime::sleep(duration)
    }

    async fn timeout(duration: Duration, future: impl Future<Output = ()>) {
        let _ = runtime::timeout(duration, future).await;
    }
}

impl Net for Roundabout {
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

//! compio, on io_uring where the kernel allows it and on epoll (polling) where not: its own choice.
//!
//! It has no channel and no lock of its own: async-channel and async-lock, which do not depend on a runtime, stand in.

use std::net::SocketAddr;
use std::time::Duration;

use compio::BufResult;
use compio::buf::{IntoInner, IoBuf};
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream};
use compio::runtime::{JoinHandle, Runtime};
use smol::channel::{self, Receiver, Sender};
use smol::lock::Mutex;

use crate::futures::yield_once;
use crate::peer::{Net, Peer, Timed};

/// `compio::runtime::Runtime`.
#[derive(Clone)]
pub struct Compio;

impl Peer for Compio {
    type Handle<T: 'static> = JoinHandle<T>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    type Mutex = Mutex<u64>;

    fn run<T: 'static, F: Future<Output = T> + 'static>(main: impl FnOnce(Self) -> F) -> Result<T, String> {
        let runtime = Runtime::new().map_err(|e| e.to_string())?;
        let main = main(Compio);
        runtime
            .block_on(async { compio::runtime::spawn(main).await })
            .map_err(|_| "the work panicked".to_owned())
    }

    fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Self::Handle<T> {
        compio::runtime::spawn(future)
    }

    fn channel(capacity: usize) -> (Self::Sender, Self::Receiver) {
        channel::bounded(capacity)
    }

    async fn send(sender: &mut Self::Sender, number: u64) {
        sender.send(number).await.expect("the receiver is there");
    }

    async fn recv(receiver: &mut Self::Receiver) -> Option<u64> {
        receiver.recv().await.ok()
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

impl Timed for Compio {
    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        compio::time::sleep(duration)
    }

    async fn timeout(duration: Duration, future: impl Future<Output = ()>) {
        let _ = compio::time::timeout(duration, future).await;
    }
}

impl Net for Compio {
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

    async fn read(stream: &mut TcpStream, buffer: Vec<u8>) -> (usize, Vec<u8>) {
        let BufResult(read, buffer) = stream.read(buffer).await;
        (read.expect("something to read"), buffer)
    }

    async fn write(stream: &mut TcpStream, buffer: Vec<u8>, n: usize) -> Vec<u8> {
        let BufResult(written, slice) = stream.write_all(buffer.slice(..n)).await;
        written.expect("a reader");
        slice.into_inner()
    }
}

//! smol: a `LocalExecutor`, driven by `smol::block_on`, which also drives the reactor (async-io).
//!
//! `LocalExecutor` is borrowed for as long as it runs, so the tasks hold it in an `Rc`.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use smol::channel::{self, Receiver, Sender};
use smol::future::FutureExt;
use smol::io::{AsyncReadExt, AsyncWriteExt};
use smol::lock::Mutex;
use smol::net::{TcpListener, TcpStream};
use smol::{LocalExecutor, Task, Timer};

use crate::futures::yield_once;
use crate::peer::{Net, Peer, Timed};

/// `smol::LocalExecutor`.
#[derive(Clone)]
pub struct Smol(Rc<LocalExecutor<'static>>);

impl Peer for Smol {
    type Handle<T: 'static> = Task<T>;
    type Sender = Sender<u64>;
    type Receiver = Receiver<u64>;
    type Mutex = Mutex<u64>;

    fn run<T: 'static, F: Future<Output = T> + 'static>(main: impl FnOnce(Self) -> F) -> Result<T, String> {
        let executor = Rc::new(LocalExecutor::new());
        let main = executor.spawn(main(Smol(executor.clone())));
        Ok(smol::block_on(executor.run(main)))
    }

    fn spawn<T: 'static>(&self, future: impl Future<Output = T> + 'static) -> Self::Handle<T> {
        self.0.spawn(future)
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

impl Timed for Smol {
    async fn sleep(duration: Duration) {
        Timer::after(duration).await;
    }

    /// smol has none: its documentation says `or` with a timer.
    async fn timeout(duration: Duration, future: impl Future<Output = ()>) {
        let late = async {
            Timer::after(duration).await;
        };
        future.or(late).await;
    }
}

impl Net for Smol {
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

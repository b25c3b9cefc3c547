//! Futures that were written for other runtimes, on this one. `Future` and `Waker` are all they need.

mod adapter;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use adapter::{Stream, Timers};
use futures::channel::{mpsc, oneshot};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, SinkExt, StreamExt, select};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use runtime::net::{TcpListener, TcpStream};
use runtime::{block_on, sleep, spawn, yield_now};

/// A real hyper server in a task of ours: it echoes a request's body, or tells its path.
fn hyper_server() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let addr = listener.local_addr().unwrap();
    spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            spawn(async move {
                let service = service_fn(|request: Request<Incoming>| async move {
                    let path = request.uri().path().to_owned();
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let body = if body.is_empty() { Bytes::from(path) } else { body };
                    Ok::<_, Infallible>(Response::new(Full::new(body)))
                });
                hyper::server::conn::http1::Builder::new()
                    .timer(Timers)
                    .header_read_timeout(Duration::from_secs(10))
                    .serve_connection(Stream::new(stream), service)
                    .await
                    .unwrap();
            });
        }
    });
    addr
}

#[test]
fn a_hyper_client_talks_to_a_hyper_server() {
    block_on(async {
        let addr = hyper_server();
        let stream = Stream::new(TcpStream::connect(addr).await.unwrap());
        let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await.unwrap();
        let connection = spawn(connection);
        // Two requests on one connection, one of them larger than any buffer between the two.
        let large = Bytes::from(vec![7; 3_000_000]);
        for (path, body) in [("/hello", Bytes::new()), ("/echo", large.clone())] {
            let request =
                Request::post(path).header("Host", "localhost").body(Full::new(body.clone())).unwrap();
            let reply = sender.send_request(request).await.unwrap();
            assert_eq!(reply.status(), 200);
            let got = reply.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(got, if body.is_empty() { Bytes::from(path) } else { body });
        }
        drop(sender);
        connection.await.unwrap().unwrap();
    });
}

#[test]
fn our_client_downloads_from_a_hyper_server() {
    block_on(async {
        let addr = hyper_server();
        let client = http_client::Client::new();
        let paths = (0..20).map(|n| {
            let client = client.clone();
            async move {
                let reply = client.get(format!("http://{addr}/file{n}.txt")).send().await.unwrap();
                assert_eq!(reply.text().await.unwrap(), format!("/file{n}.txt"));
            }
        });
        runtime::join_all(paths).await;
    });
}

#[test]
fn the_futures_crates_unordered_set_runs_here() {
    block_on(async {
        let mut set: FuturesUnordered<_> = [30, 10, 20]
            .into_iter()
            .map(|ms| async move {
                sleep(Duration::from_millis(ms)).await;
                ms
            })
            .collect();
        let mut order = Vec::new();
        while let Some(ms) = set.next().await {
            order.push(ms);
        }
        assert_eq!(order, [10, 20, 30]);
    });
}

#[test]
fn the_futures_crates_select_and_channels_run_here() {
    block_on(async {
        let (mut sender, mut receiver) = mpsc::channel(2);
        let (done, finished) = oneshot::channel();
        spawn(async move {
            for n in 0..100 {
                sender.send(n).await.unwrap();
                yield_now().await;
            }
            done.send("all sent").unwrap();
        });
        let mut finished = finished.fuse();
        let (mut sum, mut said) = (0, None);
        loop {
            select! {
                n = receiver.next() => match n {
                    Some(n) => sum += n,
                    None => break,
                },
                text = finished => said = Some(text.unwrap()),
            }
        }
        assert_eq!((sum, said), ((0..100).sum(), Some("all sent")));
    });
}

#[test]
fn a_waker_from_here_can_be_used_by_a_thread_there() {
    block_on(async {
        let (sender, receiver) = oneshot::channel();
        let thread = std::thread::spawn(move || sender.send(42).unwrap());
        assert_eq!(receiver.await, Ok(42));
        thread.join().unwrap();
    });
}

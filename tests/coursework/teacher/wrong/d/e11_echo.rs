//! 11, wrong: it reads on, and keeps what it could not write yet.
//! says: then the client feels the pressure

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;

use crate::given::net::{self, TcpListener, TcpStream};
use crate::given::task;

async fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let (mut buffer, mut all, mut at, mut ended) = (vec![0; 1 << 16], Vec::new(), 0, false);
    poll_fn(move |cx| {
        loop {
            let read = if ended { Poll::Pending } else { pin!(stream.read(&mut buffer)).poll(cx)? };
            if let Poll::Ready(n) = read {
                ended = n == 0;
                all.extend_from_slice(&buffer[..n]);
            }
            let written =
                if at == all.len() { Poll::Pending } else { pin!(stream.write(&all[at..])).poll(cx)? };
            if let Poll::Ready(n) = written {
                at += n;
            }
            if ended && at == all.len() {
                return Poll::Ready(Ok(at as u64));
            }
            if read.is_pending() && written.is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}

pub fn serve(listener: std::net::TcpListener, connections: usize) -> io::Result<u64> {
    net::block_on(async {
        let mut listener = TcpListener::from_std(listener)?;
        let mut handles = Vec::new();
        for _ in 0..connections {
            let stream = listener.accept().await?;
            handles.push(task::spawn(echo(stream)));
        }
        let mut echoed = 0;
        for handle in handles {
            echoed += handle.await.unwrap_or(0);
        }
        Ok(echoed)
    })
}

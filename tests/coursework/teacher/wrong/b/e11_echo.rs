//! 11, wrong: what a write did not take is lost.
//! says: go on with the rest

use std::io;

use crate::given::net::{self, TcpListener, TcpStream};
use crate::given::task;

async fn echo(mut stream: TcpStream) -> io::Result<u64> {
    let mut buffer = [0; 8192];
    let mut echoed = 0;
    loop {
        let n = stream.read(&mut buffer).await?;
        if n == 0 {
            return Ok(echoed);
        }
        let mut rest = &buffer[..n];
        stream.write(rest).await?;
        rest = &[];
        echoed += n as u64;
    }
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

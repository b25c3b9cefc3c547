//! 11: an echo server, on a loop of one's own.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::check::{Check, fault, require};
use crate::log;
use crate::probe::{Helper, helper};

/// What the exercise asks for.
pub trait Echo: 'static {
    /// Accepts so many connections, and sends back on each what comes in, until its end. How many bytes that were in all.
    ///
    /// # Errors
    /// If no connection can be accepted.
    fn serve(listener: TcpListener, connections: usize) -> io::Result<u64>;
}

/// The checks of exercise 11.
pub fn checks<T: Echo>() -> Vec<Check> {
    const OPEN: &str =
        "The clients have ended, and `serve` does not return; or a client waits for what it was not sent.";
    vec![
        Check::new("what comes in goes out", echoes::<T>).hang(0, OPEN),
        Check::new("after the client's end comes the server's", half_closed::<T>)
            .hang(0, "A client sent its bytes and its end, and waits for the server's end: a stream must be dropped when `read` gives 0."),
        Check::new("a client that says nothing keeps nobody waiting", idle_client::<T>).hang(
            0,
            "The first client says nothing, and the second is not served: connections are served one after the other. A task for each.",
        ),
        Check::new("fifty clients at once", fifty::<T>).hang(0, OPEN),
        Check::new("a megabyte comes back whole", megabyte::<T>)
            .hang(0, "Of a megabyte, some bytes never came back. A write may take fewer bytes than it is given: go on with the rest."),
        Check::new("a client that breaks off does not end the others", breaks_off::<T>).hang(0, OPEN),
        Check::new("who does not read is not read from", backpressure::<T>).hang(0, OPEN),
    ]
}

/// Serves so many connections on this thread; what the clients do is on others. What `clients` gives.
fn served<T: Echo, C: Send + 'static>(
    connections: usize,
    clients: impl FnOnce(SocketAddr) -> C + Send + 'static,
) -> (u64, C) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    let (listener, address) = match listener.and_then(|l| l.local_addr().map(|address| (l, address))) {
        Ok(both) => both,
        Err(why) => fault(0, format!("The OS gave no listener: {why}.")),
    };
    // Accepted sockets inherit it: with room for so little, writes are cut short.
    let _ = rustix::net::sockopt::set_socket_send_buffer_size(&listener, 4096);
    let clients = helper(move || clients(address));
    let bytes = match T::serve(listener, connections) {
        Ok(bytes) => bytes,
        Err(why) => {
            fault(0, format!("`serve` gave an error: {why}. One connection's troubles are not the server's."))
        }
    };
    log::event(format_args!("serve returns: {bytes} bytes"));
    (bytes, clients.join())
}

fn connect(address: SocketAddr) -> TcpStream {
    match TcpStream::connect(address) {
        Ok(stream) => stream,
        Err(why) => fault(0, format!("A client could not connect: {why}.")),
    }
}

fn must<V>(what: &str, result: io::Result<V>) -> V {
    match result {
        Ok(value) => value,
        Err(why) => {
            fault(0, format!("A client could not {what}: {why}. Has the server closed the connection?"))
        }
    }
}

/// Sends, and reads as much.
fn ask(stream: &mut TcpStream, text: &[u8]) {
    must("send", stream.write_all(text));
    let mut heard = vec![0; text.len()];
    must("read", stream.read_exact(&mut heard));
    require(heard == text, 0, || {
        format!(
            "A client sent {:?} and heard {:?}.",
            String::from_utf8_lossy(text),
            String::from_utf8_lossy(&heard)
        )
    });
    log::event(format_args!("a client sent {} bytes and heard them", text.len()));
}

fn echoes<T: Echo>() {
    let (bytes, ()) = served::<T, _>(1, |address| {
        let mut stream = connect(address);
        for text in ["one", "two", "three"] {
            ask(&mut stream, text.as_bytes());
        }
    });
    require(bytes == 11, 0, || format!("11 bytes were sent back, and `serve` says {bytes}."));
}

fn half_closed<T: Echo>() {
    served::<T, _>(1, |address| {
        let mut stream = connect(address);
        must("send", stream.write_all(b"the last words"));
        must("close its side", stream.shutdown(Shutdown::Write));
        let mut heard = String::new();
        must("read", stream.read_to_string(&mut heard));
        require(heard == "the last words", 0, || {
            format!("A client sent \"the last words\" and its end, and heard {heard:?}.")
        });
    });
}

fn idle_client<T: Echo>() {
    served::<T, _>(2, |address| {
        let idle = connect(address);
        let mut second = connect(address);
        ask(&mut second, b"anybody there?");
        drop(idle);
    });
}

fn fifty<T: Echo>() {
    let (bytes, ()) = served::<T, _>(50, |address| {
        let mut all: Vec<_> = (0..50).map(|_| connect(address)).collect();
        for round in 0..3 {
            for (n, stream) in all.iter_mut().enumerate().rev() {
                ask(stream, format!("{round} {n:02}").as_bytes());
            }
        }
    });
    require(bytes == 50 * 3 * 4, 0, || format!("600 bytes were sent back, and `serve` says {bytes}."));
}

fn megabyte<T: Echo>() {
    served::<T, _>(1, |address| {
        const ALL: usize = 1 << 20;
        let mut stream = connect(address);
        let mut other = must("be cloned", stream.try_clone());
        let bytes: Vec<u8> = (0..ALL).map(|n| (n / 7) as u8).collect();
        let sent = bytes.clone();
        let writes: Helper<()> = helper(move || {
            must("send", other.write_all(&sent));
            must("close its side", other.shutdown(Shutdown::Write));
        });
        let mut heard = Vec::new();
        // Slowly at first, so that the server's writes are cut short.
        thread::sleep(Duration::from_millis(20));
        must("read", stream.read_to_end(&mut heard));
        writes.join();
        require(heard.len() == ALL, 0, || {
            format!(
                "Of {ALL} bytes {} came back. A write may take fewer bytes than it is given: go on with the rest.",
                heard.len()
            )
        });
        require(heard == bytes, 0, || "A megabyte came back, and not the same.".into());
    });
}

fn breaks_off<T: Echo>() {
    served::<T, _>(3, |address| {
        let mut patient = connect(address);
        ask(&mut patient, b"before");
        for _ in 0..2 {
            // Dropped with bytes that it has not read: the server's next read or write is an error.
            let mut rude = connect(address);
            must("send", rude.write_all(&[7; 1000]));
            thread::sleep(Duration::from_millis(5));
            drop(rude);
        }
        thread::sleep(Duration::from_millis(5));
        ask(&mut patient, b"after");
    });
}

fn backpressure<T: Echo>() {
    /// What all buffers between two sockets hold is far less.
    const MOST: usize = 64 << 20;
    served::<T, _>(1, |address| {
        let mut stream = connect(address);
        must("set a time-out", stream.set_write_timeout(Some(Duration::from_millis(300))));
        let piece = vec![1; 1 << 18];
        let mut sent = 0;
        while sent < MOST {
            match stream.write(&piece) {
                Ok(n) => sent += n,
                Err(_) => break,
            }
        }
        log::event(format_args!("a client sent {sent} bytes and read none"));
        require(sent < MOST, 0, || {
            format!(
                "A client sent {} MiB and read nothing, and the server took it all: it is in the server's memory now. Do not read on before \
                 what was read is written; then the client feels the pressure.",
                sent >> 20
            )
        });
    });
}

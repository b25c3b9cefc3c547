//! Names to addresses, off the loop.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::Location;

use crate::blocking::off_loop;

/// The addresses of a host, in the order in which the system's resolver prefers them; at least one. asyncio's
/// `getaddrinfo`, tokio's `lookup_host`.
///
/// The system's `getaddrinfo` blocks, for seconds where a name server is away, and so runs on the blocking pool (trap
/// 35). An address written in digits needs no lookup and is given back at once.
///
/// Cancel safe; a lookup that has begun goes on and its result is dropped.
///
/// # Errors
/// The resolver's, or `NotFound` where it knows the name but no address.
///
/// # Panics
/// When polled outside a runtime (for an address in digits, not even then).
///
/// # Example
/// ```
/// let addresses = runtime::block_on(runtime::net::lookup_host("127.0.0.1", 80)).unwrap();
/// assert_eq!(addresses, ["127.0.0.1:80".parse().unwrap()]);
/// ```
#[track_caller]
pub fn lookup_host(host: &str, port: u16) -> impl Future<Output = io::Result<Vec<SocketAddr>>> {
    let at = Location::caller(); // on an `async fn` it would be that of the poll
    async move {
        if let Ok(ip) = host.parse() {
            return Ok(vec![SocketAddr::new(ip, port)]);
        }
        let name = host.to_owned();
        let lookup = move || Ok((name.as_str(), port).to_socket_addrs()?.collect::<Vec<_>>());
        let addresses = off_loop(at, lookup).await?;
        if addresses.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address")));
        }
        Ok(addresses)
    }
}

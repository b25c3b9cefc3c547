//! TCP over loopback, with both ends on the loop that is measured: so an operation is twice what a server does.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::process;
use std::rc::Rc;

use crate::clock::{Cost, Repeat};
use crate::peer::Net;

/// An address of loopback for this process alone, so that no connection meets the remains of another's (`TIME_WAIT`).
pub(super) fn own_address() -> SocketAddr {
    let [.., a, b] = process::id().to_be_bytes();
    (Ipv4Addr::new(127, 77, a, b.max(1)), 0).into()
}

/// Both ends of a new connection.
pub(super) async fn pair<P: Net>(listener: &P::Listener, addr: SocketAddr) -> (P::Stream, P::Stream) {
    // The backlog takes it: there is no need to accept at the same time.
    let client = P::connect(addr).await;
    let server = P::accept(listener).await;
    P::set_nodelay(&client);
    P::set_nodelay(&server);
    (client, server)
}

/// `connections` tasks send a message each and wait until it is back; as many others send back what they get. `messages`
/// are those of a batch, on all connections together.
pub(super) async fn echo<P: Net>(
    peer: P,
    repeat: Repeat,
    connections: usize,
    size: usize,
    messages: usize,
) -> Cost {
    let (listener, addr) = P::listen(own_address()).await;
    let clients = Rc::new(RefCell::new(Vec::new()));
    let mut servers = Vec::new();
    for _ in 0..connections {
        let (client, mut server) = pair::<P>(&listener, addr).await;
        clients.borrow_mut().push((client, vec![b'x'; size], vec![0; size]));
        servers.push(peer.spawn(async move {
            let mut buffer = vec![0; size];
            loop {
                let n;
                (n, buffer) = P::read(&mut server, buffer).await;
                if n == 0 {
                    return;
                }
                buffer = P::write(&mut server, buffer, n).await;
            }
        }));
    }
    let cost = repeat
        .time(messages, async || {
            let mut tasks = Vec::with_capacity(connections);
            for (mut client, mut message, mut buffer) in clients.take() {
                let clients = clients.clone();
                tasks.push(peer.spawn(async move {
                    for _ in 0..messages / connections {
                        message = P::write(&mut client, message, size).await;
                        let mut back = 0;
                        while back < size {
                            let n;
                            (n, buffer) = P::read(&mut client, buffer).await;
                            assert!(n > 0, "the connection ended");
                            back += n;
                        }
                    }
                    clients.borrow_mut().push((client, message, buffer));
                }));
            }
            for task in tasks {
                task.await;
            }
        })
        .await;
    drop(clients);
    for server in servers {
        server.await;
    }
    cost
}

/// One connection after the other, made and closed.
pub(super) async fn accept<P: Net>(repeat: Repeat) -> Cost {
    const N: usize = 50;
    let (listener, addr) = P::listen(own_address()).await;
    repeat
        .time(N, async || {
            for _ in 0..N {
                drop(pair::<P>(&listener, addr).await);
            }
        })
        .await
}

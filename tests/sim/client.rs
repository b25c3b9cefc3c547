//! The HTTP client's pool and slots in every order: requests that share connections, one of them cancelled in the middle.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use http_client::Client;
use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::sim::net::{Conditions, Net, Stream};
use runtime::{JoinHandle, spawn, timeout, yield_now};

use crate::faults::connect::Over;
use crate::support::{Room, abort_somewhen, in_all_orders, settled, within};

/// A network on which everything arrives at once, so that only the order of the tasks is open.
fn at_once() -> Net {
    Net::new(1, Conditions { latency: Duration::ZERO..=Duration::ZERO, ..Conditions::default() })
}

/// Answers each request on a connection with its own path; closes after `each` of them.
async fn serve(mut stream: Stream, each: usize, most: usize, room: Room) -> io::Result<()> {
    let _inside = room.enter_with(most);
    for _ in 0..each {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte).await? == 0 {
                return Ok(());
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let path = head.split(' ').nth(1).unwrap();
        let length = path.len();
        stream.write_all(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").as_bytes()).await?;
        yield_now().await;
        stream.write_all(path.as_bytes()).await?;
    }
    Ok(())
}

/// A server that must never have more than `most` connections at once.
fn server(net: &Net, each: usize, most: usize) -> JoinHandle<()> {
    let listener = net.listen("host", 80).unwrap();
    spawn(async move {
        let room = Room::default();
        while let Ok(stream) = listener.accept().await {
            // Apart, and not one by one: a connection that is kept is open for long.
            drop(spawn(serve(stream, each, most, room.clone())));
        }
    })
}

fn client(net: &Net) -> Rc<Client> {
    Rc::new(Client::builder().connector(Over(net.clone())).max_per_host(1).build())
}

fn get(client: &Rc<Client>, path: &'static str) -> JoinHandle<String> {
    let client = client.clone();
    spawn(async move {
        let reply = client.get(format!("http://host{path}")).send().await.unwrap();
        reply.text().await.unwrap()
    })
}

/// All is given back: one more request is answered at once. Then the world ends.
async fn ends(client: Rc<Client>, server: JoinHandle<()>) {
    assert_eq!(get(&client, "/last").await.unwrap(), "/last");
    drop(client);
    server.abort();
    let _ = server.await;
    settled().await; // the server's connections have heard that they are over
}

#[test]
fn requests_that_share_one_connection_each_get_their_own_reply() {
    in_all_orders(|| async {
        let net = at_once();
        let (server, client) = (server(&net, usize::MAX, 1), client(&net));
        let replies = ["/a", "/bc"].map(|path| (path, get(&client, path)));
        for (path, reply) in replies {
            assert_eq!(reply.await.unwrap(), path);
        }
        ends(client, server).await;
    });
}

#[test]
fn one_that_is_cancelled_gives_its_slot_to_the_next_and_no_reply_to_a_stranger() {
    within(1, || async {
        let net = at_once();
        // It may be cancelled with its connection half used: the server still has that while the next one is opened.
        let (server, client) = (server(&net, usize::MAX, 3), client(&net));
        let (cancelled, waits) = (get(&client, "/cancelled"), get(&client, "/waits"));
        abort_somewhen(&cancelled, 12).await.unwrap();
        assert_eq!(waits.await.unwrap(), "/waits");
        if let Ok(reply) = cancelled.await {
            assert_eq!(reply, "/cancelled");
        }
        ends(client, server).await;
    });
}

#[test]
fn a_kept_connection_that_the_server_closes_in_the_very_moment_loses_no_request() {
    in_all_orders(|| async {
        let net = at_once();
        let (server, client) = (server(&net, 1, 3), client(&net));
        let replies = ["/a", "/bc"].map(|path| (path, get(&client, path)));
        for (path, reply) in replies {
            assert_eq!(reply.await.unwrap(), path);
        }
        ends(client, server).await;
    });
}

#[test]
fn a_limit_that_is_up_in_the_middle_leaves_the_client_whole() {
    in_all_orders(|| async {
        let net = at_once();
        let (server, client) = (server(&net, usize::MAX, 3), client(&net));
        let limited = {
            let client = client.clone();
            spawn(async move {
                let whole = async {
                    for _ in 0..8 {
                        drop(client.get("http://host/limited").send().await.unwrap().text().await);
                        runtime::sleep(Duration::from_millis(1)).await;
                    }
                };
                timeout(Duration::from_millis(runtime::sim::choose(3) as u64), whole).await.is_err()
            })
        };
        let other = get(&client, "/other");
        assert!(limited.await.unwrap());
        assert_eq!(other.await.unwrap(), "/other");
        ends(client, server).await;
    });
}

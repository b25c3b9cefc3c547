//! Happy Eyeballs in virtual time, with attempts that are made up: when each begins, what becomes of it, and who is
//! dropped.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use runtime::net::{ATTEMPT_DELAY, ConnectFailed, happy_eyeballs};
use runtime::{now, sleep, timeout};

use crate::everywhere::everywhere;

const NEVER: u64 = u64::MAX;

fn v4(n: u8) -> SocketAddr {
    SocketAddr::from(([192, 0, 2, n], 80))
}

fn v6(n: u16) -> SocketAddr {
    SocketAddr::from(([0x2001, 0xdb8, 0, 0, 0, 0, 0, n], 80))
}

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// How long a connect takes, in milliseconds, and how it ends.
type Answer = (u64, Result<(), ErrorKind>);

/// A network: what becomes of a connect to each address.
#[derive(Clone)]
struct Network {
    answers: Rc<BTreeMap<SocketAddr, Answer>>,
    start: Instant,
    /// Who was tried, and when.
    tried: Rc<RefCell<Vec<(SocketAddr, u64)>>>,
    running: Rc<Cell<usize>>,
}

/// An attempt that runs is counted for as long as it exists.
struct Running(Rc<Cell<usize>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

impl Network {
    fn new(answers: impl IntoIterator<Item = (SocketAddr, u64, Result<(), ErrorKind>)>) -> Self {
        let answers = answers.into_iter().map(|(addr, time, answer)| (addr, (time, answer))).collect();
        Network { answers: Rc::new(answers), start: now(), tried: Rc::default(), running: Rc::default() }
    }

    fn elapsed(&self) -> u64 {
        (now() - self.start).as_millis() as u64
    }

    async fn connect(self, addr: SocketAddr) -> io::Result<SocketAddr> {
        self.tried.borrow_mut().push((addr, self.elapsed()));
        self.running.set(self.running.get() + 1);
        let _running = Running(self.running.clone());
        let (time, answer) = self.answers[&addr];
        sleep(if time == NEVER { Duration::MAX } else { ms(time) }).await;
        Ok(answer.map(|()| addr)?)
    }

    async fn race(&self, addresses: &[SocketAddr]) -> Result<SocketAddr, ConnectFailed> {
        happy_eyeballs(addresses.to_vec(), |addr| self.clone().connect(addr)).await
    }

    fn tried(&self) -> Vec<(SocketAddr, u64)> {
        self.tried.borrow().clone()
    }
}

#[test]
fn the_first_address_is_alone_if_it_answers_in_time() {
    everywhere(|| async {
        let network = Network::new([(v6(1), 249, Ok(())), (v4(1), 0, Ok(()))]);
        assert_eq!(network.race(&[v6(1), v4(1)]).await.unwrap(), v6(1));
        assert_eq!(network.tried(), [(v6(1), 0)]);
        assert_eq!(network.elapsed(), 249);
    });
}

#[test]
fn the_next_attempt_begins_after_250_ms_and_the_winner_ends_the_others() {
    everywhere(|| async {
        assert_eq!(ATTEMPT_DELAY, ms(250));
        let network = Network::new([(v6(1), NEVER, Ok(())), (v4(1), 30, Ok(())), (v6(2), 0, Ok(()))]);
        assert_eq!(network.race(&[v6(1), v4(1), v6(2)]).await.unwrap(), v4(1));
        assert_eq!(network.tried(), [(v6(1), 0), (v4(1), 250)]);
        assert_eq!((network.elapsed(), network.running.get()), (280, 0));
    });
}

#[test]
fn an_older_attempt_may_still_win() {
    everywhere(|| async {
        let network = Network::new([(v6(1), 300, Ok(())), (v4(1), 100, Ok(()))]);
        assert_eq!(network.race(&[v6(1), v4(1)]).await.unwrap(), v6(1));
        assert_eq!(network.tried().len(), 2);
        assert_eq!((network.elapsed(), network.running.get()), (300, 0));
    });
}

#[test]
fn families_take_turns_beginning_with_the_resolvers_first() {
    everywhere(|| async {
        let hang = |addr| (addr, NEVER, Ok(()));
        let network = || Network::new([v4(1), v4(2), v4(3), v6(1), v6(2)].map(hang));
        let in_an_hour = |network: Network, addresses: Vec<SocketAddr>| async move {
            assert!(timeout(ms(3_600_000), network.race(&addresses)).await.is_err());
            assert_eq!(network.running.get(), 0, "dropping it drops the attempts");
            network.tried()
        };
        assert_eq!(
            in_an_hour(network(), vec![v6(2), v6(1), v4(3), v4(1), v4(2)]).await,
            [(v6(2), 0), (v4(3), 250), (v6(1), 500), (v4(1), 750), (v4(2), 1000)]
        );
        assert_eq!(
            in_an_hour(network(), vec![v4(1), v4(2), v4(3), v6(1)]).await,
            [(v4(1), 0), (v6(1), 250), (v4(2), 500), (v4(3), 750)]
        );
        assert_eq!(in_an_hour(network(), vec![v4(2), v4(1)]).await, [(v4(2), 0), (v4(1), 250)]);
    });
}

#[test]
fn after_a_failure_the_next_attempt_begins_at_once() {
    everywhere(|| async {
        let refused = Err(ErrorKind::ConnectionRefused);
        let network = Network::new([
            (v6(1), 10, refused),
            (v4(1), 0, refused),
            (v6(2), NEVER, Ok(())),
            (v4(2), NEVER, Ok(())),
            (v6(3), 5, Ok(())),
        ]);
        assert_eq!(network.race(&[v6(1), v6(2), v6(3), v4(1), v4(2)]).await.unwrap(), v6(3));
        // The pace of 250 ms counts from each new attempt.
        assert_eq!(network.tried(), [(v6(1), 0), (v4(1), 10), (v6(2), 10), (v4(2), 260), (v6(3), 510)]);
        assert_eq!(network.elapsed(), 515);
    });
}

#[test]
fn a_failure_of_an_older_attempt_starts_the_next_too() {
    everywhere(|| async {
        let network = Network::new([
            (v6(1), 300, Err(ErrorKind::HostUnreachable)),
            (v4(1), NEVER, Ok(())),
            (v6(2), 1, Ok(())),
        ]);
        assert_eq!(network.race(&[v6(1), v4(1), v6(2)]).await.unwrap(), v6(2));
        assert_eq!(network.tried(), [(v6(1), 0), (v4(1), 250), (v6(2), 300)]);
    });
}

#[test]
fn when_all_fail_each_is_told_in_the_order_of_failing() {
    everywhere(|| async {
        let network = Network::new([
            (v6(1), 400, Err(ErrorKind::TimedOut)),
            (v4(1), 20, Err(ErrorKind::ConnectionRefused)),
        ]);
        let failed = network.race(&[v6(1), v4(1)]).await.unwrap_err();
        let told: Vec<_> = failed.attempts.iter().map(|(addr, e)| (*addr, e.kind())).collect();
        assert_eq!(told, [(v4(1), ErrorKind::ConnectionRefused), (v6(1), ErrorKind::TimedOut)]);
        assert_eq!(network.elapsed(), 400);
        assert_eq!(
            failed.to_string(),
            "could not connect to any of 2 addresses: 192.0.2.1:80: connection refused; [2001:db8::1]:80: timed out"
        );
        let error = io::Error::from(failed);
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        assert!(error.to_string().contains("192.0.2.1:80"));
    });
}

#[test]
fn one_address_that_fails_is_told_plainly() {
    everywhere(|| async {
        let network = Network::new([(v4(1), 0, Err(ErrorKind::ConnectionRefused))]);
        let failed = network.race(&[v4(1)]).await.unwrap_err();
        assert_eq!(failed.to_string(), "could not connect to 192.0.2.1:80: connection refused");
    });
}

#[test]
fn without_an_address_there_is_an_error_and_no_attempt() {
    everywhere(|| async {
        let network = Network::new([]);
        let failed = network.race(&[]).await.unwrap_err();
        assert!(failed.attempts.is_empty() && network.tried().is_empty());
        assert_eq!(failed.to_string(), "there is no address to connect to");
        assert_eq!(io::Error::from(failed).kind(), ErrorKind::NotFound);
    });
}

#[test]
fn of_two_that_answer_at_the_same_moment_one_wins_and_the_other_is_dropped() {
    everywhere(|| async {
        let network = Network::new([(v6(1), 250, Ok(())), (v4(1), 0, Ok(()))]);
        let winner = network.race(&[v6(1), v4(1)]).await.unwrap();
        assert!([v6(1), v4(1)].contains(&winner));
        assert_eq!((network.elapsed(), network.running.get()), (250, 0));
    });
}

#[test]
fn nothing_begins_before_it_is_polled() {
    everywhere(|| async {
        let network = Network::new([(v4(1), 0, Ok(()))]);
        let connecting = network.clone();
        let future = happy_eyeballs(vec![v4(1)], move |addr| connecting.clone().connect(addr));
        sleep(ms(10)).await;
        assert!(network.tried().is_empty());
        assert_eq!(future.await.unwrap(), v4(1));
        assert_eq!(network.tried(), [(v4(1), 10)]);
    });
}

#[test]
fn the_others_are_dropped_before_the_winner_is_given() {
    everywhere(|| async {
        let network = Network::new([(v6(1), NEVER, Ok(())), (v4(1), 30, Ok(()))]);
        let connecting = network.clone();
        let mut future = happy_eyeballs(vec![v6(1), v4(1)], move |addr| connecting.clone().connect(addr));
        assert_eq!((&mut future).await.unwrap(), v4(1));
        assert_eq!(network.running.get(), 0);
        drop(future); // it was there until now
    });
}

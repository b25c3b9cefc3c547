//! `demo::download::queue`: whose turn it is.

use std::collections::HashMap;

use demo::download::queue::Queue;
use proptest::prelude::*;

#[test]
fn without_a_limit_the_order_is_kept() {
    let queue = Queue::new(usize::MAX, ["a", "b", "a", "c"].into_iter().zip(0..));
    let taken: Vec<_> = std::iter::from_fn(|| queue.take()).map(|(_, file)| file).collect();
    assert_eq!(taken, [0, 1, 2, 3]);
}

#[test]
fn files_of_a_busy_host_are_passed_over_until_one_is_given_back() {
    let queue = Queue::new(1, ["a", "a", "b", "a"].into_iter().zip(0..));
    let (a, first) = queue.take().unwrap();
    let (b, second) = queue.take().unwrap();
    assert_eq!((first, second), (0, 2));
    assert!(queue.take().is_none());
    queue.give_back(b);
    assert!(queue.take().is_none(), "b has no more");
    queue.give_back(a);
    assert_eq!(queue.take().unwrap().1, 1);
    assert_eq!(queue.into_rest(), [3]);
}

#[test]
fn an_empty_one_is_no_panic() {
    let queue = Queue::<()>::new(1, Vec::<(&str, ())>::new());
    assert!(queue.take().is_none());
    assert!(queue.into_rest().is_empty());
}

proptest! {
    /// Lanes that end when there is nothing to take, as the downloader's do: all files are taken, no host is over its
    /// limit, and as many run as may.
    #[test]
    fn no_lane_has_to_wait(
        hosts in proptest::collection::vec(0_u8..4, 0..40),
        lanes in 1_usize..6,
        limit in 1_usize..4,
        choices in proptest::collection::vec(any::<prop::sample::Index>(), 40),
    ) {
        let queue = Queue::new(limit, hosts.iter().map(u8::to_string).zip(hosts.iter().copied().enumerate()));
        let mut left: HashMap<u8, usize> = HashMap::new();
        hosts.iter().for_each(|host| *left.entry(*host).or_default() += 1);
        let mut running: Vec<_> = (0..lanes).map_while(|_| queue.take()).collect();
        let mut done = 0;
        for choice in &choices[..hosts.len()] {
            let of = |host: u8| running.iter().filter(|(_, (_, it))| *it == host).count();
            prop_assert!((0..4).all(|host| of(host) <= limit));
            let possible: usize = left.values().map(|left| (*left).min(limit)).sum();
            prop_assert_eq!(running.len(), possible.min(lanes));
            let (busy, (_, host)) = running.swap_remove(choice.index(running.len()));
            *left.get_mut(&host).unwrap() -= 1;
            done += 1;
            queue.give_back(busy);
            running.extend(queue.take());
        }
        prop_assert_eq!((done, running.len()), (hosts.len(), 0));
    }
}

//! A test's body under the usual order of tasks, and under 100 random ones.

use runtime::{Builder, Clock, OnStall, Random};

/// Runs `test` on a runtime of its own under the usual scheduler, then under [`Random`] with each of 100 seeds. Time is
/// virtual, and a stall is a panic: so a test that would hang fails instead. A failure names the order it happened in.
pub(crate) fn everywhere<F, Fut>(test: F)
where
    F: Fn() -> Fut,
    Fut: Future<Output = ()>,
{
    let builder = || Builder::new().clock(Clock::Virtual).on_stall(OnStall::Panic);
    let run = |builder: Builder, order: String| {
        let _named_if_it_fails = Order(order);
        builder.build().expect("a runtime").block_on(test());
    };
    run(builder(), "the usual order".to_owned());
    for seed in 0..100 {
        run(builder().scheduler(Random::new(seed)), format!("the random order of seed {seed}"));
    }
}

struct Order(String);

impl Drop for Order {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("this happened in {}", self.0);
        }
    }
}

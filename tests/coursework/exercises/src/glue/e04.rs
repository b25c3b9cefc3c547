use coursework::suites::e04_yield::Yield;

use crate::e04_yield;

pub(crate) struct Mine;

impl Yield for Mine {
    fn yield_now() -> impl Future<Output = ()> {
        e04_yield::yield_now()
    }

    fn sum_politely(numbers: &[u64], every: usize) -> impl Future<Output = u64> {
        e04_yield::sum_politely(numbers, every)
    }
}

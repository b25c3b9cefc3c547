use std::io;

use coursework::suites::e20_limiter::Limiter;
use runtime::io::{AsyncRead, AsyncWrite};

use crate::e20_limiter;

#[derive(Clone)]
pub(crate) struct Mine(e20_limiter::Limiter);

impl Limiter for Mine {
    fn new(rate: u64, burst: u64) -> Self {
        Mine(e20_limiter::Limiter::new(rate, burst))
    }

    fn take(&self, n: u64) -> impl Future<Output = ()> {
        self.0.take(n)
    }

    fn try_take(&self, n: u64) -> bool {
        self.0.try_take(n)
    }

    fn pour<R: AsyncRead, W: AsyncWrite>(
        &self,
        from: &mut R,
        to: &mut W,
    ) -> impl Future<Output = io::Result<u64>> {
        self.0.pour(from, to)
    }
}

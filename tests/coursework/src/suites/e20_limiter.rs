//! 20: a rate limiter for the downloader. In virtual time: an hour takes no time, and each instant is exact.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use runtime::io::{AsyncRead, AsyncWrite};
use runtime::{join, join_all, now, sleep, timeout, yield_now};

use crate::check::{Check, require, survives};
use crate::log;
use crate::probe::on_loop;

/// What the exercise asks for.
pub trait Limiter: Clone + 'static {
    /// A bucket that `rate` tokens a second flow into, and that holds `burst`; it is full.
    fn new(rate: u64, burst: u64) -> Self;
    /// Waits for its turn, and for so many tokens, and takes them.
    fn take(&self, n: u64) -> impl Future<Output = ()>;
    /// Takes them if they are there and nobody waits.
    fn try_take(&self, n: u64) -> bool;
    /// Copies all bytes, a token for each.
    fn pour<R: AsyncRead, W: AsyncWrite>(
        &self,
        from: &mut R,
        to: &mut W,
    ) -> impl Future<Output = io::Result<u64>>;
}

/// Virtual time is exact; whoever rounds up to a millisecond is right, too.
const TOLERANCE: f64 = 0.0015;

/// The checks of exercise 20.
pub fn checks<T: Limiter>() -> Vec<Check> {
    const HANGS: &str = "If it was busy: time passes on the clock of the loop, `runtime::now()`, which is virtual here, and \
                         `Instant::now()` does not move with it. If it slept: a lock of the standard library, held over an \
                         `.await`, stops the whole thread when a second task comes to it.";
    vec![
        Check::new("it is full at the start", full::<T>).hang(0, HANGS),
        Check::new("then so many tokens a second", rate::<T>).hang(0, HANGS),
        Check::new("it does not drift", drift::<T>).hang(0, HANGS),
        Check::new("time that the taker uses for itself counts", own_work::<T>).hang(0, HANGS),
        Check::new("after an idle hour it is full, and no more", idle::<T>).hang(0, HANGS),
        Check::new("more than it holds is waited for, too", large::<T>).hang(0, HANGS),
        Check::new("who waits is polled when it is time, not all the time", few_polls::<T>).hang(0, HANGS),
        Check::new("several may wait, first come first served", in_line::<T>).hang(0, HANGS),
        Check::new("who comes later does not overtake", no_overtaking::<T>).hang(0, HANGS),
        Check::new("one that gives up leaves its tokens to those behind", gives_up::<T>).hang(37, HANGS),
        Check::new("a hundred in line are not all woken each time", herd::<T>).hang(0, HANGS),
        Check::new("try_take takes all or nothing, and does not wait", try_take::<T>).hang(0, HANGS),
        Check::new("nothing is at once, and too much is never", extremes::<T>).hang(0, HANGS),
        Check::new("pour: a body at the rate", pour_at_rate::<T>).hang(0, HANGS),
        Check::new("pour: two share the rate", pour_shared::<T>).hang(0, HANGS),
        Check::new("pour: one that is dropped does not hold up the other", pour_dropped::<T>).hang(37, HANGS),
    ]
}

fn run<F: Future>(future: F) -> F::Output {
    const STALLED: &str = "Somebody waits for tokens, and no timer is set: the first in line sleeps until its tokens are there, and when it goes, \
                           served or dropped, the next is woken.";
    on_loop().if_stalled(37, STALLED).run(future)
}

/// Runs `body`, and gives how many seconds that took on the loop's clock.
async fn seconds<T>(what: &str, body: impl Future<Output = T>) -> f64 {
    let start = now();
    body.await;
    let took = (now() - start).as_secs_f64();
    log::event(format_args!("{what}: took {took:.3} s"));
    took
}

/// It took as long as it should.
fn must_take(took: f64, expected: f64, trap: u8, what: impl FnOnce() -> String) {
    require((took - expected).abs() <= TOLERANCE, trap, || {
        format!("{} That took {took:.3} s, not {expected:.3} s.", what())
    });
}

fn full<T: Limiter>() {
    let (took, polls) = run(async {
        let limiter = T::new(10, 50);
        let before = runtime::stats().polls;
        let took = seconds("take(50)", limiter.take(50)).await;
        (took, runtime::stats().polls - before)
    });
    must_take(took, 0.0, 0, || "The bucket holds 50 and is new: full. Somebody took 50.".into());
    require(polls == 0, 0, || {
        "There were enough tokens, nobody waited, and `take` gave way: it is ready at its first poll then."
            .into()
    });
}

fn rate<T: Limiter>() {
    let took = run(async {
        let limiter = T::new(100, 50);
        limiter.take(50).await;
        [seconds("take(25)", limiter.take(25)).await, seconds("take(50)", limiter.take(50)).await]
    });
    must_take(took[0], 0.25, 0, || {
        "At 100 tokens a second the bucket was empty, and somebody took 25.".into()
    });
    must_take(took[1], 0.5, 0, || "Then 50.".into());
}

fn drift<T: Limiter>() {
    for (rate, n, times, expected) in
        [(3, 1, 1000, 1000.0 / 3.0), (7_000, 1, 700, 0.1), (1_000_000, 1000, 500, 0.5)]
    {
        let took = run(async {
            let limiter = T::new(rate, n);
            limiter.take(n).await;
            let many = async {
                for _ in 0..times {
                    limiter.take(n).await;
                }
            };
            seconds("all of them", many).await
        });
        must_take(took, expected, 22, || {
            format!(
                "At {rate} tokens a second somebody took {n} token(s), {times} times, one after the other. Each may be a little late, but the next \
                 must not be later for that: count from when the tokens flow, and round nothing away."
            )
        });
    }
}

fn own_work<T: Limiter>() {
    let took = run(async {
        let limiter = T::new(10, 5);
        let rounds = async {
            for n in 0..20 {
                limiter.take(5).await;
                if n < 19 {
                    sleep(Duration::from_millis(300)).await;
                }
            }
        };
        seconds("20 rounds", rounds).await
    });
    must_take(took, 9.5, 0, || {
        "At 10 tokens a second, somebody took 5, worked for 0.3 s, and so on, 20 times. Tokens flow while he works: each round takes 0.5 s, not \
         0.5 s and the work."
            .into()
    });
}

fn idle<T: Limiter>() {
    let took = run(async {
        let limiter = T::new(10, 20);
        limiter.take(20).await;
        sleep(Duration::from_secs(3600)).await;
        [seconds("take(20)", limiter.take(20)).await, seconds("take(10)", limiter.take(10)).await]
    });
    must_take(took[0], 0.0, 0, || {
        "The bucket holds 20, and nobody took any for an hour. Then somebody took 20.".into()
    });
    must_take(took[1], 1.0, 0, || {
        "Then 10 more, at 10 a second. Of an idle hour no more is left than what the bucket holds: else who rests for an hour \
         may send for an hour at any speed."
            .into()
    });
    let took = run(async {
        let limiter = T::new(10, 20);
        limiter.take(20).await;
        sleep(Duration::from_secs(3600)).await;
        seconds("take(50)", limiter.take(50)).await
    });
    must_take(took, 3.0, 0, || {
        "The bucket holds 20, and nobody took any for an hour. Then somebody took 50 at 10 a second: 20 are there, and 30 flow \
         in while he waits. What flowed over in that hour is gone, also for one who wants more than the bucket holds."
            .into()
    });
}

fn large<T: Limiter>() {
    let took = run(async {
        let limiter = T::new(100, 50);
        let took =
            [seconds("take(250)", limiter.take(250)).await, seconds("take(10)", limiter.take(10)).await];
        limiter.take(1).await;
        took
    });
    must_take(took[0], 2.0, 40, || {
        "The bucket holds 50, is full, and somebody took 250 at 100 a second: 50 are there, and 200 flow in while he waits.".into()
    });
    must_take(took[1], 0.1, 40, || "Then 10: nothing was left over.".into());
}

fn few_polls<T: Limiter>() {
    let polls = run(async {
        let limiter = T::new(10, 10);
        limiter.take(10).await;
        let before = runtime::stats().polls;
        limiter.take(100).await;
        runtime::stats().polls - before
    });
    require(polls <= 4, 0, || {
        format!(
            "Somebody waited 10 s for 100 tokens, and was polled {polls} times. When they will be there can be computed: sleep until then, instead \
             of looking again and again."
        )
    });
}

fn in_line<T: Limiter>() {
    let ends = run(async {
        let limiter = T::new(10, 10);
        limiter.take(10).await;
        let start = now();
        let ends = RefCell::new(Vec::new());
        let borrow = "A second task called `take` while a first one waited, and that panicked. A borrow of a RefCell that is held over an `.await` \
                      is there while the others run.";
        let all = join_all((1..=4_u64).map(|n| {
            let (limiter, ends) = (&limiter, &ends);
            let mut take = Box::pin(async move {
                limiter.take(n).await;
                ends.borrow_mut().push((n, (now() - start).as_secs_f64()));
            });
            std::future::poll_fn(move |cx| survives(16, borrow, || take.as_mut().poll(cx)))
        }));
        all.await;
        ends.take()
    });
    let order: Vec<u64> = ends.iter().map(|(n, _)| *n).collect();
    require(order == [1, 2, 3, 4], 40, || {
        format!("Takes of 1, 2, 3 and 4 tokens began in this order, and were served in the order {order:?}.")
    });
    for ((n, took), expected) in ends.into_iter().zip([0.1, 0.3, 0.6, 1.0]) {
        must_take(took, expected, 0, || {
            format!(
                "At 10 a second and from an empty bucket, takes of 1, 2, 3 and 4 began at once; the take of {n} comes after those before it."
            )
        });
    }
}

fn no_overtaking<T: Limiter>() {
    let (large, small) = run(async {
        let limiter = T::new(10, 10);
        limiter.take(10).await;
        join(seconds("take(20)", limiter.take(20)), async {
            sleep(Duration::from_millis(900)).await;
            seconds("take(1), 0.9 s later", limiter.take(1)).await
        })
        .await
    });
    must_take(large, 2.0, 40, || {
        "A take of 20 waited at 10 a second; after 0.9 s, when 9 were there, a take of 1 came. The large one is first: else small ones, coming again and \
         again, keep it waiting for ever."
            .into()
    });
    must_take(small, 1.2, 40, || {
        "The take of 1 that came after 0.9 s is served behind the large one, at 2.1 s.".into()
    });
}

fn gives_up<T: Limiter>() {
    run(async {
        let limiter = T::new(10, 10);
        limiter.take(10).await;
        let second = Duration::from_secs(1);
        let (_, behind) =
            join(timeout(second, limiter.take(100)), seconds("take(10)", limiter.take(10))).await;
        must_take(behind, 1.0, 37, || {
            "At 10 a second, from an empty bucket, a take of 100 waited, and a take of 10 behind it. After 1 s the first gave up (a \
             `timeout` dropped it). 10 tokens had flowed in: they are for the one behind, at once. Who waits has taken nothing \
             yet; and who goes wakes the next."
                .into()
        });
        for _ in 0..10 {
            let _ = timeout(Duration::from_millis(10), limiter.take(1000)).await;
        }
        let after = seconds("take(2)", limiter.take(2)).await;
        must_take(after, 0.1, 37, || {
            "Then ten takes of 1000 gave up after 0.01 s each, and 1 token had flowed in meanwhile. A take of 2 wants 1 more.".into()
        });
    });
}

fn herd<T: Limiter>() {
    let polls = run(async {
        let limiter = T::new(10, 1);
        limiter.take(1).await;
        let tasks: Vec<_> = (0..100)
            .map(|_| {
                let limiter = limiter.clone();
                runtime::spawn(async move { limiter.take(1).await })
            })
            .collect();
        yield_now().await;
        let before = runtime::stats().polls;
        for task in tasks {
            let _ = task.await;
        }
        runtime::stats().polls - before
    });
    require(polls <= 600, 39, || {
        format!(
            "A hundred tasks waited for a token each, and were polled {polls} times together; 600 would be plenty. Only the first in line sleeps \
             for its tokens; the others wait for their turn."
        )
    });
}

fn try_take<T: Limiter>() {
    run(async {
        let limiter = T::new(10, 10);
        let got = [4, 7, 6, 1].map(|n| limiter.try_take(n));
        require(got == [true, false, true, false], 0, || {
            format!(
                "Of 10 tokens, try_take(4), (7), (6) and (1) gave {got:?}, and true, false, true, false is right: what is refused takes nothing."
            )
        });
        let first = async {
            limiter.take(30).await;
        };
        let second = async {
            sleep(Duration::from_secs(1)).await;
            let got = survives(
                16,
                "`try_take` panicked while another task waited in `take`. A borrow of a RefCell that is held over an `.await` is there while the others run.",
                || limiter.try_take(5),
            );
            require(!got, 40, || {
                "A take of 30 waited, and 10 tokens were there. try_take(5) took of them: it overtook.".into()
            });
        };
        join(first, second).await;
        sleep(Duration::from_secs(1)).await;
        require(limiter.try_take(10), 0, || {
            "A second after the bucket was empty, at 10 a second, try_take(10) gave false.".into()
        });
    });
}

fn extremes<T: Limiter>() {
    let nothing = run(async {
        let limiter = T::new(10, 10);
        limiter.take(10).await;
        seconds("take(0)", limiter.take(0)).await
    });
    must_take(nothing, 0.0, 0, || "From an empty bucket somebody took 0.".into());
    let panics = "It panicked: in seconds or nanoseconds that is more than an `Instant`, a `Duration` or 64 bits hold. `u128`, `saturating_…` and \
                  `checked_add` do not overflow, and `runtime::sleep` takes any duration.";
    survives(24, &format!("A take of u64::MAX at 1 token a second. {panics}"), || {
        run(async {
            let limiter = T::new(1, 1);
            let got = timeout(Duration::from_secs(10), limiter.take(u64::MAX)).await;
            require(got.is_err(), 24, || {
                "A take of u64::MAX tokens at 1 a second was served within 10 s.".into()
            });
        });
    });
    survives(24, &format!("u64::MAX tokens a second, for a year. {panics}"), || {
        run(async {
            let limiter = T::new(u64::MAX, u64::MAX);
            limiter.take(u64::MAX).await;
            sleep(Duration::from_secs(365 * 24 * 3600)).await;
            let took = seconds("take(u64::MAX)", limiter.take(u64::MAX)).await;
            must_take(took, 0.0, 24, || {
                "After a year at u64::MAX tokens a second, somebody took u64::MAX.".into()
            });
        });
    });
}

/// A sink that knows when what came.
#[derive(Clone, Default)]
struct Recorder(Rc<RefCell<Vec<(f64, usize)>>>, Option<std::time::Instant>);

impl Recorder {
    fn from_now() -> Recorder {
        Recorder(Rc::default(), Some(now()))
    }

    /// How much had come by then.
    fn by(&self, second: f64) -> usize {
        self.0.borrow().iter().filter(|(at, _)| *at <= second).map(|(_, n)| n).sum()
    }

    fn total(&self) -> usize {
        self.by(f64::INFINITY)
    }

    /// When it came to be more than it may: then, how much, and how much it may be.
    fn exceeded(&self, rate: f64, burst: f64) -> Option<(f64, usize, f64)> {
        let mut total = 0;
        self.0.borrow().iter().find_map(|(at, n)| {
            total += n;
            let most = burst + rate * (at + TOLERANCE);
            (total as f64 > most).then_some((*at, total, most))
        })
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(&mut self, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let at = self.1.map_or(0.0, |start| (now() - start).as_secs_f64());
        log::event(format_args!("{at:.3} s: {} bytes are written", buf.len()));
        self.0.borrow_mut().push((at, buf.len()));
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

fn pour_at_rate<T: Limiter>() {
    let (took, copied, sink) = run(async {
        let limiter = T::new(10_000, 10_000);
        let body = vec![b'x'; 100_000];
        let mut sink = Recorder::from_now();
        let start = now();
        let copied = limiter.pour(&mut &body[..], &mut sink).await;
        ((now() - start).as_secs_f64(), copied, sink)
    });
    require(matches!(copied, Ok(100_000)) && sink.total() == 100_000, 0, || {
        format!("A body of 100000 bytes was poured: {} came, and `pour` gave {copied:?}.", sink.total())
    });
    must_take(took, 9.0, 0, || {
        "At 10000 bytes a second with a burst of 10000, 100000 bytes were poured.".into()
    });
    if let Some((at, total, most)) = sink.exceeded(10_000.0, 10_000.0) {
        require(false, 0, || {
            format!(
                "After {at:.3} s {total} bytes were written, and {most:.0} is the most: first the tokens, then the bytes. (And no more at a time than a \
                 piece, or the line is full for seconds and then empty.)"
            )
        });
    }
}

fn pour_shared<T: Limiter>() {
    let (ends, halves) = run(async {
        let limiter = T::new(10_000, 1_000);
        let body = vec![b'x'; 50_000];
        let sinks = [Recorder::from_now(), Recorder::from_now()];
        let [mut a, mut b] = sinks.clone();
        let (mut from_a, mut from_b) = (&body[..], &body[..]);
        let ends = join(
            seconds("a", limiter.pour(&mut from_a, &mut a)),
            seconds("b", limiter.pour(&mut from_b, &mut b)),
        )
        .await;
        (ends, sinks.map(|sink| sink.by(5.0)))
    });
    require(halves.iter().all(|half| (22_000..=28_000).contains(half)), 40, || {
        format!(
            "Two downloads share 10000 bytes a second. After 5 s, one has {} and the other {} bytes: each should have about the half. Take tokens \
             for a piece at a time, so that they take turns.",
            halves[0], halves[1]
        )
    });
    must_take(ends.0.max(ends.1), 9.9, 0, || {
        "Two downloads of 50000 bytes share 10000 bytes a second, with a burst of 1000. The last of them ended.".into()
    });
}

fn pour_dropped<T: Limiter>() {
    let took = run(async {
        let limiter = T::new(1_000, 1_000);
        let body = vec![b'x'; 10_000];
        let mut kept = Recorder::from_now();
        let mut given_up = kept.clone();
        given_up.0 = Rc::default();
        let (mut from_a, mut from_b) = (&body[..], &body[..5_000]);
        let first = timeout(Duration::from_millis(2_500), limiter.pour(&mut from_a, &mut given_up));
        let (_, took) = join(first, seconds("the other", limiter.pour(&mut from_b, &mut kept))).await;
        let all = kept.total() + given_up.total();
        log::event(format_args!("{} bytes of the first came, {all} of both", given_up.total()));
        (took, all)
    });
    let fastest = (took.1 as f64 - 1_000.0) / 1_000.0;
    require((took.0 - fastest).abs() <= 1.0 + TOLERANCE, 37, || {
        format!(
            "Two downloads shared 1000 bytes a second; one was dropped after 2.5 s. Together {} bytes came, and the other ended after {:.3} s; {fastest:.3} s, \
             and at most a piece more, would be right.",
            took.1, took.0
        )
    });
}

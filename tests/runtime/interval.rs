//! `Interval`: ticks at the right time, and what becomes of those that are late.

use std::time::Duration;

use runtime::{MissedTick, Task, dump, interval, interval_at, now, sleep, timeout, yield_now};

use crate::everywhere::everywhere;
use crate::support::panics;
use crate::support::wakers::Counting;

fn ms(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Takes ticks of an interval of 10 ms, and after each works for so many milliseconds. For each tick: when it was given,
/// and when it was due.
async fn ticks(policy: MissedTick, work: &[u64]) -> Vec<(u128, u128)> {
    let start = now();
    let mut interval = interval(ms(10)).missed(policy);
    let mut ticks = Vec::new();
    for work in work {
        let due = interval.tick().await;
        ticks.push(((now() - start).as_millis(), (due - start).as_millis()));
        sleep(ms(*work)).await;
    }
    ticks
}

const POLICIES: [MissedTick; 3] = [MissedTick::Burst, MissedTick::Delay, MissedTick::Skip];

#[test]
fn the_first_tick_is_due_at_once_and_each_further_one_a_period_later() {
    everywhere(|| async {
        for policy in POLICIES {
            let in_time = [(0, 0), (10, 10), (20, 20), (30, 30), (40, 40)];
            assert_eq!(ticks(policy, &[0; 5]).await, in_time);
            assert_eq!(ticks(policy, &[9, 3, 10, 7, 0]).await, in_time, "work shorter than a period");
        }
    });
}

#[test]
fn an_interval_does_not_drift() {
    everywhere(|| async {
        let start = now();
        let mut interval = interval(ms(3));
        for n in 0..100 {
            assert_eq!(interval.tick().await, start + n * ms(3));
            sleep(Duration::from_micros(u64::from(n) * 17 % 3000)).await;
        }
    });
}

#[test]
fn burst_makes_up_for_each_tick_that_was_missed() {
    everywhere(|| async {
        let given = ticks(MissedTick::Burst, &[25, 0, 0, 0, 47, 0, 0, 0, 0, 0, 0]).await;
        let expected = [
            (0, 0),
            (25, 10),
            (25, 20),
            (30, 30),
            (40, 40),
            (87, 50),
            (87, 60),
            (87, 70),
            (87, 80),
            (90, 90),
            (100, 100),
        ];
        assert_eq!(given, expected);
    });
}

#[test]
fn delay_goes_on_a_period_after_the_late_tick() {
    everywhere(|| async {
        let given = ticks(MissedTick::Delay, &[25, 0, 0, 20, 0, 0]).await;
        assert_eq!(given, [(0, 0), (25, 10), (35, 35), (45, 45), (65, 55), (75, 75)]);
        // Up to 5 ms late is in time.
        assert_eq!(ticks(MissedTick::Delay, &[15, 0, 0]).await, [(0, 0), (15, 10), (20, 20)]);
        assert_eq!(ticks(MissedTick::Delay, &[16, 0, 0]).await, [(0, 0), (16, 10), (26, 26)]);
    });
}

#[test]
fn skip_leaves_out_what_was_missed_and_keeps_to_the_multiples() {
    everywhere(|| async {
        let given = ticks(MissedTick::Skip, &[25, 0, 0, 47, 0, 0]).await;
        assert_eq!(given, [(0, 0), (25, 10), (30, 30), (40, 40), (87, 50), (90, 90)]);
        // Late by whole periods: the next one is still to come.
        assert_eq!(ticks(MissedTick::Skip, &[20, 0, 0]).await, [(0, 0), (20, 10), (30, 30)]);
        assert_eq!(ticks(MissedTick::Skip, &[11, 0, 0]).await, [(0, 0), (11, 10), (20, 20)]);
    });
}

#[test]
fn a_policy_counts_in_nanoseconds() {
    everywhere(|| async {
        let period = Duration::new(3, 1);
        let start = now();
        let mut interval = interval(period).missed(MissedTick::Skip);
        interval.tick().await;
        sleep(Duration::new(600_000_000, 7)).await; // 19 years
        assert_eq!(interval.tick().await, start + period);
        let next = interval.tick().await - start;
        assert_eq!(next.as_nanos() % period.as_nanos(), 0);
        assert!(next > Duration::new(600_000_000, 7) && next <= Duration::new(600_000_003, 8));
    });
}

#[test]
fn interval_at_begins_when_it_is_told_to_also_in_the_past() {
    everywhere(|| async {
        let start = now();
        let mut later = interval_at(start + ms(25), ms(10));
        assert_eq!(later.tick().await, start + ms(25));
        assert_eq!(later.tick().await, start + ms(35));
        assert_eq!(now(), start + ms(35));
        let mut earlier = interval_at(start, ms(10));
        for n in 0..5 {
            assert_eq!(earlier.tick().await, start + n * ms(10));
        }
        assert_eq!(now(), start + ms(40));
    });
}

#[test]
fn a_tick_that_nobody_got_stays_due() {
    everywhere(|| async {
        let start = now();
        let mut interval = interval(ms(10));
        interval.tick().await;
        // Dropped while it waits.
        for _ in 0..3 {
            assert!(timeout(ms(2), interval.tick()).await.is_err());
        }
        assert_eq!(interval.tick().await, start + ms(10));
        assert_eq!(now(), start + ms(10));
        // Dropped after it was woken, before it was polled.
        let hand = Counting::new();
        assert!(hand.poll(&mut interval.tick()).is_pending());
        assert_eq!(hand.kept(), 1);
        sleep(ms(10)).await;
        assert_eq!((hand.wakes(), hand.kept()), (1, 0));
        assert_eq!(interval.tick().await, start + ms(20));
        assert_eq!(now(), start + ms(20));
    });
}

#[test]
fn reset_begins_anew() {
    everywhere(|| async {
        let start = now();
        let mut interval = interval(ms(10));
        interval.tick().await;
        sleep(ms(47)).await;
        interval.reset();
        assert_eq!(interval.tick().await, start + ms(57));
        assert_eq!(interval.tick().await, start + ms(67));
        interval.reset_at(start + ms(70));
        assert_eq!(interval.tick().await, start + ms(70));
        assert_eq!(interval.tick().await, start + ms(80));
        assert_eq!(now(), start + ms(80));
    });
}

#[test]
fn trap_24_a_tick_beyond_the_clock_never_comes() {
    everywhere(|| async {
        for policy in POLICIES {
            let mut interval = interval(Duration::MAX).missed(policy);
            interval.tick().await;
            assert!(timeout(ms(1000), interval.tick()).await.is_err());
            sleep(ms(1000)).await;
            assert!(timeout(ms(1000), interval.tick()).await.is_err());
            interval.reset();
            assert!(timeout(ms(1000), interval.tick()).await.is_err());
            interval.reset_at(now());
            interval.tick().await;
        }
    });
}

#[test]
fn an_interval_of_no_time_panics_where_it_is_made() {
    assert!(panics(|| interval(Duration::ZERO)).contains("above zero"));
    assert!(panics(|| interval_at(now(), Duration::ZERO)).contains("above zero"));
}

#[test]
fn an_interval_dropped_between_or_within_ticks_leaves_no_timer() {
    everywhere(|| async {
        let hand = Counting::new();
        let mut interval = interval(ms(10));
        interval.tick().await;
        assert!(hand.poll(&mut interval.tick()).is_pending());
        assert_eq!(hand.kept(), 1);
        drop(interval);
        assert_eq!(hand.kept(), 0);
    });
}

#[test]
fn the_dump_tells_where_a_tick_is_waited_for() {
    everywhere(|| async {
        let here = line!() + 4;
        let task = Task::new().name("ticks").spawn(async {
            let mut interval = interval(ms(10));
            interval.tick().await;
            interval.tick().await;
        });
        for _ in 0..10 {
            yield_now().await;
        }
        let ticks = dump().tasks.into_iter().find(|task| task.name.as_deref() == Some("ticks")).unwrap();
        let text = ticks.state.to_string();
        assert!(text.contains("a time, at") && text.contains(&format!("interval.rs:{here}:")), "{text}");
        task.await.unwrap();
    });
}

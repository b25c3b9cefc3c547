//! Thousands of connections.

use std::time::Duration;

use demo::lesson::ten_thousand::measure;

use crate::seen;

#[test]
fn thousands_of_connections_on_one_thread_take_little_memory_no_cpu_while_idle_and_few_switches() {
    let measured = seen(measure);
    let (on_loop, threads) = (&measured.on_loop, &measured.threads);
    assert!(on_loop.open >= 1000);
    assert_eq!(on_loop.exchanged, on_loop.open);
    assert_eq!(threads.exchanged, threads.open);
    assert!(on_loop.idle.cpu < Duration::from_millis(100));
    assert!(on_loop.switches() < threads.switches());
    if let Some((each, on_a_thread)) = on_loop.memory_each().zip(threads.memory_each()) {
        assert!(each < 2000, "{each} bytes for a connection with its task");
        assert!(each < on_a_thread / 2, "{each} bytes on a task, {on_a_thread} on a thread");
    }
}

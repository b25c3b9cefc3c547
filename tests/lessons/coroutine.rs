//! A function that stops half-way.

use std::task::Poll;

use demo::lesson::coroutine::measure;

use crate::seen;

#[test]
fn a_call_runs_nothing_a_poll_runs_up_to_the_await_and_a_wake_runs_nothing() {
    let by_hand = seen(measure).by_hand;
    assert!(by_hand.called.ran.is_empty());
    assert_eq!((by_hand.polled.ran, by_hand.polled.result), (vec!["begun"], Some(Poll::Pending)));
    assert_eq!((by_hand.polled.wakes, by_hand.woken.wakes), (0, 1));
    assert_eq!(by_hand.woken.ran, ["begun"]);
    assert_eq!(by_hand.polled_again.ran, ["begun", "resumed"]);
    assert_eq!(by_hand.polled_again.result, Some(Poll::Ready(42)));
}

#[test]
fn an_async_fn_and_a_state_machine_by_hand_are_the_same_to_the_loop() {
    let coroutine = seen(measure);
    assert_eq!(coroutine.compiled.events, coroutine.written.events);
    assert_eq!(coroutine.compiled.page, coroutine.written.page);
    assert!(coroutine.compiled.page.starts_with(b"HTTP/1.1 200 OK\r\n"));
    let polls = coroutine.written.events.iter().filter(|event| *event == "polled").count();
    assert!(polls >= 2, "it never waited: {:?}", coroutine.written.events);
}

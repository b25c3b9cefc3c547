//! The loop, told event by event.

use demo::lesson::event_loop::measure;
use demo::trace::event::What;

use crate::seen;

#[test]
fn tasks_run_in_the_order_of_their_registration_and_one_that_waits_is_resumed_by_its_socket() {
    let told = seen(measure);
    assert_eq!(told.registered, [1, 2, 3, 4]); // root, reader, writer, counter
    assert_eq!(told.planned, told.registered);
    let (waits, reader) = told.waits.expect("the reader waits");
    assert_eq!(reader, 2);
    assert!(told.polls_of_others >= 4); // the counter's three and the writer's
    let (woken, _) = told.resumed.expect("the reader is resumed");
    assert!(waits < woken);
    let polls =
        |event: &&demo::trace::event::Event| matches!(event.what, What::Polled { task } if task == reader);
    assert_eq!(told.log.events.iter().filter(polls).count(), 2);
}

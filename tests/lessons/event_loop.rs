//! The loop, told event by event.

use demo::lesson::event_loop::measure;
use demo::trace::event::What;
use demo::trace::narrate;

use crate::seen;

#[test]
fn tasks_run_in_the_order_of_their_registration_and_one_that_waits_is_resumed_by_its_socket() {
    let told = seen(measure);
    assert_eq!(told.registered, [1, 2, 3, 4]); // root, reader, writer, counter
    assert_eq!(told.planned, told.registered);
    let (waits, reader) = told.waits.expect("the reader waits");
    assert_eq!(reader, 2);
    assert!(told.polls_of_others >= 4); // the counter's three and the writer's
    let resumed = told.resumed.expect("the reader is resumed");
    assert!(waits < resumed.woken && resumed.woken < resumed.polled);
    let polls =
        |event: &&demo::trace::event::Event| matches!(event.what, What::Polled { task } if task == reader);
    assert_eq!(told.log.events.iter().filter(polls).count(), 2);
}

#[test]
fn each_socket_is_called_by_the_task_that_has_it() {
    let told = seen(measure);
    let mut story = Vec::new();
    narrate::write(&told.log, None, false, &mut story).unwrap();
    let story = String::from_utf8(story).unwrap();
    assert!(story.contains("The OS says that the Unix socket of reader (token 0) is readable"), "{story}");
    assert!(!story.contains("socket of root"), "{story}");
}

//! The log as a file: `demo::trace::jsonl`.

use demo::trace::event::{Step, What};
use demo::trace::{Log, jsonl};
use proptest::prelude::*;

use crate::runs;

fn lines(log: &Log) -> Vec<u8> {
    let mut lines = Vec::new();
    jsonl::write(log, &mut lines).unwrap();
    lines
}

fn error(text: impl AsRef<[u8]>) -> String {
    let error = jsonl::read(text.as_ref()).expect_err("it is no log").to_string();
    assert!(!error.contains('\n') && error.starts_with("line "), "{error}");
    error
}

const HEADER: &str = r#"{"roundabout":1,"title":"x"}"#;

#[test]
fn what_is_written_is_what_is_read() {
    for log in runs::all() {
        assert_eq!(jsonl::read(&lines(&log)[..]).unwrap(), log);
    }
}

#[test]
fn each_line_is_an_object_with_the_names_that_were_agreed_on() {
    let text = String::from_utf8(lines(&runs::meeting())).unwrap();
    assert!(
        text.starts_with("{\"roundabout\":1,\"title\":\"meeting\",\"clock\":\"real\",\"cut\":false,"),
        "{text}"
    );
    for wanted in [
        r#","by":"loop","what":"spawned","task":1,"key":0,"name":"root","at":"tests/trace/runs.rs:"#,
        r#","by":{"task":1},"what":"spawned","task":2,"key":1,"parent":1,"name":"worker 0","at":"#,
        r#","what":"queued","task":2,"len":1}"#,
        r#""on":"lock","id":"#,
        r#""step":"acquired","count":1}"#,
        r#""what":"pending","task":2,"on":{"on":"#,
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
}

#[test]
fn the_clock_and_the_lines_of_source_are_in_the_header() {
    let log = runs::times();
    let header = serde_json::to_value(&log.header).unwrap();
    assert_eq!(header["clock"], "virtual");
    let shown = header["lines"].as_object().unwrap();
    assert!(shown.values().any(|line| line.as_str().unwrap().contains("runtime::timeout(")), "{shown:?}");
    assert_eq!(serde_json::to_value(&runs::echo().header).unwrap()["clock"], "real");
}

#[test]
fn a_recorder_stops_at_its_limit_and_says_so() {
    let recorder = demo::trace::Recorder::with_limit("short", 5);
    runtime::Builder::new().observer(recorder.clone()).build().unwrap().block_on(runtime::yield_now());
    let log = recorder.take();
    assert_eq!((log.events.len(), log.header.cut), (5, true));
    let again = jsonl::read(&lines(&log)[..]).unwrap();
    assert!(again.header.cut);
}

#[test]
fn what_is_no_log_is_named_by_line_and_cause() {
    assert!(error("").contains("line 1: the file is empty"));
    assert!(error("hello\n").contains("line 1: this is not the header"));
    assert!(error("{\"a\":1}\n").contains("line 1: this is not the header"));
    assert!(
        error("{\"roundabout\":2,\"title\":\"x\"}\n").contains("version 2, and this program reads version 1")
    );
    assert!(error(HEADER).contains("line 1: it has no end"));
    assert!(error(format!("{HEADER}\n{{\"n\":1,\"turn\"")).contains("line 2: it has no end"));
    let event = r#"{"n":1,"turn":0,"t":0,"by":"loop","what":"queued","task":1,"len":1}"#;
    assert!(jsonl::read(format!("{HEADER}\n{event}\n").as_bytes()).is_ok());
    assert!(error(format!("{HEADER}\n{event}\n{event}\n")).contains("line 3: event 2 should be here"));
    let nothing = event.replace("\"what\":\"queued\",", "");
    assert!(
        error(format!("{HEADER}\n{nothing}\n")).contains("line 2: this is no event: missing field `what`")
    );
    let earlier = event.replace("\"n\":1", "\"n\":2");
    let later = event.replace("\"t\":0", "\"t\":7");
    assert!(error(format!("{HEADER}\n{later}\n{earlier}\n")).contains("line 3: its time is 0 ns, before"));
    let huge = event.replace("\"task\":1", "\"task\":99999999999");
    assert!(error(format!("{HEADER}\n{huge}\n")).contains("line 2: this is no event"));
    let without = event.replace(",\"len\":1", "");
    assert!(error(format!("{HEADER}\n{without}\n")).contains("missing field `len`"));
    let long = format!("{HEADER}\n\"{}", "a".repeat(5 << 20));
    assert!(error(long).contains("line 2: it is longer than"));
    assert!(error([HEADER.as_bytes(), b"\n\xff\xfe\n"].concat()).contains("line 2"));
}

#[test]
fn fields_of_a_newer_program_are_no_error() {
    let header = HEADER.replace('}', ",\"weather\":\"fine\"}");
    let event = r#"{"n":1,"turn":0,"t":0,"by":"loop","what":"turn","mood":{"good":true}}"#;
    assert_eq!(jsonl::read(format!("{header}\n{event}\n").as_bytes()).unwrap().events.len(), 1);
}

#[test]
fn an_event_of_a_newer_program_is_kept_as_something_unknown() {
    let event = r#"{"n":1,"turn":0,"t":0,"by":"loop","what":"eaten","task":1,"by_whom":{"wolf":2}}"#;
    let log = jsonl::read(format!("{HEADER}\n{event}\n").as_bytes()).unwrap();
    assert_eq!(log.events[0].what, What::Unknown);
    assert_eq!(jsonl::read(&lines(&log)[..]).unwrap(), log, "it can be written, and read again");
    let step =
        r#"{"n":1,"turn":0,"t":0,"by":"loop","what":"sync","on":"lock","id":1,"step":"polished","shine":3}"#;
    let log = jsonl::read(format!("{HEADER}\n{step}\n").as_bytes()).unwrap();
    assert!(matches!(log.events[0].what, What::Sync { step: Step::Unknown, .. }));
}

#[test]
fn a_long_text_is_cut_and_all_texts_have_a_limit() {
    let log = runs::recorded("long", runtime::Builder::new(), async || {
        runtime::trace::mark("note", "ä".repeat(5000));
    });
    let kept = log.events.iter().find_map(|event| match &event.what {
        What::Mark { detail, .. } => Some(detail.len()),
        _ => None,
    });
    assert_eq!((kept, log.header.cut), (Some(4096), false));
    let log = runs::recorded("longer", runtime::Builder::new(), async || {
        for n in 0..20_000 {
            runtime::trace::mark("note", format!("{n:5000}"));
        }
    });
    let marks = log.events.iter().filter(|event| matches!(event.what, What::Mark { .. })).count();
    // What differs only after the cut is one text.
    assert_eq!((marks, log.header.cut), (20_000, false));
    let log = runs::recorded("longest", runtime::Builder::new(), async || {
        for n in 0..20_000 {
            runtime::trace::mark("note", format!("{n:<5000}"));
        }
    });
    assert!(log.header.cut && log.events.len() > 16_000 && log.events.len() < 17_000);
}

proptest! {
    #[test]
    fn a_byte_that_is_wrong_is_an_error_of_one_line_or_no_harm(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut text = lines(&runs::echo());
        let at = at.index(text.len());
        text[at] = byte;
        if let Err(e) = jsonl::read(&text[..]) {
            let e = e.to_string();
            prop_assert!(e.starts_with("line ") && !e.contains('\n'), "{}", e);
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = jsonl::read(&bytes[..]);
        let _ = jsonl::read(&[HEADER.as_bytes(), b"\n", &bytes].concat()[..]);
    }
}

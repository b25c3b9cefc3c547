//! The views that are made of a log, but for the player's page, which a browser has to judge.

use std::collections::{BTreeSet, HashMap, HashSet};

use demo::trace::timeline::{self, Look};
use demo::trace::{Log, html, jsonl, narrate, perfetto};
use serde_json::Value;

use crate::runs;

/// Makes every view of the log.
pub(crate) fn all_of(log: &Log) {
    narrated(log, Some(80));
    timeline::draw(log, ASCII);
    written(log, |log, to| perfetto::write(log, to));
    written(log, |log, to| html::write(log, to));
    written(log, |log, to| jsonl::write(log, to));
}

const ASCII: Look = Look { columns: 80, coloured: false, unicode: false };

fn written(log: &Log, write: impl Fn(&Log, &mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut bytes = Vec::new();
    write(log, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn narrated(log: &Log, columns: Option<usize>) -> String {
    written(log, |log, to| narrate::write(log, columns, false, to))
}

/// The names of all types of events, as the runtime's source has them.
fn types_of_the_runtime() -> BTreeSet<String> {
    let source = include_str!("../../runtime/src/trace/what.rs");
    let variants = |name: &str| {
        let (_, body) = source.split_once(&format!("pub enum {name}")).expect("it is there");
        let (_, body) = body.split_once("{\n").expect("it has a body");
        let (body, _) = body.split_once("\n}").expect("it ends");
        let variant = |line: &str| {
            let name = line.strip_prefix("    ")?.split([' ', ',']).next()?;
            name.starts_with(char::is_uppercase).then(|| snake(name))
        };
        body.lines().filter_map(variant).collect::<Vec<_>>()
    };
    let mut types: BTreeSet<_> = variants("What<'a>").into_iter().collect();
    assert!(types.remove("child"), "its steps are types of their own in the log");
    types.extend(variants("ChildStep<'a>").into_iter().map(|step| format!("child_{step}")));
    types
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn type_of(event: &demo::trace::event::Event) -> String {
    serde_json::to_value(event).unwrap()["what"].as_str().unwrap().to_owned()
}

/// The compiler sees to it that every view thinks of every type in `event.rs`; this, that `event.rs` has all that the
/// runtime tells, and that the runs here do all of it.
#[test]
fn no_type_of_event_is_forgotten() {
    let recorded: BTreeSet<_> = runs::all().iter().flat_map(|log| log.events.iter().map(type_of)).collect();
    assert_eq!(recorded, types_of_the_runtime());
}

#[test]
fn the_story_has_a_sentence_for_each_event_with_its_number_and_who_is_meant() {
    for log in runs::all() {
        let story = narrated(&log, None);
        let lines: Vec<_> = story.lines().collect();
        assert_eq!(lines.len(), log.events.len(), "{}", log.header.title);
        for (event, line) in log.events.iter().zip(lines) {
            assert!(line.contains(&format!("#{} ", event.n)), "{line}");
            let told = line.split_once(&format!("#{} ", event.n)).unwrap().1.trim();
            assert!(told.ends_with('.') && told.len() > 10, "{line}");
            if let Some(task) = event.what.task().filter(|_| type_of(event) != "spawned") {
                let meant = told.to_lowercase().contains(&format!("task {task}"));
                assert!(meant, "task {task} is meant: {line}");
            }
        }
    }
}

#[test]
fn an_abort_is_not_told_as_a_wake_nor_a_queue_of_another_order_as_a_line() {
    let story = narrated(&runs::ends(), None);
    assert!(
        story.contains(" is aborted by ") && story.contains("to be cancelled when its turn comes"),
        "{story}"
    );
    assert!(story.contains(" in line"), "{story}");
    let story = narrated(&runs::other_orders(), None);
    assert!(!story.contains(" in line") && !story.contains("behind the others"), "{story}");
    assert!(story.contains("joins the run queue, which has "), "{story}");
}

#[test]
fn the_story_stays_within_the_terminal() {
    for (log, columns) in runs::all().iter().zip([80, 60, 100].into_iter().cycle()) {
        for line in narrated(log, Some(columns)).lines() {
            assert!(line.chars().count() <= columns, "{columns}: {line}");
        }
    }
}

#[test]
fn control_characters_of_names_do_not_reach_the_terminal() {
    let log = runs::recorded("names", runtime::Builder::new(), async || {
        let task = runtime::Task::new().name("\u{1b}[31mred\nline").spawn(async {});
        task.await.unwrap();
        runtime::trace::mark("tab", "\u{7}bell");
    });
    for text in [narrated(&log, None), timeline::draw(&log, ASCII)] {
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    }
    assert_eq!(narrated(&log, None).lines().count(), log.events.len());
}

#[test]
fn the_timeline_has_a_line_a_task_within_the_terminal_and_folds_groups() {
    for log in runs::all() {
        for look in [80, 40, 133].map(|columns| Look { columns, ..ASCII }) {
            let drawn = timeline::draw(&log, look);
            let lines: Vec<_> = drawn.lines().collect();
            assert!(lines.iter().all(|line| line.chars().count() <= look.columns), "{drawn}");
            assert!(drawn.is_ascii(), "{drawn}");
            assert!(lines[0].contains('0') && lines[1].starts_with("loop "), "{drawn}");
        }
    }
    let drawn = timeline::draw(&runs::echo(), ASCII);
    assert_eq!(drawn.lines().filter(|line| line.starts_with("server ")).count(), 1, "{drawn}");
    let drawn = timeline::draw(&runs::meeting(), Look { unicode: true, ..ASCII });
    assert!(drawn.contains('✓') && drawn.contains("worker 2"), "{drawn}");
    let plain = timeline::draw(&runs::times(), ASCII);
    let coloured = timeline::draw(&runs::times(), Look { coloured: true, ..ASCII });
    assert!(coloured.contains("\x1b[") && !plain.contains('\x1b'), "{coloured}");
    // The recorded runs differ in their times, but not where time is virtual.
    let mut colourless = coloured;
    while let Some((start, rest)) = colourless.clone().split_once("\x1b[") {
        colourless = format!("{start}{}", rest.split_once('m').unwrap().1);
    }
    assert_eq!(colourless, plain);
}

#[test]
fn a_timeline_of_thousands_of_tasks_stays_short() {
    let log = runs::recorded("many", runtime::Builder::new(), async || {
        runtime::join_all((0..3000).map(|_| runtime::spawn(async {}))).await;
    });
    let drawn = timeline::draw(&log, ASCII);
    assert!(drawn.lines().count() <= 44 && drawn.contains("more tasks"), "{drawn}");
}

/// The trace of a log: its entries, and the times and places in the right order.
#[test]
fn the_perfetto_trace_follows_the_format() {
    for log in runs::all() {
        let title = &log.header.title;
        let trace: Value = serde_json::from_str(&written(&log, |log, to| perfetto::write(log, to))).unwrap();
        assert_eq!(trace["otherData"]["title"], **title);
        let mut open = HashMap::<i64, Vec<f64>>::new();
        let (mut flows, mut ended) = (HashMap::<i64, f64>::new(), HashSet::<i64>::new());
        let mut asynchronous = HashMap::<(String, i64), String>::new();
        let mut named = HashSet::new();
        let mut last = 0.0;
        let mut polls = 0;
        for entry in trace["traceEvents"].as_array().unwrap() {
            let phase = entry["ph"].as_str().unwrap();
            let (tid, ts) = (entry["tid"].as_i64().unwrap(), entry["ts"].as_f64().unwrap());
            assert_eq!(entry["pid"], 1, "{title}: {entry}");
            if phase == "M" {
                if entry["name"] == "thread_name" {
                    named.insert(tid);
                }
                continue;
            }
            assert!(ts >= last, "{title}: earlier than the one before: {entry}");
            last = ts;
            assert!(named.contains(&tid), "{title}: a track without a name: {entry}");
            let id = || entry["id"].as_i64().unwrap();
            let stack = open.entry(tid).or_default();
            match phase {
                "B" => {
                    polls += usize::from(entry["name"] == "running");
                    stack.push(ts);
                }
                "E" => assert!(stack.pop().is_some(), "{title}: the end of nothing: {entry}"),
                "s" => {
                    assert!(!stack.is_empty(), "{title}: an arrow from nowhere: {entry}");
                    assert!(flows.insert(id(), ts).is_none(), "{title}: twice: {entry}");
                }
                "f" => {
                    assert_eq!(entry["bp"], "e");
                    assert!(!stack.is_empty(), "{title}: an arrow to nowhere: {entry}");
                    assert!(flows.contains_key(&id()), "{title}: an arrow without a start: {entry}");
                    assert!(ended.insert(id()), "{title}: twice: {entry}");
                }
                "b" => {
                    let key = (entry["cat"].as_str().unwrap().to_owned(), id());
                    let name = entry["name"].as_str().unwrap().to_owned();
                    assert!(asynchronous.insert(key, name).is_none(), "{title}: {entry}");
                }
                "e" => {
                    let key = (entry["cat"].as_str().unwrap().to_owned(), id());
                    assert_eq!(asynchronous.remove(&key).as_deref(), entry["name"].as_str(), "{title}");
                }
                "i" => assert_eq!(entry["s"], "t"),
                "C" => assert!(entry["args"].as_object().unwrap().values().all(Value::is_u64), "{entry}"),
                other => panic!("{title}: an unknown phase {other}"),
            }
        }
        assert!(open.values().all(Vec::is_empty), "{title}: slices without an end");
        assert!(asynchronous.is_empty(), "{title}: {asynchronous:?}");
        let recorded = log.events.iter().filter(|event| type_of(event) == "polled").count();
        assert_eq!(polls, recorded, "{title}");
        // Wakes that nothing came of, as the run was over before, have no end.
        assert!(ended.len() + 3 >= flows.len(), "{title}: {} of {} arrows end", ended.len(), flows.len());
    }
}

#[test]
fn the_page_holds_all_it_needs_and_nothing_of_the_log_ends_its_tag() {
    let log = runs::said();
    let page = written(&log, |log, to| html::write(log, to));
    assert!(!page.contains(" src=") && !page.contains(".css\""), "something is not embedded");
    let hrefs = page.match_indices(" href=\"").filter(|(at, _)| !page[at + 7..].starts_with("data:"));
    assert_eq!(hrefs.count(), 0);
    let (_, rest) = page.split_once("id=\"log\">\n").unwrap();
    let (embedded, _) = rest.split_once("</script>").unwrap();
    assert!(!embedded.contains('<') && embedded.contains("\\u003c/script>"));
    assert_eq!(jsonl::read(embedded.as_bytes()).unwrap(), log);
    // What the player's own files must not contain, or their tags would end early.
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
}

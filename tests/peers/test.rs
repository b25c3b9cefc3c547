//! The bench itself: that each work can be done, and is told in the form that was promised.

use peers::clock::Repeat;
use peers::runtimes::NAMES;
use peers::table::{Row, write_json};
use peers::works::{self, WORKS};

#[test]
fn every_runtime_does_every_work_that_suits_it() {
    for work in WORKS {
        for runtime in NAMES.iter().filter(|runtime| work.suits(runtime)) {
            match works::run(work.name, runtime, Repeat::Batches(1)) {
                Ok(cost) => assert!(cost.wall.is_finite(), "{} on {runtime}: {cost:?}", work.name),
                Err(why) => assert!(why.contains("io_uring"), "{} on {runtime}: {why}", work.name),
            }
        }
    }
}

#[test]
fn what_is_not_known_is_refused_by_name() {
    let batch = Repeat::Batches(1);
    assert_eq!(works::run("juggling", "smol", batch).unwrap_err(), "there is no work juggling");
    assert_eq!(works::run("yield-1", "nodejs", batch).unwrap_err(), "there is no runtime nodejs");
    assert_eq!(works::run("echo-1", "localpool", batch).unwrap_err(), "it cannot do echo-1");
}

#[test]
fn a_row_is_one_json_object_a_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let rows = [("smol", vec![3.5, 1.0, 2.0]), ("compio", vec![7.0])]
        .map(|(runtime, rounds)| Row::new("yield-1", runtime, "ns", rounds).unwrap());
    write_json(file.path(), &rows).unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        lines[0],
        serde_json::json!({
            "work": "yield-1", "runtime": "smol", "unit": "ns",
            "median": 2.0, "min": 1.0, "max": 3.5, "rounds": 3,
        })
    );
    assert_eq!((lines.len(), &lines[1]["runtime"]), (2, &serde_json::json!("compio")));
}

#[test]
fn no_rounds_are_no_row() {
    assert_eq!(Row::new("yield-1", "smol", "ns", Vec::new()), None);
}

//! What the page takes the machine to be is what the replay in Rust does, forwards and backwards; and of all that happens it
//! has something to tell.

use std::fs;
use std::process::Command;

use demo::trace::replay::Machine;
use demo::trace::{Log, jsonl};
use serde_json::json;

use crate::browser::Browser;
use crate::runs;

/// Numbers that look random and are the same each time.
fn random(seed: u64) -> impl Iterator<Item = u64> {
    let mut state = seed;
    std::iter::repeat_with(move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    })
}

/// The state of the page at some steps, gone to one after the other, must be the replay's.
fn agree(browser: &mut Browser, log: &Log, steps: &[usize]) {
    let list = json!(steps);
    let states = browser.eval(&format!("{list}.map(n => (roundabout.seek(n), roundabout.state()))"));
    for (i, n) in steps.iter().enumerate() {
        let replayed = Machine::after(&log.events[..*n]).canonical();
        assert_eq!(states[i], replayed, "{} at step {n}", log.header.title);
    }
}

#[test]
fn at_fifty_random_steps_the_state_is_the_replays() {
    let Some(mut browser) = Browser::start() else { return };
    for (seed, log) in runs::all().into_iter().chain([runs::busy(20_000)]).enumerate() {
        browser.open(&log);
        let total = log.events.len();
        let steps: Vec<usize> =
            random(seed as u64).map(|n| n as usize % (total + 1)).take(50).chain([0, total]).collect();
        agree(&mut browser, &log, &steps);
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_page_that_a_download_writes_plays_that_very_run() {
    let Some(mut browser) = Browser::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("run.html");
    let demo = Command::new(env!("CARGO_BIN_EXE_demo-under-test"))
        .args(["download", "--trace"])
        .arg(&page)
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let text = fs::read_to_string(&page).unwrap();
    let lines = text.split_once("id=\"log\">").unwrap().1.split_once("</script>").unwrap().0;
    let log = jsonl::read(lines.trim_start().as_bytes()).unwrap();
    browser.open_file(&page, "");
    assert_eq!(browser.eval("roundabout.total"), log.events.len());
    let steps: Vec<usize> = random(10).map(|n| n as usize % (log.events.len() + 1)).take(50).collect();
    agree(&mut browser, &log, &steps);
    // A lane for the loop, for the root and for each file, and one for all of the server.
    let lanes =
        browser.eval("player.timeline.lanes.filter(lane => lane.kind !== 'child').map(lane => lane.name)");
    let files = (1..=10).map(|n| format!("file{n}.txt"));
    let wanted: Vec<String> =
        ["loop", "root"].map(String::from).into_iter().chain(files).chain([String::from("server")]).collect();
    assert_eq!(lanes, json!(wanted));
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn stepping_back_through_a_whole_run_goes_through_the_states_of_stepping_on() {
    let Some(mut browser) = Browser::start() else { return };
    for log in [runs::ends(), runs::busy(600)] {
        browser.open(&log);
        let same = browser.eval(
            "(() => {
                const on = [], back = [];
                roundabout.seek(0);
                for (; ; roundabout.step(1)) {
                    on.push(roundabout.state());
                    if (roundabout.n === roundabout.total) break;
                }
                for (; ; roundabout.step(-1)) {
                    back.push(roundabout.state());
                    if (roundabout.n === 0) break;
                }
                const odd = on.findIndex((state, n) => state !== back[roundabout.total - n]);
                return on.length !== roundabout.total + 1 || odd >= 0 ? odd : 'the same';
            })()",
        );
        assert_eq!(same, "the same", "{}", log.header.title);
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn of_every_event_the_page_tells_what_happened_and_why() {
    let Some(mut browser) = Browser::start() else { return };
    for log in runs::all() {
        browser.open(&log);
        let odd = browser.eval(
            "(() => {
                const odd = [];
                const look = (n, what, text) => {
                    if (!text || /undefined|NaN|\\[object|null|Infinity|\\{t/.test(text)) odd.push(`#${n} ${what}: ${text}`);
                };
                for (let n = 1; n <= roundabout.total; n++) {
                    roundabout.seek(n);
                    const e = player.log.event(n);
                    if (!KINDS[e.what]) odd.push(`#${n}: ${e.what} is described nowhere`);
                    if (!FOLD[e.what] && !['turn', 'coalesced', 'mark', 'slow_poll'].includes(e.what)) odd.push(`#${n}: ${e.what} changes nothing`);
                    look(n, 'head', byId('head').textContent);
                    look(n, 'why', byId('why').textContent);
                    look(n, 'brief', plain(KINDS[e.what]?.brief(e, player.log) ?? '', player.log));
                    look(n, 'picture', byId('picture').textContent);
                    if (byId('next').textContent) look(n, 'next', byId('next').textContent);
                }
                return odd.slice(0, 20).join('\\n');
            })()",
        );
        assert_eq!(odd, "", "{}", log.header.title);
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

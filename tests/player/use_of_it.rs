//! The page, used: keys, buttons, the address, playing, filters, the search.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::runs;

#[test]
fn keys_go_by_steps_and_turns_and_to_both_ends() {
    let Some(mut browser) = Browser::start() else { return };
    let log = runs::threads();
    browser.open(&log);
    let total = log.events.len();
    let turns: Vec<usize> =
        (1..=total).filter(|n| browser.eval(&format!("player.log.event({n}).what")) == "turn").collect();
    let n = |browser: &mut Browser| browser.eval("roundabout.n");
    assert_eq!(n(&mut browser), 1);
    browser.press("ArrowRight");
    browser.press("ArrowRight");
    assert_eq!(n(&mut browser), 3);
    browser.press("ArrowLeft");
    assert_eq!(n(&mut browser), 2);
    browser.press("End");
    assert_eq!(n(&mut browser), total);
    browser.press("ArrowRight");
    assert_eq!(n(&mut browser), total, "there is nothing after the end");
    browser.press_shift("ArrowLeft");
    assert_eq!(n(&mut browser), *turns.last().unwrap());
    browser.press("Home");
    assert_eq!(n(&mut browser), 0);
    browser.press("ArrowLeft");
    assert_eq!(n(&mut browser), 0, "there is nothing before the start");
    for turn in &turns[..2] {
        browser.press_shift("ArrowRight");
        assert_eq!(n(&mut browser), *turn);
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn every_key_does_something_and_none_does_harm() {
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&runs::ends());
    let keys = browser.eval("Object.keys(ACTS)");
    for key in keys.as_array().unwrap() {
        let key = key.as_str().unwrap();
        browser.press(key);
        browser.eval("byId('help').close(); document.activeElement.blur(); roundabout.pause()");
    }
    assert_eq!(browser.complaints(), [""; 0]);
    // What each is for, by what it changes.
    for (key, looks_at) in [
        ("x", "player.timeline.even"),
        ("g", "player.timeline.folded"),
        ("t", "document.documentElement.dataset.theme"),
        ("2", "player.view"),
        ("3", "player.view"),
        ("]", "player.selected"),
        ("+", "player.timeline.to - player.timeline.from"),
        ("d", "player.timeline.from"),
        ("0", "player.timeline.from"),
        (">", "player.speed"),
        ("?", "byId('help').open"),
    ] {
        let before = browser.eval(looks_at);
        browser.press(key);
        assert_ne!(browser.eval(looks_at), before, "{key} changes {looks_at}");
    }
    browser.eval("byId('help').close()");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn it_plays_to_the_end_and_stops_there() {
    let Some(mut browser) = Browser::start() else { return };
    let log = runs::ends();
    browser.open(&log);
    browser.eval("player.speed = 64");
    browser.press(" ");
    assert_eq!(browser.eval("roundabout.playing"), true);
    browser.wait_for("!roundabout.playing");
    assert_eq!(browser.eval("roundabout.n"), log.events.len());
    // From the end it begins again; and a second press stops it where it is.
    browser.eval("player.speed = 1");
    browser.press(" ");
    browser.wait_for("roundabout.n > 2");
    browser.press(" ");
    let n = browser.eval("roundabout.n").as_u64().unwrap();
    assert!(n < log.events.len() as u64 / 2, "it stands at {n}");
    assert_eq!(browser.eval("roundabout.playing"), false);
    assert_eq!(browser.eval("byId('seek').value"), n.to_string());
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_address_holds_the_step() {
    let Some(mut browser) = Browser::start() else { return };
    let mut page = Vec::new();
    demo::trace::html::write(&runs::ends(), &mut page).unwrap();
    browser.open_page(&page, "#n=17&task=2");
    assert_eq!(browser.eval("[roundabout.n, player.selected]"), json!([17, 2]));
    browser.eval("roundabout.seek(21)");
    browser.wait_for("location.hash === '#n=21&task=2'");
    browser.eval("location.hash = '#n=4'");
    browser.wait_for("roundabout.n === 4 && player.selected === 0");
    // What nobody could mean is no reason to break.
    for odd in ["#n=999999999", "#n=-1", "#n=x&task=777", "#"] {
        browser.open_page(&page, odd);
        assert_eq!(browser.eval("roundabout.ready"), true, "{odd}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_filter_and_a_search_leave_the_steps_that_are_meant() {
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&runs::ends());
    browser.press("/");
    for letter in "panics".chars() {
        browser.press(&letter.to_string());
    }
    assert_eq!(browser.eval("player.view"), "steps");
    browser.press("Enter");
    browser.wait_for("document.querySelectorAll('#list-rows .row').length > 0");
    let rows = browser.eval("[...document.querySelectorAll('#list-rows .row')].map(row => row.textContent)");
    for row in rows.as_array().unwrap() {
        assert!(row.as_str().unwrap().contains("panics"), "{row}");
    }
    assert_eq!(
        browser.eval("player.log.event(roundabout.n).task ?? player.log.event(roundabout.n).by.task ?? 0"),
        2
    );
    browser.press("Escape"); // out of the field
    browser.press("Escape"); // and out of the search
    assert_eq!(browser.eval("player.steps.narrowed"), false);
    browser.eval("player.select(3)");
    let odd = browser.eval(
        "(() => {
            roundabout.seek(0);
            const odd = [];
            for (let n = -1; n !== roundabout.n;) {
                n = roundabout.n;
                roundabout.step(1);
                if (roundabout.n > n && !concerns(player.log.event(roundabout.n), 3, player.log)) odd.push(roundabout.n);
            }
            return odd;
        })()",
    );
    assert_eq!(odd, json!([]), "with a filter, a step goes to the next step of that task");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_mouse_seeks_zooms_and_chooses_a_task() {
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&runs::busy(4000)); // in virtual time: what is where does not depend on the machine
    let n = |browser: &mut Browser| browser.eval("roundabout.n").as_u64().unwrap();
    // The plot: from its left edge the names, then the lanes; its top is the scale.
    let plot = browser.eval(
        "(() => {
            const {left, top} = byId('plot').getBoundingClientRect();
            const {timeline} = player;
            return {left, top, lanes: left + timeline.left, right: left + timeline.width - timeline.right, row: timeline.row};
        })()",
    );
    let at = |name: &str| plot[name].as_f64().unwrap();
    let (middle, scale) = ((at("lanes") + at("right")) / 2.0, at("top") + 10.0);
    browser.drag((at("lanes") + 5.0, scale), (middle, scale));
    let half = n(&mut browser);
    let time = browser.eval("player.time / player.log.time(roundabout.total)").as_f64().unwrap();
    assert!(half > 1 && time < 0.51, "dragged to the middle, it is at {half}, {time} of the whole");
    browser.drag((middle, scale), (at("right"), scale));
    assert!(n(&mut browser) > half);
    assert_eq!(browser.eval("roundabout.n - roundabout.total"), 0, "dragged to the end, it is there");
    browser.drag((at("lanes") + 1.0, at("top") + 60.0), (at("lanes") + 1.0, at("top") + 60.0));
    assert!(n(&mut browser) < half, "a press in the lanes goes there");
    // The wheel zooms, a drag moves what is seen, a press on a name shows that task alone.
    let size = "player.timeline.to - player.timeline.from";
    let before = browser.eval(size).as_f64().unwrap();
    browser.wheel((middle, at("top") + 60.0), -400.0);
    browser.wait_for(&format!("{size} < {before} * 0.7"));
    let from = browser.eval("player.timeline.from").as_f64().unwrap();
    browser.drag((middle, at("top") + 60.0), (middle + 50.0, at("top") + 60.0));
    assert!(browser.eval("player.timeline.from").as_f64().unwrap() < from);
    let name = (at("left") + 40.0, at("top") + 30.0 + 1.5 * at("row"));
    browser.drag(name, name);
    assert_eq!(browser.eval("player.selected"), 1);
    browser.drag(name, name);
    assert_eq!(browser.eval("player.selected"), 0);
    // And the slider below.
    browser.eval("byId('seek').value = 7; byId('seek').dispatchEvent(new Event('input'))");
    assert_eq!(n(&mut browser), 7);
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_button_that_is_pressed_by_key_keeps_the_focus() {
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&runs::ends());
    for part in ["next", "room"] {
        browser.eval("player.view = 'room'; roundabout.seek(1)");
        browser.wait_for(&format!("byId('{part}').querySelector('button') !== null"));
        browser.eval(&format!("byId('{part}').querySelector('button').focus()"));
        let before = browser.eval("[roundabout.n, player.selected]");
        browser.press("Enter");
        browser.wait_for(&format!("JSON.stringify([roundabout.n, player.selected]) !== '{before}'"));
        browser.eval("new Promise(done => setTimeout(done, 50))");
        let focus = browser.eval("document.activeElement.tagName");
        assert_eq!(focus, "BUTTON", "in {part}");
    }
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn the_sentences_are_true_of_aborts_directions_and_odd_names() {
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&runs::ends());
    let aborted = browser.eval("player.log.events.some(e => e.what === 'queued' && headline(e, player.log).includes(' is aborted by '))");
    assert_eq!(aborted, true);
    // Who waits to write is not woken by what can be read.
    let woken = browser.eval(
        "['readable', 'writable'].map(on => waitsFor({on: {on, id: 3}, waits: []}, {source: 3, readable: true, writable: false}))",
    );
    assert_eq!(woken, json!([true, false]));
    assert_eq!(browser.eval("rich(own('{t2}'), player.log).includes('button')"), false);
    assert_eq!(browser.eval("rich('{t2}', player.log).includes('button')"), true);
    assert_eq!(browser.eval("span(3599.9e9)"), "60 min 0 s");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn what_is_seen_can_be_read_aloud() {
    let Some(mut browser) = Browser::start() else { return };
    browser.open(&runs::ends());
    browser.eval("roundabout.seek(30)");
    // Each control has a name, the sentence is announced, and the picture has words.
    let nameless = browser.eval(
        "[...document.querySelectorAll('button, input, select, [role=img], [role=tab], [role=listbox]')]
            .filter(el => !(el.getAttribute('aria-label') || el.labels?.length || el.textContent.trim() || el.getAttribute('aria-labelledby')))
            .map(el => el.outerHTML)",
    );
    assert_eq!(nameless, json!([]));
    assert_eq!(browser.eval("byId('head').getAttribute('aria-live')"), "polite");
    let picture = browser.eval("byId('picture').getAttribute('aria-label')");
    assert!(picture.as_str().unwrap().starts_with("The roundabout. The loop "), "{picture}");
    // Text has at least 4.5 times the light of its ground, or the other way round, by day and by night.
    let faint: Value = browser.eval(
        "(() => {
            const light = color => {
                const [r, g, b] = [1, 3, 5].map(i => parseInt(color.slice(i, i + 2), 16) / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const contrast = (a, b) => (Math.max(light(a), light(b)) + 0.05) / (Math.min(light(a), light(b)) + 0.05);
            const faint = [];
            for (let i = 0; i < 2; i++) {
                player.theme();
                const pairs = [];
                for (const ground of ['paper', 'panel', 'card']) for (const text of ['ink', 'soft']) pairs.push([Colors.get(text), Colors.get(ground), `${text} on ${ground}`]);
                pairs.push([Colors.get('accent'), Colors.get('panel'), 'accent on panel'], [Colors.get('island-ink'), Colors.get('island'), 'island']);
                pairs.push([Colors.get('soft'), Colors.get('island'), 'soft on island'], [Colors.get('soft'), Colors.get('night'), 'soft on night'], [Colors.get('island-ink'), Colors.get('night'), 'ink on night']);
                for (const c of ['root', 'group', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) pairs.push([Colors.on(Colors.get(`c${c}`)), Colors.get(`c${c}`), `disc ${c}`]);
                for (const [text, ground, what] of pairs) if (contrast(text, ground) < 4.5) faint.push(`${document.documentElement.dataset.theme}: ${what} ${contrast(text, ground).toFixed(2)}`);
            }
            return faint;
        })()",
    );
    assert_eq!(faint, json!([]));
}

//! The page opens: from a file, quickly, and whatever is in the log.

use std::time::Duration;

use demo::trace::html;

use crate::browser::Browser;
use crate::runs;

#[test]
fn any_run_opens_from_a_file_without_an_error() {
    let Some(mut browser) = Browser::start() else { return };
    for log in runs::all() {
        browser.open(&log);
        assert_eq!(browser.eval("roundabout.total"), log.events.len(), "{}", log.header.title);
        assert_eq!(browser.eval("document.title"), format!("{} · Roundabout", log.header.title));
        for view in ["stage", "room", "steps"] {
            browser
                .eval(&format!("player.view = '{view}'; new Promise(requestAnimationFrame).then(() => 0)"));
        }
        assert_eq!(browser.complaints(), [""; 0], "{}", log.header.title);
        assert_eq!(browser.eval("roundabout.errors.length"), 0, "{}", log.header.title);
    }
}

#[test]
fn the_page_asks_for_nothing_outside_itself() {
    let mut page = Vec::new();
    html::write(&runs::ends(), &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for asks in
        ["<link rel=\"stylesheet\"", "<script src", " src=\"", "http://", "https://", "url(", "@import"]
    {
        // The one address is the name of SVG, which is not fetched.
        let found = page.replace("http://www.w3.org/2000/svg", "").contains(asks);
        assert!(!found, "{asks} is in the page");
    }
    for line in page.lines().filter(|line| line.contains(" href=\"")) {
        assert!(line.contains("href=\"data:"), "{line}");
    }
}

#[test]
fn what_looks_like_markup_in_a_log_is_text() {
    let Some(mut browser) = Browser::start() else { return };
    let mut log = runs::said();
    log.header.title =
        "<b>bold</b> & \"quoted\" </script><script>roundabout.errors.push('run')</script>".to_owned();
    browser.open(&log);
    assert_eq!(browser.eval("byId('title').querySelector('b')"), serde_json::Value::Null);
    assert_eq!(
        browser.eval("byId('title').textContent.startsWith('<b>bold</b> & \"quoted\" </script>')"),
        true
    );
    browser.eval("player.steps.search.value = '<tags>'; player.steps.search.dispatchEvent(new Event('input')); roundabout.step(1)");
    assert_eq!(browser.eval("byId('head').textContent.includes('with <tags> & \"quotes\"')"), true);
    assert_eq!(browser.eval("document.querySelector('tags')"), serde_json::Value::Null);
    assert_eq!(browser.complaints(), [""; 0]);
    assert_eq!(browser.eval("roundabout.errors.length"), 0);
}

#[test]
fn a_log_that_cannot_be_read_is_told_of_and_one_that_was_cut_off_is_played() {
    let Some(mut browser) = Browser::start() else { return };
    let mut page = Vec::new();
    html::write(&runs::ends(), &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    for (find, put, says) in [
        ("{\"roundabout\":1,", "{\"roundabout\":2,", "The log is of version 2; this page reads version 1."),
        (
            "{\"roundabout\":1,",
            "{\"other\":1,",
            "Line 1 is not the header of an event log (\"roundabout\" is missing).",
        ),
        ("\n{\"n\":7,", "\n{\"n\":8,", "Line 8 of the log has event 8; 7 was to come."),
    ] {
        assert!(page.contains(find));
        browser.open_page(page.replacen(find, put, 1).as_bytes(), "");
        assert_eq!(browser.eval("byId('empty').hidden"), false);
        assert_eq!(browser.eval("byId('empty-why').textContent"), says);
        assert_eq!(browser.eval("roundabout.ready"), false);
    }
    // A kind of a later version, and a last line that was not written to its end.
    let odd = page.replacen("\"what\":\"turn\"", "\"what\":\"somersault\"", 1);
    let end = odd.find("\n</script>").unwrap();
    let odd = format!("{}\n{{\"n\":9{}", &odd[..end], &odd[end..]);
    browser.open_page(odd.as_bytes(), "#n=3");
    assert_eq!(browser.eval("roundabout.ready"), true);
    assert_eq!(browser.eval("byId('head').textContent"), "The loop: somersault.");
    assert_eq!(browser.complaints(), [""; 0]);
}

#[test]
fn a_hundred_thousand_events_open_within_two_seconds_and_any_step_within_a_tenth() {
    let Some(mut browser) = Browser::start() else { return };
    let log = runs::busy(100_000);
    // The best of three: the machine may be busy with other tests.
    let opened = (0..3).map(|_| browser.open(&log)).min().unwrap();
    let sought = browser.eval(
        "(() => {
            const times = [];
            for (let i = 0; i < 101; i++) {
                const start = performance.now();
                roundabout.seek((i * 61803 + 17) % roundabout.total);
                times.push(performance.now() - start);
            }
            return times.sort((a, b) => a - b)[50];
        })()",
    );
    let sought = Duration::from_secs_f64(sought.as_f64().unwrap() / 1000.0);
    println!("opened in {opened:?}, sought in {sought:?}");
    assert!(opened < Duration::from_secs(2), "it took {opened:?} to open");
    assert!(sought < Duration::from_millis(100), "it took {sought:?} to seek");
    assert_eq!(browser.complaints(), [""; 0]);
}

//! Results in words.

use coursework::catalogue::Exercise;
use coursework::check::{Fault, Outcome};
use coursework::log::{Event, MOST};

use super::child::Ran;
use super::course::Course;
use super::screen::{Screen, Style};

/// Of a long trace, so many events from its beginning are shown, and as many from its end.
const TRACED: usize = 30;

/// Of what an answer prints, so many lines are shown.
const PRINTED: usize = 10;

/// What became of an exercise's checks: the first failure in full.
pub(super) fn exercise(course: &Course, exercise: &Exercise, checks: &[Ran], trace: bool, screen: &Screen) {
    heading(
        exercise,
        &format!("{} of {} checks", checks.iter().filter(|ran| ran.passed()).count(), checks.len()),
        screen,
    );
    let mut explained = false;
    for ran in checks {
        let (mark, style) = match ran.outcome {
            Outcome::Passed => ("✓", Style::Good),
            Outcome::Todo | Outcome::NotRun => ("·", Style::Dim),
            _ => ("✗", Style::Bad),
        };
        screen.line(&format!("  {} {}", screen.paint(style, mark), ran.name));
        if matches!(ran.outcome, Outcome::Passed | Outcome::Todo | Outcome::NotRun) {
            continue;
        }
        if explained {
            screen.prose(6, Style::Dim, &brief(&ran.outcome));
        } else {
            explained = true;
            explain(course, ran, screen);
            if trace {
                self::trace(&ran.events, screen);
            }
        }
    }
}

/// The exercise's title, and something at the right margin.
pub(super) fn heading(exercise: &Exercise, right: &str, screen: &Screen) {
    let left = format!("{} · {}", exercise.number, exercise.title);
    let gap = screen.width.saturating_sub(left.chars().count() + right.chars().count());
    screen.line(&format!(
        "{}{:gap$}{}",
        screen.paint(Style::Bold, &left),
        "",
        screen.paint(Style::Dim, right)
    ));
}

/// An answer that does not compile.
pub(super) fn broken(exercise: &Exercise, errors: &str, screen: &Screen) {
    heading(exercise, "does not compile", screen);
    for line in errors.trim_end().lines() {
        screen.line(&format!("  {line}"));
    }
}

/// What the compiler warns of in an answer that fails: it may be the reason.
pub(super) fn warnings(text: &str, screen: &Screen) {
    screen.line(&format!("  {}", screen.paint(Style::Bold, "The compiler warns")));
    for line in text.trim_end().lines() {
        screen.line(&format!("  {line}"));
    }
    screen.line("");
}

fn explain(course: &Course, ran: &Ran, screen: &Screen) {
    screen.prose(6, Style::Bad, &words(&ran.outcome));
    if let Some(number) = trap_of(&ran.outcome) {
        let text = course.trap(number).unwrap_or_default();
        screen.prose(6, Style::Plain, &format!("Trap {number}: {text}."));
    }
    if !ran.printed.trim().is_empty() {
        screen.line("      It printed:");
        for line in ran.printed.trim().lines().take(PRINTED) {
            screen.line(&format!("        {}", screen.paint(Style::Dim, line)));
        }
    }
}

/// What was found, in sentences.
pub(super) fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "It passed.".into(),
        Outcome::Todo => "It is not done yet: a `todo!()` was reached.".into(),
        Outcome::NotRun => "It was not run, as another check hangs.".into(),
        Outcome::Failed(fault) => fault.text.clone(),
        Outcome::Panicked { text, place } => {
            format!("Your code panicked at {place}: {text}. {}", meaning(text))
        }
        Outcome::Hung { fault, limit, busy } => {
            let how = match busy {
                // Who sleeps is busy for some milliseconds; who spins, for as long as the machine lets it.
                Some(busy) if *busy > 0.1 => {
                    format!(", and was busy for {busy:.1} s of that: it spins")
                }
                Some(busy) => {
                    format!(", and was busy for {busy:.2} s of that: it sleeps, and nobody wakes it")
                }
                None => String::new(),
            };
            let meaning = fault.as_ref().map_or("", |fault| fault.text.as_str());
            format!("It did not end within {limit} s{how}. {meaning}")
        }
        Outcome::Died(how) => how.clone(),
    }
}

/// What some panics mean in this course.
fn meaning(text: &str) -> &'static str {
    if text.contains("borrowed") {
        "A RefCell is still borrowed while other code runs that borrows it, too: end the borrow before you poll, wake or \
         drop anything (traps 16 to 19)."
    } else if text.contains("resumed after completion") {
        "An async block that was ready has been polled again (trap 4)."
    } else if text.contains("overflow when adding duration") {
        "An Instant plus a very long Duration is more than an Instant can hold: `checked_add` says so, and then there is no \
         deadline (trap 24)."
    } else {
        ""
    }
}

/// The trap that it is.
pub(super) fn trap_of(outcome: &Outcome) -> Option<u8> {
    match outcome {
        Outcome::Failed(Fault { trap, .. }) | Outcome::Hung { fault: Some(Fault { trap, .. }), .. } => *trap,
        _ => None,
    }
}

/// Its first sentence.
fn brief(outcome: &Outcome) -> String {
    let words = words(outcome);
    words.split_once(". ").map_or(words.clone(), |(first, _)| format!("{first}."))
}

fn trace(events: &[Event], screen: &Screen) {
    screen.line("");
    screen.line(&format!("      {}", screen.paint(Style::Bold, "What happened")));
    let shown = |n: usize| n < TRACED || n + TRACED >= events.len();
    for (n, event) in events.iter().enumerate().filter(|(n, _)| shown(*n)) {
        if n == TRACED && events.len() > 2 * TRACED {
            let least = if events.len() >= MOST { "at least " } else { "" };
            screen.line(&format!("      {:>10}  … {least}{} more", "", events.len() - 2 * TRACED));
        }
        let thread = if event.elsewhere { "(other thread) " } else { "" };
        let at = format!("{:>7}.{:03} ms", event.at / 1000, event.at % 1000);
        screen.line(&format!("      {}  {thread}{}", screen.paint(Style::Dim, &at), event.text));
    }
    if events.is_empty() {
        screen.line("      Nothing that this check's probes could see.");
    }
    screen.line("");
}

/// A hint.
pub(super) fn hint(
    course: &Course,
    exercise: &Exercise,
    which: usize,
    screen: &Screen,
) -> Result<bool, String> {
    let hints = course.hints(exercise)?;
    let count = hints.len();
    let Some(hint) = which.checked_sub(1).and_then(|n| hints.get(n)) else {
        return Err(format!("exercise {} has hints 1 to {count}", exercise.number));
    };
    heading(exercise, &format!("hint {which} of {count}"), screen);
    screen.prose(2, Style::Plain, hint);
    if which < count {
        screen.line("");
        screen.call(&format!("hint {} {}", exercise.number, which + 1), "says more");
    }
    Ok(true)
}

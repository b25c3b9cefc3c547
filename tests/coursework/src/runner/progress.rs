//! What is solved, and what comes next.

use std::fs;
use std::thread;
use std::time::{Duration, SystemTime};

use coursework::catalogue::{EXERCISES, Exercise};
use coursework::check::Outcome;

use super::cargo::{self, Built};
use super::child::{self, Ran};
use super::cli::Options;
use super::course::{self, Course};
use super::passed::Passed;
use super::screen::{Screen, Style};
use super::show;

/// When a check hangs, unless the command line says otherwise.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often `--watch` looks.
const LOOK: Duration = Duration::from_millis(300);

/// Progress, and the checks of the next exercise that is not solved. Whether all are.
pub(super) fn next(course: &Course, options: &Options, screen: &Screen) -> Result<bool, String> {
    let begun = course.begin()?;
    let mut passed = Passed::load();
    let unsolved = EXERCISES.iter().filter(|exercise| !passed.has(course, exercise)).collect::<Vec<_>>();
    if unsolved.is_empty() {
        bar(course, &passed, screen);
        screen.line("");
        screen.prose(0, Style::Good, "All exercises are solved. What you have built is in your answers; the real one is in runtime/: now you can read it.");
        return Ok(true);
    }
    let built = cargo::build(course, &course.answers, None, screen)?;
    for exercise in unsolved {
        let checks = check(course, exercise, &built, &mut passed, options, screen)?;
        if passed.has(course, exercise) {
            continue;
        }
        bar(course, &passed, screen);
        if begun == EXERCISES.len() {
            screen.line("");
            screen.prose(0, Style::Plain, &format!("Welcome. Your answers are in {}: a file for each exercise, with its text at the top. Open the first, and fill in what says todo!().", course::short(&course.answers)));
        }
        screen.line("");
        tell(course, exercise, &built, &checks, options, screen);
        return Ok(false);
    }
    bar(course, &passed, screen);
    screen.line("");
    screen.prose(0, Style::Good, "All exercises are solved.");
    Ok(true)
}

/// The checks of one exercise; other answers need not compile.
pub(super) fn one(
    course: &Course,
    exercise: &Exercise,
    options: &Options,
    screen: &Screen,
) -> Result<bool, String> {
    course.begin()?;
    let mut passed = Passed::load();
    let built = cargo::build(course, &course.answers, Some(exercise.number), screen)?;
    let checks = check(course, exercise, &built, &mut passed, options, screen)?;
    tell(course, exercise, &built, &checks, options, screen);
    Ok(passed.has(course, exercise))
}

/// [`next`], again and again.
pub(super) fn watch(course: &Course, options: &Options, screen: &Screen) -> Result<bool, String> {
    loop {
        // Looked at before the checks: what is saved while they run is seen.
        let saved = newest(course);
        screen.clear();
        match next(course, options, screen) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) => screen.line(&why),
        }
        screen.line("");
        screen.prose(0, Style::Dim, "Watching: the checks run again when an answer is saved. Ctrl-C ends.");
        while newest(course) == saved {
            thread::sleep(LOOK);
        }
    }
}

/// All exercises, a line each.
pub(super) fn list(course: &Course, screen: &Screen) -> Result<bool, String> {
    let passed = Passed::load();
    bar(course, &passed, screen);
    screen.line("");
    for exercise in EXERCISES {
        let (mark, style) = if passed.has(course, exercise) {
            ("✓", Style::Good)
        } else if passed.had(course, exercise) {
            ("~", Style::Good)
        } else {
            ("·", Style::Dim)
        };
        screen.line(&format!(
            "  {} {}  {:<42} {:>2} points  {}",
            screen.paint(style, mark),
            exercise.number,
            exercise.title,
            exercise.points,
            screen.paint(Style::Dim, exercise.name)
        ));
    }
    if EXERCISES.iter().any(|exercise| passed.had(course, exercise)) {
        screen.line("");
        screen.prose(
            2,
            Style::Dim,
            "~ was solved when it was last checked, but it has changed since, or its checks have.",
        );
    }
    Ok(true)
}

/// The exercise as it was; the answer is kept beside it.
pub(super) fn reset(course: &Course, exercise: &Exercise, screen: &Screen) -> Result<bool, String> {
    let answer = course.answer(exercise);
    if answer.exists() {
        let kept = answer.with_extension("rs.old");
        fs::rename(&answer, &kept).map_err(|e| format!("{}: {e}", answer.display()))?;
        screen.line(&format!("Your answer is now in {}.", screen.file(&kept)));
    }
    course.begin()?;
    Passed::load().set(course, exercise, false);
    screen.line(&format!("{} is as it was at the beginning.", screen.file(&answer)));
    Ok(true)
}

/// Runs the checks, unless the answer does not compile.
fn check(
    course: &Course,
    exercise: &Exercise,
    built: &Built,
    passed: &mut Passed,
    options: &Options,
    screen: &Screen,
) -> Result<Vec<Ran>, String> {
    if built.broken.contains_key(exercise.number) {
        passed.set(course, exercise, false);
        return Ok(Vec::new());
    }
    screen.busy(&format!("checking {}", exercise.number));
    let limit = options.limit.unwrap_or(PATIENCE);
    let checks = child::run_until_hang(&built.program, built.checks(exercise.number)?, limit);
    screen.idle();
    let checks = checks?;
    passed.set(course, exercise, checks.iter().all(Ran::passed));
    Ok(checks)
}

/// What was found, and what to do next.
fn tell(
    course: &Course,
    exercise: &Exercise,
    built: &Built,
    checks: &[Ran],
    options: &Options,
    screen: &Screen,
) {
    let number = exercise.number;
    if let Some(errors) = built.broken.get(number) {
        return show::broken(exercise, errors, screen);
    }
    show::exercise(course, exercise, checks, options.trace, screen);
    screen.line("");
    if checks.iter().all(Ran::passed) {
        return screen.call("", "goes on to the next");
    }
    if let Some(text) = built.warnings.get(number) {
        show::warnings(text, screen);
    }
    if checks.iter().any(|ran| ran.outcome == Outcome::NotRun) {
        screen.prose(
            0,
            Style::Dim,
            "Where there is a dot, the check was not run: one that hangs is enough to begin with.",
        );
    }
    screen.line(&format!("Edit {}", screen.file(&course.answer(exercise))));
    let failed =
        checks.iter().any(|ran| !matches!(ran.outcome, Outcome::Passed | Outcome::Todo | Outcome::NotRun));
    if failed && !options.trace {
        screen.call(&format!("run {number} --trace"), "shows what happened");
    }
    screen.call(&format!("hint {number}"), "gives a hint");
}

/// How far one has come.
fn bar(course: &Course, passed: &Passed, screen: &Screen) {
    let solved: Vec<_> = EXERCISES.iter().filter(|exercise| passed.has(course, exercise)).collect();
    let points = |exercises: &[&Exercise]| exercises.iter().map(|exercise| exercise.points).sum::<u32>();
    let all = points(&EXERCISES.iter().collect::<Vec<_>>());
    let mark = |exercise| match passed.has(course, exercise) {
        true => '█',
        false if passed.had(course, exercise) => '▒',
        false => '░',
    };
    let marks: String = EXERCISES.iter().map(mark).collect();
    screen.line(&format!(
        "{}  {} of {} exercises, {} of {all} points",
        screen.paint(Style::Good, &marks),
        solved.len(),
        EXERCISES.len(),
        points(&solved)
    ));
}

/// When an answer was saved last, and how many there are.
fn newest(course: &Course) -> (Option<SystemTime>, usize) {
    let saved = EXERCISES.iter().filter_map(|e| fs::metadata(course.answer(e)).ok()?.modified().ok());
    let saved: Vec<_> = saved.collect();
    (saved.iter().max().copied(), saved.len())
}

//! Grading: a student's repository, or a folder of answers, into points.
//!
//! The checks, the glue and the runtime are this repository's own; of the student's, only the answers are taken.

use std::path::{Path, PathBuf};
use std::time::Duration;

use coursework::catalogue::{EXERCISES, Exercise};
use coursework::check::Outcome;
use serde_json::{Value, json};

use super::cargo;
use super::child::{self, Ran};
use super::cli::Options;
use super::course::Course;
use super::screen::{Screen, Style};
use super::show;

/// When a check hangs, unless the command line says otherwise. More than a student waits: it should not depend on the machine.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an answer is worth.
struct Grade {
    exercise: &'static Exercise,
    points: f64,
    /// What the compiler says, if it refused the answer.
    errors: Option<String>,
    checks: Vec<Ran>,
}

/// Grades, and prints the grades. Always well, unless there is nothing to grade.
pub(super) fn grade(
    course: &Course,
    dir: Option<&Path>,
    as_json: bool,
    options: &Options,
    screen: &Screen,
) -> Result<bool, String> {
    let answers = answers_in(course, dir)?;
    // The compiler's words go into the JSON, without colours.
    let plain = Screen { coloured: false, ..*screen };
    let built = cargo::build(course, &answers, None, &plain)?;
    let mut grades = Vec::new();
    for exercise in EXERCISES {
        let errors = built.broken.get(exercise.number).cloned();
        let checks = match errors {
            Some(_) => Vec::new(),
            None => child::run_all(
                &built.program,
                built.checks(exercise.number)?,
                options.limit.unwrap_or(PATIENCE),
            )?,
        };
        let passed = checks.iter().filter(|ran| ran.passed()).count();
        let points = f64::from(exercise.points) * passed as f64 / checks.len().max(1) as f64;
        grades.push(Grade { exercise, points: (points * 100.0).round() / 100.0, errors, checks });
    }
    if as_json {
        screen.line(&json(&grades).to_string());
    } else {
        table(&grades, screen);
    }
    Ok(true)
}

/// A repository's answers, or the folder itself if it is one of answers.
fn answers_in(course: &Course, dir: Option<&Path>) -> Result<PathBuf, String> {
    let Some(dir) = dir else { return Ok(course.answers.clone()) };
    let dir = std::path::absolute(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let inside = dir.join("tests/coursework/answers");
    let has_answers =
        |dir: &PathBuf| EXERCISES.iter().any(|e| dir.join(e.name).with_extension("rs").is_file());
    let found = [inside, dir.clone()].into_iter().find(has_answers);
    found.ok_or_else(|| format!("no answers in {}, nor in tests/coursework/answers below it", dir.display()))
}

fn json(grades: &[Grade]) -> Value {
    let exercises: Vec<Value> = grades
        .iter()
        .map(|grade| {
            json!({
                "number": grade.exercise.number,
                "name": grade.exercise.name,
                "points": grade.points,
                "of": grade.exercise.points,
                "compiles": grade.errors.is_none(),
                "errors": grade.errors,
                "checks": grade.checks.iter().map(check).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({ "points": sum(grades), "of": all(), "exercises": exercises })
}

fn check(ran: &Ran) -> Value {
    let outcome = match ran.outcome {
        Outcome::Passed => "passed",
        Outcome::Todo => "todo",
        Outcome::Failed(_) => "failed",
        Outcome::Panicked { .. } => "panicked",
        Outcome::Hung { .. } => "hung",
        Outcome::Died(_) => "died",
        Outcome::NotRun => "not run",
    };
    json!({
        "name": ran.name,
        "outcome": outcome,
        "message": (!ran.passed()).then(|| show::words(&ran.outcome)),
        "trap": show::trap_of(&ran.outcome),
        "ms": ran.took.as_millis() as u64,
    })
}

fn table(grades: &[Grade], screen: &Screen) {
    for Grade { exercise, points, errors, checks } in grades {
        let passed = checks.iter().filter(|ran| ran.passed()).count();
        let what = match errors {
            Some(_) => screen.paint(Style::Bad, "does not compile"),
            None => format!("{passed:>2} of {:>2} checks", checks.len()),
        };
        screen.line(&format!(
            "  {}  {:<42} {points:>5} of {:>2}  {what}",
            exercise.number, exercise.title, exercise.points
        ));
    }
    screen.line(&format!("      {:<42} {:>5} of {}", "", sum(grades), all()));
}

fn sum(grades: &[Grade]) -> f64 {
    (grades.iter().map(|grade| grade.points).sum::<f64>() * 100.0).round() / 100.0
}

fn all() -> u32 {
    EXERCISES.iter().map(|exercise| exercise.points).sum()
}

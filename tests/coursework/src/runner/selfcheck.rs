//! The course, checked itself: every exercise fails as it is, every solution passes, and every planted mistake is found, with a
//! message that names it.
//!
//! A planted mistake is an answer in a folder below `teacher/wrong/`. Its first lines say what is wrong with it, and what
//! the message must contain: `//! says: had called its waker never`. Each folder is one build for many exercises, as builds
//! are what takes the time.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use coursework::catalogue::{EXERCISES, Exercise};
use coursework::check::Outcome;

use super::cargo::{self, Built};
use super::child::{self, Ran};
use super::course::{self, Course};
use super::screen::{Screen, Style};
use super::show;

/// A right answer takes milliseconds, but the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// Some wrong ones hang, and each costs this.
const IMPATIENCE: Duration = Duration::from_secs(3);

/// So many of its checks run at once, as one that hangs mostly sleeps.
const AT_ONCE: usize = 8;

/// So many planted mistakes has an exercise, at least.
const MISTAKES: usize = 2;

/// So long may the name of a check be: it stands on a line of 80 columns, behind its mark.
const NAME: usize = 76;

/// So many exercises are checked at once.
const EXERCISES_AT_ONCE: usize = 4;

/// What was found not to be as it should. Told at once.
struct Complaints<'a> {
    screen: &'a Screen,
    count: AtomicUsize,
}

impl Complaints<'_> {
    fn add(&self, what: &str) {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.screen.prose(2, Style::Bad, what);
    }

    /// Checks several exercises, some at once. What keeps one from being checked is a complaint, too.
    fn each(
        &self,
        exercises: &[&'static Exercise],
        check: impl Fn(&'static Exercise) -> Result<(), String> + Sync,
    ) {
        let next = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..EXERCISES_AT_ONCE {
                scope.spawn(|| {
                    while let Some(exercise) = exercises.get(next.fetch_add(1, Ordering::Relaxed)) {
                        if let Err(why) = check(exercise) {
                            self.add(&why);
                        }
                    }
                });
            }
        });
    }
}

/// Checks the course. Whether all is as it should be.
pub(super) fn run(course: &Course, only: &[&'static Exercise], screen: &Screen) -> Result<bool, String> {
    let start = Instant::now();
    let wanted: Vec<&'static Exercise> =
        EXERCISES.iter().filter(|e| only.is_empty() || only.contains(e)).collect();
    let complaints = Complaints { screen, count: AtomicUsize::new(0) };
    let is_well = || complaints.count.load(Ordering::Relaxed) == 0;

    screen.line("Every exercise fails as it is");
    // A folder that does not exist holds no answers.
    let built = cargo::build(course, &course.home.join("none"), None, screen)?;
    complaints.each(&wanted, |exercise| unsolved(exercise, &built, &complaints));

    let teacher = course.home.join("teacher");
    if !teacher.is_dir() {
        screen.line("The teacher's folder is not here: no more to check.");
        return Ok(is_well());
    }
    screen.line("Every solution passes");
    let solutions = teacher.join("solutions");
    let built = cargo::build(course, &solutions, None, screen)?;
    complaints
        .each(&wanted, |exercise| solution(exercise, &file_in(&solutions, exercise), &built, &complaints));

    screen.line("An answer that does not compile costs the others nothing");
    broken(course, &solutions, &complaints, screen)?;

    let mut planted = 0;
    for set in folders(&teacher.join("wrong"))? {
        let answers: Vec<_> = wanted.iter().copied().filter(|e| file_in(&set, e).is_file()).collect();
        screen.line(&format!("Every mistake in {} is found: {}", course::short(&set), answers.len()));
        if answers.is_empty() {
            continue;
        }
        planted += answers.len();
        let built = cargo::build(course, &set, None, screen)?;
        complaints.each(&answers, |exercise| wrong(exercise, &file_in(&set, exercise), &built, &complaints));
    }
    for exercise in &wanted {
        let count =
            folders(&teacher.join("wrong"))?.iter().filter(|set| file_in(set, exercise).is_file()).count();
        if count < MISTAKES {
            complaints
                .add(&format!("{}: {count} planted mistakes, and {MISTAKES} are wanted.", exercise.name));
        }
    }
    screen.line(&format!(
        "{} exercises, {planted} planted mistakes, {} complaints, in {:.0} s",
        wanted.len(),
        complaints.count.load(Ordering::Relaxed),
        start.elapsed().as_secs_f64()
    ));
    Ok(is_well())
}

fn unsolved(exercise: &Exercise, built: &Built, complaints: &Complaints<'_>) -> Result<(), String> {
    if let Some(errors) = built.broken.get(exercise.number) {
        complaints.add(&format!("{} does not compile as it is: {errors}", exercise.name));
        return Ok(());
    }
    let checks = child::run_all(&built.program, built.checks(exercise.number)?, IMPATIENCE)?;
    if checks.iter().all(Ran::passed) {
        complaints.add(&format!("{} passes as it is.", exercise.name));
    }
    for ran in checks.iter().filter(|ran| ran.name.chars().count() > NAME) {
        complaints.add(&format!(
            "{}: the check {:?} has a name of more than {NAME} characters.",
            exercise.name, ran.name
        ));
    }
    if !checks.iter().any(|ran| ran.outcome == Outcome::Todo) {
        complaints.add(&format!("{}: no check reaches a todo!().", exercise.name));
    }
    Ok(())
}

fn solution(
    exercise: &Exercise,
    file: &Path,
    built: &Built,
    complaints: &Complaints<'_>,
) -> Result<(), String> {
    if !file.is_file() {
        complaints.add(&format!("{}: there is no solution.", exercise.name));
        return Ok(());
    }
    if let Some(errors) = built.broken.get(exercise.number) {
        complaints.add(&format!("The solution of {} does not compile: {errors}", exercise.name));
        return Ok(());
    }
    for ran in child::run_all(&built.program, built.checks(exercise.number)?, PATIENCE)? {
        if !ran.passed() {
            complaints.add(&format!("{}: {:?}: {}", exercise.name, ran.name, show::words(&ran.outcome)));
        }
    }
    Ok(())
}

/// The solutions once more, but for the first, which is cut off in the middle.
fn broken(
    course: &Course,
    solutions: &Path,
    complaints: &Complaints<'_>,
    screen: &Screen,
) -> Result<(), String> {
    let failed = |e| format!("a temporary folder: {e}");
    let folder = tempfile::tempdir().map_err(failed)?;
    let mut answers = EXERCISES.iter().filter(|exercise| file_in(solutions, exercise).is_file());
    let Some(first) = answers.next() else { return Ok(()) };
    let text = course::read(&file_in(solutions, first))?;
    let half = text.trim_end().trim_end_matches('}');
    fs::write(file_in(folder.path(), first), half).map_err(failed)?;
    for exercise in answers {
        course::copy(&file_in(solutions, exercise), &file_in(folder.path(), exercise))?;
    }
    let built = cargo::build(course, folder.path(), None, screen)?;
    if built.broken.keys().ne([&first.number]) {
        complaints.add(&format!(
            "{} does not compile, and left out were {:?}.",
            first.name,
            built.broken.keys()
        ));
    }
    Ok(())
}

fn wrong(exercise: &Exercise, file: &Path, built: &Built, complaints: &Complaints<'_>) -> Result<(), String> {
    let name = course::short(file);
    let text = course::read(file)?;
    let Some(phrase) = text.lines().find_map(|line| line.strip_prefix("//! says: ")) else {
        complaints.add(&format!("{name} does not say what the message must contain: `//! says: …`."));
        return Ok(());
    };
    if let Some(errors) = built.broken.get(exercise.number) {
        complaints.add(&format!("{name} does not compile: {errors}"));
        return Ok(());
    }
    let named = |ran: &Ran| !ran.passed() && said(ran).contains(phrase);
    let checks =
        child::run_until(&built.program, built.checks(exercise.number)?, IMPATIENCE, AT_ONCE, named)?;
    let failed = checks.iter().filter(|ran| !matches!(ran.outcome, Outcome::Passed | Outcome::NotRun));
    let said: Vec<String> = failed.map(said).collect();
    if said.is_empty() {
        complaints.add(&format!("{name} passes all checks."));
    } else if !said.iter().any(|said| said.contains(phrase)) {
        complaints.add(&format!("{name} is to be told {phrase:?}, and is told: {}", said.join(" | ")));
    }
    Ok(())
}

fn said(ran: &Ran) -> String {
    let trap = show::trap_of(&ran.outcome).map_or(String::new(), |trap| format!(" (trap {trap})"));
    show::words(&ran.outcome) + &trap
}

fn file_in(folder: &Path, exercise: &Exercise) -> PathBuf {
    folder.join(exercise.name).with_extension("rs")
}

fn folders(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut found: Vec<_> =
        entries.filter_map(|e| Some(e.ok()?.path())).filter(|path| path.is_dir()).collect();
    found.sort();
    Ok(found)
}

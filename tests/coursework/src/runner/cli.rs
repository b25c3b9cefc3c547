//! The command line of the course.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use coursework::catalogue::{self, Exercise};

use super::course::Course;
use super::screen::Screen;
use super::{grade, progress, selfcheck, show, student};

/// Build the event loop yourself, one exercise at a time.
///
/// Without a command: your progress, and the checks of the next exercise that is not solved.
#[derive(Parser)]
#[command(name = "coursework", max_term_width = 80)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

/// What all commands understand.
#[derive(Args, Clone)]
pub(super) struct Options {
    /// Show what happened in the first check that fails, event by event
    #[arg(long, global = true)]
    pub(super) trace: bool,
    /// Check again whenever an answer is saved, until Ctrl-C
    #[arg(long)]
    pub(super) watch: bool,
    /// Answers in another folder
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) answers: Option<PathBuf>,
    /// Seconds after which a check hangs [default: 5, or 10 for `grade`]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds)]
    pub(super) limit: Option<Duration>,
}

#[derive(Subcommand)]
enum Command {
    /// All exercises, and which are solved
    List,
    /// Run the checks of one exercise
    Run {
        #[arg(value_parser = exercise)]
        exercise: &'static Exercise,
    },
    /// A hint: the first one, or the second, or the third
    Hint {
        #[arg(value_parser = exercise)]
        exercise: &'static Exercise,
        #[arg(default_value_t = 1)]
        which: usize,
    },
    /// Start an exercise again (your answer is kept beside it, as .old)
    Reset {
        #[arg(value_parser = exercise)]
        exercise: &'static Exercise,
    },
    /// For teachers: grade a student's repository, or a folder of answers
    Grade {
        /// The repository, or the folder
        #[arg(long, value_name = "TREE")]
        dir: Option<PathBuf>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// For teachers: make a student's repository, without the solutions
    Student {
        /// A folder that does not exist yet
        dir: PathBuf,
    },
    /// For teachers: does every solution pass, and every planted mistake fail?
    Selfcheck {
        /// Only this exercise; may be given several times
        #[arg(long, value_name = "EXERCISE", value_parser = exercise)]
        only: Vec<&'static Exercise>,
    },
}

fn exercise(wanted: &str) -> Result<&'static Exercise, String> {
    catalogue::find(wanted)
        .ok_or_else(|| "there is no such exercise; `list` tells which there are".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| *seconds > 0.0);
    seconds.and_then(|s| Duration::try_from_secs_f64(s).ok()).ok_or_else(|| "it must be above 0".to_owned())
}

/// Does what the command line says. The exit code is 0 if all is well, 1 if a check failed or something went wrong.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let screen = Screen::of_terminal();
    let done = Course::find(cli.options.answers.as_deref()).and_then(|course| run(cli, &course, &screen));
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("coursework: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all is well; an error is one of the runner's, in one line.
fn run(cli: Cli, course: &Course, screen: &Screen) -> Result<bool, String> {
    let options = &cli.options;
    match cli.command {
        None if options.watch => progress::watch(course, options, screen),
        None => progress::next(course, options, screen),
        Some(Command::List) => progress::list(course, screen),
        Some(Command::Run { exercise }) => progress::one(course, exercise, options, screen),
        Some(Command::Hint { exercise, which }) => show::hint(course, exercise, which, screen),
        Some(Command::Reset { exercise }) => progress::reset(course, exercise, screen),
        Some(Command::Grade { dir, json }) => grade::grade(course, dir.as_deref(), json, options, screen),
        Some(Command::Student { dir }) => student::make(course, &dir, screen),
        Some(Command::Selfcheck { only }) => selfcheck::run(course, &only, screen),
    }
}

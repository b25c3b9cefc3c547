//! The main function of the child process, which knows the answers: it lists the checks, or runs one of them.
//!
//! One check a process: one that hangs, eats the memory or overflows the stack leaves the others untouched.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::check::{Check, Outcome};
use crate::log::{Log, Sink};
use crate::report::{Line, Listed, ListedCheck};

/// More memory than this no check needs. A queue that grows without end shall not take the machine's.
const MEMORY: u64 = 1 << 30;

/// Nor does one print more than this.
const PRINTED: u64 = 16 << 20;

/// The checks of an exercise: its number, and they.
pub type Served = (&'static str, Vec<Check>);

/// `exercises` lists the checks, `exercises 07 3 FILE` runs the third of exercise 07 (counted from 0) and reports to `FILE`.
pub fn main(exercises: &[Served]) -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let done = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => list(exercises),
        [number, check, file] => run(exercises, number, check, file),
        _ => Err(io::Error::other("this is for the runner: see `cargo run -p coursework -- --help`")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("exercises: {why}");
            ExitCode::FAILURE
        }
    }
}

fn list(exercises: &[Served]) -> io::Result<()> {
    let listed = |(number, checks): &Served| Listed {
        number: (*number).to_owned(),
        checks: checks
            .iter()
            .map(|check| ListedCheck { name: check.name.to_owned(), hang: check.hang.clone() })
            .collect(),
    };
    let all: Vec<Listed> = exercises.iter().map(listed).collect();
    serde_json::to_writer(io::stdout(), &all)?;
    println!();
    Ok(())
}

fn run(exercises: &[Served], number: &str, check: &str, file: &str) -> io::Result<()> {
    let unknown = || io::Error::other(format!("there is no check {check} of exercise {number}"));
    let (_, checks) = exercises.iter().find(|(known, _)| *known == number).ok_or_else(unknown)?;
    let check = check.parse().ok().and_then(|n: usize| checks.get(n)).ok_or_else(unknown)?;
    for (what, most) in [(Resource::As, MEMORY), (Resource::Fsize, PRINTED)] {
        // A system without this limit has none.
        let _ = setrlimit(what, Rlimit { current: Some(most), ..getrlimit(what) });
    }
    // Should the runner be ended by Ctrl-C, a check that hangs shall not outlive it.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let mut report = OpenOptions::new().append(true).create(true).open(file)?;
    let log = Log::new(sink(report.try_clone()?));
    let outcome = check.run(&log);
    write(&mut report, &Line::Ended(outcome))
}

/// Writes each event at once: should the check hang, what is written is what is known. A mistake ends the process, as does
/// a `todo!()`: what an answer does with the panic, or on another thread meanwhile, is of no interest any more.
fn sink(mut report: File) -> Sink {
    Box::new(move |line| {
        let _ = write(&mut report, &line);
        match line {
            Line::Event(_) => return,
            Line::Fault(fault) => _ = write(&mut report, &Line::Ended(Outcome::Failed(fault))),
            Line::Ended(_) => {}
        }
        let _ = io::stdout().flush();
        std::process::exit(0);
    })
}

fn write(report: &mut File, line: &Line) -> io::Result<()> {
    let mut bytes = serde_json::to_vec(line)?;
    bytes.push(b'\n');
    report.write_all(&bytes)
}

//! The command: `cargo run -p breaks`.

use std::collections::HashMap;
use std::env;
use std::io::{self, Write};
use std::panic;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use breaks::bench::{Bench, Seen};
use breaks::list::{Break, Then, breaks, called};
use breaks::process::end_on_interrupt;
use breaks::show::{self, Paint};
use breaks::traps::traps;
use clap::Parser;

/// Edits of the source that fall into the traps of event loops, and the test that then fails. They are made in a copy:
/// the tree is never written to.
#[derive(Parser)]
#[command(name = "breaks", about, long_about = None)]
struct Args {
    /// The trap whose edits are to be made and watched (6), or one of them (6b); none: a list of all
    #[arg(value_name = "NUMBER", conflicts_with = "all")]
    names: Vec<String>,
    /// Check that each fails as it says
    #[arg(long)]
    all: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("breaks: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `false`: a break is not as it says.
fn run(args: &Args) -> Result<bool, String> {
    let root = breaks::root();
    let (all, traps) = (breaks(root)?, traps(root)?);
    if args.names.is_empty() && !args.all {
        say(&show::list(&all, &traps, Paint::of_stdout()));
        return Ok(true);
    }
    let mut wanted = Vec::new();
    for name in &args.names {
        wanted.extend(called(&all, name)?);
    }
    if args.all {
        wanted.extend(&all);
    }
    let texts: HashMap<_, _> = traps.iter().map(|trap| (trap.number, trap.text.as_str())).collect();
    let (ruled_out, wanted): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|one: &&Break| one.then == Then::RuledOut);
    if !args.all {
        for one in ruled_out {
            say(&show::ruled_out(one, texts.get(&one.trap).unwrap_or(&""), Paint::of_stdout()));
        }
    }
    if wanted.is_empty() {
        return Ok(true);
    }
    end_on_interrupt().map_err(|e| format!("Ctrl-C cannot be handled: {e}"))?;
    let place = place()?;
    eprintln!("The copy is built in {} (the first time, this takes a minute or two).", place.display());
    let bench = Bench::new(root, &place)?;
    if args.all { check(&bench, &wanted) } else { watch(&bench, &wanted, &texts) }
}

/// Makes one break after the other, and shows what comes of it.
fn watch(bench: &Bench, breaks: &[&Break], traps: &HashMap<u32, &str>) -> Result<bool, String> {
    let mut all_well = true;
    for one in breaks {
        let unbroken = bench.unbroken(&[one])?;
        let seen = bench.watch(one, bench.make(one)?)?;
        let events = if one.trace { bench.trace(one)? } else { Vec::new() };
        let paint = Paint::of_stdout();
        let trap = traps.get(&one.trap).unwrap_or(&"");
        say(&format!("\n{}", show::seen(one, trap, unbroken, &seen, &events, paint)));
        say(&show::wrong(one, &seen, paint));
        all_well &= seen.wrong.is_none();
    }
    Ok(all_well)
}

/// Makes all, and says of each whether it fails as it should. While one is watched, which may take as long as one waits for
/// what hangs, the next one is built.
fn check(bench: &Bench, breaks: &[&Break]) -> Result<bool, String> {
    let start = Instant::now();
    let unbroken = bench.unbroken(breaks)?;
    say(&format!("Unbroken, all tests pass: {:.1} s.\n", unbroken.as_secs_f64()));
    let mut wrong = 0;
    thread::scope(|scope| {
        let mut watched: Option<(&Break, ScopedJoinHandle<'_, _>)> = None;
        for one in breaks.iter().map(Some).chain([None]) {
            let made = one.map(|one| (*one, bench.make(one)));
            if let Some((before, watching)) = watched.take() {
                let seen = watching.join().unwrap_or_else(|payload| panic::resume_unwind(payload));
                wrong += usize::from(!report(before, seen));
            }
            watched = made.map(|(one, made)| (one, scope.spawn(move || bench.watch(one, made?))));
        }
    });
    let took = start.elapsed().as_secs();
    let time = format!("{} min {} s", took / 60, took % 60);
    match wrong {
        0 => say(&format!("{} breaks, each fails as it says: {time}.\n", breaks.len())),
        _ => say(&format!("Of {} breaks {wrong} do not fail as they say: {time}.\n", breaks.len())),
    }
    Ok(wrong == 0)
}

/// Says what was seen of a break. `false`: it is not as it should be.
fn report(one: &Break, seen: Result<Seen, String>) -> bool {
    let paint = Paint::of_stdout();
    match seen {
        Ok(seen) => {
            say(&format!("{}\n{}", show::checked(one, &seen, paint), show::wrong(one, &seen, paint)));
            seen.wrong.is_none()
        }
        Err(error) => {
            say(&format!("{:>4}  {error}\n", one.id));
            false
        }
    }
}

/// Where the copy is: beside what cargo has built, as this program was.
fn place() -> Result<PathBuf, String> {
    let exe = env::current_exe().map_err(|e| format!("where this program lies is not known: {e}"))?;
    let target = exe.ancestors().nth(2).ok_or("this program lies in no target folder: run it by cargo")?;
    Ok(target.join("breaks"))
}

/// To standard output, which may have been closed: then nobody wants to know more.
fn say(text: &str) {
    if io::stdout().write_all(text.as_bytes()).and_then(|()| io::stdout().flush()).is_err() {
        std::process::exit(1);
    }
}

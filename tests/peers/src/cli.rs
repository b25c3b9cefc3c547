//! The command line of the bench of event loops.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};

use crate::clock::Repeat;
use crate::rounds::Plan;
use crate::works::WORKS;
use crate::{child, runtimes, table};

/// The same work on this event loop and on others, side by side.
#[derive(Parser)]
#[command(max_term_width = 100, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    one: Option<One>,
    #[command(flatten)]
    all: All,
}

#[derive(Subcommand)]
enum One {
    /// One work on one runtime, in this process: what the bench starts, and perf, strace and callgrind may
    One {
        work: String,
        runtime: String,
        /// Repeat it for this long
        #[arg(long, default_value_t = 100)]
        ms: u64,
        /// Or so often
        #[arg(long)]
        batches: Option<u32>,
    },
}

#[derive(Args)]
struct All {
    /// Fewer and shorter rounds: all of it within a minute
    #[arg(long)]
    quick: bool,
    /// Only this work; may be given several times
    #[arg(long, value_name = "WORK", value_parser = PossibleValuesParser::new(WORKS.iter().map(|work| work.name)))]
    only: Vec<String>,
    /// Only this runtime; may be given several times
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(runtimes::NAMES))]
    runtime: Vec<String>,
    /// How often each [default: 11, or 3 with --quick]
    #[arg(long, value_name = "N")]
    rounds: Option<usize>,
    /// Tell user and system CPU time, not the time on the wall
    #[arg(long)]
    cpu: bool,
    /// Write what was measured, one JSON object a line
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Say what the works are
    #[arg(long)]
    list: bool,
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(One::One { work, runtime, ms, batches }) = cli.one {
        let repeat = batches.map_or(Repeat::For(Duration::from_millis(ms)), Repeat::Batches);
        return child::main(&work, &runtime, repeat);
    }
    match all(&cli.all) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("peers: {why}");
            ExitCode::FAILURE
        }
    }
}

fn all(args: &All) -> Result<(), String> {
    if args.list {
        WORKS.iter().for_each(|work| println!("{:<18}{:<12}{}", work.name, work.unit, work.what));
        return Ok(());
    }
    let wanted = |names: &[String], name: &str| names.is_empty() || names.iter().any(|wanted| wanted == name);
    let runtimes: Vec<_> = runtimes::NAMES.into_iter().filter(|name| wanted(&args.runtime, name)).collect();
    let (rounds, ms) = if args.quick { (3, 10) } else { (11, 100) };
    let plan = Plan {
        works: WORKS.iter().filter(|work| wanted(&args.only, work.name)).collect(),
        runtimes: runtimes.clone(),
        rounds: args.rounds.unwrap_or(rounds).max(1),
        time: Duration::from_millis(ms),
        cpu: args.cpu,
    };
    let rows = plan.run()?;
    table::print_summary(&rows, &runtimes);
    if let Some(path) = &args.json {
        table::write_json(path, &rows).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    Ok(())
}

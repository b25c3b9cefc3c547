//! The operations in instructions: `cargo run --release -p benches`.
//!
//! Each is done 10,000 and 20,000 times in a process under callgrind: what the second takes more is the operations',
//! and no start of a process or of a runtime is in it.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Command, ExitCode};

use benches::OPERATIONS;

const N: usize = 10_000;

/// The counts, a line a commit, the last one last.
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.tsv");

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args[..] {
        [] => count(false),
        ["--write"] => count(true),
        // In the child, under callgrind.
        ["do", name, n] => work(name, n),
        _ => Err("usage: instructions [--write]".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("instructions: {why}");
            ExitCode::FAILURE
        }
    }
}

fn work(name: &str, n: &str) -> Result<(), String> {
    let n = n.parse().map_err(|_| format!("{n} is no number"))?;
    let (_, operation) = OPERATIONS.iter().find(|(known, _)| *known == name).ok_or(format!("no {name}"))?;
    runtime::block_on(async { operation(n).await }).map_err(|e| e.to_string())
}

fn count(write: bool) -> Result<(), String> {
    let before = std::fs::read_to_string(FILE).unwrap_or_default();
    let names = OPERATIONS.iter().map(|(name, _)| *name);
    let header: Vec<&str> = ["commit", "rustc"].into_iter().chain(names).collect();
    // A line of other operations has other columns.
    let last = before.lines().next().is_some_and(|line| line == header.join("\t"));
    let last: Vec<&str> = before.lines().last().filter(|_| last).unwrap_or_default().split('\t').collect();

    println!("{:<12}{:>14}{:>14}{:>10}", "operation", "instructions", "before", "change");
    let mut line = vec![output("git", &["describe", "--always", "--dirty"])?, rustc()?];
    for (at, (name, _)) in OPERATIONS.iter().enumerate() {
        let now = (instructions(name, 2 * N)? - instructions(name, N)?) / N as f64;
        let then: Option<f64> = last.get(at + 2).and_then(|n| n.parse().ok());
        let before = then.map_or("–".to_owned(), |n| n.to_string());
        let change = then.map_or(String::new(), |then| format!("{:+.1} %", (now / then - 1.0) * 100.0));
        println!("{name:<12}{now:>14.1}{before:>14}{change:>10}");
        line.push(format!("{now:.1}"));
    }
    if write {
        let mut text = String::new();
        if !before.starts_with(&header.join("\t")) {
            text = header.join("\t") + "\n";
        }
        text += &(line.join("\t") + "\n");
        let mut file =
            OpenOptions::new().create(true).append(true).open(FILE).map_err(|e| format!("{FILE}: {e}"))?;
        file.write_all(text.as_bytes()).map_err(|e| format!("{FILE}: {e}"))?;
    }
    Ok(())
}

/// How many instructions a process takes that does the operation `n` times.
fn instructions(name: &str, n: usize) -> Result<f64, String> {
    let program = env::current_exe().map_err(|e| format!("where this program is: {e}"))?;
    let mut callgrind = Command::new("valgrind");
    callgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    callgrind.arg(program).args(["do", name, &n.to_string()]);
    // Where the stack lies depends on the environment, and with it a few instructions.
    callgrind.env_clear().envs(env::var_os("PATH").map(|path| ("PATH", path)));
    let told = callgrind.output().map_err(|e| format!("valgrind, which must be installed: {e}"))?;
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    // ==123== Collected : 1234567
    let collected = told.lines().find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok());
    collected.ok_or_else(|| format!("valgrind did not say how many: {told}"))
}

fn rustc() -> Result<String, String> {
    let version = output("rustc", &["--version"])?;
    Ok(version.split(' ').nth(1).unwrap_or_default().to_owned())
}

fn output(program: &str, args: &[&str]) -> Result<String, String> {
    let told = Command::new(program).args(args).output().map_err(|e| format!("{program}: {e}"))?;
    Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

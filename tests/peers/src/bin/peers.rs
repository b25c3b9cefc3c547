//! The bench of event loops.

use std::process::ExitCode;

fn main() -> ExitCode {
    peers::cli::main()
}

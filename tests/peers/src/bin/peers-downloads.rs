//! The bench of download clients.

use std::process::ExitCode;

fn main() -> ExitCode {
    peers::downloads::main()
}

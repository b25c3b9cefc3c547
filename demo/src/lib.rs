//! The demo.
use std::process::ExitCode;
/// Runs the demo.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}

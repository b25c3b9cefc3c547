//! The binary: all it does is the library's (`demo/src/lib.rs`), so that tests can run the same code.

use std::process::ExitCode;

fn main() -> ExitCode {
    demo::main()
}

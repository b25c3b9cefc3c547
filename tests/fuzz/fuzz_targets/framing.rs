#![no_main]
#[allow(dead_code)] // the checks of the other targets
#[path = "../checks.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::framing(input));

//! The checks of the course, run on the real thing: what they ask for, the runtime does.

use coursework::check::{Check, Outcome};
use coursework::log::Log;
use coursework::report::Line;
use coursework::suites;

/// The runtime's own counterparts of what the exercises ask for.
struct Real;

impl suites::e06_spawn::Spawn for Real {
    fn block_on<F: Future>(main: F) -> F::Output {
        runtime::block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        drop(runtime::spawn(task));
    }
}

fn all_pass(checks: &[Check]) {
    for check in checks {
        let log = Log::new(Box::new(|line| {
            if let Line::Event(event) = line {
                println!("{:>8} µs  {}", event.at, event.text);
            }
        }));
        println!("{}", check.name);
        assert_eq!(check.run(&log), Outcome::Passed, "{}", check.name);
    }
}

#[test]
fn spawn_is_the_runtimes() {
    all_pass(&suites::e06_spawn::checks::<Real>());
}

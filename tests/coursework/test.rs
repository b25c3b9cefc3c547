//! The checks of the course, run on the real thing: what they ask for, the runtime does. Part one is here, part two in
//! `part_two.rs`; `given.rs` has what later exercises stand on. At the end, the runner itself.

mod given;
mod part_two;

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::pin::Pin;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use coursework::catalogue::EXERCISES;
use coursework::check::{Check, Outcome};
use coursework::log::Log;
use coursework::report::Line;
use coursework::suites;
use coursework::suites::e08_join_handle::Why;
use runtime::io::{AsyncReadExt, AsyncWriteExt};
use runtime::mio::unix::pipe::Receiver;
use runtime::net::{TcpListener, TcpStream};
use runtime::trace::{Event, What};
use runtime::{Async, Builder, Either, JoinError, JoinHandle, OnStall};

/// The runtime's own counterparts of what the exercises ask for.
struct Real;

thread_local! {
    /// The timers that are set.
    static TIMERS: RefCell<BTreeSet<u64>> = RefCell::default();
    /// How many sources are registered.
    static SOURCES: Cell<usize> = const { Cell::new(0) };
}

/// Some checks let another thread wake the only task, which a runtime calls a stall: not here.
fn block_on<F: Future>(main: F) -> F::Output {
    let counts = |event: &Event<'_>| {
        TIMERS.with_borrow_mut(|timers| match event.what {
            What::TimerSet { timer, .. } => {
                timers.insert(timer);
            }
            What::Registered { .. } => SOURCES.set(SOURCES.get() + 1),
            What::Deregistered { .. } => SOURCES.set(SOURCES.get() - 1),
            What::TimerFired { timer } | What::TimerDropped { timer } => {
                timers.remove(&timer);
            }
            _ => {}
        });
    };
    let runtime = Builder::new().on_stall(OnStall::Wait).observer(counts).build().expect("a runtime");
    runtime.block_on(main)
}

impl suites::e06_spawn::Spawn for Real {
    fn block_on<F: Future>(main: F) -> F::Output {
        block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        drop(runtime::spawn(task));
    }
}

impl suites::e03_block_on::BlockOn for Real {
    fn block_on<F: Future>(future: F) -> F::Output {
        block_on(future)
    }
}

impl suites::e04_yield::Yield for Real {
    fn yield_now() -> impl Future<Output = ()> {
        runtime::yield_now()
    }

    async fn sum_politely(numbers: &[u64], every: usize) -> u64 {
        let mut sum = 0;
        for (n, piece) in numbers.chunks(every).enumerate() {
            if n > 0 {
                runtime::yield_now().await;
            }
            sum += piece.iter().sum::<u64>();
        }
        sum
    }
}

impl suites::e05_join::Join for Real {
    fn join<A: Future, B: Future>(a: A, b: B) -> impl Future<Output = (A::Output, B::Output)> {
        runtime::join(a, b)
    }
}

impl suites::e08_join_handle::Tasks for Real {
    type Error = JoinError;
    type Handle<T: 'static> = JoinHandle<T>;

    fn block_on<F: Future>(main: F) -> F::Output {
        block_on(main)
    }

    fn spawn<T: 'static>(task: impl Future<Output = T> + 'static) -> JoinHandle<T> {
        runtime::spawn(task)
    }

    fn is_finished<T: 'static>(handle: &JoinHandle<T>) -> bool {
        handle.is_finished()
    }

    fn abort<T: 'static>(handle: &JoinHandle<T>) {
        handle.abort();
    }

    fn why(error: &JoinError) -> Why {
        match error {
            JoinError::Panicked(_) => Why::Panicked,
            JoinError::Cancelled => Why::Cancelled,
        }
    }
}

impl suites::e09_timers::Timers for Real {
    fn block_on<F: Future>(main: F) -> F::Output {
        block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        drop(runtime::spawn(task));
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> + 'static {
        runtime::sleep(duration)
    }

    fn sleep_until(deadline: Instant) -> impl Future<Output = ()> + 'static {
        runtime::sleep_until(deadline)
    }

    fn set() -> usize {
        TIMERS.with_borrow(BTreeSet::len)
    }
}

impl suites::e10_reactor::Pipes for Real {
    type Reader = Async<Receiver>;

    fn block_on<F: Future>(main: F) -> F::Output {
        block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        drop(runtime::spawn(task));
    }

    fn reader(pipe: Receiver) -> io::Result<Async<Receiver>> {
        Async::new(pipe)
    }

    async fn read(reader: &mut Async<Receiver>, buffer: &mut [u8]) -> io::Result<usize> {
        reader.read_with(|mut pipe| pipe.read(buffer)).await
    }

    fn sources() -> usize {
        SOURCES.get()
    }
}

impl suites::e11_echo::Echo for Real {
    fn serve(listener: std::net::TcpListener, connections: usize) -> io::Result<u64> {
        async fn echo(mut stream: TcpStream) -> io::Result<u64> {
            let (mut buffer, mut echoed) = ([0; 8192], 0);
            loop {
                let n = stream.read(&mut buffer).await?;
                if n == 0 {
                    return Ok(echoed);
                }
                stream.write_all(&buffer[..n]).await?;
                echoed += n as u64;
            }
        }
        block_on(async {
            let listener = TcpListener::from_std(listener)?;
            let mut tasks = Vec::new();
            for _ in 0..connections {
                tasks.push(runtime::spawn(echo(listener.accept().await?.0)));
            }
            let mut echoed = 0;
            for task in tasks {
                echoed += task.await?.unwrap_or(0);
            }
            Ok(echoed)
        })
    }
}

impl suites::e12_timeout::Limits for Real {
    type Canceller = Rc<runtime::sync::Event>;

    fn block_on<F: Future>(main: F) -> F::Output {
        block_on(main)
    }

    fn spawn(task: impl Future<Output = ()> + 'static) {
        drop(runtime::spawn(task));
    }

    fn sleep(duration: Duration) -> impl Future<Output = ()> {
        runtime::sleep(duration)
    }

    fn timers() -> usize {
        TIMERS.with_borrow(BTreeSet::len)
    }

    fn timeout<F: Future>(limit: Duration, future: F) -> impl Future<Output = Option<F::Output>> {
        let mut timeout = runtime::timeout(limit, future);
        std::future::poll_fn(move |cx| Pin::new(&mut timeout).poll(cx).map(Result::ok))
    }

    fn cancellable<F: Future>(future: F) -> (Self::Canceller, impl Future<Output = Option<F::Output>>) {
        let event = Rc::new(runtime::sync::Event::new());
        let cancelled = event.clone();
        let ends = async move {
            match runtime::race(cancelled.wait(), future).await {
                Either::Left(()) => None,
                Either::Right(output) => Some(output),
            }
        };
        (event, ends)
    }

    fn cancel(canceller: &Self::Canceller) {
        canceller.set();
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

#[test]
fn block_on_is_the_runtimes() {
    all_pass(&suites::e03_block_on::checks::<Real>());
}

#[test]
fn yield_now_is_the_runtimes() {
    all_pass(&suites::e04_yield::checks::<Real>());
}

#[test]
fn join_is_the_runtimes() {
    all_pass(&suites::e05_join::checks::<Real>());
}

#[test]
fn its_wakes_are_the_runtimes() {
    all_pass(&suites::e07_wakes::checks::<Real>());
}

#[test]
fn join_handle_is_the_runtimes() {
    all_pass(&suites::e08_join_handle::checks::<Real>());
}

#[test]
fn its_timers_are_the_runtimes() {
    all_pass(&suites::e09_timers::checks::<Real>());
}

#[test]
fn its_reactor_is_the_runtimes() {
    all_pass(&suites::e10_reactor::checks::<Real>());
}

#[test]
fn the_echo_server_runs_on_the_runtime() {
    all_pass(&suites::e11_echo::checks::<Real>());
}

#[test]
fn timeout_is_the_runtimes() {
    all_pass(&suites::e12_timeout::checks::<Real>());
}

/// The runner, with these arguments: what it printed, and whether it says that all is well.
fn runner(args: &[&str]) -> (String, bool) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_coursework")).args(args).output().expect("the runner starts");
    let printed = [output.stdout, output.stderr].concat();
    (String::from_utf8_lossy(&printed).into_owned(), output.status.success())
}

#[test]
fn each_exercise_has_a_text_stubs_and_three_hints_and_no_line_is_wider_than_a_terminal() {
    let (list, _) = runner(&["list"]);
    for exercise in EXERCISES {
        let number = exercise.number;
        let file = format!("exercises/src/{}.rs", exercise.name);
        let text = std::fs::read_to_string(&file).expect("the tests run in the package's folder");
        assert!(text.starts_with(&format!("//! {number} · {}\n", exercise.title)), "{file}: the title");
        for part in ["# The idea", "# What to write", "# What is checked", "# In the real thing", "# Traps"] {
            assert!(text.contains(&format!("//! {part}")), "{file}: {part}");
        }
        assert!(text.contains("todo!("), "{file}: nothing is left to do");
        assert!(list.contains(exercise.title), "{list}");
        for which in ["1", "2", "3"] {
            let (hint, found) = runner(&["hint", number, which]);
            assert!(found && hint.lines().count() > 2, "{hint}");
            assert!(hint.lines().all(|line| line.chars().count() <= 80), "{hint}");
        }
        let (hint, found) = runner(&["hint", number, "4"]);
        assert!(!found && hint.contains("hints 1 to 3"), "{hint}");
    }
    assert!(list.lines().all(|line| line.chars().count() <= 80), "{list}");
}

#[test]
fn the_students_repository_has_the_exercises_and_no_solutions() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let course = folder.path().join("course");
    let path = course.to_str().expect("an ordinary name");
    let (printed, made) = runner(&["student", path]);
    if printed.contains("is no git repository") {
        return println!("skipped: these sources are not in a git repository");
    }
    assert!(made, "{printed}");
    assert!(!course.join("tests/coursework/teacher").exists());
    for exercise in EXERCISES {
        let name = format!("{}.rs", exercise.name);
        let [answer, stub] =
            ["answers", "exercises/src"].map(|dir| course.join("tests/coursework").join(dir).join(&name));
        let [answer, stub] = [answer, stub].map(|file| std::fs::read(file).expect("it is there"));
        assert!(answer == stub, "{name}");
    }
    let (printed, made) = runner(&["student", path]);
    assert!(!made && printed.contains("exists: name a folder that does not"), "{printed}");
}

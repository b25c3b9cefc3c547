//! The checks of part two, where the runtime (or the HTTP client) has the thing itself.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

use coursework::check::Outcome;
use coursework::log::Log;
use coursework::suites;
use coursework::suites::e16_semaphore::Semaphore16;
use coursework::suites::e17_barrier::{Barrier17, Broken};
use http_client::h1::body::{Decoder, Framing, Step};
use runtime::sync::{Barrier, Permit, Semaphore, mpsc};
use runtime::{Scheduler, TaskId, TaskMeta};

use super::{Real, all_pass};

/// The example in the docs of `Scheduler`: as it stands there.
#[derive(Default)]
struct ByPriority {
    ready: BTreeMap<(Reverse<i32>, u64), TaskId>,
    pushes: u64,
}

impl Scheduler for ByPriority {
    fn push(&mut self, id: TaskId, meta: &TaskMeta) {
        self.pushes += 1;
        self.ready.insert((Reverse(meta.priority), self.pushes), id);
    }

    fn pop(&mut self) -> Option<TaskId> {
        self.ready.pop_first().map(|(_, id)| id)
    }
}

impl suites::e13_priority::Priority13 for Real {
    fn scheduler() -> impl Scheduler + 'static {
        ByPriority::default()
    }
}

#[test]
fn the_scheduler_of_the_docs_keeps_the_order_and_starves_as_it_says() {
    all_pass(&suites::e13_priority::order::<Real>());
    let starves = &suites::e13_priority::patience::<Real>()[0];
    let Outcome::Failed(fault) = starves.run(&Log::new(Box::new(|_| {}))) else {
        panic!("it does not starve")
    };
    assert!(fault.text.contains("b starves"), "{}", fault.text);
}

#[derive(Clone)]
struct RealSemaphore(Rc<Semaphore>);

impl Semaphore16 for RealSemaphore {
    type Permit = Permit<Rc<Semaphore>>;

    fn new(permits: usize) -> Self {
        RealSemaphore(Rc::new(Semaphore::new(permits)))
    }

    fn acquire(&self, n: usize) -> impl Future<Output = Self::Permit> + 'static {
        let acquire = self.0.clone().acquire_owned(n);
        async { acquire.await.expect("nobody closes it") }
    }

    fn try_acquire(&self, n: usize) -> Option<Self::Permit> {
        self.0.clone().try_acquire_owned(n).ok()
    }

    fn available(&self) -> usize {
        self.0.available()
    }
}

#[test]
fn the_semaphore_is_the_runtimes() {
    all_pass(&suites::e16_semaphore::checks::<RealSemaphore>());
}

#[derive(Clone)]
struct RealBarrier(Rc<Barrier>);

impl Barrier17 for RealBarrier {
    fn new(parties: usize) -> Self {
        RealBarrier(Rc::new(Barrier::new(parties)))
    }

    fn wait(&self) -> impl Future<Output = Result<bool, Broken>> + 'static {
        let barrier = self.0.clone();
        async move { barrier.wait().await.map(|passed| passed.is_leader()).map_err(|_| Broken) }
    }

    fn waiting(&self) -> usize {
        self.0.n_waiting()
    }

    fn reset(&self) {
        self.0.reset();
    }

    fn abort(&self) {
        self.0.abort();
    }
}

#[test]
fn the_barrier_is_the_runtimes() {
    all_pass(&suites::e17_barrier::checks::<RealBarrier>());
}

impl suites::e18_channel::Channel for Real {
    type Sender<T: 'static> = mpsc::Sender<T>;
    type Receiver<T: 'static> = mpsc::Receiver<T>;

    fn channel<T: 'static>(capacity: usize) -> (mpsc::Sender<T>, mpsc::Receiver<T>) {
        mpsc::channel(capacity)
    }

    async fn send<T: 'static>(sender: &mpsc::Sender<T>, message: T) -> Result<(), T> {
        sender.send(message).await.map_err(|mpsc::SendError(message)| message)
    }

    fn recv<T: 'static>(receiver: &mut mpsc::Receiver<T>) -> impl Future<Output = Option<T>> {
        receiver.recv()
    }
}

#[test]
fn the_bounded_channel_is_the_runtimes() {
    all_pass(&suites::e18_channel::checks::<Real>());
}

/// The client's decoder says which bytes are data; here they are copied.
struct Chunked(Decoder);

impl suites::e21_chunked::Chunked for Chunked {
    fn new() -> Self {
        Chunked(Decoder::new(Framing::Chunked))
    }

    fn feed(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, String> {
        let mut at = 0;
        loop {
            match self.0.step(&input[at..]).map_err(|e| e.to_string())? {
                Step::Data { skip, len } => {
                    at += skip;
                    body.extend_from_slice(&input[at..at + len]);
                    self.0.took(len as u64);
                    at += len;
                }
                Step::More { skip } | Step::End { skip } => return Ok(at + skip),
            }
        }
    }

    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}

#[test]
fn chunked_decoding_is_the_http_clients() {
    all_pass(&suites::e21_chunked::checks::<Chunked>());
}

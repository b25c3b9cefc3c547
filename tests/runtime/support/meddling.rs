//! A destructor that does all that it may.

use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::task::Waker;
use std::time::Duration;

use runtime::net::TcpListener;
use runtime::{JoinHandle, block_on, sleep, spawn, spawn_blocking};

use super::leaves::{Log, Place, waits_in};
use super::wakers::Counting;
use super::{panics, turns};

/// All that a destructor may do, at once. Whatever is borrowed while it runs makes it panic.
pub(crate) fn everything(log: &Log, others: &Others) {
    let before = std::thread::panicking();
    drop(spawn(async {}));
    let handle = spawn(pending::<()>());
    handle.abort();
    drop(handle);
    others.waker.borrow().iter().for_each(Waker::wake_by_ref);
    if let Some(handle) = &*others.handle.borrow() {
        handle.abort();
    }
    drop(others.handle.take());
    drop(others.output.take());
    let mut sleeping = sleep(Duration::from_secs(9));
    assert!(Counting::new().poll(&mut sleeping).is_pending());
    drop(sleeping);
    let listener = TcpListener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    assert!(Counting::new().poll(&mut listener.accept()).is_pending());
    drop(listener);
    drop(spawn_blocking(|| {}));
    let _ = runtime::stats();
    assert!(panics(|| block_on(async {})).contains("already running"));
    assert_eq!(std::thread::panicking(), before);
    log.add("everything");
}

/// What `everything` works on besides itself: a waker, a task's handle, and one with an output in it.
#[derive(Default)]
pub(crate) struct Others {
    waker: RefCell<Option<Waker>>,
    handle: RefCell<Option<JoinHandle<()>>>,
    output: RefCell<Option<JoinHandle<Rc<()>>>>,
}

pub(crate) async fn others() -> Rc<Others> {
    let others = Rc::new(Others::default());
    *others.handle.borrow_mut() = Some(spawn(pending::<()>()));
    *others.output.borrow_mut() = Some(spawn(async { Rc::new(()) }));
    let place = Place::new();
    let kept = place.clone();
    spawn(async move { waits_in(&kept).await });
    turns(2).await;
    *others.waker.borrow_mut() = place.waker();
    others
}

//! A waker that runs code of the check when it is woken or dropped, as anybody's waker may.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::log;

/// What happens to a waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It is woken.
    Woken,
    /// The last clone of it is dropped.
    Dropped,
}

type Call = Rc<dyn Fn(Moment)>;

thread_local! {
    /// What the wakers of this thread call. A `Waker` is `Send`, and what a check does with it is not.
    static CALLS: RefCell<HashMap<u64, Call>> = RefCell::default();
    static NEXT: Cell<u64> = const { Cell::new(0) };
}

struct Calling {
    name: &'static str,
    number: u64,
}

/// A waker that calls `call`, from inside of whatever wakes or drops it: what is borrowed there, `call` finds borrowed.
///
/// ```
/// use coursework::probe::{Moment, calling_waker};
/// use std::{cell::RefCell, rc::Rc};
/// let moments = Rc::new(RefCell::new(Vec::new()));
/// let log = moments.clone();
/// calling_waker("w", move |moment| log.borrow_mut().push(moment)).wake();
/// assert_eq!(*moments.borrow(), [Moment::Woken, Moment::Dropped]);
/// ```
pub fn calling_waker(name: &'static str, call: impl Fn(Moment) + 'static) -> Waker {
    let number = NEXT.replace(NEXT.get() + 1);
    CALLS.with_borrow_mut(|calls| calls.insert(number, Rc::new(call)));
    Waker::from(Arc::new(Calling { name, number }))
}

impl Calling {
    fn call(&self, moment: Moment) {
        // Out of the borrow: it may make another such waker. On another thread, and while this one ends, there is none.
        let call = CALLS.try_with(|calls| calls.try_borrow().ok()?.get(&self.number).cloned());
        if let Ok(Some(call)) = call {
            call(moment);
        }
    }
}

impl Wake for Calling {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        log::event(format_args!("waker {}: woken, and runs other code", self.name));
        self.call(Moment::Woken);
    }
}

impl Drop for Calling {
    fn drop(&mut self) {
        log::event(format_args!("waker {}: dropped, and runs other code", self.name));
        self.call(Moment::Dropped);
        let call = CALLS.try_with(|calls| calls.try_borrow_mut().ok()?.remove(&self.number));
        drop(call);
    }
}

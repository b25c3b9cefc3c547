//! What the program itself has to say in the event log: marks and spans.

use std::cell::Cell;
use std::fmt;

use super::{What, emit, is_watched};

thread_local! {
    static SPANS: Cell<u64> = const { Cell::new(0) };
}

/// Puts a word of the program's own into the event log. Without an observer, `detail` is not even printed.
///
/// ```
/// use runtime::trace::{self, Event, What};
/// use std::{cell::RefCell, rc::Rc};
///
/// let said = Rc::new(RefCell::new(Vec::new()));
/// let log = said.clone();
/// let observer = move |event: &Event<'_>| {
///     if let What::Mark { name, detail } = event.what {
///         log.borrow_mut().push(format!("{name}: {detail}"));
///     }
/// };
/// let runtime = runtime::Builder::new().observer(observer).build()?;
/// runtime.block_on(async { trace::mark("parsed", format_args!("{} lines", 12)) });
/// assert_eq!(*said.borrow(), ["parsed: 12 lines"]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn mark(name: &'static str, detail: impl fmt::Display) {
    if is_watched() {
        let detail = detail.to_string();
        emit(|| What::Mark { name, detail: &detail });
    }
}

/// Begins a part of the program's work that shall be seen in the event log, such as a phase of a request. It ends when
/// the value is dropped, and may last over any number of polls.
///
/// ```
/// use runtime::trace::{Event, What, span};
/// use std::{cell::RefCell, rc::Rc};
///
/// let log = Rc::new(RefCell::new(Vec::new()));
/// let lines = log.clone();
/// let observer = move |event: &Event<'_>| match event.what {
///     What::SpanBegan { name, detail, .. } => lines.borrow_mut().push(format!("{name} {detail}")),
///     What::SpanEnded { .. } => lines.borrow_mut().push("done".to_owned()),
///     _ => {}
/// };
/// runtime::Builder::new().observer(observer).build()?.block_on(async {
///     let lookup = span("look up", "example.net");
///     runtime::yield_now().await;
///     drop(lookup);
/// });
/// assert_eq!(*log.borrow(), ["look up example.net", "done"]);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn span(name: &'static str, detail: impl fmt::Display) -> Span {
    if !is_watched() {
        return Span { span: 0 };
    }
    let detail = detail.to_string();
    let span = SPANS.get() + 1;
    SPANS.set(span);
    emit(|| What::SpanBegan { span, name, detail: &detail });
    Span { span }
}

/// A part of the program's work that is under way: [`span`].
///
/// It goes where the work goes, and ends with it, also if that is dropped half-way:
///
/// ```
/// async fn request(url: &str) {
///     let _span = runtime::trace::span("request", url);
///     std::future::pending().await // as if nobody answered
/// }
/// let limit = std::time::Duration::from_millis(1);
/// let late = runtime::block_on(async { runtime::timeout(limit, request("/index")).await });
/// assert!(late.is_err()); // and the span is over
/// ```
#[must_use = "the span ends when this is dropped"]
#[derive(Debug)]
pub struct Span {
    /// 0: nobody watched when it began.
    span: u64,
}

impl Drop for Span {
    fn drop(&mut self) {
        if self.span != 0 {
            emit(|| What::SpanEnded { span: self.span });
        }
    }
}

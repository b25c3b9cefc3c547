//! Why something could not be had, now or ever.

use std::fmt;

/// It was closed, and what was asked for will never come: from a [`Semaphore`](super::Semaphore) after `close`, from a
/// [`oneshot`](super::oneshot) whose sender was dropped without sending.
///
/// ```
/// use runtime::sync::{Closed, oneshot};
/// let (sender, receiver) = oneshot::channel::<u8>();
/// drop(sender);
/// assert_eq!(runtime::block_on(receiver), Err(Closed));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("closed by the other side: what was asked for will never come")
    }
}

impl std::error::Error for Closed {}

/// No permits without waiting: [`Semaphore::try_acquire`](super::Semaphore::try_acquire).
///
/// ```
/// use runtime::sync::{Semaphore, TryAcquireError};
/// let semaphore = Semaphore::new(0);
/// let refused = semaphore.try_acquire(1).unwrap_err();
/// assert_eq!(refused, TryAcquireError::NoPermits); // worth another try
/// semaphore.close();
/// let refused = semaphore.try_acquire(1).unwrap_err();
/// assert_eq!(refused, TryAcquireError::Closed); // and now not
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryAcquireError {
    /// Too few are left, or others wait for them.
    NoPermits,
    /// The semaphore was closed: there will never be any.
    Closed,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryAcquireError::NoPermits => {
                "too few permits are left, or others wait for them: try again later"
            }
            TryAcquireError::Closed => "the semaphore was closed and gives no more permits",
        })
    }
}

impl std::error::Error for TryAcquireError {}

/// No message without waiting: the `try_recv` of [`oneshot`](super::oneshot) and [`mpsc`](super::mpsc).
///
/// ```
/// use runtime::sync::{TryRecvError, mpsc};
/// let (sender, mut receiver) = mpsc::channel::<u8>(1);
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty)); // worth another try
/// drop(sender);
/// assert_eq!(receiver.try_recv(), Err(TryRecvError::Closed)); // and now not
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// None is here yet.
    Empty,
    /// None is here, and none will come.
    Closed,
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryRecvError::Empty => "no message is here yet: try again later",
            TryRecvError::Closed => "the channel is closed, and no message will come",
        })
    }
}

impl std::error::Error for TryRecvError {}

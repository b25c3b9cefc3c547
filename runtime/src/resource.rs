//! What there is to wait for: the words of labels, dumps and traces.

use std::fmt;
use std::panic::Location;

/// What a task waits for, and where in the program.
///
/// ```
/// use runtime::{Resource, TaskState};
/// runtime::block_on(async {
///     let first = runtime::spawn(std::future::pending::<()>());
///     runtime::spawn(async move { first.await });
///     runtime::yield_now().await;
///     let state = runtime::dump().tasks[2].state;
///     let TaskState::Waiting(Some(waiting)) = state else { panic!("it {state}") };
///     assert_eq!((waiting.on, waiting.id), (Resource::Task, 2)); // for #2
///     assert_eq!((waiting.to_string(), waiting.at), ("task #2".to_owned(), None));
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Waiting {
    /// The kind of thing.
    pub on: Resource,
    /// Which one: a number that is its own among its kind (a socket's token, a task's number), 0 if it has none.
    pub id: u64,
    /// Where the wait was begun, if that is known.
    pub at: Option<&'static Location<'static>>,
}

/// The kinds of things that a task can wait for.
///
/// ```
/// use runtime::{Resource, TaskState, dump, net::UdpSocket, sync::*};
/// use std::{future::pending, time::Duration};
///
/// async fn seen(future: impl Future + 'static) -> Resource {
///     let task = runtime::spawn(future);
///     runtime::yield_now().await; // it runs until it has to wait
///     let state = dump().tasks.into_iter().find(|info| info.id == task.id()).unwrap().state;
///     task.abort();
///     match state {
///         TaskState::Waiting(Some(waiting)) | TaskState::Lost(Some(waiting)) => waiting.on,
///         state => panic!("it {state}"),
///     }
/// }
///
/// runtime::block_on(async {
///     let localhost = "127.0.0.1:0".parse().unwrap();
///     let unheard = async move { UdpSocket::bind(localhost)?.recv(&mut []).await };
///     assert_eq!(seen(unheard).await, Resource::Readable);
///     let unsent = async move {
///         let socket = runtime::Async::new(runtime::mio::net::UdpSocket::bind(localhost)?)?;
///         socket.write_with(|_| Err::<(), _>(std::io::ErrorKind::WouldBlock.into())).await
///     };
///     assert_eq!(seen(unsent).await, Resource::Writable);
///     assert_eq!(seen(runtime::sleep(Duration::from_secs(60))).await, Resource::Timer);
///     assert_eq!(seen(runtime::spawn(pending::<()>())).await, Resource::Task);
///     let (_open, closed) = std::sync::mpsc::channel::<()>();
///     assert_eq!(seen(runtime::spawn_blocking(move || closed.recv())).await, Resource::Job);
///
///     let twice = async |mutex: Mutex<()>| drop((mutex.lock().await, mutex.lock().await));
///     assert_eq!(seen(async move { twice(Mutex::new(())).await }).await, Resource::Lock);
///     let too_many = async { drop(Semaphore::new(0).acquire(1).await) };
///     assert_eq!(seen(too_many).await, Resource::Permits);
///     assert_eq!(seen(async { Barrier::new(2).wait().await }).await, Resource::Barrier);
///     assert_eq!(seen(async { Event::new().wait().await }).await, Resource::Event);
///     let unnoticed = async { drop(Condvar::new().wait(Mutex::new(()).lock().await).await) };
///     assert_eq!(seen(unnoticed).await, Resource::Condvar);
///     let (_sender, answer) = oneshot::channel::<()>();
///     assert_eq!(seen(answer).await, Resource::Message);
///     let (sender, _receiver) = mpsc::channel(1);
///     sender.try_send('a').unwrap();
///     assert_eq!(seen(async move { sender.send('b').await }).await, Resource::Room);
///
///     // Both futures in it keep no waker: nothing will ever wake them.
///     let two = runtime::join_all([pending::<()>(), pending()]);
///     assert_eq!(seen(two).await, Resource::Children { left: 2, lost: 2 });
///     let own = std::future::poll_fn(|_| {
///         runtime::waiting_on("the printer");
///         std::task::Poll::<()>::Pending
///     });
///     assert_eq!(seen(own).await, Resource::Other("the printer"));
/// });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// A source that is not readable yet.
    Readable,
    /// A source that is not writable yet.
    Writable,
    /// A time: in a `sleep`, a `timeout` around something that does not say what it waits for, an `interval`.
    Timer,
    /// A [`Mutex`](crate::sync::Mutex).
    Lock,
    /// Permits of a [`Semaphore`](crate::sync::Semaphore).
    Permits,
    /// The others at a [`Barrier`](crate::sync::Barrier).
    Barrier,
    /// An [`Event`](crate::sync::Event).
    Event,
    /// A [`Condvar`](crate::sync::Condvar).
    Condvar,
    /// A message of a channel: [`mpsc`](crate::sync::mpsc), [`oneshot`](crate::sync::oneshot).
    Message,
    /// Room in a channel that is full.
    Room,
    /// The end of another task: its number is the [id](Waiting::id).
    Task,
    /// The end of a blocking job, also that of a file or a name.
    Job,
    /// Futures inside this task, in a `join_all` or the like: so many are left, and so many of them are lost (nobody
    /// holds their waker).
    Children {
        /// Not ready yet.
        left: u32,
        /// Of these, those that nothing can wake.
        lost: u32,
    },
    /// Nothing: it gave way and is queued again. (A `dump` then says `Queued`; an observer sees this.)
    Turn,
    /// Something of the program's own, in its words: [`waiting_on`](crate::waiting_on).
    Other(&'static str),
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        match self.on {
            Resource::Readable => write!(f, "source {id} to become readable"),
            Resource::Writable => write!(f, "source {id} to become writable"),
            Resource::Timer => f.write_str("a time"),
            Resource::Lock => write!(f, "lock {id}"),
            Resource::Permits => write!(f, "permits of semaphore {id}"),
            Resource::Barrier => write!(f, "the others at barrier {id}"),
            Resource::Event => write!(f, "event {id}"),
            Resource::Condvar => write!(f, "condition {id}"),
            Resource::Message => write!(f, "a message in channel {id}"),
            Resource::Room => write!(f, "room in channel {id}"),
            Resource::Task => write!(f, "task #{id}"),
            Resource::Job => write!(f, "blocking job {id}"),
            Resource::Children { left, lost: 0 } => write!(f, "{left} futures inside it"),
            Resource::Children { left, lost } => {
                write!(f, "{left} futures inside it, {lost} of them lost: nobody holds their waker")
            }
            Resource::Turn => f.write_str("its turn"),
            Resource::Other(what) => f.write_str(what),
        }?;
        match self.at {
            Some(at) => write!(f, ", at {at}"),
            None => Ok(()),
        }
    }
}

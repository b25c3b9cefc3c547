//! 18: a bounded channel. Most checks poll by hand: so each sees the very poll and the very wake that it is about.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::task::Waker;
use std::time::Duration;

use runtime::{join_all, sleep, timeout, yield_now};

use crate::check::{Check, fault, require, survives, times};
use crate::probe::{Moment, calling_waker, count_waker, on_loop, spawn, token, watch};

/// What the exercise asks for.
pub trait Channel: 'static {
    /// The end that sends.
    type Sender<T: 'static>: Clone + 'static;
    /// The end that receives.
    type Receiver<T: 'static>: 'static;

    /// A channel that holds so many messages.
    fn channel<T: 'static>(capacity: usize) -> (Self::Sender<T>, Self::Receiver<T>);
    /// Sends, and waits for room; the message comes back if nobody will receive it.
    fn send<T: 'static>(sender: &Self::Sender<T>, message: T) -> impl Future<Output = Result<(), T>>;
    /// The next message; `None` when none will come any more.
    fn recv<T: 'static>(receiver: &mut Self::Receiver<T>) -> impl Future<Output = Option<T>>;
}

const STALLED: &str = "Messages were still to be sent or received, and nothing could happen any more: a wake was lost. \
                       Whoever makes room wakes a sender, whoever sends wakes the receiver, and so does the last sender \
                       when it is dropped.";
const SPINS: &str =
    "One who waits for room or for a message is polled when that has come, not again and again.";

/// The checks of exercise 18.
pub fn checks<T: Channel>() -> Vec<Check> {
    vec![
        Check::new("messages come in the order in which they were sent", in_order::<T>),
        Check::new("it holds as many as its capacity, and who sends more has to wait", bounded::<T>),
        Check::new("a message received is room, and a sender that waits is woken", room::<T>),
        Check::new("the receiver waits, and is woken by a message", receiver_waits::<T>),
        Check::new("both wake the task that polled last", latest_waker::<T>),
        Check::new("room goes to the one who has waited longest", fair::<T>),
        Check::new("one message received wakes one sender, not all", one_wake::<T>),
        Check::new("a send that is dropped while it waits has sent nothing", send_dropped::<T>),
        Check::new("one that is dropped when it was woken loses no wake", woken_send_dropped::<T>),
        Check::new("a recv that is dropped has taken no message", recv_dropped::<T>),
        Check::new("when all senders are gone, the rest is received, then None", senders_gone::<T>),
        Check::new("when the receiver is gone, messages come back", receiver_gone::<T>),
        Check::new("messages that nobody will receive are dropped with the receiver", unreceived::<T>),
        Check::new("whoever is woken may use the channel at once", wake_meddles::<T>),
        Check::new("so may the destructor of a waker that is replaced", drop_meddles::<T>),
        Check::new("so may the destructor of a message", message_meddles::<T>),
        Check::new("five producers and a slow consumer, on the runtime", on_a_loop::<T>).hang(0, SPINS),
        Check::new("sends that are cut short: all that was sent comes, once", cut_short::<T>).hang(37, SPINS),
    ]
}

/// Sends one that has room.
fn put<T: Channel, M: 'static>(sender: &T::Sender<M>, message: M) {
    let sent = watch("send, with room", T::send(sender, message)).ready(
        0,
        "There was room, and nobody waited: where one need not wait, `send` is ready at its first poll.",
    );
    require(sent.is_ok(), 0, || "`send` gave the message back, though the receiver is alive.".into());
}

/// Receives one that is there.
fn take<T: Channel, M: 'static>(receiver: &mut T::Receiver<M>) -> Option<M> {
    watch("recv, of one that is there", T::recv(receiver))
        .ready(0, "A message was there, or all senders were gone: then `recv` is ready at its first poll.")
}

fn in_order<T: Channel>() {
    let (sender, mut receiver) = T::channel(3);
    let sent = [1, 2, 3];
    sent.iter().for_each(|n| put::<T, _>(&sender, *n));
    let received = sent.map(|_| take::<T, _>(&mut receiver));
    require(received == sent.map(Some), 0, || {
        format!("1, 2 and 3 were sent, and {received:?} was received.")
    });
}

fn bounded<T: Channel>() {
    for capacity in [2, 1] {
        let (sender, mut receiver) = T::channel(capacity);
        (0..capacity).for_each(|n| put::<T, _>(&sender, n));
        let mut more = watch("send, without room", T::send(&sender, 9));
        require(more.poll().is_none(), 0, || {
            format!(
                "A channel of capacity {capacity} held {capacity}, nothing was received, and one more `send` was \
                 ready: it has no bound. Who produces faster than the other end takes fills the memory."
            )
        });
        for n in 0..capacity {
            let received = take::<T, _>(&mut receiver);
            require(received == Some(n), 0, || {
                format!("{n} was sent as the next, and {received:?} received.")
            });
        }
    }
    // A sender that waits has its message; the channel has not.
    let (sender, mut receiver) = T::channel(1);
    put::<T, _>(&sender, 0);
    let mut waiting: Vec<_> = (1..=5).map(|n| watch("send, without room", T::send(&sender, n))).collect();
    for send in &mut waiting {
        require(send.poll().is_none(), 0, || "A `send` without room was ready.".into());
    }
    drop(waiting);
    let first = take::<T, _>(&mut receiver);
    let second = watch("recv", T::recv(&mut receiver)).poll();
    require(first == Some(0) && second.is_none(), 0, || {
        format!(
            "Capacity 1, and 0 was in it. Five more sends waited and were given up; then {first:?} was received, and {second:?} \
             after it. Their messages had gone into the queue already: it holds more than its capacity. A message \
             joins the queue when there is room for it."
        )
    });
}

fn room<T: Channel>() {
    let (sender, mut receiver) = T::channel(1);
    put::<T, _>(&sender, 1);
    let mut second = watch("send of 2", T::send(&sender, 2));
    require(second.poll().is_none(), 0, || {
        "Capacity 1, one message in it, and a second `send` was ready.".into()
    });
    let first = take::<T, _>(&mut receiver);
    require(first == Some(1), 0, || format!("1 was sent first, and {first:?} received."));
    require(second.wakes() > 0, 0, || {
        "A sender waited for room, a message was received, and the sender was not woken: it waits for ever."
            .into()
    });
    let sent = second.ready(0, "It had been woken, as there was room.");
    require(sent.is_ok(), 0, || "`send` gave the message back, though the receiver is alive.".into());
    drop(second);
    let next = take::<T, _>(&mut receiver);
    require(next == Some(2), 0, || format!("2 was sent after 1, and {next:?} received."));
}

fn receiver_waits<T: Channel>() {
    let (sender, mut receiver) = T::channel(2);
    let mut recv = watch("recv", T::recv(&mut receiver));
    let early = recv.poll();
    require(early.is_none(), 0, || format!("Nothing was sent, and `recv` gave {early:?}."));
    require(recv.wakes() == 0, 14, || {
        "`recv` woke its own task, and answered Pending: that is waiting by asking again and again.".into()
    });
    put::<T, _>(&sender, 1);
    require(recv.wakes() > 0, 0, || {
        "The receiver waited, a message was sent, and it was not woken: it waits for ever.".into()
    });
    let received = recv.ready(0, "A message was sent.");
    require(received == Some(1), 0, || format!("1 was sent, and {received:?} received."));
}

fn latest_waker<T: Channel>() {
    let why = |who: &str, old: usize, new: usize| {
        format!(
            "`{who}` was polled by one task, and then by another. It woke the first {} and the second {}: only the \
             waker of the latest poll counts.",
            times(old),
            times(new)
        )
    };
    let (sender, mut receiver) = T::channel(1);
    let (new, waker) = count_waker("recv, the second task");
    let mut recv = watch("recv", T::recv(&mut receiver));
    let _ = recv.poll();
    let _ = recv.poll_with(&waker);
    put::<T, _>(&sender, 1);
    require((recv.wakes(), new.wakes()) == (0, 1), 6, || why("recv", recv.wakes(), new.wakes()));
    drop(recv);
    let (new, waker) = count_waker("send, the second task");
    let mut send = watch("send", T::send(&sender, 2));
    let _ = send.poll();
    let _ = send.poll_with(&waker);
    take::<T, _>(&mut receiver);
    require((send.wakes(), new.wakes()) == (0, 1), 6, || why("send", send.wakes(), new.wakes()));
}

fn fair<T: Channel>() {
    let (sender, mut receiver) = T::channel(1);
    put::<T, _>(&sender, 0);
    let mut a = watch("send of 1", T::send(&sender, 1));
    let mut b = watch("send of 2", T::send(&sender, 2));
    let _ = (a.poll(), b.poll());
    let mut received = vec![take::<T, _>(&mut receiver)];
    require(a.wakes() > 0, 0, || {
        format!(
            "Two senders waited and a message was received. Of the wakes the first had {}, the second {}: room goes to the \
             one who has waited longest.",
            a.wakes(),
            b.wakes()
        )
    });
    let mut c = watch("send of 3, begun later", T::send(&sender, 3));
    require(c.poll().is_none(), 40, || {
        "A sender that had waited was woken, as there was room. Before its turn a new one came, and had the room: \
         who waits can be overtaken without end. The room is given to the one in front, or kept for it."
            .into()
    });
    let mut waiting = [a, b, c];
    for _ in 0..3 {
        for send in waiting.iter_mut().filter(|send| !send.is_ready() && send.wakes() > 0) {
            let _ = send.poll();
        }
        received.push(watch("recv", T::recv(&mut receiver)).poll().flatten());
    }
    require(received == [0, 1, 2, 3].map(Some), 40, || {
        format!("The sends of 0, 1, 2 and 3 began in this order, and {received:?} was received.")
    });
}

fn one_wake<T: Channel>() {
    let (sender, mut receiver) = T::channel(1);
    put::<T, _>(&sender, 0);
    let mut waiting: Vec<_> = (1..=10).map(|n| watch("send", T::send(&sender, n))).collect();
    for send in &mut waiting {
        let _ = send.poll();
    }
    take::<T, _>(&mut receiver);
    let woken = waiting.iter().filter(|send| send.wakes() > 0).count();
    require(woken == 1, 39, || {
        format!(
            "Ten senders waited, one message was received, and {woken} of them were woken. There is room for one: with \
             all woken each time, N messages cost N² polls."
        )
    });
}

fn send_dropped<T: Channel>() {
    let (sender, mut receiver) = T::channel(1);
    let (lost, lost_dropped) = token("the message of the dropped send");
    put::<T, _>(&sender, None);
    let mut a = watch("send, dropped while it waits", T::send(&sender, Some(lost)));
    let mut b = watch("send, behind it", T::send(&sender, None));
    let _ = (a.poll().is_some(), b.poll().is_some());
    a.give_up();
    require(lost_dropped.load(Ordering::SeqCst), 0, || {
        "A `send` was dropped while it waited, and its message is still somewhere: what is not sent goes with it.".into()
    });
    take::<T, _>(&mut receiver);
    require(b.wakes() > 0, 37, || {
        "Two senders waited, the first gave up. Then a message was received, and the second was not woken: the room \
         went to one who is gone. A `send` that is dropped leaves the line."
            .into()
    });
    let sent = b.ready(37, "The sender before it has given up, and there is room.");
    require(sent.is_ok(), 0, || "`send` gave the message back, though the receiver is alive.".into());
    drop(b);
    let next = take::<T, _>(&mut receiver);
    require(next.is_some_and(|message| message.is_none()), 37, || {
        "A `send` was dropped while it waited, and its message was received all the same.".into()
    });
}

fn woken_send_dropped<T: Channel>() {
    let (sender, mut receiver) = T::channel(1);
    put::<T, _>(&sender, 0);
    let mut a = watch("send of 1", T::send(&sender, 1));
    let mut b = watch("send of 2", T::send(&sender, 2));
    let _ = (a.poll(), b.poll());
    let mut received = vec![take::<T, _>(&mut receiver)];
    a.give_up(); // woken, and not polled
    for _ in 0..3 {
        if b.wakes() > 0 && !b.is_ready() {
            let _ = b.poll();
        }
        received.push(watch("recv", T::recv(&mut receiver)).poll().flatten());
    }
    // Whether 1 was sent is for the channel to say: it may have been taken over when there was room.
    require(received.contains(&Some(2)), 37, || {
        format!(
            "Two senders waited, a message was received, and the first was woken: `timeout` dropped it before its turn. \
             Then the receiver asked three times more, and has {received:?}: the second, which sends 2, was woken {}. The \
             wake was lost with the one who was woken. In its `drop` it passes it on; or `recv` itself takes the \
             message of the first in line, so that nothing hangs on its turn.",
            times(b.wakes())
        )
    });
}

fn recv_dropped<T: Channel>() {
    let (sender, mut receiver) = T::channel(2);
    let mut recv = watch("recv, dropped when it was woken", T::recv(&mut receiver));
    let _ = recv.poll();
    put::<T, _>(&sender, 1);
    recv.give_up();
    let mut recv = watch("recv, the next", T::recv(&mut receiver));
    let received = recv.ready(37, "1 was sent while an earlier `recv` waited, which was dropped before its turn: it must not have the message.");
    require(received == Some(1), 37, || format!("1 was sent, and {received:?} received."));
    drop(recv);
    let mut recv = watch("recv, dropped while it waits", T::recv(&mut receiver));
    let _ = recv.poll();
    recv.give_up();
    put::<T, _>(&sender, 2);
    let received = take::<T, _>(&mut receiver);
    require(received == Some(2), 37, || format!("2 was sent, and {received:?} received."));
}

fn senders_gone<T: Channel>() {
    let (sender, mut receiver) = T::channel(2);
    let other = sender.clone();
    put::<T, _>(&sender, 1);
    drop(sender);
    let rest = take::<T, _>(&mut receiver);
    require(rest == Some(1), 0, || {
        format!(
            "1 was sent, then one of the senders dropped, and {rest:?} was received: what was sent stays."
        )
    });
    let mut recv = watch("recv", T::recv(&mut receiver));
    let early = recv.poll();
    require(early.is_none(), 0, || {
        format!("One of two senders was dropped, the other lives, and `recv` gave {early:?}.")
    });
    drop(other);
    require(recv.wakes() > 0, 36, || {
        "The receiver waited, the last sender was dropped, and the receiver was not woken: it waits for ever for \
         messages that cannot come. The `drop` of the last sender wakes it."
            .into()
    });
    let end = recv.ready(36, "The last sender was dropped.");
    require(end.is_none(), 0, || {
        format!("All senders are gone, all was received, and `recv` gave {end:?}, not None.")
    });
}

fn receiver_gone<T: Channel>() {
    let (sender, receiver) = T::channel(1);
    put::<T, _>(&sender, 1);
    let mut waits = watch("send of 2, which waits", T::send(&sender, 2));
    let _ = waits.poll();
    drop(receiver);
    require(waits.wakes() > 0, 36, || {
        "A sender waited for room, the receiver was dropped, and the sender was not woken: it waits for ever."
            .into()
    });
    let back = waits.ready(36, "The receiver was dropped.");
    require(back == Err(2), 0, || {
        format!("The receiver was dropped while `send` of 2 waited, and that gave {back:?}, not Err(2).")
    });
    drop(waits);
    let back =
        watch("send of 3, to nobody", T::send(&sender, 3)).ready(36, "There is no receiver to make room.");
    require(back == Err(3), 0, || {
        format!("The receiver is gone, and `send` of 3 gave {back:?}, not Err(3).")
    });
}

fn unreceived<T: Channel>() {
    let (sender, receiver) = T::channel(2);
    let (message, dropped) = token("a message that nobody received");
    put::<T, _>(&sender, message);
    drop(receiver);
    require(dropped.load(Ordering::SeqCst), 0, || {
        "The receiver was dropped, and a message that it had not received is still there: nobody can have it any more, and \
         it stays for as long as a sender lives."
            .into()
    });
    drop(sender);
}

const BORROWED: &str = "A waker was called, and what it did with the channel panicked: the channel was still borrowed. To wake is to \
                        run anybody's code. Take the waker out, end the borrow, then wake.";
const BORROWED_DROP: &str = "A waker was dropped, as a newer one took its place, and what its destructor did with the channel \
                             panicked: the channel was still borrowed. `mem::replace` the waker, end the borrow, then drop the old one.";

/// A waker that sends when it is woken, or when it is dropped.
fn meddler<T: Channel>(moment: Moment, sender: &T::Sender<i32>) -> Waker {
    let (trap, text) = if moment == Moment::Woken { (16, BORROWED) } else { (17, BORROWED_DROP) };
    let user = Cell::new(Some(sender.clone()));
    calling_waker("w", move |now| {
        if now == moment {
            survives(trap, text, || {
                if let Some(sender) = user.take() {
                    let _ = watch("send, by the waker", T::send(&sender, 99)).poll();
                }
            });
        }
    })
}

fn wake_meddles<T: Channel>() {
    // With room for what the waker sends, so that it, too, goes to wake the receiver.
    let (sender, mut receiver) = T::channel(2);
    let mut recv = watch("recv", T::recv(&mut receiver));
    let _ = recv.poll_with(&meddler::<T>(Moment::Woken, &sender));
    put::<T, _>(&sender, 1);
    drop(recv);
    let (sender, mut receiver) = T::channel(1);
    put::<T, _>(&sender, 1);
    let mut send = watch("send of 2, which waits", T::send(&sender, 2));
    require(send.poll_with(&meddler::<T>(Moment::Woken, &sender)).is_none(), 0, || {
        "Capacity 1, one message in it, and a second `send` was ready.".into()
    });
    take::<T, _>(&mut receiver);
    drop(send);
    while watch("recv", T::recv(&mut receiver)).poll().is_some() {}
    put::<T, _>(&sender, 3);
    let mut send = watch("send of 4, which waits", T::send(&sender, 4));
    let _ = send.poll_with(&meddler::<T>(Moment::Woken, &sender));
    drop(receiver);
}

fn drop_meddles<T: Channel>() {
    let (sender, mut receiver) = T::channel(1);
    let mut recv = watch("recv", T::recv(&mut receiver));
    let _ = recv.poll_with(&meddler::<T>(Moment::Dropped, &sender));
    let _ = recv.poll();
    drop(recv);
    fill::<T>(&sender);
    while watch("recv", T::recv(&mut receiver)).poll().is_some() {}
    let mut recv = watch("recv", T::recv(&mut receiver));
    let _ = recv.poll_with(&meddler::<T>(Moment::Dropped, &sender));
    drop(recv); // with the only waker that is kept
    fill::<T>(&sender);
    let mut send = watch("send, which waits", T::send(&sender, 2));
    let _ = send.poll_with(&meddler::<T>(Moment::Dropped, &sender));
    let _ = send.poll();
    let _ = send.poll_with(&meddler::<T>(Moment::Dropped, &sender));
    drop(send);
}

/// Fills a channel of capacity 1 that may be full already.
fn fill<T: Channel>(sender: &T::Sender<i32>) {
    let _ = watch("send, until it is full", T::send(sender, 1)).poll();
}

/// A message whose destructor sends another.
struct Noisy<T: Channel>(Option<T::Sender<Noisy<T>>>);

impl<T: Channel> Drop for Noisy<T> {
    fn drop(&mut self) {
        let Some(sender) = self.0.take() else { return };
        survives(
            18,
            "The receiver was dropped, with it a message that nobody had received, and what the message's destructor did \
             with the channel panicked: the channel was still borrowed. Take the messages out, end the borrow, then drop them.",
            || {
                let _ = watch("send, by the message's destructor", T::send(&sender, Noisy(None))).poll();
            },
        );
    }
}

fn message_meddles<T: Channel>() {
    let (sender, receiver) = T::channel(2);
    put::<T, _>(&sender, Noisy::<T>(Some(sender.clone())));
    put::<T, _>(&sender, Noisy::<T>(Some(sender.clone())));
    drop(receiver);
}

fn on_a_loop<T: Channel>() {
    const EACH: usize = 20;
    let sent = Rc::new(Cell::new(0));
    let (received, most, polls) = on_loop().if_stalled(36, STALLED).run(async {
        let (sender, mut receiver) = T::channel(3);
        for producer in 0..5 {
            let (sender, sent) = (sender.clone(), sent.clone());
            spawn("producer", async move {
                for n in 0..EACH {
                    if T::send(&sender, (producer, n)).await.is_err() {
                        fault(0, "`send` gave the message back, though the receiver is alive.");
                    }
                    sent.set(sent.get() + 1);
                    if n % 7 == producer {
                        yield_now().await;
                    }
                }
            });
        }
        drop(sender);
        let (mut received, mut most) = (Vec::new(), 0);
        while let Some(message) = T::recv(&mut receiver).await {
            received.push(message);
            if received.len() % 4 == 0 {
                sleep(Duration::from_millis(1)).await;
            }
            most = most.max(sent.get() - sent.get().min(received.len()));
        }
        (received, most, runtime::stats().polls)
    });
    for producer in 0..5 {
        let its: Vec<_> = received.iter().filter(|(p, _)| *p == producer).map(|(_, n)| *n).collect();
        require(its.iter().copied().eq(0..EACH), 0, || {
            format!(
                "Producer {producer} sent 0 to {}, and the messages of it that came are {its:?}.",
                EACH - 1
            )
        });
    }
    require(most <= 3, 0, || {
        format!(
            "At one time {most} messages were sent and not received, and the capacity is 3: it has no bound."
        )
    });
    require(polls < 500, 39, || {
        format!(
            "100 messages took {polls} polls of all tasks together, and less than 500 would do: too many are woken."
        )
    });
}

fn cut_short<T: Channel>() {
    let (sent, received, dropped) =
        (RefCell::new(Vec::new()), RefCell::new(Vec::new()), Rc::new(Cell::new(0)));
    on_loop().if_stalled(37, STALLED).run(async {
        let (sender, mut receiver) = T::channel::<Counted>(2);
        let producers = join_all((0..6).map(|producer| {
            let (sender, sent, dropped) = (sender.clone(), &sent, dropped.clone());
            async move {
                for n in 0..10 {
                    let message = Counted(10 * producer + n, dropped.clone());
                    let limit = Duration::from_millis((producer % 3) as u64);
                    if let Ok(Ok(())) = timeout(limit, T::send(&sender, message)).await {
                        sent.borrow_mut().push(10 * producer + n);
                    }
                }
            }
        }));
        drop(sender);
        let consumer = async {
            loop {
                match timeout(Duration::from_millis(1), T::recv(&mut receiver)).await {
                    Ok(Some(message)) => received.borrow_mut().push(message.0),
                    Ok(None) => break,
                    Err(_) => {}
                }
                sleep(Duration::from_micros(700)).await;
            }
        };
        runtime::join(producers, consumer).await;
    });
    let (mut sent, mut received) = (sent.take(), received.take());
    sent.sort_unstable();
    received.sort_unstable();
    let twice = received.windows(2).find(|pair| pair[0] == pair[1]);
    require(twice.is_none(), 37, || {
        format!("Message {} was received twice.", twice.map_or(0, |pair| pair[0]))
    });
    let lost: Vec<_> = sent.iter().filter(|n| received.binary_search(n).is_err()).collect();
    require(lost.is_empty(), 37, || {
        format!(
            "Of 60 sends under a `timeout`, {} said Ok, and {} of these messages were never received: {lost:?}.",
            sent.len(),
            lost.len()
        )
    });
    require(dropped.get() == 60, 0, || {
        format!("60 messages were made, and {} dropped when all was over: each must be, once.", dropped.get())
    });
}

/// A message that counts its end.
struct Counted(usize, Rc<Cell<usize>>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.set(self.1.get() + 1);
    }
}

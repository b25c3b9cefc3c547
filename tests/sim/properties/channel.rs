//! `mpsc` against two queues: of messages, and of those who wait for room.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Poll;

use proptest::collection::vec;
use proptest::prelude::*;
use runtime::sync::TryRecvError;
use runtime::sync::mpsc::{self, Receiver, Send, Sender, TrySendError};

use super::{Counting, cases};

/// How many sends there are at once.
const SENDS: usize = 4;

#[derive(Clone, Copy, Debug)]
enum SendOp {
    TrySend,
    /// A new send takes the place of the one that is there, which is dropped.
    New(usize),
    Poll(usize),
    Drop(usize),
    TakeBack(usize),
}

#[derive(Clone, Debug)]
enum Op {
    Send(SendOp),
    TryRecv,
    /// A receive that is polled, waits while this goes on, and is polled again.
    Recv(Vec<SendOp>),
    Close,
}

fn send_op() -> impl Strategy<Value = SendOp> {
    prop_oneof![
        2 => Just(SendOp::TrySend),
        3 => (0..SENDS).prop_map(SendOp::New),
        6 => (0..SENDS).prop_map(SendOp::Poll),
        1 => (0..SENDS).prop_map(SendOp::Drop),
        1 => (0..SENDS).prop_map(SendOp::TakeBack),
    ]
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        20 => send_op().prop_map(Op::Send),
        5 => Just(Op::TryRecv),
        5 => vec(send_op(), 0..4).prop_map(Op::Recv),
        1 => Just(Op::Close),
    ]
}

/// How far a send is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    New,
    Waits,
    /// Its message is in the channel.
    Sent,
    /// It waited, and the channel was closed.
    Refused,
}

struct Pending<'a> {
    send: Send<'a, u32>,
    message: u32,
    stage: Stage,
    waker: Arc<Counting>,
}

struct Model<'a> {
    sender: &'a Sender<u32>,
    capacity: usize,
    closed: bool,
    messages: VecDeque<u32>,
    line: VecDeque<usize>,
    sends: Vec<Option<Pending<'a>>>,
    last: u32,
}

impl<'a> Model<'a> {
    fn has_room(&self) -> bool {
        self.messages.len() < self.capacity
    }

    fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    fn send(&mut self, op: SendOp) {
        match op {
            SendOp::TrySend => {
                let message = self.next();
                let expected = match (self.closed, self.has_room()) {
                    (true, _) => Err(TrySendError::Closed(message)),
                    (false, false) => Err(TrySendError::Full(message)),
                    (false, true) => {
                        self.messages.push_back(message);
                        Ok(())
                    }
                };
                assert_eq!(self.sender.try_send(message), expected);
            }
            SendOp::New(n) => {
                let message = self.next();
                self.line.retain(|waits| *waits != n);
                let (send, waker) = (self.sender.send(message), Arc::default());
                self.sends[n] = Some(Pending { send, message, stage: Stage::New, waker });
            }
            SendOp::Poll(n) => self.poll(n),
            SendOp::Drop(n) => {
                self.line.retain(|waits| *waits != n);
                self.sends[n] = None;
            }
            SendOp::TakeBack(n) => {
                self.line.retain(|waits| *waits != n);
                let Some(Pending { send, message, stage, .. }) = self.sends[n].take() else { return };
                let expected = (stage != Stage::Sent).then_some(message);
                assert_eq!(send.take_back(), expected, "{stage:?}");
            }
        }
        assert_eq!(self.sender.len(), self.messages.len());
    }

    fn poll(&mut self, n: usize) {
        let (closed, has_room) = (self.closed, self.has_room());
        let Some(pending) = &mut self.sends[n] else { return };
        let message = pending.message;
        let polled = pending.waker.poll(&mut pending.send);
        let expected = match pending.stage {
            Stage::Sent => Poll::Ready(Ok(())),
            Stage::Refused => Poll::Ready(Err(message)),
            Stage::New if closed => Poll::Ready(Err(message)),
            Stage::New if has_room => {
                self.messages.push_back(message);
                Poll::Ready(Ok(()))
            }
            Stage::New => {
                pending.stage = Stage::Waits;
                self.line.push_back(n);
                Poll::Pending
            }
            Stage::Waits => Poll::Pending,
        };
        assert_eq!(polled.map(|sent| sent.map_err(|error| error.0)), expected);
        if expected.is_ready() {
            self.sends[n] = None;
        }
    }

    /// Ends the wait of the first in line. `false` if nobody waits.
    fn ends_wait(&mut self, stage: Stage) -> bool {
        let Some(first) = self.line.pop_front() else { return false };
        let pending = self.sends[first].as_mut().unwrap();
        assert_eq!(pending.waker.wakes(), 1, "it is told, once");
        pending.stage = stage;
        if stage == Stage::Sent {
            self.messages.push_back(pending.message);
        }
        true
    }

    /// What a receive gives.
    fn received(&mut self) -> Result<u32, TryRecvError> {
        match self.messages.pop_front() {
            Some(message) => {
                self.ends_wait(Stage::Sent);
                Ok(message)
            }
            None if self.closed => Err(TryRecvError::Closed),
            None => Err(TryRecvError::Empty),
        }
    }

    fn receive(&mut self, receiver: &mut Receiver<u32>, op: Op) {
        match op {
            Op::Send(op) => self.send(op),
            Op::TryRecv => {
                let got = receiver.try_recv();
                assert_eq!(got, self.received());
            }
            Op::Recv(meanwhile) => {
                let waker = Arc::<Counting>::default();
                let mut recv = receiver.recv();
                match (waker.poll(&mut recv), self.received()) {
                    (Poll::Ready(Some(got)), Ok(expected)) => return assert_eq!(got, expected),
                    (Poll::Ready(None), Err(TryRecvError::Closed)) => return,
                    (Poll::Pending, Err(TryRecvError::Empty)) => {}
                    (polled, expected) => panic!("{polled:?}, and not {expected:?}"),
                }
                meanwhile.into_iter().for_each(|op| self.send(op));
                assert_eq!(waker.wakes(), usize::from(!self.messages.is_empty()), "it is told of the first");
                let polled = waker.poll(&mut recv);
                assert_eq!(polled, self.received().map_or(Poll::Pending, |got| Poll::Ready(Some(got))));
                drop(recv);
                assert_eq!(Arc::strong_count(&waker), 1, "nothing keeps its waker");
            }
            Op::Close => {
                receiver.close();
                self.closed = true;
                while self.ends_wait(Stage::Refused) {}
            }
        }
        assert_eq!((receiver.len(), self.sender.is_closed()), (self.messages.len(), self.closed));
    }
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn a_channel_is_a_queue_with_a_line_before_it(capacity in 1..4usize, ops in vec(op(), 0..80)) {
        let (sender, mut receiver) = mpsc::channel(capacity);
        let mut model = Model {
            sender: &sender,
            capacity,
            closed: false,
            messages: VecDeque::new(),
            line: VecDeque::new(),
            sends: (0..SENDS).map(|_| None).collect(),
            last: 0,
        };
        for op in ops {
            model.receive(&mut receiver, op);
        }
        // What waits is received in order, and nothing is lost.
        loop {
            let got = receiver.try_recv();
            assert_eq!(got, model.received());
            if got.is_err() {
                break;
            }
        }
        let closed = model.closed;
        drop(model);
        let waker = Arc::<Counting>::default();
        let mut recv = receiver.recv();
        assert_eq!(waker.poll(&mut recv), if closed { Poll::Ready(None) } else { Poll::Pending });
        drop(sender);
        assert_eq!(waker.wakes(), usize::from(!closed), "that nobody is left to send, it is told");
        assert_eq!(waker.poll(&mut recv), Poll::Ready(None));
    }
}

//! One connection without its tasks: what is on its way, what has arrived, what each end may still do.
//!
//! A pure state machine: it is told the time, and says what can be read or written, or when it is worth to ask again. It
//! follows Linux where systems differ, as its readers' programs run there.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read};
use std::time::{Duration, Instant};

use super::conditions::{Conditions, Fault, Side};
use super::dice::Dice;

/// No packet takes longer: a clock ends somewhere.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// What travels.
#[derive(Debug)]
enum Packet {
    Data(Vec<u8>),
    /// The sender writes no more (FIN).
    End,
    /// There is no such connection any more (RST). Nothing comes after it.
    Reset,
}

/// What came of an operation.
pub(super) enum Step<T> {
    Done(T),
    /// It has to wait: until then, if that is known.
    Wait(Option<Instant>),
}

/// A connection.
#[derive(Debug)]
pub(super) struct Link {
    conditions: Conditions,
    dice: Dice,
    /// What is yet to go wrong.
    fault: Fault,
    /// Nothing that is sent arrives any more.
    is_silent: bool,
    client: End,
    server: End,
}

/// One end of it.
#[derive(Debug)]
struct End {
    /// On its way here, by the time of its arrival.
    coming: VecDeque<(Instant, Packet)>,
    /// Has arrived, and was not read.
    unread: VecDeque<u8>,
    /// The peer's `End` has arrived.
    has_ended: bool,
    /// A `Reset` has arrived, or was sent from here.
    is_reset: bool,
    /// What the program was not told yet.
    error: Option<ErrorKind>,
    /// How many bytes more it may send…
    room: usize,
    /// There was no room: now a good part of the buffer has to be free again, as on Linux. Else reader and writer would
    /// chase each other with ever smaller pieces ("silly window").
    is_full: bool,
    /// …and how many more from when on, as the peer has read others.
    room_coming: VecDeque<(Instant, usize)>,
    /// How many it has sent.
    sent: u64,
    /// It writes no more.
    is_closed: bool,
    /// Its program has dropped it.
    is_gone: bool,
    /// When the last of what it has sent has left.
    free: Instant,
    /// When the last of what is on its way here arrives: nothing overtakes.
    last: Instant,
}

impl Link {
    pub(super) fn new(conditions: Conditions, fault: Fault, dice: Dice, now: Instant) -> Self {
        let end = || End {
            coming: VecDeque::new(),
            unread: VecDeque::new(),
            has_ended: false,
            is_reset: false,
            error: None,
            room: conditions.buffer.max(1),
            is_full: false,
            room_coming: VecDeque::new(),
            sent: 0,
            is_closed: false,
            is_gone: false,
            free: now,
            last: now,
        };
        Link { client: end(), server: end(), conditions, dice, fault, is_silent: false }
    }

    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    /// Takes in what has arrived at this end by now.
    fn arrive(&mut self, side: Side, now: Instant) {
        let enough = self.enough();
        while let Some(more) = due(&mut self.end(side).room_coming, now) {
            let end = self.end(side);
            end.room += more;
            end.is_full &= end.room < enough;
        }
        while let Some(packet) = due(&mut self.end(side).coming, now) {
            // On Linux what had arrived before a reset can still be read, elsewhere it is lost.
            let loses = matches!(packet, Packet::Reset) && self.dice.chance(0.5);
            let end = self.end(side);
            match packet {
                Packet::Data(bytes) => end.unread.extend(bytes),
                Packet::End => end.has_ended = true,
                Packet::Reset => {
                    end.is_reset = true;
                    if loses && !end.unread.is_empty() {
                        end.unread.clear();
                        end.has_ended = false; // or it would look whole
                    }
                    let told = if end.has_ended { ErrorKind::BrokenPipe } else { ErrorKind::ConnectionReset };
                    end.error = Some(told);
                }
            }
        }
    }

    /// Reads what has arrived. An error is told once, by whichever operation comes first; then this is the end.
    pub(super) fn read(&mut self, side: Side, now: Instant, buf: &mut [u8]) -> io::Result<Step<usize>> {
        self.arrive(side, now);
        let end = self.end(side);
        let there = end.unread.len().min(buf.len());
        if there == 0 {
            return match end.error {
                _ if buf.is_empty() || end.has_ended => Ok(Step::Done(0)),
                Some(error) => {
                    end.error = None;
                    Err(error.into())
                }
                None if end.is_reset => Ok(Step::Done(0)),
                None => Ok(Step::Wait(end.readable_at())),
            };
        }
        let n = self.dice.piece(self.conditions.pieces, there);
        self.end(side).unread.read_exact(&mut buf[..n])?;
        let at = now + self.latency();
        if !self.is_silent {
            let peer = self.end(side.peer());
            let at = peer.room_coming.back().map_or(at, |(last, _)| at.max(*last));
            peer.room_coming.push_back((at, n));
        }
        Ok(Step::Done(n))
    }

    /// Sends bytes, as many as there is room for.
    pub(super) fn write(&mut self, side: Side, now: Instant, bytes: &[u8]) -> io::Result<Step<usize>> {
        self.arrive(side, now);
        let enough = self.enough();
        let end = self.end(side);
        if let Some(error) = end.error.take() {
            return Err(error.into());
        }
        if end.is_reset || end.is_closed {
            return Err(ErrorKind::BrokenPipe.into());
        }
        if bytes.is_empty() {
            return Ok(Step::Done(0));
        }
        if end.is_full {
            return Ok(Step::Wait(end.writable_at(enough)));
        }
        let most = end.room.min(bytes.len());
        let n = self.dice.piece(self.conditions.pieces, most);
        let end = self.end(side);
        end.room -= n;
        end.is_full = end.room == 0;
        self.send(side, now, &bytes[..n]);
        Ok(Step::Done(n))
    }

    /// When it is worth to ask again whether there is something to read, as far as is known.
    pub(super) fn readable_at(&mut self, side: Side) -> Option<Instant> {
        self.end(side).readable_at()
    }

    /// The same for room to write.
    pub(super) fn writable_at(&mut self, side: Side) -> Option<Instant> {
        let enough = self.enough();
        self.end(side).writable_at(enough)
    }

    /// Writes no more; reading goes on.
    pub(super) fn close(&mut self, side: Side, now: Instant) {
        let end = self.end(side);
        if !end.is_reset && !end.is_closed {
            end.is_closed = true;
            let at = now.max(end.free) + self.latency();
            self.push(side.peer(), at, Packet::End);
        }
    }

    /// Ends the connection without more ado. What is unread at either end may be lost.
    pub(super) fn reset(&mut self, side: Side, now: Instant) {
        if !self.end(side).is_reset {
            self.end(side).is_reset = true;
            let at = now + self.latency();
            self.push(side.peer(), at, Packet::Reset);
        }
    }

    /// The program has dropped this end. What it has sent still arrives; but if there is something that it has not read,
    /// the peer is told that nobody will.
    pub(super) fn leave(&mut self, side: Side, now: Instant) {
        self.arrive(side, now);
        if self.end(side).unread.is_empty() {
            self.close(side, now);
            let unheard = |(at, packet): &(Instant, Packet)| matches!(packet, Packet::Data(_)).then_some(*at);
            if let Some(at) = self.end(side).coming.iter().find_map(unheard) {
                self.refuse(side.peer(), at);
            }
        } else {
            self.reset(side, now);
        }
        let end = self.end(side);
        end.is_gone = true;
        (end.unread, end.coming) = Default::default();
    }

    /// What `side` has sent arrives at `at`, and nobody is there.
    fn refuse(&mut self, side: Side, at: Instant) {
        let at = at + self.latency();
        self.push(side, at, Packet::Reset);
    }

    fn send(&mut self, side: Side, now: Instant, mut bytes: &[u8]) {
        let before = self.end(side).sent;
        self.end(side).sent += bytes.len() as u64;
        let fault = match self.fault {
            Fault::Reset { from, after } | Fault::Silence { from, after }
                if from == side && before + bytes.len() as u64 >= after =>
            {
                bytes = &bytes[..(after.saturating_sub(before) as usize).min(bytes.len())];
                std::mem::take(&mut self.fault)
            }
            _ => Fault::None,
        };
        let takes = self.conditions.bandwidth.map_or(Duration::ZERO, |a_second| {
            Duration::from_secs_f64((bytes.len() as f64 / a_second.max(1) as f64).min(YEAR.as_secs_f64()))
        });
        let free = now.max(self.end(side).free) + takes;
        self.end(side).free = free;
        let at = free + self.latency();
        if self.end(side.peer()).is_gone {
            self.refuse(side, at);
        } else if !bytes.is_empty() {
            self.push(side.peer(), at, Packet::Data(bytes.to_vec()));
        }
        match fault {
            Fault::Reset { .. } => {
                self.push(side.peer(), at, Packet::Reset);
                let at = now + self.latency();
                self.push(side, at, Packet::Reset);
            }
            Fault::Silence { .. } => self.is_silent = true,
            _ => {}
        }
    }

    fn push(&mut self, to: Side, at: Instant, packet: Packet) {
        let is_silent = self.is_silent;
        let end = self.end(to);
        // Nothing comes after a reset; and who is gone hears nothing.
        let is_over = end.is_gone || end.is_reset || matches!(end.coming.back(), Some((_, Packet::Reset)));
        if !is_silent && !is_over {
            end.last = end.last.max(at);
            end.coming.push_back((end.last, packet));
        }
    }

    /// So much room makes a full buffer one that can be written to.
    fn enough(&self) -> usize {
        (self.conditions.buffer / 3).max(1)
    }

    fn latency(&mut self) -> Duration {
        self.dice.time(&self.conditions.latency).min(YEAR)
    }

    /// How much later than that a wake-up comes.
    pub(super) fn lateness(&mut self) -> Duration {
        self.dice.time(&(Duration::ZERO..=self.conditions.lateness)).min(YEAR)
    }

    /// When somebody who begins to wait is woken for nothing, if he is.
    pub(super) fn false_wake(&mut self, now: Instant) -> Option<Instant> {
        // Less than always: else a loop whose tasks wait for nothing would never come to rest.
        let wakes = self.dice.chance(self.conditions.false_wakes.min(0.9));
        wakes.then(|| now + self.lateness())
    }
}

impl End {
    fn readable_at(&self) -> Option<Instant> {
        self.coming.front().map(|(at, _)| *at)
    }

    fn writable_at(&self, enough: usize) -> Option<Instant> {
        let reset = self.coming.back().filter(|(_, packet)| matches!(packet, Packet::Reset));
        let mut room = self.room;
        let room = self.room_coming.iter().find_map(|(at, more)| {
            room += more;
            (room >= enough).then_some(*at)
        });
        reset.map(|(at, _)| *at).into_iter().chain(room).min()
    }
}

/// The first of them, if its time has come.
fn due<T>(coming: &mut VecDeque<(Instant, T)>, now: Instant) -> Option<T> {
    if coming.front()?.0 > now {
        return None;
    }
    coming.pop_front().map(|(_, what)| what)
}

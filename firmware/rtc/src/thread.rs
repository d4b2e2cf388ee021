//! The fan-out's thread: one socket, one sleep, the engine in between.
//!
//! It reads the clock once per turn. Sound comes first in every turn; then signaling, then what the socket brought.

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use base::{PacketDuration, RateLimit, StreamId, Time, Verdict};

use super::batch::{BATCH, BatchReceiver, BatchSender};
use super::config::StreamConfig;
use super::engine::Engine;
use super::handle::{Request, Shared};
use super::sink::Ring;
use super::wake::Waker;

/// Receive batches per turn: after so many, sound is looked at again, whatever else the socket holds.
const BATCHES_PER_TURN: usize = 4;

/// Commands per turn, for the same reason.
const COMMANDS_PER_TURN: usize = 8;

/// Longest sleep: totals are copied out at least this often.
const SLEEP_MAX: Duration = Duration::from_millis(500);

/// Lines about a socket that cannot be read: one in 10 s, because the thread tries again at once.
pub(super) const UNREADABLE: RateLimit = RateLimit::new(1, 10_000_000);

/// What the thread owns.
pub(super) struct Loop {
    pub(super) engine: Engine,
    pub(super) socket: UdpSocket,
    pub(super) waker: Arc<Waker>,
    pub(super) requests: Receiver<Request>,
    /// One per stream.
    pub(super) rings: Vec<Ring>,
    pub(super) shared: Arc<Shared>,
    /// Keeps a socket that cannot be read from filling the log.
    pub(super) unreadable: RateLimit,
    /// The clock, in the unit and from the start that everybody uses.
    pub(super) now: Box<dyn Fn() -> Time + Send>,
}

impl Loop {
    /// Runs until it is told to shut down or nobody can talk to it any more.
    ///
    /// # Errors
    /// When the poll itself fails, which nothing can be done about.
    pub(super) fn run(mut self) -> io::Result<()> {
        let socket = self.socket.try_clone()?;
        let mut sender = BatchSender::new(&socket)?;
        let mut receiver = BatchReceiver::default();
        let mut pending = true;
        loop {
            let limit = if pending { Duration::ZERO } else { self.rest() };
            let readable = self.waker.sleep(&self.socket, limit)?;
            let now = (self.now)();
            self.sound(now, &mut sender);
            if self.engine.poll_timeout().is_some_and(|at| at <= now) {
                self.engine.handle_timeout(now, &mut sender);
            }
            let (more_commands, stop) = self.signaling(now, &mut sender);
            if readable {
                self.datagrams(now, &mut receiver, &mut sender);
            }
            sender.flush();
            self.publish(&sender);
            if stop {
                return Ok(());
            }
            pending = more_commands;
        }
    }

    /// How long there is nothing to do unless somebody wakes.
    fn rest(&self) -> Duration {
        let due = self.engine.poll_timeout().map(|at| Duration::from_micros(at.micros_since((self.now)())));
        due.map_or(SLEEP_MAX, |due| due.min(SLEEP_MAX))
    }

    fn sound(&mut self, now: Time, sender: &mut BatchSender<'_>) {
        for ring in &mut self.rings {
            while let Ok((duration, packet)) = ring.packets.pop() {
                self.engine.handle_packet(now, ring.stream, duration, packet, sender);
            }
        }
        sender.flush();
    }

    fn signaling(&mut self, now: Time, sender: &mut BatchSender<'_>) -> (bool, bool) {
        for _ in 0..COMMANDS_PER_TURN {
            match self.requests.try_recv() {
                Ok(Request::Command(command)) => self.engine.handle_command(now, command, sender),
                Ok(Request::AddStream(config, ring)) => self.add_stream(config, ring),
                Ok(Request::RemoveStream(id, successor)) => self.remove_stream(now, id, successor, sender),
                Ok(Request::Shutdown(done)) => {
                    self.engine.shutdown(now, sender);
                    sender.flush();
                    let _ = done.send(());
                    return (false, true);
                }
                Err(TryRecvError::Empty) => return (false, false),
                Err(TryRecvError::Disconnected) => {
                    self.engine.shutdown(now, sender);
                    return (false, true);
                }
            }
        }
        (true, false)
    }

    /// The handle has looked already whether the stream can be added.
    fn add_stream(&mut self, config: StreamConfig, ring: Ring) {
        match self.engine.add_stream(config) {
            Ok(()) => self.rings.push(ring),
            Err(error) => log::error!("a stream was not added; this is a fault of the box: {error}"),
        }
    }

    /// What is left in the stream's ring is dropped with it.
    fn remove_stream(&mut self, now: Time, id: StreamId, successor: Option<StreamId>, sender: &mut BatchSender<'_>) {
        if let Err(error) = self.engine.remove_stream(now, id, successor, sender) {
            log::error!("a stream was not removed; this is a fault of the box: {error}");
        }
        self.rings.retain(|ring| ring.stream != id);
    }

    /// Takes what the socket brought; whatever is more ends the next sleep at once.
    fn datagrams(&mut self, now: Time, receiver: &mut BatchReceiver, sender: &mut BatchSender<'_>) {
        for _ in 0..BATCHES_PER_TURN {
            let engine = &mut self.engine;
            let received =
                receiver.receive(&self.socket, |from, bytes| engine.handle_datagram(now, from, bytes, sender));
            match received {
                Ok(BATCH) => {}
                Ok(_) => return,
                Err(error) => {
                    if let Verdict::Write { more } = self.unreadable.event(now) {
                        log::warn!("the listeners' socket cannot be read: {error} ({more} times more before)");
                    }
                    return;
                }
            }
        }
    }

    /// Shows what is wanted of the streams, who listens to them, and the totals.
    fn publish(&self, sender: &BatchSender<'_>) {
        for Ring { stream, state, .. } in &self.rings {
            for duration in PacketDuration::ALL {
                let wanted = self.engine.wants(*stream, duration);
                state.wants[duration.index()].store(wanted, Ordering::Relaxed);
            }
            state.listeners.store(self.engine.listening_to(*stream), Ordering::Relaxed);
        }
        let mut totals = self.engine.totals().clone();
        totals.bytes_sent_total = sender.bytes_total;
        totals.send_errors_total += sender.errors_total;
        self.shared.board.write(totals);
    }
}

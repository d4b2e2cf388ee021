//! The fan-out's thread: one socket, one sleep, the engine in between.
//!
//! It reads the clock once per turn. Sound comes first in every turn; then signaling, then what the socket brought.

use std::io;
use std::net::UdpSocket;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use base::{PacketDuration, Time};

use super::batch::{BATCH, BatchReceiver, BatchSender};
use super::engine::Engine;
use super::handle::{Request, RingReader, Shared};
use super::wake::Waker;
use base::{RateLimit, Verdict};

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
    pub(super) rings: Vec<RingReader>,
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
        for (stream, ring) in self.rings.iter_mut().enumerate() {
            while let Ok((duration, packet)) = ring.pop() {
                self.engine.handle_packet(now, stream, duration, &packet, sender);
            }
        }
        sender.flush();
    }

    fn signaling(&mut self, now: Time, sender: &mut BatchSender<'_>) -> (bool, bool) {
        for _ in 0..COMMANDS_PER_TURN {
            match self.requests.try_recv() {
                Ok(Request::Command(command)) => self.engine.handle_command(now, command, sender),
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

    fn publish(&self, sender: &BatchSender<'_>) {
        for (stream, wants) in self.shared.wants.iter().enumerate() {
            for duration in PacketDuration::ALL {
                let wanted = self.engine.wants(stream, duration);
                wants[duration.index()].store(wanted, Ordering::Relaxed);
            }
        }
        let mut stats = self.shared.stats.lock().unwrap_or_else(PoisonError::into_inner);
        stats.clone_from(self.engine.stats());
        stats.bytes_sent_total = sender.bytes_total;
        stats.send_errors_total += sender.errors_total;
    }
}

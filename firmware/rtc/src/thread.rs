//! The fan-out's thread: one socket, one sleep, the engine in between.
//!
//! It reads the clock once per turn. Sound comes first in every turn; then signaling, then what the socket brought.

use std::io;
use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

use base::{PacketDuration, Rate, RateLimit, StreamId, Time, Verdict};

use super::api::StreamError;
use super::batch::{BATCH, BatchReceiver, BatchSender, read_refusals};
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
pub(super) const UNREADABLE: RateLimit = RateLimit::new(Rate { per_1000_s: 100, burst: 1 });

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

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// Nobody waits.
    Done,
    /// Requests wait.
    MoreToDo,
    /// The thread is to end.
    Last,
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
        let mut limit = Duration::ZERO;
        loop {
            match self.turn(limit, &mut receiver, &mut sender)? {
                Turn::Last => return Ok(()),
                Turn::MoreToDo => limit = Duration::ZERO,
                Turn::Done => limit = self.rest(),
            }
        }
    }

    /// Sleeps for `limit` at most, and does what there is to do.
    fn turn(
        &mut self,
        limit: Duration,
        receiver: &mut BatchReceiver,
        sender: &mut BatchSender<'_>,
    ) -> io::Result<Turn> {
        let ready = self.waker.sleep(&self.socket, limit)?;
        let now = (self.now)();
        self.sound(now, sender);
        if self.engine.poll_timeout().is_some_and(|at| at <= now) {
            self.engine.handle_timeout(now, sender);
        }
        let turn = self.signaling(now, sender);
        if ready.has_errors {
            let engine = &mut self.engine;
            read_refusals(&self.socket, |to| engine.handle_refusal(now, to, sender));
        }
        if ready.is_readable {
            self.datagrams(now, receiver, sender);
        }
        sender.flush();
        self.publish(sender);
        Ok(turn)
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

    fn signaling(&mut self, now: Time, sender: &mut BatchSender<'_>) -> Turn {
        for _ in 0..COMMANDS_PER_TURN {
            match self.requests.try_recv() {
                Ok(Request::Command(command)) => self.engine.handle_command(now, command, sender),
                Ok(Request::AddStream(config, ring)) => {
                    let added = self.engine.add_stream(config);
                    self.added(added, ring);
                }
                Ok(Request::AddRelayed(id, ring)) => {
                    let added = self.engine.add_relayed(id);
                    self.added(added, ring);
                }
                Ok(Request::RemoveStream(id, successor)) => self.remove_stream(now, id, successor, sender),
                Ok(Request::Networks(networks)) => self.engine.set_networks(networks),
                Ok(Request::Shutdown(done)) => {
                    self.engine.shutdown(now, sender);
                    sender.flush();
                    let _ = done.send(());
                    return Turn::Last;
                }
                Err(TryRecvError::Empty) => return Turn::Done,
                Err(TryRecvError::Disconnected) => {
                    self.engine.shutdown(now, sender);
                    return Turn::Last;
                }
            }
        }
        Turn::MoreToDo
    }

    /// The handle has looked already whether the stream can be added.
    fn added(&mut self, result: Result<(), StreamError>, ring: Ring) {
        match result {
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};
    use std::time::Instant;

    use allocation_counter::measure;
    use base::{Encoding, MediaTime, Packet, PacketSink, Timeline};
    use bytes::Bytes;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::config::{Clocks, Config, Limits, StreamConfig};
    use crate::dtls::Identity;
    use crate::sink;

    fn thread() -> (Loop, SyncSender<Request>) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let clocks = Clocks { zero: Instant::now(), unix_at_zero: Duration::ZERO };
        let (addresses, limits) = (vec![address.ip()], Limits::default());
        let timeline = Timeline::starting_at(Time::ZERO);
        let config = Config { timeline, addresses, port: address.port(), limits, clocks };
        let engine = Engine::new(config, Identity::generate().unwrap(), StdRng::seed_from_u64(1), Time::ZERO);
        let (sender, requests) = sync_channel(4);
        let shared = Arc::new(Shared::new(address));
        let waker = Arc::new(Waker::new().unwrap());
        let now = Box::new(|| Time::ZERO);
        let (rings, unreadable) = (Vec::new(), UNREADABLE);
        (Loop { engine, socket, waker, requests, rings, shared, unreadable, now }, sender)
    }

    #[test]
    fn a_turn_with_sound_and_without_requests_allocates_nothing() {
        let (mut thread, requests) = thread();
        let socket = thread.socket.try_clone().unwrap();
        let (mut receiver, mut sender) = (BatchReceiver::default(), BatchSender::new(&socket).unwrap());
        let mut sinks = Vec::new();
        for id in ["red", "blue"] {
            let id = StreamId::new(id).unwrap();
            let (sink, ring) = sink::pair(id, &thread.waker, &thread.shared.ring_drops);
            let duration = PacketDuration::Ms20;
            let config = StreamConfig { id, duration, bitrate_bps: 128_000, in_band_fec: false };
            requests.try_send(Request::AddStream(config, ring)).ok().unwrap();
            sinks.push(sink);
        }
        let mut turn = || thread.turn(Duration::ZERO, &mut receiver, &mut sender).unwrap();
        assert_eq!(turn(), Turn::Done);
        for number in 0..100 {
            for sink in &mut sinks {
                let media_time = MediaTime::from_ticks(number * 960);
                sink.publish(Encoding::Opus(PacketDuration::Ms20), Packet { media_time, payload: vec![7; 160].into() });
            }
            assert_eq!(measure(|| assert_eq!(turn(), Turn::Done)).count_total, 0, "packet {number}");
        }
        assert!(sinks.iter().all(|sink| !sink.wants(Encoding::Opus(PacketDuration::Ms20))), "nobody listens");
        assert!(measure(|| drop(Bytes::copy_from_slice(&[1]))).count_total > 0, "an allocation would be noticed");
        drop(requests);
        assert_eq!(turn(), Turn::Last);
    }
}

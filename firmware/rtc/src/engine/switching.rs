//! Which stream a listener hears: entering one, switching to another, what becomes of those whose stream is removed.

use base::{MediaTime, PacketDuration, StreamId, Time};

use super::Engine;
use super::streams::{FIRST, Stream};
use crate::api::{SessionError, SessionId, StreamError};
use crate::config::StreamConfig;
use crate::history::StreamKey;
use crate::transmit::Transmit;

/// Whoever cannot go on exactly where it was gets what came within this many microseconds at once: older packets would
/// only add delay, or mean that the stream stands still.
const FIRST_PACKET_AGE_US_MAX: u64 = 40_000;

/// Where a listener starts in a stream: the duration of its first packets, and the number of the first, if that is here.
type Start = (PacketDuration, Option<u64>);

impl Engine {
    /// Adds a stream to which nobody listens.
    ///
    /// # Errors
    /// When there is one of this id already, or there are too many.
    pub fn add_stream(&mut self, config: StreamConfig) -> Result<(), StreamError> {
        self.streams.add(config, false)
    }

    /// Adds a stream to which nobody listens and whose packets are a sender's, as they come: of the first who offers to send
    /// for it, and there should be no second.
    ///
    /// # Errors
    /// When there is one of this id already, or there are too many.
    pub fn add_relayed(&mut self, id: StreamId) -> Result<(), StreamError> {
        self.streams.add(StreamConfig::relayed(id), true)
    }

    /// Removes a stream. Its listeners are switched to `successor`; without one, they are told good-bye and
    /// forgotten. Who sends sound for it is told good-bye in any case.
    ///
    /// # Errors
    /// When there is no such stream or successor, or both are the same; then nothing changes.
    pub fn remove_stream(
        &mut self,
        now: Time,
        id: StreamId,
        successor: Option<StreamId>,
        out: &mut impl Transmit,
    ) -> Result<(), StreamError> {
        let key_of = |id| self.streams.by_id(id).map(|stream| stream.key).ok_or(StreamError::Unknown(id));
        let key = key_of(id)?;
        let successor = successor.map(key_of).transpose()?;
        if successor == Some(key) {
            return Err(StreamError::Unknown(id));
        }
        for slot in 0..self.slots.len() {
            if self.slots[slot].session.as_ref().is_none_or(|session| session.stream != key) {
                continue;
            }
            let is_sender = self.slots[slot].session.as_ref().is_some_and(|session| session.sender.is_some());
            match successor.filter(|_| !is_sender) {
                Some(successor) => self.move_to(now, slot, successor, out),
                None => {
                    self.farewell(now, slot, out);
                    self.free(slot);
                }
            }
        }
        self.streams.remove(key);
        Ok(())
    }

    /// Returns whether anybody hears `stream` in packets of `duration`, is to, or is about to join in them.
    pub fn wants(&self, stream: StreamId, duration: PacketDuration) -> bool {
        self.streams.by_id(stream).is_some_and(|stream| stream.wants(duration))
    }

    /// Lets a listener hear another stream from its next packet on. Its sequence numbers and RTP time go on. One that stands by
    /// begins to hear.
    ///
    /// # Errors
    /// When there is no such session or stream.
    pub fn switch(
        &mut self,
        now: Time,
        id: SessionId,
        stream: StreamId,
        out: &mut impl Transmit,
    ) -> Result<(), SessionError> {
        let slot = *self.by_id.get(&id).ok_or(SessionError::Unknown)?;
        let stream = self.streams.by_id(stream).ok_or(SessionError::UnknownStream)?.key;
        if self.slots[slot].session.as_ref().is_none_or(|session| session.sender.is_some()) {
            return Err(SessionError::Unknown);
        }
        if self.slots[slot].session.as_ref().is_some_and(|session| session.stream != stream) {
            self.move_to(now, slot, stream, out);
        }
        if self.rouse(slot) {
            self.count_listener(slot);
            self.enter(now, slot, out);
        }
        Ok(())
    }

    fn move_to(&mut self, now: Time, slot: usize, stream: StreamKey, out: &mut impl Transmit) {
        self.leave(slot);
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        session.stream = stream;
        if let Some(joined) = session.joined.as_mut() {
            joined.track.arrive();
        }
        self.enter(now, slot, out);
    }

    /// Counts a listener's session in its stream, and if it has joined, lets it hear the stream: from where it was, if that can be.
    pub(super) fn enter(&mut self, now: Time, slot: usize, out: &mut impl Transmit) {
        let Some(session) = self.slots[slot].session.as_mut().filter(|session| session.hears()) else { return };
        let Some(stream) = self.streams.get_mut(session.stream) else { return };
        let Some(joined) = session.joined.as_ref() else {
            stream.joining += 1;
            return;
        };
        stream.listeners += 1;
        let (duration, mut number) = start(now, stream, joined.track.end(), [session.wanted, session.duration]);
        session.duration = duration;
        stream.audience_mut(duration).enter(slot);
        if session.wanted != duration {
            stream.audience_mut(session.wanted).wait(slot);
        }
        let (audience, origin) = (stream.audience(duration), stream.origin(duration));
        while let Some((at, packet)) = number.and_then(|at| Some((at, audience.history.get(at)?))) {
            if packet.payload.is_empty() {
                session.skip(origin, at);
            } else if session.send(&self.source, origin, at, packet, audience.end_of(packet), out) {
                self.stats.packets_sent_total += 1;
            }
            number = Some(at + 1);
        }
    }

    /// Takes a listener's session out of its stream.
    pub(super) fn leave(&mut self, slot: usize) {
        let Some(session) = self.slots[slot].session.as_ref().filter(|session| session.hears()) else { return };
        let Some(stream) = self.streams.get_mut(session.stream) else { return };
        if session.joined.is_none() {
            stream.joining -= 1;
            return;
        }
        stream.listeners -= 1;
        stream.audience_mut(session.duration).leave(slot);
        stream.audience_mut(session.wanted).stop_waiting(slot);
    }

    /// Notes that a listener is to hear packets of `duration` from the next common boundary on.
    pub(super) fn want(&mut self, slot: usize, duration: PacketDuration) {
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        let before = std::mem::replace(&mut session.wanted, duration);
        let is_heard = session.hears() && session.joined.is_some();
        let Some(stream) = self.streams.get_mut(session.stream).filter(|_| is_heard) else { return };
        stream.audience_mut(before).stop_waiting(slot);
        if session.duration != duration {
            stream.audience_mut(duration).wait(slot);
        }
    }
}

/// Returns where in `stream` a listener starts who has heard everything until `end`. It goes on exactly there, in the first
/// of `durations` that can, else in the first packet to come; it never goes back.
fn start(now: Time, stream: &Stream, end: Option<MediaTime>, durations: [PacketDuration; 2]) -> Start {
    let first = &stream.audience(FIRST).history;
    let since = Time::from_micros(now.as_micros().saturating_sub(FIRST_PACKET_AGE_US_MAX));
    let Some(end) = end else {
        // One packet is enough to begin with.
        return (FIRST, first.first_since(since, MediaTime::ZERO).and(first.next().checked_sub(1)));
    };
    for duration in durations.into_iter().chain([FIRST]) {
        let audience = stream.audience(duration);
        let number = audience.history.starting_at(end);
        if number.is_some() || audience.will_bring(end) {
            return (duration, number);
        }
    }
    (FIRST, first.first_since(since, end))
}

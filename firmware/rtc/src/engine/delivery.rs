//! Who hears which packet: channels by packet duration, changes between them without a gap, and NACKs.

use base::{MediaTime, Packet, PacketDuration, Time};

use super::{Engine, Stream};
use crate::history::History;
use crate::transmit::Transmit;

/// A new listener gets the newest packet at once, if it came within this many microseconds: an older one means that
/// the stream stands still.
const FIRST_PACKET_AGE_US_MAX: u64 = 40_000;

/// 48 kHz ticks of the frames that longer packets are joined from.
const FRAME_TICKS: u64 = PacketDuration::Ms20.ticks();

/// Whether a packet that starts at `at` is the first of its duration's group.
fn is_on_grid(duration: PacketDuration, at: MediaTime) -> bool {
    at.as_ticks() % duration.ticks() < duration.ticks().min(FRAME_TICKS)
}

/// How much sound is in a packet of the channel of `duration` that starts at `at`. Frames that cannot be joined come
/// one by one; the first of them looks like a whole group until the second, which follows at once, corrects it.
fn ticks(duration: PacketDuration, at: MediaTime) -> u64 {
    if is_on_grid(duration, at) { duration.ticks() } else { FRAME_TICKS }
}

/// One stream's packets of one duration.
pub(super) struct Channel {
    pub(super) history: History,
    /// Slots of the listeners in this channel, in no order.
    members: Vec<usize>,
    /// Slots of listeners in other channels that are to change to this one.
    awaiting: Vec<usize>,
    /// Where the newest packet ended.
    end: Option<MediaTime>,
}

impl Channel {
    pub(super) fn new(duration: PacketDuration) -> Self {
        Self { history: History::new(duration), members: Vec::new(), awaiting: Vec::new(), end: None }
    }

    fn is_wanted(&self) -> bool {
        !self.members.is_empty() || !self.awaiting.is_empty()
    }

    /// Whether a packet of `duration` that starts at `at` will come: the one before it is here or is the next.
    fn will_bring(&self, duration: PacketDuration, at: MediaTime) -> bool {
        is_on_grid(duration, at) && self.end.is_some_and(|end| end == at || end + duration.ticks() == at)
    }
}

impl Stream {
    pub(super) fn leave(&mut self, slot: usize) {
        for channel in &mut self.channels {
            channel.members.retain(|&member| member != slot);
            channel.awaiting.retain(|&member| member != slot);
        }
    }
}

impl Engine {
    /// Whether anybody hears `stream` in packets of `duration`, or is to.
    pub fn wants(&self, stream: usize, duration: PacketDuration) -> bool {
        self.streams.get(stream).is_some_and(|stream| stream.channels[duration.index()].is_wanted())
    }

    /// Sends a packet of a stream to its listeners. `stream` is its place in the configuration.
    pub fn handle_packet(
        &mut self,
        now: Time,
        stream: usize,
        duration: PacketDuration,
        packet: &Packet,
        out: &mut impl Transmit,
    ) {
        if stream >= self.streams.len() {
            return;
        }
        let channel = &mut self.streams[stream].channels[duration.index()];
        let number = channel.history.push(now, packet.clone());
        let end = packet.media_time + ticks(duration, packet.media_time);
        channel.end = Some(end);
        self.change_channels(stream, duration, packet.media_time);
        let channels = &self.streams[stream].channels;
        let source = &self.streams[stream].source;
        for &slot in &channels[duration.index()].members {
            let Some(session) = self.slots[slot].session.as_mut() else { continue };
            if session.wanted != duration {
                // It is to change to longer packets: it leaves here where one of those starts.
                let wanted = session.wanted;
                let ended = session.joined.as_ref().and_then(|joined| joined.track.end());
                let longer = wanted.ticks() > duration.ticks();
                if longer
                    && ended == Some(packet.media_time)
                    && channels[wanted.index()].will_bring(wanted, packet.media_time)
                {
                    continue;
                }
                // While it waits, the sound of the packet it left out is in the longer one to come.
                let waits = longer
                    && ended
                        .is_some_and(|ended| packet.media_time > ended && packet.media_time - ended < wanted.ticks());
                if waits && ended.is_some_and(|ended| channels[wanted.index()].will_bring(wanted, ended)) {
                    continue;
                }
            }
            if session.send(source, duration, number, packet, end, out) {
                self.stats.packets_sent_total += 1;
            } else {
                self.stats.send_errors_total += 1;
            }
        }
    }

    /// Moves those who wait for a packet of `duration` that starts where their last one ended.
    fn change_channels(&mut self, stream: usize, duration: PacketDuration, start: MediaTime) {
        let channels = &mut self.streams[stream].channels;
        if channels[duration.index()].awaiting.is_empty() {
            return;
        }
        let awaiting = std::mem::take(&mut channels[duration.index()].awaiting);
        for slot in awaiting {
            let Some(session) = self.slots[slot].session.as_mut() else { continue };
            let ended = session.joined.as_ref().and_then(|joined| joined.track.end());
            // A listener that has heard nothing yet can start anywhere.
            if ended.is_none_or(|ended| ended == start) {
                channels[session.duration.index()].members.retain(|&member| member != slot);
                session.duration = duration;
                channels[duration.index()].members.push(slot);
            } else {
                channels[duration.index()].awaiting.push(slot);
            }
        }
    }

    /// A listener has joined: it starts in the default channel, which always runs, with the newest packet.
    pub(super) fn enter(&mut self, now: Time, slot: usize, out: &mut impl Transmit) {
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        let stream = &mut self.streams[session.stream];
        let channel = &mut stream.channels[session.duration.index()];
        channel.members.push(slot);
        if let Some((number, came, packet)) = channel.history.last()
            && now.micros_since(came) <= FIRST_PACKET_AGE_US_MAX
            && session.send(
                &stream.source,
                session.duration,
                number,
                packet,
                packet.media_time + session.duration.ticks(),
                out,
            )
        {
            self.stats.packets_sent_total += 1;
        }
        let wanted = session.wanted;
        self.want(slot, wanted);
    }

    /// Notes that a joined listener is to hear packets of `duration`.
    pub(super) fn want(&mut self, slot: usize, duration: PacketDuration) {
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        session.wanted = duration;
        if session.joined.is_none() {
            return;
        }
        let channels = &mut self.streams[session.stream].channels;
        for channel in channels.iter_mut() {
            channel.awaiting.retain(|&member| member != slot);
        }
        if session.duration != duration {
            channels[duration.index()].awaiting.push(slot);
        }
    }

    /// Answers a NACK from the history, within the listener's budget.
    pub(super) fn send_again(&mut self, slot: usize, sequence: u16, out: &mut impl Transmit) {
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        let stream = &self.streams[session.stream];
        let Some(joined) = session.joined.as_mut() else { return };
        let Some((index, duration, number)) = joined.track.find(sequence) else { return };
        let Some(packet) = stream.channels[duration.index()].history.get(number) else { return };
        if !joined.track.spend_resend() {
            self.stats.nacks_over_budget_total += 1;
            return;
        }
        session.send_again(&stream.source, index, packet, out);
        self.stats.nacks_answered_total += 1;
    }
}

//! Who hears which packet: changes between packet durations without a gap, and NACKs.

use base::{MediaTime, Packet, PacketDuration, StreamId, Time};

use super::streams::Stream;
use super::{Engine, Slot};
use crate::history::StreamKey;
use crate::session::Session;
use crate::transmit::Transmit;

impl Engine {
    /// Sends a packet of a stream to those of its listeners who hear packets of `duration`, and keeps it for those who
    /// ask for it again. A packet of a stream that is not there is dropped.
    pub fn handle_packet(
        &mut self,
        now: Time,
        stream: StreamId,
        duration: PacketDuration,
        packet: Packet,
        out: &mut impl Transmit,
    ) {
        let Some(key) = self.streams.by_id(stream).map(|stream| stream.key) else { return };
        self.deliver(now, key, duration, packet, out);
    }

    /// The same for the stream of this key.
    pub(super) fn deliver(
        &mut self,
        now: Time,
        stream: StreamKey,
        duration: PacketDuration,
        packet: Packet,
        out: &mut impl Transmit,
    ) {
        let Some(stream) = self.streams.get_mut(stream) else { return };
        let number = stream.audience_mut(duration).push(now, packet);
        change_durations(stream, number, duration, &mut self.slots);
        let (audience, origin) = (stream.audience(duration), stream.origin(duration));
        let Some(packet) = audience.history.get(number) else { return };
        let end = audience.end_of(packet);
        for &slot in audience.members() {
            let Some(session) = self.slots[slot].session.as_mut() else { continue };
            if !is_due(session, packet.media_time, stream) {
                continue;
            }
            if session.send(&self.source, origin, number, packet, end, out) {
                self.stats.packets_sent_total += 1;
            } else {
                self.stats.send_errors_total += 1;
            }
        }
    }

    /// Answers a NACK from the history of the stream that the packet was sent from, within the listener's budget.
    /// Nothing is sent again of a stream that is gone.
    pub(super) fn send_again(&mut self, slot: usize, sequence: u16, out: &mut impl Transmit) {
        let Some(session) = self.slots[slot].session.as_mut() else { return };
        let Some(joined) = session.joined.as_mut() else { return };
        let Some((index, origin, number)) = joined.track.find(sequence) else { return };
        let Some(stream) = self.streams.get(origin.stream) else { return };
        let Some(packet) = stream.audience(origin.duration).history.get(number) else { return };
        if packet.payload.is_empty() {
            return;
        }
        if !joined.track.spend_resend() {
            self.stats.nacks_over_budget_total += 1;
            return;
        }
        session.send_again(&self.source, index, packet, out);
        self.stats.nacks_answered_total += 1;
    }
}

/// Moves those who wait for packets of `duration` and can change at packet `number`.
fn change_durations(stream: &mut Stream, number: u64, duration: PacketDuration, slots: &mut [Slot]) {
    let Some(start) = stream.audience(duration).history.get(number).map(|packet| packet.media_time) else { return };
    let mut at = 0;
    while let Some(slot) = stream.audience(duration).awaiting(at) {
        let session = slots[slot].session.as_mut();
        let Some(session) = session.filter(|session| can_change(session, start, stream)) else {
            at += 1;
            continue;
        };
        stream.audience_mut(session.duration).leave(slot);
        session.duration = duration;
        let audience = stream.audience_mut(duration);
        // The next one who waits takes this one's place in the list.
        audience.stop_waiting(slot);
        audience.enter(slot);
    }
}

/// Returns whether a listener in `stream` can change to packets of another duration with the one that starts at `start`:
/// without a gap, or because its own duration has nothing to go on with.
fn can_change(session: &Session, start: MediaTime, stream: &Stream) -> bool {
    let Some(track) = session.joined.as_ref().map(|joined| &joined.track) else { return false };
    let Some(end) = track.end() else { return true };
    let is_stranded = || track.is_arriving() && !stream.audience(session.duration).will_bring(end);
    start == end || (start > end && is_stranded())
}

/// Returns whether a member of an audience of `stream` is to hear its packet that starts at `start`.
fn is_due(session: &Session, start: MediaTime, stream: &Stream) -> bool {
    let Some(track) = session.joined.as_ref().map(|joined| &joined.track) else { return false };
    if !track.accepts(start) {
        return false;
    }
    let Some(end) = track.end().filter(|_| session.wanted > session.duration) else { return true };
    // It is to change to longer packets: it leaves where one of those starts, and the sound of the packets that it leaves
    // out until then is in the longer one to come.
    let is_in_longer = start >= end && start - end < session.wanted.ticks();
    !(is_in_longer && stream.audience(session.wanted).will_bring(end))
}

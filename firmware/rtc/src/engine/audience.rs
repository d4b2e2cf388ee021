//! The listeners of one stream who hear it in packets of one duration, and those packets.

use base::{MediaTime, Packet, PacketDuration, Time};
use bytes::Bytes;

use crate::history::History;
use crate::sender::opus_ticks;

/// 48 kHz ticks of the frames that longer packets are joined from.
const FRAME_TICKS: u64 = PacketDuration::Ms20.ticks();

/// Returns whether a packet that starts at `at` is the first of its duration's group.
fn is_on_grid(duration: PacketDuration, at: MediaTime) -> bool {
    at.as_ticks() % duration.ticks() < duration.ticks().min(FRAME_TICKS)
}

/// Returns how much sound is in a packet of `duration` that starts at `at`. Frames that cannot be joined come one by
/// one; the first of them looks like a whole group until the second, which follows at once, corrects it.
fn ticks(duration: PacketDuration, at: MediaTime) -> u64 {
    if is_on_grid(duration, at) { duration.ticks() } else { FRAME_TICKS }
}

/// One stream's packets of one duration and who hears them.
pub(super) struct Audience {
    duration: PacketDuration,
    /// Whether packets come as a sender made them, of whatever length.
    is_relayed: bool,
    pub(super) history: History,
    /// Slots of those who hear it, in no order.
    members: Vec<usize>,
    /// Slots of listeners in other audiences of the stream that are to change to this one, in no order.
    awaiting: Vec<usize>,
    /// Where the newest packet ended.
    end: Option<MediaTime>,
}

impl Audience {
    /// Nobody, and nothing to hear yet.
    pub(super) fn new(duration: PacketDuration, is_relayed: bool) -> Self {
        Self {
            duration,
            is_relayed,
            history: History::new(duration),
            members: Vec::new(),
            awaiting: Vec::new(),
            end: None,
        }
    }

    pub(super) fn is_wanted(&self) -> bool {
        !self.members.is_empty() || !self.awaiting.is_empty()
    }

    /// Keeps `packet`, which came at `now`, and returns its number.
    pub(super) fn push(&mut self, now: Time, packet: Packet) -> u64 {
        self.end = Some(self.end_of(&packet));
        self.history.push(now, packet)
    }

    /// Keeps the place of a packet that has not come, before one that starts at `at`, and returns its number.
    pub(super) fn push_missing(&mut self, now: Time, at: MediaTime) -> u64 {
        self.history.push(now, Packet { media_time: at, payload: Bytes::new() })
    }

    /// Returns where the sound of `packet` ends.
    pub(super) fn end_of(&self, packet: &Packet) -> MediaTime {
        let of_packet =
            if self.is_relayed { opus_ticks(&packet.payload) } else { ticks(self.duration, packet.media_time) };
        packet.media_time + of_packet
    }

    /// Returns whether a packet that starts at `at` will come: the one before it is here or is the next.
    pub(super) fn will_bring(&self, at: MediaTime) -> bool {
        let duration = self.duration;
        is_on_grid(duration, at) && self.end.is_some_and(|end| end == at || end + duration.ticks() == at)
    }

    /// Returns the slots of those who hear it.
    pub(super) fn members(&self) -> &[usize] {
        &self.members
    }

    pub(super) fn enter(&mut self, slot: usize) {
        self.members.push(slot);
        self.keep_room();
    }

    pub(super) fn leave(&mut self, slot: usize) {
        remove(&mut self.members, slot);
    }

    /// Notes that the listener in `slot` is to change to this audience.
    pub(super) fn wait(&mut self, slot: usize) {
        self.awaiting.push(slot);
        self.keep_room();
    }

    pub(super) fn stop_waiting(&mut self, slot: usize) {
        remove(&mut self.awaiting, slot);
    }

    /// Returns the slot of the `at`th listener who is to change to this audience.
    pub(super) fn awaiting(&self, at: usize) -> Option<usize> {
        self.awaiting.get(at).copied()
    }

    /// Makes room for those who wait, so that the packet at which they change need not ask for memory.
    fn keep_room(&mut self) {
        self.members.reserve(self.awaiting.len());
    }
}

fn remove(slots: &mut Vec<usize>, slot: usize) {
    if let Some(at) = slots.iter().position(|&member| member == slot) {
        slots.swap_remove(at);
    }
}

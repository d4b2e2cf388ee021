//! Groups 20 ms packets into 40 and 60 ms ones on common boundaries.
//!
//! Only the grouping lives here; the joining itself is libopus' and passed in. Nothing is encoded again: a listener of
//! any duration decodes the same frames.

use bytes::Bytes;

use base::{Encoding, MediaTime, Packet, PacketDuration, PacketSink};

const FRAME: u64 = PacketDuration::Ms20.ticks();

/// The groups being collected.
pub(super) struct Repacketize {
    groups: [Group; 2],
}

/// One duration's group.
struct Group {
    duration: PacketDuration,
    frames: Vec<Packet>,
}

impl Default for Repacketize {
    fn default() -> Self {
        Self { groups: [PacketDuration::Ms40, PacketDuration::Ms60].map(Group::new) }
    }
}

impl Repacketize {
    /// Adds the next 20 ms packet and publishes every wanted group it completes.
    ///
    /// Groups start at media times that are multiples of their duration, so all listeners share them and every
    /// 120 ms all durations have a common boundary. Where `join` finds no common form the single frames go out under
    /// the group's name: a listener must take any duration anyway (RFC 7587 section 4.2), and no sound is lost.
    pub(super) fn push(
        &mut self,
        packet: Packet,
        join: &mut dyn FnMut(&[Packet]) -> Option<Bytes>,
        sink: &mut dyn PacketSink,
    ) {
        for group in &mut self.groups {
            let encoding = Encoding::Opus(group.duration);
            if !group.add(&packet) {
                continue;
            }
            // Asked at the end of the group, so that a listener who has just switched gets this one already.
            if sink.wants(encoding) {
                match join(&group.frames) {
                    Some(payload) => {
                        sink.publish(encoding, Packet { media_time: group.starts_at(), payload });
                    }
                    None => group.frames.iter().for_each(|frame| sink.publish(encoding, frame.clone())),
                }
            }
            group.frames.clear();
        }
    }

    /// Drops incomplete groups.
    pub(super) fn reset(&mut self) {
        self.groups.iter_mut().for_each(|group| group.frames.clear());
    }
}

impl Group {
    fn new(duration: PacketDuration) -> Self {
        Self { duration, frames: Vec::with_capacity((duration.ticks() / FRAME) as usize) }
    }

    fn starts_at(&self) -> MediaTime {
        self.frames.first().map_or(MediaTime::ZERO, |frame| frame.media_time)
    }

    /// Adds `packet` if it belongs to a group that started on its boundary; returns `true` once the group is complete.
    fn add(&mut self, packet: &Packet) -> bool {
        let on_boundary = packet.media_time.as_ticks() % self.duration.ticks() < FRAME;
        if on_boundary {
            self.frames.clear();
        }
        if !on_boundary && self.frames.is_empty() {
            return false;
        }
        self.frames.push(packet.clone());
        self.frames.len() as u64 * FRAME == self.duration.ticks()
    }
}

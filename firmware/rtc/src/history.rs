//! The last packets of one stream at one packet duration, shared by all its listeners.
//!
//! Answers NACKs, and gives whoever joins or switches a first packet at once. It holds shared payloads, not copies. The place of
//! a packet that a sender's network has lost, or delivers late, is kept: an empty payload stands there.

use std::collections::VecDeque;

use base::{MediaTime, Packet, PacketDuration, Time};

/// Sound a history holds, in milliseconds: a retransmission that takes longer comes too late to be played. The oldest
/// packet is forgotten when a new one comes.
const HISTORY_MS: u32 = 500;

/// Identifies a stream within the engine. Counts up and is never used twice, so that whoever remembers the key of a
/// removed stream finds nothing, also if its id has been added again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StreamKey(pub(super) u32);

/// Identifies a history: the packets of one stream at one duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) stream: StreamKey,
    pub(super) duration: PacketDuration,
}

/// The last packets of one origin, numbered without a hole.
#[derive(Debug)]
pub(super) struct History {
    packets: VecDeque<(Time, Packet)>,
    capacity: usize,
    /// Number of the next packet.
    next: u64,
}

impl History {
    /// An empty history of packets of `duration`.
    pub(super) fn new(duration: PacketDuration) -> Self {
        let capacity = (HISTORY_MS / duration.millis()) as usize;
        Self { packets: VecDeque::with_capacity(capacity), capacity, next: 0 }
    }

    /// Keeps `packet`, which came at `now`, and returns its number.
    pub(super) fn push(&mut self, now: Time, packet: Packet) -> u64 {
        if self.packets.len() == self.capacity {
            self.packets.pop_front();
        }
        self.packets.push_back((now, packet));
        self.next += 1;
        self.next - 1
    }

    /// Puts `packet` into its place if that was kept for it. Returns whether it was.
    pub(super) fn fill(&mut self, number: u64, packet: Packet) -> bool {
        let age = self.next.checked_sub(number + 1);
        let at = age.and_then(|age| self.packets.len().checked_sub(age as usize + 1));
        let Some((_, place)) = at.and_then(|at| self.packets.get_mut(at)) else { return false };
        let is_free = place.payload.is_empty();
        if is_free {
            *place = packet;
        }
        is_free
    }

    /// Packet `number`, if it is still here.
    pub(super) fn get(&self, number: u64) -> Option<&Packet> {
        let age = self.next.checked_sub(number + 1)?;
        let at = self.packets.len().checked_sub(age as usize + 1)?;
        self.packets.get(at).map(|(_, packet)| packet)
    }

    /// Returns the number that the next packet will have.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Returns the number of the packet that starts at `start`, if it is still here.
    pub(super) fn starting_at(&self, start: MediaTime) -> Option<u64> {
        let at = self.packets.binary_search_by_key(&start, |(_, packet)| packet.media_time).ok()?;
        Some(self.number(at))
    }

    /// Returns the number of the first packet that came at `since` or later and starts at `start` or later.
    pub(super) fn first_since(&self, since: Time, start: MediaTime) -> Option<u64> {
        let at = self.packets.partition_point(|(came, packet)| *came < since || packet.media_time < start);
        (at < self.packets.len()).then(|| self.number(at))
    }

    fn number(&self, at: usize) -> u64 {
        self.next - (self.packets.len() - at) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn it_keeps_half_a_second_and_finds_by_number() {
        let mut history = History::new(PacketDuration::Ms20);
        assert!(history.get(0).is_none() && history.first_since(Time::ZERO, MediaTime::ZERO).is_none());
        for n in 0..40 {
            let packet = Packet { media_time: MediaTime::from_ticks(n * 960), payload: Bytes::new() };
            assert_eq!(history.push(Time::from_micros(n), packet), n);
        }
        let found = |n| history.get(n).map(|packet| packet.media_time.as_ticks() / 960);
        assert_eq!([found(14), found(15), found(39), found(40)], [None, Some(15), Some(39), None]);
        let start = |n: u64| MediaTime::from_ticks(n * 960);
        assert_eq!([14, 15, 39, 40].map(|n| history.starting_at(start(n))), [None, Some(15), Some(39), None]);
        assert_eq!(history.starting_at(start(20) + 1), None);
        let since = |us, n: u64| history.first_since(Time::from_micros(us), start(n));
        assert_eq!([since(0, 0), since(38, 0), since(38, 39), since(0, 20)], [Some(15), Some(38), Some(39), Some(20)]);
        assert_eq!([since(40, 0), since(0, 40)], [None, None]);
    }
}

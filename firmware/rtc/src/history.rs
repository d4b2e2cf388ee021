//! The last packets of one stream at one packet duration, shared by all its listeners.
//!
//! Answers NACKs and gives a new listener a first packet at once. It holds shared payloads, not copies.

use std::collections::VecDeque;

use base::{Packet, PacketDuration, Time};

/// Sound a history holds, in milliseconds: a retransmission that takes longer comes too late to be played. The oldest
/// packet is forgotten when a new one comes.
const HISTORY_MS: u32 = 500;

/// The last packets of one channel, numbered without a hole.
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

    /// Packet `number`, if it is still here.
    pub(super) fn get(&self, number: u64) -> Option<&Packet> {
        let age = self.next.checked_sub(number + 1)?;
        let at = self.packets.len().checked_sub(age as usize + 1)?;
        self.packets.get(at).map(|(_, packet)| packet)
    }

    /// The newest packet, its number and when it came.
    pub(super) fn last(&self) -> Option<(u64, Time, &Packet)> {
        self.packets.back().map(|(came, packet)| (self.next - 1, *came, packet))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::MediaTime;
    use bytes::Bytes;

    #[test]
    fn it_keeps_half_a_second_and_finds_by_number() {
        let mut history = History::new(PacketDuration::Ms20);
        assert!(history.last().is_none() && history.get(0).is_none());
        for n in 0..40 {
            let packet = Packet { media_time: MediaTime::from_ticks(n * 960), payload: Bytes::new() };
            assert_eq!(history.push(Time::ZERO, packet), n);
        }
        let found = |n| history.get(n).map(|packet| packet.media_time.as_ticks() / 960);
        assert_eq!([found(14), found(15), found(39), found(40)], [None, Some(15), Some(39), None]);
        assert_eq!(history.last().map(|(n, ..)| n), Some(39));
    }
}

//! The packets of one sender that wait to be heard, in the order of their sound, whichever order they came in.
//!
//! Pure, and without allocations after it is made. It does not know how long a packet's sound is.

/// Packets that wait at most: 1.3 s of 20 ms, far more than the longest delay. A further one is refused.
pub const PACKETS_MAX: usize = 64;

/// Bytes of one packet's payload: what fits into a datagram on any path. A larger one is refused.
pub const PAYLOAD_BYTES_MAX: usize = 1_500;

/// One packet's bytes, of which the first `len` count.
#[derive(Clone)]
pub(super) struct Payload {
    len: u16,
    bytes: [u8; PAYLOAD_BYTES_MAX],
}

impl Payload {
    const EMPTY: Self = Self { len: 0, bytes: [0; PAYLOAD_BYTES_MAX] };

    /// Returns a copy of `bytes`; `None` if they are too many.
    pub(super) fn new(bytes: &[u8]) -> Option<Self> {
        let mut payload = Self { len: bytes.len() as u16, ..Self::EMPTY };
        payload.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(payload)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }
}

/// The packets that wait.
pub(super) struct Packets {
    slots: Vec<Payload>,
    /// Slots that hold nothing.
    free: Vec<usize>,
    /// Where each packet begins on the sender's timeline, and its slot; ordered.
    order: Vec<(i64, usize)>,
}

impl Packets {
    pub(super) fn new() -> Self {
        Self {
            slots: vec![Payload::EMPTY; PACKETS_MAX],
            free: (0..PACKETS_MAX).collect(),
            order: Vec::with_capacity(PACKETS_MAX),
        }
    }

    /// Adds a packet that begins at `ticks`. Returns `false` if there is one already, or no room.
    pub(super) fn insert(&mut self, ticks: i64, payload: &Payload) -> bool {
        let Err(at) = self.order.binary_search_by_key(&ticks, |(ticks, _)| *ticks) else { return false };
        let Some(slot) = self.free.pop() else { return false };
        let room = &mut self.slots[slot];
        room.len = payload.len;
        room.bytes[..payload.len.into()].copy_from_slice(payload.bytes());
        self.order.insert(at, (ticks, slot));
        true
    }

    /// Returns where the first packet begins.
    pub(super) fn first(&self) -> Option<i64> {
        self.order.first().map(|(ticks, _)| *ticks)
    }

    /// Returns the first packet's bytes; empty if there is none.
    pub(super) fn payload(&self) -> &[u8] {
        self.order.first().map_or(&[], |(_, slot)| self.slots[*slot].bytes())
    }

    /// Removes the first packet.
    pub(super) fn remove_first(&mut self) {
        if !self.order.is_empty() {
            self.free.push(self.order.remove(0).1);
        }
    }

    /// Removes the first packets as long as another one begins at `ticks` or before.
    pub(super) fn skip_to(&mut self, ticks: i64) {
        while self.order.get(1).is_some_and(|(begin, _)| *begin <= ticks) {
            self.remove_first();
        }
    }

    pub(super) fn clear(&mut self) {
        while !self.order.is_empty() {
            self.remove_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(packets: &mut Packets, ticks: i64) -> bool {
        packets.insert(ticks, &Payload::new(&ticks.to_be_bytes()).unwrap())
    }

    #[test]
    fn packets_come_out_in_the_order_of_their_sound_and_once() {
        let mut packets = Packets::new();
        let added = [960, 0, 2_880, 1_920, 960].map(|ticks| add(&mut packets, ticks));
        assert_eq!(added, [true, true, true, true, false], "the last came twice");
        for ticks in [0_i64, 960, 1_920, 2_880] {
            assert_eq!((packets.first(), packets.payload()), (Some(ticks), &ticks.to_be_bytes()[..]));
            packets.remove_first();
        }
        assert_eq!((packets.first(), packets.payload()), (None, &[][..]));
    }

    #[test]
    fn no_more_fit_than_there_is_room_for_and_room_is_used_again() {
        let mut packets = Packets::new();
        for round in 0..3 {
            (0..PACKETS_MAX as i64).for_each(|n| assert!(add(&mut packets, n * 960), "round {round}"));
            assert!(!add(&mut packets, -960));
            packets.skip_to(10 * 960 + 1);
            assert_eq!(packets.first(), Some(10 * 960));
            packets.clear();
        }
        assert!(Payload::new(&[0; PAYLOAD_BYTES_MAX + 1]).is_none());
    }
}

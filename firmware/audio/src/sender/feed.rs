//! The receiving thread's half of one sender: packets into a ring, and no more.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use base::{PacketInlet, SentPacket, Time};
use rtrb::Producer;

use super::packets::Payload;
use super::status::SenderStatus;

/// Packets on their way to the pump, which fetches them every 10 ms: a burst of 1.3 s. When it is full, the next is dropped
/// and counted.
pub const PARCELS: usize = 64;

/// A packet on its way to the pump.
pub(super) struct Parcel {
    pub(super) arrived: Time,
    pub(super) timestamp: u32,
    pub(super) payload: Payload,
}

/// Where a sender's packets go. Dropping it ends the sender.
pub(super) struct Feed {
    pub(super) parcels: Producer<Parcel>,
    pub(super) status: Arc<SenderStatus>,
}

impl PacketInlet for Feed {
    fn take(&mut self, packet: SentPacket<'_>) {
        let SentPacket { arrived, timestamp, payload } = packet;
        let parcel = Payload::new(payload).map(|payload| Parcel { arrived, timestamp, payload });
        if parcel.is_none_or(|parcel| self.parcels.push(parcel).is_err()) {
            self.status.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

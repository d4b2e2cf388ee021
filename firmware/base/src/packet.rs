//! One encoded unit of sound and the seam between those who encode and those who send.
//!
//! A packet is encoded once; its payload is shared by reference count, so that N listeners cost one encode and N
//! pointer copies.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;

use crate::{MediaTime, Time};

/// The length of sound in one Opus packet. The 40 and 60 ms forms hold the very same frames as the 20 ms form, repacketised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PacketDuration {
    /// 10 ms: the low-delay profile, an encode of its own.
    Ms10,
    /// 20 ms: the default profile.
    Ms20,
    /// 40 ms: two frames of the default profile.
    Ms40,
    /// 60 ms: three frames of the default profile.
    Ms60,
}

impl PacketDuration {
    /// Every duration, shortest first.
    pub const ALL: [Self; 4] = [Self::Ms10, Self::Ms20, Self::Ms40, Self::Ms60];

    /// Milliseconds of sound.
    pub const fn millis(self) -> u32 {
        match self {
            Self::Ms10 => 10,
            Self::Ms20 => 20,
            Self::Ms40 => 40,
            Self::Ms60 => 60,
        }
    }

    /// 48 kHz ticks of sound.
    pub const fn ticks(self) -> u64 {
        self.millis() as u64 * 48
    }

    /// Position in [`Self::ALL`], for tables indexed by duration.
    pub const fn index(self) -> usize {
        self as usize
    }
}

/// The encoding of a packet's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// One Opus packet (RFC 6716).
    Opus(PacketDuration),
    /// Whole MPEG-1 layer III frames at a constant bit rate.
    Mp3 {
        /// Bits per second.
        bitrate_bps: u32,
    },
}

/// One encoded unit of sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// The moment at which the first frame in the payload was captured or scheduled.
    pub media_time: MediaTime,
    /// The encoded bytes, shared by all listeners.
    pub payload: Bytes,
}

/// A way out for a pump's packets: one of a list, each of which knows nothing of the others.
///
/// Called from the pump's thread: both functions must return at once and never wait, lock or log, because a listener may
/// never hold up the music. What lies behind a sink is bounded by a named capacity of its own; what it cannot take it drops
/// and counts in a counter of its own.
pub trait PacketSink: Send {
    /// Returns whether anybody behind this sink wants `encoding` now. What no sink wants is not encoded; asked before
    /// every block, so that the answer may change at any time.
    fn wants(&self, encoding: Encoding) -> bool;

    /// Publishes a packet. Whoever keeps several sinks publishes to each only what it [wants](Self::wants).
    fn publish(&mut self, encoding: Encoding, packet: Packet);
}

/// One packet as a sender sent it, opened and proven to be the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentPacket<'a> {
    /// When it arrived.
    pub arrived: Time,
    /// Where its first frame lies on the sender's own timeline: 48 kHz ticks that begin anywhere and wrap.
    pub timestamp: u32,
    /// One Opus packet (RFC 6716), not looked at.
    pub payload: &'a [u8],
}

/// The way in for one sender's packets: the mirror image of a [`PacketSink`]. Dropping it says that the sender is gone.
///
/// Called from the thread that receives, which serves every listener as well: must return at once and never wait, lock,
/// allocate or log. Packets may come late, twice, in any order, or never.
pub trait PacketInlet: Send {
    /// Takes a packet. One that does not fit is dropped and counted behind the inlet.
    fn take(&mut self, packet: SentPacket<'_>);
}

/// The way in for one sender's stream of encoded bytes, of whatever format they say themselves that they are.
#[derive(Debug)]
pub struct StreamInlet {
    /// The end of a pipe into which they are written; when nothing more fits, the sender is ahead and has to wait. Closing it says
    /// that the sender is gone: what has been written is still heard. A broken pipe says that no more is wanted.
    pub bytes: OwnedFd,
    /// Set to `true`, nothing more of it is heard, at once.
    pub is_cut: Arc<AtomicBool>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::PACKET_GRID_TICKS;

    #[test]
    fn the_grid_is_the_shortest_that_packets_of_every_duration_share() {
        let shared = |ticks: u64| PacketDuration::ALL.iter().all(|duration| ticks.is_multiple_of(duration.ticks()));
        assert!(shared(PACKET_GRID_TICKS));
        assert!((1..PACKET_GRID_TICKS).all(|ticks| !shared(ticks)));
    }
}
